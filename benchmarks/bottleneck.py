"""What a 1x1 bottleneck saves: predicted from the multiplications, and timed.

    python benchmarks/bottleneck.py [--batch 32] [--rounds 11] [--record]
    python benchmarks/bottleneck.py --table        the table of docs/results.md

Each case is built twice, without and with bottlenecks, on the same input. The two take turns.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks import records
from benchmarks.step_time import Setting, measure, ratios
from datasets.quiet import import_keras
from nets.profile.graph import multiply_adds

BENCHMARK = "bottleneck"
# The inputs of GoogLeNet's modules for an image of 224 pixels: height, width, channels.
INPUTS = {"3a": (28, 28, 192), "4a": (14, 14, 480), "5b": (7, 7, 832)}
WAYS = ("inference", "training")
HEAD = (
    "| what, on its input | multiply-adds, naive | with bottlenecks | predicted ratio "
    "| measured, inference | measured, training step |\n|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Case:
    """The same work twice: `naive` and `bottleneck` take a Keras tensor and return one."""

    name: str
    input_shape: tuple[int, int, int]
    naive: Callable
    bottleneck: Callable


def cases() -> list[Case]:
    """The lecture's 5x5 convolution alone, then whole modules from three depths of GoogLeNet."""
    from nets import inception

    chosen = [
        Case(
            "the lecture's 5x5 convolution",
            INPUTS["3a"],
            lambda X: inception.convolution(X, 32, 5, "direct"),
            lambda X: inception.convolution(inception.conv1x1(X, 16, "reduce"), 32, 5, "after"),
        )
    ]
    for module, shape in INPUTS.items():
        filters = inception.MODULES[module]
        F1, _, F3, _, F5, _ = filters
        chosen.append(
            Case(
                f"module {module}",
                shape,
                lambda X, wide=(F1, F3, F5): inception.inception_module_naive(X, wide, "naive"),
                lambda X, filters=filters: inception.inception_module(X, filters, "slim"),
            )
        )
    return chosen


def model_of(build: Callable, shape):
    """The Functional model of one half of a case, compiled for training steps."""
    keras = import_keras()
    inputs = keras.Input(shape)
    model = keras.Model(inputs, build(inputs))
    model.compile("sgd", "mse")
    return model


def steps_of(model, batch: int, way: str) -> Callable[[], object]:
    """A function that runs one forward pass or one training step, and waits for it."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((batch, *model.input_shape[1:]), dtype="float32")
    if way == "inference":
        return lambda: model.predict_on_batch(images)
    answers = np.zeros((batch, *model.output_shape[1:]), "float32")
    return lambda: model.train_on_batch(images, answers)


def run(case: Case, setting: Setting) -> dict:
    """One record: both counts, the ratio they predict, and the ratio measured in each way."""
    pair = {"naive": case.naive, "bottleneck": case.bottleneck}
    models = {name: model_of(build, case.input_shape) for name, build in pair.items()}
    counts = {name: multiply_adds(model) for name, model in models.items()}
    row = {
        "benchmark": BENCHMARK,
        "case": case.name,
        "input": list(case.input_shape),
        "batch": setting.batch,
        "multiply_adds": counts,
        "predicted": counts["naive"] / counts["bottleneck"],
        "backend": import_keras().backend.backend(),
    }
    for way in WAYS:
        steps = {name: steps_of(model, setting.batch, way) for name, model in models.items()}
        seconds = measure(steps, setting)
        row[way] = records.summary(ratios(seconds["naive"], seconds["bottleneck"]))
        row[f"{way}_ms"] = {name: 1000 * statistics.median(seconds[name]) for name in seconds}
    return row


def table(rows: list[dict]) -> str:
    """The table, one line per case, from the latest record of each."""
    latest = {row["case"]: row for row in rows if row.get("benchmark") == BENCHMARK}
    return "\n".join([HEAD, *map(_line, latest.values())])


def _line(row: dict) -> str:
    naive, slim = row["multiply_adds"]["naive"], row["multiply_adds"]["bottleneck"]
    shape = "x".join(map(str, row["input"]))
    cells = [
        f"{row['case']}, {shape}",
        f"{naive / 1e6:.1f} M",
        f"{slim / 1e6:.1f} M",
        f"{row['predicted']:.2f}",
        *(_spread(row[way]) for way in WAYS),
    ]
    return "| " + " | ".join(cells) + " |"


def _spread(summary: dict) -> str:
    return f"{summary['median']:.2f} ({summary['min']:.2f}-{summary['max']:.2f}, n={summary['n']})"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the top of this file describes it. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=32, help="images per step (32)")
    parser.add_argument("--rounds", type=int, default=11, help="timed rounds (11)")
    parser.add_argument("--steps", type=int, default=3, help="steps per round (3)")
    parser.add_argument("--record", action="store_true", help=f"append to {records.RECORDS.name}")
    parser.add_argument("--table", action="store_true", help="only print what is recorded")
    options = parser.parse_args(arguments)
    if options.table:
        print(table(records.read()))
        return 0
    if min(options.batch, options.rounds, options.steps) < 1:
        parser.error("expected --batch, --rounds and --steps of at least 1")
    rows = []
    for case in cases():
        row = run(case, Setting(options.batch, options.rounds, options.steps))
        if options.record:
            records.append(row)
        rows.append(row)
        print(
            f"{case.name}: {row['inference_ms']} ms inference, {row['training_ms']} ms training",
            file=sys.stderr,
        )
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
