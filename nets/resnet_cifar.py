"""The small residual networks for images of 32x32 (He et al. 2015, arXiv 1512.03385, section 4.2).

Three stages of n basic blocks, 6n + 2 layers with weights. Shortcuts have no weights: where the
channels double, new ones are zero (option A).
"""

from __future__ import annotations

import keras
from keras import layers

from nets.common import check_arguments, image_input, resize, softmax, to_model
from nets.errors import NetError
from nets.layers.shortcut import ZeroPaddedShortcut
from nets.resnet import applications

# The table of section 4.2: the maps of 32x32, 16x16 and 8x8, and their filters.
FILTERS = (16, 32, 64)
BLOCKS = 3  # of each stage: n of the paper
# Two halvings leave one pixel of 4.
SMALLEST = 4


def ResNet20(
    input_shape=(32, 32, 3), classes: int = 10, resize_to=None, *, name="resnet20", weights=None
) -> keras.Model:
    """The network of 20 layers (n = 3): 269,722 trainable parameters for 10 classes.

    Args:
        input_shape: (height, width, channels) in pixels, at least 4x4.
        classes: Number of classes.
        resize_to: None takes the images as they are. A side in pixels, 32 in `nets.build`, puts a
            Resizing layer first for images of another size.
        name: The model's name.
        weights: None or the path of a file; see `nets.weights.load`.

    Returns:
        Model, not compiled: images (n, *input_shape) -> probabilities (n, classes).

    Raises:
        NetError: A smaller image, a side below 4, classes below 1, or weights that do not fit.
    """
    check_arguments(name, input_shape, classes, SMALLEST if resize_to is None else 1)
    if resize_to is not None and (not isinstance(resize_to, int) or resize_to < SMALLEST):
        raise NetError(
            f"{name}: expected resize_to to be None or at least {SMALLEST} pixels, "
            f"received {resize_to!r}"
        )
    inputs, X = image_input(input_shape)
    if resize_to is not None and tuple(input_shape[:2]) != (resize_to, resize_to):
        X = resize(X, resize_to, antialias=True)
    first = applications("conv1", bias=False)
    X = first.relu(first.conv_norm(X, "", FILTERS[0], 3, padding="same"))
    for stage, filters in enumerate(FILTERS, 2):
        for block in range(1, BLOCKS + 1):
            X = _block(
                X, filters, f"conv{stage}_block{block}", 2 if stage > 2 and block == 1 else 1
            )
    X = layers.GlobalAveragePooling2D(name="avg_pool")(X)
    return to_model(inputs, softmax(X, classes), name, weights)


def _block(X, filters: int, prefix: str, s: int):
    """Figure 5, left, with the shortcut of option A: (n, h, w, c) -> (n, h / s, w / s, filters)."""
    convention = applications(prefix, bias=False)
    path = convention.relu(convention.conv_norm(X, "1", filters, 3, s, "same"), "1")
    path = convention.conv_norm(path, "2", filters, 3, padding="same")
    if s > 1:
        X = ZeroPaddedShortcut(filters, s, name=f"{prefix}_0_pad")(X)
    return convention.relu(layers.Add(name=f"{prefix}_add")([X, path]), kind="out")
