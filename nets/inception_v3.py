"""Inception-V3 (Szegedy et al. 2015, arXiv 1512.00567), as in keras.applications.

Large kernels in factors: 5x5 as two 3x3, and n x n as 1 x n and n x 1 (section 3). The order of the
weights and the constants are those of keras.applications, whose weights files load.
"""

from __future__ import annotations

import keras
from keras import layers

from nets.common import check_arguments, image_input, softmax, to_model
from nets.errors import NetError
from nets.inception_blocks import Conv, Fork, Pool, chain, reduction, side_by_side

# Below that, the reductions without padding leave the last modules no pixel.
SMALLEST = 75

STEM = (
    reduction(32),
    Conv(32, 3, padding="valid"),
    Conv(64, 3),
    Pool("max", 2, "valid"),
    Conv(80, padding="valid"),
    Conv(192, 3, padding="valid"),
    Pool("max", 2, "valid"),
)


def _small(projection: int) -> tuple:
    """Figure 5, with one 5x5 left whole as in the published network."""
    return (
        (Conv(64),),
        (Conv(48), Conv(64, 5)),
        (Conv(64), Conv(96, 3), Conv(96, 3)),
        (Pool("average"), Conv(projection)),
    )


def _factorised(width: int) -> tuple:
    """Figure 6 with n = 7."""
    row, column = (1, 7), (7, 1)
    return (
        (Conv(192),),
        (Conv(width), Conv(width, row), Conv(192, column)),
        (
            Conv(width),
            Conv(width, column),
            Conv(width, row),
            Conv(width, column),
            Conv(192, row),
        ),
        (Pool("average"), Conv(192)),
    )


def _wide() -> tuple:
    """Figure 7: branches that fork at their end."""
    fork = Fork(((Conv(384, (1, 3)),), (Conv(384, (3, 1)),)))
    return (
        (Conv(320),),
        (Conv(384), fork),
        (Conv(448), Conv(384, 3), fork),
        (Pool("average"), Conv(192)),
    )


_FIRST_REDUCTION = (
    (reduction(384),),
    (Conv(64), Conv(96, 3), reduction(96)),
    (Pool("max", 2, "valid"),),
)
_SECOND_REDUCTION = (
    (Conv(192), reduction(320)),
    (Conv(192), Conv(192, (1, 7)), Conv(192, (7, 1)), reduction(192)),
    (Pool("max", 2, "valid"),),
)

# Table 1 of the paper in the widths of the published network: mixed0 to mixed10.
MODULES = (
    _small(32),
    _small(64),
    _small(64),
    _FIRST_REDUCTION,
    _factorised(128),
    _factorised(160),
    _factorised(160),
    _factorised(192),
    _SECOND_REDUCTION,
    _wide(),
    _wide(),
)


def enlarged_input(net: str, input_shape, classes: int, resize: int | None):
    """The input of a network that needs 75x75 pixels, enlarged if asked; arguments are checked.

    Args:
        net: Name of the network, for the message.
        input_shape: (height, width, channels) in pixels, at least 75x75 without `resize`.
        classes: Number of classes.
        resize: The side in pixels to which smaller images are enlarged, or None.

    Returns:
        The pair (input tensor, tensor to build on), both (n, height, width, channels).

    Raises:
        NetError: A smaller image without `resize`, a resize below 75, or classes below 1.
    """
    check_arguments(net, input_shape, classes, SMALLEST if resize is None else 1)
    if resize is not None and (not isinstance(resize, int) or resize < SMALLEST):
        raise NetError(
            f"{net}: expected resize to be None or at least {SMALLEST} pixels, received {resize!r}"
        )
    return image_input(input_shape, resize)


def InceptionV3(
    input_shape=(75, 75, 3), classes: int = 6, resize=None, *, name="inception_v3", weights=None
) -> keras.Model:
    """Inception-V3 (section 6, table 1): 23,851,784 parameters at 1000 classes.

    The whole last map is averaged, whatever its size.

    Args:
        input_shape: (height, width, channels) in pixels, at least 75x75 without `resize`.
        classes: Number of classes.
        resize: None refuses smaller images. A number of pixels, 75 in `nets.build`, puts a Resizing
            layer first that brings images with a side below it to resize x resize.
        name: The model's name.
        weights: None, the path of a file, or "imagenet"; see `nets.weights.load`.

    Returns:
        Model, not compiled: images (n, *input_shape) -> probabilities (n, classes).

    Raises:
        NetError: A smaller image, a resize below 75, classes below 1, or weights that do not fit.
    """
    inputs, X = enlarged_input(name, input_shape, classes, resize)
    X = chain(X, STEM, "stem")
    for number, branches in enumerate(MODULES):
        X = side_by_side(X, branches, f"mixed{number}")
    X = layers.GlobalAveragePooling2D(name="avg_pool")(X)
    return to_model(inputs, softmax(X, classes), name, weights)
