"""The misconceptions of Inception: what each is called, what a learner reads, and what shows it."""

from __future__ import annotations

from grader.judging import checks
from grader.judging.misconceptions import Misconception, Seen

NO_CHANNELS = Misconception(
    "input channels forgotten",
    "A window covers all channels of the input: a 5x5 window over 192 channels costs 5 x 5 x 192 "
    "multiplications for each number that comes out.",
)
NO_FILTERS = Misconception(
    "filters forgotten",
    "Every filter makes a map of its own: what one of them costs is paid once for each filter.",
)
KERNEL = Misconception(
    "window forgotten",
    "Each number that comes out costs a whole window: its height times its width, 25 places for "
    "5x5.",
)
KERNEL_SIDES = Misconception(
    "window taken as square",
    "A kernel may have two different sides, (height, width): its places are their product, not the "
    "square of one.",
)
KERNEL_SUM = Misconception(
    "sides of the window added",
    "A window of 5x5 has 25 places: the sides are multiplied, not added.",
)
PLACES = Misconception(
    "places forgotten",
    "The weights are used again at every place of the map: height x width times. What you count is "
    "how many weights there are, or those of a single row.",
)
MAP_SQUARE = Misconception(
    "map taken as square",
    "Height and width of a map are two numbers: multiply one by the other, not one by itself.",
)
UNPADDED = Misconception(
    "padding forgotten",
    'With padding "same" as many places come out as went in, height x width, and the window is '
    "charged in full at the border too.",
)
ADDITIONS = Misconception(
    "additions counted",
    "Only multiplications are counted here: the additions, about as many again, are not, and "
    "neither are biases.",
)
CONFUSED = Misconception(
    "channels and filters mixed up",
    "Two different numbers belong in the product: the channels that are read and the filters that "
    "are made, each once.",
)
SEPARABLE = Misconception(
    "separable convolution",
    "In an ordinary convolution each filter reads every channel through its own window: this is "
    "the cost of a depthwise separable one, which is another layer.",
)
WINDOW_MISSING = Misconception(
    "cost of a number missing",
    "You count how many numbers go in or come out: each that comes out costs a multiplication for "
    "each place in the window and each channel.",
)
JUMPING = Misconception(
    "windows side by side",
    "With stride 1 the windows overlap: there is one at every pixel, not one after another.",
)
NOT_ONE = Misconception(
    "not the whole number",
    "The answer is one whole number, all multiplications: neither millions, nor a text, nor a list "
    "of factors.",
)

NOT_SAME = Misconception(
    "valid for same",
    "All branches keep height and width, or they cannot be put behind each other: padding is "
    '"same" in every 3x3 and 5x5 convolution and in the pooling.',
)
POOL_STRIDE = Misconception(
    "pooling halves the map",
    "A pooling moves by its own window unless told otherwise: in a module it moves by 1, so that "
    "the map keeps its size.",
)
POOL_WINDOW = Misconception(
    "pooling window",
    "The pooling branch looks at neighbourhoods of 3x3: here the window has another size.",
)
POOL_KIND = Misconception(
    "average pooling in a module",
    "The pooling branch of a module takes the largest number of each window: an average would be "
    "one more convolution.",
)
NO_POOL = Misconception(
    "pooling missing",
    "The fourth branch is a 3x3 max pooling of the input: here the input goes on as it is, or the "
    "branch is missing.",
)
BRANCH_MISSING = Misconception(
    "branch missing",
    "A module has four branches side by side: 1x1, 3x3, 5x5 and pooling. Here one does not come "
    "out.",
)
ORDER = Misconception(
    "order of the branches",
    "The branches are put behind each other in the table's order: 1x1, 3x3, 5x5, pooling.",
)
SIZES = Misconception(
    "kernel size", "The three windows are 1x1, 3x3 and 5x5: here a convolution has another size."
)
WHICH = Misconception(
    "filters mixed up",
    "Each number of filters belongs to one convolution, in the order in which the docstring "
    "unpacks them: here two have changed places.",
)
LINEAR = Misconception(
    "activation missing",
    "Every convolution of GoogLeNet ends in a ReLU, bottlenecks and projections too: two "
    "convolutions with nothing between them are a single linear map.",
)
ACTIVATION = Misconception(
    "another activation",
    "The activation of every convolution here is ReLU: another function stands in its place.",
)
LATE = Misconception(
    "activation after concatenation",
    "The ReLU belongs to each convolution and comes before the concatenation: behind it, the "
    "pooling would be rectified too.",
)
CHAINED = Misconception(
    "branches in a row",
    "The branches stand side by side: every one of them begins with the module's own input X, not "
    "with what the branch before it gave.",
)
PROJECTED = Misconception(
    "projection in the naive module",
    "The naive module passes its pooling on with all channels: the 1x1 convolution behind it is "
    "what the next exercise adds.",
)
AXIS = Misconception(
    "concatenation axis",
    "Branches are put behind each other along the channels, the last axis: along another one, maps "
    "of different images or rows would be stacked.",
)
ADDED = Misconception(
    "added, not concatenated",
    "An Inception module concatenates its branches, which may have different channels: adding "
    "belongs to residual networks.",
)
STRIDED = Misconception(
    "stride in a module", "A module keeps the size of the map: no convolution in it has a stride."
)
NORM = Misconception(
    "batch norm added",
    "GoogLeNet is a year older than batch norm: a convolution here has its bias and a ReLU, and "
    "nothing between.",
)
NO_BIAS = Misconception(
    "bias missing",
    "Convolutions and dense layers keep Keras' default, a bias for each filter and unit: no "
    "use_bias.",
)
DROPOUT_ADDED = Misconception(
    "dropout added",
    "A module has no dropout: a layer that draws at random makes training mode differ.",
)
FROZEN = Misconception(
    "layers frozen",
    "All layers of this network learn: where trainable is False, weights stay as they were drawn.",
)
ROW = Misconception(
    "wrong row of filters",
    "The naive module takes three numbers, (F1, F3, F5), and the module with bottlenecks six: the "
    "two are not unpacked alike.",
)

