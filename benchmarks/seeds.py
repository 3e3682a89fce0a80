"""The same networks under many seeds: which test photographs each run reads right.

    .venv/bin/python benchmarks/seeds.py --record       # trains what is missing in seeds.json
    .venv/bin/python benchmarks/seeds.py --table
    .venv/bin/python benchmarks/seeds.py --rates        # the table in training/comparison.py

A comparison of a network with itself should find nothing. `tests/training/test_comparison.py`
draws such comparisons from seeds.json, and counts how often `training.comparison` finds something.
The networks are those of the exercises, trained as their lessons train them: on four fifths of
train, and tested on the photographs that train does not hold.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from datasets.files import write_whole
from datasets.splits import Parts, parts
from training.comparison import Runs, compare

SEEDS_FILE = Path(__file__).resolve().parent / "seeds.json"
# How many runs of each. With 20 there are many pairs of groups of five that share no run. ReLU is a
# network that always learns; sigmoid begins to learn under some seeds only.
SEEDS = {
    "LeNet-5, ReLU": 20,
    "LeNet-5, sigmoid": 20,
}


@cache
def photographs() -> Parts:
    """The parts of SIGNS that the lessons use."""
    from datasets.signs import load

    return parts(load())


def right(name: str, seed: int) -> np.ndarray:
    """Train network `name` under `seed`: bool (photographs,), which it reads right."""
    from solutions.lenet import lenet5
    from training.evaluate import probabilities
    from training.lessons import lenet
    from training.recipes import get

    split = photographs()
    activation = name.partition(", ")[2]
    model = lenet.arm(lenet5, activation, split, get("lenet")).train(seed).model
    return probabilities(model, split.learning.test_x).argmax(1) == split.learning.test_y


def read(path: Path = SEEDS_FILE) -> dict[str, np.ndarray]:
    """What is recorded: network -> bool (seeds, photographs)."""
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {name: np.array([[*line] for line in lines]) == "1" for name, lines in rows.items()}


def record(path: Path = SEEDS_FILE) -> None:
    """Train what `path` does not hold yet; the file is written after each run."""
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name, seeds in SEEDS.items():
        lines = rows.setdefault(name, [])
        for seed in range(len(lines), seeds):
            found = right(name, seed)
            lines.append("".join("01"[int(value)] for value in found))
            write_whole(path, json.dumps(rows, indent=1) + "\n")
            print(f"{name}, seed {seed}: {found.mean():.4f} of {len(found)}", flush=True)


def table(rows: Mapping[str, np.ndarray]) -> str:
    """One line per network: its seeds, and mean and range of its accuracy."""
    lines = ["| network | seeds | on the 107 unseen, mean (range) |", "|---|---|---|"]
    for name, found in rows.items():
        each = found.mean(1)
        lines.append(
            f"| {name} | {len(each)} | {each.mean():.4f} ({each.min():.4f}-{each.max():.4f}) |"
        )
    return "\n".join(lines)


def interval(first: np.ndarray, second: np.ndarray, rng: np.random.Generator) -> bool:
    """Whether `training.comparison` finds a difference."""
    runs = (Runs("", right, [0.0] * len(right)) for right in (first, second))
    found = compare(*runs, classes=6)
    return not found.low <= 0 <= found.high


def bootstrap(first: np.ndarray, second: np.ndarray, rng: np.random.Generator) -> bool:
    """Whether the percentiles of 400 draws of seeds and photographs leave out 0."""
    differences = second.astype(float) - first
    seeds, images = (rng.multinomial(n, [1 / n] * n, 400) / n for n in differences.shape)
    low, high = np.quantile(((seeds @ differences) * images).sum(1), [0.025, 0.975])
    return not low <= 0 <= high


def one_seed(first: np.ndarray, second: np.ndarray, rng: np.random.Generator) -> bool:
    """Whether the first runs differ by more than two standard errors of two shares."""
    before, after = first[0].mean(), second[0].mean()
    mean = (before + after) / 2
    return abs(after - before) > 2 * (2 * mean * (1 - mean) / first.shape[1]) ** 0.5


TESTS = {
    "this interval": interval,
    "percentiles of a bootstrap over seeds and photographs (Efron & Tibshirani 1993)": bootstrap,
    "one seed, two standard errors of two shares": one_seed,
}


def rates(rows: Mapping[str, np.ndarray], draws: int = 1000) -> str:
    """How many of 100 comparisons of a network with itself each test calls a difference.

    Five runs against five others of the same network.
    """
    lines = [f"| of 100 comparisons | {' | '.join(rows)} |", "|---|" + "---|" * len(rows)]
    for words, test in TESTS.items():
        cells = []
        for right in rows.values():
            rng = np.random.default_rng(0)
            groups = (right[rng.permutation(len(right))[:10]] for _ in range(draws))
            found = [test(ten[:5], ten[5:], rng) for ten in groups]
            cells.append(f"{100 * np.mean(found):.0f}")
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    """Train, or print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--rates", action="store_true")
    options = parser.parse_args()
    if options.record:
        record()
    if options.table:
        print(table(read()))
    if options.rates:
        print(rates(read()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
