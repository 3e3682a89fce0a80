"""A check is stopped: by a limit, in words and with the line, or by the learner."""

from __future__ import annotations

import os
import threading
from contextlib import closing
from pathlib import Path

import pytest

from grader import assignments
from grader.judging import source
from grader.judging.grade import Grader
from grader.judging.stop import Stop, Stopped
from grader.runner.limits import Limits
from tests.grader.processes import descendants, forks, looping, until
from tests.sampling import LONG

LENET = assignments.find("lenet")
SOLUTION = LENET.file("solutions").read_text(encoding="utf-8")
BEGIN = "    images = keras.Input(input_shape)\n"
ENDLESS = SOLUTION.replace(
    BEGIN, f"{BEGIN}    counted = 0\n    while True:\n        counted += 1\n"
)
LINE = 1 + ENDLESS.splitlines().index("    while True:")
# The process sleeps in C: no handler that is written in Python would run.
ASLEEP = SOLUTION.replace(
    BEGIN,
    f"{BEGIN}    import ctypes\n"
    "    while True:  # a signal ends each sleep\n        ctypes.PyDLL(None).usleep(99_000_000)\n",
)


@pytest.fixture(scope="module")
def stop():
    with closing(Stop()) as flag:
        yield flag


@pytest.fixture(scope="module")
def warm(cache, stop):
    """A grader as `watch` has it, but with less patience, and one fork at a time."""
    with Grader(Limits(seconds=1, one_ends_all=True), slots=1, stop=stop) as grader:
        grader.oracle.folder = cache / "classic-convnets" / "oracle"
        grader.worker.concurrency = 1
        yield grader


@LONG
def test_one_endless_loop_ends_all_and_is_named_with_its_line(warm):
    asked = []
    send, warm.worker.start = warm.worker.start, lambda *job: asked.append(job) or send(*job)
    try:
        report = warm.grade(LENET, source.of(ENDLESS, "mine.py"), ["lenet5"])
    finally:
        del warm.worker.start
    assert report.score == 0 and {outcome.failure.kind for outcome in report.outcomes} == {
        "deadline"
    }
    failure = report.outcomes[0].failure
    assert failure.message.startswith("lenet5 was stopped after 1 s: it did not return.")
    assert failure.trace.splitlines()[-1] in (
        f"mine.py, line {LINE}, in lenet5: while True:",
        f"mine.py, line {LINE + 1}, in lenet5: counted += 1",
    )
    # Each request was sent once, and the second, which had to wait, has not run.
    [waiting] = warm.worker._jobs
    assert len(asked) == 2
    assert warm.worker.result(waiting)[0].trouble == {"kind": "deadline", "stack": ""}


def test_the_line_is_known_even_where_python_does_not_run(warm):
    report = warm.grade(LENET, source.of(ASLEEP, "größe.py"), ["lenet5"])
    assert "usleep(99_000_000)" in report.outcomes[0].failure.trace.splitlines()[-1]


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="needs /proc")
def test_a_stopped_check_leaves_nothing_and_the_next_one_is_right(warm, stop):
    right, wrong = source.of(SOLUTION, "mine.py"), source.of(ENDLESS, "mine.py")
    assert warm.grade(LENET, right, ["lenet5"]).score == 70
    server, patient = warm.worker._process.pid, warm.limits
    stopped = []

    def grade():
        try:
            warm.grade(LENET, wrong, ["lenet5"])
        except Stopped:
            stopped.append(1)

    warm.limits = Limits(seconds=100)
    assert until(lambda: len(forks(server)) == 2)  # spare ones, idle
    thread = threading.Thread(target=grade)
    thread.start()
    assert until(lambda: looping(server))
    endless = looping(server)
    stop.set()
    thread.join(60)
    stop.clear()
    warm.limits = patient
    assert stopped and not warm.worker._jobs
    assert until(lambda: not endless & descendants(server))
    # The fork server is the same one, and the loop's answers are nobody's.
    assert warm.grade(LENET, right, ["lenet5"]).score == 70
    assert warm.worker._process.pid == server and warm.worker._process.poll() is None
    assert until(lambda: os.listdir(warm.worker._home) == [])


def test_a_wait_for_the_oracle_is_stopped_too(cache, tmp_path, stop):
    with Grader(slots=1, stop=stop) as grader:
        grader.oracle.folder = tmp_path
        stop.set()
        with pytest.raises(Stopped):
            grader.oracle.answer({"module": "nets.lenet", "cases": [{"call": "LeNet5"}]})
        stop.clear()
        grader.oracle.forget()
        assert not grader.oracle._started and not grader.oracle._worker._jobs
