"""The misconceptions of VGG: their names, what a learner reads, and the wrong answers."""

from __future__ import annotations

from grader.judging.compare import shape
from grader.judging.misconceptions import Misconception, Seen, is_misfit, wrong
from grader.judging.numpy_layers import Misfit

ACTIVATION = "The hidden layers of VGG have ReLU: here another function replaces it."
BIAS = (
    "Convolutions and dense layers keep the default of Keras, one bias per filter or unit: leave "
    "use_bias as it is."
)
NORM = (
    "VGG is five months older than batch norm: convolution and ReLU, dense layer and ReLU, and "
    "nothing between them."
)
FROZEN = "All layers learn: with trainable=False, the weights keep their random initial values."

BANK = {
    "vgg_block": [
        Misconception(
            "average pooling",
            "VGG takes the largest number of each 2x2 window; LeNet-5 took the mean.",
            wrong("block", pool="avg"),
        ),
        Misconception(
            "pooling missing",
            "A block ends in max pooling: without it, the map keeps its size from block to block.",
            wrong("block", pool=""),
        ),
        Misconception(
            "activation missing",
            "Two 3x3 convolutions without a ReLU between them are one linear map of 5x5: ReLU "
            "follows each convolution, not only the last one.",
            wrong("block", linear="all"),
            wrong("block", linear="first"),
            wrong("block", linear="last"),
            wrong("block", linear="all but last"),
        ),
        Misconception(
            "kernel size",
            "Every convolution of VGG has a window of 3x3: here at least one has another size.",
            wrong("block", kernel=1),
            wrong("block", kernel=2),
            wrong("block", kernel=5),
            wrong("block", kernel=7),
            wrong("block", dilation=2),
        ),
        Misconception(
            "valid for same",
            "The convolutions of a block keep height and width: a 3x3 window needs padding "
            "'same', one pixel on every side.",
            wrong("block", padding="valid"),
        ),
        Misconception(
            "number of convolutions",
            "The block has exactly `convolutions` convolutions, one after another, whatever that "
            "number is: here there are more or fewer.",
            wrong("one_convolution"),
            wrong("two_convolutions"),
            wrong("three_convolutions"),
            wrong("one_more"),
            wrong("one_fewer"),
        ),
        Misconception(
            "stride of a convolution",
            "The convolutions of a block move by one pixel: the pooling halves the map.",
            wrong("block", pool="", stride=2),
            wrong("block", stride=2),
        ),
        Misconception(
            "pooling window",
            "The pooling of a block has a window of 2x2 and a stride of 2. The windows lie side "
            "by side, do not overlap, and leave out a last odd row or column.",
            wrong("block", window=(3, 2)),
            wrong("block", window=(3, 2), pool_padding="same"),
            wrong("block", window=(2, 1)),
            wrong("block", window=(3, 3)),
            wrong("block", window=(4, 4)),
            wrong("block", pool_padding="same"),
        ),
        Misconception(
            "pooling before the convolutions",
            "The convolutions of a block work on the full map: the pooling comes last, not first.",
            wrong("block", order="begin"),
        ),
        Misconception(
            "pooling after each convolution",
            "A block pools once, after its last convolution, not after each convolution.",
            wrong("block", order="each"),
        ),
        Misconception(
            "another activation",
            ACTIVATION,
            wrong("block", activation="tanh"),
            wrong("block", activation="sigmoid"),
            wrong("block", activation="leaky_relu"),
            wrong("block", activation="elu"),
            wrong("block", activation="gelu"),
            wrong("block", activation="silu"),
            wrong("block", activation="selu"),
        ),
        Misconception(
            "filters fixed",
            "`filters` is the number of channels that the convolutions give: here a fixed number "
            "is written into the block.",
            wrong("sixty_four"),
        ),
        Misconception(
            "channels grow inside the block",
            "All convolutions of a block have the same number of filters; channels double from "
            "block to block.",
            wrong("block", growth="doubling"),
            wrong("block", growth="last doubled"),
            wrong("block", growth="rising"),
            wrong("block", growth="first halved"),
        ),
        Misconception(
            "arguments swapped",
            "The order is vgg_block(X, convolutions, filters): a few convolutions, each with "
            "many filters.",
            wrong("swapped"),
        ),
        Misconception(
            "bias missing",
            BIAS,
            wrong("block", bias=False),
        ),
        Misconception(
            "batch norm added",
            NORM,
            wrong("block", norm="before"),
            wrong("block", norm="after"),
        ),
        Misconception(
            "shortcut added",
            "VGG has no shortcut: the input of a block only goes through its convolutions. "
            "Shortcuts came with residual networks.",
            wrong("block", shortcut=True),
        ),
        Misconception(
            "separable convolution",
            "VGG has ordinary convolutions: each filter reads 3x3 pixels of all channels at once.",
            wrong("block", separable=True),
        ),
        Misconception(
            "layers frozen",
            FROZEN,
            wrong("block", trained=False),
        ),
        Misconception(
            "dropout in a block",
            "A block has only convolutions and a pooling; dropout comes after the dense layers.",
        ),
    ],
    "VGG16": [
        Misconception(
            "another depth",
            "VGG-16 has blocks of 2, 2, 3, 3 and 3 convolutions, in this order: with other "
            "numbers it is another network.",
            wrong("network", counts=(2, 2, 4, 4, 4)),
            wrong("network", counts=(2, 2, 2, 2, 2)),
            wrong("network", counts=(1, 1, 2, 2, 2)),
            wrong("network", counts=(3, 3, 3, 3, 3)),
            wrong("network", counts=(3, 3, 3, 2, 2)),
        ),
        Misconception(
            "softmax missing",
            "Each image belongs to exactly one class: softmax on the last dense layer makes the "
            "outputs positive, with the sum 1.",
            wrong("network", last=()),
            wrong("network", last=("sigmoid",)),
            wrong("network", last=("relu",)),
            wrong("network", last=("tanh",)),
        ),
        Misconception(
            "layers frozen",
            FROZEN,
            wrong("network", trained=False),
        ),
        Misconception(
            "classes fixed",
            "The number of classes is an argument: the last dense layer has `classes` units.",
            wrong("network", classes=10),
            wrong("network", classes=6),
            wrong("network", classes=1000),
        ),
        Misconception(
            "filters of the blocks",
            "The blocks give 64, 128, 256, 512 and 512 channels: the number doubles up to 512 "
            "and stays there.",
            wrong("network", filters=(64, 128, 256, 512, 1024)),
            wrong("network", filters=(32, 64, 128, 256, 256)),
            wrong("network", filters=(64, 128, 256, 512, 256)),
            wrong("network", filters=(32, 64, 128, 256, 512)),
            wrong("network", filters=(64,) * 5),
            wrong("network", filters=(512,) * 5),
            wrong("network", filters=(64, 128, 256, 256, 512)),
            wrong("network", filters=(128, 128, 256, 512, 512)),
            wrong("network", filters=(512, 512, 256, 128, 64)),
        ),
        Misconception(
            "activation missing in a dense layer",
            "Two dense layers without a ReLU between them are one linear layer: both hidden ones "
            "have ReLU.",
            wrong("network", activations=(None, None)),
            wrong("network", activations=(None, "relu")),
            wrong("network", activations=("relu", None)),
        ),
        Misconception(
            "number of units",
            "Both hidden dense layers have 4096 units: here at least one has another number.",
            wrong("network", units=(1024, 1024)),
            wrong("network", units=(4096, 1024)),
            wrong("network", units=(4096, 1000)),
            wrong("network", units=(2048, 2048)),
            wrong("network", units=(512, 512)),
            wrong("network", units=(256, 256)),
        ),
        Misconception(
            "dense layer missing",
            "Three dense layers end the network: 4096 units, 4096 units, and one unit per class. "
            "Here one is missing.",
            wrong("network", units=(4096,), activations=("relu",)),
            wrong("network", units=(), activations=()),
            wrong("network", output=False, last=()),
            wrong("network", output=False),
        ),
        Misconception(
            "block missing",
            "VGG-16 has five blocks, and the last two are equal: three convolutions with 512 "
            "channels, twice.",
            wrong("network", counts=(2, 2, 3, 3), filters=(64, 128, 256, 512)),
            wrong("network", counts=(2, 3, 3, 3), filters=(128, 256, 512, 512)),
            wrong("network", counts=(2, 2, 3, 3), filters=(64, 128, 512, 512)),
        ),
        Misconception(
            "flatten missing",
            "A dense layer works only on the last axis: flatten the last map first, so every "
            "unit sees the whole map.",
            wrong("network", between=""),
        ),
        Misconception(
            "global pooling",
            "The last map is flattened, not averaged: later networks average it, and so save "
            "most weights of the first dense layer.",
            wrong("network", between="global"),
            wrong("network", between="global max"),
        ),
        Misconception(
            "dense layer added",
            "Two hidden dense layers come before the output: here there are more.",
            wrong("network", units=(4096,) * 3, activations=("relu",) * 3),
        ),
        Misconception(
            "another activation",
            ACTIVATION,
            wrong("network", activations=("tanh", "tanh")),
            wrong("network", activations=("sigmoid", "sigmoid")),
            wrong("network", activations=("relu", "softmax")),
        ),
        Misconception(
            "softmax twice",
            "Softmax of probabilities is nearly flat, and its gradient is nearly zero: apply "
            "softmax once, to the output of the last dense layer.",
            wrong("network", last=("softmax", "softmax")),
        ),
        Misconception(
            "ReLU before softmax",
            "The last dense layer has only softmax: a ReLU before it would turn all negative "
            "scores into the same number, 0.",
            wrong("network", last=("relu", "softmax")),
        ),
        Misconception(
            "bias missing",
            BIAS,
            wrong("network", bias=False),
        ),
        Misconception(
            "batch norm added",
            NORM,
            wrong("network", norm=True),
        ),
        Misconception(
            "input scaled",
            "The network takes images as they are: they have been divided by 255 already, so do "
            "not do it again.",
            wrong("network", scale=255),
        ),
        Misconception(
            "class too many",
            "One unit per class, and no more: the last dense layer has `classes` units.",
            wrong("network", more_classes=1),
        ),
        Misconception(
            "input shape fixed",
            "The shape of the images is an argument: keras.Input gets `input_shape`, and no size "
            "that depends on it is written into a later layer.",
            wrong("network", input_shape=(32, 32, 3)),
            wrong("network", input_shape=(64, 64, 3)),
            wrong("network", input_shape=(64, 64, 3), classes=6),
        ),
        # Only `recognise` names these.
        Misconception(
            "block added",
            "VGG-16 has five blocks, and the dense layers follow the fifth: here there are more "
            "blocks.",
        ),
        Misconception(
            "dropout missing",
            "Dropout follows both hidden dense layers: here the network computes the same in "
            "training mode and in inference mode.",
        ),
        Misconception(
            "one dropout",
            "Dropout follows both hidden dense layers, each time after ReLU: here there is only "
            "one dropout.",
        ),
        Misconception(
            "dropout rate",
            "Each of the two dropouts sets half of the numbers to zero: its rate is 0.5.",
        ),
        Misconception(
            "dropout in another place",
            "The two dropouts come after the hidden dense layers of 4096 units: here one is in "
            "another place.",
        ),
    ],
    "batch_norm": [
        Misconception(
            "over the images only",
            "A channel has one mean and one variance, over the images and over all rows and "
            "columns too: the axes are (0, 1, 2).",
            wrong("normalised", axes=(0,)),
            wrong("normalised", axes=(0,), kept="all"),
            wrong("normalised", axes=(0,), kept="one per channel"),
            wrong("normalised", axes=(0, 1)),
        ),
        Misconception(
            "all channels together",
            "Each channel is normalised by itself: the last axis, of the channels, stays out of "
            "mean and variance.",
            wrong("normalised", axes=(0, 1, 2, 3)),
            wrong("normalised", axes=(0, 1, 2, 3), kept="all"),
        ),
        Misconception(
            "each image by itself",
            "The mean is over all images of the batch. Over the rows and columns of one image it "
            "is instance norm, over rows, columns and channels of one image layer norm.",
            wrong("normalised", axes=(1, 2), kept="all"),
            wrong("normalised", axes=(1, 2), kept="one per channel"),
            wrong("normalised", axes=(1, 2, 3), kept="all"),
            wrong("normalised", axes=(3,), kept="all"),
            wrong("normalised", axes=(3,), kept="one per channel"),
        ),
        Misconception(
            "mean not subtracted",
            "Subtract the mean before you divide: a normalised channel has mean 0.",
            wrong("normalised", centred=False),
        ),
        Misconception(
            "root missing",
            "Divide by the standard deviation, the square root of variance + epsilon, not by the "
            "variance.",
            wrong("normalised", divisor="variance"),
        ),
        Misconception(
            "not divided",
            "After the mean is subtracted, divide by the square root of variance + epsilon.",
            wrong("normalised", divisor="no division"),
        ),
        Misconception(
            "sample variance",
            "Batch norm divides the sum of squares by the number of values, not by one less: leave "
            "ddof at 0.",
            wrong("normalised", fewer=1),
        ),
        Misconception(
            "epsilon missing",
            "The argument epsilon is added to the variance, under the root: here it is missing, "
            "or a fixed number replaces it.",
            wrong("normalised", divisor="no epsilon"),
            wrong("normalised", epsilon_is=1e-3),
            wrong("normalised", epsilon_is=1e-5),
        ),
        Misconception(
            "epsilon outside the root",
            "Epsilon is added to the variance before the root is taken, not to the standard "
            "deviation.",
            wrong("normalised", divisor="deviation plus epsilon"),
        ),
        Misconception(
            "gamma missing",
            "The normalised channel is multiplied by gamma, so the network can give it another "
            "scale.",
            wrong("normalised", affine="no gamma"),
        ),
        Misconception(
            "beta missing",
            "After gamma, beta is added, so the network can give the channel another mean.",
            wrong("normalised", affine="no beta"),
        ),
        Misconception(
            "gamma and beta missing",
            "The normalised channel is multiplied by gamma, and then beta is added: both are "
            "learnt.",
            wrong("normalised", affine="neither"),
        ),
        Misconception(
            "gamma and beta exchanged",
            "Gamma is the factor, beta is what is added.",
            wrong("normalised", affine="exchanged"),
        ),
        Misconception(
            "beta before gamma",
            "First multiply by gamma, then add beta: here gamma multiplies beta too.",
            wrong("normalised", affine="beta first"),
        ),
        Misconception(
            "batch in inference mode",
            "When the network predicts, the answer for one image must not depend on the others: "
            "use moving_mean and moving_variance.",
            wrong("normalised", inference="batch"),
        ),
        Misconception(
            "averages in training mode",
            "In training mode the batch's own mean and variance normalise it. The moving averages "
            "are only kept for later.",
            wrong("normalised", uses="averages"),
            wrong("normalised", uses="moved"),
        ),
        Misconception(
            "modes exchanged",
            "training=True uses the batch's values and moves the averages; training=False uses the "
            "averages. Here it is the other way round.",
            wrong("modes_exchanged"),
        ),
        Misconception(
            "averages move in inference mode",
            "Only training moves the averages. In inference mode they are returned as they were "
            "passed.",
            wrong("normalised", inference="moves"),
        ),
        Misconception(
            "averages do not move",
            "In training mode each batch moves both averages: return the new ones.",
            wrong("normalised", moves="never"),
            wrong("normalised", moves="mean only"),
        ),
        Misconception(
            "momentum the wrong way round",
            "Momentum is the part of the old average that stays, and the batch adds the small "
            "rest, 1 - momentum. PyTorch's momentum is the other part.",
            wrong("normalised", moves="wrong way"),
        ),
        Misconception(
            "batch replaces the averages",
            "An average remembers earlier batches: the new one is mostly the old one, plus a "
            "little of the batch's value.",
            wrong("normalised", moves="replaced"),
        ),
        Misconception(
            "averages grow",
            "The old average is multiplied by momentum before the batch's part is added. Otherwise "
            "it grows with every batch.",
            wrong("normalised", moves="added"),
        ),
        Misconception(
            "deviation for variance",
            "The variance is X.var, and its root is taken once, in the divisor: here a standard "
            "deviation is used instead.",
            wrong("normalised", moves="deviation"),
            wrong("normalised", deviation=True),
        ),
        Misconception(
            "momentum fixed",
            "Momentum is an argument; 0.99 is only what it is if nobody says otherwise.",
            wrong("normalised", momentum_is=0.99),
            wrong("normalised", momentum_is=0.9),
        ),
        Misconception(
            "averages of another shape",
            "An average has one number per channel, shape (c,): with keepdims=True, the batch's "
            "mean has four axes, and so has the new average.",
            wrong("normalised", kept="all"),
        ),
        Misconception(
            "averages in another order",
            "Return three arrays in this order: Y, moving_mean, moving_variance.",
            wrong("normalised", returns=("Y", "variance", "mean")),
            wrong("normalised", returns=("mean", "variance", "Y")),
        ),
        # Only `recognise` names these.
        Misconception(
            "averages not returned",
            "The function returns three arrays: Y and both moving averages, which the next batch "
            "needs.",
        ),
        Misconception(
            "mean of another shape",
            "Mean and variance have one number per channel, shape (c,), from the axes (0, 1, 2): "
            "print their shapes. What NumPy cannot combine with X has other axes.",
        ),
    ],
}


