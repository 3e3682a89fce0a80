"""The lectures' history, measured: every network trained on SIGNS by our recipe.

    python benchmarks/lectures.py --record     train what is missing into records.jsonl
    python benchmarks/lectures.py --held-out   choose settings on 216 training photographs
    python benchmarks/lectures.py --time       seconds per training step, on an idle machine
    python benchmarks/lectures.py --table      the table of docs/results.md
    python benchmarks/lectures.py --plot FILE  accuracy by depth, residual against plain

A run is a network and a seed. It is trained in a process of its own and recorded when it is done.
The table can be made over many evenings: the same command goes on with what is missing.
`--workers 2` trains two at a time, each on its share of the cores: a step of 32 small photographs
is too little work for two cores. Two steps of ResNet-50 side by side took 0.77 times as long as two
in a row, of Inception-v3 0.62 times (2 cores, medians of 10).
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import re
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import nets
from benchmarks.records import RECORDS, append, read
from datasets.files import whole
from nets.profile.graph import multiply_adds
from training.recipes import RECIPES, Recipe

ROOT = Path(__file__).resolve().parent.parent
BENCHMARK = "lectures"
SEEDS = 3
STEPS_PER_EPOCH = 34  # 1,080 photographs in batches of 32
WARM_UP, TIMED = 2, 10
ACCURACIES = ("accuracy", "accuracy_unseen", "train_accuracy")
# Without batch normalisation the learning rate of our recipe lets the weights diverge in the first
# steps, and at the lower rate 9 epochs are too few for 16 layers and more. Chosen on the held-out
# photographs, which `--held-out` shows again, or copied from the line above.
CHANGES = {
    "lenet5": {"label_smoothing": 0.0},
    "lenet5_1998": {"label_smoothing": 0.0},
    "alexnet": {"learning_rate": 3e-4},
    "alexnet_two_towers": {"learning_rate": 3e-4},
    "vgg11": {"learning_rate": 3e-4},
    "vgg13": {"learning_rate": 3e-4},
    "vgg16": {"learning_rate": 3e-4, "epochs": 18},
    "vgg19": {"learning_rate": 3e-4, "epochs": 18},
    "googlenet": {"learning_rate": 3e-4, "epochs": 18},
}
# Quick networks first: a run that is stopped early leaves most of the table. New ones come last.
QUICK_FIRST = [
    *("lenet5", "lenet5_1998", "googlenet", "alexnet", "alexnet_two_towers", "resnet18"),
    *("plain18", "bn_inception", "resnet34", "plain34", "resnet50_course", "resnet50", "plain50"),
    *("resnet50v2", "inception_v3", "vgg11", "vgg13", "vgg16", "vgg19", "inception_resnet_v2"),
    *("resnet101", "resnet101v2", "resnet152", "resnet152v2"),
]
ORDER = [*QUICK_FIRST, *(net for net in nets.names() if net not in QUICK_FIRST)]
# The depths of the papers, for the picture.
FAMILIES = {
    "residual": ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    "plain": ("plain18", "plain34", "plain50"),
}


def recipe_for(net: str) -> Recipe:
    """Our recipe in bfloat16, with what `net` needs changed."""
    changes = {"precision": "mixed_bfloat16", **CHANGES.get(net, {})}
    return replace(RECIPES["ours"], **changes)


def train(net: str, seed: int, held_out: bool) -> dict:
    """Train `net` once; accuracy (0 to 1) on test, or on 216 held-out training photographs."""
    from datasets.signs import load
    from training.evaluate import score
    from training.loop import fit
    from training.validation import held_out_accuracy

    recipe, signs = recipe_for(net), load()
    build = partial(nets.build, net, signs.train_x.shape[1:], 6)
    if held_out:
        trial = held_out_accuracy(build, recipe, seed, signs=signs)
        return {"held_out": trial.accuracy, "seconds": round(trial.seconds, 1)}
    fitted = fit(build, signs, recipe, seed=seed, title=f"{net}, seed {seed}")
    measured = score(fitted.model, signs)
    return {
        "accuracy": measured.accuracy,
        "accuracy_unseen": measured.accuracy_unseen,
        "train_accuracy": fitted.history[-1]["accuracy"],
        "seconds": round(fitted.seconds, 1),
    }


def step_seconds(net: str) -> dict:
    """Seconds of one training step by the same recipe, without tracing and warm-up."""
    import numpy as np

    from datasets.pipeline import one_hot
    from training.compile import compiled, placed

    recipe = recipe_for(net)
    with placed(recipe.precision, None, 0):
        model = compiled(nets.build(net), recipe, STEPS_PER_EPOCH * recipe.epochs)
        draw = np.random.default_rng(0)
        images = draw.random((recipe.batch, 64, 64, 3), dtype="float32")
        labels = one_hot(draw.integers(0, 6, recipe.batch), 6)
        seconds = []
        for _ in range(WARM_UP + TIMED):
            start = time.perf_counter()
            model.train_on_batch(images, labels)
            seconds.append(time.perf_counter() - start)
    timed = seconds[WARM_UP:]
    figures = {"median": statistics.median(timed), "min": min(timed), "max": max(timed)}
    return {"n": TIMED, **{name: round(value, 4) for name, value in figures.items()}}


def run_here(net: str, seed: int, mode: str) -> None:
    """In the child process: train or time, and print the line of JSON that the parent records."""
    result = step_seconds(net) if mode == "time" else train(net, seed, mode == "held-out")
    drawn = nets.outline(net, (64, 64, 3), 6)
    counts = {"parameters": drawn.count_params(), "multiply_adds": multiply_adds(drawn)}
    row = {"net": net, "seed": seed, "recipe": recipe_for(net).settings, **counts, **result}
    print("\n" + json.dumps(row), flush=True)


def recorded(benchmark: str = BENCHMARK, rows: list[dict] | None = None) -> dict:
    """The latest record of each (net, seed) by the current recipe of that network."""
    latest = {}
    for row in read(RECORDS) if rows is None else rows:
        if row.get("benchmark") != benchmark or row.get("net") not in ORDER:
            continue
        if row["recipe"] == json.loads(json.dumps(recipe_for(row["net"]).settings)):
            latest[row["net"], row["seed"]] = row
    return latest


def run_missing(names: list[str], seeds: int, mode: str, workers: int = 1) -> int:
    """Train or time each missing (net, seed), lowest seeds first; returns the number of failures.

    workers: runs at a time, each on its share of the cores.
    """
    benchmark = f"{BENCHMARK}_{mode}" if mode != "record" else BENCHMARK
    done = recorded(benchmark)
    missing = [(net, seed) for seed in range(seeds) for net in names if (net, seed) not in done]
    shares = queue.SimpleQueue()
    for number in range(workers):
        shares.put(_cores()[number::workers])

    def run(net: str, seed: int) -> bool:
        share = shares.get()
        try:
            return run_one(net, seed, mode, benchmark, share)
        finally:
            shares.put(share)

    with ThreadPoolExecutor(workers) as pool:
        return [*pool.map(run, *zip(*missing, strict=True))].count(False) if missing else 0


def run_one(net: str, seed: int, mode: str, benchmark: str, cores: list[int]) -> bool:
    """Train or time `net` in a new process on `cores`, and record it; False if it fails."""
    call = [sys.executable, __file__, "--one", net, "--seed", str(seed), "--mode", mode]
    call += ["--cores", *map(str, cores)]
    done = subprocess.run(call, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    if done.returncode:
        print(f"{net}, seed {seed}: status {done.returncode}; going on", file=sys.stderr)
        return False
    row = json.loads(done.stdout.strip().splitlines()[-1])
    append({"benchmark": benchmark, **row}, RECORDS)
    print(json.dumps({k: v for k, v in row.items() if k != "recipe"}), flush=True)
    return True


def _cores() -> list[int]:
    """The cores that this process may use; none if the system does not tell."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def table(runs: dict, steps: dict) -> str:
    """The table of docs/results.md: one line per network, its counts and its accuracies over seeds.

    runs, steps: what `recorded` returns for training and for timing.
    """
    head = (
        "| network | year | parameters | multiply-adds | seconds per run | seeds "
        "| test accuracy, mean (range) | on the 107 unseen | on train, augmented |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    lines = [head]
    for net in nets.names():
        mine = [row for (name, _), row in sorted(runs.items()) if name == net]
        if not mine:
            continue
        step = steps.get((net, 0))
        whole = step["median"] * STEPS_PER_EPOCH * mine[0]["recipe"]["epochs"] if step else None
        cells = [
            net,
            nets.describe(net).year,
            f"{mine[0]['parameters']:,}",
            f"{mine[0]['multiply_adds'] / 1e6:,.1f} M",
            f"{whole:.0f}" if whole else "",
            len(mine),
            *(_spread([row[key] for row in mine]) for key in ACCURACIES),
        ]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _spread(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.4f}"
    return f"{statistics.mean(values):.4f} ({min(values):.4f}-{max(values):.4f})"


def plot(runs: dict, path: Path) -> None:
    """Accuracy by depth, residual against plain: mean and range over seeds, test and train."""
    from matplotlib.figure import Figure

    depths = {net: int(re.sub(r"\D", "", net)) for family in FAMILIES.values() for net in family}
    figure = Figure(figsize=(8, 4), layout="constrained")
    for axes, key, title in zip(
        figure.subplots(1, 2, sharey=True),
        ("accuracy", "train_accuracy"),
        ("120 test photographs", "training photographs, augmented"),
        strict=True,
    ):
        for family, members in FAMILIES.items():
            values = {
                depths[net]: [row[key] for (name, _), row in runs.items() if name == net]
                for net in members
            }
            values = {depth: seeds for depth, seeds in values.items() if seeds}
            means = [statistics.mean(seeds) for seeds in values.values()]
            low = [mean - min(seeds) for mean, seeds in zip(means, values.values(), strict=True)]
            high = [max(seeds) - mean for mean, seeds in zip(means, values.values(), strict=True)]
            axes.errorbar(
                list(values), means, yerr=[low, high], marker="o", capsize=4, label=family
            )
        axes.axhline(1 / 6, color="grey", linestyle=":", label="chance")
        axes.set(title=title, xlabel="layers with weights", ylim=(0, 1.02))
        axes.set_xticks(sorted({*depths.values()}))
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("accuracy, mean and range over seeds")
    figure.axes[0].legend()
    with whole(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")


def main() -> int:
    """Run the command line; the top of this file describes it. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", dest="mode", action="store_const", const="record")
    parser.add_argument("--held-out", dest="mode", action="store_const", const="held-out")
    parser.add_argument("--time", dest="mode", action="store_const", const="time")
    parser.add_argument("--table", dest="mode", action="store_const", const="table")
    parser.add_argument("--plot", type=Path, metavar="FILE.png")
    parser.add_argument("--nets", nargs="+", default=ORDER, choices=ORDER, metavar="NET")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="runs at a time")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--cores", type=int, nargs="*", default=[], help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--mode", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        if args.cores:
            os.sched_setaffinity(0, args.cores)  # before TensorFlow counts the cores
        run_here(args.one, args.seed, args.mode)
        return 0
    if args.plot:
        plot(recorded(), args.plot)
        return 0
    if args.mode == "table":
        print(table(recorded(), recorded(f"{BENCHMARK}_time")))
        return 0
    if args.mode is None:
        parser.error("expected one of --record, --held-out, --time, --table, --plot FILE")
    if not 1 <= args.workers <= max(1, len(_cores())):
        parser.error(f"--workers: expected 1 to {max(1, len(_cores()))}, received {args.workers}")
    seeds, workers = (1, 1) if args.mode == "time" else (args.seeds, args.workers)
    return min(1, run_missing(args.nets, seeds, args.mode, workers))


if __name__ == "__main__":
    sys.exit(main())
