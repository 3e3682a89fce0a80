"""The same networks under many seeds: which test photographs each run reads right.

    .venv/bin/python benchmarks/seeds.py --record       # trains what is missing in seeds.json
    .venv/bin/python benchmarks/seeds.py --table

A comparison of a network with itself should find nothing. `tests/training/test_comparison.py`
draws such comparisons from seeds.json, and counts how often `training.comparison` finds something.
The networks are those of the exercises, trained as their lessons train them: on four fifths of
train, and tested on the photographs that train does not hold.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from datasets.files import write_whole
from datasets.splits import Parts, parts
from training.progress import Silent

SEEDS_FILE = Path(__file__).resolve().parent / "seeds.json"
SEEDS = {
    "LeNet-5, colour": 20,
    "LeNet-5, sigmoid": 5,
    "four convolutions, 100 photographs": 20,
    "four convolutions, 100 photographs, augmented": 5,
    "LeNet-5, grey": 20,
    "AlexNet": 20,
}


@cache
def photographs() -> Parts:
    """The parts of SIGNS that the lessons use."""
    from datasets.signs import load

    return parts(load())


def trained(name: str, seed: int) -> tuple[np.ndarray, float]:
    """Train network `name` under `seed`: (right, bool (photographs,); the last training loss)."""
    from training.evaluate import probabilities
    from training.loop import fit
    from training.recipes import get
    from training.reproduce import assignments

    data, loss = photographs().learning, float("nan")
    if name.startswith("four"):
        arm = "with" if name.endswith("augmented") else "without"
        with tempfile.TemporaryDirectory() as folder:
            arms = assignments.arms("data_augmentation", data, Path(folder))
            fitted = arms[100, arm][1](seed)
    else:
        data, build = of_lesson(name, data)
        recipe = get("alexnet" if name == "AlexNet" else "lenet")
        fitted = fit(build, data, recipe, seed=seed, reporter=Silent)
        loss = fitted.history[-1]["loss"]
    answers = probabilities(fitted.model, data.test_x).argmax(1)
    return answers == data.test_y, loss


def of_lesson(name: str, data) -> tuple[Any, Callable]:
    """The photographs as network `name` sees them, and the function that builds it for them."""
    from solutions.alexnet import alexnet
    from solutions.lenet import lenet5
    from training.lessons import lenet

    if name.endswith("grey"):
        data = lenet.in_grey(data)
    build = partial(
        alexnet if name == "AlexNet" else lenet5, data.train_x.shape[1:], len(data.classes)
    )
    if name.endswith("sigmoid"):
        return data, lambda: lenet.with_activation(build(), "sigmoid")
    return data, build


def read(path: Path = SEEDS_FILE) -> dict[str, dict]:
    """What is recorded: network -> {"right": bool (seeds, photographs), "losses": [...]}."""
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {
        name: {"right": np.array([_bits(line) for line in row["right"]]), "losses": row["losses"]}
        for name, row in rows.items()
    }


def _bits(line: str) -> np.ndarray:
    return np.array([letter == "1" for letter in line])


def record(path: Path = SEEDS_FILE) -> None:
    """Train what `path` does not hold yet; the file is written after each run."""
    for name, seeds in SEEDS.items():
        while True:
            rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            row = rows.setdefault(name, {"right": [], "losses": []})
            seed = len(row["right"])
            if seed >= seeds:
                break
            right, loss = trained(name, seed)
            row["right"].append("".join("01"[int(value)] for value in right))
            row["losses"].append(None if np.isnan(loss) else round(loss, 4))
            write_whole(path, json.dumps(rows, indent=1) + "\n")
            print(
                f"{name}, seed {seed}: {right.mean():.4f} of {len(right)}, loss {loss:.4f}",
                flush=True,
            )


def table(rows: dict[str, dict]) -> str:
    """One line per network: its seeds, and mean and range of its accuracy."""
    lines = ["| network | seeds | on the 107 unseen, mean (range) |", "|---|---|---|"]
    for name, row in rows.items():
        each = row["right"].mean(1)
        lines.append(
            f"| {name} | {len(each)} | {each.mean():.4f} ({each.min():.4f}-{each.max():.4f}) |"
        )
    return "\n".join(lines)


def main() -> int:
    """Train, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    if options.record:
        record()
    if options.table:
        print(table(read()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