DRAWN = {"vgg16_dropout"}
CHANNELS = [64, 128, 256, 512, 512]
CONVOLUTIONS, UNITS_EACH = 13, 4096


def recognise(exercise: str, seen: Seen) -> str | None:
    """What no wrong function foretells: dropout, and other numbers of layers or filters.

    It looks at the graph, and so sees only layers of Keras.
    """
    trouble = seen.trouble or {}
    text = str(trouble.get("text"))
    if exercise == "batch_norm":
        if trouble.get("kind") == "not_arrays":
            return "averages not returned"
        return "mean of another shape" if "broadcast" in text else None
    if "received convolutions=" in text:
        return "arguments swapped"
    # Of 64x32 pixels five halvings leave 2x1, and there is no sixth.
    if exercise == "VGG16" and is_misfit(Misfit(), seen.trouble):
        return "block added"
    graphs = [(case, evidence.graph) for case, evidence in seen.cases if evidence.graph]
    for case, graph in graphs:
        if exercise == "vgg_block":
            named = "dropout in a block" if _of_kind(graph, "Dropout") else _in_block(case, graph)
        elif seen.check == "vgg16_dropout":
            named = _of_dropout(_of_kind(graph, "Dropout"))
        else:
            named = _in_network(case, graph)
        if named is not None:
            return named
    return None


