"""How numbers differ from the right ones, where no bank names the mistake and there is no graph.

The first of these that holds is told: a factor, an amount, one part alone that is right or wrong,
the same numbers at other places, a small difference.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

SENTENCES = {
    "places": "they are the right numbers, at other places.",
    "part": "only {where} is right.",
    "part of a part": "only {where} of {within} is right.",
    "rest": "all are right except {where}.",
    "rest of a part": "all are right except {where} of {within}.",
    "factor": "all are {number} times as large.",
    "factors": "all in one {axis} are larger or smaller by the same factor: {numbers}.",
    "amount": "all are larger by {number}.",
    "amounts": "all in one {axis} are larger or smaller by the same amount: {numbers}.",
    "near": "they differ by {number}% alone. Look for something small, such as n - 1 for n, or "
    "epsilon.",
    "image": "image {number}",
    "row": "row {number}",
    "column": "column {number}",
    "channel": "channel {number}",
    "with": "{sentence} Compared with the right numbers: {difference}",
}
NAMES = {
    "places": "numbers at other places",
    "part": "right in part",
    "part of a part": "right in part",
    "rest": "right in part",
    "rest of a part": "right in part",
    "factor": "another factor",
    "factors": "another factor",
    "amount": "another amount",
    "amounts": "another amount",
    "near": "nearly right",
}
AXES = {
    4: ("image", "row", "column", "channel"),
    2: ("image", "channel"),
    1: ("channel",),
}
# Of the size of the right numbers: what fits, what is the same number but for rounding, and what is
# near.
FITS, EQUAL, NEAR = 3e-3, 3e-5, 0.03
# Of the numbers in a wrong row, column or channel, how many may be right by chance.
CHANCE = 0.5
# How many numbers a sentence lists.
LISTED = 4


@dataclass(frozen=True)
class Difference:
    """One difference: its kind, a key of SENTENCES and of NAMES, and the words for its fields."""

    kind: str
    words: dict[str, str]

    @property
    def name(self) -> str:
        """The difference as the name of a misconception."""
        return NAMES[self.kind]

    @property
    def sentence(self) -> str:
        """The difference in words."""
        return SENTENCES[self.kind].format(**self.words)


def difference(received: np.ndarray, expected: np.ndarray) -> Difference | None:
    """How `received` differs from `expected`, of the same shape; None if nothing simple holds."""
    axes = AXES.get(expected.ndim)
    if axes is None or received.shape != expected.shape or not np.isfinite(received).all():
        return None
    own, right = received.astype(np.float64), expected.astype(np.float64)
    size = float(np.sqrt(np.mean(right**2))) or 1.0
    equal = abs(own - right) <= EQUAL * size
    if abs(own - right).max() <= FITS * size / 3:
        return None
    return (
        _factor(own, right, size, axes)
        or _amount(own, right, size, axes)
        or _part(equal, axes)
        or _places(own, right, size)
        or _near(own, right, size)
    )


def _part(equal: np.ndarray, axes: tuple[str, ...]) -> Difference | None:
    """Whether a row, a column, a channel or an image, or one inside another, is all that is right,
    or all that is wrong.
    """
    for axis, name in enumerate(axes):
        shares = equal.mean(axis=_others(axis, equal.ndim))
        right = shares == 1
        clear = len(shares) > 2 and right.any() and shares[~right].max(initial=0) < CHANCE
        for kind, which in (("part", right), ("rest", ~right)):
            if clear and which.sum() == 1:
                number = int(np.flatnonzero(which)[0]) + 1
                return Difference(kind, {"where": SENTENCES[name].format(number=number)})
    for kind, which in (("part", equal), ("rest", ~equal)):
        found = [
            (name, places)
            for axis, name in enumerate(axes)
            if len(places := np.flatnonzero(which.any(axis=_others(axis, which.ndim))))
            < which.shape[axis]
        ]
        if not 0 < len(found) < 3 or any(len(places) != 1 for _, places in found):
            continue
        box = np.ix_(*_indices(found, axes, which.shape))
        if which[box].all():
            words = [SENTENCES[name].format(number=places[0] + 1) for name, places in found[::-1]]
            names = dict(zip(("where", "within"), words, strict=False))
            return Difference(kind if len(words) == 1 else f"{kind} of a part", names)
    return None


def _indices(found: list, axes: tuple[str, ...], shape: tuple[int, ...]) -> list:
    chosen = dict(found)
    return [chosen.get(name, np.arange(length)) for name, length in zip(axes, shape, strict=True)]


def _others(axis: int, rank: int) -> tuple[int, ...]:
    return tuple(other for other in range(rank) if other != axis)


def _places(own: np.ndarray, right: np.ndarray, size: float) -> Difference | None:
    same = abs(np.sort(own, axis=None) - np.sort(right, axis=None)).max() <= FITS * size / 3
    return Difference("places", {}) if same and right.size > 4 else None


def _groups(axes: tuple[str, ...], shape: tuple[int, ...]):
    """All numbers together, and then those of each image and of each channel."""
    yield None, [(...,)]
    for name in ("channel", "image"):
        if name in axes and len(axes) > 1:
            axis = axes.index(name)
            yield name, [(slice(None),) * axis + (i,) for i in range(shape[axis])]


def _factor(own, right, size, axes) -> Difference | None:
    def fit(a, b):
        return float((a * b).sum() / max((b * b).sum(), 1e-30))

    return _fitted("factor", own, right, size, axes, fit, lambda b, number: b * number)


def _amount(own, right, size, axes) -> Difference | None:
    def fit(a, b):
        return float((a - b).mean())

    return _fitted("amount", own, right, size, axes, fit, lambda b, number: b + number)


def _fitted(kind, own, right, size, axes, fit, apply) -> Difference | None:
    """Whether one number for all, or one for each image or channel, leads from right to own."""
    for name, places in _groups(axes, right.shape):
        if right[places[0]].size < 3:
            continue
        numbers = [fit(own[place], right[place]) for place in places]
        fits = zip(places, numbers, strict=True)
        if all(abs(own[at] - apply(right[at], n)).max() <= FITS * size for at, n in fits):
            if name is None:
                return Difference(kind, {"number": f"{numbers[0]:.3g}"})
            listed = " ".join(f"{number:.3g}" for number in numbers[:LISTED])
            return Difference(f"{kind}s", {"axis": name, "numbers": listed})
    return None


def _near(own: np.ndarray, right: np.ndarray, size: float) -> Difference | None:
    part = float(np.sqrt(np.mean((own - right) ** 2))) / size
    return Difference("near", {"number": f"{100 * part:.2g}"}) if part < NEAR else None


def first(answers) -> Difference | None:
    """The first difference that shows in the arrays of a check's cases.

    answers: (case, received, expected) of each. A network's outputs have a graph to look at, so
    cases with modes are left out.
    """
    pairs = (
        (received.arrays.get(name), right)
        for case, received, expected in answers
        if not case.get("modes")
        for name, right in expected.arrays.items()
    )
    found = (difference(own, right) for own, right in pairs if own is not None)
    return next(itertools.filterfalse(lambda one: one is None, found), None)
