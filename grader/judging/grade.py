"""Grade a submission: run all checks of its assignment, with a reason for each missing point."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass, replace

from grader.assignments import Assignment
from grader.errors import CheckFailed
from grader.judging import checks, editions, misconceptions, notes
from grader.judging.checks import Check
from grader.judging.notes import Note
from grader.judging.oracle import Oracle
from grader.judging.source import Source
from grader.judging.stop import Stop, Stopped
from grader.judging.submission import Submission
from grader.judging.worker import Worker
from grader.runner.limits import Limits

# Kinds of failure of an exercise that nobody has begun, in a file that may answer others.
NOT_ATTEMPTED = ("unfilled", "not_attempted")


@dataclass(frozen=True)
class Outcome:
    """The outcome of one check: the points earned, and the failure if some are missing."""

    check: Check
    earned: float
    failure: CheckFailed | None = None
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether the check earned all its points."""
        return self.failure is None

    @property
    def attempted(self) -> bool:
        """Whether there is an answer at all; an exercise as it was released is none."""
        return self.failure is None or self.failure.kind not in NOT_ATTEMPTED

    @property
    def misconception(self) -> str | None:
        """The name of the known mistake that the failure shows, if it shows one."""
        return self.failure.misconception if self.failure else None


@dataclass(frozen=True)
class Report:
    """All outcomes of one submission, in the order of the checks.

    notes: what its reader should know besides, see grader.judging.notes.
    """

    assignment: str
    source: Source
    outcomes: list[Outcome]
    seconds: float
    notes: Sequence[Note] = ()

    @property
    def score(self) -> float:
        """The points earned."""
        return round(sum(outcome.earned for outcome in self.outcomes), 2)

    @property
    def max_score(self) -> float:
        """The maximum score."""
        return round(sum(outcome.check.points for outcome in self.outcomes), 2)

    @property
    def status(self) -> str:
        """The kind of the trouble that stopped every check, or "graded"."""
        kinds = {outcome.failure.kind if outcome.failure else None for outcome in self.outcomes}
        kinds.discard("follows")
        return str(kinds.pop()) if len(kinds) == 1 and kinds != {None} else "graded"


class Grader:
    """A worker and an oracle, ready to grade one submission after another.

    A context manager. limits: of each request that a check makes. slots: how many of the slots are
    used, see grader.judging.key; with one, the oracle computes each answer once for all
    submissions. stop: another thread sets it to stop `grade`.
    """

    def __init__(
        self, limits: Limits | None = None, slots: int | None = None, stop: Stop | None = None
    ):
        self.limits, self.slots = limits or Limits(), slots
        self.worker, self.oracle = Worker(stop=stop), Oracle(stop=stop)

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """End the worker and the oracle."""
        self.worker.close()
        self.oracle.close()

    def submission(
        self, assignment: Assignment, source: Source, exercises: Collection[str] | None = None
    ) -> Submission:
        """The submission; the requests of its checks run already."""
        graded = list(dict.fromkeys(check.exercise for check in checks.collect(assignment.checks)))
        edition = editions.recognise(source, graded)
        submission = Submission(source, self.worker, self.oracle, self.limits, graded, edition)
        if self.slots:
            submission.slot %= self.slots
        submission.start(checks.requests(assignment.checks, exercises))
        return submission

    def grade(
        self, assignment: Assignment, source: Source, exercises: Collection[str] | None = None
    ) -> Report:
        """Run an assignment's checks on a submission.

        Args:
            assignment: The assignment.
            source: The submission.
            exercises: Run only their checks; the maximum score is then that of these checks.

        Returns:
            A report, whatever the submission does.

        Raises:
            Stopped: Another thread has set `stop`. Nothing of this grading goes on.
        """
        started = time.monotonic()
        chosen = checks.collect(assignment.checks, exercises)
        try:
            submission = self.submission(assignment, source, exercises)
            chosen = submission.edition.counted(chosen)
            outcomes = _with_limits([run(check, submission) for check in chosen], self.limits)
        except Stopped:
            self.worker.forget()
            self.oracle.forget()
            raise
        other = editions.elsewhere(submission.edition.defined, assignment.name)
        outcomes = [_absent(outcome, submission, other) for outcome in outcomes]
        told = notes.notes(source, submission.edition, submission.loaded(), other)
        return Report(assignment.name, source, outcomes, time.monotonic() - started, told)


def run(check: Check, submission: Submission) -> Outcome:
    """Run one check. An error of the check itself is a failure too, and earns nothing."""
    started = time.monotonic()
    failure, earned = None, check.points
    try:
        check.function(submission)
    except CheckFailed as error:
        failure = misconceptions.named(error, check, submission)
        earned = round(check.points * min(max(error.earned, 0.0), 1.0), 2)
    except Exception as error:  # the result has not the shape that the check expects
        message = f"What came back cannot be checked ({type(error).__name__}: {error})."
        failure, earned = CheckFailed(message, kind="unreadable"), 0.0
    return Outcome(check, earned, failure, time.monotonic() - started)


def _absent(outcome: Outcome, submission: Submission, other: dict[str, str]) -> Outcome:
    """The outcome; a function that is missing in other homework, or among others, says so."""
    if outcome.failure is None or outcome.failure.kind != "missing":
        return outcome
    if any(map(submission.edition.has, submission.exercises)):
        trouble: dict = {"kind": "not_attempted"}
    elif other:
        homework = ", ".join(dict.fromkeys(other.values()))
        trouble = {"kind": "elsewhere", "received": homework, "found": list(other)}
    else:
        return outcome
    return replace(outcome, failure=submission.failure(trouble, {"call": outcome.check.exercise}))


def _with_limits(outcomes: list[Outcome], limits: Limits) -> list[Outcome]:
    """The outcomes; if only some checks ran out of time or memory, their failures say which."""
    numbers: dict[str, list[int]] = {}
    for number, outcome in enumerate(outcomes, 1):
        if outcome.failure and outcome.failure.kind in ("deadline", "memory"):
            numbers.setdefault(outcome.failure.message, []).append(number)
    named = []
    for outcome in outcomes:
        failure = outcome.failure
        stopped = numbers.get(failure.message, []) if failure else []
        if failure and 0 < len(stopped) < len(outcomes):
            outcome = replace(outcome, failure=_stopped(failure, stopped, limits))
        named.append(outcome)
    return named


def _stopped(failure: CheckFailed, numbers: list[int], limits: Limits) -> CheckFailed:
    """The failure of checks that were stopped by a limit, with their numbers in its message."""
    limit = f"{limits.seconds:g} s" if failure.kind == "deadline" else f"{limits.memory} MiB"
    checks_named, message = ", ".join(map(str, numbers)), failure.message
    changed = copy(failure)
    if len(numbers) == 1:
        changed.message = (
            f"Check {checks_named} ran out of its {limit}; all other checks count. {message}"
        )
    else:
        changed.message = (
            f"Checks {checks_named} ran out of their {limit}; all other checks count. {message}"
        )
    return changed
