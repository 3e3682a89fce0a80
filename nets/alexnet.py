"""AlexNet in one tower, or in the two towers of the paper (Krizhevsky et al. 2012).

The two towers were two graphics cards of 3 GB: each has half of the kernels, and they exchange
their maps before conv3 and in the dense layers only (section 3.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers

from nets.common import check, finish, images, softmax
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
    """One row of the architecture: kernels, side and stride, and what comes before and after."""

    filters: int
    side: int
    stride: int = 1
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
WINDOW, STEP = 3, 2
# The map that the paper's 227x227 leave; what is larger is averaged down to it.
LAST_MAP = 6
# Smaller images leave the second pooling less than one window.
SMALLEST = 35
# The paper draws from N(0, 0.01), from which so deep a net may not start at all on few images.
_FIRST = {"activation": "relu", "kernel_initializer": "he_normal"}


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
    """AlexNet (section 3.5, figure 2): five convolutions and three dense layers.

    Images (n, *input_shape) -> probabilities (n, classes). towers=1 has 62,378,344 parameters at
    227x227x3 (the paper's 224 do not fit its 11x11 windows) and 1000 classes, towers=2 60,965,224.
    lrn: "paper" or "caffe", as in `LocalResponseNormalization`. devices: two names such as
    ("gpu:0", "gpu:1") put each tower on a device of its own, on TensorFlow and torch.

    Small maps: where the last pooling has no room for its 3x3 window, as at 64x64 where two pixels
    a side are left, it is left out and the map is flattened as it is. Large maps: what is over 6x6
    before the dense layers is averaged down to 6x6, so that these never grow beyond the paper's.
    Raises NetError for images under 35x35, where the second pooling has no room, and for another
    number of towers, convention or devices.
    """
    name = name or ("alexnet" if towers == 1 else "alexnet_two_towers")
    check(name, input_shape, classes, SMALLEST)
    if towers not in (1, 2):
        raise NetError(f"{name}: expected towers=1 or towers=2, received {towers!r}")
    if lrn not in CONVENTIONS:
        raise NetError(f"{name}: expected lrn to be {' or '.join(CONVENTIONS)}, received {lrn!r}")
    if devices is not None:
        if towers == 1:
            raise NetError(f"{name}: expected towers=2 for devices={devices!r}, received towers=1")
        check_devices(name, devices)
    tracks = _tracks(towers, devices)
    inputs, X = images(input_shape)
    maps = [X] * towers
    for number, row in enumerate(CONVOLUTIONS, 1):
        maps = convolution(maps, row, number, tracks, lrn)
    X = layers.Flatten(name="fc6_flatten")(_shrink(_join(maps, "fc6_maps")))
    for number in (6, 7):
        units = [track.dense(X, HIDDEN // towers, f"fc{number}") for track in tracks]
        X = layers.Dropout(DROPOUT, name=f"dropout{number}")(_join(units, f"fc{number}_units"))
    return finish(inputs, softmax(X, classes), name, weights)


def convolution(maps: list, row: Conv, number: int, tracks: list[Track], lrn: str = "paper"):
    """One row of the table in every tower: convolution, ReLU, normalisation, pooling.

    maps: for each tower a Keras tensor (n, h, w, c); after an exchange each sees those of all.
    Returns as many tensors of row.filters channels together.
    """
    if row.exchange:
        maps = [_join(maps, f"conv{number}_maps")] * len(maps)
    made = []
    for track, X in zip(tracks, maps, strict=True):
        X = track.conv(X, row, len(tracks), f"conv{number}")
        if row.normalise:
            X = track.norm(X, lrn, f"norm{number}")
        if row.pool and min(X.shape[1:3]) >= WINDOW:
            X = track.pool(X, f"pool{number}")
        made.append(X)
    return made


@dataclass(frozen=True)
class Track:
    """The layers of one tower: the end of their names, and their device if it has one."""

    ending: str = ""
    device: str | None = None

    def conv(self, X, row: Conv, towers: int, name: str):
        """row.filters / towers kernels, then ReLU: (n, h, w, c) -> (n, h', w', filters)."""
        arguments = (row.filters // towers, row.side, row.stride, row.padding)
        return self._layer(layers.Conv2D, PlacedConv2D, name, *arguments, **_FIRST)(X)

    def norm(self, X, lrn: str, name: str):
        """Local response normalisation over this tower's channels; the shape stays."""
        kinds = (LocalResponseNormalization, PlacedLocalResponseNormalization)
        return self._layer(*kinds, name, convention=lrn)(X)

    def pool(self, X, name: str):
        """Overlapping maximum pooling: (n, h, w, c) -> (n, (h - 1) // 2, (w - 1) // 2, c)."""
        return self._layer(layers.MaxPooling2D, PlacedMaxPooling2D, name, WINDOW, STEP)(X)

    def dense(self, X, units: int, name: str):
        """A dense layer with ReLU: (n, features) -> (n, units)."""
        return self._layer(layers.Dense, PlacedDense, name, units, **_FIRST)(X)

    def _layer(self, plain, placed, name: str, *arguments, **options):
        name += self.ending
        if self.device is None:
            return plain(*arguments, name=name, **options)
        return placed(*arguments, name=name, device=self.device, **options)


def _tracks(towers: int, devices) -> list[Track]:
    if towers == 1:
        return [Track()]
    return [Track("_a", devices and devices[0]), Track("_b", devices and devices[1])]


def _join(tensors: list, name: str):
    return tensors[0] if len(tensors) == 1 else layers.Concatenate(name=name)(tensors)


def _shrink(X):
    sides = tuple(min(side, LAST_MAP) for side in X.shape[1:3])
    if sides == tuple(X.shape[1:3]):
        return X
    return layers.AdaptiveAveragePooling2D(sides, name="adaptive")(X)
