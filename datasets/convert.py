"""Images of other sizes, channels and dtypes, converted with a word or refused in one line."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from datasets.errors import DataError


def to_rgb8(
    images: np.ndarray,
    side: int | None = None,
    say: Callable[[str], None] = lambda line: warnings.warn(line, stacklevel=3),
) -> np.ndarray:
    """Images -> uint8 (n, h, w, 3), or (n, side, side, 3) where `side` is given.

    Taken as they are: uint8 RGB. Converted, and `say` gets a line for it: one image (h, w, c),
    greys (n, h, w, 1), RGBA (what is transparent becomes white), floats 0..1 or 0..255, uint16,
    bool, and another size, which is stretched. Raises DataError for anything else, NaN among them.
    """
    images, said = np.asarray(images), []
    if images.ndim == 3 and images.shape[-1] in (1, 3, 4):
        said.append(f"images: one image of shape {images.shape} taken as a batch of 1")
        images = images[None]
    if images.ndim != 4 or images.shape[-1] not in (1, 3, 4) or 0 in images.shape:
        raise DataError(
            f"images: expected shape (n, height, width, channels) of 1, 3 or 4 channels, received "
            f"{images.shape}; stack them, channels last"
        )
    images = _channels(_bytes(images, said.append), said.append)
    if side is not None and images.shape[1:3] != (side, side):
        height, width = images.shape[1:3]
        said.append(f"images: {height}x{width} stretched to {side}x{side} pixels")
        images = _resized(images, side)
    for line in said:
        say(line)
    return images


def _bytes(images: np.ndarray, say: Callable[[str], None]) -> np.ndarray:
    if images.dtype == np.uint8:
        return images
    if images.dtype == bool:
        say("images: bool taken as 0 and 255")
        return images * np.uint8(255)
    if images.dtype == np.uint16:
        say("images: uint16 divided by 257")
        return np.rint(images / np.float32(257)).astype("uint8")
    low, high = images.min(), images.max()
    if images.dtype.kind not in "fiu" or not 0 <= low <= high <= 255:  # NaN compares as False
        raise DataError(
            f"images: expected uint8 0 to 255 or floats 0 to 1, received {images.dtype} from "
            f"{low} to {high}; scale them, and drop what is not a number"
        )
    if images.dtype.kind == "f" and high <= 1:
        say(f"images: {images.dtype} from 0 to 1 multiplied by 255")
        return np.rint(images * 255).astype("uint8")
    say(f"images: {images.dtype} from {low:g} to {high:g} rounded to uint8")
    return np.rint(images).astype("uint8")


def _channels(images: np.ndarray, say: Callable[[str], None]) -> np.ndarray:
    if images.shape[-1] == 1:
        say("images: greys repeated in three channels")
        return np.repeat(images, 3, axis=-1)
    if images.shape[-1] == 4:
        say("images: RGBA laid on white")
        alpha = images[..., 3:] / np.float32(255)
        return np.rint(images[..., :3] * alpha + 255 * (1 - alpha)).astype("uint8")
    return images


def _resized(images: np.ndarray, side: int) -> np.ndarray:
    from PIL import Image

    way = Image.Resampling.BILINEAR
    pictures = (Image.fromarray(np.ascontiguousarray(image)) for image in images)
    return np.stack([np.asarray(picture.resize((side, side), way)) for picture in pictures])
