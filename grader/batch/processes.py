"""The workers of a batch on this machine: one process per worker, each fed by a thread."""

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
from typing import IO

from grader.assignments import ROOT
from grader.batch.server import Result, Settings, Task, encoded

# Seconds: far more than a submission's requests may take together; a longer silence is an error.
PATIENCE = 3600.0
# Seconds for a worker to stop grading and remove its folders.
LEAVING = 15
# NumPy's threads would wait for cores that the other workers keep busy.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
# A worker may be killed for the memory of another one's submission: its own gets one more try.
TRIES = 2


class Pool:
    """`count` processes that grade. A context manager."""

    def __init__(self, settings: Settings, count: int):
        self.settings, self.count = settings, count
        self._todo: queue.SimpleQueue = queue.SimpleQueue()
        self._done: queue.SimpleQueue = queue.SimpleQueue()
        self._processes: list[Process] = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_) -> None:
        self._todo = queue.SimpleQueue()  # threads that are still at work find no more tasks
        for process in self._processes:
            process.hang_up()
        for process in self._processes:
            process.close()

    def run(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """The results of `tasks`, as they come; tasks are taken only as workers need them."""
        cores = os.cpu_count() or 1
        concurrency = max(1, cores // self.count)
        self._processes = [Process(self.settings, concurrency) for _ in range(self.count)]
        for process in self._processes:
            threading.Thread(target=self._serve, args=(process, self._todo), daemon=True).start()
        running = 0
        for task in tasks:
            self._todo.put(task)
            running += 1
            while running >= 2 * self.count or not self._done.empty():
                yield self._done.get()
                running -= 1
        for _ in range(running):
            yield self._done.get()
        for _ in self._processes:
            self._todo.put(None)

    def _serve(self, process: Process, todo: queue.SimpleQueue) -> None:
        while (task := todo.get()) is not None:
            self._done.put(process.grade(task))


class Process:
    """A process of grader.batch.server, started for its first task and again after it has died."""

    def __init__(self, settings: Settings, concurrency: int):
        self._first = json.dumps({"settings": asdict(settings), "concurrency": concurrency})
        self._server: subprocess.Popen | None = None
        self._closed = False

    def grade(self, task: Task) -> Result:
        """Have the task graded; if the process dies over it again and again, the result says so."""
        for _ in range(TRIES):
            with suppress(OSError, ValueError):
                return self._ask(task)
            self._stop()
        return Result(task.key, reason="the worker ended while it graded this submission")

    def _ask(self, task: Task) -> Result:
        requests, results = _pipes(self._server or self._start())
        requests.write(encoded(task))
        requests.flush()
        if not select.select([results], [], [], PATIENCE)[0]:
            raise OSError("silent")
        fields = json.loads(results.readline())
        return Result(**{**fields, "sketch": bytes.fromhex(fields["sketch"])})

    def _start(self) -> subprocess.Popen:
        if self._closed:
            raise OSError("closed")
        # A session of its own: Ctrl-C is for the parent to handle.
        server = subprocess.Popen(
            [sys.executable, "-m", "grader.batch.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            start_new_session=True,
            env={**os.environ, **ONE_THREAD},
        )
        _pipes(server)[0].write(self._first.encode() + b"\n")
        self._server = server
        return server

    def hang_up(self) -> None:
        """Have the process end, without waiting for it; a result on its way is lost."""
        self._closed = True
        if self._server is not None:
            with suppress(OSError, ValueError):
                _pipes(self._server)[0].close()

    def close(self) -> None:
        """End the process and wait until it has ended."""
        self.hang_up()
        self._stop()

    def _stop(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        with suppress(OSError):
            _pipes(server)[0].close()
        try:
            server.wait(timeout=LEAVING)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _pipes(server: subprocess.Popen) -> tuple[IO[bytes], IO[bytes]]:
    """The process's standard input and output."""
    assert server.stdin is not None and server.stdout is not None
    return server.stdin, server.stdout
