"""A grader without a worker, and files at any state of the exercises, for tests of the loop."""

from __future__ import annotations

from grader import assignments
from grader.authoring import regions
from grader.errors import CheckFailed
from grader.judging import checks
from grader.judging.grade import Outcome, Report
from grader.learner.background import Graded

NAMES = ("identity_block", "convolutional_block", "ResNet50")
TABLE = [["stage", "expected", "received"], ["2", "15x15x256", "8x8x256"]]
TRACE = (
    "Called: identity_block(X)\nmine.py, line 3, in identity_block: X = helper(X)\n"
    "mine.py, line 9, in helper: return X + y"
)


def assignment():
    """The assignment, of the project that the fixture has made."""
    return assignments.find("residual_networks")


def solved(*names: str, released: str | None = None) -> str:
    """The released exercise with these functions filled in as in the solution."""
    solution = assignment().file("solutions").read_text(encoding="utf-8")
    text = released or assignment().file("assignments").read_text(encoding="utf-8")
    worked = {one.name: regions.inside(solution, one) for one in regions.find(solution)}
    return regions.replaced(
        text,
        lambda one: (
            worked[one.name] if one.name in names else regions.inside(text, one)
        ).splitlines(),
    )


class FakeGrader:
    """Grades as it is told: `failing` maps an exercise to the first of its concepts that fails."""

    def __init__(self, **failing: str):
        self.failing = failing
        self.asked: list[str] = []

    def grade(self, assignment, source, exercises=None) -> Report:
        """The report on one exercise."""
        self.asked += exercises or NAMES
        outcomes, failed = [], False
        for check in checks.collect(assignment.checks, exercises):
            failed = failed or self.failing.get(check.exercise) == check.concept
            failure = CheckFailed("The sum [of both] comes first.", TABLE, trace=TRACE)
            failed_here = failure if failed else None
            outcomes.append(Outcome(check, 0.0 if failed else check.points, failed_here))
        return Report(assignment.name, source, outcomes, 0.1)


class FakeBackground:
    """Grades when it is told to, and notes what it is asked for."""

    def __init__(self, grader: FakeGrader):
        self.grader = grader
        self.number = self.stopped = 0
        self.running: list[tuple] = []

    def start(self, assignment, source, exercise) -> int:
        """Begin; `ended` is the end."""
        self.number += 1
        self.running = [(assignment, source, [exercise])]
        return self.number

    def stop(self) -> None:
        """Forget what is graded now."""
        self.running = []
        self.stopped += 1

    def ended(self) -> Graded:
        """Grade what was begun."""
        return Graded(self.number, self.grader.grade(*self.running.pop()))
