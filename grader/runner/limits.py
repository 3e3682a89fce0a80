"""The time, memory and processes that a submission may use; its walls are in judging/sandbox.py."""

from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass

MEBIBYTE = 2**20
NANOSECOND = 1e-9
# However busy the machine is, nothing runs longer than this many times its seconds.
AT_MOST = 30


@dataclass(frozen=True)
class Limits:
    """What one request may use.

    seconds: to compute or sleep, see `Clock`. memory: mebibytes that the process may add to its
    address space. file: mebibytes per file. tasks: processes and threads that it may add.
    one_ends_all: the first request of a submission that is late ends all its requests.
    """

    seconds: float = 20.0
    memory: int = 4096
    file: int = 64
    tasks: int = 256
    one_ends_all: bool = False


def apply(limits: Limits) -> None:
    """Bind the calling process, and all it starts, to `limits`; this cannot be undone."""
    cores = os.cpu_count() or 1
    # Every thread reserves a stack and an arena that it hardly uses.
    space = _address_space() + (limits.memory + 80 * cores) * MEBIBYTE
    seconds = int(limits.seconds * cores) + 2
    _lower(resource.RLIMIT_AS, space)
    _lower(resource.RLIMIT_CPU, seconds)
    _lower(resource.RLIMIT_FSIZE, limits.file * MEBIBYTE)
    _lower(resource.RLIMIT_CORE, 0)
    # The kernel counts all tasks of the user: the limit starts from those that run already.
    _lower(resource.RLIMIT_NPROC, _tasks_of_user() + limits.tasks)


class Clock:
    """Counts the seconds that a process computes, on any core, or sleeps.

    Waiting for a core does not count: a busy machine is not the submission's fault.
    """

    def __init__(self, process: int, seconds: float):
        self.process, self.seconds = process, seconds
        self._began = time.monotonic()
        self._before = self._scheduled()

    def late(self) -> bool:
        """Whether the process has spent its seconds."""
        wall = time.monotonic() - self._began
        if wall <= self.seconds:
            return False
        if wall > AT_MOST * self.seconds:
            return True
        ran, queued = (
            now - before for now, before in zip(self._scheduled(), self._before, strict=True)
        )
        return ran + max(0.0, wall - ran - queued) > self.seconds

    def _scheduled(self) -> tuple[float, float]:
        """Seconds that the process's threads have run, and that they have waited for a core."""
        ran = queued = 0.0
        try:
            for task in os.scandir(f"/proc/{self.process}/task"):
                with open(f"{task.path}/schedstat") as file:
                    numbers = file.read().split()
                ran += int(numbers[0]) * NANOSECOND
                queued += int(numbers[1]) * NANOSECOND
        except (OSError, ValueError, IndexError):
            return 0.0, 0.0  # no such figures on this system: the wall clock decides
        return ran, queued


def _lower(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(which, (value, value))
    except (OSError, ValueError):
        return  # some systems know a limit by name and refuse to set it


def _address_space() -> int:
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 8192 * MEBIBYTE


def _tasks_of_user() -> int:
    user, tasks = os.getuid(), 0
    try:
        processes = [entry for entry in os.scandir("/proc") if entry.name.isdigit()]
    except OSError:
        return 4096
    for entry in processes:
        try:
            if entry.stat().st_uid == user:
                tasks += len(os.listdir(f"{entry.path}/task"))
        except OSError:
            continue
    return tasks
