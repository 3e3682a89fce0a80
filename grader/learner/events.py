"""The events of `watch`: the file is saved, a key is pressed, or whatever others put there."""

from __future__ import annotations

import os
import queue
import re
import select
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Milliseconds without a change after which a save counts as finished.
STILL = 25
SAVED = "saved"
END = "q"
# What arrows, function keys and similar keys send.
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O.|.)?", re.DOTALL)


@contextmanager
def events(path: Path, keys: bool) -> Iterator[queue.SimpleQueue]:
    """A queue of SAVED and of single keys; at the end the terminal is as before.

    keys: whether to read keys from the standard input, which must then be a terminal.
    """
    happened: queue.SimpleQueue[str] = queue.SimpleQueue()
    stop = threading.Event()
    threads = [threading.Thread(target=_files, args=(path, happened, stop), daemon=True)]
    with _single_keys() if keys else _nothing() as descriptor:
        if keys:
            threads.append(
                threading.Thread(target=_keys, args=(descriptor, happened, stop), daemon=True)
            )
        for thread in threads:
            thread.start()
        try:
            yield happened
        finally:
            stop.set()
            for thread in threads:
                thread.join(timeout=2)


def _files(path: Path, happened: queue.SimpleQueue, stop: threading.Event) -> None:
    # Editors write a new file and rename it: the folder is watched, not the file.
    from watchfiles import watch

    def wanted(_, name: str) -> bool:
        return Path(name).name == path.name

    for _ in watch(
        path.parent,
        watch_filter=wanted,
        stop_event=stop,
        step=STILL,
        debounce=500,
        recursive=False,
        raise_interrupt=False,
    ):
        happened.put(SAVED)


def _keys(descriptor: int, happened: queue.SimpleQueue, stop: threading.Event) -> None:
    while not stop.is_set():
        if not select.select([descriptor], [], [], 0.2)[0]:
            continue
        try:
            pressed = os.read(descriptor, 64)
        except OSError:
            pressed = b""
        if not pressed:  # the terminal is gone
            happened.put(END)
            return
        for key in _SEQUENCE.sub(b"", pressed).decode("utf-8", "ignore").lower():
            happened.put(key)
            if key == END:
                return


@contextmanager
def _single_keys() -> Iterator[int]:
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSADRAIN)  # what is typed already counts too
        yield descriptor
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextmanager
def _nothing() -> Iterator[int]:
    yield -1