def _of_kind(graph: list[dict], kind: str) -> list[dict]:
    return [row for row in graph if kind in str(row.get("kind"))]


def _in_block(case: dict, graph: list[dict]) -> str | None:
    convolutions, filters = case["args"]
    convs = _of_kind(graph, "Conv2D")
    if not convs or any(len(shape(row)) != 3 for row in convs):
        return None
    channels = [shape(row)[2] for row in convs]
    sizes = [
        row.get("parameters", 0) / out / before
        for row, out, before in zip(convs, channels, [case["input"][2], *channels], strict=False)
    ]
    if not all(9 <= size <= 10 for size in sizes):  # 3 x 3, and the part of a bias
        return "kernel size"
    if len(convs) != convolutions:
        return "number of convolutions"
    if channels != [filters] * convolutions:
        return "filters fixed" if len(set(channels)) == 1 else "channels grow inside the block"
    return "pooling after each convolution" if len(_of_kind(graph, "MaxPooling2D")) > 1 else None


def _in_network(case: dict, graph: list[dict]) -> str | None:
    first, pools = shape(graph[0]), _of_kind(graph, "MaxPooling2D")
    dense = [shape(row)[-1] for row in _of_kind(graph, "Dense") if shape(row)]
    if _of_kind(graph, "Rescaling"):
        return "input scaled"
    # More rows than any padding of the image that was asked for.
    if len(first) == 3 and first[0] > case["kwargs"]["input_shape"][0] + 6:
        return "input shape fixed"
    if not pools or not dense:
        return None
    if len(pools) != len(CHANNELS):
        return "block missing" if len(pools) < len(CHANNELS) else "block added"
    if [shape(row)[-1] for row in pools] != CHANNELS:
        return "filters of the blocks"
    if len(_of_kind(graph, "Conv2D")) != CONVOLUTIONS:
        return "another depth"
    if len(dense) != 3:
        return "dense layer missing" if len(dense) < 3 else "dense layer added"
    if dense[:2] != [UNITS_EACH] * 2:
        return "number of units"
    return "classes fixed" if dense[2] != case["kwargs"]["classes"] else None


def _of_dropout(rows: list[dict]) -> str:
    if not rows:
        return "dropout missing"
    if len(rows) > 2 or any(shape(row) != (UNITS_EACH,) for row in rows):
        return "dropout in another place"
    return "one dropout" if len(rows) == 1 else "dropout rate"
