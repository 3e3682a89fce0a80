"""The misconceptions of VGG: what each is called, what a learner reads, and what shows it."""

from __future__ import annotations

from grader.judging.compare import shape
from grader.judging.misconceptions import Misconception, Seen, is_misfit
from grader.judging.numpy_layers import Misfit

NO_POOLING = Misconception(
    "pooling missing",
    "A block ends in max pooling: without it the map keeps its size from block to block.",
)
AVERAGE = Misconception(
    "average pooling", "VGG pools by the largest number of each 2x2 window; LeNet-5 took the mean."
)
POOLING_WINDOW = Misconception(
    "pooling window",
    "The pooling of a block has a window of 2x2 and a stride of 2: the windows meet, do not "
    "overlap, and leave out an odd row or column.",
)
POOLING_FIRST = Misconception(
    "pooling before the convolutions",
    "The convolutions of a block work at its full size: the pooling comes last, not first.",
)
POOLING_EACH = Misconception(
    "pooling after each convolution",
    "A block pools once, after its last convolution, and not after each.",
)
STRIDE = Misconception(
    "stride of a convolution",
    "The convolutions of a block move by one pixel: it is the pooling that halves the map.",
)
PADDING = Misconception(
    "valid for same",
    "The convolutions of a block keep height and width: a 3x3 window needs padding 'same', one "
    "pixel on every side.",
)
KERNEL = Misconception(
    "kernel size",
    "Every convolution of VGG looks through a window of 3x3: here at least one is of another size.",
)
SEPARABLE = Misconception(
    "separable convolution",
    "VGG's convolutions are full ones: each filter reads 3x3 pixels of all channels at once.",
)
NO_ACTIVATION = Misconception(
    "activation missing",
    "Without a ReLU between them two 3x3 convolutions are one linear map of 5x5: ReLU follows each "
    "convolution, and not the whole block once.",
)
ACTIVATION = Misconception(
    "another activation",
    "The hidden layers of VGG have ReLU: here another function stands in its place.",
)
COUNT = Misconception(
    "number of convolutions",
    "The block has exactly `convolutions` convolutions, one after another, whatever that number "
    "is: here there are more or fewer.",
)
FILTERS_FIXED = Misconception(
    "filters fixed",
    "`filters` says to how many channels the convolutions go: here 64 is written into the block.",
)
FILTERS_GROW = Misconception(
    "channels grow inside the block",
    "All convolutions of a block have the same number of filters; channels double from block to "
    "block.",
)
ARGUMENTS_SWAPPED = Misconception(
    "arguments swapped",
    "The order is vgg_block(X, convolutions, filters): a few convolutions, each with many filters.",
)
SHORTCUT = Misconception(
    "shortcut added",
    "VGG has no shortcut: what enters a block goes through its convolutions alone. Shortcuts come "
    "with residual networks.",
)
BIAS = Misconception(
    "bias missing",
    "Convolutions and dense layers keep Keras' default, a bias for each filter and unit: no "
    "use_bias.",
)
NORM = Misconception(
    "batch norm added",
    "VGG is a year older than batch norm: convolution and ReLU, dense layer and ReLU, and nothing "
    "between.",
)
DROPOUT_IN_BLOCK = Misconception(
    "dropout in a block",
    "A block holds convolutions and a pooling; dropout stands behind the dense layers alone.",
)
FROZEN = Misconception(
    "layers frozen", "All layers learn: where trainable is False, weights stay as they were drawn."
)

