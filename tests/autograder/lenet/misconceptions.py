"""The misconceptions of LeNet-5: their names, what a learner reads, and the wrong answers."""

from __future__ import annotations

from grader.judging.misconceptions import Misconception, Seen, wrong

LINEAR = ("linear",) * 4

BANK = {
    "lenet5": [
        Misconception(
            "max pooling",
            "LeNet-5 takes the mean of each 2x2 window; max pooling came into use later. Both "
            "pooling layers average.",
            wrong("network", pools=("max", "max")),
            wrong("network", pools=("max", "avg")),
            wrong("network", pools=("avg", "max")),
        ),
        Misconception(
            "same for valid",
            "The convolutions of LeNet-5 have no padding: a 5x5 kernel makes height and width "
            "smaller by 4, from 32 to 28 and from 14 to 10.",
            wrong("network", padding=("same", "same")),
            wrong("network", padding=("same", "valid")),
            wrong("network", padding=("valid", "same")),
        ),
        Misconception(
            "activation missing",
            "Two layers without a ReLU between them are one linear map: ReLU follows both "
            "convolutions and both hidden dense layers.",
            wrong("network", activations=LINEAR),
            wrong("network", activations=("linear", "linear", "relu", "relu")),
            wrong("network", activations=("linear", "relu", "relu", "relu")),
            wrong("network", activations=("relu", "linear", "relu", "relu")),
            wrong("network", activations=("relu", "relu", "linear", "linear")),
            wrong("network", activations=("relu", "relu", "linear", "relu")),
            wrong("network", activations=("relu", "relu", "relu", "linear")),
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
            "another activation",
            "The network of this exercise has ReLU in its four hidden layers: here at least one "
            "of them has another function.",
            wrong("network", activations=("tanh",) * 4),
            wrong("network", activations=("sigmoid",) * 4),
            wrong("network", activations=("tanh", "tanh", "relu", "relu")),
            wrong("network", activations=("relu", "relu", "tanh", "tanh")),
            wrong("network", activations=("sigmoid", "sigmoid", "relu", "relu")),
            wrong("network", activations=("relu", "relu", "sigmoid", "sigmoid")),
            wrong("network", activations=("leaky_relu",) * 4),
            wrong("network", activations=("elu",) * 4),
        ),
        Misconception(
            "filters swapped",
            "The number of channels grows as the map shrinks: 6 filters in the first "
            "convolution, 16 in the second.",
            wrong("network", filters=(16, 6)),
        ),
        Misconception(
            "number of filters",
            "The first convolution has 6 filters and the second has 16: with other numbers it is "
            "another network.",
            wrong("network", filters=(6, 6)),
            wrong("network", filters=(16, 16)),
            wrong("network", filters=(6, 12)),
            wrong("network", filters=(8, 16)),
            wrong("network", filters=(32, 64)),
        ),
        Misconception(
            "kernel size",
            "Both convolutions have windows of 5x5: here at least one has another size.",
            wrong("network", kernels=(3, 3)),
            wrong("network", kernels=(3, 5)),
            wrong("network", kernels=(5, 3)),
            wrong("network", kernels=(7, 5)),
        ),
        Misconception(
            "stride of a convolution",
            "Both convolutions move by one pixel: the pooling halves the map, not a stride.",
            wrong("network", strides=(2, 2)),
            wrong("network", strides=(2, 1)),
            wrong("network", strides=(1, 2)),
        ),
        Misconception(
            "pooling missing",
            "A pooling that halves the map follows each of the two convolutions: here one is "
            "missing.",
            wrong("network", pools=("", "")),
            wrong("network", pools=("", "avg")),
            wrong("network", pools=("avg", "")),
        ),
        Misconception(
            "pooling window",
            "Each pooling has a window of 2x2 and a stride of 2, so the windows lie side by side "
            "and do not overlap.",
            wrong("network", window=(3, 2)),
            wrong("network", window=(2, 1)),
            wrong("network", window=(3, 3)),
        ),
        Misconception(
            "convolution missing",
            "Two convolutions, each with its pooling, come before the dense layers: here there "
            "is only one.",
            wrong("network", filters=(6,)),
            wrong("network", filters=(16,)),
        ),
        Misconception(
            "activation after pooling",
            "Each ReLU belongs to its convolution and comes before the pooling: the mean after "
            "ReLU is not the same as ReLU of the mean.",
            wrong("network", late=True),
        ),
        Misconception(
            "flatten missing",
            "A dense layer works only on the last axis: flatten the last map first, so every "
            "unit sees the whole map.",
            wrong("network", between=""),
            wrong("network", between="", last=()),
        ),
        Misconception(
            "global pooling",
            "The last map is flattened, not averaged: the dense layers need to know where in the "
            "image something was seen.",
            wrong("network", between="global"),
            wrong("network", between="global max"),
        ),
        Misconception(
            "units swapped",
            "The dense layers become smaller towards the classes: 120 units first, then 84.",
            wrong("network", units=(84, 120)),
        ),
        Misconception(
            "number of units",
            "The two hidden dense layers have 120 and 84 units: here at least one has another "
            "number.",
            wrong("network", units=(128, 64)),
            wrong("network", units=(120, 120)),
            wrong("network", units=(84, 84)),
        ),
        Misconception(
            "dense layer missing",
            "Three dense layers end the network: 120 units, 84 units, and one unit per class. "
            "Here a hidden one is missing.",
            wrong("network", units=(120,)),
            wrong("network", units=(84,)),
            wrong("network", units=()),
        ),
        Misconception(
            "dense layer added",
            "Two hidden dense layers, with 120 and 84 units, come before the output: here there "
            "are more.",
            wrong("network", units=(120, 84, 84), activations=("relu",) * 4),
        ),
        Misconception(
            "C5 as convolution",
            "The paper calls the layer of 120 a convolution, because with 32x32 images its 5x5 "
            "kernel covers the whole map. Here it is a dense layer after flattening, so images "
            "of other sizes work too.",
            wrong("network", c5=True),
        ),
        Misconception(
            "bias missing",
            "Convolutions and dense layers keep the default of Keras, one bias per filter or "
            "unit: leave use_bias as it is.",
            wrong("network", bias=(False, False, False)),
            wrong("network", bias=(False, True, True)),
            wrong("network", bias=(True, False, False)),
            wrong("network", bias=(True, True, False)),
        ),
        Misconception(
            "batch norm added",
            "LeNet-5 is 17 years older than batch norm: convolution, ReLU, pooling, and nothing "
            "between them.",
            wrong("network", norm="before"),
            wrong("network", norm="after"),
        ),
        Misconception(
            "layers frozen",
            "All layers of this network learn: with trainable=False, the weights keep their "
            "random initial values.",
            wrong("network", trained=False),
        ),
        Misconception(
            "classes fixed",
            "The number of classes is an argument: the last dense layer has `classes` units, not "
            "10.",
            wrong("network", classes=10),
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
            wrong("network", input_shape=(32, 32, 1)),
            wrong("network", input_shape=(32, 32, 1), classes=10),
        ),
        # Only `recognise` names this one.
        Misconception(
            "dropout added",
            "There is no dropout in LeNet-5: a random layer gives other results in training mode.",
        ),
    ],
    "count_parameters": [
        Misconception(
            "biases forgotten",
            "A layer has more than its kernel: a convolution has one bias per filter, a dense "
            "layer one per unit, and each is a parameter.",
            wrong("kernels_only"),
            wrong("first_weights"),
        ),
        Misconception(
            "sizes added",
            "A kernel of shape (5, 5, 3, 6) holds 5 x 5 x 3 x 6 numbers: the sizes of a shape "
            "are multiplied. Only the counts of the weights are added.",
            wrong("summed"),
        ),
        Misconception(
            "things, not numbers",
            "Every number in a kernel or a bias is a parameter: here each layer or each weight "
            "array was counted as one.",
            wrong("tensors"),
            wrong("layers_counted"),
        ),
        Misconception(
            "trained only",
            "A parameter counts even if no gradient changes it: frozen layers and the moving "
            "statistics of batch norm belong to the model too.",
            wrong("trained_only"),
            wrong("frozen_only"),
            wrong("without_frozen_layers"),
        ),
        Misconception(
            "moving statistics forgotten",
            "Batch norm keeps four numbers per channel: gamma, beta, a moving mean and a moving "
            "variance. The last two are never trained, but they are parameters of the model too.",
            wrong("no_statistics"),
        ),
        Misconception(
            "shared layer twice",
            "A layer that is used several times has its weights only once: count weights, not "
            "calls.",
            wrong("each_use"),
        ),
        Misconception(
            "nested layers missing",
            "A model can be a layer of another model: its own layers count too. model.weights "
            "lists the weights at every depth.",
            wrong("top_level"),
        ),
        Misconception(
            "some layers only",
            "Count weights, not kinds of layer: kernels, biases and statistics are parameters in "
            "whatever layer they are.",
            wrong("dense_and_convolutions"),
            wrong("dense_only"),
            wrong("convolutions_only"),
        ),
        Misconception(
            "a layer left out",
            "Every layer counts, also the first and the last: here one is left out.",
            wrong("last_layer_missing"),
            wrong("first_layer_missing"),
            wrong("last_layer_only"),
        ),
        Misconception(
            "input channels forgotten",
            "A filter reads all channels of its input: a 5x5 filter over 3 channels has 5 x 5 x "
            "3 numbers and a bias.",
            wrong("channels_forgotten"),
        ),
        Misconception(
            "bytes, not parameters",
            "Count the numbers, not their memory: in float32 each number takes 4 bytes.",
            wrong("in_bytes"),
        ),
        Misconception(
            "activations counted",
            "The output of a layer depends on the image and is not a parameter: count what the "
            "layer stores.",
            wrong("outputs"),
        ),
        Misconception(
            "not one number",
            "The answer is one whole number for the whole model, not a text and not a list with "
            "one number per layer.",
            wrong("by_layer"),
            wrong("in_words"),
        ),
    ],
}


def recognise(exercise: str, seen: Seen) -> str | None:
    """What no wrong function can foretell: dropout, wherever it stands and whatever its rate."""
    kinds = {row.get("kind") for _, evidence in seen.cases for row in evidence.graph}
    return "dropout added" if exercise == "lenet5" and "Dropout" in kinds else None
