"""The workers of a batch on a cluster: the same warm grader in each worker of dask.distributed.

Every machine needs this checkout, at the same version, as the folder in which its workers start:

    dask scheduler
    dask worker tcp://HOST:8786 --nworkers 8 --nthreads 1     # on each machine
    python -m grader batch residual_networks FOLDER --out RESULTS --cluster tcp://HOST:8786
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache

from grader import assignments
from grader.batch.server import Answer, Desk, Job, Settings
from grader.errors import GraderError
from grader.judging import digest

CONNECTING = 10
# Threads of one dask worker have a grader each: a grader serves one submission at a time.
_local = threading.local()


def grade(settings: dict, expected: str, job: Job) -> Answer:
    """In a dask worker: grade one submission with the warm grader of this thread.

    expected: the edition of the grader that started the batch; another one grades nothing.
    """
    asked = Settings(**settings)
    if _edition(asked) != expected:
        return Answer(
            job.key,
            reason="a worker of the cluster has another version of the grader: "
            "update its checkout and its packages",
        )
    desk = getattr(_local, "desk", None)
    if desk is None or desk.settings != asked:
        if desk is not None:
            desk.grader.close()
        desk = _local.desk = Desk(asked, concurrency=1)
        atexit.register(desk.grader.close)
    return desk.answer(job)


@lru_cache
def _edition(settings: Settings) -> str:
    """Of what this process has imported: it does not see what changes on the disk later."""
    return digest.grader(assignments.find(settings.assignment), asdict(settings))


class Cluster:
    """The workers of the dask scheduler at `address`. A context manager.

    function: what the workers run, of the settings, the grader's edition and the job. Raises
    GraderError without dask.distributed, or without a scheduler at the address.
    """

    def __init__(self, address: str, settings: Settings, function: Callable = grade):
        try:
            import distributed
        except ImportError:
            raise GraderError(
                "--cluster: expected dask.distributed, found none; install it with "
                "pip install -r requirements-grader.txt"
            ) from None
        self.settings, self.function, self.dask = settings, function, distributed
        try:
            self.client = distributed.Client(address, timeout=CONNECTING, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise GraderError(
                f"--cluster {address}: expected a dask scheduler there, received: "
                f"{type(error).__name__}; start one with `dask scheduler`"
            ) from None

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_) -> None:
        with suppress(Exception):  # a scheduler that has gone has nothing to close
            self.client.close(timeout=CONNECTING)

    def run(self, jobs: Iterable[Job]) -> Iterator[Answer]:
        """The answers to `jobs`, as they come; what a lost worker had is done by another."""
        settings = asdict(self.settings)
        expected = _edition(self.settings)
        completed, running = self.dask.as_completed(loop=self.client.loop), {}
        for job in jobs:
            key = f"grade-{job.key}-{os.getpid()}"
            try:
                future = self.client.submit(
                    self.function, settings, expected, job, key=key, pure=False
                )
            except Exception as error:  # closed, cancelled, timed out: by many names
                raise GraderError(
                    "--cluster: the scheduler is lost "
                    f"({type(error).__name__}); what is graded is kept, the same "
                    "command goes on from there"
                ) from None
            running[future.key] = job
            completed.add(future)
            while len(running) >= self._most():
                yield self._next(completed, running)
        while running:
            yield self._next(completed, running)

    def _most(self) -> int:
        return max(2, 2 * sum(self.client.nthreads().values()))

    def _next(self, completed, running: dict) -> Answer:
        future = next(completed)
        job = running.pop(future.key)
        try:
            return future.result()
        except Exception as error:  # dask gives up on a task that several workers were lost over
            return Answer(job.key, reason=f"{type(error).__name__}: {error}")
        finally:
            future.release()
