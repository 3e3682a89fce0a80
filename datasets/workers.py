"""Calls spread over processes, their results in order, with few of them waiting at a time."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from datasets.errors import DataError


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ordered(function: Callable, arguments: Iterable[tuple], workers: int) -> Iterator:
    """function(*a) for each of `arguments`, in their order; memory is flat in their number.

    With one worker nothing is started. function: of a module, so that other processes find it.
    Raises what it raises, and DataError where a process dies, as it does for want of memory.
    """
    if workers == 1:
        yield from (function(*each) for each in arguments)
        return
    # Spawned, not forked: a fork of a process with threads, TensorFlow's for one, may hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_leave_ctrl_c_to_the_parent)
    waiting: deque = deque()
    try:
        for each in arguments:
            waiting.append(pool.submit(function, *each))
            if len(waiting) > 4 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise DataError(
            f"expected {workers} worker processes to live, found one dead, perhaps for want of "
            "memory: try again with --workers 1"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_ctrl_c_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
