"""One smooth map per image: all changes of place together, interpolated once.

A grid of control points covers the image. Each says where in the input its place of the output
comes from: the affine map of its own position, and for local warping a random step. Uniform cubic
B-splines between them reproduce straight lines: without steps the map is affine, with steps it is
smooth. NumPy and Keras share these formulas: `xp` is `numpy` or `keras.ops`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from datasets.errors import DataError

CELLS = 4  # of the grid, on each side
NODES = CELLS + 3  # a cubic spline needs one more before the first and after the last
DRAWS = 6  # random numbers per image, without the steps of its control points


@dataclass(frozen=True)
class RandomAffine:
    """The light augmentation of our recipes: the largest change in each direction; 0 is none.

    flip: mirror left and right, with probability 1/2. shift: a part of the side. rotate: degrees.
    zoom: a part of the size.
    """

    flip: bool = False
    shift: float = 0.0
    rotate: float = 0.0
    zoom: float = 0.0

    def draw(self, rng: np.random.Generator, n: int, height: int, width: int) -> np.ndarray:
        """Control points of n random maps, float32 (n, 2, NODES, NODES); see `controls`."""
        # Recorded runs depend on the order of these draws.
        angle = np.deg2rad(rng.uniform(-self.rotate, self.rotate, n))
        scale = 1 + rng.uniform(-self.zoom, self.zoom, n)
        mirror = np.where(rng.random(n) < 0.5, -1, 1) if self.flip else np.ones(n)
        across = rng.uniform(-self.shift, self.shift, n) * width
        down = rng.uniform(-self.shift, self.shift, n) * height
        angle, scale, mirror, across, down = (
            values[:, None, None] for values in (angle, scale, mirror, across, down)
        )
        y, x = nodes(height)[:, None], nodes(width)[None, :]
        points = [
            scale * (np.sin(angle) * x + np.cos(angle) * y) + down + (height - 1) / 2,
            mirror * scale * (np.cos(angle) * x - np.sin(angle) * y) + across + (width - 1) / 2,
        ]
        return np.stack(points, axis=1).astype("float32")


@dataclass(frozen=True)
class Map:
    """The lecture's changes of place: the largest change in each direction; 0 leaves one out.

    mirror: left and right, with probability 1/2. crop: the part of the side that may be cut away;
    what is left is enlarged to the full size. rotate: degrees. shear: pixels sideways for each
    pixel downwards. warp: how far a control point may step, as a part of the side.
    """

    mirror: bool = False
    crop: float = 0.0
    rotate: float = 0.0
    shear: float = 0.0
    warp: float = 0.0

    def __post_init__(self):
        limits = {"crop": 0.9, "rotate": 180.0, "shear": 1.0, "warp": 0.5}
        for name, most in limits.items():
            if not 0 <= getattr(self, name) <= most:
                raise DataError(
                    f"augmentation: expected {name} from 0 to {most:g}, "
                    f"received {getattr(self, name)!r}"
                )

    def draw(self, rng: np.random.Generator, n: int, height: int, width: int) -> np.ndarray:
        """Control points of n random maps, float32 (n, 2, NODES, NODES); see `controls`."""
        draws = rng.random((n, DRAWS), "float32")
        grid = (NODES, NODES) if self.warp else (1, 1)
        steps = rng.random((n, 2, *grid), "float32")
        return controls(self, draws, steps, height, width).astype("float32")


def controls(how: Map, draws, steps, height: int, width: int, xp=np):
    """Control points, (n, 2, NODES, NODES): y and x in the input, pixels from its first pixel.

    draws: (n, DRAWS) and steps: (n, 2, NODES, NODES), all uniform in 0..1.
    """
    part = [2 * draws[:, i, None, None] - 1 for i in range(DRAWS)]  # (n, 1, 1), -1..1
    flip = xp.where(part[0] < 0, -1.0, 1.0) if how.mirror else 1.0
    cut = how.crop * (part[1] + 1) / 2
    angle, shear = part[4] * np.float32(np.pi / 180 * how.rotate), part[5] * how.shear
    y, x = nodes(height)[:, None], nodes(width)[None, :]
    x = x + shear * y
    across = (1 - cut) * (xp.cos(angle) * x - xp.sin(angle) * y) + part[3] * cut * ((width - 1) / 2)
    down = (1 - cut) * (xp.sin(angle) * x + xp.cos(angle) * y) + part[2] * cut * ((height - 1) / 2)
    stride = how.warp * (2 * steps - 1)
    return xp.stack(
        [
            down + stride[:, 0] * height + (height - 1) / 2,
            flip * across + stride[:, 1] * width + (width - 1) / 2,
        ],
        axis=1,
    )


@lru_cache(maxsize=64)
def nodes(side: int) -> np.ndarray:
    """The positions of the control points along a side, from its middle: float32 (NODES,)."""
    cell = (side - 1) / CELLS
    return ((np.arange(NODES) - 1) * cell - (side - 1) / 2).astype("float32")


@lru_cache(maxsize=64)
def spline(side: int) -> np.ndarray:
    """What each control point weighs at each pixel of a side: float32 (side, NODES)."""
    place = np.arange(side) * (CELLS / max(1, side - 1))
    cell = np.minimum(place.astype(int), CELLS - 1)
    t = place - cell
    cubic = [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]
    weights = np.zeros((side, NODES))
    for k, values in enumerate(cubic):
        weights[np.arange(side), cell + k] = values / 6
    return weights.astype("float32")


def places(points, height: int, width: int, xp=np):
    """Control points -> where each pixel comes from, (n, 2, height, width): y and x in pixels."""
    return xp.matmul(spline(height), xp.matmul(points, spline(width).T))
