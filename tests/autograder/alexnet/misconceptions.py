"""The misconceptions of AlexNet: what each is called, what a learner reads, and what shows it."""

from __future__ import annotations

from grader.judging.misconceptions import Misconception, Seen

CAFFE = Misconception(
    "alpha divided by the window",
    "Alpha multiplies the sum as it stands, as in the paper. Caffe and PyTorch divide alpha by the "
    "size of the window, and their alpha is as many times larger for that.",
)
ONE_SIDED = Misconception(
    "neighbours on one side",
    "The window reaches radius channels down and radius channels up: here neighbours on one side "
    "are missing.",
)
RADIUS = Misconception(
    "radius as size",
    "A radius of 2 makes a window of 5 channels: two on each side and the channel itself. The "
    "paper's n is the whole window, and here radius is its half.",
)
SELF = Misconception(
    "own channel left out",
    "The channel itself belongs to its window: its own square is in the sum.",
)
SELF_ONLY = Misconception(
    "no neighbours",
    "The sum runs over the neighbours too, up to radius channels away, not over the channel alone.",
)
ALL_CHANNELS = Misconception(
    "all channels", "The sum is local: over the channels at most radius away, not over all of them."
)
WRONG_AXIS = Misconception(
    "neighbours along another axis",
    "The neighbours are those among the channels, in the same pixel: the last axis, not height, "
    "width or the batch.",
)
WRAPPED = Misconception(
    "edges joined",
    "The first channel and the last are no neighbours: a window that reaches beyond the last "
    "channel ends there.",
)
REPEATED = Misconception(
    "edge repeated",
    "Beyond the last channel there is nothing to add: the window has fewer neighbours there, and "
    "the last one does not count twice.",
)
SQUARE = Misconception(
    "squares missing",
    "The neighbours count by their squares, so that sign plays no part and large values weigh "
    "most.",
)
SQUARED_SUM = Misconception(
    "square of the sum",
    "Square first, then add: the sum of the squares, not the square of the sum.",
)
MULTIPLIED = Misconception(
    "multiplied in place of divided",
    "Strong neighbours make a value smaller: it is divided by the power, or multiplied by the "
    "power of minus beta.",
)
BETA = Misconception(
    "exponent missing",
    "The whole bracket, bias plus alpha times the sum, is raised to the power of beta, before it "
    "divides.",
)
BETA_PLACE = Misconception(
    "exponent on the sum alone", "The exponent belongs to the whole bracket, the bias in it."
)
BIAS = Misconception(
    "bias missing",
    "The bias stands inside the bracket and keeps the divisor away from zero: bias plus alpha "
    "times the sum.",
)
ALPHA = Misconception(
    "alpha misplaced",
    "Alpha multiplies the sum of the squares once: not the bias, and not before squaring.",
)
NOT_APPLIED = Misconception(
    "divisor in place of quotient",
    "What is asked for is x divided by the power, not the divisor or the factor itself.",
)
ALTERED = Misconception(
    "value altered first",
    "The value itself is divided as it is, negative ones too: it is neither squared, rectified "
    "nor shifted.",
)
WRITTEN_IN = Misconception(
    "constants written in",
    "radius, bias, alpha and beta are arguments: at least one of them is ignored here.",
)
NUMPY = Misconception(
    "NumPy in a network",
    "While a network is built its tensors have no numbers yet, and NumPy cannot work on them: use "
    "keras.ops, which takes arrays as well.",
)

