"""Residual networks with pre-activation (He et al. 2016, arXiv 1603.05027).

Batch normalisation and ReLU come before each convolution. So nothing stands between one sum and the
next, and the shortcuts carry the signal unchanged through the whole network (figure 4e). The table
of depths is that of the first paper, in `nets.resnet`. Layers, names and constants are those of
keras.applications, whose weights files load.
"""

from __future__ import annotations

import keras
from keras import layers

from nets.common import check_arguments, image_input, softmax, to_model
from nets.resnet import EXPANSION, SMALLEST, applications, applications_stem, table_blocks


def preactivation_block(X, filters: int, prefix: str, s: int = 1, project: bool = False):
    """A bottleneck whose normalisation and ReLU come first (section 4.1, appendix).

    The stride is in the 3x3 convolution; an identity shortcut keeps step by picking every s-th
    pixel.

    Args:
        X: Keras tensor, (n, h, w, c); without `project`, c has to be 4 * filters.
        filters: The channels of the first two convolutions; the third has four times as many.
        prefix: Starts the layers' names, for example "conv2_block1".
        s: Stride of the block.
        project: Whether the shortcut is a 1x1 convolution, as in the first block of a stage.

    Returns:
        Keras tensor, (n, ceil(h / s), ceil(w / s), 4 * filters).
    """
    # A convolution that batch normalisation follows needs no bias; the other two have one.
    biased, unbiased = applications(prefix), applications(prefix, bias=False)
    active = biased.relu(biased.norm(X, "preact"), "preact")
    if project:
        shortcut = biased.conv(active, "0", EXPANSION * filters, s=s)
    elif s > 1:
        shortcut = layers.MaxPooling2D(1, strides=s, name=f"{prefix}_0_pool")(X)
    else:
        shortcut = X
    path = biased.relu(unbiased.conv_norm(active, "1", filters), "1")
    path = unbiased.conv_norm(biased.pad(path, "2", 1), "2", filters, 3, s)
    path = biased.conv(biased.relu(path, "2"), "3", EXPANSION * filters)
    return layers.Add(name=f"{prefix}_out")([shortcut, path])


def _walk_table(depth: int, input_shape, classes, name, weights) -> keras.Model:
    """The column `depth` of table 1 of the first paper, with pre-activation."""
    check_arguments(name, input_shape, classes, SMALLEST)
    inputs, X = image_input(input_shape)
    X = applications_stem(X, activate=False)
    for stage, block, filters, blocks in table_blocks(depth):
        # The last block of a stage halves the map, not the first block of the next.
        s = 2 if stage < 5 and block == blocks else 1
        X = preactivation_block(X, filters, f"conv{stage}_block{block}", s, project=block == 1)
    post = applications("post")
    X = post.relu(post.norm(X, ""))
    X = layers.GlobalAveragePooling2D(name="avg_pool")(X)
    return to_model(inputs, softmax(X, classes), name, weights)


def ResNet50V2(input_shape=(64, 64, 3), classes: int = 6, *, name="resnet50v2", weights=None):
    """The 50-layer network with pre-activation (section 4.1).

    Args:
        input_shape: (height, width, channels) in pixels, at least 32x32.
        classes: Number of classes.
        name: The model's name.
        weights: None, the path of a file, or "imagenet"; see `nets.weights.load`.

    Returns:
        keras.Model, not compiled: images (n, *input_shape) -> probabilities (n, classes).

    Raises:
        NetError: A smaller image, classes below 1, or weights that do not fit.
    """
    return _walk_table(50, input_shape, classes, name, weights)


def ResNet101V2(input_shape=(64, 64, 3), classes: int = 6, *, name="resnet101v2", weights=None):
    """The 101-layer network; Args, Returns and Raises are those of `ResNet50V2`."""
    return _walk_table(101, input_shape, classes, name, weights)


def ResNet152V2(input_shape=(64, 64, 3), classes: int = 6, *, name="resnet152v2", weights=None):
    """The 152-layer network; Args, Returns and Raises are those of `ResNet50V2`."""
    return _walk_table(152, input_shape, classes, name, weights)
