"""What runs below a process, for tests that no process is left."""

from __future__ import annotations

import os
import time
from pathlib import Path


def stat(process: int | str) -> list[str]:
    """The fields of /proc/PROCESS/stat from the state on; none if it is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def program(process: int | str) -> str:
    """The name of what a process runs."""
    try:
        return Path(f"/proc/{process}/comm").read_text()
    except OSError:
        return ""


def descendants(process: int) -> set[int]:
    """The processes below a process that have not ended."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        fields = stat(entry) if entry.isdigit() else []
        if fields and fields[0] != "Z":
            children.setdefault(int(fields[1]), []).append(int(entry))
    below, waiting = set(), [process]
    while waiting:
        found = children.get(waiting.pop(), [])
        below.update(found)
        waiting += found
    return below


def until(condition) -> bool:
    """Whether the condition holds before long."""
    end = time.monotonic() + 120
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def forks(process: int) -> set[int]:
    """The forks of a fork server at or below `process`.

    A fork leads a session of its own, and the fork server is the same program.
    """
    below = descendants(process) | {process}
    return {
        fork
        for fork in below
        if (fields := stat(fork))
        and int(fields[3]) == fork
        and int(fields[1]) in below
        and program(fork) == program(fields[1])
    }


def looping(process: int) -> set[int]:
    """Those forks that compute, and have done so for longer than any right answer does.

    A process that waits for more work has computed, too, but does not go on.
    """
    least = 1.5 * os.sysconf("SC_CLK_TCK")
    before = {fork: ticks for fork in forks(process) if (ticks := computed(fork)) > least}
    if before:
        time.sleep(0.5)
    return {fork for fork, ticks in before.items() if computed(fork) > ticks}


def computed(process: int) -> int:
    """The ticks for which a process has computed; 0 if it is gone."""
    fields = stat(process)
    return int(fields[11]) + int(fields[12]) if fields else 0
