"""The grader's side of the fork server: start it, send it jobs, and parse what comes back.

A submission's fork server runs inside the walls of grader.judging.sandbox. A job runs in a fork of
it that has a process group, a folder and limits of its own. Its results stay bytes of bounded size
from the pipe to grader.runner.result_files, which parses them and trusts nothing.
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
from dataclasses import asdict, dataclass, field
from pathlib import Path

from grader.assignments import ROOT
from grader.judging.sandbox import WRITABLE, Walls, walls
from grader.judging.stop import Stop, Stopped
from grader.runner.limits import Limits
from grader.runner.result_files import LARGEST_RESULT, Evidence, names, parse

FORKSERVER = ROOT / "grader" / "runner" / "forkserver.py"
# Seconds: a cold import of keras takes a few, and many more on a loaded machine.
STARTING = 120.0
# Seconds: the fork server says every second that it is alive; a loaded machine may delay it.
SILENCE = 20.0
# How often in a row a submission may end its fork server before the rest of it is given up.
LOSSES = 4
FORGET = b'{"forget": true}\n'
LONGEST_LINE = 65536
PIPE = 2**20
ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # oneDNN compiles a kernel for every shape, which costs more than three runs of a network save.
    "TF_ENABLE_ONEDNN_OPTS": "0",
    # oneDNN's product of matrices takes 20 ms to compile in every fork. Only VGG-16 and AlexNet
    # multiply so much that they are slower without it, by 0.1 s and less.
    "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL": "false",
    # Forks run side by side already: their threads would only wait for each other, busily. With two
    # threads of each kind ResNet50's fork takes 0.89 core-seconds, not 0.73 (medians of 15).
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # A fork keeps the memory that it frees, and seldom asks the system for new memory: without this
    # 0.77 core-seconds, not 0.73.
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
    """A request: waiting until it is `sent`, done when it has a `status`.

    message: the request as it is sent. status: the fork's exit status, or a word for why it was
    stopped, see grader.runner.result_files.parse.
    files: what the fork has left, by name, unread.
    """

    owner: str
    cases: int
    message: bytes
    sent: bool = False
    status: int | str | None = None
    files: dict[str, bytes] = field(default_factory=dict)


class Worker:
    """One fork server. A context manager; `close` ends it and removes its folder.

    trusted: it may import nets and runs only the project's own code, as the oracle's does.
    concurrency: how many forks run at once, by default as many as two cores allow. stop: if it is
    set, waiting for a result raises Stopped.
    """

    def __init__(
        self, trusted: bool = False, concurrency: int | None = None, stop: Stop | None = None
    ):
        self.trusted, self.stop = trusted, stop
        self.concurrency = concurrency or min(2, os.cpu_count() or 1)
        self._numbers = itertools.count()
        self._jobs: dict[int, Job] = {}
        self._losses: dict[str, int] = {}
        self._process: subprocess.Popen | None = None
        self._home: Path | None = None
        self._commands = self._answers = -1
        self._outgoing, self._incoming = bytearray(), bytearray()
        self._ready, self._deadline = False, 0.0

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def start(self, request: dict, limits: Limits | None = None) -> int:
        """Queue a request; returns the number under which to ask for its result.

        request: {"cases", "source", "filename"}, or {"cases", "module"} for a trusted worker; see
        grader.runner.cases for what a case is.
        """
        number = next(self._numbers)
        body = json.dumps(request).encode()
        source = request.get("source", "")
        owner = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
        line = {
            "job": number,
            "owner": owner,
            "cases": len(request["cases"]),
            "concurrency": self.concurrency,
            "limits": asdict(limits or Limits()),
            "size": len(body),
        }
        message = json.dumps(line).encode() + b"\n" + body
        self._jobs[number] = Job(owner, len(request["cases"]), message)
        self._exchange(0.0)
        return number

    def result(self, number: int) -> list[Evidence]:
        """Wait for a request: one Evidence per case, whatever the submission did.

        Each number can be asked for once.
        """
        job = self._jobs[number]
        while job.status is None:
            self._exchange(max(0.0, self._deadline - time.monotonic()))
            if time.monotonic() > self._deadline:
                self._lose()
        del self._jobs[number]
        if not any(other.owner == job.owner for other in self._jobs.values()):
            self._losses.pop(job.owner, None)
        return parse(job.files, job.cases, job.status)

    def forget(self) -> None:
        """Drop every request, and end its fork; the fork server stays ready for the next."""
        if any(job.sent and job.status is None for job in self._jobs.values()):
            self._outgoing += FORGET
            self._write()
        self._jobs.clear()
        self._losses.clear()

    def _exchange(self, patience: float) -> None:
        """Send what may be sent, then wait at most `patience` seconds for answers; take them in."""
        if self._process is None:
            self._start()
        self._send()
        writing = [self._commands] if self._outgoing else []
        stop = [self.stop.fileno()] if self.stop else []
        readable, writable, _ = select.select([self._answers, *stop], writing, [], patience)
        if stop and stop[0] in readable:
            raise Stopped
        if writable:
            self._write()
        if not readable:
            return
        try:
            block = os.read(self._answers, PIPE)
        except OSError:
            block = b""
        self._incoming += block
        self._extend_deadline()
        if not block or not self._take_answers():
            self._lose()

    def _extend_deadline(self) -> None:
        self._deadline = time.monotonic() + (SILENCE if self._ready else STARTING)

    def _send(self) -> None:
        """Send jobs: those of one owner at a time, after a loss one job at a time."""
        for job in self._jobs.values():
            running = [
                other for other in self._jobs.values() if other.sent and other.status is None
            ]
            if job.sent or job.status is not None:
                continue
            if running and (running[0].owner != job.owner or job.owner in self._losses):
                break
            job.sent = True
            self._outgoing += job.message
            self._extend_deadline()
        if self._outgoing:
            self._write()

    def _write(self) -> None:
        # If the fork server has ended, so have its answers, and reading them says so.
        with suppress(OSError):
            del self._outgoing[: os.write(self._commands, self._outgoing)]

    def _take_answers(self) -> bool:
        """Take in the answers that are complete; False if the fork server cannot have sent them."""
        while (end := self._incoming.find(b"\n", 0, LONGEST_LINE)) >= 0:
            try:
                answer = json.loads(self._incoming[:end])
                sizes = {str(name): abs(int(size)) for name, size in answer.get("files", [])}
                job, status = self._jobs.get(answer.get("job")), answer.get("status")
            except (ValueError, RecursionError, AttributeError, TypeError, OverflowError):
                return False
            start, total = end + 1, sum(sizes.values())
            if total > LARGEST_RESULT + LONGEST_LINE:
                return False
            if len(self._incoming) < start + total:
                return True
            if job is not None and job.status is None and status is not None:
                wanted = {*names(job.cases)}
                for name, size in sizes.items():
                    if name in wanted:
                        job.files[name] = bytes(self._incoming[start : start + size])
                    start += size
                job.status = status
                if job.owner in self._losses:
                    self._losses[job.owner] = 1
            del self._incoming[: end + 1 + total]
            self._ready = True
        return len(self._incoming) < LONGEST_LINE

    def _lose(self) -> None:
        """End a fork server that is of no more use: its jobs are tried again in a new one."""
        self.close()
        lost = [job for job in self._jobs.values() if job.sent and job.status is None]
        for owner in {job.owner for job in lost}:
            self._losses[owner] = self._losses.get(owner, 0) + 1
        for job in lost:
            job.sent = False
            # Alone in its fork server, a job has nobody else to blame.
            if len(lost) == 1 and self._losses[job.owner] > 1:
                job.status = "lost"
        for job in self._jobs.values():
            if job.status is None and self._losses.get(job.owner, 0) >= LOSSES:
                job.status = "lost"

    def _start(self) -> None:
        around = Walls(list, False) if self.trusted else walls()
        self._home = Path(tempfile.mkdtemp(prefix="grader-"))
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        for descriptor in (self._commands, self._answers):
            os.set_blocking(descriptor, False)
            with suppress(OSError, AttributeError):
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE)
        places = WRITABLE if around.walled else (str(self._home),)
        kind = "oracle" if self.trusted else "apart" if around.apart else "submission"
        python = [sys.executable, "-I", "-B", str(FORKSERVER)]
        self._process = around.start(
            [*python, kind, str(commands), str(answers), *places],
            self._home,
            {**ENVIRONMENT, "HOME": places[0]},
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._ready = False
        self._outgoing.clear()
        self._incoming.clear()
        self._extend_deadline()

    def close(self) -> None:
        """End the fork server and all its forks, and remove its folder."""
        process, self._process = self._process, None
        if process is None:
            return
        os.close(self._commands)
        if self._ready:
            # It ends its forks itself if the system does not (PR_SET_PDEATHSIG).
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=2)
        # Its session holds only what it has started.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(self._answers)
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
