"""The parent's side of the child: starts it, hands it jobs, and keeps them to their deadlines.

A job runs in a fork that has a process group, a folder and limits of its own; the environment is
cleared. Whoever builds further walls puts them around `_start` (the whole child) and into
`grader.limits.apply` (each fork).
"""

from __future__ import annotations

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
from dataclasses import asdict
from pathlib import Path

from grader.evidence import Evidence, collect
from grader.limits import Limits

CHILD = Path(__file__).with_name("child.py")
# A cold import of keras takes seconds, and much longer on a loaded machine.
STARTING = 120.0
# The child says every second that it is alive; a loaded machine may make it late.
SILENCE = 60.0
ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "MPLBACKEND": "Agg",
    "PYTHONHASHSEED": "0",
    "LC_ALL": "C.UTF-8",
}


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
        self._child: subprocess.Popen | None = None
        self._jobs: dict[int, dict] = {}
        self._pending = b""
        self._ready = False
        self._until = 0.0

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def start(self, request: dict, limits: Limits | None = None) -> int:
        """Queue a request, see grader.child; returns the number under which to ask for it."""
        limits = limits or Limits()
        self._start()
        number = next(self._numbers)
        folder = self._folder / str(number)
        (folder / "cwd").mkdir(parents=True)
        self._jobs[number] = {"folder": folder, "cases": len(request["cases"])}
        self._send({
            "job": number,
            "folder": str(folder),
            "concurrency": self.concurrency,
            "limits": asdict(limits),
            "request": request,
        })
        self._expect()
        return number

    def result(self, number: int) -> list[Evidence]:
        """Wait for a queued request: one Evidence a case, whatever the submission did.

        Each number can be asked for once.
        """
        job = self._jobs[number]
        while "status" not in job:
            self._listen()
        del self._jobs[number]
        found = collect(job["folder"], job["cases"], job["status"])
        shutil.rmtree(job["folder"], ignore_errors=True)
        return found

    def close(self) -> None:
        """End the child and all its forks, and remove every folder."""
        self._stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        if self._child is not None and self._child.poll() is None:
            return
        self._stop()
        home = self._folder / "home"
        home.mkdir(exist_ok=True)
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-B", str(CHILD), "oracle" if self.trusted else "submission"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=home,
            env={**ENVIRONMENT, "HOME": str(home), "PATH": os.defpath},
            start_new_session=True,
        )
        self._pending, self._ready = b"", False

    def _send(self, message: dict) -> None:
        try:
            self._child.stdin.write(json.dumps(message).encode() + b"\n")
            self._child.stdin.flush()
        except (BrokenPipeError, OSError):
            self._lose()

    def _listen(self) -> None:
        """Take in one piece of what the child says, or give up on a child that says nothing."""
        descriptor = self._child.stdout.fileno()
        wait = max(0.0, self._until - time.monotonic())
        if not select.select([descriptor], [], [], wait)[0]:
            self._lose()
            return
        block = os.read(descriptor, 65536)
        if not block:
            self._lose()
            return
        *lines, self._pending = (self._pending + block).split(b"\n")
        for line in lines:
            self._note(line)
        self._expect()

    def _expect(self) -> None:
        self._until = time.monotonic() + (SILENCE if self._ready else STARTING)

    def _note(self, line: bytes) -> None:
        # A submission can write here through /proc: nothing said decides about points.
        try:
            message = json.loads(line)
            self._ready = self._ready or bool(message.get("ready"))
            job = self._jobs.get(message.get("job"))
            if job is not None and "status" in message:
                job["status"] = message["status"]
        except (ValueError, RecursionError, AttributeError, TypeError):
            return

    def _lose(self) -> None:
        self._stop()
        for job in self._jobs.values():
            job.setdefault("status", "lost")

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        with suppress(OSError):
            child.stdin.close()
        if any("status" not in job for job in self._jobs.values()):
            # It ends its forks itself where the system does not (PR_SET_PDEATHSIG).
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=2)
        # The child's session holds only what it started.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
