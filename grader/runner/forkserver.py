"""The child: imports keras once, then runs each request in a fork of its own.

`python -I child.py {submission|oracle} COMMANDS ANSWERS HOME [PLACE ...]`: two descriptors, the
folder to work in, and what else can be written to; all these are empty. It reads jobs,
{"job", "owner", "cases", "concurrency", "limits", "size"} as one line of
JSON and then a request of `size` bytes: {"cases", "source", "filename"} or, for the oracle, which
is trusted code, {"cases", "module"}. It answers with lines: {"ready"}, {"alive"} every second, and
{"job", "status", "files": [[name, size], ...]}, which the contents of these files follow. For its
case number i a fork writes i.npz and then i.json, so that what it has answered stays when it is
stopped.

Forks of one owner run side by side. Once they have ended the child makes sure that it has no
descendant and no file left; else it ends, and its parent starts a new one. While it has nothing to
do it keeps spare forks ready, of which each takes one job as any fork does.
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
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent.parent.parent)
sys.path.insert(0, ROOT)

from grader.runner import job as forks  # noqa: E402
from grader.runner import limits, loader, preload, result_files

PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36
# Seconds: for what was left to end, for a fork to take its request, and without a job before a
# spare fork is made; between two looks at the jobs' clocks where the end of a job wakes the child,
# and where it has to look for that itself.
LEAVING, PATIENCE, IDLE = 2.0, 30.0, 0.25
CLOCKS, ENDS = 0.05, 0.004
SPARES = 2


class Child:
    """Serves jobs until the commands end.

    commands, answers: descriptors. places: all folders that can be written to, this child's alone;
    the first is the one that it works in. spares: how many forks to keep ready.
    """

    def __init__(self, commands: int, answers: int, places: list[Path], spares: int):
        self.commands, self.answers, self.places = commands, answers, places
        self.jobs: dict[int, dict] = {}  # by process id; those without a clock wait
        self.wanted = spares
        self.spares: dict[int, socket.socket] = {}
        self.owner: str | None = None
        self._beat = 0.0

    def serve(self) -> None:
        """Take in jobs, begin them, stop what is late, and hand out what they leave."""
        self._clean()
        self._tell({"ready": True})
        while True:
            if self.jobs and time.monotonic() > self._beat:
                self._beat = time.monotonic() + 1
                self._tell({"alive": True})
            idle = not self.jobs and len(self.spares) < self.wanted
            if self._wait(idle):
                job = self._job()
                if job is None or not self._fresh(job["owner"]) or not self._assign(job):
                    break
            elif idle:
                process, line = self._fork(spare=True)
                self.spares[process] = line
            self._reap()
            self._begin()
        for process in (*self.jobs, *self.spares):
            _kill(process)

    def _wait(self, idle: bool) -> bool:
        """Wait for a command or the end of a job, and no longer than there is nothing else to do;
        whether a command has come."""
        ends = [job["end"] for job in self.jobs.values()]
        busy = ENDS if None in ends else CLOCKS
        patience = busy if self.jobs else IDLE if idle else None
        waking = [self.commands, *(end for end in ends if end is not None)]
        return self.commands in select.select(waking, [], [], patience)[0]

    def _tell(self, message: dict, *contents: bytes) -> None:
        for part in (json.dumps(message).encode() + b"\n", *contents):
            view = memoryview(part)
            while view:
                view = view[os.write(self.answers, view) :]

    def _job(self) -> dict | None:
        """The next job's line; None at the end. What follows is its fork's to read."""
        line = bytearray()
        while not line.endswith(b"\n"):
            byte = os.read(self.commands, 1)
            if not byte:
                return None
            line += byte
        return json.loads(line)

    def _fork(self, spare: bool) -> tuple[int, socket.socket]:
        ours, its = socket.socketpair()
        process = os.fork()
        if process == 0:
            os.close(self.answers)
            for line in (ours, *self.spares.values(), *(job["line"] for job in self.jobs.values())):
                line.close()
            for job in self.jobs.values():
                _close(job["end"])
            forks.serve(self.commands, its, spare)
        its.close()
        return process, ours

    def _assign(self, job: dict) -> bool:
        """Give a job to a fork, which waits with it; False where the request was not taken."""
        folder = self.places[0] / str(job["job"])
        (folder / "cwd").mkdir(parents=True)
        process, line = self._spare() or self._fork(spare=False)
        self.jobs[process] = {
            **job,
            "folder": folder,
            "line": line,
            "clock": None,
            "end": _end(process),
        }
        line.settimeout(PATIENCE)
        try:
            line.sendall(json.dumps({**job, "folder": str(folder)}).encode() + b"\n")
            return line.recv(1) == forks.TAKEN
        except OSError:
            return False

    def _spare(self) -> tuple[int, socket.socket] | None:
        for process, line in self.spares.items():
            if select.select([line], [], [], 0)[0] and line.recv(1) == forks.READY:
                del self.spares[process]
                return process, line
        return None

    def _begin(self) -> None:
        waiting = [(process, job) for process, job in self.jobs.items() if job["clock"] is None]
        running = len(self.jobs) - len(waiting)
        for process, job in waiting:
            if running >= job["concurrency"]:
                return
            job["clock"] = limits.Clock(process, job["limits"]["seconds"])
            with suppress(OSError):
                job["line"].sendall(forks.GO)
            running += 1

    def _reap(self) -> None:
        for process, job in list(self.jobs.items()):
            late = job["clock"] is not None and job["clock"].late()
            if late:
                _kill(process)
            ended, status = os.waitpid(process, 0 if late else os.WNOHANG)
            if not ended:
                continue
            _kill(process)  # whatever it has left behind in its process group
            del self.jobs[process]
            job["line"].close()
            _close(job["end"])
            found = result_files.contents(job["folder"], job["cases"])
            self._tell(
                {
                    "job": job["job"],
                    "status": "deadline" if late else os.waitstatus_to_exitcode(status),
                    "files": [[name, len(content)] for name, content in found.items()],
                },
                *found.values(),
            )
            shutil.rmtree(job["folder"], ignore_errors=True)
            if not self.jobs and not self._clean():
                os._exit(1)  # something was left behind

    def _fresh(self, owner: str) -> bool:
        """Whether no job of another owner is here."""
        other = owner != self.owner and bool(self.jobs)
        self.owner = owner
        return not other

    def _clean(self) -> bool:
        """Whether nothing is left of the jobs, neither a process nor a file."""
        for process, line in self.spares.items():  # a job may have done something to them
            _kill(process)
            line.close()
        self.spares.clear()
        # As a subreaper this process is the parent of every descendant that lost its own.
        until = time.monotonic() + LEAVING
        with suppress(ChildProcessError):
            while time.monotonic() < until:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.002)
            return False
        return all(map(_emptied, self.places))


def _emptied(folder: Path) -> bool:
    """Remove what was left in `folder`; whether all of that could be removed."""
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            with suppress(OSError):
                os.unlink(entry.path)
    return not os.listdir(folder)


def _end(process: int) -> int | None:
    """A descriptor that can be read once the process has ended; None where there is no such."""
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


def main(trusted: bool, commands: int, answers: int, places: list[Path]) -> None:
    """Get ready, then serve; at the end every fork that still runs is killed."""
    if any(os.listdir(place) for place in places):
        sys.exit("expected empty folders: what lies in them would be removed")
    if sys.platform == "linux":
        # Where memory runs out, what runs here goes first.
        with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
        prctl = ctypes.CDLL(None).prctl
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        # No fork may look into this process or into another fork, though all have one user.
        prctl(PR_SET_DUMPABLE, 0)
    preload.imports()
    if not trusted:
        # An installation for development puts the project on the path a second time.
        sys.path[:] = [place for place in sys.path if os.path.abspath(place) != ROOT]
        sys.meta_path.append(loader.SharedPackages(ROOT))
    Child(commands, answers, places, 0 if trusted else SPARES).serve()


if __name__ == "__main__":
    main(sys.argv[1] == "oracle", int(sys.argv[2]), int(sys.argv[3]), [*map(Path, sys.argv[4:])])
