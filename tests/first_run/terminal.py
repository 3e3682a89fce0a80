"""A person at a terminal of 80 columns: types a command, reads, presses keys; standard library."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

ROWS, COLUMNS = 40, 80
CONTROLS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[=>]")


class Failure(Exception):
    """What the person read is not what she was promised; the message holds what she read."""


class Terminal:
    """One command that runs, on a terminal of its own.

    command: the words. folder: where it is typed. environment: all of it.
    """

    def __init__(self, command: Sequence[str], folder: Path, environment: dict[str, str]):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._master, self.raw, self._seen = master, b"", 0
        self.process = subprocess.Popen(
            command, cwd=folder, env={**environment, "TERM": "xterm-256color"},
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)

    @property
    def text(self) -> str:
        """All that was printed, as it can be read: no colours, overwritten lines left out."""
        return readable(self.raw.decode("utf-8", "replace"))

    def wait_for(self, pattern: str, seconds: float) -> float:
        """Read until `pattern` appears in what is new; returns how long that took.

        Raises Failure if the command ends first, or the time is over.
        """
        start = time.monotonic()
        while True:
            new = readable(self.raw[self._seen :].decode("utf-8", "replace"))
            if re.search(pattern, " ".join(new.split())):
                self._seen = len(self.raw)
                return time.monotonic() - start
            if time.monotonic() - start > seconds:
                self.kill()
                raise Failure(f"expected {pattern!r} within {seconds:g} s, read:\n{self.text}")
            if not self._read(0.05) and self.process.poll() is not None and not self._read(0.2):
                raise Failure(f"expected {pattern!r}, and it ended after:\n{self.text}")

    def press(self, keys: str) -> None:
        """Press keys, without Enter."""
        os.write(self._master, keys.encode())

    def end(self, seconds: float) -> int:
        """Read until the command ends; returns its exit status."""
        start = time.monotonic()
        while self.process.poll() is None or self._read(0.1):
            self._read(0.1)
            if time.monotonic() - start > seconds:
                self.kill()
                raise Failure(f"expected an end within {seconds:g} s, read:\n{self.text}")
        os.close(self._master)
        return self.process.returncode

    def kill(self) -> None:
        """End the command and what it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self._master, 65536)
        except OSError:  # the other end is closed
            return False
        self.raw += piece
        return bool(piece)


def readable(text: str) -> str:
    """Text as a terminal would show it at the end, if only single lines were overwritten."""
    lines = CONTROLS.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rsplit("\r", 1)[-1].rstrip() for line in lines)
