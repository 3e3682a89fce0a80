"""Is the second network better than the first? One test for all accuracies that a lesson compares.

Both networks are trained under the same seeds and tested on the same photographs, those that the
training set does not hold. So a result is a table of right and wrong, seeds x photographs, for each
network, and the difference of the two tables is what is judged. It varies for two reasons. Another
seed would give other networks, and other photographs would be easier or harder for one of them. An
interval that knows only one reason is too narrow (Dietterich 1998, "Approximate statistical tests
for comparing supervised classification learning algorithms", says it of tests that know one
training run, such as McNemar's of 1947: so there is none here for a single seed).

The interval is that of studies in which several readers judge the same cases: here a seed is a
reader, and a photograph is a case. The variance of the mean difference is

    (max(seeds, rest) + max(photographs - rest, 0)) / (number of seeds * number of photographs)

where the three are the mean squares of a two-way analysis of variance of the differences. With
"seeds" alone this is the paired t-test over seeds. "Rest" is the least that it can be: five seeds
that happen to agree would look as if there were no chance at all. Student's t has the degrees of
freedom of Hillis 2007, "A comparison of denominator degrees of freedom methods for multiple
observer ROC analysis".

Measured on runs of one network compared with other runs of itself, five seeds against five others
(`benchmarks/seeds.py --rates`, 1,000 draws). A 95% interval should give a verdict in at most 5 of
100.

| of 100 comparisons | LeNet-5, ReLU | LeNet-5, sigmoid |
|---|---|---|
| this interval | 3 | 0 |
| percentiles of a bootstrap over seeds and photographs (Efron & Tibshirani 1993) | 3 | 10 |
| one seed, two standard errors of two shares | 1 | 49 |

Sigmoid learns under some seeds only. Five such seeds are too few to draw from: so no bootstrap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache

import numpy as np

SEEDS = 5  # fewer make no verdict
CONFIDENCE = 0.95
POWER = 0.8  # the chance to see a difference, for the number of runs that would tell
MOST = 200  # runs of each network that anyone would make


class Outcome(Enum):
    """What a measurement says about a claim."""

    SUPPORTED = "Supported"
    CONTRADICTED = "Contradicted"
    TOO_CLOSE = "Too close to tell"
    NOT_TESTED = "Not tested here"


@dataclass(frozen=True)
class Verdict:
    """An outcome and the reason for it; as text they are one sentence."""

    outcome: Outcome
    reason: str

    def __str__(self) -> str:
        return f"{self.outcome.value}: {self.reason}."


@dataclass(frozen=True)
class Runs:
    """One network under several seeds.

    name: in the words of a table. right: bool (seeds, photographs), whether each run read each
    photograph right. losses: the last training loss of each run.
    """

    name: str
    right: np.ndarray
    losses: Sequence[float]

    @property
    def accuracy(self) -> float:
        """The mean over seeds and photographs, from 0 to 1."""
        return float(np.mean(self.right))

    def learnt(self, classes: int) -> bool:
        """Whether the loss is below that of guessing, ln(classes), by more than its own spread."""
        if len(self.losses) < 2:
            return False
        return float(np.mean(self.losses) + np.std(self.losses, ddof=1)) < math.log(classes)


@dataclass(frozen=True)
class Comparison:
    """By how much the second network is better than the first, in percentage points.

    low, high: the interval; NaN for a single seed. by_run, shared: see `_variances`.
    """

    first: Runs
    second: Runs
    classes: int
    points: float
    low: float
    high: float
    confidence: float
    by_run: float
    shared: float

    def __str__(self) -> str:
        seeds, photographs = self.first.right.shape
        interval = (
            "one seed gives no interval"
            if seeds == 1
            else f"{100 * self.confidence:.3g}% interval {self.low:+.1f} to {self.high:+.1f}"
        )
        return (
            f"{self.first.name} {self.first.accuracy:.4f}, {self.second.name} "
            f"{self.second.accuracy:.4f} ({seeds} seed{'s' * (seeds > 1)}, {photographs} "
            f"photographs); difference {self.points:+.1f} points, "
            f"{interval}"
        )

    @property
    def enough(self) -> int | None:
        """How many runs of each network would tell, if the difference is the measured one.

        They would with a chance of POWER. None if more than MOST.
        """
        for runs in range(SEEDS, MOST + 1):
            error = (self.by_run / runs + self.shared) ** 0.5
            t = t_quantile(runs - 1, self.confidence) + _normal_quantile(POWER)
            if abs(self.points) >= t * error:
                return runs
        return None

    def better(self) -> Verdict:
        """The verdict on "the second network is better than the first"."""
        if untested := self._untested(any):
            return untested
        if self.low > 0:
            return Verdict(Outcome.SUPPORTED, "the whole interval is above 0")
        if self.high < 0:
            return Verdict(Outcome.CONTRADICTED, "the whole interval is below 0")
        return self._too_close()

    def as_good(self, margin: float) -> Verdict:
        """The verdict on "the second network is about as good": within `margin` points.

        It is supported only by an interval that lies within the margin; the margin is to be chosen
        before anything is measured (Schuirmann 1987).
        """
        if untested := self._untested(all):
            return untested
        if -margin < self.low and self.high < margin:
            return Verdict(
                Outcome.SUPPORTED, f"the whole interval is within the margin of {margin:g} points"
            )
        if self.low > margin or self.high < -margin:
            return Verdict(
                Outcome.CONTRADICTED, f"the whole interval is outside of the {margin:g} points"
            )
        return Verdict(
            Outcome.TOO_CLOSE, f"the interval is partly outside of the margin of {margin:g} points"
        )

    def answer(self) -> str:
        """The answer to "which is better?", where nobody has claimed anything: one sentence."""
        verdict = self.better()
        if verdict.outcome in (Outcome.TOO_CLOSE, Outcome.NOT_TESTED):
            return str(verdict)
        better = self.second if self.points > 0 else self.first
        least, most = sorted((abs(self.low), abs(self.high)))
        return f"{better.name} is better, by {least:.1f} to {most:.1f} points."

    def _untested(self, enough_of) -> Verdict | None:
        seeds = len(self.first.right)
        if seeds < SEEDS:
            return Verdict(
                Outcome.NOT_TESTED, f"a verdict takes {SEEDS} seeds or more, received {seeds}"
            )
        if not enough_of(runs.learnt(self.classes) for runs in (self.first, self.second)):
            return Verdict(
                Outcome.NOT_TESTED,
                "nothing was learnt, for the training loss is not below that of guessing, "
                f"ln {self.classes} = {math.log(self.classes):.2f}, by more than its spread",
            )
        return None

    def _too_close(self) -> Verdict:
        needed = (
            f"more than {MOST} runs of each, or more photographs, would be needed"
            if self.enough is None
            else f"about {self.enough} runs of each would tell"
        )
        return Verdict(Outcome.TOO_CLOSE, f"if this is the difference, {needed}")


def compare(first: Runs, second: Runs, classes: int, tests: int = 1) -> Comparison:
    """Compare two networks that were trained under the same seeds; see the top of this file.

    Args:
        first: One network.
        second: The other, for the same seeds and photographs.
        classes: How many there are; guessing has a loss of ln(classes).
        tests: How many comparisons belong to one claim. Each then takes a share of the error that
            is allowed (Bonferroni), or one of several would find something by chance.

    Raises:
        ValueError: The two tables are not of the same seeds and photographs.
    """
    if first.right.shape != second.right.shape:
        raise ValueError(
            f"expected the same seeds and photographs, received tables of {first.right.shape} and "
            f"{second.right.shape}"
        )
    points = 100.0 * (second.right.astype(float) - first.right)
    mean = float(points.mean())
    if len(points) < 2:
        nan = math.nan
        return Comparison(first, second, classes, mean, nan, nan, CONFIDENCE, nan, nan)
    by_run, shared = _variances(points)
    runs = len(points)
    variance = by_run / runs + shared
    # Hillis: the more of the variance is of the photographs, which are many, the more of them.
    freedom = (runs - 1) * (variance / (by_run / runs)) ** 2 if by_run else math.inf
    confidence = 1 - (1 - CONFIDENCE) / tests
    reach = t_quantile(freedom, confidence) * variance**0.5
    low, high = mean - reach, mean + reach
    return Comparison(first, second, classes, mean, low, high, confidence, by_run, shared)


def _variances(points: np.ndarray) -> tuple[float, float]:
    """(the variance that one run adds, that of the photographs, which more runs do not lower)."""
    runs, photographs = points.shape
    by_run, by_photograph = points.mean(1), points.mean(0)
    rest = points - by_run[:, None] - by_photograph + points.mean()
    of_rest = (rest**2).sum() / ((runs - 1) * (photographs - 1))
    of_runs = max(photographs * by_run.var(ddof=1), of_rest)
    of_photographs = runs * by_photograph.var(ddof=1)
    shared = max(of_photographs - of_rest, 0.0) / (runs * photographs)
    return float(of_runs / photographs), float(shared)


def _normal_quantile(chance: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(chance)


@cache
def t_quantile(freedom: float, confidence: float = CONFIDENCE) -> float:
    """The t between whose negative and itself Student's distribution has `confidence`.

    freedom: degrees of freedom, not necessarily a whole number.
    """
    if freedom > 1e4:
        return _normal_quantile((1 + confidence) / 2)
    # With t = sqrt(freedom) * tan(angle) the density is that of cos(angle)^(freedom - 1).
    angles = np.linspace(0, math.pi / 2, 4_001)
    density = np.cos(angles) ** (freedom - 1)
    below = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    return math.sqrt(freedom) * math.tan(np.interp(confidence, below / below[-1], angles))


@dataclass(frozen=True)
class Ratio:
    """How many times as long the second took as the first: the geometric mean over seeds.

    low, high: the paired t-interval of its logarithm; NaN for a single seed. total: what a run that
    did not come to the goal counts as. never: how many runs of the first, and of the second, did
    not. If some of the first did not, the ratio is too large, and too small if some of the second.
    """

    times: float
    low: float
    high: float
    seeds: int
    total: int
    never: tuple[int, int]

    def __str__(self) -> str:
        counted = f"; never counts as {self.total}" if any(self.never) else ""
        if self.seeds == 1:
            return f"{self.times:.1f} times as long under one seed{counted}"
        return (
            f"{self.times:.1f} times as long (mean of {self.seeds} seeds; {CONFIDENCE:.0%} "
            f"interval {self.low:.1f} to {self.high:.1f}{counted})"
        )

    def at_least(self, wanted: float) -> Verdict:
        """The verdict on "the second takes at least `wanted` times as long"."""
        first, second = self.never
        if first == second == self.seeds:
            return Verdict(Outcome.NOT_TESTED, "neither came so far")
        if self.seeds < SEEDS:
            return Verdict(
                Outcome.NOT_TESTED, f"a verdict takes {SEEDS} seeds or more, received {self.seeds}"
            )
        if self.low > wanted and not first:
            return Verdict(Outcome.SUPPORTED, f"the whole interval is above {wanted:g}")
        if self.high < wanted and not second:
            return Verdict(Outcome.CONTRADICTED, f"the whole interval is below {wanted:g}")
        if self.low <= wanted <= self.high:
            return Verdict(Outcome.TOO_CLOSE, f"the interval includes {wanted:g}")
        return Verdict(Outcome.TOO_CLOSE, "longer runs would tell: some did not come there")


def ratio(first: Sequence[int | None], second: Sequence[int | None], total: int) -> Ratio:
    """Compare how long two networks took to a goal, under the same seeds.

    first, second: steps or epochs; None, for a run that did not come there, counts as `total`, the
    length of the run: it took at least so long.
    """
    never = sum(value is None for value in first), sum(value is None for value in second)
    logs = np.log(
        [
            (total if after is None else after) / (total if before is None else before)
            for before, after in zip(first, second, strict=True)
        ]
    )
    mean, seeds = float(logs.mean()), len(logs)
    reach = t_quantile(seeds - 1) * float(logs.std(ddof=1)) / seeds**0.5 if seeds > 1 else math.nan
    return Ratio(
        math.exp(mean), math.exp(mean - reach), math.exp(mean + reach), seeds, total, never
    )