DEPTH = Misconception(
    "another depth",
    "VGG-16 has blocks of 2, 2, 3, 3 and 3 convolutions, from the image on: other numbers make "
    "another network of the family, or none.",
)
FILTERS = Misconception(
    "filters of the blocks",
    "The blocks go to 64, 128, 256, 512 and 512 channels: they double up to 512 and stay there.",
)
BLOCKS = Misconception(
    "block missing",
    "VGG-16 has five blocks, and the last two are alike: three convolutions to 512 channels twice.",
)
BLOCK_ADDED = Misconception(
    "block added",
    "VGG-16 has five blocks, and the dense layers follow the fifth: here there are more.",
)
NO_FLATTEN = Misconception(
    "flatten missing",
    "A dense layer works on the last axis alone: flatten the last map first, so that every unit "
    "sees all of it.",
)
GLOBAL_POOLING = Misconception(
    "global pooling",
    "The last map is flattened, not averaged: networks after VGG average it, and save most of the "
    "first dense layer.",
)
UNITS = Misconception(
    "number of units",
    "Both hidden dense layers have 4096 units: here at least one has another number.",
)
DENSE_MISSING = Misconception(
    "dense layer missing",
    "Three dense layers end the network: 4096 units, 4096 units, and one a class. Here one is "
    "missing.",
)
DENSE_ADDED = Misconception(
    "dense layer added", "Two hidden dense layers come before the output: here there are more."
)
DENSE_LINEAR = Misconception(
    "activation missing in a dense layer",
    "Without a ReLU between them two dense layers are one: both hidden ones have ReLU.",
)
SOFTMAX = Misconception(
    "softmax missing",
    "The outputs are probabilities of classes that exclude each other: softmax on the last dense "
    "layer makes them positive with the sum 1.",
)
SOFTMAX_TWICE = Misconception(
    "softmax twice",
    "Softmax of probabilities is nearly flat, and its gradient nearly zero: apply it once, to the "
    "last dense layer's output.",
)
OUTPUT_RELU = Misconception(
    "ReLU before softmax",
    "The last dense layer has softmax alone: a ReLU before it makes all negative scores one.",
)
SCALED = Misconception(
    "input scaled",
    "The network takes images as they come: they are divided by 255 before, and not once more.",
)
CLASSES_FIXED = Misconception(
    "classes fixed",
    "The number of classes is an argument: the last dense layer has `classes` units.",
)
CLASSES_OFF = Misconception(
    "class too many", "One unit a class, and no more: the last dense layer has `classes` units."
)
INPUT_FIXED = Misconception(
    "input shape fixed",
    "The shape of the images is an argument: keras.Input gets `input_shape`, and no later layer "
    "names a size that follows from it.",
)
NO_DROPOUT = Misconception(
    "dropout missing",
    "Dropout follows both hidden dense layers: here training mode computes what inference does.",
)
ONE_DROPOUT = Misconception(
    "one dropout",
    "Dropout follows both hidden dense layers, each time after ReLU: here there is one alone.",
)
DROPOUT_RATE = Misconception(
    "dropout rate",
    "Each of the two dropouts drops half: its rate is 0.5, the part that becomes zero.",
)
DROPOUT_PLACE = Misconception(
    "dropout in another place",
    "The two dropouts stand behind the hidden dense layers of 4096 units: here one stands "
    "elsewhere.",
)

BANK = {
    "vgg_block": [
        (AVERAGE, "average_pooling"),
        (NO_POOLING, "no_pooling"),
        (NO_ACTIVATION, "linear", "linear_first", "linear_last", "linear_but_last"),
        (KERNEL, "kernel_1", "kernel_2", "kernel_5", "kernel_7", "dilated"),
        (PADDING, "valid_padding"),
        (
            COUNT,
            "one_convolution",
            "two_convolutions",
            "three_convolutions",
            "one_more",
            "one_fewer",
        ),
        (STRIDE, "strides_for_pooling", "strides_and_pooling"),
        (
            POOLING_WINDOW,
            "window_3_stride_2",
            "window_3_stride_2_padded",
            "window_2_stride_1",
            "window_3",
            "window_4",
            "pooling_padded",
        ),
        (POOLING_FIRST, "pooling_first"),
        (POOLING_EACH, "pooling_each"),
        (ACTIVATION, "tanh", "sigmoid", "leaky", "elu", "gelu", "silu", "selu"),
        (FILTERS_FIXED, "sixty_four"),
        (FILTERS_GROW, "doubling", "twice_at_last", "growing", "half_at_first"),
        (ARGUMENTS_SWAPPED, "swapped"),
        (BIAS, "no_bias"),
        (NORM, "norm_before", "norm_after"),
        (SHORTCUT, "residual"),
        (SEPARABLE, "separable"),
        (FROZEN, "frozen"),
    ],
    "VGG16": [
        (DEPTH, "vgg_19", "vgg_13", "vgg_11", "threes", "counts_reversed"),
        (SOFTMAX, "logits", "sigmoid_end"),
        (FROZEN, "network_frozen"),
        (CLASSES_FIXED, "ten_classes", "six_classes", "thousand_classes"),
        (FILTERS, "last_of_1024", "half_as_wide"),
        (DENSE_LINEAR, "linear_dense"),
        (UNITS, "units_1024"),
        (DENSE_MISSING, "one_dense"),
        (BLOCKS, "four_blocks", "without_first", "without_third"),
        (
            FILTERS,
            "last_of_256",
            "from_32",
            "all_64",
            "all_512",
            "fourth_of_256",
            "first_of_128",
            "filters_reversed",
        ),
        (DENSE_LINEAR, "linear_first_dense", "linear_second_dense"),
        (DENSE_MISSING, "no_dense", "no_output", "no_output_softmax"),
        (NO_FLATTEN, "no_flatten"),
        (GLOBAL_POOLING, "global_pooling", "global_max_pooling"),
        (UNITS, "units_4096_1024", "units_4096_1000", "units_2048", "units_512", "units_256"),
        (DENSE_ADDED, "three_dense"),
        (ACTIVATION, "tanh_dense", "sigmoid_dense", "softmax_dense"),
        (SOFTMAX, "relu_end", "tanh_end"),
        (SOFTMAX_TWICE, "softmax_twice"),
        (OUTPUT_RELU, "relu_then_softmax"),
        (BIAS, "no_bias_dense"),
        (NORM, "norm_dense"),
        (SCALED, "scaled"),
        (CLASSES_OFF, "one_class_more"),
        (INPUT_FIXED, "fixed_32", "fixed_64", "fixed_both"),
    ],
}


