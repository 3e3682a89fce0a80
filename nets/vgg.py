"""The VGG networks (Simonyan and Zisserman 2014, arXiv 1409.1556).

Nothing but 3x3 convolutions and 2x2 pooling, five times over. Layers and names are those of
keras.applications, whose weights files load.
"""

from __future__ import annotations

import keras
from keras import layers

from nets.common import check, finish, images, softmax

# Table 1 of the paper, columns A, B, D and E: the convolutions of each block.
BLOCKS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
FILTERS = (64, 128, 256, 512, 512)
HIDDEN, DROPOUT = 4096, 0.5
# Five halvings leave one pixel of 32.
SMALLEST = 32
# The paper starts its deep nets from trained shallow ones; He et al. 2015 made that unnecessary.
_FIRST = {"activation": "relu", "kernel_initializer": "he_normal"}


def vgg_block(X, convolutions: int, filters: int, name: str | None = None):
    """A block of the network: 3x3 convolutions with ReLU, then max pooling (section 2.1).

    X: Keras tensor, (n, h, w, c) -> (n, h // 2, w // 2, filters). convolutions: how many of them,
    each to `filters` channels. name: layers are called NAME_conv1, NAME_conv2, ..., NAME_pool;
    None lets Keras name them.
    """
    for number in range(1, convolutions + 1):
        conv = name and f"{name}_conv{number}"
        X = layers.Conv2D(filters, 3, padding="same", name=conv, **_FIRST)(X)
    return layers.MaxPooling2D(2, name=name and f"{name}_pool")(X)


def _vgg(depth: int, input_shape, classes, name, weights) -> keras.Model:
    check(name, input_shape, classes, SMALLEST)
    inputs, X = images(input_shape)
    for block, (convolutions, filters) in enumerate(zip(BLOCKS[depth], FILTERS, strict=True), 1):
        X = vgg_block(X, convolutions, filters, f"block{block}")
    X = layers.Flatten(name="flatten")(X)
    for dense in ("fc1", "fc2"):
        X = layers.Dense(HIDDEN, name=dense, **_FIRST)(X)
        # In the paper (section 3.1) and not in keras.applications; without weights, so files fit.
        X = layers.Dropout(DROPOUT, name=f"{dense}_dropout")(X)
    return finish(inputs, softmax(X, classes), name, weights)


def VGG16(input_shape=(64, 64, 3), classes: int = 6, *, name="vgg16", weights=None):
    """The 16-layer network (table 1, D): 138,357,544 parameters at 224x224x3 and 1000 classes.

    Images (n, *input_shape) -> probabilities (n, classes), from 32x32 pixels up. The last map, 7x7
    at 224 and 2x2 at 64, is flattened as it is: fc1 grows with the image, and published weights
    fit its size at 224 only. Raises NetError for a smaller image, whose map would have no pixel,
    and classes below 1. The others here have the same shapes and errors.
    """
    return _vgg(16, input_shape, classes, name, weights)


def VGG11(input_shape=(64, 64, 3), classes: int = 6, *, name="vgg11", weights=None):
    """The 11-layer network (table 1, A): 132,863,336 parameters at 224x224x3, 1000 classes."""
    return _vgg(11, input_shape, classes, name, weights)


def VGG13(input_shape=(64, 64, 3), classes: int = 6, *, name="vgg13", weights=None):
    """The 13-layer network (table 1, B): 133,047,848 parameters at 224x224x3, 1000 classes."""
    return _vgg(13, input_shape, classes, name, weights)


def VGG19(input_shape=(64, 64, 3), classes: int = 6, *, name="vgg19", weights=None):
    """The 19-layer network (table 1, E): 143,667,240 parameters at 224x224x3, 1000 classes."""
    return _vgg(19, input_shape, classes, name, weights)
