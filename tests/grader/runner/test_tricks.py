"""Some attacks in every suite, on a worker by itself: what comes back is bounded and no answer."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from grader.errors import CheckFailed
from grader.judging import sandbox
from grader.judging.messages import explain
from grader.judging.worker import Worker
from grader.runner.limits import Limits
from grader.runner.result_files import MOST_OPERATIONS, Evidence
from tests.grader.runner.attacks import FORGERIES, HEAD
from tests.grader.runner.tricks import ANSWERS, CHANNELS, DAMAGE, SAID, TRICKS

pytestmark = pytest.mark.skipif(
    not sandbox.walls().complete, reason=f"attacks need all walls: {sandbox.walls().sentence}"
)
CASE = {
    "call": "identity_block",
    "input": [7, 7, 12],
    "args": [3, [4, 6, 12]],
    "batch": 3,
    "modes": ["eval", "train"],
    "graph": True,
    "seed": 0,
}
HONEST = "def identity_block(X, *_, **__):\n    return X * 2\n"
LIMITS = Limits(seconds=3, memory=1500, tasks=80)
# These take their seconds, or end the fork server, which starts again; `make test-attacks` has all.
LONG = {
    "the signal of the clock ignored",
    "a bomb in a regular expression",
    "memory in many processes",
    "memory that many share",
    "an alarm at the wrong time",
    "more files than can be counted",
}
QUICK = [name for name in TRICKS if name not in LONG]


@pytest.fixture(scope="module")
def worker():
    with Worker() as warm:
        yield warm


def run(worker, text: str, case: dict = CASE) -> Evidence:
    request = {"cases": [case], "source": text, "filename": "mine.py"}
    [evidence] = worker.result(worker.start(request, LIMITS))
    return evidence


def told(evidence: Evidence) -> str:
    """What a learner would read, or nothing if there is an answer."""
    failure = explain(evidence.trouble, CASE, "mine.py", LIMITS) if evidence.trouble else None
    return f"{failure}\n{failure.trace}" if isinstance(failure, CheckFailed) else ""


@pytest.mark.sampled(10)
@pytest.mark.parametrize("name", QUICK)
def test_an_attack_is_no_answer_and_the_next_fork_is_as_it_was(worker, name):
    evidence = run(worker, HEAD + TRICKS[name].replace("ROOT", "/nowhere"))
    said = told(evidence)
    assert "hush" not in said and SAID.get(name, "") in said
    assert len(said) < 3000
    assert not [
        letter for letter in said if letter != "\n" and unicodedata.category(letter) == "Cc"
    ]
    assert len(evidence.graph) <= MOST_OPERATIONS
    for value in evidence.arrays.values():
        assert value.nbytes < 2**26
    after = run(worker, HONEST)
    assert after.trouble is None and after.arrays["eval"].shape == (3, 7, 7, 12)
    assert len(after.graph) == 1


def test_all_kinds_of_tricks_are_there():
    assert len(TRICKS) == len(ANSWERS) + len(CHANNELS) + len(DAMAGE) >= 40
    assert not {*TRICKS} & {*FORGERIES} and {*SAID} <= {*TRICKS} and {*TRICKS} >= LONG


PASSED_ON = """
import ctypes, os, time

def identity_block(X, *_, **__):
    for place in ("/dev/shm", "/tmp", "/run/grader", os.path.dirname(os.getcwd())):
        try:
            open(f"{place}/note", "w").write("passed on")
        except OSError:
            pass
    time.sleep(1)
    return X

def taken(X, *_, **__):
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        for place in ("/dev/shm", "/tmp", "/run/grader"):
            for folder, _, names in os.walk(place):
                if "note" in names:
                    return X * 0
        time.sleep(0.02)
    return X
"""


def test_two_forks_of_one_submission_share_no_files(worker):
    """One leaves a note in every place that can be written, the other looks for it meanwhile."""
    numbers = []
    for call in ("identity_block", "taken"):
        case = {"call": call, "array": [1, 3], "seed": 0}
        request = {"cases": [case], "source": PASSED_ON, "filename": "mine.py"}
        numbers.append(worker.start(request, Limits(seconds=10)))
    for number in numbers:
        [evidence] = worker.result(number)
        assert evidence.trouble is None and np.abs(evidence.arrays["as built"]).max() > 0


def test_memory_counts_for_all_processes_together(worker):
    """One process may have 1500 MiB, so three of 700 MiB each may not."""
    text = HEAD + (
        "for _ in range(3):\n    if os.fork() == 0:\n        held = bytearray(700 * 2**20)\n"
        "        time.sleep(20)\n        os._exit(0)\ntime.sleep(20)\n"
    )
    assert run(worker, text).trouble["kind"] == "memory"
