"""Photographs that are the same: within train, within test, and in both.

Two photographs are compared by the RMS difference, in grey levels, of the means of their 8x8
blocks. JPEG, which the rebuilt train file went through, keeps the mean of an 8x8 block most
finely: at full resolution its noise alone is 3 to 5 levels, and the margin between a repeated
frame and its neighbour is 6.2 to 7.5. Over block means the same photograph is at most 1.3 apart,
frames an instant apart 2.4 (test and train) and 2.9 (within train), the next pair of frames 3.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from datasets.errors import DataError

if TYPE_CHECKING:
    from datasets.signs import Signs

BLOCK = 8  # pixels, as in JPEG
SAME = 3.0  # grey levels: 2.4 and 3.5 decide over test, and both are a sixth or more away

SLICE = 512  # rows compared at a time, so that memory does not grow with the square


class Pair(NamedTuple):
    """Photographs `first` and `second` (indices), and their RMS over blocks and over pixels."""

    first: int
    second: int
    blocks: float
    pixels: float


def shared_pairs(signs: Signs) -> list[Pair]:
    """The test photographs (first) that train holds, each with the nearest of train (second)."""
    near = _distances(signs.test_x, signs.train_x)
    best = near.argmin(1)
    rows = np.flatnonzero(near[np.arange(len(best)), best] < SAME)
    return [_pair(signs.test_x, signs.train_x, i, best[i], near) for i in rows]


def repeated_pairs(images: np.ndarray) -> list[Pair]:
    """The pairs of `images`, uint8 (n, 64, 64, 3), that are the same photograph twice."""
    pairs = []
    for start in range(0, len(images), SLICE):
        near = _distances(images[start : start + SLICE], images[start:])
        rows, columns = np.nonzero(np.triu(near < SAME, 1))
        pairs += [
            _pair(images[start:], images[start:], i, j, near)._replace(
                first=start + int(i), second=start + int(j)
            )
            for i, j in zip(rows, columns, strict=True)
        ]
    return pairs


def unseen(signs: Signs) -> np.ndarray:
    """Boolean (n_test,): the test photographs that train does not hold; 107 of 120 in SIGNS."""
    mask = np.ones(len(signs.test_x), bool)
    mask[[pair.first for pair in shared_pairs(signs)]] = False
    return mask


def held_out(signs: Signs, seed: int = 0) -> Signs:
    """Train split in five: four parts stay in train, the fifth takes the place of test.

    1,080 photographs -> 864 and 216, the same number of every class, drawn by `seed`. Recipes are
    chosen on this; the test set is not touched. A photograph that train holds twice goes to one
    side whole. Those that the real test set holds as well are not removed: the split is by class
    only. Raises DataError if a class has too few photographs to split.
    """
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(signs.train_y), bool)
    for label in signs.classes:
        rows = np.flatnonzero(signs.train_y == label)
        wanted = round(len(rows) / 5)
        if not wanted:
            raise DataError(
                f"expected at least 3 train photographs of class {label}, "
                f"found {len(rows)}: hold out from a larger set"
            )
        for group in _shuffled_groups(signs.train_x[rows], rng):
            if len(group) <= wanted:
                chosen[rows[group]] = True
                wanted -= len(group)
    return signs._replace(
        train_x=signs.train_x[~chosen],
        train_y=signs.train_y[~chosen],
        test_x=signs.train_x[chosen],
        test_y=signs.train_y[chosen],
    )


def _shuffled_groups(images: np.ndarray, rng: np.random.Generator) -> list[list[int]]:
    """Indices in random order, those of one photograph together."""
    leader = list(range(len(images)))
    for pair in repeated_pairs(images):
        old, new = leader[pair.second], leader[pair.first]
        leader = [new if one == old else one for one in leader]
    groups: dict[int, list[int]] = {}
    for i in rng.permutation(len(images)):
        groups.setdefault(leader[i], []).append(int(i))
    return list(groups.values())


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
    return Pair(int(i), int(j), float(near[i, j]), float(np.sqrt((difference**2).mean())))
