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


def strengths(drawn: np.ndarray, most: float, slack: float) -> str:
    """How strengths were drawn, which are not uniform from -most to most.

    Each way has the width that suits the numbers best. slack: by how much a number may be measured
    wrongly. Of a whole circle of angles nothing but the width is left.
    """
    size, count = abs(drawn), len(drawn)
    widest, variance = float(size.max()), float(np.mean(drawn**2))
    one_side = drawn.min() > -slack or drawn.max() < slack
    spread = max(float(size.std()), slack / 4)
    uniform = "far" if widest > most + slack else "narrow" if widest < most else "uneven draws"
    ways = {
        uniform: -count * math.log(2 * widest),
        "one side": -count * math.log(widest) if one_side else -math.inf,
        "not uniform": -count / 2 * (math.log(2 * math.pi * variance) + 1) - CLEARLY,
        "two values": -count * (math.log(2 * spread * math.sqrt(2 * math.pi)) + 0.5) - CLEARLY,
    }
    return max(ways, key=lambda way: ways[way])


def flatness(drawn: np.ndarray) -> float:
    """The fourth moment over the square of the second: 3 of normal draws, 1.8 of uniform ones."""
    return float(np.mean(drawn**4) / np.mean(drawn**2) ** 2)
