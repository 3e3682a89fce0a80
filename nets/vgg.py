"""The VGG networks (Simonyan and Zisserman 2014, arXiv 1409.1556).

Nothing but 3x3 convolutions and 2x2 pooling, five times over. Layers and names are those of
keras.applications, whose weights files load.
"""

from __future__ import annotations

import keras
from keras import layers

from nets.common import check_arguments, image_input, softmax, to_model

# Table 1 of the paper, columns A, B, D and E: the convolutions of each block.
BLOCKS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
FILTERS = (64, 128, 256, 512, 512)
HIDDEN, DROPOUT = 4096, 0.5
# Five halvings leave one pixel of 32.
SMALLEST = 32
# The paper starts its deep nets from trained shallow ones; He et al. 2015 made that unnecessary.
_RELU = {"activation": "relu", "kernel_initializer": "he_normal"}


def vgg_block(X, convolutions: int, filters: int, name: str | None = None):
    """A block of the network: 3x3 convolutions with ReLU, then maximum pooling (section 2.1).

    Args:
        X: Keras tensor, (n, h, w, c).
        convolutions: The number of convolutions.
        filters: The channels of each.
        name: Layers are called NAME_conv1, NAME_conv2, ..., NAME_pool; None lets Keras name them.

    Returns:
        Keras tensor, (n, h // 2, w // 2, filters).
    """
    for number in range(1, convolutions + 1):
        conv = name and f"{name}_conv{number}"
        X = layers.Conv2D(filters, 3, padding="same", name=conv, **_RELU)(X)
    return layers.MaxPooling2D(2, name=name and f"{name}_pool")(X)


def _walk_table(depth: int, input_shape, classes, name, weights) -> keras.Model:
    """The column of table 1 with `depth` layers with weights."""
    check_arguments(name, input_shape, classes, SMALLEST)
    inputs, X = image_input(input_shape)
    for block, (convolutions, filters) in enumerate(zip(BLOCKS[depth], FILTERS, strict=True), 1):
        X = vgg_block(X, convolutions, filters, f"block{block}")
    X = layers.Flatten(name="flatten")(X)
    for dense in ("fc1", "fc2"):
        X = layers.Dense(HIDDEN, name=dense, **_RELU)(X)
        # In the paper (section 3.1) and not in keras.applications; without weights, so files fit.
        X = layers.Dropout(DROPOUT, name=f"{dense}_dropout")(X)
    return to_model(inputs, softmax(X, classes), name, weights)


def VGG16(input_shape=(64, 64, 3), classes: int = 6, *, name="vgg16", weights=None) -> keras.Model:
    """The 16-layer network (table 1, D): 138,357,544 parameters at 224x224x3 and 1000 classes.

    The last map, 7x7 at 224 and 2x2 at 64, is flattened as it is: fc1 grows with the image, and
    published weights of the dense layers fit at 224 only.

    Args:
        input_shape: (height, width, channels) in pixels, at least 32x32.
        classes: Number of classes.
        name: The model's name.
        weights: None, the path of a file, or "imagenet" for 16 and 19 layers; see
            `nets.weights.load`.

    Returns:
        Model, not compiled: images (n, *input_shape) -> probabilities (n, classes).

    Raises:
        NetError: A smaller image, whose last map would have no pixel, classes below 1, or weights
            that do not fit.
    """
    return _walk_table(16, input_shape, classes, name, weights)


def VGG11(input_shape=(64, 64, 3), classes: int = 6, *, name="vgg11", weights=None):
    """The 11-layer network (table 1, A): 132,863,336 parameters at 224x224x3, 1000 classes.

    Args, Returns and Raises are those of `VGG16`.
    """
    return _walk_table(11, input_shape, classes, name, weights)


def VGG13(input_shape=(64, 64, 3), classes: int = 6, *, name="vgg13", weights=None):
    """The 13-layer network (table 1, B): 133,047,848 parameters at 224x224x3, 1000 classes.

    Args, Returns and Raises are those of `VGG16`.
    """
    return _walk_table(13, input_shape, classes, name, weights)


def VGG19(input_shape=(64, 64, 3), classes: int = 6, *, name="vgg19", weights=None):
    """The 19-layer network (table 1, E): 143,667,240 parameters at 224x224x3, 1000 classes.

    Args, Returns and Raises are those of `VGG16`.
    """
    return _walk_table(19, input_shape, classes, name, weights)
