"""The reference accuracies: the table of docs/results.md.

Train the recipes, then record them:

    .venv/bin/signs reproduce --recipe all --seeds 5 --json table.json
    python benchmarks/reproduced.py --record table.json    save its rows in records.jsonl
    python benchmarks/reproduced.py --table                the table of docs/results.md
    python benchmarks/reproduced.py --expected             what `reproduce` compares new runs with
    python benchmarks/reproduced.py --time ours            time a recipe, beside a matrix product
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.records import append, read
from datasets.files import write_whole
from datasets.find import resolve
from training.recipes import RECIPES
from training.reproduce import announce, expected, run
from training.reproduce.assignments import ASSIGNMENTS

BENCHMARK, TIMED = "reproduced", "reproduced_time"
# Of a core of the machine on which the first runs were recorded, for which none was timed.
GIGAFLOPS = 100
HEAD = (
    "| recipe | epochs | published | seeds | all 120, mean (range) | the 107 unseen "
    "| seconds, median |\n|---|---|---|---|---|---|---|"
)


def recorded(data: str = "SIGNS") -> list[dict]:
    """The latest row of each recipe on the photographs, in the order of the assignments.

    Within an assignment: recipes in their order, comparisons in the order of their first record.
    data: "synthetic" for the stand-in in place of the photographs.
    """
    latest = {}
    for row in read():
        if row.get("benchmark") == BENCHMARK and row["data"] == data:
            row["recipe"] = row["recipe"].replace(" a class", " per class")  # as it was once called
            latest[row["assignment"], row["recipe"]] = row
    names, recipes = list(ASSIGNMENTS), list(RECIPES)

    def place(row: dict) -> tuple[int, int]:
        recipe = row["recipe"]
        position = recipes.index(recipe) if recipe in recipes else -1
        return names.index(row["assignment"]), position

    return sorted(latest.values(), key=place)


def compared_with() -> str:
    """The JSON that new runs are compared with: one line per recipe and data."""
    rows = [*recorded("SIGNS"), *recorded("synthetic")]
    lines = []
    for row in rows:
        line = {name: row[name] for name in expected.KEY}
        line["accuracy"] = [round(value, 4) for value in _accuracy(row)]
        line["processor"] = expected.processor(row["device"])
        line["work"] = round(_work(row, rows), 1)
        lines.append(json.dumps(line))
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _accuracy(row: dict) -> list[float]:
    """One per seed: of the row, or of benchmarks/stand_in.py where that has more seeds."""
    same = ("net", "recipe", "data")
    others = [
        other["accuracy"]
        for other in read()
        if other["benchmark"] == "stand_in" and all(other[name] == row[name] for name in same)
    ]
    return max(row["accuracy"], others, key=len)


def _work(row: dict, rows: list[dict]) -> float:
    """The 10^9 operations of an epoch: of the timed run, else of the fastest recorded one."""
    same = ("assignment", "recipe")
    alike = [other for other in rows if all(other[name] == row[name] for name in same)]
    works = [seconds * speed for seconds, speed in map(_old_time, alike)]
    timed = [
        other["seconds"] * other["gigaflops"]
        for other in read()
        if other["benchmark"] == TIMED and all(other[name] == row[name] for name in same)
    ]
    return (timed[-1] if timed else min(works)) / row["epochs"]


def _old_time(row: dict) -> tuple[float, float]:
    """The seconds of a run, and the speed of its machine by its cores."""
    cores = int(re.search(r"(\d+) core", row["device"])[1])
    return min(row["seconds"]), cores * GIGAFLOPS


def time_of(recipe: str) -> dict:
    """The seconds of one run of `recipe`, and the speed of the machine just before."""
    (name,) = (name for name, row in ASSIGNMENTS.items() if recipe in row.every)
    with tempfile.TemporaryDirectory() as folder:
        options = run.Options(Path(folder))
        data, provenance = resolve("auto")
        speed = announce.gigaflops(2)
        (row,) = run.reproduce([name], recipe, data, provenance, options, print)
    return {"assignment": name, "recipe": recipe, "seconds": row.seconds[0], "gigaflops": speed}


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
    parser.add_argument("--expected", action="store_true")
    parser.add_argument("--time", metavar="RECIPE", choices=RECIPES)
    args = parser.parse_args()
    if args.record:
        for row in json.loads(args.record.read_text(encoding="utf-8")):
            append({"benchmark": BENCHMARK, **row})
    elif args.time:
        append({"benchmark": TIMED, **time_of(args.time)})
    elif not (args.table or args.expected):
        parser.error("expected --record TABLE.json, --table, --expected or --time RECIPE")
    if args.expected or args.record or args.time:
        write_whole(expected.FILE, compared_with())
    if args.table or args.record:
        print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
