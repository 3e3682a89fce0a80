"""The progress file: a learner's points, and the hints and solutions that she has seen.

It is written as a whole or not at all, under a lock: `watch` and another command do not lose what
the other has noted. It changes no score. What a check has changed also goes into the history,
see grader.learner.history.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from grader.assignments import WORK
from grader.authoring.release import keep
from grader.errors import GraderError
from grader.files import write_whole
from grader.i18n.language import say, translated
from grader.learner import history

if TYPE_CHECKING:
    from grader.judging.grade import Outcome

PATH = WORK / ".progress.json"
VERSION = 1


@dataclass
class Record:
    """The progress in one exercise.

    earned: points at the last check. code: the digest of what was checked, see
    grader.learner.fingerprint. failing: the concept of the first check that failed, empty before
    the exercise is begun. passed: the day on which the exercise first earned all points. hints: how
    many steps were shown, by the name of the ladder. seen: whether the solution was shown
    before the exercise was passed. mistake: the misconception that the failed check named.
    """

    earned: float = 0.0
    code: str = ""
    failing: str = ""
    passed: str = ""
    hints: dict[str, int] = field(default_factory=dict)
    seen: bool = False
    mistake: str = ""

    @classmethod
    def of(cls, values: dict) -> Record:
        """The record with the values of a file; raises TypeError or ValueError for others."""
        record = cls(**values)
        for name, kind in (
            ("earned", int | float),
            ("code", str),
            ("failing", str),
            ("mistake", str),
            ("passed", str),
            ("hints", dict),
            ("seen", bool),
        ):
            if not isinstance(getattr(record, name), kind):
                raise TypeError(name)
        if not all(isinstance(steps, int) for steps in record.hints.values()):
            raise TypeError("hints")
        return record


class Progress:
    """The progress file at `path`. An unreadable file is renamed, and `warn` is called."""

    def __init__(self, path: Path | None = None, warn=print):
        self.path = path or PATH
        self.warn = warn

    def of(self, assignment: str, exercise: str) -> Record:
        """The record of an exercise."""
        return self.all().get(assignment, {}).get(exercise, Record())

    def all(self) -> dict[str, dict[str, Record]]:
        """assignment -> exercise -> record; a file that cannot be opened is a warning."""
        try:
            return self._read()
        except GraderError as error:
            self.warn(translated(str(error)))
            return {}

    @contextmanager
    def change(self, assignment: str, exercise: str):
        """The record of an exercise, to be changed; it is written at the end of the block.

        Raises GraderError if the file system refuses.
        """
        with _alone(self.path.parent):
            records = self._read()
            yield records.setdefault(assignment, {}).setdefault(exercise, Record())
            write_whole(self.path, _text(records))

    def note(self, report, digests: dict[str, str]) -> None:
        """Record a report's outcomes; a file that cannot be written is only a warning.

        digests: exercise -> digest of the checked code, from grader.learner.fingerprint.
        """
        exercises: dict[str, list] = {}
        changed = []
        for outcome in report.outcomes:
            exercises.setdefault(outcome.check.exercise, []).append(outcome)
        try:
            for exercise, outcomes in exercises.items():
                with self.change(report.assignment, exercise) as record:
                    before = replace(record)
                    failed = [outcome for outcome in outcomes if not outcome.passed]
                    record.earned = round(sum(outcome.earned for outcome in outcomes), 2)
                    record.code = digests.get(exercise, "")
                    begun = failed and failed[0].failure.kind not in ("unfilled", "missing")
                    record.failing = failed[0].check.concept if begun else ""
                    record.mistake = failed[0].misconception or "" if begun else ""
                    if not failed:
                        record.passed = record.passed or datetime.now().strftime("%Y-%m-%d")
                # What is as it was is no step on the way.
                if replace(record, code=before.code, passed=before.passed) != before:
                    changed.append(exercise)
            for exercise in changed:
                points = _by_concept(exercises[exercise])
                history.add(history.path_beside(self.path), report.assignment, exercise, points)
        except GraderError as error:
            self.warn(translated(str(error)))

    def _read(self) -> dict[str, dict[str, Record]]:
        try:
            content = json.loads(self.path.read_bytes())
            if content["version"] != VERSION:
                raise ValueError("version")
            return {
                assignment: {name: Record.of(values) for name, values in exercises.items()}
                for assignment, exercises in content["assignments"].items()
            }
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise GraderError(
                f"{self.path}: expected to read this file, received: "
                f"{error.strerror}; check its permissions"
            ) from None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            kept = keep(self.path)
            self.path.unlink(missing_ok=True)
            self.warn(
                say(
                    "{path} cannot be read as progress; it is now {kept}, and progress starts "
                    "again.",
                    path=self.path,
                    kept=kept.name,
                )
            )
            return {}


def _by_concept(outcomes: Iterable[Outcome]) -> dict[str, tuple[float, float]]:
    points: dict[str, tuple[float, float]] = {}
    for outcome in outcomes:
        earned, most = points.get(outcome.check.concept, (0.0, 0.0))
        points[outcome.check.concept] = (
            round(earned + outcome.earned, 2),
            most + outcome.check.points,
        )
    return points


def _text(records: dict[str, dict[str, Record]]) -> str:
    assignments = {
        name: {exercise: asdict(record) for exercise, record in exercises.items()}
        for name, exercises in records.items()
    }
    content = {"version": VERSION, "assignments": assignments}
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


@contextmanager
def _alone(folder: Path):
    """Hold a lock on the folder itself, which needs no lock file."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
