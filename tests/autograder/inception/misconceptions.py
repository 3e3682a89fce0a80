"""The misconceptions of Inception: their names, what a learner reads, and the wrong answers."""

from __future__ import annotations

from grader.judging import checks
from grader.judging.misconceptions import Misconception, Seen, wrong

NOT_SAME = (
    'All branches keep height and width, or they cannot be concatenated: padding is "same" in '
    "every 3x3 and 5x5 convolution and in the pooling."
)
POOL_STRIDE = (
    "The default stride of a pooling is its window: in a module the stride is 1, so the map "
    "keeps its size."
)
POOL_WINDOW = "The pooling branch has a window of 3x3: here the window has another size."
POOL_KIND = (
    "The pooling branch of a module takes the largest number of each window: an average is only "
    "another convolution."
)
NO_POOL = (
    "The fourth branch is a 3x3 max pooling of the input: here the branch is missing or does not "
    "pool."
)
BRANCH_MISSING = (
    "A module has four branches side by side: 1x1, 3x3, 5x5 and pooling. Here one is missing in "
    "the output."
)
ORDER = "The branches are concatenated in the order of the table: 1x1, 3x3, 5x5, pooling."
SIZES = "The three windows are 1x1, 3x3 and 5x5: here a convolution has another size."
WHICH = (
    "Each number of filters belongs to one convolution, in the order of the docstring: here two "
    "are interchanged."
)
LINEAR = (
    "Every convolution of GoogLeNet ends in a ReLU, also bottlenecks and projections: two "
    "convolutions with nothing between them are one linear map."
)
ACTIVATION = "The activation of every convolution is ReLU: here another function replaces it."
AXIS = (
    "Branches are concatenated along the channels, the last axis: along another axis, different "
    "images or rows would be joined."
)
ADDED = (
    "An Inception module concatenates its branches, which may have different numbers of "
    "channels: adding belongs to residual networks."
)
STRIDED = "A module keeps the size of the map: no convolution in it has a stride."
NO_BIAS = (
    "Convolutions and dense layers keep the default of Keras, one bias per filter or unit: leave "
    "use_bias as it is."
)

# `recognise` names these, in whatever exercise.
NORM = Misconception(
    "batch norm added",
    "GoogLeNet is five months older than batch norm: a convolution has its bias and a ReLU, and "
    "nothing between them.",
)
DROPOUT_ADDED = Misconception(
    "dropout added",
    "A module has no dropout: a random layer gives other results in training mode.",
)
DROPOUT_RATE = Misconception(
    "dropout rate",
    "The rate or the place of a dropout differs from the text. It is 0.7 for the 1024 features of"
    " a head and 0.4 for the features of the network, each directly before the last dense layer.",
)
FROZEN = Misconception(
    "layers frozen",
    "All layers of this network learn: with trainable=False, the weights keep their random "
    "initial values.",
)

