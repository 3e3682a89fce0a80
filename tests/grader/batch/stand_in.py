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

from grader.batch import class_report, near_duplicates
from grader.batch import run as batch
from grader.batch.server import Result, Settings

SETTINGS = Settings("residual_networks")


def document(text: str) -> dict:
    """A result in Gradescope's schema whose score follows from the text."""
    score = zlib.crc32(text.encode()) % 101
    more = {"check": "c", "exercise": "identity_block", "concept": "padding", "kind": "wrong"}
    tests = [
        {
            "name": "a check",
            "score": score,
            "max_score": 100,
            "extra_data": more,
            "status": "passed" if score == 100 else "failed",
            "output": "x" * 200,
        }
    ] * 20
    return {
        "score": score,
        "max_score": 100,
        "execution_time": 0.5,
        "tests": tests,
        "extra_data": {"assignment": "residual_networks", "status": "graded"},
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
