"""The workers of a batch on a cluster: a warm grader in each worker of dask.distributed.

On every machine the workers start in a checkout of this project, at the same version, or in an
environment where the same wheel is installed:

    dask scheduler
    dask worker tcp://HOST:8786 --nworkers 8 --nthreads 1 --preload signs   # on each machine
    signs batch residual_networks FOLDER --out RESULTS --cluster tcp://HOST:8786
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache

from datasets.invocation import installs
from grader import assignments
from grader.batch.server import BatchGrader, Result, Settings, Task
from grader.errors import GraderError
from grader.judging import digest

CONNECTING = 10
# Each thread of a dask worker has its own grader, for a grader takes one submission at a time.
_local = threading.local()


def grade(settings: dict, expected: str, task: Task) -> Result:
    """In a dask worker: grade one submission with the warm grader of this thread.

    expected: the hash of the grader that started the batch; a worker with another grades nothing.
    """
    wanted = Settings(**settings)
    if _grader_hash(wanted) != expected:
        return Result(
            task.key,
            reason="a worker of the cluster has another version of the grader: "
            "update its checkout and its packages, or give it the same key, see `signs key`",
        )
    grader = getattr(_local, "grader", None)
    if grader is None or grader.settings != wanted:
        if grader is not None:
            grader.close()
        grader = _local.grader = BatchGrader(wanted, concurrency=1)
        atexit.register(grader.close)
    return grader.grade(task)


@lru_cache
def _grader_hash(settings: Settings) -> str:
    """Of the code that this process has imported: later changes on the disk do not count."""
    return digest.of_grader(assignments.find(settings.assignment), asdict(settings))


class Cluster:
    """The workers of the dask scheduler at `address`. A context manager.

    Args:
        address: Such as tcp://HOST:PORT.
        settings: How to grade.
        function: What the workers run on the settings, the grader's hash and a task.

    Raises:
        GraderError: dask.distributed is not installed, or there is no scheduler at the address.
    """

    def __init__(self, address: str, settings: Settings, function: Callable = grade):
        try:
            import distributed
        except ImportError:
            command = installs("dask[distributed]")
            raise GraderError(
                f"--cluster: expected dask.distributed, found none; install it with {command}"
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
        with suppress(Exception):  # a lost scheduler has nothing to close
            self.client.close(timeout=CONNECTING)

    def run(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """The results of `tasks`, as they come; another worker does the tasks of a lost one."""
        settings = asdict(self.settings)
        expected = _grader_hash(self.settings)
        completed, running = self.dask.as_completed(loop=self.client.loop), {}
        for task in tasks:
            key = f"grade-{task.key}-{os.getpid()}"
            try:
                future = self.client.submit(
                    self.function, settings, expected, task, key=key, pure=False
                )
            except Exception as error:  # closed, cancelled, timed out: it has many names
                raise GraderError(
                    "--cluster: the scheduler is lost "
                    f"({type(error).__name__}); the results so far are kept, "
                    "the same command continues from there"
                ) from None
            running[future.key] = task
            completed.add(future)
            while len(running) >= self._most():
                yield self._next(completed, running)
        while running:
            yield self._next(completed, running)

    def _most(self) -> int:
        return max(2, 2 * sum(self.client.nthreads().values()))

    def _next(self, completed, running: dict) -> Result:
        future = next(completed)
        task = running.pop(future.key)
        try:
            return future.result()
        except Exception as error:  # dask gives up on a task that has ended several workers
            return Result(task.key, reason=f"{type(error).__name__}: {error}")
        finally:
            future.release()