UNDIVIDED = Misconception(
    "towers not separated",
    "Each tower reads its own half of the channels: here every filter reads all of them.",
)
SAME_HALF = Misconception(
    "both towers on one half",
    "Both towers read the same half of the channels: the second one reads the second half.",
)
SWAPPED = Misconception(
    "halves swapped",
    "The first tower reads the first half of the channels, and its map comes first.",
)
EVERY_OTHER = Misconception(
    "every other channel",
    "The channels are cut in the middle: the first half and the second, not the even ones and the "
    "odd ones.",
)
SPLIT_AXIS = Misconception(
    "image cut, not channels",
    "The towers share the channels: split and join along the last axis, not along height or width.",
)
SHARED = Misconception(
    "one kernel for both towers",
    "Each tower learns kernels of its own: make two layers, or one in two groups, not one layer "
    "that is called twice.",
)
FILTERS_EACH = Misconception(
    "filters not halved", "filters counts both towers together: each of them has half."
)
ONE_TOWER = Misconception(
    "one tower only", "There are two towers, and the map of the one is joined to that of the other."
)
ADDED = Misconception(
    "towers added",
    "The maps of both towers stand side by side as channels: they are concatenated, not added.",
)
MORE_TOWERS = Misconception(
    "more than two towers", "Two towers, so two groups of channels: here there are more."
)
VALID = Misconception(
    "padding missing", "The towers pad their maps (same), so that height and width stay."
)
STRIDE = Misconception(
    "stride in the towers", "Both towers move by one pixel: height and width stay."
)
TOWER_ACTIVATION = Misconception(
    "activation in the towers",
    "The function gives the convolution alone: whoever calls it adds the ReLU.",
)
TOWER_BIAS = Misconception(
    "bias missing", "Each filter keeps its bias, as Keras makes it by default: no use_bias."
)
TOWER_NORM = Misconception(
    "batch norm added",
    "Nothing follows the two convolutions but their joining: AlexNet is older than batch norm.",
)
TOWER_KERNEL = Misconception(
    "kernel size written in", "kernel_size is an argument, a number or a pair."
)
TOWER_FILTERS = Misconception(
    "filters written in", "filters is an argument: how many both towers have together."
)
TOWER_FROZEN = Misconception("towers frozen", "Both towers learn: leave trainable as it is.")

NO_LRN = Misconception(
    "normalisation missing",
    "Local response normalisation follows the ReLU of the first convolution and that of the "
    "second: here one is missing.",
)
LRN_ADDED = Misconception(
    "normalisation added",
    "Only the first two convolutions are followed by local response normalisation.",
)
LRN_PLACE = Misconception(
    "normalisation misplaced", "The order is convolution, ReLU, normalisation, pooling."
)
LRN_CONSTANTS = Misconception(
    "constants of the normalisation",
    "The paper's constants are radius 2 (a window of 5), bias 2, alpha 0.0001, which is not "
    "divided by the window, and beta 0.75.",
)
BATCH_NORM = Misconception(
    "batch norm in its place",
    "AlexNet is older than batch norm: it normalises by the neighbouring channels, with no "
    "weights.",
)
AVERAGE = Misconception(
    "average pooling", "AlexNet pools by the largest number in each window: the mean was LeNet-5's."
)
WINDOW = Misconception(
    "pooling window", "AlexNet's pooling overlaps: windows of 3x3 that move by 2, without padding."
)
NO_POOLING = Misconception(
    "pooling missing",
    "Pooling follows the first, the second and the fifth convolution: here one is missing.",
)
POOLING_ALWAYS = Misconception(
    "pooling without room",
    "From 64x64 only a map of 2x2 is left for the last pooling, smaller than its window: where "
    "there is no room for it, it is left out.",
)
FIRST_PADDED = Misconception(
    "same for valid", "The first convolution has no padding: (n - 11) // 4 + 1 windows fit."
)
NOT_PADDED = Misconception(
    "valid for same",
    "All convolutions but the first are padded (same): their maps keep their size.",
)
FIRST_STRIDE = Misconception(
    "stride of a convolution", "The first convolution moves by 4 pixels, all others by one."
)
KERNEL = Misconception(
    "kernel size", "The kernels are 11x11, 5x5, and three times 3x3: here at least one differs."
)
HALF_WIDTH = Misconception(
    "one tower's filters",
    "48, 128, 192, 192 and 128 filters are those of one of the paper's two towers: here both are "
    "one, with 96, 256, 384, 384 and 256.",
)
FILTERS = Misconception(
    "number of filters",
    "The convolutions have 96, 256, 384, 384 and 256 filters: here at least one differs.",
)
CONVOLUTIONS = Misconception(
    "number of convolutions",
    "There are five convolutions: two, each with its pooling, and three in a row.",
)
TOWERS_INSIDE = Misconception(
    "towers in the one-tower network",
    "This network is the one-tower one of the table: its convolutions read all channels. The "
    "towers are the paper's way round a small memory.",
)
NO_ACTIVATION = Misconception(
    "activation missing",
    "ReLU follows all five convolutions and both hidden dense layers: here it is missing at least "
    "once.",
)
ACTIVATION = Misconception(
    "another activation",
    "AlexNet has ReLU in all of its hidden layers: here another function stands in its place.",
)
NO_FLATTEN = Misconception(
    "flatten missing", "A dense layer works on the last axis alone: flatten the last map first."
)
GLOBAL_POOLING = Misconception(
    "global pooling",
    "The last map is flattened, not averaged: global pooling came with later networks.",
)
UNITS = Misconception("number of units", "Both hidden dense layers have 4096 units.")
DENSE = Misconception(
    "number of dense layers",
    "Three dense layers end the network: 4096, 4096, and one unit a class.",
)
NO_DROPOUT = Misconception(
    "dropout missing",
    "Dropout of one half follows both hidden dense layers; the paper's network overfits without "
    "it. Here training mode draws nothing.",
)
LITTLE_DROPOUT = Misconception(
    "too little dropout",
    "Dropout follows both hidden dense layers, each time of one half: here there is less of it, "
    "one is missing or drops fewer units.",
)
MUCH_DROPOUT = Misconception(
    "too much dropout",
    "Dropout of one half follows the two hidden dense layers and stands nowhere else: here more "
    "is dropped.",
)
SOFTMAX = Misconception(
    "softmax missing",
    "The outputs are probabilities of classes that exclude each other: softmax on the last dense "
    "layer.",
)
SOFTMAX_TWICE = Misconception(
    "softmax twice",
    "Softmax of probabilities is nearly flat: apply it once, to the last dense layer's output.",
)
OUTPUT_RELU = Misconception(
    "ReLU before softmax",
    "The last dense layer has softmax alone: a ReLU before it makes all negative scores one.",
)
NO_BIAS = Misconception(
    "bias missing",
    "Convolutions and dense layers keep Keras' default, a bias for each filter and unit.",
)
FROZEN = Misconception(
    "layers frozen", "All layers learn: where trainable is False, weights stay as they were drawn."
)
RESCALED = Misconception(
    "images rescaled",
    "The network takes its images as they come: whoever trains it has scaled them already.",
)
CLASSES = Misconception(
    "classes fixed",
    "The number of classes is an argument: the last dense layer has `classes` units.",
)
INPUT = Misconception(
    "input shape fixed", "The shape of the images is an argument: keras.Input gets `input_shape`."
)

