"""What outlives a process, or takes it out of its group, is refused by the kernel in every fork."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import subprocess
import sys

import pytest

from grader.judging.worker import Worker
from grader.runner import syscalls

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine not in syscalls.MACHINES,
    reason="the filter is that of Linux on x86_64 and aarch64",
)
# The C library's own functions, which know their numbers, and arguments that the kernel would take.
WRAPPED = {
    "shmget": (7, 100, 0o1666),
    "shmat": (0, None, 0),
    "shmctl": (0, 0, None),
    "semget": (7, 1, 0o1666),
    "semop": (0, None, 1),
    "semctl": (0, 0, 0),
    "semtimedop": (0, None, 1, None),
    "msgget": (7, 0o1666),
    "msgsnd": (0, None, 0, 0),
    "msgrcv": (0, None, 0, 0, 0),
    "msgctl": (0, 0, None),
    "mq_open": (b"/left", os.O_CREAT | os.O_RDWR, 0o600, None),
    "setsid": (),
    "setpgid": (0, 0),
    "setpriority": (0, 0, 5),
    "ptrace": (0, 0, 0, 0),
    "process_vm_readv": (1, None, 0, None, 0, 0),
    "process_vm_writev": (1, None, 0, None, 0, 0),
    "unshare": (0,),
    "setns": (0, 0),
}
# Calls that most C libraries have no function for.
UNWRAPPED = sorted(set(syscalls.FORBIDDEN) - set(WRAPPED))


def _in_a_fork(work) -> object:
    """What `work` returns in a fork in which the calls are forbidden."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            allowed = syscalls.forbid()
            os.write(writing, json.dumps([allowed, work()]).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        allowed, answer = json.loads(file.read())
    os.waitpid(process, 0)
    assert allowed
    return answer


@pytest.mark.parametrize("name", WRAPPED)
def test_a_function_of_the_c_library_is_refused(name):
    def work():
        function = getattr(ctypes.CDLL(None, use_errno=True), name)
        return [function(*WRAPPED[name]), ctypes.get_errno()]

    assert _in_a_fork(work) == [-1, errno.EPERM]


@pytest.mark.parametrize("name", UNWRAPPED)
def test_a_call_by_its_number_is_refused(name):
    column, _ = syscalls.MACHINES[os.uname().machine]

    def work():
        call = ctypes.CDLL(None, use_errno=True).syscall
        return [call(syscalls.FORBIDDEN[name][column], 0, 0, 0, 0, 0), ctypes.get_errno()]

    assert _in_a_fork(work) == [-1, errno.EPERM]


def test_other_programs_and_threads_still_run():
    program = [sys.executable, "-c", "import threading; print(2 + threading.active_count())"]
    assert _in_a_fork(lambda: subprocess.check_output(program, text=True)) == "3\n"


def test_a_submission_leaves_nothing_in_the_kernel():
    """The next submission has no memory, semaphore or queue to find."""
    source = """
import ctypes
def look(*_):
    libc = ctypes.CDLL(None, use_errno=True)
    made = [libc.shmget(7, 100, 0o1666), libc.semget(7, 1, 0o1666), libc.msgget(7, 0o1666)]
    raise RuntimeError(str(made))
"""
    request = {"source": source, "filename": "a.py", "cases": [{"call": "look", "seed": 0}]}
    with Worker() as worker:
        [answer] = worker.result(worker.start(request))
    assert answer.trouble["text"] == "[-1, -1, -1]"
