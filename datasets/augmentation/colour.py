"""PCA colour of AlexNet (Krizhevsky et al. 2012, section 4.1): the axes along which colours vary.

Each image gets one colour added: the sum over i of p_i (alpha_i lambda_i), with p_i and lambda_i
the eigenvectors and eigenvalues of the covariance of the RGB values of all pixels of the training
set, and alpha_i normal of deviation 0.1. Pixel values are taken from 0 to 1. The
paper does not say so, but on 0..255 the eigenvalues, which grow as squares, would turn every image
white or black.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from datasets.errors import DataError

ALPHA = 0.1
_ROWS = 256  # images at a time: memory does not grow with their number


def axes(images: np.ndarray | Iterable[np.ndarray]) -> np.ndarray:
    """p_i lambda_i as columns, float64 (3, 3), the largest first.

    images: uint8 0..255, or float 0..1, (n, h, w, 3): one array, or an iterable of such parts,
    with one part in memory at a time. Raises DataError for other images, and for none.
    """
    count, total, squares = 0, np.zeros(3), np.zeros((3, 3))
    parts: Any = [images] if hasattr(images, "shape") else images
    for part in parts:
        for first in range(0, len(part), _ROWS):
            pixels = _pixels(np.asarray(part[first : first + _ROWS]))
            count += len(pixels)
            total += pixels.sum(0)
            squares += pixels.T @ pixels
    if not count:
        raise DataError("PCA colour: expected images to fit on, received none")
    mean = total / count
    values, vectors = np.linalg.eigh(squares / count - np.outer(mean, mean))
    # A negative eigenvalue is rounding: a covariance has none.
    columns = vectors[:, ::-1] * np.maximum(values[::-1], 0)
    # The sign of an eigenvector is free; fixed here, so a seed means the same everywhere.
    return columns * np.where(columns.sum(0) < 0, -1, 1)


def _pixels(part: np.ndarray) -> np.ndarray:
    if part.ndim != 4 or part.shape[-1] != 3 or part.dtype.kind not in "uf":
        raise DataError(
            f"PCA colour: expected images uint8 or float of shape (n, h, w, 3), "
            f"received {part.dtype} {part.shape}"
        )
    pixels = part.reshape(-1, 3).astype("float64")
    if part.dtype.kind == "u":
        return pixels / np.iinfo(part.dtype).max
    if pixels.size and not 0 <= pixels.min() <= pixels.max() <= 1:
        raise DataError(
            f"PCA colour: expected float images from 0 to 1, received {pixels.min():.3g} to "
            f"{pixels.max():.3g}; divide them by 255"
        )
    return pixels