BANK = {
    "multiplications": [
        Misconception(
            "input channels forgotten",
            "A window covers all channels of the input: a 5x5 window over 192 channels costs 5 x "
            "5 x 192 multiplications per output number.",
            wrong("count", formula="h * w * n * a * b"),
        ),
        Misconception(
            "filters forgotten",
            "Every filter makes its own map: multiply the cost of one filter by the number of "
            "filters.",
            wrong("count", formula="h * w * c * a * b"),
        ),
        Misconception(
            "window forgotten",
            "Each output number costs a whole window: height times width, 25 places for 5x5.",
            wrong("count", formula="h * w * c * n"),
            wrong("count", formula="h * w * c * n * a"),
            wrong("count", formula="h * w * c * n * b"),
        ),
        Misconception(
            "sides of the window added",
            "A window of 5x5 has 25 places: the sides are multiplied, not added.",
            wrong("count", formula="h * w * c * n * (a + b)"),
        ),
        Misconception(
            "window taken as square",
            "A kernel may have two different sides, (height, width): multiply them, do not take "
            "the square of one.",
            wrong("count", formula="h * w * c * n * a * a"),
            wrong("count", formula="h * w * c * n * b * b"),
            wrong("squares_only"),
        ),
        Misconception(
            "places forgotten",
            "The weights are used again at every place of the map, height x width times. You "
            "count only the weights, or only one row or column of places.",
            wrong("count", formula="c * n * a * b"),
            wrong("count", formula="(c * a * b + 1) * n"),
            wrong("count", formula="h * c * n * a * b"),
            wrong("count", formula="w * c * n * a * b"),
            wrong("count", formula="(h + w) * c * n * a * b"),
        ),
        Misconception(
            "map taken as square",
            "Height and width of a map are two different numbers: multiply them, do not take the "
            "square of one.",
            wrong("count", formula="h * h * c * n * a * b"),
            wrong("count", formula="w * w * c * n * a * b"),
        ),
        Misconception(
            "padding forgotten",
            'With padding "same" the output has as many places as the input, height x width, and '
            "a window at the border costs as much as any other.",
            wrong("count", formula="(h - a + 1) * (w - b + 1) * c * n * a * b"),
            wrong("count", formula="(h + a - 1) * (w + b - 1) * c * n * a * b"),
        ),
        Misconception(
            "additions counted",
            "Count only multiplications: not the additions, of which there are about as many, "
            "and not the biases.",
            wrong("count", formula="2 * h * w * c * n * a * b"),
            wrong("count", formula="h * w * n * (c * a * b + 1)"),
            wrong("count", formula="h * w * n * (c * a * b - 1)"),
        ),
        Misconception(
            "cost of a number missing",
            "You count only the input or output numbers: each output number costs one "
            "multiplication per place in the window and per channel.",
            wrong("count", formula="h * w * n"),
            wrong("count", formula="h * w * c"),
        ),
        Misconception(
            "channels and filters mixed up",
            "The product has two different numbers, each once: the channels of the input and the "
            "filters.",
            wrong("count", formula="h * w * (c + n) * a * b"),
            wrong("count", formula="h * w * c * c * a * b"),
            wrong("count", formula="h * w * n * n * a * b"),
        ),
        Misconception(
            "separable convolution",
            "In an ordinary convolution each filter reads all channels. Yours is the cost of a "
            "depthwise separable convolution, which is another layer.",
            wrong("count", formula="h * w * c * (a * b + n)"),
        ),
        Misconception(
            "windows side by side",
            "With stride 1 the windows overlap: there is one at every pixel, and they do not lie "
            "side by side.",
            wrong("count", formula="(h // a) * (w // b) * c * n * a * b"),
        ),
        Misconception(
            "not the whole number",
            "The answer is one whole number, all multiplications: not in millions, not a text, "
            "and not a list of factors.",
            wrong("count", formula="h * w * c * n * a * b / 1e6"),
            wrong("count", formula='f"{h * w * c * n * a * b:,}"'),
            wrong("count", formula="[h, w, c, n, a, b]"),
        ),
    ],
    "inception_module_naive": [
        Misconception(
            "valid for same",
            NOT_SAME,
            wrong("naive", padding="valid"),
            wrong("naive", padding=["same", "valid", "same"]),
            wrong("naive", padding=["same", "same", "valid"]),
            wrong("naive", padding=["same", "valid", "valid"]),
            wrong("naive", pool=("max", 3, 1, "valid")),
            wrong("naive", padding="valid", pool=("max", 3, 1, "valid")),
        ),
        Misconception(
            "pooling halves the map",
            POOL_STRIDE,
            wrong("naive", pool=("max", 3, None, "same")),
            wrong("naive", pool=("max", 3, 2, "same")),
            wrong("naive", pool=("max", 2, 2, "same")),
        ),
        Misconception(
            "average pooling in a module",
            POOL_KIND,
            wrong("naive", pool=("average", 3, 1, "same")),
            wrong("naive", pool=("average", 2, 1, "same")),
        ),
        Misconception(
            "pooling missing",
            NO_POOL,
            wrong("naive", order=(0, 1, 2)),
            wrong("naive", pool=("", 0, 0, "")),
        ),
        Misconception(
            "pooling window",
            POOL_WINDOW,
            wrong("naive", pool=("max", 2, 1, "same")),
            wrong("naive", pool=("max", 5, 1, "same")),
        ),
        Misconception(
            "activation missing",
            LINEAR,
            wrong("naive", activation="linear"),
            wrong("naive", activation=["linear", "relu", "relu"]),
            wrong("naive", activation=["relu", "linear", "relu"]),
            wrong("naive", activation=["relu", "relu", "linear"]),
        ),
        Misconception(
            "order of the branches",
            ORDER,
            wrong("naive", order=(3, 0, 1, 2)),
            wrong("naive", order=(3, 2, 1, 0)),
            wrong("naive", order=(0, 2, 1, 3)),
            wrong("naive", order=(1, 0, 2, 3)),
            wrong("naive", order=(2, 1, 0, 3)),
            wrong("naive", order=(1, 2, 0, 3)),
            wrong("naive", order=(0, 1, 3, 2)),
            wrong("naive", order=(0, 3, 1, 2)),
        ),
        Misconception(
            "kernel size",
            SIZES,
            wrong("naive", sizes=(1, 5, 5)),
            wrong("naive", sizes=(1, 3, 3)),
            wrong("naive", sizes=(1, 3, 7)),
            wrong("naive", sizes=(3, 3, 3)),
            wrong("naive", sizes=(1, 1, 1)),
            wrong("naive", sizes=(3, 3, 5)),
            wrong("naive", sizes=(1, 5, 3)),
        ),
        Misconception(
            "filters mixed up",
            WHICH,
            wrong("naive", which=(0, 2, 1)),
            wrong("naive", which=(1, 0, 2)),
            wrong("naive", which=(2, 1, 0)),
            wrong("naive", which=(0, 0, 0)),
            wrong("naive", which=(1, 2, 0)),
        ),
        Misconception(
            "branch missing",
            BRANCH_MISSING,
            wrong("naive", order=(1, 2, 3)),
            wrong("naive", order=(0, 2, 3)),
            wrong("naive", order=(0, 1, 3)),
        ),
        Misconception(
            "branches in a row",
            "The branches are side by side: each of them begins with the input X of the module, "
            "not with the output of another branch.",
            wrong("naive", chained=True),
        ),
        Misconception(
            "activation after concatenation",
            "Each convolution has its own ReLU before the concatenation: after it, the ReLU "
            "would also change the pooling branch.",
            wrong("naive", activation="linear", end="relu"),
            wrong("naive", end="relu"),
        ),
        Misconception(
            "another activation",
            ACTIVATION,
            wrong("naive", activation="tanh"),
            wrong("naive", activation="sigmoid"),
            wrong("naive", activation="elu"),
            wrong("naive", activation="leaky_relu"),
            wrong("naive", activation="gelu"),
        ),
        Misconception(
            "projection in the naive module",
            "The naive module keeps all channels of its pooling: the 1x1 convolution after it "
            "comes only in the next exercise.",
            wrong("naive", projected=True),
        ),
        Misconception(
            "added, not concatenated",
            ADDED,
            wrong("naive", join="add"),
        ),
        Misconception(
            "concatenation axis",
            AXIS,
            wrong("naive", axis=1),
            wrong("naive", axis=2),
            wrong("naive", axis=0),
        ),
        Misconception(
            "stride in a module",
            STRIDED,
            wrong("naive", strides=2),
        ),
        Misconception(
            "bias missing",
            NO_BIAS,
            wrong("naive", bias=False),
        ),
        Misconception(
            "wrong row of filters",
            "The naive module takes three numbers, (F1, F3, F5), and the module with bottlenecks "
            "takes six.",
            wrong("naive_six_filters"),
        ),
    ],
    "inception_module": [
        Misconception(
            "valid for same",
            NOT_SAME,
            wrong("module", padding="valid"),
            wrong("module", padding=["same", "valid", "same", "same"]),
            wrong("module", padding=["same", "same", "valid", "same"]),
            wrong("module", pool=("max", 3, 1, "valid")),
            wrong("module", padding="valid", pool=("max", 3, 1, "valid")),
        ),
        Misconception(
            "pooling halves the map",
            POOL_STRIDE,
            wrong("module", pool=("max", 3, None, "same")),
            wrong("module", pool=("max", 3, 2, "same")),
            wrong("module", pool=("max", 2, 2, "same")),
        ),
        Misconception(
            "bottleneck missing",
            "A 1x1 convolution before the 3x3 and before the 5x5 convolution reduces the "
            "channels: without it, the module costs as much as the naive one.",
            wrong("module", reduced=(False, False)),
            wrong("module", reduced=(False, True)),
            wrong("module", reduced=(True, False)),
        ),
        Misconception(
            "projection missing",
            "A 1x1 convolution after the pooling reduces the channels to FP: without it, every "
            "module passes on all its input channels and adds more.",
            wrong("module", project=""),
        ),
        Misconception(
            "projection before pooling",
            "In the last branch the pooling comes first and the 1x1 convolution second: the "
            "other order gives other numbers.",
            wrong("module", project="before"),
        ),
        Misconception(
            "average pooling in a module",
            POOL_KIND,
            wrong("module", pool=("average", 3, 1, "same")),
        ),
        Misconception(
            "activation missing",
            LINEAR,
            wrong("module", activation="linear", inner="linear"),
            wrong("module", inner="linear"),
            wrong("module", activation="linear"),
            wrong("module", activation=["linear", "relu", "relu", "relu"]),
            wrong("module", activation=["relu", "linear", "relu", "relu"]),
            wrong("module", activation=["relu", "relu", "linear", "relu"]),
            wrong("module", activation=["relu", "relu", "relu", "linear"]),
        ),
        Misconception(
            "pooling missing",
            NO_POOL,
            wrong("module", pool=("", 0, 0, "")),
        ),
        Misconception(
            "pooling window",
            POOL_WINDOW,
            wrong("module", pool=("max", 2, 1, "same")),
            wrong("module", pool=("max", 5, 1, "same")),
        ),
        Misconception(
            "bottleneck too late",
            "A bottleneck saves work only if it comes first: the 1x1 convolution is before the "
            "3x3 or 5x5, which then reads few channels.",
            wrong("module", reduced=(False, False), late=(True, True)),
            wrong("module", reduced=(False, True), late=(True, False)),
            wrong("module", reduced=(True, False), late=(False, True)),
        ),
        Misconception(
            "one bottleneck for two",
            "Each branch has its own bottleneck, to R3 or to R5 channels, and the pooling reads "
            "the input of the module: branches share nothing.",
            wrong("module", shared=True),
            wrong("module", pool_reduced=True),
        ),
        Misconception(
            "bottleneck with a large window",
            "A bottleneck mixes the channels of one pixel: its kernel is 1x1.",
            wrong("module", reduce_size=3),
        ),
        Misconception(
            "order of the branches",
            ORDER,
            wrong("module", order=(3, 0, 1, 2)),
            wrong("module", order=(0, 2, 1, 3)),
            wrong("module", order=(3, 2, 1, 0)),
            wrong("module", order=(1, 0, 2, 3)),
            wrong("module", order=(1, 2, 3, 0)),
            wrong("module", order=(2, 1, 0, 3)),
            wrong("module", order=(1, 2, 0, 3)),
            wrong("module", order=(0, 3, 1, 2)),
            wrong("module", order=(0, 1, 3, 2)),
        ),
        Misconception(
            "kernel size",
            SIZES,
            wrong("module", sizes=(1, 3, 3)),
            wrong("module", sizes=(1, 5, 5)),
            wrong("module", sizes=(1, 3, 7)),
            wrong("module", sizes=(1, 5, 3)),
            wrong("module", sizes=(3, 3, 5)),
        ),
        Misconception(
            "filters mixed up",
            WHICH,
            wrong("module", which=(0, 2, 4, 1, 3, 5)),
            wrong("module", which=(0, 3, 1, 4, 2, 5)),
            wrong("module", which=(0, 2, 1, 4, 3, 5)),
            wrong("module", which=(0, 3, 4, 1, 2, 5)),
            wrong("module", which=(0, 2, 1, 3, 4, 5)),
            wrong("module", which=(0, 1, 2, 4, 3, 5)),
            wrong("module", which=(0, 3, 2, 1, 4, 5)),
            wrong("module", which=(0, 1, 4, 3, 2, 5)),
            wrong("module", which=(5, 1, 2, 3, 4, 0)),
            wrong("module", which=(0, 1, 2, 3, 4, 0)),
            wrong("module", which=(5, 4, 3, 2, 1, 0)),
        ),
        Misconception(
            "branch missing",
            BRANCH_MISSING,
            wrong("module", order=(0, 1, 2)),
            wrong("module", order=(1, 2, 3)),
            wrong("module", order=(0, 2, 3)),
            wrong("module", order=(0, 1, 3)),
        ),
        Misconception(
            "another activation",
            ACTIVATION,
            wrong("module", activation="tanh", inner="tanh"),
            wrong("module", activation="sigmoid", inner="sigmoid"),
            wrong("module", activation="elu", inner="elu"),
            wrong("module", activation="leaky_relu", inner="leaky_relu"),
            wrong("module", activation="gelu", inner="gelu"),
        ),
        Misconception(
            "added, not concatenated",
            ADDED,
            wrong("module", join="add"),
        ),
        Misconception(
            "concatenation axis",
            AXIS,
            wrong("module", axis=1),
            wrong("module", axis=2),
            wrong("module", axis=0),
        ),
        Misconception(
            "stride in a module",
            STRIDED,
            wrong("module", strides=2),
        ),
        Misconception(
            "bias missing",
            NO_BIAS,
            wrong("module", bias=False),
        ),
    ],
    "auxiliary_head": [
        Misconception(
            "dropout missing",
            "Dropout comes before the last dense layer: without it, training mode and inference "
            "mode compute the same.",
            wrong("head"),
        ),
        Misconception(
            "max pooling in a head",
            "A head begins with average pooling, for large maps and for small ones.",
            wrong("head", pool="max", small="maximum"),
            wrong("head", pool="max"),
            wrong("head", small="maximum"),
        ),
        Misconception(
            "softmax missing",
            "Each image belongs to exactly one class: softmax on the last dense layer makes the "
            "outputs positive, with the sum 1.",
            wrong("head", last=()),
            wrong("head", last=("sigmoid",)),
            wrong("head", last=("relu",)),
        ),
        Misconception(
            "activation missing",
            LINEAR,
            wrong("head", activations=("linear", "linear")),
            wrong("head", activations=("linear", "relu")),
            wrong("head", activations=("relu", "linear")),
        ),
        Misconception(
            "rule for small maps",
            "The rule looks at height and width: the 5x5 window if both are at least 14, else "
            "adaptive average pooling to 4x4.",
            wrong("head", least=10000),
            wrong("head", small="window"),
            wrong("head", small="nothing"),
            wrong("head", least=15),
            wrong("head", least=5),
            wrong("head", least=4, small="adaptive"),
            wrong("head", to=2),
            wrong("head", to=1),
            wrong("head", to=5),
            wrong("head", to=3),
        ),
        Misconception(
            "pooling of the head missing",
            "A head first pools its map, from 14x14 to 4x4: without that, its dense layer has "
            "twelve times as many weights.",
            wrong("head", pool="", small="nothing"),
            wrong("head", pool=""),
        ),
        Misconception(
            "pooling window of the head",
            "Large maps are pooled with a window of 5x5 and stride 3, without padding: here the "
            "window, the stride or the padding is different.",
            wrong("head", window=(5, 5, "valid")),
            wrong("head", window=(3, 3, "valid")),
            wrong("head", window=(3, 2, "valid")),
            wrong("head", window=(5, 1, "valid")),
            wrong("head", window=(5, 2, "valid")),
            wrong("head", window=(5, 4, "valid")),
            wrong("head", window=(2, 2, "valid")),
            wrong("head", window=(5, 3, "same")),
        ),
        Misconception(
            "flatten missing",
            "A dense layer works only on the last axis: flatten the map first, so every unit "
            "sees the whole map.",
            wrong("head", between=""),
        ),
        Misconception(
            "global pooling in the head",
            "The head flattens its 4x4 map, so its dense layer knows where something was seen: "
            "global pooling is at the end of the network itself.",
            wrong("head", between="global"),
            wrong("head", between="global max"),
        ),
        Misconception(
            "filters of the head",
            "The convolution of the head has 128 filters of 1x1: here the number or the size is "
            "different.",
            wrong("head", filters=64),
            wrong("head", filters=256),
            wrong("head", filters=1024),
            wrong("head", size=3, padding="same"),
            wrong("head", size=3),
            wrong("head", size=5, padding="same"),
        ),
        Misconception(
            "number of units",
            "The hidden dense layer of a head has 1024 units: here the number is different, or "
            "there is one more layer.",
            wrong("head", units=(128,)),
            wrong("head", units=(256,)),
            wrong("head", units=(512,)),
            wrong("head", units=(2048,)),
            wrong("head", units=(1024, 1024)),
        ),
        Misconception(
            "convolution of the head missing",
            "A 1x1 convolution to 128 channels comes between the pooling and the dense layer: "
            "without it, the dense layer reads all channels of the map.",
            wrong("head", filters=0),
        ),
        Misconception(
            "dense layer missing",
            "A head has two dense layers, one with 1024 units and ReLU, and one with softmax: "
            "here the first is missing.",
            wrong("head", units=()),
        ),
        Misconception(
            "pooling after the convolution",
            "The head pools first and convolves the small map: the other order costs twelve "
            "times as much and computes something else.",
            wrong("head", after=True),
        ),
        Misconception(
            "softmax twice",
            "Softmax of probabilities is nearly flat, and its gradient is nearly zero: apply "
            "softmax once, to the output of the last dense layer.",
            wrong("head", last=("softmax", "softmax")),
        ),
        Misconception(
            "ReLU before softmax",
            "The last dense layer has only softmax: a ReLU before it would turn all negative "
            "scores into the same number, 0.",
            wrong("head", last=("relu", "softmax")),
        ),
        Misconception(
            "another activation",
            ACTIVATION,
            wrong("head", activations=("tanh", "tanh")),
            wrong("head", activations=("sigmoid", "sigmoid")),
            wrong("head", activations=("elu", "elu")),
            wrong("head", activations=("leaky_relu", "leaky_relu")),
            wrong("head", activations=("gelu", "gelu")),
        ),
        Misconception(
            "classes fixed",
            "The number of classes is an argument: the last dense layer has exactly `classes` "
            "units.",
            wrong("head_thousand_classes"),
            wrong("head_six_classes"),
            wrong("head", more_classes=1),
        ),
        Misconception(
            "bias missing",
            NO_BIAS,
            wrong("head", bias=False),
        ),
    ],
}


def recognise(exercise: str, seen: Seen) -> Misconception | None:
    """What no wrong function can foretell: random draws, frozen layers, and whole networks."""
    names = [str(name) for _, evidence in seen.cases for name in evidence.record.get("names", [])]
    if any(name.endswith("/moving_mean") for name in names):
        return NORM
    if exercise == "GoogLeNet":
        return checks.sibling(__file__, "whole").recognise(seen)
    if "training_mode" not in seen.check or seen.trouble:
        return None
    [(_, evidence)] = seen.cases
    if exercise == "auxiliary_head":
        return DROPOUT_RATE
    return FROZEN if unmoved(evidence) else DROPOUT_ADDED


def unmoved(evidence) -> bool:
    """Whether the first output is the same in both modes."""
    still, trained = (evidence.arrays[mode] for mode in ("eval", "train"))
    same_shape = still.shape == trained.shape
    return same_shape and bool(abs(still - trained).max() <= 1e-5 * abs(still).max())