BANK = {
    "local_response_normalization": [
        (CAFFE, "caffe"),
        (ONE_SIDED, "before_only", "after_only", "last_neighbour_missing"),
        (RADIUS, "radius_as_size", "radius_doubled", "one_beyond"),
        (SELF, "self_left_out"),
        (SELF_ONLY, "self_only"),
        (ALL_CHANNELS, "all_channels"),
        (WRONG_AXIS, "along_height", "along_width", "along_batch", "within_channel"),
        (WRAPPED, "wrapped"),
        (REPEATED, "repeated_edge"),
        (SQUARE, "not_squared", "absolute", "cubed"),
        (SQUARED_SUM, "square_of_sum"),
        (MULTIPLIED, "multiplied"),
        (BETA, "no_beta", "beta_times", "square_root"),
        (BETA_PLACE, "beta_on_sum"),
        (BIAS, "bias_missing", "bias_outside"),
        (ALPHA, "alpha_over_both", "alpha_squared", "alpha_missing"),
        (NOT_APPLIED, "divisor_only", "factor_only"),
        (ALTERED, "squared_over", "rectified", "subtracted"),
        (
            WRITTEN_IN,
            "paper_written_in",
            "radius_written_in",
            "bias_written_in",
            "bias_one",
            "alpha_written_in",
            "beta_written_in",
            "alpha_beta_fixed",
        ),
        (NUMPY, "numpy_only"),
    ],
    "two_tower_convolution": [
        (UNDIVIDED, "ungrouped", "both_read_all"),
        (SAME_HALF, "both_read_first", "both_read_second"),
        (SWAPPED, "inputs_swapped"),
        (EVERY_OTHER, "every_other"),
        (
            SPLIT_AXIS,
            "split_by_height",
            "split_by_width",
            "joined_by_height",
            "joined_by_width",
            "cut_by_height",
            "cut_by_width",
            "tall_cut_full",
            "wide_cut_full",
        ),
        (SHARED, "towers_shared"),
        (FILTERS_EACH, "full_each", "quarter_each", "grouped_doubled"),
        (ONE_TOWER, "one_tower", "one_tower_full"),
        (ADDED, "added", "added_full", "averaged", "averaged_full"),
        (MORE_TOWERS, "four_towers", "group_a_channel", "separable"),
        (VALID, "valid", "valid_grouped"),
        (STRIDE, "stride_towers", "stride_grouped"),
        (TOWER_ACTIVATION, "rectified_towers", "rectified_grouped", "tanh_towers", "tanh_grouped"),
        (TOWER_BIAS, "no_bias_towers", "no_bias_grouped"),
        (TOWER_NORM, "norm_towers", "norm_grouped"),
        (
            TOWER_KERNEL,
            "kernel_3_towers",
            "kernel_3_grouped",
            "kernel_5_towers",
            "kernel_5_grouped",
        ),
        (TOWER_FILTERS, "filters_written_in", "written_filters_grouped"),
        (TOWER_FROZEN, "frozen_towers", "frozen_grouped"),
    ],
    "alexnet": [
        (NO_LRN, "no_norms", "no_norm_first", "no_norm_second"),
        (AVERAGE, "average_pooling"),
        (WINDOW, "window_2", "window_3_stride_3", "pooling_padded"),
        (FIRST_PADDED, "first_padded"),
        (SOFTMAX, "logits", "sigmoid_end"),
        (POOLING_ALWAYS, "pooling_always"),
        (NOT_PADDED, "none_padded", "second_not_padded"),
        (NO_POOLING, "no_pooling_first", "no_pooling_second", "no_pooling_last"),
        (LRN_ADDED, "norms_everywhere"),
        (LRN_PLACE, "norms_after_pooling", "norms_before_relu"),
        (
            LRN_CONSTANTS,
            "norm_caffe",
            "norm_radius_5",
            "norm_radius_1",
            "norm_bias_1",
            "norm_alpha",
            "norm_beta",
        ),
        (BATCH_NORM, "batch_norm"),
        (FIRST_STRIDE, "stride_2", "stride_3", "stride_5", "second_stride_2"),
        (KERNEL, "kernel_7", "kernel_9", "kernel_5", "kernel_3_second", "kernel_5_everywhere"),
        (HALF_WIDTH, "filters_halved"),
        (FILTERS, "filters_torch", "filters_last_384", "filters_256", "filters_64"),
        (
            CONVOLUTIONS,
            "four_convolutions",
            "three_convolutions",
            "last_convolution_missing",
            "six_convolutions",
        ),
        (TOWERS_INSIDE, "towers_inside", "groups_inside"),
        (
            NO_ACTIVATION,
            "no_activations",
            "linear_convolutions",
            "linear_first_two",
            "linear_last_three",
            "linear_first",
            "linear_second",
            "linear_third",
            "linear_fourth",
            "linear_fifth",
            "linear_dense",
            "linear_dense_first",
            "linear_dense_second",
        ),
        (
            ACTIVATION,
            "all_tanh",
            "all_sigmoid",
            "all_leaky",
            "all_elu",
            "tanh_convolutions",
            "tanh_dense",
        ),
        (NO_FLATTEN, "no_flatten"),
        (GLOBAL_POOLING, "global_pooling"),
        (UNITS, "units_2048", "units_1024", "units_4096_1000"),
        (DENSE, "one_dense", "no_dense", "three_dense"),
        (SOFTMAX_TWICE, "softmax_twice"),
        (OUTPUT_RELU, "relu_then_softmax"),
        (NO_BIAS, "no_bias", "no_bias_convolutions", "no_bias_dense"),
        (RESCALED, "rescaled"),
        (CLASSES, "thousand_classes", "six_classes", "one_class_more"),
        (INPUT, "fixed_input", "fixed_input_signs"),
    ],
}


def recognise(exercise: str, seen: Seen) -> Misconception | None:
    """A first convolution without a stride, by its map of 99 - 11 + 1 pixels: the network behind it
    has 105 million weights, too many to work out for everyone whose answer is some other.
    """
    maps = [row.get("shape") for _, evidence in seen.cases for row in evidence.graph]
    return FIRST_STRIDE if exercise == "alexnet" and [None, 89, 89, 96] in maps else None