DRAWN = {"vgg16_dropout"}
CHANNELS = [64, 128, 256, 512, 512]
CONVOLUTIONS, UNITS_EACH = 13, 4096


def recognise(exercise: str, seen: Seen) -> Misconception | None:
    """What no variant foretells: dropout, which draws at random, and any other number of something,
    as far as the graph shows it in layers of Keras.
    """
    if "received convolutions=" in str((seen.trouble or {}).get("text")):
        return ARGUMENTS_SWAPPED
    # Of 64x32 pixels five halvings leave 2x1, and there is no sixth.
    if exercise == "VGG16" and is_misfit(Misfit(), seen.trouble):
        return BLOCK_ADDED
    drawn = [(case, evidence.graph) for case, evidence in seen.cases if evidence.graph]
    for case, graph in drawn:
        if exercise == "vgg_block":
            found = DROPOUT_IN_BLOCK if _of_kind(graph, "Dropout") else _in_block(case, graph)
        elif seen.check == "vgg16_dropout":
            found = _of_dropout(_of_kind(graph, "Dropout"))
        else:
            found = _in_network(case, graph)
        if found is not None:
            return found
    return None


def _of_kind(graph: list[dict], kind: str) -> list[dict]:
    return [row for row in graph if kind in str(row.get("kind"))]


def _in_block(case: dict, graph: list[dict]) -> Misconception | None:
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
        return KERNEL
    if len(convs) != convolutions:
        return COUNT
    if channels != [filters] * convolutions:
        return FILTERS_FIXED if len(set(channels)) == 1 else FILTERS_GROW
    return POOLING_EACH if len(_of_kind(graph, "MaxPooling2D")) > 1 else None


def _in_network(case: dict, graph: list[dict]) -> Misconception | None:
    first, pools = shape(graph[0]), _of_kind(graph, "MaxPooling2D")
    dense = [shape(row)[-1] for row in _of_kind(graph, "Dense") if shape(row)]
    if _of_kind(graph, "Rescaling"):
        return SCALED
    # More rows than any padding of the image that was asked for.
    if len(first) == 3 and first[0] > case["kwargs"]["input_shape"][0] + 6:
        return INPUT_FIXED
    if not pools or not dense:
        return None
    if len(pools) != len(CHANNELS):
        return BLOCKS if len(pools) < len(CHANNELS) else BLOCK_ADDED
    if [shape(row)[-1] for row in pools] != CHANNELS:
        return FILTERS
    if len(_of_kind(graph, "Conv2D")) != CONVOLUTIONS:
        return DEPTH
    if len(dense) != 3:
        return DENSE_MISSING if len(dense) < 3 else DENSE_ADDED
    if dense[:2] != [UNITS_EACH] * 2:
        return UNITS
    return CLASSES_FIXED if dense[2] != case["kwargs"]["classes"] else None


def _of_dropout(rows: list[dict]) -> Misconception:
    if not rows:
        return NO_DROPOUT
    if len(rows) > 2 or any(shape(row) != (UNITS_EACH,) for row in rows):
        return DROPOUT_PLACE
    return ONE_DROPOUT if len(rows) == 1 else DROPOUT_RATE
