"""What a run should reach, by the recorded runs of the same recipe on the same data.

The rule for every figure: a new run is expected within three standard deviations of the mean of
the recorded runs. Of five recorded runs that is the 95% prediction interval, 2.78 standard
deviations times the root of 1 + 1/5. A standard deviation of less than one test image counts as
one image: rounding alone moves that much. Fewer than FEWEST recorded runs say nothing.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# `python benchmarks/reproduced.py --expected` writes it from benchmarks/records.jsonl.
FILE = Path(__file__).with_name("expected.json")
KEY = ("assignment", "recipe", "data", "epochs")
FEWEST = 5
DEVIATIONS = 3
AS_EXPECTED, BELOW, ABOVE, UNKNOWN = "as expected", "below", "above", "unknown"


@dataclass(frozen=True)
class Recorded:
    """The recorded runs of one recipe on one data set.

    accuracy: from 0 to 1, one per seed. processor: on which they ran.
    """

    accuracy: tuple[float, ...]
    processor: str

    def interval(self, tested: int) -> tuple[float, float] | None:
        """Where the accuracy of a new run on `tested` images is expected, by the rule above."""
        if len(self.accuracy) < FEWEST:
            return None
        mean = statistics.mean(self.accuracy)
        reach = DEVIATIONS * max(statistics.stdev(self.accuracy), 1 / tested)
        # Four decimals, as accuracies are published.
        return round(max(0.0, mean - reach), 4), round(min(1.0, mean + reach), 4)


def recorded(assignment: str, recipe: str, data: str, epochs: int) -> Recorded | None:
    """The recorded runs of this recipe on this data for this many epochs, if there are any.

    data: its name. Published copies of SIGNS hold the same photographs, and hands that another
    processor draws are the same up to rounding, so the bytes of the files do not count.
    """
    for row in _rows():
        if (assignment, recipe, data, epochs) == tuple(row[name] for name in KEY):
            return Recorded(tuple(row["accuracy"]), row["processor"])
    return None


def work(assignment: str, recipe: str) -> float | None:
    """What an epoch of a recipe takes, in 10^9 operations of a matrix product; None: not known.

    The seconds of an epoch are this, divided by the machine's 10^9 operations a second.
    """
    for row in _rows():
        if (assignment, recipe) == (row["assignment"], row["recipe"]):
            return row["work"]
    return None


@cache
def _rows() -> list[dict]:
    return json.loads(FILE.read_text(encoding="utf-8"))


def mark(accuracy: Sequence[float], interval: tuple[float, float] | None) -> str:
    """Where the mean of the accuracies lies: as expected, below or above; or unknown."""
    if interval is None:
        return UNKNOWN
    low, high = interval
    mean = round(statistics.mean(accuracy), 4)
    return BELOW if mean < low else ABOVE if mean > high else AS_EXPECTED


def processor(device: str) -> str:
    """The processor in a run's device, such as "cpu:0 (AMD EPYC, 2 cores, Linux)"."""
    return device.partition(" (")[2].partition(",")[0] or device
