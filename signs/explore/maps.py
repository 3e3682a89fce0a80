"""Activation maps as small pictures: the first channels of a layer in one grey WebP."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

CHANNELS = 16
# Pixels of a side of one map, at most, and of all maps of a page together: about one byte for two.
SIDES = (96, 64, 48, 32, 24, 16, 12, 8)
PIXELS = 12_000_000
_VALUES, _ACROSS = 4096, 64  # of a vector, and how many stand in a row
_QUALITY = 80


def side_for(shapes: Sequence[tuple]) -> int:
    """The largest side for maps at which a page with all of them stays small.

    shapes: of the results that are shown, without the batch.
    """
    maps = [shape for shape in shapes if len(shape) == 3]
    for side in SIDES:
        pixels = sum(
            min(shape[0], side) * min(shape[1], side) * min(shape[2], CHANNELS) for shape in maps
        )
        if pixels <= PIXELS:
            return side
    return SIDES[-1]


def sprite(values: np.ndarray, total: int, side: int) -> dict | None:
    """The picture of a result, as the page's script reads it; None for one of another shape.

    Each map has a grey scale of its own, from its lowest to its highest value: deep networks
    without training differ by orders of magnitude. A vector has one scale.

    values: float32 (h, w, c) or (n,), of a map the first channels. total: how many channels or
    numbers there are. side: of a map, in pixels, at most.
    """
    values = np.nan_to_num(values, posinf=0, neginf=0)
    low, high = float(values.min()), float(values.max())
    if values.ndim == 1:
        cells = values[:_VALUES]
        across = min(_ACROSS, len(cells))
        down = math.ceil(len(cells) / across)
        grey = np.zeros(across * down, np.float32)
        grey[: len(cells)] = _scaled(cells)
        tiles, columns = grey.reshape(1, down, across), 1
    elif values.ndim == 3:
        first = range(min(CHANNELS, values.shape[2]))
        tiles = np.stack([_shrunk(values[..., c], side) for c in first])
        columns = min(4, len(tiles))
    else:
        return None
    count, height, width = tiles.shape
    rows = math.ceil(count / columns)
    sheet = np.zeros((rows * height, columns * width), np.uint8)
    for n, tile in enumerate(tiles):
        top, left = n // columns * height, n % columns * width
        sheet[top : top + height, left : left + width] = (255 * tile).round()
    return {
        "u": webp(Image.fromarray(sheet)),
        "n": count,
        "w": width,
        "h": height,
        "c": columns,
        "t": total,
        # The most lively one first: it stands for the layer where there is room for one.
        "o": sorted(range(count), key=lambda n: -float(tiles[n].std())),
        "lo": low,
        "hi": high,
    }


def webp(image: Image.Image, quality: int = _QUALITY) -> str:
    """A picture as WebP, in base64."""
    file = io.BytesIO()
    image.save(file, "WEBP", quality=quality, method=4)
    return base64.b64encode(file.getvalue()).decode()


def _scaled(values: np.ndarray) -> np.ndarray:
    """From 0 to 1; all 0 if all are alike."""
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def _shrunk(values: np.ndarray, side: int) -> np.ndarray:
    height, width = (min(side, length) for length in values.shape)
    scaled = _scaled(values.astype(np.float32))
    if (height, width) != values.shape:
        small = Image.fromarray(scaled).resize((width, height), Image.Resampling.BOX)
        scaled = np.clip(np.asarray(small), 0, 1)
    return scaled
