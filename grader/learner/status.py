"""Show a learner's points per exercise, and the next exercise to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from datasets.invocation import typed
from grader import assignments
from grader.assignments import Assignment
from grader.authoring import regions
from grader.authoring.release import UNFILLED
from grader.errors import GraderError
from grader.i18n.language import say, translated
from grader.judging import checks
from grader.judging.grade import Outcome
from grader.learner.fingerprint import fingerprints
from grader.learner.progress import Progress, Record


@dataclass(frozen=True)
class Standing:
    """The state of one exercise.

    edited: its code has changed since the last check. unfilled: nothing is filled in yet.
    """

    exercise: regions.Region
    record: Record
    edited: bool
    unfilled: bool

    @property
    def earned(self) -> float:
        """The points at the last check; none for an exercise that is empty again."""
        return 0.0 if self.unfilled else self.record.earned

    @property
    def score(self) -> str:
        """The points earned, of all points."""
        return say("{earned:g} of {points:g}", earned=self.earned, points=self.exercise.points)

    @property
    def done(self) -> bool:
        """Whether the code as it is now has earned all points."""
        return self.record.earned >= self.exercise.points and not self.edited

    @property
    def state(self) -> str:
        """The standing in a few words."""
        if self.unfilled:
            return say("to do")
        if not self.record.code:
            return say("not checked yet")
        if self.edited:
            return say("edited since the last check")
        return say("passed") if self.done else say("points missing")


def exercises(assignment: Assignment) -> list[regions.Region]:
    """The assignment's exercises with their points, from the worked solution."""
    path = assignment.file("solutions")
    try:
        return regions.find(path.read_text(encoding="utf-8"), str(path))
    except OSError:
        raise GraderError(f"{path}: expected the worked solution, found nothing there") from None


def standings(
    assignment: Assignment, progress: Progress, path: Path | None = None
) -> list[Standing]:
    """How each exercise stands. path: the learner's file, by default assignments/NAME.py."""
    path = path or assignment.file("assignments")
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    records, own_exercises = progress.all().get(assignment.name, {}), exercises(assignment)
    try:
        mine = {region.name: regions.inside(text, region) for region in regions.find(text)}
    except GraderError:
        mine = {}
    codes = fingerprints(text, [region.name for region in own_exercises])
    return [
        Standing(
            region,
            records.get(region.name, Record()),
            records.get(region.name, Record()).code != codes.get(region.name, ""),
            not text or UNFILLED in mine.get(region.name, ""),
        )
        for region in own_exercises
    ]


def following(standings: list[Standing]) -> Standing | None:
    """The first exercise that is not done; None if all are."""
    return next((standing for standing in standings if not standing.done), None)


def show(progress: Progress, console: Console) -> None:
    """Print every assignment's exercises, and what to do next."""
    for name in assignments.names():
        console.print(table(name, standings(assignments.find(name), progress)))
    console.print(escape(next_step(progress)), soft_wrap=True)


def next_step(progress: Progress) -> str:
    """What to do next: the first exercise of all that is not done, and the commands for it."""
    for assignment in map(assignments.find, assignments.names()):
        standing = following(standings(assignment, progress))
        if standing is not None:
            rest = [say("Everything is done. What is left is optional.")]
            return "\n".join([*(rest * assignment.optional), _next(assignment, standing)])
    return say("Everything is done.")


def table(name: str, standings: list[Standing]) -> Table:
    """One assignment's standings as a table."""
    earned = sum(standing.earned for standing in standings)
    points = sum(standing.exercise.points for standing in standings)
    score = say("{earned:g} of {points:g} points", earned=earned, points=points)
    label = say("{name}, optional", name=name) if name in assignments.OPTIONAL else name
    shown = Table(
        box=None,
        padding=(0, 2, 0, 0),
        title=f"{label}: {score}",
        title_justify="left",
        title_style="bold",
        header_style="dim",
    )
    shown.add_column(say("exercise"))
    shown.add_column(say("points"), justify="right")
    shown.add_column(say("hints"), justify="right")
    shown.add_column(say("state"))
    for standing in standings:
        shown.add_row(
            f"{standing.exercise.number}. {standing.exercise.name}",
            standing.score,
            str(sum(standing.record.hints.values())),
            Text(standing.state, "green" if standing.done else ""),
        )
    return shown


def tables_of_checks(
    assignment: Assignment, standings: list[Standing], known: list[Outcome]
) -> Iterator[Table]:
    """A table per exercise: its checks with their points, and whether they pass.

    known: the outcomes on the code as it is now.
    """
    outcomes = {outcome.check.name: outcome for outcome in known}
    for standing in standings:
        exercise = standing.exercise
        shown = Table(
            box=None,
            padding=(0, 2, 0, 0),
            title=Text.assemble(
                (f"{exercise.number}. {exercise.name}", "bold"),
                f"  {standing.score}  {standing.state}",
            ),
            title_justify="left",
            title_style="",
            show_header=False,
        )
        shown.add_column(justify="right", min_width=8)
        shown.add_column(no_wrap=True)
        shown.add_column()
        for check in checks.collect(assignment.checks, [exercise.name]):
            outcome, points = outcomes.get(check.name), f"{check.points:g}"
            passed = standing.done if outcome is None else outcome.passed
            mark = Text(say("pass"), "green") if passed else Text(say("miss"), "red")
            if passed or outcome:
                earned = check.points if outcome is None else outcome.earned
                points = say("{earned:g} of {points:g}", earned=earned, points=check.points)
            else:
                mark = Text("")
            shown.add_row(points, mark, Text(translated(check.title)))
        yield shown


def _next(assignment: Assignment, standing: Standing) -> str:
    path, name = assignment.file("assignments"), standing.exercise.name
    if not path.is_file():
        command = typed(f"release {assignment.name}")
        return say("Next: {command} makes the exercises.", command=command)
    line = next(
        (
            i
            for i, text in enumerate(
                path.read_text(encoding="utf-8", errors="replace").splitlines(), 1
            )
            if text.startswith(f"def {name}(")
        ),
        1,
    )
    return "\n".join(
        [
            say(
                "Next: {exercise}, in {path} from line {line} on.",
                exercise=name,
                path=path.relative_to(assignments.WORK),
                line=line,
            ),
            say(
                "  {command}  checks it at every save",
                command=typed(f"watch {assignment.name}"),
            ),
            say("  {command}  helps", command=typed(f"hint {assignment.name} {name}")),
        ]
    )
