"""Augmentation, fused: one map and one colour per image, in NumPy.

Why NumPy and threads: the layers of the catalogue, one after another, interpolate three or four
times and keep every result in float32. Here mirror, crop, rotation, shearing and local warping are
one map (`maps`), applied once, and colour shift and PCA colour are one addition. TensorFlow's
ImageProjectiveTransformV3 and Pillow's affine maps are as fused, and have no local warping;
Pillow's meshes have, at a Python call a cell. NumPy lets other threads run inside its loops.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from datasets.augmentation import maps
from datasets.augmentation.colour import ALPHA
from datasets.augmentation.maps import Map, RandomAffine
from datasets.errors import DataError

PIECE = 8  # images at a time: what they need fits the cache of a core
_ONE = 256  # positions and weights count in 256ths of a pixel
_HALF = np.uint64(0x0080_0080_0080_0080)
_BYTES = np.uint64(0x00FF_00FF_00FF_00FF)
_BIAS = 512  # keeps a darkened lane from borrowing of its neighbour


class Drawn(NamedTuple):
    """The random part of a batch: control points (n, 2, NODES, NODES), colours int64 (n, c)."""

    points: np.ndarray
    colours: np.ndarray


@dataclass(frozen=True)
class Fused:
    """What happens to each image: `map`, then one colour added.

    shift: the largest addition to each channel, as a part of the range (colour shift).
    axes: what `colour.axes` finds in the training set, for PCA colour; None leaves it out.
    """

    map: Map | RandomAffine = Map()
    shift: float = 0.0
    axes: np.ndarray | None = None

    def __post_init__(self):
        if not 0 <= self.shift <= 1:
            raise DataError(f"augmentation: expected shift from 0 to 1, received {self.shift!r}")

    def draw(self, images: np.ndarray, rng: np.random.Generator) -> Drawn:
        """Draw what happens to each of `images`; raises DataError for images that do not fit."""
        _check(images, self)
        n, height, width, channels = images.shape
        points = self.map.draw(rng, n, height, width)
        return Drawn(points, _colours(n, channels, self, rng))


def augment(images: np.ndarray, how: Fused, rng: np.random.Generator) -> np.ndarray:
    """Change each image at random, as `how` says.

    Args:
        images: uint8 (n, h, w, c), of 1 to 4 channels; PCA colour needs 3.
        how: The largest changes.
        rng: Where the random numbers come from.

    Returns:
        Images of the same shape and type. What comes into view from outside repeats the edge.

    Raises:
        DataError: The images have another type or shape.
    """
    return applied(images, how.draw(images, rng))


def applied(images: np.ndarray, drawn: Drawn) -> np.ndarray:
    """The images, uint8 (n, h, w, c), after the changes that were drawn for them."""
    n, height, width, _ = images.shape
    result, scratch = np.empty_like(images), _Scratch(min(n, PIECE), height, width)
    for first in range(0, n, PIECE):
        piece = slice(first, first + PIECE)
        _apply(images[piece], drawn.points[piece], drawn.colours[piece], result[piece], scratch)
    return result


def _check(images: np.ndarray, how: Fused) -> None:
    sound = isinstance(images, np.ndarray) and images.ndim == 4 and images.dtype == np.uint8
    if not sound or not 1 <= images.shape[-1] <= 4 or min(images.shape[1:3]) < 2:
        found = f"{images.dtype} {images.shape}" if hasattr(images, "dtype") else type(images)
        raise DataError(
            "augmentation: expected images uint8 (n, h, w, c) of 1 to 4 channels and at least 2x2 "
            f"pixels, received {found}; see datasets.convert.to_rgb8"
        )
    if how.axes is not None and images.shape[-1] != 3:
        raise DataError(
            f"PCA colour: expected images of 3 channels, received {images.shape[-1]}; "
            "leave axes out, or convert them"
        )


def _colours(n: int, channels: int, how: Fused, rng: np.random.Generator) -> np.ndarray:
    """What is added to each channel of each image: int64 (n, channels), in 255ths."""
    added = np.zeros((n, channels))
    if how.shift:
        added += how.shift * (2 * rng.random((n, channels)) - 1)
    if how.axes is not None:
        added += (ALPHA * rng.standard_normal((n, 3))) @ np.asarray(how.axes).T
    return np.rint(255 * np.clip(added, -1, 1)).astype("int64")


class _Scratch:
    """Memory for the pieces of one batch: fresh pages for each would cost more than the sums."""

    def __init__(self, n: int, height: int, width: int):
        size = height * width
        self.words = np.zeros((n, height, width), "uint64")
        self.index = np.empty((n, size), np.intp)
        self.total, self.part = np.empty((2, n, size), "uint64")
        self.y, self.x, self.down, self.right, self.both = np.empty((5, n, size), "int32")
        self.first = np.arange(n, dtype="int32")[:, None] * size


def _apply(images, points, added, result, scratch: _Scratch | None = None) -> None:
    """Fill `result` with a few images: each pixel's four neighbours, weighed, and the colour.

    The channels of a pixel are the 16-bit lanes of one 64-bit word, so NumPy's loops run over
    words: a loop over three channels would cost more than the arithmetic in it. A lane holds at
    most 255 * 256 + 128, so none overflows into the next.
    """
    n, height, width, channels = images.shape
    scratch = scratch or _Scratch(n, height, width)
    index, weights = _neighbours(points, height, width, scratch)
    words = _packed(images, scratch).reshape(-1)
    total, part = scratch.total[:n], scratch.part[:n]
    for offset, weight in zip((0, 1, width, width + 1), weights, strict=True):
        gathered = part if offset else total
        # Beyond the last column and row lies anything, and weighs nothing; past the end of all
        # words "clip" stops, without the copy that the default, to raise, would cost.
        np.take(words[offset:], index, out=gathered, mode="clip")
        gathered *= weight
        if offset:
            total += part
    total += _HALF
    total >>= np.uint64(8)
    total &= _BYTES
    if added.any():
        total += _word(added + _BIAS)[:, None]
        lanes = total.view(np.uint16)
        np.clip(lanes, _BIAS, _BIAS + 255, out=lanes)
    # The low byte of 512 + v is v.
    lowest = total.view(np.uint8).reshape(n, height, width, 8)
    for channel in range(channels):
        result[..., channel] = lowest[..., 2 * channel]


def _neighbours(points, height: int, width: int, scratch: _Scratch):
    """The place of the upper left neighbour of each pixel, and the weights of all four.

    index: (n, height * width) into all words; weights: four of that shape.
    """
    places = maps.places(points * np.float32(_ONE), height, width)
    n = len(places)
    y, x, down, right, both, index = (
        array[:n] for array in (scratch.y, scratch.x, scratch.down, scratch.right, scratch.both,
                                scratch.index)
    )  # fmt: skip
    for axis, (whole, part, side) in enumerate(((y, down, height), (x, right, width))):
        found = places[:, axis]
        np.clip(found, np.float32(0), np.float32((side - 1) * _ONE), out=found)
        found += np.float32(0.5)
        whole[:] = found.reshape(n, -1)  # cut to whole 256ths
        np.bitwise_and(whole, _ONE - 1, out=part)
        whole >>= 8
    y *= width
    y += x
    y += scratch.first[:n]
    index[:] = y
    np.multiply(down, right, out=both)
    both >>= 8
    down -= both
    right -= both
    np.subtract(_ONE, both, out=x)
    x -= down
    x -= right
    return index, [weight.view("uint32") for weight in (x, right, down, both)]


def _packed(images: np.ndarray, scratch: _Scratch) -> np.ndarray:
    """uint8 (n, h, w, c) -> one word a pixel, (n, h, w)."""
    n, height, width, channels = images.shape
    words = scratch.words[:n]
    lanes = words.view(np.uint8).reshape(n, height, width, 8)
    for channel in range(channels):
        lanes[..., 2 * channel] = images[..., channel]
    return words


def _word(lanes: np.ndarray) -> np.ndarray:
    """(n, c) whole numbers of 0 to 65535 -> (n,) words."""
    word = np.zeros(len(lanes), "uint64")
    for channel in range(lanes.shape[1]):
        word += lanes[:, channel].astype("uint64") << np.uint64(16 * channel)
    return word
