"""What `watch` computes before it is needed: every answer that a save may need."""

import os
import signal
import time

import pytest

from grader import assignments
from grader.judging import checks, key, submission
from grader.learner import precompute

NAME = "residual_networks"


class Known:
    """An oracle that only notes what it is asked."""

    def __init__(self):
        self.asked = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def answer(self, request):
        self.asked.append(request)


@pytest.fixture
def oracle(monkeypatch):
    known = Known()
    monkeypatch.setattr(precompute, "Oracle", lambda: known)
    return known


def test_every_request_is_answered_for_every_slot(oracle):
    precompute.work(NAME)
    requests = checks.requests(assignments.find(NAME).checks)
    wanted = [submission.for_oracle(one, slot) for one in requests for slot in range(key.SLOTS)]
    assert len(oracle.asked) == len(wanted)
    assert all(one in oracle.asked for one in wanted)


def test_blocks_come_before_whole_networks(oracle, monkeypatch):
    network = {"module": "m", "cases": [{"call": "f", "kwargs": {"input_shape": [64, 64, 3]}}]}
    block = {"module": "m", "cases": [{"call": "g", "input": [8, 8, 4]}]}
    monkeypatch.setattr(precompute.checks, "requests", lambda path: [network, block])
    precompute.work(NAME)
    calls = [request["cases"][0]["call"] for request in oracle.asked]
    assert calls == ["g"] * key.SLOTS + ["f"] * key.SLOTS


def test_it_ends_when_whoever_started_it_is_gone(oracle, monkeypatch):
    parents = iter([1, 1, 1, 2])
    monkeypatch.setattr(precompute.os, "getppid", lambda: next(parents))
    precompute.work(NAME)
    assert len(oracle.asked) == 2


def test_it_is_a_process_of_low_priority_that_can_be_ended(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    process = precompute.start(assignments.find(NAME))
    try:
        while process.poll() is None and os.getpriority(os.PRIO_PROCESS, process.pid) != 19:
            time.sleep(0.01)
        assert process.poll() is None
        assert os.getpgid(process.pid) == process.pid  # Ctrl-C in watch is not for it
        process.terminate()
        assert process.wait(timeout=60) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
