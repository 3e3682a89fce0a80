"""How long a learner waits: from a save to the feedback, and for a first check.

    python benchmarks/grader_latency.py [--runs 9] [--otter /path/to/venv/bin/otter] [--record]

"block" and "network" do what `signs watch` does: a changed file of one exercise is read
and graded by a grader that runs already and whose oracle has the answers, as after the first
minutes. "cold" is `signs check residual_networks` in a new process, minus the time of
`import keras` in another. Beside otter: `otter run` makes the same requests of the same solution;
the environment of the otter executable needs this project's Keras and TensorFlow.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import grader_batch, records
from grader import assignments
from grader.judging import checks, key, source
from grader.judging.grade import Grader
from grader.judging.oracle import Oracle
from grader.judging.submission import for_oracle

ROOT = Path(__file__).resolve().parent.parent
NAME = "residual_networks"
TARGETS = {"block": 0.5, "network": 3.0, "cold": 5.0}
# Seconds that a learner thinks before the next save.
PAUSE = 3.0
EXERCISES = {"block": ["identity_block"], "network": ["ResNet50"]}


def answer_ahead(oracle: Oracle) -> None:
    """Precompute the oracle's answers to every slot, as grader.learner.precompute does."""
    for request in checks.requests(assignments.find(NAME).checks):
        for slot in range(key.SLOTS):
            oracle.answer(for_oracle(request, slot))
    oracle.close()


def saves(runs: int, exercises: list[str], folder: Path) -> Iterator[float]:
    """Seconds from each save of a right answer to its report; each save has another text."""
    assignment, path = assignments.find(NAME), folder / "mine.py"
    text = assignment.file("solutions").read_text(encoding="utf-8")
    with Grader() as grader:
        grader.grade(assignment, source.of(f"{text}\n# warm\n"), exercises)
        for run in range(runs):
            time.sleep(PAUSE)
            began = time.perf_counter()
            path.write_text(f"{text}\n# save {run}\n", encoding="utf-8")
            report = grader.grade(assignment, source.read(path), exercises)
            yield time.perf_counter() - began
            if report.score != report.max_score:
                raise SystemExit(
                    f"expected full marks, received {report.score:g}: "
                    f"{[str(outcome.failure) for outcome in report.outcomes]}"
                )


def colds(runs: int) -> Iterator[float]:
    """Seconds of a whole check in a new process, minus those of importing keras in another."""
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    check = [sys.executable, "-m", "grader", "check", NAME, "--target", "solutions"]

    def seconds(command: list[str]) -> float:
        began = time.perf_counter()
        subprocess.run(
            command,
            cwd=ROOT,
            env=quiet,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return time.perf_counter() - began

    for _ in range(runs):
        alone = seconds([sys.executable, "-c", "import keras"])
        yield seconds(check) - alone


def otters(otter: str, runs: int, exercises: list[str], folder: Path) -> Iterator[float]:
    """Seconds of `otter run` on one right answer, with only the requests of these exercises."""
    requests = checks.module(assignments.find(NAME).checks).REQUESTS
    wanted = checks.requests(assignments.find(NAME).checks, exercises)
    names = {f"tests/{name}.py" for name, request in requests.items() if request in wanted}
    everything, archive = grader_batch.otters_tests(folder), folder / "chosen.zip"
    with zipfile.ZipFile(everything) as old, zipfile.ZipFile(archive, "w") as new:
        for name in old.namelist():
            if name in names or not name.startswith("tests/"):
                new.writestr(name, old.read(name))
    paths = grader_batch.submissions(folder, 1)
    for _ in range(runs):
        seconds, [score] = grader_batch.run_otter(otter, archive, paths, folder / "otter")
        if score != 1:
            raise SystemExit(f"expected full marks from otter, received {score:g}")
        yield seconds


def report(name: str, values: list[float], target: float | None = None) -> dict:
    """Print one measurement, and return its summary."""
    summary = records.summary(values)
    wanted = f", target {target:g} s" if target else ""
    print(
        f"{name:28} median {summary['median']:.2f} s of {summary['n']} "
        f"({summary['min']:.2f} to {summary['max']:.2f}){wanted}",
        flush=True,
    )
    return summary


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and with --record save the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--otter", help="an otter executable to compare with")
    parser.add_argument("--record", action="store_true", help="append to benchmarks/records.jsonl")
    chosen = parser.parse_args(arguments)
    with Oracle() as oracle:
        answer_ahead(oracle)
    results = {}
    with tempfile.TemporaryDirectory(prefix="latency-") as folder:
        for name, exercises in EXERCISES.items():
            values = list(saves(chosen.runs, exercises, Path(folder)))
            results[name] = report(f"{name}, save to feedback", values, TARGETS[name])
        values = list(colds(max(3, chosen.runs // 3)))
        results["cold"] = report("cold check over import keras", values, TARGETS["cold"])
        if chosen.otter:
            for name, exercises in EXERCISES.items():
                few = max(3, chosen.runs // 3)
                values = list(otters(chosen.otter, few, exercises, Path(folder)))
                results[f"otter {name}"] = report(f"otter run, {name}", values)
    if chosen.record:
        records.append({"benchmark": "grader_latency", "target": TARGETS, **results})


if __name__ == "__main__":
    main()
