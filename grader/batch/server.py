"""A process that grades for a batch: reads one submission per line, answers with its result.

`python -m grader.batch.server` reads lines of JSON: first the settings, then tasks. It ends when
its input ends, however its parent ended, and ends everything that it has started.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from functools import lru_cache

from grader import assignments
from grader.batch import near_duplicates
from grader.errors import GraderError
from grader.i18n import language
from grader.judging import gradescope
from grader.judging.grade import Grader
from grader.judging.source import Source
from grader.runner.limits import Limits


@dataclass(frozen=True)
class Settings:
    """How a batch is graded, as plain data: the same in this process and on another machine.

    seconds, memory: of each request, see grader.runner.limits. language: of the feedback.
    """

    assignment: str
    language: str = "en"
    seconds: float = Limits.seconds
    memory: int = Limits.memory


@dataclass(frozen=True)
class Task:
    """A submission to grade; the store keeps its result under `key`."""

    key: str
    source: Source


@dataclass(frozen=True)
class Result:
    """The result of a task: Gradescope's document, or the reason why there is none.

    sketch: of the submission's text, see grader.batch.near_duplicates.
    """

    key: str
    document: dict | None = None
    sketch: bytes = b""
    reason: str = ""


class BatchGrader:
    """A warm grader under the settings of a batch. A context manager.

    concurrency: how many requests of one submission run at once.
    """

    def __init__(self, settings: Settings, concurrency: int | None = None):
        self.settings = settings
        self.assignment = assignments.find(settings.assignment)
        self.grader = Grader(Limits(seconds=settings.seconds, memory=settings.memory))
        if concurrency is not None:
            self.grader.worker.concurrency = concurrency

    def __enter__(self) -> BatchGrader:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """End the grader's processes."""
        self.grader.close()

    def grade(self, task: Task) -> Result:
        """Grade one submission. Never raises: an error of the grader's own becomes the reason."""
        try:
            report = self.grader.grade(self.assignment, task.source)
            language.use(self.settings.language)
            document = gradescope.as_results(report)
            own = near_duplicates.shingles(task.source.text) - released(self.settings.assignment)
            return Result(task.key, document, near_duplicates.sketch(own))
        except GraderError as error:
            return Result(task.key, reason=str(error))
        except Exception as error:
            return Result(task.key, reason=f"{type(error).__name__}: {error}")


@lru_cache
def released(name: str) -> frozenset[int]:
    """The shingles of the released exercise, which all submissions share.

    Empty if there is no solution to make the exercise from, as in an exported grader.
    """
    from grader.authoring.release import stub

    try:
        return near_duplicates.shingles(
            stub(assignments.find(name).file("solutions").read_text(encoding="utf-8"), name)
        )
    except (OSError, GraderError):
        return frozenset()


def encoded(task: Task) -> bytes:
    """A task as one line."""
    return json.dumps(asdict(task)).encode() + b"\n"


def decoded(line: bytes) -> Task:
    """The task in a line."""
    fields = json.loads(line)
    return Task(fields["key"], Source(**fields["source"]))


def main() -> None:
    """Serve until the input ends."""
    lines: queue.SimpleQueue = queue.SimpleQueue()
    first = json.loads(sys.stdin.buffer.readline())
    # What an import or a library prints must not mix with the results.
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=_read, args=(lines,), daemon=True).start()
        with BatchGrader(Settings(**first["settings"]), first["concurrency"]) as grader:
            while True:
                result = grader.grade(decoded(lines.get()))
                fields = {**asdict(result), "sketch": result.sketch.hex()}
                results.write(json.dumps(fields).encode() + b"\n")
                results.flush()
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(0)  # the threads of a library must not keep it


def _read(lines: queue.SimpleQueue) -> None:
    for line in sys.stdin.buffer:
        lines.put(line)
    # The parent has ended: grading ends now, not at the submission's deadline. The signal goes to
    # the main thread: sent to the process, any thread could take it, and nothing would end.
    main_thread = threading.main_thread().ident
    assert main_thread is not None  # it has started
    signal.pthread_kill(main_thread, signal.SIGINT)


if __name__ == "__main__":
    main()
