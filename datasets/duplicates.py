"""Photographs that are the same: within train, within test, and in both.

Two photographs are compared by the RMS difference, in grey levels, of the means of their 8x8
blocks. JPEG, which the rebuilt train file went through, keeps the mean of an 8x8 block most
finely: at full resolution its noise alone is 3 to 5 levels, and the margin between a repeated
frame and its neighbour is 6.2 to 7.5. Over block means the same photograph is at most 1.3 apart,
frames an instant apart 2.4 (test and train) and 2.9 (within train), the next pair of frames 3.5.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

BLOCK = 8  # pixels, as in JPEG
SAME = 3.0  # grey levels: 2.4 and 3.5 decide over test, and both are a sixth or more away

SLICE = 512  # rows compared at a time: memory does not grow with the square


class Pair(NamedTuple):
    """Photographs `first` and `second` (indices), and their RMS over blocks and over pixels."""

    first: int
    second: int
    blocks: float
    pixels: float


def shared_pairs(test: np.ndarray, train: np.ndarray) -> list[Pair]:
    """The test photographs that train also holds, each with the nearest one of train.

    Args:
        test: uint8 (n, 64, 64, 3).
        train: uint8 (m, 64, 64, 3).

    Returns:
        One pair per shared test photograph: `first` counts in test, `second` in train.
    """
    near = _distances(test, train)
    best = near.argmin(1)
    rows = np.flatnonzero(near[np.arange(len(best)), best] < SAME)
    return [_pair(test, train, int(i), int(best[i]), near) for i in rows]


def repeated_pairs(images: np.ndarray) -> list[Pair]:
    """The pairs of `images`, uint8 (n, 64, 64, 3), that are the same photograph twice."""
    pairs = []
    for start in range(0, len(images), SLICE):
        near = _distances(images[start : start + SLICE], images[start:])
        rows, columns = np.nonzero(np.triu(near < SAME, 1))
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True):
            pair = _pair(images[start:], images[start:], i, j, near)
            pairs.append(pair._replace(first=start + i, second=start + j))
    return pairs


def unseen(test: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Which test photographs train does not hold: boolean (n,); 107 of 120 in SIGNS."""
    mask = np.ones(len(test), bool)
    mask[[pair.first for pair in shared_pairs(test, train)]] = False
    return mask


def _blocks(images: np.ndarray) -> np.ndarray:
    """uint8 (n, 64, 64, 3) -> means of 8x8 blocks, float64 (n, 192)."""
    n, height, width, channels = images.shape
    tiles = images.reshape(n, height // BLOCK, BLOCK, width // BLOCK, BLOCK, channels)
    return tiles.mean((2, 4), dtype=np.float64).reshape(n, -1)


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = _blocks(a), _blocks(b)
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0) / a.shape[1])


def _pair(a: np.ndarray, b: np.ndarray, i: int, j: int, near: np.ndarray) -> Pair:
    difference = a[i].astype(np.float64) - b[j]
    return Pair(i, j, float(near[i, j]), float(np.sqrt((difference**2).mean())))
