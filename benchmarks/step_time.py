"""Training step time: our networks, keras.applications' and PyTorch's, in turn on one machine.

    python benchmarks/step_time.py resnet50 [NAME ...] [--torch PYTHON] [--record]
    python benchmarks/step_time.py all

Each round times a few steps of each in turn: other work on the machine then slows all of them. The
first steps compile and are not timed. A ratio is the median over rounds.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import nets
from benchmarks import records
from benchmarks.torch_worker import BenchmarkError, TorchStep
from datasets.errors import DataError
from datasets.quiet import import_keras

CLASSES = 6


@dataclass(frozen=True)
class Setting:
    """batch: images per step; rounds: the number timed; steps: per round and network.

    torch: the interpreter of an environment with PyTorch, None for this one.
    """

    batch: int = 32
    rounds: int = 11
    steps: int = 3
    warm_up: int = 2
    torch: str | None = None


def side(name: str) -> int:
    """The input's side in pixels: 64 as in SIGNS, or what both sides take without resizing."""
    return max(64, nets.describe(name).options.get("resize", 0))


def ours(name: str):
    """Our network `name`, not compiled."""
    return nets.build(name, (side(name), side(name), 3), CLASSES)


def theirs(name: str):
    """The network of keras.applications with the same architecture; downloads no weights."""
    keras = import_keras()
    build = getattr(keras.applications, nets.describe(name).applications)
    return build(weights=None, input_shape=(side(name), side(name), 3), classes=CLASSES)


def keras_step(model, batch: int) -> Callable[[], None]:
    """Compile `model` with SGD; returns a function that runs one training step and waits."""
    rng = np.random.default_rng(0)
    images = rng.random((batch, *model.input_shape[1:]), dtype="float32")
    answers = np.eye(CLASSES, dtype="float32")[rng.integers(0, CLASSES, batch)]
    model.compile("sgd", "categorical_crossentropy")
    return lambda: model.train_on_batch(images, answers)


def measure(steps: dict[str, Callable[[], None]], setting: Setting) -> dict[str, list[float]]:
    """Seconds per step of each, one figure per round: the mean of the round's steps."""
    for step in steps.values():
        for _ in range(setting.warm_up):
            step()
    seconds = {name: [] for name in steps}
    for i in range(setting.rounds):
        # Every other round is backwards: none always follows the same other network.
        for name in list(steps)[:: 1 if i % 2 == 0 else -1]:
            began = time.perf_counter()
            for _ in range(setting.steps):
                steps[name]()
            seconds[name].append((time.perf_counter() - began) / setting.steps)
    return seconds


def ratios(of: list[float], over: list[float]) -> list[float]:
    """The ratio of each round."""
    return [a / b for a, b in zip(of, over, strict=True)]


def compare(name: str, setting: Setting, record: bool, path=records.RECORDS) -> None:
    """Measure network `name` against its peers, print seconds and ratios, and record them."""
    row, keras = nets.describe(name), import_keras()
    models = {"ours": ours(name)}
    if row.applications:
        models["keras.applications"] = theirs(name)
    counts = {who: model.count_params() for who, model in models.items()}
    same = len(set(counts.values())) == 1
    steps = {who: keras_step(model, setting.batch) for who, model in models.items()}
    torch = TorchStep.start(name, setting.batch, side(name), CLASSES, setting.torch)
    if torch is not None:
        steps["torch"] = torch
    try:
        seconds = measure(steps, setting)
    finally:
        if torch is not None:
            torch.close()
        keras.utils.clear_session()
    size = f"{side(name)}x{side(name)}, batch {setting.batch}"
    print(f"{name}, {size}, {setting.rounds} rounds of {setting.steps} training steps")
    more = {
        "net": name,
        "input": side(name),
        "batch": setting.batch,
        "backend": keras.backend.backend(),
        "same_parameters": same,
    }
    for who, values in seconds.items():
        print(f"  {who:20} {_words([1000 * value for value in values], '.1f')} ms per step")
        if record:
            _record({**more, "what": who, "unit": "s a step"}, values, path)
    for who in list(seconds)[1:]:
        values = ratios(seconds["ours"], seconds[who])
        note = "" if same or who == "torch" else f"  NOT THE SAME NET: parameters {counts}"
        print(f"  ours / {who:13} {_words(values, '.3f')}{note}")
        if record:
            _record({**more, "what": f"ours / {who}", "unit": "1"}, values, path)


def _record(what: dict, values: list[float], path: Path) -> None:
    records.append({"benchmark": "step_time", **what, **records.summary(values)}, path)


def _words(values: list[float], form: str) -> str:
    low, high = min(values), max(values)
    return f"{statistics.median(values):{form}} (median; {low:{form}} to {high:{form}})"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; an error is one line and status 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="networks, or all that keras.applications has as well",
    )
    parser.add_argument("--batch", type=int, default=32, help="images per step (32)")
    parser.add_argument("--rounds", type=int, default=11, help="timed rounds (11)")
    parser.add_argument("--steps", type=int, default=3, help="steps per round (3)")
    parser.add_argument(
        "--torch", metavar="PYTHON", help="an interpreter that has PyTorch, where this one has not"
    )
    parser.add_argument("--record", action="store_true", help=f"append to {records.RECORDS.name}")
    parser.add_argument("--records", type=Path, default=records.RECORDS, help="another file")
    options = parser.parse_args(arguments)
    names = options.names
    if names == ["all"]:
        names = [name for name in nets.names() if nets.describe(name).applications]
    setting = Setting(options.batch, options.rounds, options.steps, torch=options.torch)
    try:
        if min(options.batch, options.rounds, options.steps) < 1:
            raise DataError("expected --batch, --rounds and --steps of at least 1")
        for name in names:
            nets.describe(name)
        if not (options.torch or importlib.util.find_spec("torch")):
            print("PyTorch is not installed: compared without it", file=sys.stderr)
        for name in names:
            compare(name, setting, options.record, options.records)
    except (nets.NetError, DataError, BenchmarkError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; lines already recorded are whole", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
