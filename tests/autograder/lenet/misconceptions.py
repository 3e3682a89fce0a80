"""The misconceptions of LeNet-5: their names, what a learner reads, and the wrong answers."""

from __future__ import annotations

import re

from grader.judging.misconceptions import Misconception, Seen, wrong

LINEAR = ("linear",) * 4
# What NumPy says of shapes that it cannot multiply.
_UNFIT = re.compile("broadcast|mismatch|aligned")

BANK = {
    "convolution": [
        Misconception(
            "kernel flipped",
            "Mathematics flips the kernel before it slides. Conv2D does not: the window's first "
            "number is multiplied by the kernel's first number.",
            wrong("convolved", flip=(0, 1)),
            wrong("convolved", flip=(0,)),
            wrong("convolved", flip=(1,)),
            wrong("convolved", flip=(0, 1, 2)),
        ),
        Misconception(
            "same for valid",
            "There is no padding here: the window stays inside the image, and the map is smaller "
            "by f - 1 rows and columns.",
            wrong("convolved", padding="same"),
            wrong("convolved", maps="full size"),
        ),
        Misconception(
            "one position short",
            "The window of f pixels fits n - f + 1 times into n pixels, not n - f times: it is "
            "counted at its first place too.",
            wrong("convolved", maps="short"),
        ),
        Misconception(
            "rows and columns exchanged",
            "The maps lie like the images: first rows, then columns, so their shape is (n, h', "
            "w', k).",
            wrong("convolved", maps="turned"),
        ),
        Misconception(
            "channels first",
            "In Keras, the channels come last: the maps have the shape (n, h', w', k), one "
            "channel per filter.",
            wrong("convolved", maps="channels first"),
        ),
        Misconception(
            "mean for sum",
            "A convolution sums the products. The mean is smaller, by the number of weights of a "
            "filter: average pooling computes a mean.",
            wrong("convolved", products="averaged"),
            wrong("convolved", channels="averaged"),
        ),
        Misconception(
            "channels apart",
            "All channels go into one sum, so a filter makes one map. Here each channel has a "
            "map of its own, which is a depthwise convolution.",
            wrong("convolved", channels="apart"),
        ),
        Misconception(
            "one channel only",
            "A filter has weights for every channel of the image: here only the first channel is "
            "read.",
            wrong("convolved", channels="first"),
        ),
        Misconception(
            "one filter only",
            "Each filter makes a map of its own: here all maps come from the first filter.",
            wrong("convolved", filters="first"),
        ),
        Misconception(
            "images mixed",
            "Each image of the batch has its own maps: sum over height, width and channels of the "
            "window, not over the images.",
            wrong("convolved", batch="summed"),
        ),
        Misconception(
            "first image only",
            "The images are a batch: each of the n images gets its maps, not only the first.",
            wrong("convolved", batch="first"),
        ),
        Misconception(
            "bias missing",
            "Each number of a map is the sum of the products, plus the bias of the filter.",
            wrong("convolved", bias_in=""),
        ),
        Misconception(
            "bias in each product",
            "The bias is added once to the sum. Added to each product, it counts as often as the "
            "filter has weights.",
            wrong("convolved", bias_in="each product"),
        ),
        Misconception(
            "first bias for all",
            "Each filter has its own bias: bias[k] is added to map k alone.",
            wrong("convolved", bias_in="first"),
        ),
        Misconception(
            "stride ignored",
            "The window moves by `stride` pixels, so with stride 2 there are about half as many "
            "rows and columns.",
            wrong("convolved", steps="none"),
        ),
        Misconception(
            "stride in one direction",
            "The stride counts down and to the right: here the window moves by one pixel in one "
            "of the two directions.",
            wrong("convolved", steps="rows"),
            wrong("convolved", steps="columns"),
        ),
        Misconception(
            "stride in the size only",
            "The maps have the right size, but the window still moves by one pixel: row i of the "
            "map begins at row i * stride of the image.",
            wrong("convolved", steps="size"),
        ),
        Misconception(
            "activation added",
            "A convolution is only sums of products: ReLU is a step of its own, so negative "
            "numbers stay.",
            wrong("convolved", maps="rectified"),
        ),
        Misconception(
            "whole numbers",
            "A uint8 holds whole numbers from 0 to 255, and what is larger or negative wraps "
            "around. Turn the images into floats first, and make the maps floats.",
            wrong("convolved", whole="products"),
            wrong("convolved", whole="sums"),
            wrong("convolved", whole="maps"),
        ),
        Misconception(
            "images scaled",
            "The function takes images as they are: the caller divides by 255 if that is needed.",
            wrong("convolved", scale=255),
        ),
        # Only `recognise` names this one.
        Misconception(
            "window and kernel do not fit",
            "The window must have the height, width and channels of a filter before both are "
            "multiplied: print both shapes. The kernel's axes are (f_h, f_w, c, k), and f_h and "
            "f_w may differ.",
        ),
    ],
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
}


def recognise(exercise: str, seen: Seen) -> str | None:
    """What no wrong function can foretell: shapes that NumPy cannot multiply, dropout anywhere."""
    if exercise == "convolution":
        return _of_convolution(seen)
    kinds = {row.get("kind") for _, evidence in seen.cases for row in evidence.graph}
    return "dropout added" if "Dropout" in kinds else None


def _of_convolution(seen: Seen) -> str | None:
    trouble = seen.trouble or {}
    if trouble.get("error") == "ValueError" and _UNFIT.search(str(trouble.get("text"))):
        return "window and kernel do not fit"
    if any("int" in str(evidence.record.get("dtype")) for _, evidence in seen.cases):
        return "whole numbers"
    return None
