"""The workers of a batch on this machine: processes that grade, each fed by a thread."""

from __future__ import annotations

import json
import os
import queue
import select
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict

from grader.assignments import ROOT
from grader.batch.server import Answer, Job, Settings, encoded

# Far more than a submission's requests may take together; whoever is silent for longer is stuck.
PATIENCE = 3600.0
# To end what is being graded and remove its folders.
LEAVING = 15
# NumPy's threads would wait for each other on cores that the other workers keep busy.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
# A worker that dies over one submission may have been killed for another's memory: one more try.
TRIES = 2


class Pool:
    """`count` warm graders. A context manager."""

    def __init__(self, settings: Settings, count: int):
        self.settings, self.count = settings, count
        self._todo: queue.SimpleQueue = queue.SimpleQueue()
        self._done: queue.SimpleQueue = queue.SimpleQueue()
        self._processes: list[Process] = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_) -> None:
        self._todo = queue.SimpleQueue()  # threads that are still at work find nothing more
        for process in self._processes:
            process.hang_up()
        for process in self._processes:
            process.close()

    def run(self, jobs: Iterable[Job]) -> Iterator[Answer]:
        """The answers to `jobs`, as they come; jobs are taken only as workers need them."""
        cores = os.cpu_count() or 1
        concurrency = max(1, cores // self.count)
        self._processes = [Process(self.settings, concurrency) for _ in range(self.count)]
        for process in self._processes:
            threading.Thread(target=self._serve, args=(process, self._todo), daemon=True).start()
        running = 0
        for job in jobs:
            self._todo.put(job)
            running += 1
            while running >= 2 * self.count or not self._done.empty():
                yield self._done.get()
                running -= 1
        for _ in range(running):
            yield self._done.get()
        for _ in self._processes:
            self._todo.put(None)

    def _serve(self, process: Process, todo: queue.SimpleQueue) -> None:
        while (job := todo.get()) is not None:
            self._done.put(process.answer(job))


class Process:
    """One process of grader.batch.server, started when it is first needed and again when it has died."""

    def __init__(self, settings: Settings, concurrency: int):
        self._first = json.dumps({"settings": asdict(settings), "concurrency": concurrency})
        self._served: subprocess.Popen | None = None
        self._closed = False

    def answer(self, job: Job) -> Answer:
        """Have the job graded; where the process dies over it again and again, say so."""
        for _ in range(TRIES):
            with suppress(OSError, ValueError):
                return self._asked(job)
            self._stop()
        return Answer(job.key, reason="the worker ended while it graded this submission")

    def _asked(self, job: Job) -> Answer:
        served = self._served or self._start()
        served.stdin.write(encoded(job))
        served.stdin.flush()
        if not select.select([served.stdout], [], [], PATIENCE)[0]:
            raise OSError("silent")
        found = json.loads(served.stdout.readline())
        return Answer(**{**found, "sketch": bytes.fromhex(found["sketch"])})

    def _start(self) -> subprocess.Popen:
        if self._closed:
            raise OSError("closed")
        # Ctrl-C is the parent's to handle, and not sent to a session of its own.
        served = subprocess.Popen(
            [sys.executable, "-m", "grader.batch.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            start_new_session=True,
            env={**os.environ, **ONE_THREAD},
        )
        served.stdin.write(self._first.encode() + b"\n")
        self._served = served
        return served

    def hang_up(self) -> None:
        """Have the process end, without waiting for it; an answer on its way is lost."""
        self._closed = True
        if self._served is not None:
            with suppress(OSError, ValueError):
                self._served.stdin.close()

    def close(self) -> None:
        """End the process and wait until it has ended."""
        self.hang_up()
        self._stop()

    def _stop(self) -> None:
        served, self._served = self._served, None
        if served is None:
            return
        with suppress(OSError):
            served.stdin.close()
        try:
            served.wait(timeout=LEAVING)
        except subprocess.TimeoutExpired:
            served.kill()
            served.wait()
