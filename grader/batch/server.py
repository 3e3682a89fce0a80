"""One warm grader that serves a batch: a process that reads jobs and answers each.

`python -m grader.batch.server` reads JSON lines on its standard input, the settings first, then jobs, and
answers each on its standard output. When the input ends, however its parent ended, it ends too, and
everything that it has started with it.
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
class Job:
    """A submission to be graded; its result is kept under `key`."""

    key: str
    source: Source


@dataclass(frozen=True)
class Answer:
    """What came of a job: Gradescope's document and the sketch, or the reason why there is none."""

    key: str
    document: dict | None = None
    sketch: bytes = b""
    reason: str = ""


class Desk:
    """A warm grader under the settings of a batch. A context manager.

    concurrency: how many requests of one submission run at once.
    """

    def __init__(self, settings: Settings, concurrency: int | None = None):
        self.settings = settings
        self.assignment = assignments.find(settings.assignment)
        self.grader = Grader(Limits(seconds=settings.seconds, memory=settings.memory))
        if concurrency is not None:
            self.grader.worker.concurrency = concurrency

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_) -> None:
        self.grader.close()

    def answer(self, job: Job) -> Answer:
        """Grade one submission. Never raises: an error of the grader's own is the reason."""
        try:
            report = self.grader.grade(self.assignment, job.source)
            language.use(self.settings.language)
            document = gradescope.as_results(report)
            own = near_duplicates.shingles(job.source.text) - released(self.settings.assignment)
            return Answer(job.key, document, near_duplicates.sketch(own))
        except GraderError as error:
            return Answer(job.key, reason=str(error))
        except Exception as error:
            return Answer(job.key, reason=f"{type(error).__name__}: {error}")


@lru_cache
def released(name: str) -> frozenset[int]:
    """The shingles of the released exercise, which all submissions share.

    None where the solution is not there to make it from, as in an exported grader.
    """
    from grader.authoring.release import stub

    try:
        return near_duplicates.shingles(
            stub(assignments.find(name).file("solutions").read_text(encoding="utf-8"), name)
        )
    except (OSError, GraderError):
        return frozenset()


def encoded(job: Job) -> bytes:
    """A job as one line."""
    return json.dumps(asdict(job)).encode() + b"\n"


def decoded(line: bytes) -> Job:
    """The job in a line."""
    found = json.loads(line)
    return Job(found["key"], Source(**found["source"]))


def main() -> None:
    """Serve until the input ends."""
    lines: queue.SimpleQueue = queue.SimpleQueue()
    first = json.loads(sys.stdin.buffer.readline())
    # Whatever an import or a library prints must not mix with the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=_read, args=(lines,), daemon=True).start()
        with Desk(Settings(**first["settings"]), first["concurrency"]) as desk:
            while True:
                found = desk.answer(decoded(lines.get()))
                answers.write(json.dumps({**asdict(found), "sketch": found.sketch.hex()}).encode())
                answers.write(b"\n")
                answers.flush()
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(0)  # the threads of a library must not keep it


def _read(lines: queue.SimpleQueue) -> None:
    for line in sys.stdin.buffer:
        lines.put(line)
    # The parent has gone: what is being graded ends now, not at its deadline. To the main thread
    # by name: sent to the process, any thread may take it, and nothing would end.
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


if __name__ == "__main__":
    main()
