"""Reference weights and inputs: two networks that are the same compute the same with them.

A weight's values depend only on its shape and its role, not on its name or its place in a list:
`X + shortcut` and `shortcut + X` order the same weights differently and are the same network.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np

# Half-width and centre of each role's uniform values. The scales of batch norm stay below one:
# otherwise sixteen residual sums in a row would drown the part that depends on the image.
RANGES = {
    "bias": (0.2, 0.0),
    "gamma": (0.25, 0.6),
    "beta": (0.2, 0.0),
    "moving_mean": (0.2, 0.0),
    "moving_variance": (0.5, 1.0),
}
# From a seed to the seed of other values; the seeds of cases are smaller.
APART = 1000
# The scale of dense kernels, relative to He's: the last layer of a deep net sees large features.
DENSE = 0.15


def apart(seed: int, number: int) -> int:
    """The seed of the `number`th other values; 0 gives the seed itself."""
    return seed + APART * number


def _generator(*parts) -> np.random.Generator:
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "little"))


def _uniform(generator: np.random.Generator, shape, half: float, centre: float = 0.0):
    values = generator.random(shape, dtype=np.float32)
    values *= np.float32(2 * half)
    values += np.float32(centre - half)
    return values


@lru_cache(maxsize=64)
def weights(role: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Float32 values for a weight. role: its name in Keras, such as kernel, bias or gamma."""
    generator = _generator("weights", role, tuple(shape), seed)
    if role in RANGES:
        return _uniform(generator, shape, *RANGES[role])
    fan_in = math.prod(shape[:-1]) or 1
    scale = DENSE if len(shape) == 2 else 1.0
    return _uniform(generator, shape, scale * math.sqrt(6 / fan_in))


def mapping(variables: list, seed: int) -> list[tuple]:
    """(variable of Keras, tensor of the reference values for it), as a StatelessScope takes it."""
    return [(v, _tensor(v.name, tuple(v.shape), seed, v.dtype)) for v in variables]


# A deep network repeats its shapes, and so does the next case.
@lru_cache(maxsize=128)
def _tensor(role: str, shape: tuple[int, ...], seed: int, dtype: str):
    import keras

    return keras.ops.convert_to_tensor(weights(role, shape, seed), dtype)


def inputs(shape: tuple[int, ...], seed: int, level: float = 1.0) -> np.ndarray:
    """Float32 values for an input of this shape, batch first: noise around a level.

    Each channel of each example has a level of its own, in [-level, level]. Noise alone averages
    out on the way through a deep net, until the output no longer depends on the image.
    """
    generator = _generator("inputs", tuple(shape), seed)
    noise = _uniform(generator, shape, max(1.0, level / 4))
    flat = (shape[0], *(1 for _ in shape[1:-1]), shape[-1])
    return noise + _uniform(generator, flat, level)


def pixels(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Values uint8 from 0 to 255 for images of this shape, batch first."""
    return _generator("pixels", tuple(shape), seed).integers(0, 256, shape, dtype=np.uint8)


def float_pixels(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """The same values as float32: sums of them have no rounding."""
    return pixels(shape, seed).astype(np.float32)


def whole(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Whole numbers, uint8 from 0 to 3: even their products with pixels do not fit into a uint8."""
    return _generator("whole", tuple(shape), seed).integers(0, 4, shape, dtype=np.uint8)


def places(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Images uint8 (n, h, w, c) whose pixels say where they come from, the same for every seed.

    Channel 0 grows by `step(h)` per row, channel 1 by `step(w)` per column, any other is 200.
    """
    images = np.full(shape, 200, dtype=np.uint8)
    images[..., 0] = np.arange(shape[1])[:, None] * step(shape[1])
    images[..., 1] = np.arange(shape[2]) * step(shape[2])
    return images


def step(side: int) -> int:
    """By how much `places` grows from one pixel to the next along a side."""
    return 255 // (side - 1)


def colours(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Images uint8 (n, h, w, 3) whose colours have a covariance with three distinct axes.

    Each channel is dark or bright, together with the others or against them: red by 90 around the
    middle, green by 75 and blue by 55. Each image prefers a colour of its own, and in its first row
    black and white pixels take turns.
    """
    generator = _generator("colours", tuple(shape), seed)

    def drawn(*sizes):
        # Green goes with red in five of six, blue against red in two of three.
        signs = generator.choice([-1, 1], sizes)
        with_red = np.where(generator.random((2, *sizes)) < [[[[5 / 6]]], [[[1 / 3]]]], 1, -1)
        return np.stack([signs, *(signs * with_red)], axis=-1)

    own, others = drawn(shape[0], 1, 1), drawn(*shape[:3])
    chosen = np.where(generator.random((*shape[:3], 1)) < 0.7, own, others)
    images = 128 + chosen * [90, 75, 55] + generator.integers(-2, 3, shape)
    images[:, 0] = 255 * (np.arange(shape[2]) % 2)[:, None]
    return images.astype(np.uint8)


def faint(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Images uint8 (n, h, w, 3) of a grey wall: every value is 126 to 130."""
    return _generator("faint", tuple(shape), seed).integers(126, 131, shape).astype(np.uint8)


# The values that an array of a case may hold, see grader.runner.cases.
VALUES: dict[str, Callable[[tuple[int, ...], int], np.ndarray]] = {
    "noise": inputs,
    "pixels": pixels,
    "float_pixels": float_pixels,
    "places": places,
    "colours": colours,
    "faint": faint,
    "whole": whole,
    "zeros": lambda shape, seed: np.zeros(shape, np.float32),
    "ones": lambda shape, seed: np.ones(shape, np.float32),
    **{role: partial(weights, role) for role in ("kernel", *RANGES)},
}


@lru_cache(maxsize=64)
def _directions(size: int, seed: int) -> np.ndarray:
    generator = _generator("directions", size, seed)
    return _uniform(generator, (3, size), 1.0) / np.float32(math.sqrt(size))


def fingerprint(value: np.ndarray, seed: int) -> list[float]:
    """Four numbers that tell one tensor from another: its root mean square and three projections.

    value: any shape, batch first. Two tensors that differ by a part p of their size differ by about
    p in these numbers. A tensor that is not finite gives NaN.
    """
    flat = np.asarray(value, dtype=np.float32).reshape(-1)
    if not flat.size or not np.isfinite(flat).all():
        return [float("nan")] * 4
    size = math.sqrt(float(np.mean(np.square(flat, dtype=np.float64))))
    return [size, *map(float, _directions(flat.size, seed) @ flat)]
