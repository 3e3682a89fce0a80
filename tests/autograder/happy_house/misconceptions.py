"""The misconceptions of the Happy House: names, sentences, and which wrong network shows each."""

from __future__ import annotations

from grader.judging.misconceptions import Misconception, Seen

NO_PADDING = Misconception(
    "padding missing",
    "Without a frame of zeros the map shrinks from 64x64 to 58x58: 3 zeros on each side give each "
    "pixel a 7x7 window of its own.",
)
PADDING = Misconception(
    "padding of another width",
    "The frame is 3 pixels wide on each side, (7 - 1) / 2: with any other width the map is no "
    "longer as large as the image.",
)
PADDED_TWICE = Misconception(
    "padded twice",
    'The frame of zeros is there already: with padding="same" the convolution adds one of its '
    "own, and the map grows to 70x70.",
)
FILTERS = Misconception(
    "number of filters",
    "The convolution looks for 32 patterns: it has 32 filters, and so the map 32 channels.",
)
KERNEL = Misconception(
    "kernel size", "Each filter looks through a window of 7x7 pixels: here it has another size."
)
STRIDE = Misconception(
    "stride of the convolution",
    "The convolution visits every pixel, with stride 1: pooling halves the map afterwards.",
)
CONVOLUTIONS = Misconception(
    "convolution added", "One convolution is all that this network has: here there are more."
)
NO_BIAS = Misconception(
    "bias missing",
    "The convolution and the dense unit keep their bias, as Keras has it by default: the table "
    "counts 4,736 and 32,769 parameters with it.",
)
SCALED = Misconception(
    "pixels divided inside",
    "Dividing by 255 is done before the images come to the network: inside, it would be done "
    "twice.",
)

NO_NORM = Misconception(
    "batch norm missing",
    "Between the convolution and ReLU stands batch norm: here nothing normalises the map.",
)
NORM_LATE = Misconception(
    "batch norm after ReLU",
    "Batch norm comes right behind the convolution: ReLU then cuts a map whose mean is under "
    "control. Here the order is the other way round.",
)
NORM_POOLED = Misconception(
    "batch norm after pooling",
    "Batch norm takes mean and variance of all that the convolution gives. Behind the pooling it "
    "would see only the largest of each four numbers.",
)
NORM_TWICE = Misconception(
    "batch norm twice", "What batch norm gives has been normalised: once is enough."
)
AXIS = Misconception(
    "batch norm over the wrong axis",
    "Batch norm has one mean and one variance for each channel, and channels are the last axis, "
    "axis=3 or axis=-1. Here it normalises rows or columns of the image.",
)
OTHER_NORM = Misconception(
    "another normalisation",
    "Layer norm and its kin treat every image by itself. Batch norm goes over all images of the "
    "batch, for each channel.",
)
NORM_FROZEN = Misconception(
    "batch norm frozen",
    "With trainable=False batch norm works by its moving averages even while the network trains, "
    "and these stay at 0 and 1: it would do nothing.",
)
FROZEN = Misconception(
    "layers frozen",
    "Where trainable is False, nothing is learnt: all layers of this network train.",
)

NO_ACTIVATION = Misconception(
    "ReLU missing",
    "Between batch norm and pooling stands ReLU: it turns what a filter did not find to 0. Here "
    "negative numbers go on.",
)
ACTIVATION = Misconception(
    "another activation",
    "The activation behind batch norm is ReLU: here another function stands in its place.",
)
AVERAGE = Misconception(
    "average pooling",
    "Max pooling keeps the largest of four neighbours, the best match with the pattern: here it "
    "is their mean.",
)
NO_POOLING = Misconception(
    "pooling missing",
    "Pooling halves height and width, and saves three quarters of the dense unit's weights: here "
    "there is none.",
)
POOLED_TWICE = Misconception(
    "pooled twice", "The map is halved once, from 64x64 to 32x32: here it is halved again."
)
WINDOW = Misconception(
    "pooling window",
    "The windows of the pooling are 2x2 and lie side by side, with stride 2: here they have "
    "another size or stride.",
)

