"""Is a training the same to the bit when it is run again? Every recipe of `reproduce`, twice.

    python -m tests.reliability.bits
    python -m tests.reliability.bits lenet race --steps 6 --ways plain exact ops one-core

Each way trains every recipe for a few steps, in a process of its own, and again in another:

- plain: as `reproduce` does without an option.
- exact: as `reproduce --exact` does.
- ops: with TensorFlow's op determinism.
- one-core: as plain, on one core, to see if the number of threads decides a bit.

Prints a line per recipe: whether both trainings ended with the same weights, whether these are
those of `plain`, and the seconds of a step after the first ones. The exit status is 1 if a way but
one-core differs from itself.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WAYS = ("plain", "exact", "ops", "one-core")
STEPS = 4
BATCH = 32


def main(words: list[str] | None = None) -> int:
    """Train everything twice in every way, and compare."""
    from training.reproduce.assignments import ASSIGNMENTS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assignments", nargs="*", default=list(ASSIGNMENTS))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=["plain"])
    parser.add_argument("--child", choices=WAYS)
    options = parser.parse_args(words)
    if options.child:
        return child(options.assignments, options.steps, options.child)
    differing, plain = 0, {}
    print(f"{'recipe':<44}{'way':<10}{'twice':<8}{'plain':<8}seconds per step")
    for way in options.ways:
        first, second = (trained(options.assignments, options.steps, way) for _ in range(2))
        for name, (bits, seconds) in first.items():
            again = second[name]
            plain.setdefault(name, bits)
            differing += bits != again[0] and way != "one-core"
            print(
                f"{name:<44}{way:<10}{_same(bits == again[0]):<8}"
                f"{_same(plain[name] == bits):<8}{seconds:.3f}, {again[1]:.3f}",
                flush=True,
            )
    return 1 if differing else 0


def _same(same: bool) -> str:
    return "same" if same else "DIFFER"


def trained(names: list[str], steps: int, way: str) -> dict[str, tuple[str, float]]:
    """Recipe -> (hash of the trained weights, seconds per step), from a process of its own."""
    words = [sys.executable, "-m", "tests.reliability.bits", *names]
    words += ["--steps", str(steps), "--child", way]
    done = subprocess.run(
        words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    return {name: (bits, seconds) for name, bits, seconds in lines}


def child(names: list[str], steps: int, way: str) -> int:
    """Train in this process; prints a line of JSON per recipe."""
    if way == "one-core":
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    if way == "exact":
        from training.compile import make_exact

        make_exact()
    from datasets.quiet import import_keras

    keras = import_keras()
    if way == "ops":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    for name in names:
        for title, train in trainings(name, steps):
            model, seconds = train()
            total = hashlib.sha256()
            for weights in model.get_weights():
                total.update(weights.tobytes())
            print(json.dumps([title, total.hexdigest(), seconds]), flush=True)
            keras.utils.clear_session()
    return 0


def trainings(name: str, steps: int) -> Iterator[tuple]:
    """(title, function that trains and returns the model and its seconds per step) of `name`."""
    from training import recipes
    from training.reproduce import assignments

    data = images(BATCH * steps)
    row = assignments.get(name)
    for recipe in row.every:
        # Two epochs: the second, whose step is compiled, is timed.
        short = dataclasses.replace(recipes.get(recipe), epochs=2)

        def train(short=short):
            from training.loop import fit
            from training.progress import Silent

            fitted = fit(assignments.builder(name), data, short, seed=1, reporter=Silent)
            return fitted.model, fitted.history[-1]["seconds"] / steps

        yield f"{name}, {recipe}", train
    if row.compared:
        yield from compared(name, data, steps)


def compared(name: str, data, steps: int) -> Iterator[tuple]:
    """The same for what a lesson compares: its smallest size, all of its ways."""
    import importlib

    from training.compile import placed
    from training.reproduce import assignments

    lesson = importlib.import_module(f"training.lessons.{name}")
    path = assignments.source(name)
    module = assignments._loaded(path, "solutions", name)
    functions = [getattr(module, function) for function in assignments.get(name).functions]
    folder = Path(tempfile.mkdtemp(prefix="bits-"))
    options = argparse.Namespace(
        runs=folder, quick=True, sizes=(5,), steps=steps, workers=2, hands=60, epochs=1, seed=0
    )
    if name == "data_augmentation":
        options.sizes = (BATCH * steps,)
    for key, (_, train) in lesson.arms(functions, data, options).items():

        def run(train=train):
            with placed("float32", None, 1):
                began = time.perf_counter()
                return train(1).model, (time.perf_counter() - began) / steps

        yield f"{name}, {', '.join(map(str, key))}", run


def images(count: int):
    """Smooth noise in six classes."""
    import numpy as np

    from datasets.signs import Signs

    rng = np.random.default_rng(0)
    x = np.repeat(np.repeat(rng.integers(0, 256, (count + 12, 8, 8, 3), "uint8"), 8, 1), 8, 2)
    y = np.arange(count + 12) % 6
    return Signs(x[:count], y[:count], x[count:], y[count:], np.arange(6))


if __name__ == "__main__":
    sys.exit(main())