NO_BOTTLENECK = Misconception(
    "bottleneck missing",
    "Before the 3x3 and the 5x5 convolution stands a 1x1 convolution that narrows the map: without "
    "it the module costs what the naive one does.",
)
BOTTLENECK_LATE = Misconception(
    "bottleneck behind",
    "A bottleneck saves only where it comes first: the 1x1 convolution stands before the 3x3 or "
    "5x5, which then reads few channels.",
)
SHARED = Misconception(
    "one bottleneck for two",
    "Each branch has a bottleneck of its own, to R3 or to R5 channels, and the pooling reads the "
    "module's input: no branch borrows from another.",
)
WIDE = Misconception(
    "bottleneck too wide", "A bottleneck mixes channels and looks at one pixel: its kernel is 1x1."
)
NO_PROJECTION = Misconception(
    "projection missing",
    "Behind the pooling a 1x1 convolution takes the channels to FP: without it every module passes "
    "on all that it was given, and grows.",
)
PROJECTION_FIRST = Misconception(
    "projection before pooling",
    "In the last branch the pooling comes first and the 1x1 convolution second: a maximum of what "
    "was mixed is not a mixture of maxima.",
)

HEAD_MAX = Misconception(
    "max pooling in a head",
    "A head begins with average pooling, for large maps and for small ones.",
)
HEAD_NO_POOL = Misconception(
    "pooling of the head missing",
    "A head first pools its map, to 4x4 from 14x14: without that its dense layer has twelve times "
    "as many weights.",
)
HEAD_WINDOW = Misconception(
    "pooling window of the head",
    "Large maps are pooled with a window of 5x5 that moves by 3, without padding: here the window, "
    "the stride or the padding is another.",
)
HEAD_RULE = Misconception(
    "rule for small maps",
    "The text decides by height and width: where both are at least 14, the 5x5 window; where one "
    "is smaller, adaptive average pooling to 4x4.",
)
HEAD_LATE = Misconception(
    "pooling behind the convolution",
    "The head pools first and convolves the small map: the other way round costs twelve times as "
    "much and is another function.",
)
HEAD_NO_CONVOLUTION = Misconception(
    "convolution of the head missing",
    "Between pooling and dense layer stands a 1x1 convolution to 128 channels: without it the "
    "dense layer reads all channels of the map.",
)
HEAD_FILTERS = Misconception(
    "filters of the head",
    "The head's convolution has 128 filters of 1x1: here the number or the size is another.",
)
NO_FLATTEN = Misconception(
    "flatten missing",
    "A dense layer works on the last axis alone: flatten the map first, so that every unit sees "
    "all of it.",
)
HEAD_GLOBAL = Misconception(
    "global pooling in the head",
    "The head flattens its 4x4 map, so that its dense layer knows where something was seen: global "
    "pooling belongs to the network's own end.",
)
NO_DENSE = Misconception(
    "dense layer missing",
    "A head has two dense layers, one of 1024 units with ReLU and the one with softmax: here the "
    "first is missing.",
)
UNITS = Misconception(
    "number of units",
    "The hidden dense layer of a head has 1024 units: here there is another number, or one more "
    "layer.",
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
CLASSES_FIXED = Misconception(
    "classes fixed",
    "The number of classes is an argument: the last dense layer has `classes` units, no more and "
    "no other number.",
)
DROPOUT_MISSING = Misconception(
    "dropout missing",
    "Before the last dense layer stands dropout: without it training mode computes what inference "
    "mode does.",
)
DROPOUT_RATE = Misconception(
    "dropout rate",
    "How much is dropped, or where, differs from the text: 0.7 of a head's 1024 features, 0.4 of "
    "the network's own, each right before the last dense layer.",
)

BANK = {
    "multiplications": [
        (NO_CHANNELS, "no_channels"),
        (NO_FILTERS, "no_filters"),
        (KERNEL, "no_kernel"),
        (KERNEL, "kernel_once", "kernel_once_across"),
        (KERNEL_SUM, "kernel_sum"),
        (KERNEL_SIDES, "kernel_square", "kernel_square_across", "squares_only"),
        (PLACES, "weights_only", "weights_and_biases", "height_only", "width_only", "sides_added"),
        (MAP_SQUARE, "height_square", "width_square"),
        (UNPADDED, "unpadded", "one_pixel_more"),
        (ADDITIONS, "additions_too", "with_biases", "additions_only"),
        (WINDOW_MISSING, "outputs_only", "inputs_only"),
        (CONFUSED, "channels_and_filters", "channels_square", "filters_square"),
        (SEPARABLE, "separable"),
        (JUMPING, "jumping"),
        (NOT_ONE, "in_millions", "in_words", "by_factor"),
    ],
    "inception_module_naive": [
        (
            NOT_SAME,
            "naive_unpadded_convolutions",
            "naive_unpadded_3x3",
            "naive_unpadded_5x5",
            "naive_unpadded_both",
            "naive_unpadded_pool",
            "naive_unpadded",
        ),
        (POOL_STRIDE, "naive_default_stride", "naive_pool_halves", "naive_pool_2_halves"),
        (POOL_KIND, "naive_average", "naive_average_of_2"),
        (NO_POOL, "naive_no_pool", "naive_input_passed"),
        (POOL_WINDOW, "naive_pool_of_2", "naive_pool_of_5"),
        (LINEAR, "naive_linear", "naive_linear_1x1", "naive_linear_3x3", "naive_linear_5x5"),
        (
            ORDER,
            "naive_pool_first",
            "naive_reversed",
            "naive_5_before_3",
            "naive_3_before_1",
            "naive_backwards",
            "naive_1_last",
            "naive_pool_third",
            "naive_pool_second",
        ),
        (
            SIZES,
            "naive_5_for_3",
            "naive_3_for_5",
            "naive_7_for_5",
            "naive_all_3",
            "naive_all_1",
            "naive_3_for_1",
            "naive_5_and_3",
        ),
        (
            WHICH,
            "naive_filters_5_3",
            "naive_filters_3_1",
            "naive_filters_backwards",
            "naive_filters_first",
            "naive_filters_turned",
        ),
        (BRANCH_MISSING, "naive_no_1x1", "naive_no_3x3", "naive_no_5x5"),
        (CHAINED, "naive_chained"),
        (LATE, "naive_late", "naive_end_relu"),
        (ACTIVATION, "naive_tanh", "naive_sigmoid", "naive_elu", "naive_leaky", "naive_gelu"),
        (PROJECTED, "naive_projected"),
        (ADDED, "naive_added"),
        (AXIS, "naive_along_rows", "naive_along_columns", "naive_along_batch"),
        (STRIDED, "naive_strided"),
        (NO_BIAS, "naive_no_bias"),
        (ROW, "naive_six_filters"),
    ],
    "inception_module": [
        (
            NOT_SAME,
            "module_unpadded_convolutions",
            "module_unpadded_3x3",
            "module_unpadded_5x5",
            "module_unpadded_pool",
            "module_unpadded",
        ),
        (POOL_STRIDE, "module_default_stride", "module_pool_halves", "module_pool_2_halves"),
        (NO_BOTTLENECK, "module_bare", "module_bare_3x3", "module_bare_5x5"),
        (NO_PROJECTION, "module_no_projection"),
        (PROJECTION_FIRST, "module_projection_first"),
        (POOL_KIND, "module_average"),
        (
            LINEAR,
            "module_linear",
            "module_inner_linear",
            "module_outer_linear",
            "module_linear_1x1",
            "module_linear_3x3",
            "module_linear_5x5",
            "module_linear_projection",
        ),
        (NO_POOL, "module_no_pool"),
        (POOL_WINDOW, "module_pool_of_2", "module_pool_of_5"),
        (BOTTLENECK_LATE, "module_late", "module_late_3x3", "module_late_5x5"),
        (SHARED, "module_shared", "module_shared_pool"),
        (WIDE, "module_wide_reduction"),
        (
            ORDER,
            "module_pool_first",
            "module_5_before_3",
            "module_reversed",
            "module_3_before_1",
            "module_1_last",
            "module_backwards",
            "module_1_third",
            "module_pool_second",
            "module_pool_third",
        ),
        (
            SIZES,
            "module_3_for_5",
            "module_5_for_3",
            "module_7_for_5",
            "module_5_and_3",
            "module_3_for_1",
        ),
        (
            WHICH,
            "module_row_sorted",
            "module_row_kinds",
            "module_reduced_after",
            "module_3_and_5_swapped",
            "module_3_inverted",
            "module_5_inverted",
            "module_reductions_swapped",
            "module_outputs_swapped",
            "module_projection_as_1x1",
            "module_projection_to_f1",
            "module_row_backwards",
        ),
        (
            BRANCH_MISSING,
            "module_branch_missing",
            "module_no_1x1",
            "module_no_3x3",
            "module_no_5x5",
        ),
        (ACTIVATION, "module_tanh", "module_sigmoid", "module_elu", "module_leaky", "module_gelu"),
        (ADDED, "module_added"),
        (AXIS, "module_along_rows", "module_along_columns", "module_along_batch"),
        (STRIDED, "module_strided"),
        (NO_BIAS, "module_no_bias"),
    ],
    "auxiliary_head": [
        (DROPOUT_MISSING, "head_without_dropout"),
        (HEAD_MAX, "head_max", "head_max_large", "head_small_maximum"),
        (SOFTMAX, "head_logits", "head_sigmoid_end", "head_relu_end"),
        (LINEAR, "head_linear", "head_linear_convolution", "head_linear_dense"),
        (
            HEAD_RULE,
            "head_always_adaptive",
            "head_never_adaptive",
            "head_small_passed",
            "head_from_15",
            "head_from_5",
            "head_from_4",
            "head_to_2",
            "head_to_1",
            "head_to_5",
            "head_to_3",
        ),
        (HEAD_NO_POOL, "head_no_pool", "head_unpooled_large"),
        (
            HEAD_WINDOW,
            "head_stride_5",
            "head_window_3",
            "head_window_3_stride_2",
            "head_stride_1",
            "head_stride_2",
            "head_stride_4",
            "head_window_2",
            "head_same",
        ),
        (NO_FLATTEN, "head_not_flat"),
        (HEAD_GLOBAL, "head_global", "head_global_max"),
        (
            HEAD_FILTERS,
            "head_filters_64",
            "head_filters_256",
            "head_filters_1024",
            "head_kernel_3",
            "head_kernel_3_unpadded",
            "head_kernel_5",
        ),
        (
            UNITS,
            "head_units_128",
            "head_units_256",
            "head_units_512",
            "head_units_2048",
            "head_two_dense",
        ),
        (HEAD_NO_CONVOLUTION, "head_no_convolution"),
        (NO_DENSE, "head_no_dense"),
        (HEAD_LATE, "head_pool_after"),
        (SOFTMAX_TWICE, "head_softmax_twice"),
        (OUTPUT_RELU, "head_relu_before"),
        (ACTIVATION, "head_tanh", "head_sigmoid", "head_elu", "head_leaky", "head_gelu"),
        (CLASSES_FIXED, "head_thousand_classes", "head_six_classes", "head_class_more"),
        (NO_BIAS, "head_no_bias"),
    ],
}


def recognise(exercise: str, seen: Seen) -> Misconception | None:
    """What no variant can foretell: what draws at random or is frozen, and whole networks."""
    names = [str(name) for _, evidence in seen.cases for name in evidence.record.get("names", [])]
    if any(name.endswith("/moving_mean") for name in names):
        return NORM
    if exercise == "GoogLeNet":
        return checks.beside(__file__, "whole").recognise(seen)
    if "training_mode" not in seen.check or seen.trouble:
        return None
    [(_, evidence)] = seen.cases
    if exercise == "auxiliary_head":
        return DROPOUT_RATE
    return FROZEN if unmoved(evidence) else DROPOUT_ADDED


def unmoved(evidence) -> bool:
    """Whether the first output is the same in both modes."""
    one, other = (evidence.arrays[mode] for mode in ("eval", "train"))
    return one.shape == other.shape and bool(abs(one - other).max() <= 1e-5 * abs(one).max())
