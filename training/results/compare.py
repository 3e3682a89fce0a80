"""Runs compared on the same test images: the difference, an interval, and McNemar's exact test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from training.errors import TrainingError
from training.results.find import KeptRun

LEVEL = 0.05


@dataclass(frozen=True)
class Paired:
    """Two runs on the same `tested` images: on how many the first or the second alone was right.

    chance: how often differences as large as this are taken for real where there is none.
    """

    first_only: int
    second_only: int
    tested: int
    chance: float = LEVEL

    @property
    def points(self) -> float:
        """By how many percentage points the second is better than the first."""
        return 100 * (self.second_only - self.first_only) / self.tested

    @property
    def p(self) -> float:
        """McNemar's exact test: a fair coin decides each image that one run alone got right."""
        fewer, total = min(self.first_only, self.second_only), self.first_only + self.second_only
        tail = sum(math.comb(total, heads) for heads in range(fewer + 1))
        return min(1.0, 2 * tail / 2**total)

    @property
    def interval(self) -> tuple[float, float]:
        """Of the difference, in percentage points: it leaves out 0 just when the test does.

        Fay and Lumbard 2021, Confidence intervals for difference in proportions for matched pairs
        compatible with exact McNemar's or sign tests, Statistics in Medicine 40.
        """
        low = _least(self.second_only, self.first_only, self.tested, self.chance / 2)
        high = -_least(self.first_only, self.second_only, self.tested, self.chance / 2)
        return 100 * low, 100 * high

    @property
    def verdict(self) -> str:
        """better or worse, of the second run, or level where chance makes such a difference."""
        if self.p >= self.chance:
            return "level"
        return "better" if self.points > 0 else "worse"


_EDGES = np.linspace(0, 1, 20_001)


def _least(wins: int, losses: int, tested: int, tail: float) -> float:
    """The lower end of the interval of (wins - losses) / tested.

    That is the part of images that only one run got right, times the balance of wins and losses
    among them. What is known of each is a beta distribution.
    """
    apart, share = wins + losses, _below(wins, losses + 1)
    halves = (np.arange(500) + 0.5) / 500  # stand for the part, each for as much of it
    parts = [
        np.interp(halves, _below(a, b), _EDGES) if a and b else np.full(1, 0.0 if a == 0 else 1.0)
        for a, b in ((apart, tested - apart + 1), (apart + 1, tested - apart))
    ]

    def below(least: float) -> float:
        wanted = [(1 + least / np.maximum(part, 1e-9)) / 2 for part in parts]
        return max(float(np.interp(at, _EDGES, share, left=0).mean()) for at in wanted)

    low, high = -1.0, 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < tail else (low, middle)
    return low


def _below(a: int, b: int) -> np.ndarray:
    """How much of the beta distribution of a and b is below each edge."""
    if a == 0:  # all of it is at 0
        return np.ones_like(_EDGES)
    middle = (_EDGES[1:] + _EDGES[:-1]) / 2
    log = (a - 1) * np.log(middle) + (b - 1) * np.log1p(-middle)
    below = np.cumsum(np.exp(log - log.max()))
    return np.concatenate(([0], below / below[-1]))


@dataclass(frozen=True)
class Comparison:
    """A run beside the first, `names`: on all test images, and on those that neither trained on."""

    names: tuple[str, str]
    everything: Paired
    unseen: Paired | None


def compare(runs: Sequence[KeptRun]) -> list[Comparison]:
    """Every run beside the first.

    Of several comparisons one would find a difference by chance too often, so each asks for more
    (Bonferroni). Raises TrainingError where two runs were not tested on the same images.
    """
    if len(runs) < 2:
        raise TrainingError(f"expected two runs or more to compare, received {len(runs)}")
    for run in runs[1:]:
        _check_same_images(runs[0], run)
    chance = LEVEL / (len(runs) - 1)
    return [_compared(runs[0], run, chance) for run in runs[1:]]


def _compared(first: KeptRun, second: KeptRun, chance: float) -> Comparison:
    ours, theirs = right(first), right(second)
    rows = [set(_result(run)["unseen_rows"]) for run in (first, second)]
    new = np.zeros(len(ours), bool)
    new[sorted(rows[0] & rows[1])] = True
    return Comparison(
        (first.name, second.name),
        _paired(ours, theirs, chance),
        _paired(ours[new], theirs[new], chance) if new.any() and not new.all() else None,
    )


def _paired(first: np.ndarray, second: np.ndarray, chance: float) -> Paired:
    return Paired(int((first & ~second).sum()), int((second & ~first).sum()), len(first), chance)


def right(run: KeptRun) -> np.ndarray:
    """Which test images a run got right, bool (n,); raises TrainingError if it kept no labels."""
    result = _result(run)
    if "labels" not in result:
        raise TrainingError(
            f"{run.name} was made by a version that kept no labels beside its answers; "
            "train it again to compare it"
        )
    return np.array(result["predictions"]) == np.array(result["labels"])


def _result(run: KeptRun) -> Mapping:
    assert run.result is not None  # `find.finished` gave it
    return run.result


def _check_same_images(first: KeptRun, second: KeptRun) -> None:
    sums = [run.sums.get("test") for run in (first, second)]
    if None in sums or sums[0] != sums[1]:
        raise TrainingError(
            f"expected runs that were tested on the same images, received {first.name} "
            f"({first.data}) and {second.name} ({second.data}); compare runs on the same data"
        )


def sentence(name: str, paired: Paired) -> str:
    """A comparison in words; name: of the second run."""
    low, high = paired.interval
    size, points = abs(paired.points), "point" if round(abs(paired.points), 1) == 1 else "points"
    level = f"{100 * (1 - paired.chance):.4g}% interval {low:.1f} to {high:.1f}"
    figures = f"({level}), McNemar p = {_p(paired.p)}, n = {paired.tested}"
    if paired.verdict != "level":
        return f"{name} is {paired.verdict} by {size:.1f} {points} {figures}"
    side = "ahead" if paired.points > 0 else "behind"
    where = f"{size:.1f} {points} {side}" if size else "right as often"
    return f"too close to tell: {name} is {where} {figures}"


def _p(p: float) -> str:
    return f"{p:.1g}" if p < 0.001 else f"{p:.2g}"


def as_records(comparisons: Sequence[Comparison]) -> list[dict]:
    """Comparisons as JSON: counts, percentage points, interval, p and verdict."""
    return [
        {"first": one.names[0], "second": one.names[1], "images": images, **_record(paired)}
        for one in comparisons
        for images, paired in (("all", one.everything), ("unseen", one.unseen))
        if paired is not None
    ]


def _record(paired: Paired) -> dict:
    return {
        **asdict(paired),
        "points": paired.points,
        "interval": list(paired.interval),
        "p": paired.p,
        "verdict": paired.verdict,
    }
