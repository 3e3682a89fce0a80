"""The misconceptions of LeNet-5: what each is called, what a learner reads, and what shows it."""

from __future__ import annotations

from grader.judging.misconceptions import Misconception, Seen

MAX_POOLING = Misconception(
    "max pooling",
    "LeNet-5 pools by the mean of each 2x2 window; pooling by the largest number came into use "
    "later. Both pooling layers average.",
)
NO_POOLING = Misconception(
    "pooling missing",
    "After each of the two convolutions comes a pooling that halves the map: here one is missing.",
)
POOLING_WINDOW = Misconception(
    "pooling window",
    "Each pooling has a window of 2x2 and a stride of 2, so that the windows meet and do not "
    "overlap.",
)
SAME_PADDING = Misconception(
    "same for valid",
    "The convolutions of LeNet-5 have no padding: a 5x5 kernel takes 4 from height and width, "
    "from 32 to 28 and from 14 to 10.",
)
FILTERS_SWAPPED = Misconception(
    "filters swapped",
    "Channels grow as the map shrinks: 6 filters in the first convolution, 16 in the second.",
)
FILTERS = Misconception(
    "number of filters",
    "The first convolution has 6 filters and the second 16: another number makes another network.",
)
KERNEL = Misconception(
    "kernel size", "Both convolutions look through windows of 5x5: here one has another size."
)
STRIDE = Misconception(
    "stride of a convolution",
    "Both convolutions move by one pixel: it is the pooling that halves the map, not a stride.",
)
ONE_CONVOLUTION = Misconception(
    "convolution missing",
    "Two convolutions, each with its pooling, come before the dense layers: here there is one.",
)
NO_ACTIVATION = Misconception(
    "activation missing",
    "Without a ReLU between them two layers are one linear map: ReLU follows both convolutions "
    "and both hidden dense layers.",
)
ACTIVATION = Misconception(
    "another activation",
    "The network of this exercise has ReLU in its four hidden layers: here another function stands "
    "in the place of at least one.",
)
LATE = Misconception(
    "activation after pooling",
    "Each ReLU belongs to its convolution and comes before the pooling: the mean of what is "
    "rectified is not what becomes of a mean.",
)
NO_FLATTEN = Misconception(
    "flatten missing",
    "A dense layer works on the last axis alone: flatten the last map first, so that every unit "
    "sees all of it.",
)
GLOBAL_POOLING = Misconception(
    "global pooling",
    "The last map is flattened, not averaged: where in the image something was seen is what the "
    "dense layers need.",
)
UNITS_SWAPPED = Misconception(
    "units swapped", "The dense layers narrow towards the classes: 120 units first, then 84."
)
UNITS = Misconception(
    "number of units",
    "The two hidden dense layers have 120 and 84 units: here at least one has another number.",
)
DENSE_MISSING = Misconception(
    "dense layer missing",
    "Three dense layers end the network: 120 units, 84 units, and one a class. Here one of the "
    "hidden ones is missing.",
)
DENSE_ADDED = Misconception(
    "dense layer added",
    "Two hidden dense layers, of 120 and 84 units, come before the output: here there are more.",
)
C5 = Misconception(
    "C5 as convolution",
    "The paper calls the layer of 120 a convolution, for on 32x32 images its 5x5 kernel covers "
    "the whole map. Here it is dense, after flattening, so that other images fit too.",
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
NO_BIAS = Misconception(
    "bias missing",
    "Convolutions and dense layers keep Keras' default, a bias for each filter and unit: no "
    "use_bias.",
)
NORM = Misconception(
    "batch norm added",
    "LeNet-5 is older than batch norm by 17 years: convolution, ReLU, pooling, and nothing "
    "between.",
)
DROPOUT = Misconception(
    "dropout added",
    "There is no dropout in LeNet-5: a layer that draws at random makes training mode differ.",
)
FROZEN = Misconception(
    "layers frozen",
    "All layers of this network learn: where trainable is False, weights stay as they were drawn.",
)
CLASSES_FIXED = Misconception(
    "classes fixed",
    "The number of classes is an argument: the last dense layer has `classes` units, not 10.",
)
CLASSES_OFF = Misconception(
    "class too many", "One unit a class, and no more: the last dense layer has `classes` units."
)
INPUT_FIXED = Misconception(
    "input shape fixed",
    "The shape of the images is an argument: keras.Input gets `input_shape`, and no later layer "
    "names a size that follows from it.",
)

BIASES = Misconception(
    "biases forgotten",
    "A layer has more than its kernel: a convolution has a bias for each filter, a dense layer one "
    "for each unit, and each is a parameter.",
)
SUMMED = Misconception(
    "sizes added",
    "A kernel of shape (5, 5, 3, 6) holds 5 x 5 x 3 x 6 numbers: the sizes of a shape are "
    "multiplied. Only the counts of the weights are added.",
)
TENSORS = Misconception(
    "things, not numbers",
    "Every number in a kernel or bias is a parameter: here whole layers or whole weights were "
    "counted, one for each.",
)
TRAINED = Misconception(
    "trained only",
    "A parameter counts whether a gradient changes it or not: those of frozen layers and the "
    "moving statistics of batch norm belong to the model too.",
)
STATISTICS = Misconception(
    "moving statistics forgotten",
    "Batch norm keeps four numbers a channel: gamma, beta, a moving mean and a moving variance. "
    "The last two are never trained, and are parameters of the model all the same.",
)
EACH_USE = Misconception(
    "shared layer twice",
    "A layer that is used several times has its weights once: count weights, not calls.",
)
NESTED = Misconception(
    "nested layers missing",
    "A model may stand in a model like a layer: what lies within counts too. model.weights lists "
    "the weights of all depths.",
)
KINDS = Misconception(
    "some layers only",
    "Count weights, not kinds of layer: whatever layer holds them, kernels, biases or statistics, "
    "they are parameters.",
)
LEFT_OUT = Misconception(
    "a layer left out", "Every layer counts, the first and the last too: here one is left out."
)
CHANNELS = Misconception(
    "input channels forgotten",
    "A filter reads all channels of its input: a 5x5 filter over 3 channels has 5 x 5 x 3 numbers, "
    "and a bias.",
)
BYTES = Misconception(
    "bytes, not parameters",
    "Parameters are numbers, not the memory that they take: in float32 each takes 4 bytes.",
)
OUTPUTS = Misconception(
    "activations counted",
    "What a layer puts out depends on the image and is no parameter: count what the layer keeps.",
)
NOT_ONE = Misconception(
    "not one number",
    "The answer is one whole number for the whole model: neither a text nor a list by layer.",
)

BANK = {
    "lenet5": [
        (MAX_POOLING, "max_pooling", "max_pooling_first", "max_pooling_second"),
        (SAME_PADDING, "same_padding", "same_padding_first", "same_padding_second"),
        (
            NO_ACTIVATION,
            "no_activations",
            "linear_convolutions",
            "linear_first",
            "linear_second",
            "linear_dense",
            "linear_120",
            "linear_84",
        ),
        (SOFTMAX, "logits", "sigmoid_end", "relu_end", "tanh_end"),
        (SOFTMAX_TWICE, "softmax_twice"),
        (OUTPUT_RELU, "relu_then_softmax"),
        (
            ACTIVATION,
            "all_tanh",
            "all_sigmoid",
            "tanh_convolutions",
            "tanh_dense",
            "sigmoid_convolutions",
            "sigmoid_dense",
            "all_leaky",
            "all_elu",
        ),
        (FILTERS_SWAPPED, "filters_swapped"),
        (FILTERS, "filters_6_6", "filters_16_16", "filters_6_12", "filters_8_16", "filters_32_64"),
        (KERNEL, "kernel_3", "kernel_3_first", "kernel_3_second", "kernel_7_first"),
        (STRIDE, "stride_2", "stride_2_first", "stride_2_second"),
        (NO_POOLING, "no_pooling", "no_pooling_first", "no_pooling_second"),
        (POOLING_WINDOW, "window_3_stride_2", "window_2_stride_1", "window_3"),
        (ONE_CONVOLUTION, "one_convolution", "second_convolution_only"),
        (LATE, "late_activation"),
        (NO_FLATTEN, "no_flatten", "unflattened_logits"),
        (GLOBAL_POOLING, "global_pooling", "global_max_pooling"),
        (UNITS_SWAPPED, "units_swapped"),
        (UNITS, "units_128_64", "units_120_120", "units_84_84"),
        (DENSE_MISSING, "only_120", "only_84", "no_dense"),
        (DENSE_ADDED, "three_dense"),
        (C5, "c5_convolution"),
        (NO_BIAS, "no_bias", "no_bias_convolutions", "no_bias_dense", "no_bias_output"),
        (NORM, "norm_before", "norm_after"),
        (FROZEN, "frozen"),
        (CLASSES_FIXED, "ten_classes"),
        (CLASSES_OFF, "one_class_more"),
        (INPUT_FIXED, "fixed_input", "fixed_both"),
    ],
    "count_parameters": [
        (BIASES, "kernels_only", "first_weights"),
        (SUMMED, "summed"),
        (TENSORS, "tensors", "layers_counted"),
        (TRAINED, "trained_only", "frozen_only", "without_frozen_layers"),
        (STATISTICS, "no_statistics"),
        (EACH_USE, "each_use"),
        (NESTED, "top_level"),
        (KINDS, "dense_and_convolutions", "dense_only", "convolutions_only"),
        (LEFT_OUT, "last_layer_missing", "first_layer_missing", "last_layer_only"),
        (CHANNELS, "channels_forgotten"),
        (BYTES, "in_bytes"),
        (OUTPUTS, "outputs"),
        (NOT_ONE, "by_layer", "in_words"),
    ],
}


def recognise(exercise: str, seen: Seen) -> Misconception | None:
    """What no variant can foretell: a dropout, wherever it stands and whatever its rate."""
    kinds = {row.get("kind") for _, evidence in seen.cases for row in evidence.graph}
    return DROPOUT if exercise == "lenet5" and "Dropout" in kinds else None
