"""Residual networks with pre-activation (He et al. 2016, arXiv 1603.05027).

Batch normalisation and ReLU come before each convolution, so that nothing stands between one sum
and the next and the shortcuts carry the signal unchanged through the whole network (figure 4e).
Layers, names and constants are those of keras.applications, whose weights files load.
"""

from __future__ import annotations

import keras
from keras import layers

from nets.common import check, finish, images, softmax
from nets.editions import imagenet
from nets.resnet import EXPANSION, SMALLEST, imagenet_stem, walk


def preactivation_block(X, filters: int, prefix: str, s: int = 1, project: bool = False):
    """A bottleneck whose normalisation and ReLU come first (section 4.1, appendix).

    X: (n, h, w, c) -> (n, ceil(h / s), ceil(w / s), 4 * filters); without `project`, c has to be
    4 * filters. prefix: starts the layers' names. The stride s is in the 3x3 convolution; the
    identity keeps step by picking every s-th pixel.
    """
    # A convolution that batch normalisation follows needs no bias; the other two have one.
    edition, unbiased = imagenet(prefix), imagenet(prefix, bias=False)
    active = edition.relu(edition.norm(X, "preact"), "preact")
    if project:
        shortcut = edition.conv(active, "0", EXPANSION * filters, s=s)
    elif s > 1:
        shortcut = layers.MaxPooling2D(1, strides=s, name=f"{prefix}_0_pool")(X)
    else:
        shortcut = X
    path = edition.relu(edition.norm(unbiased.conv(active, "1", filters), "1"), "1")
    path = unbiased.conv(edition.pad(path, "2"), "2", filters, 3, s)
    path = edition.relu(edition.norm(path, "2"), "2")
    return edition.add(shortcut, edition.conv(path, "3", EXPANSION * filters), kind="out")


def _preactivated(depth, input_shape, classes, name, weights) -> keras.Model:
    check(name, input_shape, classes, SMALLEST)
    inputs, X = images(input_shape)
    X = imagenet_stem(X, imagenet("conv1"), activate=False)
    for stage, block, filters, blocks in walk(depth):
        # The last block of a stage halves the map, not the first block of the next.
        s = 2 if stage < 5 and block == blocks else 1
        X = preactivation_block(X, filters, f"conv{stage}_block{block}", s, project=block == 1)
    post = imagenet("post")
    X = post.relu(post.norm(X, ""))
    X = layers.GlobalAveragePooling2D(name="avg_pool")(X)
    return finish(inputs, softmax(X, classes), name, weights)


def ResNet50V2(input_shape=(64, 64, 3), classes: int = 6, *, name="resnet50v2", weights=None):
    """The 50-layer network with pre-activation, from 32x32 pixels up.

    Images (n, *input_shape) -> probabilities (n, classes). Loads weights of
    keras.applications.ResNet50V2. Raises NetError for a smaller image and classes below 1.
    """
    return _preactivated(50, input_shape, classes, name, weights)


def ResNet101V2(input_shape=(64, 64, 3), classes: int = 6, *, name="resnet101v2", weights=None):
    """The 101-layer network; otherwise as `ResNet50V2`."""
    return _preactivated(101, input_shape, classes, name, weights)


def ResNet152V2(input_shape=(64, 64, 3), classes: int = 6, *, name="resnet152v2", weights=None):
    """The 152-layer network; otherwise as `ResNet50V2`."""
    return _preactivated(152, input_shape, classes, name, weights)
