"""The reference accuracies: the table of docs/results.md.

Train the recipes, then record them:

    python -m training reproduce --recipe all --seeds 5 --json table.json
    python benchmarks/reproduced.py --record table.json    save its rows in records.jsonl
    python benchmarks/reproduced.py --table                the table of docs/results.md
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

from benchmarks.records import append, read
from training.recipes import RECIPES
from training.reproduce.assignments import ASSIGNMENTS

BENCHMARK = "reproduced"
HEAD = (
    "| recipe | epochs | published | seeds | all 120, mean (range) | the 107 unseen "
    "| seconds, median |\n|---|---|---|---|---|---|---|"
)


def recorded() -> list[dict]:
    """The latest row of each recipe on the photographs, in the order of the assignments.

    Within an assignment: recipes in their order, comparisons in the order of their first record.
    """
    latest = {}
    for row in read():
        if row.get("benchmark") == BENCHMARK and row["data"] == "SIGNS":
            row["recipe"] = row["recipe"].replace(" a class", " per class")  # as it was once called
            latest[row["assignment"], row["recipe"]] = row
    names, recipes = list(ASSIGNMENTS), list(RECIPES)

    def place(row: dict) -> tuple[int, int]:
        recipe = row["recipe"]
        position = recipes.index(recipe) if recipe in recipes else -1
        return names.index(row["assignment"]), position

    return sorted(latest.values(), key=place)


def table() -> str:
    """The table, one line per recipe; a cell is empty if nothing was published."""
    return "\n".join([HEAD, *map(_line, recorded())])


def _line(row: dict) -> str:
    low, high = row["published"] or (None, None)
    published = "" if low is None else f"{low:.4f}" + (f"-{high:.4f}" if high != low else "")
    compared = ASSIGNMENTS[row["assignment"]].compared
    cells = [
        f"{row['assignment']}: {row['recipe']}" if compared else row["recipe"],
        row["epochs"],
        published,
        len(row["accuracy"]),
        _spread(row["accuracy"]),
        _spread(row["accuracy_unseen"]),
        f"{statistics.median(row['seconds']):.0f}",
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def _spread(values: list[float]) -> str:
    return f"{statistics.mean(values):.4f} ({min(values):.4f}-{max(values):.4f})"


def main() -> int:
    """Run the command line; the top of this file describes it. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", type=Path, metavar="TABLE.json")
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    if args.record:
        for row in json.loads(args.record.read_text(encoding="utf-8")):
            append({"benchmark": BENCHMARK, **row})
    elif not args.table:
        parser.error("expected --record TABLE.json or --table")
    print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
