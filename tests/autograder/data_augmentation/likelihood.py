"""Which of several ways to draw explains numbers best: neighbouring mistakes are told apart by all
numbers together, not by the first that crosses a threshold."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

# The chance of what a way cannot give: measuring may be off by one, once in a while.
RARE = 1e-4
# By how many nats another family of draws must be likelier.
CLEARLY = 2.0


def wrong_places(counts: np.ndarray) -> str:
    """How places 0 to 2 m were drawn, from how often each came, where they are not uniform."""
    return max(_ways(len(counts)), key=lambda way: _log_likelihood(counts, way[1]))[0]


def _ways(size: int) -> Iterator[tuple[str, np.ndarray]]:
    """(code, the chance of each place) of the wrong ways to draw a place."""
    places, middle = np.arange(size), size // 2
    for last in (size - 2, middle, middle - 1):
        yield "ends", places <= last
        yield "ends", places >= size - 1 - last
    for margin in range(1, middle):
        yield "narrow margin", abs(places - middle) <= margin
    for deviation in (middle / 3, middle / 2, middle):
        yield "uneven", np.exp(-(((places - middle) / deviation) ** 2) / 2)
    yield "uneven", middle + 1.0 - abs(places - middle)


def _log_likelihood(counts: np.ndarray, way: np.ndarray) -> float:
    return float((counts * np.log(np.maximum(way / way.sum(), RARE))).sum())


def normal(drawn: np.ndarray) -> bool:
    """Whether numbers are far likelier drawn from a normal distribution about 0 than uniformly.

    Both have the width that suits the numbers best.
    """
    uniform = -len(drawn) * math.log(2 * abs(drawn).max())
    variance = float(np.mean(drawn**2))
    return -len(drawn) / 2 * (math.log(2 * math.pi * variance) + 1) > uniform + CLEARLY


def flatness(drawn: np.ndarray) -> float:
    """The fourth moment over the square of the second: 3 of normal draws, 1.8 of uniform ones."""
    return float(np.mean(drawn**4) / np.mean(drawn**2) ** 2)
