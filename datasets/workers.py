"""Calls spread over processes, their results in order, with few results waiting at a time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from datasets.errors import DataError
from datasets.memory import keep_freed_memory


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ordered(function: Callable, arguments: Iterable[tuple], workers: int) -> Generator:
    """function(*a) for each of `arguments`, in their order; memory is flat in their number.

    One worker starts no process. function: of a module, so other processes can import it. Raises
    what it raises, and DataError if a process dies, as it does without enough memory.
    """
    if workers == 1:
        yield from (function(*each) for each in arguments)
        return
    # Spawned, not forked: a fork of a process with threads, TensorFlow's for one, may hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_begin)
    waiting: deque = deque()
    try:
        for each in arguments:
            with _ctrl_c_held():
                waiting.append(pool.submit(function, *each))
            if len(waiting) > 4 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise DataError(
            f"expected {workers} worker processes to live, found one dead, perhaps for lack of "
            "memory: try again with --workers 1"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """In a worker, before its first call: settle its memory, and end when the parent has ended.

    A parent that is killed says nothing, and a worker that waits for it would wait for ever.
    """
    keep_freed_memory()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None  # this runs in a worker only
    parent.join()
    os._exit(1)


@contextmanager
def _ctrl_c_held() -> Iterator[None]:
    """Ctrl-C waits until the block ends; a process that starts in it never hears of Ctrl-C.

    It stops when its parent says so. Interrupted as it starts, it would print a traceback, and so
    it would where its parent is interrupted while it hands over what to run.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    held: list[tuple] = []
    # The mask is what a new process inherits. It holds nothing off this thread: the system gives
    # the signal to one of NumPy's, and Python runs the handler here.
    main = threading.current_thread() is threading.main_thread()
    usual = signal.signal(signal.SIGINT, lambda *what: held.append(what)) if main else None
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if main:
            signal.signal(signal.SIGINT, usual)  # runs the handler of a signal that came in between
    if held and callable(usual):
        usual(*held[0])
