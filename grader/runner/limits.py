"""The time, memory and processes that a submission may use; its walls are in judging/sandbox.py."""

from __future__ import annotations

import os
import resource
import time
from contextlib import suppress
from dataclasses import dataclass

MEBIBYTE = 2**20
NANOSECOND = 1e-9
# However busy the machine is, nothing runs longer than this many times its seconds.
AT_MOST = 6
# Seconds between two looks at a group's memory.
LOOKS = 0.2
# Files, pipes and sockets that a process may hold: each has buffers in the kernel.
DESCRIPTORS = 1024


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


def apply(limits: Limits, running: int) -> None:
    """Bind the calling process, and all it starts, to `limits`; this cannot be undone.

    running: the tasks that its user has already, see `tasks_of_user`.
    """
    cores = os.cpu_count() or 1
    space = (_size("self") or 8192 * MEBIBYTE) + _allowance(limits.memory)
    seconds = int(limits.seconds * cores) + 2
    _lower(resource.RLIMIT_AS, space)
    _lower(resource.RLIMIT_CPU, seconds)
    _lower(resource.RLIMIT_FSIZE, limits.file * MEBIBYTE)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, DESCRIPTORS)
    # The kernel counts all tasks of the user: the limit starts from those that run already.
    _lower(resource.RLIMIT_NPROC, running + limits.tasks)


class Clock:
    """Counts the seconds that a process group computes, on any core, or sleeps.

    Waiting for a core does not count, up to `AT_MOST`: a busy machine is not the submission's
    fault. What other processes of the group compute counts as its own.
    """

    def __init__(self, group: int, seconds: float):
        self.group, self.seconds = group, seconds
        self._began = time.monotonic()
        self._ran: dict[int, float] = {}  # by process, also of those that have ended
        self._before = self._scheduled()

    def late(self) -> bool:
        """Whether the group has spent its seconds."""
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
        """Seconds that the group has run, and that its first process has waited for a core."""
        queued = 0.0
        for process in _members(self.group):
            try:
                ran, waited = _of_threads(process)
            except (OSError, ValueError, IndexError):
                continue  # it has ended, or there are no such figures: the wall clock decides
            self._ran[process] = max(ran, self._ran.get(process, 0.0))
            queued = waited if process == self.group else queued
        return sum(self._ran.values()), queued


class Memory:
    """Watches the memory of a process group, for the kernel limits only each process by itself.

    mebibytes: what the group may add to its first process's address space, as in `apply`. What
    processes share counts for each of them: nothing that one of them reserves is left out.
    """

    def __init__(self, group: int, mebibytes: int):
        self.group, self._base = group, _size(group)
        self._most = _allowance(mebibytes)
        self._next = 0.0

    def over(self) -> bool:
        """Whether the group has taken more; looked at a few times a second."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + LOOKS
        members = _members(self.group)
        return len(members) > 1 and sum(map(self._added, members)) > self._most

    def _added(self, process: int) -> int:
        return max(0, _size(process) - self._base)


def _size(process: int | str) -> int:
    """Bytes of a process's address space; 0 if it has ended or the system does not say."""
    try:
        with open(f"/proc/{process}/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _allowance(mebibytes: int) -> int:
    # Every thread reserves a stack and an arena that it hardly uses.
    return (mebibytes + 80 * (os.cpu_count() or 1)) * MEBIBYTE


def _members(group: int) -> list[int]:
    """The processes of a process group; only its first where they cannot be listed."""
    try:
        processes = [int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()]
    except OSError:
        return [group]
    members = []
    for process in processes:
        with suppress(OSError):  # it has ended
            if os.getpgid(process) == group:
                members.append(process)
    return members


def _of_threads(process: int) -> tuple[float, float]:
    """Seconds that a process's threads have run, and that they have waited for a core."""
    ran = queued = 0.0
    for task in os.scandir(f"/proc/{process}/task"):
        with open(f"{task.path}/schedstat") as file:
            numbers = file.read().split()
        ran += int(numbers[0]) * NANOSECOND
        queued += int(numbers[1]) * NANOSECOND
    return ran, queued


def _lower(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(which, (value, value))
    except (OSError, ValueError):
        return  # some systems know a limit by name and refuse to set it


def tasks_of_user() -> int:
    """How many processes and threads this user has, as far as they can be seen."""
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
