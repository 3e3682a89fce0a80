"""Whole runs of the exercise files: five seeds of every network that a lesson compares, on SIGNS.

    .venv/bin/python solutions/lenet.py --data signs > lenet.txt     # minutes; the deep ones hours
    .venv/bin/python benchmarks/lessons.py --record lenet runs/lenet-homework lenet.txt
    .venv/bin/python benchmarks/lessons.py --table                   # for docs/results.md

lessons.json keeps of each run its last training loss, its accuracy on the held-out photographs,
and which of the test photographs it reads right, those that train does not hold. It also keeps the
lines in which the lesson says what it measured and what that supports.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from datasets.errors import DataError
from datasets.files import write_whole
from training.arms import KEPT, slug

LESSONS_FILE = Path(__file__).resolve().parent / "lessons.json"
RUN = re.compile(
    r"(?P<done>\d+) of (?P<total>\d+): (?P<name>.+), seed (?P<seed>\d+): training loss "
)
# The lines of a lesson that end in a measurement or a verdict.
SAID = re.compile(
    r"(Said by |Asked: |Counted[:,] |Measured|With |That |Supported|Contradicted|Too close to tell|"
    r"Not supported|Not tested here|.+ is better, by )"
)


def labels(lesson: str) -> np.ndarray:
    """The labels of the test photographs that a lesson counts, int (n,)."""
    from datasets import happy
    from datasets.signs import load
    from datasets.splits import parts

    data = happy.resolve(stand_in="signs")[0] if lesson == "happy_house" else load()
    return parts(data).learning.test_y


def recorded(folder: Path, printed: str, truth: np.ndarray) -> dict:
    """What lessons.json keeps of one lesson.

    Args:
        folder: The lesson's --runs.
        printed: What it has printed; it has the networks' names, in the order of the tables.
        truth: The labels of the test photographs.

    Raises:
        DataError: A run that the lesson has printed is not in the folder.
    """
    kept = {}
    for path in sorted((folder / KEPT).glob("*-seed*.json")):
        stem, _, rest = path.stem.rpartition("-seed")
        kept[stem, int(rest.partition("-")[0])] = json.loads(path.read_text(encoding="utf-8"))
    networks: dict[str, list[dict]] = {}
    for line in _compared(printed):
        name, seed = line["name"], int(line["seed"])
        row = kept.get((slug(name), seed))
        if row is None:
            raise DataError(f"expected the run {name}, seed {seed}, in {folder}, found none")
        right = np.array(row["answers"]) == truth
        networks.setdefault(name, []).append(
            {
                "seed": seed,
                "loss": round(row["loss"], 4),
                "validation": round(row["validation"], 4),
                "right": "".join("01"[int(value)] for value in right),
            }
        )
    said = [line for line in printed.splitlines() if SAID.match(line)]
    return {"networks": networks, "said": said}


def _compared(printed: str) -> list[re.Match]:
    """The lines of the runs that are compared, without those of a choice, such as of a rate.

    Each series counts its runs from 1; the comparison is the longest series.
    """
    series: list[list[re.Match]] = []
    for line in printed.splitlines():
        found = RUN.match(line)
        if found:
            if found["done"] == "1":
                series.append([])
            series[-1].append(found)
    return max(series, key=len, default=[])


def read(path: Path = LESSONS_FILE) -> dict[str, dict]:
    """lesson -> what is recorded of it."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def table(lesson: Mapping) -> str:
    """A line per network, then what the lesson said."""
    lines = [
        "| network | seeds | training loss | on the held-out | on the unseen, mean (range) |",
        "|---|---|---|---|---|",
    ]
    for name, rows in lesson["networks"].items():
        right = np.array([[*row["right"]] for row in rows]) == "1"
        each = right.mean(1)
        loss, held = (np.mean([row[key] for row in rows]) for key in ("loss", "validation"))
        lines.append(
            f"| {name} | {len(rows)} | {loss:.3f} | {held:.4f} | "
            f"{each.mean():.4f} ({each.min():.4f}-{each.max():.4f}) |"
        )
    return "\n".join([*lines, "", *(f"- {line}" for line in lesson["said"])])


def page(lessons: Mapping[str, Mapping]) -> str:
    """The tables of all lessons, each under its name."""
    return "\n\n".join(f"### {name}\n\n{table(lesson)}" for name, lesson in lessons.items())


def main() -> int:
    """Record a lesson, or print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", nargs=3, metavar=("LESSON", "RUNS", "PRINTED"))
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    if options.record:
        name, folder, printed = options.record
        rows = read()
        text = Path(printed).read_text(encoding="utf-8")
        rows[name] = recorded(Path(folder), text, labels(name))
        write_whole(LESSONS_FILE, json.dumps(rows, indent=1) + "\n")
        print(f"{name}: {len(rows[name]['networks'])} networks recorded")
    if options.table:
        print(page(read()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
