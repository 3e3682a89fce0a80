"""The process that runs submissions: imports keras once, then forks itself for every job.

`python -I forkserver.py {submission|apart|oracle} COMMANDS ANSWERS HOME [PLACE ...]`: two
descriptors, the folder to work in, and the other folders that can be written to. All folders are
empty. apart: it serves submissions and has the right to mount, so no fork finds another's files.

A job comes as one line of JSON, {"job", "owner", "cases", "concurrency", "limits", "size"}, and
then a request of `size` bytes: {"cases", "cells", "filename", "roots", "shipped"}, see
grader.runner.cells; {"cases", "source", "filename"}, to run a script as a whole; or, for the
oracle, which is trusted code, {"cases", "module"}. Answers are lines of JSON: {"ready"}, {"alive"}
every second, and {"job", "status", "files": [[name, size], ...]}, followed by the contents of these
files. For case number i a fork writes i.npz and then i.json, so what it has answered stays when it
is stopped. The line {"forget"} ends all jobs at once, without an answer.

Forks of one owner run side by side, each in a room of its own, see grader.runner.rooms. After they
have ended, the fork server makes sure that no process and no file of theirs is left. If one is left
it ends itself, and the grader starts a new one. While it has nothing to do it keeps spare forks
ready, each for one job.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import shutil
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent.parent.parent)
sys.path.insert(0, ROOT)

from grader.runner import limits, loader, preload, ready_networks, result_files  # noqa: E402
from grader.runner.job import GO, LATE, READY, TAKEN, serve  # noqa: E402
from grader.runner.rooms import Rooms  # noqa: E402

PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36
# Seconds: for leftovers to end, for a fork to take its request, and without a job before a second
# spare fork is made.
LEAVING, PATIENCE, IDLE = 2.0, 30.0, 0.25
# Seconds that a late fork has to write down where it is, on a busy machine too.
LAST_WORDS = 1.0
# Seconds between two looks at the jobs' clocks, if the system says when a fork ends; and if not.
CLOCKS, ENDS = 0.05, 0.004
SPARES = 2


@dataclass
class Fork:
    """A fork at work on a job.

    job: its line. room: its folder. line: to the fork. ended: a descriptor that can be read after
    the fork has ended; None on systems without one. clock, memory: None until the fork may begin.
    late: when it was told that it is late. greedy: whether it was stopped for its memory.
    """

    job: dict
    room: Path
    line: socket.socket
    ended: int | None
    clock: limits.Clock | None = None
    memory: limits.Memory | None = None
    late: float | None = None
    greedy: bool = False


class ForkServer:
    """Serves jobs until the commands end.

    commands, answers: descriptors. places: all folders that can be written to, by this process and
    its forks alone; it works in the first. spares: how many forks to keep ready. rooms: for forks.
    """

    def __init__(self, commands: int, answers: int, places: list[Path], spares: int, rooms: Rooms):
        self.commands, self.answers, self.places = commands, answers, places
        self.forks: dict[int, Fork] = {}  # by process id
        self.wanted_spares = spares
        self.rooms = rooms
        self.spares: dict[int, tuple[socket.socket, Path]] = {}
        self.owner: str | None = None
        self._next_beat = 0.0

    def serve(self) -> None:
        """Take jobs, begin them, stop those that are late, and send what they leave."""
        self._clean()
        self._tell({"ready": True})
        while True:
            if self.forks and time.monotonic() > self._next_beat:
                self._next_beat = time.monotonic() + 1
                self._tell({"alive": True})
            idle = not self.forks and len(self.spares) < self.wanted_spares
            if self._wait(idle):
                line = self._read_line()
                if not line or not self._obey(json.loads(line)):
                    break
            elif idle:
                process, link, folder = self._fork(spare=True)
                self.spares[process] = link, folder
            self._reap()
            self._begin()
        for process in (*self.forks, *self.spares):
            _kill(process)

    def _wait(self, idle: bool) -> bool:
        """Wait for a command, the end of a fork, or the next look; whether a command has come."""
        ends = [fork.ended for fork in self.forks.values()]
        patience: float | None = None
        if self.forks:
            patience = ENDS if None in ends else CLOCKS
        elif idle:
            # The first spare is made at once: it is ready, or nearly, when a learner checks again.
            patience = IDLE if self.spares else 0.0
        waking = [self.commands, *(end for end in ends if end is not None)]
        return self.commands in select.select(waking, [], [], patience)[0]

    def _tell(self, message: dict, *contents: bytes) -> None:
        for part in (json.dumps(message).encode() + b"\n", *contents):
            view = memoryview(part)
            while view:
                view = view[os.write(self.answers, view) :]

    def _read_line(self) -> bytes:
        """The next job's line, empty at the end. The request after it is for its fork to read."""
        line = bytearray()
        while not line.endswith(b"\n"):
            byte = os.read(self.commands, 1)
            if not byte:
                return b""
            line += byte
        return bytes(line)

    def _fork(self, spare: bool) -> tuple[int, socket.socket, Path]:
        ours, its = socket.socketpair()
        room = self.rooms.make()
        process = self.rooms.fork()
        if process == 0:
            os.close(self.answers)
            spares = (line for line, _ in self.spares.values())
            for line in (ours, *spares, *(f.line for f in self.forks.values())):
                line.close()
            for fork in self.forks.values():
                _close(fork.ended)
            serve(self.commands, its, lambda: self.rooms.enter(room), spare)
        its.close()
        return process, ours, room

    def _obey(self, command: dict) -> bool:
        """Take a job, or forget all; False if this process is of no more use."""
        return self._forget() if "forget" in command else self._assign(command)

    def _forget(self) -> bool:
        for process, fork in list(self.forks.items()):
            _kill(process)
            os.waitpid(process, 0)
            self._remove(process, fork)
        return self._clean()

    def _assign(self, job: dict) -> bool:
        """Give a job to a fork, which waits with it."""
        if self.forks and job["owner"] != self.owner:
            return False
        self.owner = job["owner"]
        process, socket_, room = self._take_spare() or self._fork(spare=False)
        self.forks[process] = Fork(job, room, socket_, _ended(process))
        socket_.settimeout(PATIENCE)
        try:
            # A fork cannot see whom else the kernel counts.
            told = {**job, "tasks": limits.tasks_of_user()}
            socket_.sendall(json.dumps(told).encode() + b"\n")
            return self._is_taken(socket_)
        except OSError:
            return False

    def _is_taken(self, line: socket.socket) -> bool:
        """Wait until a fork has taken its job; a spare one says first that it is ready."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if not select.select([line], [], [], 1)[0]:
                self._tell({"alive": True})
            elif (said := line.recv(1)) != READY:
                return said == TAKEN
        return False

    def _take_spare(self) -> tuple[int, socket.socket, Path] | None:
        """A spare fork that is ready, or else one that gets ready: it is ahead of a new one."""
        getting_ready = None
        for process, (line, room) in self.spares.items():
            if not select.select([line], [], [], 0)[0]:
                getting_ready = getting_ready or (process, line, room)
            elif line.recv(1, socket.MSG_PEEK) == READY:
                del self.spares[process]
                return process, line, room
        if getting_ready is not None:
            del self.spares[getting_ready[0]]
        return getting_ready

    def _begin(self) -> None:
        """Let as many forks run as their jobs allow."""
        waiting = [(process, fork) for process, fork in self.forks.items() if fork.clock is None]
        running = len(self.forks) - len(waiting)
        for process, fork in waiting:
            if running >= fork.job["concurrency"]:
                return
            fork.clock = limits.Clock(process, fork.job["limits"]["seconds"])
            fork.memory = limits.Memory(process, fork.job["limits"]["memory"])
            with suppress(OSError):
                fork.line.sendall(GO)
            running += 1

    def _reap(self) -> None:
        """Stop the forks that are late, and send the results of those that have ended."""
        self._warn()
        for process, fork in list(self.forks.items()):
            over = fork.late is not None and time.monotonic() > fork.late + LAST_WORDS
            fork.greedy = fork.greedy or (fork.memory is not None and fork.memory.over())
            over = over or fork.greedy
            if over:
                _kill(process)
            ended, status = os.waitpid(process, 0 if over else os.WNOHANG)
            if not ended:
                continue
            files = result_files.read(fork.room, fork.job["cases"])
            stopped = "memory" if fork.greedy else "deadline" if fork.late else None
            answer = {
                "job": fork.job["job"],
                "status": stopped or os.waitstatus_to_exitcode(status),
                "files": [[name, len(content)] for name, content in files.items()],
            }
            self._tell(answer, *files.values())
            self._remove(process, fork)
            if not self.forks and not self._clean():
                os._exit(1)  # something was left

    def _warn(self) -> None:
        """Tell the forks that are late, which then write down where they are; see runner/job.py."""
        for late in list(self.forks.values()):
            if late.late or late.clock is None or not late.clock.late():
                continue
            every = late.job["limits"]["one_ends_all"]
            for process, fork in self.forks.items():
                if fork.late is None and (fork is late or every):
                    fork.late = time.monotonic()
                    os.kill(process, LATE)

    def _remove(self, process: int, fork: Fork) -> None:
        """Forget a fork that has ended, and remove its folder."""
        _kill(process)  # whatever it has left in its process group
        del self.forks[process]
        fork.line.close()
        _close(fork.ended)
        self.rooms.remove(fork.room)

    def _clean(self) -> bool:
        """End all that the jobs have left; whether no process and no file of theirs is there."""
        spares = dict(self.spares)
        self.spares.clear()
        for process, (line, _) in spares.items():  # a job may have done something to them
            _kill(process)
            line.close()
        # As a subreaper this process is the parent of every descendant that lost its own.
        until = time.monotonic() + LEAVING
        with suppress(ChildProcessError):
            while time.monotonic() < until:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.002)
            return False
        for _, room in spares.values():
            self.rooms.remove(room)
        return all(map(_emptied, self.places))


def _emptied(folder: Path) -> bool:
    """Remove what is in `folder`; whether all of it could be removed."""
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            with suppress(OSError):
                os.unlink(entry.path)
    return not os.listdir(folder)


def _ended(process: int) -> int | None:
    """A descriptor that can be read after the process has ended; None if there is no such thing."""
    try:
        return os.pidfd_open(process)
    except (AttributeError, OSError):
        return None


def _close(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)


def _kill(group: int) -> None:
    for how in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            how(group, signal.SIGKILL)


def main(kind: str, commands: int, answers: int, places: list[Path]) -> None:
    """Get ready, then serve; at the end every fork that still runs is killed."""
    if any(os.listdir(place) for place in places):
        sys.exit("expected empty folders: their contents would be removed")
    rooms = Rooms(places[0])
    if kind == "apart":
        rooms.divide()
        os.chdir(places[0])
    if sys.platform == "linux":
        # When memory runs out, what runs here goes first.
        with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
        prctl = ctypes.CDLL(None).prctl
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        # No fork may look into this process or into another fork, though all have one user.
        prctl(PR_SET_DUMPABLE, 0)
    if kind != "oracle":
        ready_networks.refuse()
    preload.imports()
    if kind != "oracle":
        loader.hide_project()
    ForkServer(commands, answers, places, 0 if kind == "oracle" else SPARES, rooms).serve()
    os._exit(0)  # nothing is left to do, and TensorFlow takes long to say goodbye


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), [*map(Path, sys.argv[4:])])
