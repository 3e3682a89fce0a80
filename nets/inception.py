"""The Inception module and GoogLeNet (Szegedy et al. 2014, arXiv 1409.4842).

A module runs 1x1, 3x3 and 5x5 convolutions and a pooling side by side. What makes that affordable
are 1x1 convolutions in front, bottlenecks: `multiplications` says how much they save.
"""

from __future__ import annotations

import keras
from keras import layers

from nets.auxiliary import AuxiliaryModel, auxiliary_head
from nets.common import check_arguments, image_input, softmax, to_model
from nets.layers.lrn import LocalResponseNormalization

# Table 1 of the paper: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection.
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
POOLING_BEFORE = {"4a": "pool3", "5a": "pool4"}
HEADS_AFTER = ("4a", "4d")
DROPOUT = 0.4
# Five halvings leave one pixel of 32.
SMALLEST = 32


def multiplications(
    input_shape, filters: int, kernel_size=1, strides: int = 1, padding: str = "same"
) -> int:
    """The multiplications of a convolution of one image, those with the padding included.

    28x28x192 to 32 channels by 5x5 costs 120,422,400; through 16 channels by 1x1 first it costs
    2,408,448 + 10,035,200 = 12,443,648, a tenth.

    Args:
        input_shape: (height, width, channels) of the map.
        filters: The number of kernels.
        kernel_size: Side of a kernel in pixels, or (height, width).
        strides: In pixels.
        padding: "same" or "valid".

    Returns:
        The number of multiplications.
    """
    height, width, channels = input_shape
    kernel = (kernel_size, kernel_size) if isinstance(kernel_size, int) else tuple(kernel_size)
    if padding == "valid":
        height, width = height - kernel[0] + 1, width - kernel[1] + 1
    positions = -(-height // strides) * -(-width // strides)
    return positions * filters * kernel[0] * kernel[1] * channels


def convolution(X, filters: int, kernel_size: int, name: str, strides: int = 1):
    """A convolution and ReLU: (n, h, w, c) -> (n, ceil(h / strides), ceil(w / strides), filters).

    Args:
        X: Keras tensor.
        filters: The number of kernels.
        kernel_size: Side of a kernel in pixels.
        name: The layer's name.
        strides: In pixels.
    """
    return layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding="same",
        activation="relu",
        kernel_initializer="he_normal",
        name=name,
    )(X)


def conv1x1(X, filters: int, name: str):
    """The 1x1 convolution: one dense layer with ReLU over the channels of every pixel.

    Lin et al. 2013, Network in network, section 3.1.

    Args:
        X: Keras tensor, (n, h, w, c).
        filters: The number of kernels.
        name: The layer's name.

    Returns:
        Keras tensor, (n, h, w, filters).
    """
    return convolution(X, filters, 1, name)


def inception_module_naive(X, filters, name: str):
    """The module without bottlenecks (figure 2a).

    The pooling passes all its channels on, so each module is wider than the one before.

    Args:
        X: Keras tensor, (n, h, w, c).
        filters: (F1, F3, F5), the channels of the 1x1, 3x3 and 5x5 convolutions.
        name: Starts the layers' names.

    Returns:
        Keras tensor, (n, h, w, F1 + F3 + F5 + c).
    """
    F1, F3, F5 = filters
    branches = [
        convolution(X, F1, 1, f"{name}_1x1"),
        convolution(X, F3, 3, f"{name}_3x3"),
        convolution(X, F5, 5, f"{name}_5x5"),
        layers.MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(X),
    ]
    return layers.Concatenate(name=f"{name}_output")(branches)


def inception_module(X, filters, name: str):
    """The module with 1x1 bottlenecks (figure 2b).

    Args:
        X: Keras tensor, (n, h, w, c).
        filters: A row of table 1, (F1, R3, F3, R5, F5, FP). R3 and R5 are the channels to which
            the input is reduced before the 3x3 and 5x5 convolutions, FP those to which the result
            of the pooling is reduced.
        name: Starts the layers' names.

    Returns:
        Keras tensor, (n, h, w, F1 + F3 + F5 + FP).
    """
    F1, R3, F3, R5, F5, FP = filters
    pooled = layers.MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(X)
    branches = [
        conv1x1(X, F1, f"{name}_1x1"),
        convolution(conv1x1(X, R3, f"{name}_3x3_reduce"), F3, 3, f"{name}_3x3"),
        convolution(conv1x1(X, R5, f"{name}_5x5_reduce"), F5, 5, f"{name}_5x5"),
        conv1x1(pooled, FP, f"{name}_pool_proj"),
    ]
    return layers.Concatenate(name=f"{name}_output")(branches)


def _halve(X, name: str):
    return layers.MaxPooling2D(3, strides=2, padding="same", name=name)(X)


def _stem(X, lrn: str):
    """Table 1 up to the first module: (n, h, w, c) -> (n, h / 8, w / 8, 192)."""
    X = _halve(convolution(X, 64, 7, "conv1_7x7", strides=2), "pool1")
    X = LocalResponseNormalization(convention=lrn, name="norm1")(X)
    X = convolution(conv1x1(X, 64, "conv2_3x3_reduce"), 192, 3, "conv2_3x3")
    X = LocalResponseNormalization(convention=lrn, name="norm2")(X)
    return _halve(X, "pool2")


def GoogLeNet(
    input_shape=(64, 64, 3),
    classes: int = 6,
    auxiliary: bool = False,
    lrn: str = "paper",
    *,
    name="googlenet",
    weights=None,
) -> keras.Model:
    """GoogLeNet (table 1, figure 3): 6,998,552 parameters at 1000 classes.

    It has biases and no batch normalisation. The whole last map is averaged, whatever its size; for
    small maps in the heads see `auxiliary_head`.

    Args:
        input_shape: (height, width, channels) in pixels, at least 32x32.
        classes: Number of classes.
        auxiliary: Whether to add the two heads after 4a and 4d (section 5), with which it has
            13,378,280 parameters at 224x224.
        lrn: "paper" or "caffe", as in `nets.layers.lrn.LocalResponseNormalization`.
        name: The model's name.
        weights: None or the path of a file; see `nets.weights.load`.

    Returns:
        Model, not compiled: images (n, *input_shape) -> probabilities (n, classes). With auxiliary
        heads an `AuxiliaryModel`, which trains with them and predicts without.

    Raises:
        NetError: A smaller image, classes below 1, another convention, or weights that do not fit.
    """
    check_arguments(name, input_shape, classes, SMALLEST)
    inputs, X = image_input(input_shape)
    X, heads = _stem(X, lrn), []
    for module, filters in MODULES.items():
        if module in POOLING_BEFORE:
            X = _halve(X, POOLING_BEFORE[module])
        X = inception_module(X, filters, f"inception_{module}")
        if auxiliary and module in HEADS_AFTER:
            heads.append(auxiliary_head(X, classes, f"auxiliary_{module}"))
    X = layers.GlobalAveragePooling2D(name="avg_pool")(X)
    output = softmax(layers.Dropout(DROPOUT, name="dropout")(X), classes)
    if not auxiliary:
        return to_model(inputs, output, name, weights)
    model = to_model(inputs, [output, *heads], name, weights)
    return AuxiliaryModel(inputs, model.outputs, name=name)
