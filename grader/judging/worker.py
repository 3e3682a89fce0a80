"""The parent's side of the child: starts it, hands it jobs, and takes in what comes of them.

A submission's child stands inside the walls of grader.judging.sandbox; a job runs in a fork of it that has
a process group, a folder and limits of its own. What comes back decides nothing: it is bytes of
bounded size, which grader.runner.result_files reads as a stranger's.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from grader.assignments import ROOT
from grader.judging.sandbox import WRITABLE, Walls, walls
from grader.runner.limits import Limits
from grader.runner.result_files import LARGEST_RESULT, STREAMS, Evidence, collect, names

FORKSERVER = ROOT / "grader" / "runner" / "forkserver.py"
# A cold import of keras takes seconds, and much longer on a loaded machine.
STARTING = 120.0
# The child says every second that it is alive; a loaded machine may make it late.
SILENCE = 20.0
# How often in a row a submission may bring its child to an end before the rest of it is given up.
LOSSES = 4
LONGEST_LINE = 65536
PIPE = 2**20
ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # oneDNN compiles a kernel for every shape; a network that runs three times never earns it back.
    "TF_ENABLE_ONEDNN_OPTS": "0",
    # Nor, mostly, oneDNN's product of matrices, which takes 20 ms to compile in every fork: of all
    # networks only VGG-16 and AlexNet multiply so much that they lose by it, 0.1 s and less.
    "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL": "false",
    # Forks run side by side as it is: threads of their own would only wait for each other, awake.
    # With two of each ResNet50's fork takes 0.89 core-seconds in place of 0.73 (medians of 15).
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # Memory that a fork gave back is its own to use again, and seldom asked of the system anew:
    # 0.77 core-seconds in place of 0.73 without it.
    "GLIBC_TUNABLES": ":".join(
        (
            f"glibc.malloc.mmap_threshold={32 * 2**20}",
            f"glibc.malloc.trim_threshold={256 * 2**20}",
            f"glibc.malloc.top_pad={16 * 2**20}",
        )
    ),
    "CUDA_VISIBLE_DEVICES": "-1",
    "MPLBACKEND": "Agg",
    "PYTHONHASHSEED": "0",
    "LC_ALL": "C.UTF-8",
    "PATH": os.defpath,
}


@dataclass
class Job:
    """A request on its way: waiting until it is `sent`, done when it has a `status`."""

    owner: str
    cases: int
    message: bytes
    folder: Path
    sent: bool = False
    status: int | str | None = None

    def take(self, status, sizes: dict[str, int], contents: bytes) -> None:
        """Keep the files that a job may leave: `contents` is all that came, one after another."""
        start, known = 0, {*names(self.cases), *STREAMS}
        for name, size in sizes.items():
            if name in known:
                (self.folder / name).write_bytes(contents[start : start + size])
            start += size
        self.status = status


class Worker:
    """One warm child. A context manager; `close` ends the child and removes its folders.

    trusted: the child may import nets and runs only the project's own code, as the oracle.
    concurrency: how many forks run at once, by default as many as two cores allow.
    """

    def __init__(self, trusted: bool = False, concurrency: int | None = None):
        self.trusted = trusted
        self.concurrency = concurrency or min(2, os.cpu_count() or 1)
        self._folder = Path(tempfile.mkdtemp(prefix="grader-"))
        self._numbers = itertools.count()
        self._jobs: dict[int, Job] = {}
        self._losses: dict[str, int] = {}
        self._child: subprocess.Popen | None = None
        self._home: Path | None = None
        self._commands = self._answers = -1
        self._going, self._coming = bytearray(), bytearray()
        self._ready, self._until = False, 0.0

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def start(self, request: dict, limits: Limits | None = None) -> int:
        """Queue a request, see grader.runner.forkserver; returns the number under which to ask for it."""
        number = next(self._numbers)
        text = json.dumps(request).encode()
        source = request.get("source")
        owner = (
            ""
            if source is None
            else hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
        )
        line = {
            "job": number,
            "owner": owner,
            "cases": len(request["cases"]),
            "concurrency": self.concurrency,
            "limits": asdict(limits or Limits()),
            "size": len(text),
        }
        folder = self._folder / str(number)
        folder.mkdir()
        message = json.dumps(line).encode() + b"\n" + text
        self._jobs[number] = Job(owner, len(request["cases"]), message, folder)
        self._exchange(0.0)
        return number

    def result(self, number: int) -> list[Evidence]:
        """Wait for a queued request: one Evidence a case, whatever the submission did.

        Each number can be asked for once.
        """
        job = self._jobs[number]
        while job.status is None:
            self._exchange(max(0.0, self._until - time.monotonic()))
            if time.monotonic() > self._until:
                self._lose()
        del self._jobs[number]
        if not any(other.owner == job.owner for other in self._jobs.values()):
            self._losses.pop(job.owner, None)
        found = collect(job.folder, job.cases, job.status)
        shutil.rmtree(job.folder, ignore_errors=True)
        return found

    def close(self) -> None:
        """End the child and all its forks, and remove every folder."""
        self._stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _exchange(self, patience: float) -> None:
        """Send what may be sent, then wait so long for something from the child and take it in."""
        if self._child is None:
            self._start()
        self._send()
        writing = [self._commands] if self._going else []
        readable, writable, _ = select.select([self._answers], writing, [], patience)
        if writable:
            self._write()
        if not readable:
            return
        try:
            block = os.read(self._answers, PIPE)
        except OSError:
            block = b""
        if not block:
            self._lose()
            return
        self._coming += block
        self._expect()
        if not self._understood():
            self._lose()

    def _expect(self) -> None:
        self._until = time.monotonic() + (SILENCE if self._ready else STARTING)

    def _send(self) -> None:
        """Put jobs on their way: those of one owner at a time, after a loss one at a time."""
        for job in self._jobs.values():
            under_way = [one for one in self._jobs.values() if one.sent and one.status is None]
            if job.sent or job.status is not None:
                continue
            if under_way and (under_way[0].owner != job.owner or job.owner in self._losses):
                break
            job.sent = True
            self._going += job.message
            self._expect()
        if self._going:
            self._write()

    def _write(self) -> None:
        try:
            del self._going[: os.write(self._commands, self._going)]
        except BlockingIOError:
            return
        except OSError:
            return  # the child has gone: the answers end too, and say so

    def _understood(self) -> bool:
        """Take in the whole messages of what has come; False where it is not a child's."""
        while (end := self._coming.find(b"\n", 0, LONGEST_LINE)) >= 0:
            try:
                message = json.loads(self._coming[:end])
                sizes = {str(name): abs(int(size)) for name, size in message.get("files", [])}
                job = self._jobs.get(message.get("job"))
            except (ValueError, RecursionError, AttributeError, TypeError):
                return False
            start, total = end + 1, sum(sizes.values())
            if total > LARGEST_RESULT + LONGEST_LINE:
                return False
            if len(self._coming) < start + total:
                return True
            if job is not None and job.status is None and "status" in message:
                job.take(message["status"], sizes, self._coming[start : start + total])
                if job.owner in self._losses:
                    self._losses[job.owner] = 1
            del self._coming[: start + total]
            self._ready = True
        return len(self._coming) < LONGEST_LINE

    def _lose(self) -> None:
        """The child is of no more use: the jobs that it had are tried again in a new one."""
        self._stop()
        lost = [job for job in self._jobs.values() if job.sent and job.status is None]
        for owner in {job.owner for job in lost}:
            self._losses[owner] = self._losses.get(owner, 0) + 1
        for job in lost:
            job.sent = False
            # Alone with its child, a job has nobody else to blame.
            if len(lost) == 1 and self._losses[job.owner] > 1:
                job.status = "lost"
        for job in self._jobs.values():
            if job.status is None and self._losses.get(job.owner, 0) >= LOSSES:
                job.status = "lost"

    def _start(self) -> None:
        found = Walls(list, False) if self.trusted else walls()
        self._home = Path(tempfile.mkdtemp(prefix="grader-"))
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        for descriptor in (self._commands, self._answers):
            os.set_blocking(descriptor, False)
            with suppress(OSError, AttributeError):
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE)
        places = WRITABLE if found.walled else (str(self._home),)
        kind = "oracle" if self.trusted else "submission"
        argv = [
            sys.executable,
            "-I",
            "-B",
            str(FORKSERVER),
            kind,
            str(commands),
            str(answers),
            *places,
        ]
        self._child = found.start(
            argv,
            self._home,
            {**ENVIRONMENT, "HOME": places[0]},
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._ready = False
        self._going.clear()
        self._coming.clear()
        self._expect()

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        os.close(self._commands)
        if any(job.sent and job.status is None for job in self._jobs.values()):
            # It ends its forks itself where the system does not (PR_SET_PDEATHSIG).
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=2)
        # The child's session holds only what it started.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        os.close(self._answers)
        shutil.rmtree(self._home, ignore_errors=True)
