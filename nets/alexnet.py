"""AlexNet in one tower, or in the two towers of the paper (Krizhevsky et al. 2012).

The two towers were two graphics cards of 3 GB: each has half of the kernels, and they exchange
their maps before conv3 and in the dense layers only (section 3.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers

from nets.common import check_arguments, image_input, softmax, to_model
from nets.errors import NetError
from nets.layers.lrn import CONVENTIONS, LocalResponseNormalization
from nets.layers.placed import (
    PlacedConv2D,
    PlacedDense,
    PlacedLocalResponseNormalization,
    PlacedMaxPooling2D,
    check_devices,
)


@dataclass(frozen=True)
class Conv:
    """One convolution of the architecture, with what comes before and after it.

    Attributes:
        filters: The number of kernels in all towers together.
        kernel_size: Side of a kernel in pixels.
        strides: In pixels.
        padding: "same" or "valid".
        normalise: Whether local response normalisation follows.
        pool: Whether maximum pooling follows.
        exchange: Whether each tower sees the maps of all towers.
    """

    filters: int
    kernel_size: int
    strides: int = 1
    padding: str = "same"
    normalise: bool = False
    pool: bool = False
    exchange: bool = False


# Section 3.5 and figure 2; filters of both towers together.
CONVOLUTIONS = (
    Conv(96, 11, 4, "valid", normalise=True, pool=True),
    Conv(256, 5, normalise=True, pool=True),
    Conv(384, 3, exchange=True),
    Conv(384, 3),
    Conv(256, 3, pool=True),
)
HIDDEN, DROPOUT = 4096, 0.5
# Overlapping pooling (section 3.4): windows of 3 pixels, 2 apart.
POOL_SIZE, POOL_STRIDES = 3, 2
# The map that the paper's 227x227 leave; a larger one is averaged down to it.
LAST_MAP = 6
# Smaller images leave the second pooling less than one window.
SMALLEST = 35
# The paper draws from N(0, 0.01), from which so deep a net may not start at all on few images.
_RELU = {"activation": "relu", "kernel_initializer": "he_normal"}


def AlexNet(
    input_shape=(64, 64, 3),
    classes: int = 6,
    towers: int = 1,
    lrn: str = "paper",
    devices=None,
    *,
    name: str | None = None,
    weights=None,
) -> keras.Model:
    """AlexNet: five convolutions and three dense layers (section 3.5, figure 2).

    At 227x227x3 (the paper's 224 do not fit its 11x11 windows) and 1000 classes it has 62,378,344
    parameters in one tower and 60,965,224 in two.

    Small maps: if the last pooling has no room for its 3x3 window, as at 64x64 where the map is
    2x2, it is left out and the map is flattened as it is. Large maps: more than 6x6 before the
    dense layers is averaged down to 6x6, so these never grow beyond the paper's.

    Args:
        input_shape: (height, width, channels) in pixels, at least 35x35.
        classes: Number of classes.
        towers: 1, or 2 as in the paper.
        lrn: "paper" or "caffe", as in `nets.layers.lrn.LocalResponseNormalization`.
        devices: Two names such as ("gpu:0", "gpu:1") put each tower on a device of its own, on
            TensorFlow and torch; None leaves them where Keras computes.
        name: The model's name; by default the catalogue's.
        weights: None or the path of a file; see `nets.weights.load`.

    Returns:
        Model, not compiled: images (n, *input_shape) -> probabilities (n, classes).

    Raises:
        NetError: A smaller image, classes below 1, another number of towers, another convention,
            devices that are missing, or weights that do not fit.
    """
    name = name or ("alexnet" if towers == 1 else "alexnet_two_towers")
    check_arguments(name, input_shape, classes, SMALLEST)
    if towers not in (1, 2):
        raise NetError(f"{name}: expected towers=1 or towers=2, received {towers!r}")
    if lrn not in CONVENTIONS:
        raise NetError(f"{name}: expected lrn to be {' or '.join(CONVENTIONS)}, received {lrn!r}")
    if devices is not None:
        if towers == 1:
            raise NetError(f"{name}: expected towers=2 for devices={devices!r}, received towers=1")
        check_devices(name, devices)
    both = [Tower()]
    if towers == 2:
        first, second = devices or (None, None)
        both = [Tower("_a", first), Tower("_b", second)]
    inputs, X = image_input(input_shape)
    maps = [X] * towers
    for number, row in enumerate(CONVOLUTIONS, 1):
        maps = convolution(maps, row, number, both, lrn)
    X = layers.Flatten(name="fc6_flatten")(_shrink(_join(maps, "fc6_maps")))
    for number in (6, 7):
        units = [tower.dense(X, HIDDEN // towers, f"fc{number}") for tower in both]
        X = layers.Dropout(DROPOUT, name=f"dropout{number}")(_join(units, f"fc{number}_units"))
    return to_model(inputs, softmax(X, classes), name, weights)


def convolution(maps: list, row: Conv, number: int, towers: list[Tower], lrn: str = "paper"):
    """One row of the table in every tower: convolution, ReLU, normalisation, pooling.

    Args:
        maps: One Keras tensor (n, h, w, c) per tower; after an exchange each tower sees all.
        row: A row of `CONVOLUTIONS`.
        number: The position of the row, from 1; ends the layers' names.
        towers: The towers.
        lrn: The convention of the normalisation.

    Returns:
        One tensor (n, h', w', row.filters / towers) per tower.
    """
    if row.exchange:
        maps = [_join(maps, f"conv{number}_maps")] * len(maps)
    outputs = []
    for tower, X in zip(towers, maps, strict=True):
        X = tower.conv(X, row, len(towers), f"conv{number}")
        if row.normalise:
            X = tower.norm(X, lrn, f"norm{number}")
        if row.pool and min(X.shape[1:3]) >= POOL_SIZE:
            X = tower.pool(X, f"pool{number}")
        outputs.append(X)
    return outputs


@dataclass(frozen=True)
class Tower:
    """The layers of one tower.

    Attributes:
        suffix: Ends the names of its layers.
        device: Where they compute; None leaves it to Keras.
    """

    suffix: str = ""
    device: str | None = None

    def conv(self, X, row: Conv, towers: int, name: str):
        """row.filters / towers kernels, then ReLU: (n, h, w, c) -> (n, h', w', filters)."""
        arguments = (row.filters // towers, row.kernel_size, row.strides, row.padding)
        return self._layer(layers.Conv2D, PlacedConv2D, name, *arguments, **_RELU)(X)

    def norm(self, X, lrn: str, name: str):
        """Local response normalisation over this tower's channels; the shape stays."""
        classes = (LocalResponseNormalization, PlacedLocalResponseNormalization)
        return self._layer(*classes, name, convention=lrn)(X)

    def pool(self, X, name: str):
        """Overlapping maximum pooling: (n, h, w, c) -> (n, (h - 1) // 2, (w - 1) // 2, c)."""
        classes = (layers.MaxPooling2D, PlacedMaxPooling2D)
        return self._layer(*classes, name, POOL_SIZE, POOL_STRIDES)(X)

    def dense(self, X, units: int, name: str):
        """A dense layer with ReLU: (n, features) -> (n, units)."""
        return self._layer(layers.Dense, PlacedDense, name, units, **_RELU)(X)

    def _layer(self, plain, placed, name: str, *arguments, **options):
        name += self.suffix
        if self.device is None:
            return plain(*arguments, name=name, **options)
        return placed(*arguments, name=name, device=self.device, **options)


def _join(tensors: list, name: str):
    return tensors[0] if len(tensors) == 1 else layers.Concatenate(name=name)(tensors)


def _shrink(X):
    sides = tuple(min(side, LAST_MAP) for side in X.shape[1:3])
    if sides == tuple(X.shape[1:3]):
        return X
    return layers.AdaptiveAveragePooling2D(sides, name="adaptive")(X)
