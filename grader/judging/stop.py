"""Stop a grading that another thread waits for."""

from __future__ import annotations

import os
import select


class Stopped(BaseException):
    """Another thread has stopped this grading. No `except Exception` around a check keeps it."""


class Stop:
    """A flag that wakes whoever waits for it in `select`, until it is cleared."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()

    def fileno(self) -> int:
        """The descriptor that can be read while the flag is set."""
        return self._reading

    def set(self) -> None:
        """Stop the grading."""
        os.write(self._writing, b"s")

    def clear(self) -> None:
        """Allow the next one."""
        while select.select([self], [], [], 0)[0]:
            os.read(self._reading, 1)

    def close(self) -> None:
        """Close the descriptors."""
        os.close(self._reading)
        os.close(self._writing)
