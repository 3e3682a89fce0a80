"""A fast grading function instead of the real one; the same text gets the same score.

`python -m tests.grader.batch.stand_in FOLDER OUT LOG [POINT COUNT]` grades a folder with it, notes
every grading in LOG, and kills itself when it passes POINT for the COUNT-th time.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import zlib
from pathlib import Path

from grader import assignments
from grader.batch import class_report, near_duplicates
from grader.batch import run as batch
from grader.batch.server import Result, Settings
from grader.judging import checks

SETTINGS = Settings("residual_networks")


CHECKS = checks.collect(assignments.find(SETTINGS.assignment).checks)
MISTAKES = ("last ReLU missing", "no shortcut", "batch norm axis", "stride 2 in both", None)


def document(text: str) -> dict:
    """A result in Gradescope's schema that follows from the text."""
    draw = random.Random(zlib.crc32(text.encode()))
    right = draw.random()
    tests = [_test(check, draw.random() < right, draw) for check in CHECKS]
    return {
        "score": sum(test["score"] for test in tests),
        "max_score": 100,
        "execution_time": 0.5,
        "tests": tests,
        "extra_data": {"assignment": SETTINGS.assignment, "status": "graded"},
    }


def _test(check, passed: bool, draw: random.Random) -> dict:
    kind = draw.choice(("wrong", "wrong", "wrong", "raised", "follows"))
    mistake = draw.choice(MISTAKES) if kind == "wrong" else None
    more = {"check": check.name, "exercise": check.exercise, "concept": check.concept}
    more |= {"kind": None if passed else kind, "misconception": None if passed else mistake}
    sentence, numbers = (
        f"{mistake or 'The numbers'}: expected this.",
        [["received", f"{draw.random():.3f}"]],
    )
    told = {"sentence": sentence, "table": numbers, "trace": ""}
    more["told"] = None if passed else told
    return {
        "name": f"{check.exercise}: {check.title}",
        "score": check.points if passed else 0,
        "max_score": check.points,
        "status": "passed" if passed else "failed",
        "output": "" if passed else f"{sentence}\n{'  '.join(numbers[0])}",
        "extra_data": more,
    }


def program(draw: random.Random, lines: int = 60) -> str:
    """A submission of random statements."""
    rows = [
        f"    x{i} = f{draw.randrange(40)}(x, {draw.randrange(99)}, k={draw.random():.3f})"
        for i in range(lines)
    ]
    return "def g(x):\n" + "\n".join(rows) + "\n"


def grade(task) -> Result:
    """The result of a task; a text that says so gets none."""
    if "not gradable" in task.source.text:
        return Result(task.key, reason="the machine is on fire")
    return Result(
        task.key,
        document(task.source.text),
        near_duplicates.sketch(near_duplicates.shingles(task.source.text)),
    )


def slow(settings, expected, task) -> Result:
    """As grader.batch.dask_cluster.grade, but slow: a worker can be killed over it."""
    time.sleep(0.2)
    return grade(task)


class Pool:
    """Grades in this process, and notes in `log` what it has graded."""

    def __init__(self, log: Path | None = None):
        self.log = log

    def run(self, tasks):
        """As grader.batch.processes.Pool.run."""
        for task in tasks:
            if self.log:
                with self.log.open("a") as file:
                    file.write(f"{task.key}\n")
            yield grade(task)


def dying(function, count: int, before: bool):
    """The function, that kills this process at its `count`-th call, before or after the work."""
    calls = iter(range(count - 1, -1, -1))

    def call(*args, **kwargs):
        last = next(calls) == 0
        if last and before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **kwargs)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return call


POINTS = {
    "before record": (batch.Store, "record", True),
    "after record": (batch.Store, "record", False),
    "after write": (batch, "write_whole", False),
    "before page": (class_report, "write", True),
    "after page": (class_report, "write", False),
}


def main() -> None:
    """The command."""
    folder, out, log, *death = sys.argv[1:]
    if death:
        owner, name, before = POINTS[death[0]]
        setattr(owner, name, dying(getattr(owner, name), int(death[1]), before))
    with batch.Batch(Path(folder), Path(out), SETTINGS) as one:
        print(vars(one.run(Pool(Path(log)))))


if __name__ == "__main__":
    main()
