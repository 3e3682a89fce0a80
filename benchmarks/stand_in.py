"""The stand-in beside SIGNS: the same networks by the same recipes on both, for docs/data.md.

    python benchmarks/stand_in.py --record [--nets NET ...] [--data signs|synthetic] [--seeds N]
    python benchmarks/stand_in.py --table

`--record` trains what is missing into records.jsonl, one line per network, data and seed. The table
also counts the runs of these networks that benchmarks/reproduced.py recorded on the same files.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from functools import partial

from benchmarks.records import append, read
from datasets import find, signs
from datasets.synthetic import stand_in

BENCHMARK = "stand_in"
RECIPES = {
    "lenet5": "lenet",
    "resnet20": "resnet20",
    "resnet18": "ours",
    "resnet50_course": "ours",
}
CHOICES = {"SIGNS": "signs", "synthetic": "synthetic"}
SEEDS = 5
HEAD = (
    "| network, recipe | data | n | all 120, mean (range) | unseen, mean (range) |\n"
    "|---|---|---|---|---|"
)


def train(net: str, data: str, seed: int) -> dict:
    """Train `net` by its recipe on SIGNS or synthetic data; returns what is recorded."""
    import nets
    from training import recipes
    from training.evaluate import score
    from training.loop import fit

    loaded, source = find.resolve(CHOICES[data])
    recipe = recipes.get(RECIPES[net])
    build = partial(nets.build, net, loaded.train_x.shape[1:], len(loaded.classes))
    fitted = fit(build, loaded, recipe, seed=seed, title=f"{net}, {data}, seed {seed}")
    measured = score(fitted.model, loaded)
    return {
        "net": net,
        "recipe": recipe.name,
        "data": source.name,
        "data_sha256": {"train": source.train_sha256, "test": source.test_sha256},
        "seed": seed,
        "accuracy": measured.accuracy,
        "accuracy_unseen": measured.accuracy_unseen,
        "seconds": round(fitted.seconds, 1),
    }


def drawn_now(rows: list[dict]) -> list[dict]:
    """The rows on the photographs, and those on the stand-in as this version draws it."""
    if not stand_in.is_current(signs.STAND_IN):
        stand_in.synthesize(signs.STAND_IN)
    source = signs.read(signs.STAND_IN)[1]
    current = {"train": source.train_sha256, "test": source.test_sha256}
    return [row for row in rows if row["data"] == "SIGNS" or row["data_sha256"] == current]


def accuracies(net: str, data: str) -> list[tuple[float, float]]:
    """On all test images and on the unseen ones, for every recorded run of `net` on `data`."""
    rows = [
        row
        for row in read()
        if row["benchmark"] in (BENCHMARK, "reproduced")
        and (row["net"], row["recipe"], row["data"]) == (net, RECIPES[net], data)
    ]
    found = []
    for row in drawn_now(rows):
        both = row["accuracy"], row["accuracy_unseen"]
        found += [both] if row["benchmark"] == BENCHMARK else zip(*both, strict=True)
    return found


def record(nets: list[str], data: list[str], seeds: int) -> None:
    """Train and record every network, data and seed that is not recorded yet."""
    rows = drawn_now([row for row in read() if row["benchmark"] == BENCHMARK])
    done = {(row["net"], row["data"], row["seed"]) for row in rows}
    for net in nets:
        for name in data:
            for seed in range(seeds):
                if (net, name, seed) not in done:
                    append({"benchmark": BENCHMARK, **train(net, name, seed)})


def table() -> str:
    """The table of docs/data.md, two lines per network."""
    lines = [HEAD]
    for net, recipe in RECIPES.items():
        for data in CHOICES:
            if runs := accuracies(net, data):
                spreads = (_spread(values) for values in zip(*runs, strict=True))
                cells = f"{net}, {recipe}", data, str(len(runs)), *spreads
                lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _spread(values: tuple[float, ...]) -> str:
    return f"{statistics.mean(values):.4f} ({min(values):.4f}-{max(values):.4f})"


def main() -> int:
    """Run the command line; the top of this file describes it. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--nets", nargs="+", default=list(RECIPES), choices=RECIPES)
    parser.add_argument("--data", choices=CHOICES.values(), help="else both")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    args = parser.parse_args()
    if not args.record and not args.table:
        parser.error("expected --record or --table")
    if args.record:
        chosen = [name for name, choice in CHOICES.items() if args.data in (None, choice)]
        record(args.nets, chosen, args.seeds)
    print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
