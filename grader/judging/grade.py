"""One submission, all checks of its assignment: points, and a reason for each that is missing."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path

from grader.assignments import Assignment
from grader.errors import CheckFailed
from grader.judging import checks, misconceptions
from grader.judging.checks import Check
from grader.judging.oracle import Oracle
from grader.judging.source import Source, read
from grader.judging.submission import Submission
from grader.judging.worker import Worker
from grader.runner.limits import Limits


@dataclass(frozen=True)
class Outcome:
    """What came of one check: the points earned, and the failure where some are missing."""

    check: Check
    earned: float
    failure: CheckFailed | None = None
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether the check earned all its points."""
        return self.failure is None

    @property
    def misconception(self) -> str | None:
        """The name of the known mistake that the failure shows, where it is one."""
        return self.failure.misconception if self.failure else None


@dataclass(frozen=True)
class Report:
    """All outcomes of one submission, in the order of the checks."""

    assignment: str
    source: Source
    outcomes: list[Outcome]
    seconds: float

    @property
    def score(self) -> float:
        """The points earned."""
        return round(sum(outcome.earned for outcome in self.outcomes), 2)

    @property
    def max_score(self) -> float:
        """The points that there are."""
        return sum(outcome.check.points for outcome in self.outcomes)

    @property
    def status(self) -> str:
        """The kind of the trouble that kept every check from running, or "graded"."""
        kinds = {outcome.failure.kind if outcome.failure else None for outcome in self.outcomes}
        return str(kinds.pop()) if len(kinds) == 1 and kinds != {None} else "graded"


class Grader:
    """A warm worker and its oracle: grades one submission after another, each on its own.

    A context manager. limits: of each request that a check makes. seeds: how many of the seeds are
    used; with one, the oracle computes each answer once for all submissions.
    """

    def __init__(self, limits: Limits | None = None, seeds: int | None = None):
        self.limits, self.seeds = limits or Limits(), seeds
        self.worker, self.oracle = Worker(), Oracle()

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
        """The submission, with all that its checks will ask already under way."""
        found = Submission(source, self.worker, self.oracle, self.limits)
        if self.seeds:
            found.seed %= self.seeds
        found.start(checks.requests(assignment.checks, exercises))
        return found

    def grade(
        self, assignment: Assignment, source: Source, exercises: Collection[str] | None = None
    ) -> Report:
        """Run the assignment's checks; whatever the submission does, there is a report.

        exercises: only the checks of these; the points are then theirs alone.
        """
        started = time.monotonic()
        submission = self.submission(assignment, source, exercises)
        chosen = checks.collect(assignment.checks, exercises)
        outcomes = _counted([run(check, submission) for check in chosen], self.limits)
        return Report(assignment.name, source, outcomes, time.monotonic() - started)


def run(check: Check, submission: Submission) -> Outcome:
    """The outcome of one check; an error of the check itself is one too, and earns nothing."""
    started = time.monotonic()
    failure, earned = None, check.points
    try:
        check.function(submission)
    except CheckFailed as error:
        failure = misconceptions.named(error, check, submission)
        earned = round(check.points * min(max(error.earned, 0.0), 1.0), 2)
    except Exception as error:  # what came back was not of the shape that the check expects
        failure, earned = (
            CheckFailed(
                f"What came back cannot be checked ({type(error).__name__}: {error}).",
                kind="unreadable",
            ),
            0.0,
        )
    return Outcome(check, earned, failure, time.monotonic() - started)


def _counted(outcomes: list[Outcome], limits: Limits) -> list[Outcome]:
    """The outcomes, those that ran out of time or memory with words for which of them did."""
    numbers: dict[str, list[int]] = {}
    for number, outcome in enumerate(outcomes, 1):
        if outcome.failure and outcome.failure.kind in ("deadline", "memory"):
            numbers.setdefault(outcome.failure.message, []).append(number)
    found = list(outcomes)
    for message, which in numbers.items():
        if len(which) == len(outcomes):
            continue
        failure = outcomes[which[0] - 1].failure
        limit = f"{limits.seconds:g} s" if failure.kind == "deadline" else f"{limits.memory} MiB"
        checks_named = ", ".join(map(str, which))
        said = (
            f"Check {checks_named} ran out of its {limit}; all other checks count. {message}"
            if len(which) == 1
            else f"Checks {checks_named} ran out of their {limit}; all other checks count. "
            f"{message}"
        )
        for number in which:
            failure = copy(outcomes[number - 1].failure)
            failure.message = said
            found[number - 1] = replace(outcomes[number - 1], failure=failure)
    return found


@contextmanager
def grading(path: Path | str, limits: Limits | None = None):
    """A Grader and the Source at `path`: the file is read before anything is started."""
    source = read(path)
    with Grader(limits) as grader:
        yield grader, source
