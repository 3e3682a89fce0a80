"""Grade in the background: keys and saves are heard while a check runs, and can stop it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from grader.assignments import Assignment
from grader.judging.grade import Grader, Report
from grader.judging.source import Source
from grader.judging.stop import Stop, Stopped


@dataclass(frozen=True)
class Graded:
    """A check has ended: the number that `start` gave it, and its report or what went wrong."""

    number: int
    report: Report | Exception


class Background:
    """A grader in a thread of its own, which does one thing at a time.

    grader: stops when `stop` is set. done: called with a Graded, in that thread.
    """

    def __init__(self, grader: Grader, stop: Stop, done: Callable[[Graded], None]):
        self._grader, self._stop, self._done = grader, stop, done
        self._number = 0
        self._tasks: queue.SimpleQueue = queue.SimpleQueue()
        self._idle = threading.Event()
        self._idle.set()
        # One thread for all: the sandbox ends with the thread that has started it, not with the
        # process (PR_SET_PDEATHSIG).
        threading.Thread(target=self._work, daemon=True).start()

    def start(self, assignment: Assignment, source: Source, exercise: str) -> int:
        """Begin to grade an exercise, in place of what is graded now; returns its number."""
        self.stop()
        self._number += 1
        self._idle.clear()
        self._tasks.put((self._number, assignment, source, exercise))
        return self._number

    def stop(self) -> None:
        """Stop what is graded now: when this returns, its processes are told to end."""
        if not self._idle.is_set():
            self._stop.set()
            self._idle.wait()
            self._stop.clear()

    def _work(self) -> None:
        while True:
            task = self._tasks.get()
            try:
                self._grade(*task)
            finally:
                self._idle.set()

    def _grade(self, number: int, assignment: Assignment, source: Source, exercise: str) -> None:
        try:
            report: Report | Exception = self._grader.grade(assignment, source, [exercise])
        except Stopped:
            return
        except Exception as error:
            report = error
        self._done(Graded(number, report))
