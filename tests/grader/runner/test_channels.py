"""What could pass from one fork to the next, or to one beside it: each way is tried, and is shut.

`LEAVE` runs as one submission, then `FIND` as another, in one fork server that stays warm.
"""

from __future__ import annotations

import json
import os
import textwrap

import pytest

from grader.judging import sandbox
from grader.judging.worker import Worker
from grader.runner.limits import Limits

pytestmark = pytest.mark.skipif(
    not sandbox.walls().apart, reason=f"needs all walls: {sandbox.walls().sentence}"
)
# name -> what one submission does, and what the next one finds: `found`, which must be empty.
LEFT = {
    "marks on an open file": (
        "fcntl.fcntl(0, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND)",
        "found = [mark for mark in (os.O_NONBLOCK, os.O_APPEND)"
        " if fcntl.fcntl(0, fcntl.F_GETFL) & mark]",
    ),
    "a lock on an open file": (
        "fcntl.flock(0, fcntl.LOCK_EX)",
        "found = locked(os.devnull)",
    ),
    "a lock on a file that both can read": (
        "held = open(keras.__file__); fcntl.flock(held, fcntl.LOCK_EX)",
        "found = locked(keras.__file__)",
    ),
    "limits of the fork server": (
        "for process in range(0, 400):\n"
        "    for parent in (process, os.getppid()):\n"
        "        if parent not in (0, os.getpid()):\n"
        "            attempt(resource.prlimit, parent, resource.RLIMIT_NOFILE, (77, 77))",
        "found = [one for one in resource.getrlimit(resource.RLIMIT_NOFILE) if one == 77]",
    ),
    "the cores of the fork server": (
        "for process in range(2, 400):\n"
        "    attempt(os.sched_setaffinity, process, {min(os.sched_getaffinity(0))})",
        "found = [] if len(os.sched_getaffinity(0)) == CORES else ['fewer cores']",
    ),
    "a process that stays": (
        "if os.fork() == 0:\n    if os.fork() == 0:\n        time.sleep(60)\n    os._exit(0)",
        "found = others()",
    ),
    "a pipe that others hold": (
        "for name in os.listdir('/proc/self/fd'):\n"
        "    attempt(os.write, int(name), b'x') if int(name) > 2 else None",
        "found = [name for name in os.listdir('/proc/self/fd') if int(name) > 2"
        " and attempt(os.readlink, f'/proc/self/fd/{name}') not in (None, '/proc')"
        " and 'pipe' in str(attempt(os.readlink, f'/proc/self/fd/{name}'))]",
    ),
    "files with a name": (
        "for place in ('/dev/shm', '/tmp', '/run/grader', '/var/tmp', '/'):\n"
        "    attempt(open, f'{place}/left', 'w')",
        "found = [place for place in ('/dev/shm', '/tmp', '/run/grader', '/var/tmp', '/')"
        " if os.path.exists(f'{place}/left')]",
    ),
}
# What a fork sees of others while they are there: the fork server, its spares, a fork beside it.
SEEN = {
    "processes": "found = others()",
    "processes that take a signal": (
        "found = [process for process in range(2, 400) if attempt(os.kill, process, 0) is not False"
        " and os.path.exists(f'/proc/{process}') and process not in own()]"
    ),
    "limits of others": (
        "found = [process for process in range(2, 400)"
        " if attempt(resource.prlimit, process, resource.RLIMIT_NOFILE) and process not in own()]"
    ),
    "memory of others": (
        "found = [process for process in range(2, 400)"
        " if attempt(open, f'/proc/{process}/mem', 'rb') and process not in own()]"
    ),
    "a parent": "found = [os.getppid()] if os.getppid() else []",
    "its namespace of before": (
        "libc = ctypes.CDLL(None)\n"
        "found = [name for name in os.listdir('/proc/self/fd')"
        " if 'pid:' in str(attempt(os.readlink, f'/proc/self/fd/{name}'))]"
    ),
}
HEAD = """
import ctypes, fcntl, json, os, resource, time
import keras

CORES = {cores}

def attempt(call, *args):
    try:
        return call(*args)
    except (OSError, ValueError):
        return False

def own():
    return [int(name) for name in os.listdir("/proc/self/task")]

def others():
    return [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]

def locked(path):
    file = open(path)
    return [path] if attempt(fcntl.flock, file, fcntl.LOCK_EX | fcntl.LOCK_NB) is False else []

def look(*_):
    found = []
{body}
    raise RuntimeError(json.dumps(found))
"""
CASE = {"call": "look", "array": [1, 3], "seed": 0}


@pytest.fixture(scope="module")
def worker():
    with Worker(concurrency=2) as warm:
        yield warm


def start(worker, body: str) -> int:
    text = HEAD.format(body=textwrap.indent(body, " " * 4), cores=len(os.sched_getaffinity(0)))
    request = {"cases": [CASE], "source": text, "filename": "mine.py"}
    return worker.start(request, Limits(seconds=10))


def found(worker, body: str) -> list:
    [evidence] = worker.result(start(worker, body))
    assert evidence.trouble["error"] == "RuntimeError", evidence.trouble
    return json.loads(evidence.trouble["text"])


@pytest.mark.parametrize("way", LEFT)
def test_nothing_is_left_for_the_next_submission(worker, way):
    leave, find = LEFT[way]
    assert found(worker, leave) == []
    assert found(worker, find) == []


@pytest.mark.parametrize("way", SEEN)
def test_a_fork_sees_no_other(worker, way):
    """While another fork of the same submission runs, beside the fork server and its spares."""
    body = f"time.sleep(0.3)\n{SEEN[way]}"
    numbers = [start(worker, body) for _ in range(2)]
    for number in numbers:
        [evidence] = worker.result(number)
        assert evidence.trouble["text"] == "[]", evidence.trouble


def test_a_fork_that_signals_to_all_reaches_nobody(worker):
    """The fork server does not even start anew."""
    assert found(worker, "found = []") == []
    server = worker._process.pid
    found(worker, "for process in (-1, 0, *range(2, 400)):\n    attempt(os.kill, process, 9)")
    assert found(worker, "found = []") == []
    assert worker._process.pid == server
