"""Spare forks: one that is ready goes first, one that gets ready before a new one, none twice."""

from __future__ import annotations

import json
import os
import socket
import threading

import pytest

from grader.runner import forkserver
from grader.runner.job import READY, TAKEN


@pytest.fixture
def server():
    """A fork server without a process, and what it tells the grader."""
    told, answers = os.pipe()
    made = forkserver.ForkServer(-1, answers, [], 2, None)
    made.told = told
    yield made
    os.close(told)
    os.close(answers)


@pytest.fixture
def spare(server):
    """spare(number): a new spare of the server; returns its own end of the line."""

    def add(number):
        ours, its = socket.socketpair()
        server.spares[number] = (ours, None)
        return its

    return add


def test_a_ready_spare_goes_before_one_that_gets_ready(server, spare):
    first, second, dead = spare(1), spare(2), spare(3)
    second.sendall(READY)
    dead.close()
    assert [server._take_spare()[0] for _ in range(2)] == [2, 1]
    assert server._take_spare() is None
    first.close()


def test_a_job_is_taken_once_the_spare_is_ready(server, spare):
    its = spare(1)
    _, ours, _ = server._take_spare()
    threading.Timer(1.2, its.sendall, [READY + TAKEN]).start()
    assert server._is_taken(ours)
    # Meanwhile the grader hears that the fork server is alive.
    assert json.loads(os.read(server.told, 100).splitlines()[0]) == {"alive": True}


def test_a_spare_that_ends_or_is_silent_takes_nothing(server, spare, monkeypatch):
    ended, silent = spare(1), spare(2)
    lines = [server._take_spare()[1] for _ in range(2)]
    ended.close()
    assert not server._is_taken(lines[0])
    monkeypatch.setattr(forkserver, "PATIENCE", 0.1)
    assert not server._is_taken(lines[1])
    silent.close()