NO_FLATTEN = Misconception(
    "flatten missing",
    "A dense layer reads the last axis only: without Flatten there is an answer for every place "
    "of the map in place of one for the image.",
)
GLOBAL_POOLING = Misconception(
    "global pooling",
    "The unit has a weight for every place of the map, 32x32x32 of them. Global pooling leaves one "
    "number a channel, and forgets where it was.",
)
DENSE_ADDED = Misconception(
    "dense layer added",
    "From the flattened map one dense layer leads to the answer: here another one lies between.",
)
SOFTMAX = Misconception(
    "softmax of one unit",
    "Softmax shares 1 among its units: with one unit the answer is 1, whatever the image. One unit "
    "needs a sigmoid.",
)
UNITS = Misconception(
    "more units than one",
    "Two classes need one unit: its sigmoid is the probability of 1, and the rest to 1 is that of "
    "0. Here the last layer has more units.",
)
NO_SIGMOID = Misconception(
    "sigmoid missing",
    "The answer is a probability, between 0 and 1: the last layer needs a sigmoid.",
)
SIGMOID_TWICE = Misconception(
    "sigmoid twice",
    "A sigmoid of a probability lies between 0.5 and 0.73, and the door opens to everybody: apply "
    "it once.",
)
CUT = Misconception(
    "ReLU before the sigmoid",
    "Before the sigmoid comes no ReLU: it would make every answer 0.5 or more.",
)
DROPOUT = Misconception(
    "dropout added", "Nothing in this network is left out at random: take the dropout away."
)
INPUT_FIXED = Misconception(
    "input shape fixed",
    "keras.Input gets the function's argument input_shape, and no later layer is told a size: "
    "Flatten finds it out.",
)

BANK = {
    "happy_model": [
        (NO_PADDING, "no_padding"),
        (PADDED_TWICE, "padded_twice"),
        (NO_NORM, "no_norm"),
        (NORM_LATE, "norm_after_relu"),
        (NORM_POOLED, "norm_between", "norm_after_pooling"),
        (AXIS, "axis_1", "axis_2"),
        (NO_ACTIVATION, "no_activation"),
        (AVERAGE, "average_pooling"),
        (NO_POOLING, "no_pooling"),
        (NO_FLATTEN, "no_flatten"),
        (SOFTMAX, "softmax_of_one"),
        (NO_SIGMOID, "logits", "relu_end", "tanh_end", "hard_sigmoid_end"),
        (UNITS, "two_softmax", "two_sigmoid", "two_logits", "six_softmax"),
        (STRIDE, "stride_2", "stride_3", "stride_2_same"),
        (FILTERS, "filters_16", "filters_64", "filters_3", "filters_1"),
        (KERNEL, "kernel_3", "kernel_5", "kernel_3_same", "kernel_5_same"),
        (GLOBAL_POOLING, "global_pooling", "global_max_pooling"),
        (ACTIVATION, "tanh", "sigmoid", "leaky", "elu", "relu_6", "gelu", "swish", "softplus"),
        (WINDOW, "window_3", "window_3_stride_2", "window_2_stride_1", "window_4"),
        (INPUT_FIXED, "fixed_input", "fixed_row"),
        (NORM_FROZEN, "norm_frozen"),
        (FROZEN, "frozen"),
        (PADDING, "padding_1", "padding_2", "padding_4", "padding_6", "padding_7"),
        (DENSE_ADDED, "hidden_32", "hidden_64", "hidden_100", "hidden_128"),
        (CONVOLUTIONS, "two_convolutions", "two_padded"),
        (POOLED_TWICE, "pooled_twice"),
        (NORM_TWICE, "norm_twice"),
        (OTHER_NORM, "layer_norm"),
        (SIGMOID_TWICE, "sigmoid_twice"),
        (CUT, "relu_then_sigmoid"),
        (NO_BIAS, "no_bias", "no_bias_output", "no_bias_anywhere"),
        (SCALED, "divided_by_255"),
    ],
}


def recognise(exercise: str, seen: Seen) -> Misconception | None:
    """What stands in the graph and in no right one, with settings that no variant foretells."""
    rows = [row for _, evidence in seen.cases for row in evidence.graph]
    kinds = [str(row.get("kind")) for row in rows]

    def of(*names):
        return [row for row, kind in zip(rows, kinds, strict=True) if kind in names]

    convolutions, dense = of("Conv2D"), of("Dense")
    signs = (
        (DROPOUT, any("Dropout" in kind for kind in kinds)),
        (CONVOLUTIONS, len(convolutions) > 1),
        (FILTERS, any(row["shape"][-1] != 32 for row in convolutions)),
        # (49 x 3 + 1) x 32, with or without biases.
        (KERNEL, any(row["parameters"] not in (4736, 4704) for row in convolutions)),
        (NORM_TWICE, len(of("BatchNormalization")) > 1),
        (OTHER_NORM, of("LayerNormalization", "GroupNormalization", "UnitNormalization")),
        (AVERAGE, of("AveragePooling2D", "AveragePool")),
        (POOLED_TWICE, len(of("MaxPooling2D", "MaxPool")) > 1),
        (GLOBAL_POOLING, any("Global" in kind for kind in kinds)),
        (DENSE_ADDED, len(dense) > 1),
        (UNITS, any(row["shape"][-1] != 1 for row in dense)),
    )
    return next((found for found, there in signs if there), None)
