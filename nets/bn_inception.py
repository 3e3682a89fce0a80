"""BN-Inception, the second Inception network (Ioffe and Szegedy 2015, arXiv 1502.03167).

GoogLeNet with batch normalisation after every convolution, two 3x3 in place of each 5x5, and
modules with a stride where it pooled (appendix, figure 5). No biases, no local response
normalisation, no dropout and no auxiliary heads: batch normalisation does without them.
"""

from __future__ import annotations

import keras
from keras import layers

from nets.common import check_arguments, image_input, softmax, to_model
from nets.inception_blocks import Conv, Pool, chain, norm_relu, side_by_side

# Figure 5: 1x1, 3x3 reduce, 3x3, double 3x3 reduce, double 3x3, pooling, its projection. A module
# without 1x1 and projection halves the map. For 4c and 4d the figure has projections of 128, with
# which its own columns add up to 608 channels and not to the 576 it states. 96 make 576, and are
# in Google's published code.
MODULES = {
    "3a": (64, 64, 64, 64, 96, "average", 32),
    "3b": (64, 64, 96, 64, 96, "average", 64),
    "3c": (0, 128, 160, 64, 96, "max", 0),
    "4a": (224, 64, 96, 96, 128, "average", 128),
    "4b": (192, 96, 128, 96, 128, "average", 128),
    "4c": (160, 128, 160, 128, 160, "average", 96),
    "4d": (96, 128, 192, 160, 192, "average", 96),
    "4e": (0, 128, 192, 192, 256, "max", 0),
    "5a": (352, 192, 320, 160, 224, "average", 128),
    "5b": (352, 192, 320, 192, 224, "max", 128),
}
# Five halvings leave one pixel of 32.
SMALLEST = 32


def module_branches(row) -> tuple:
    """One module as branches.

    Args:
        row: A row of `MODULES`.

    Returns:
        The branches, for `nets.inception_blocks.side_by_side`.
    """
    F1, R3, F3, RD, FD, pool, FP = row
    s = 1 if F1 else 2
    single = (Conv(R3), Conv(F3, 3, s))
    double = (Conv(RD), Conv(FD, 3), Conv(FD, 3, s))
    if s == 2:
        return single, double, (Pool(pool, 2),)
    return (Conv(F1),), single, double, (Pool(pool), Conv(FP))


def BNInception(
    input_shape=(64, 64, 3), classes: int = 6, *, name="bn_inception", weights=None
) -> keras.Model:
    """BN-Inception (figure 5): 11,208,192 parameters at 1000 classes.

    The whole last map is averaged, whatever its size, so every image has the same weights. As in
    the paper the first convolution is separable: eight 7x7 kernels per channel of the image, and 64
    mixtures of their results.

    Args:
        input_shape: (height, width, channels) in pixels, at least 32x32.
        classes: Number of classes.
        name: The model's name.
        weights: None or the path of a file; see `nets.weights.load`.

    Returns:
        Model, not compiled: images (n, *input_shape) -> probabilities (n, classes).

    Raises:
        NetError: A smaller image, classes below 1, or weights that do not fit.
    """
    check_arguments(name, input_shape, classes, SMALLEST)
    inputs, X = image_input(input_shape)
    X = layers.SeparableConv2D(
        64, 7, 2, "same", depth_multiplier=8, use_bias=False, name="conv1_7x7"
    )(X)
    X = chain(norm_relu(X, "conv1_7x7", scale=True), (Pool("max", 2),), "conv1")
    X = chain(X, (Conv(64), Conv(192, 3), Pool("max", 2)), "conv2", scale=True)
    for module, row in MODULES.items():
        X = side_by_side(X, module_branches(row), f"inception_{module}", scale=True)
    X = layers.GlobalAveragePooling2D(name="avg_pool")(X)
    return to_model(inputs, softmax(X, classes), name, weights)
