"""The page about a learner's progress: one HTML file that asks nothing of the internet.

It has no script: its charts are SVG with the same numbers in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from datasets.files import write_whole
from grader import assignments
from grader.i18n.language import say, translated
from grader.i18n.pages import environment
from grader.learner import hints, history, status
from grader.learner.history import Entry
from grader.learner.progress import Progress
from grader.learner.status import Standing
from signs.report import kept

TEMPLATES = Path(__file__).with_name("templates")
# The sides of a concept's chart, and of that of all points.
SMALL, LARGE = (120.0, 24.0), (640.0, 160.0)


@dataclass(frozen=True)
class Way:
    """A concept from its first check to the last. path: of the chart, in the units of SMALL."""

    exercise: str
    concept: str
    first: float
    last: float
    most: float
    path: str
    told: str


@dataclass(frozen=True)
class Hint:
    """The steps of a ladder that were shown."""

    exercise: str
    about: str
    steps: list[str]


@dataclass(frozen=True)
class Chapter:
    """An assignment on the page."""

    name: str
    optional: bool
    earned: float
    points: float
    standings: list[Standing]
    ways: list[Way]
    hints: list[Hint]

    @property
    def begun(self) -> bool:
        """Whether there is anything to say about it."""
        return bool(self.ways or self.hints or any(one.record.code for one in self.standings))


@dataclass(frozen=True)
class Chart:
    """All points over time. path: in the units of LARGE."""

    path: str
    begin: datetime
    end: datetime
    earned: float
    points: float


def write(progress: Progress, runs: Path, out: Path) -> int:
    """Write the page, whole or not at all; returns its bytes.

    Args:
        progress: The learner's.
        runs: The folder of all runs, which need not be there.
        out: The page.
    """
    entries, unreadable = history.read(history.path_beside(progress.path))
    chapters = [chapter(name, progress, entries) for name in assignments.names()]
    pictures, left_out = kept.pictures(runs)
    counted = [standing for chapter in chapters for standing in chapter.standings]
    text = (
        environment(TEMPLATES)
        .get_template("report.html")
        .render(
            now=datetime.now(),
            chapters=chapters,
            begun=[chapter for chapter in chapters if chapter.begun],
            done=sum(standing.done for standing in counted),
            exercises=len(counted),
            earned=sum(chapter.earned for chapter in chapters),
            points=sum(chapter.points for chapter in chapters),
            hints=sum(sum(standing.record.hints.values()) for standing in counted),
            next=status.next_step(progress).splitlines(),
            chart=chart(entries, chapters),
            small=SMALL,
            large=LARGE,
            unreadable=unreadable,
            runs=kept.runs(runs),
            pictures=pictures,
            left_out=left_out,
            translated=translated,
        )
    )
    content = text.encode("utf-8", "replace")
    write_whole(out, content)
    return len(content)


def chapter(name: str, progress: Progress, entries: Sequence[Entry]) -> Chapter:
    """What the page says about one assignment."""
    assignment = assignments.find(name)
    standings = status.standings(assignment, progress)
    own = [entry for entry in entries if entry.assignment == name]
    return Chapter(
        name,
        assignment.optional,
        sum(standing.earned for standing in standings),
        sum(standing.exercise.points for standing in standings),
        standings,
        [way for standing in standings for way in ways(standing.exercise.name, own)],
        [hint for standing in standings for hint in _hints(name, standing)],
    )


def ways(exercise: str, entries: Sequence[Entry]) -> Iterator[Way]:
    """The concepts of an exercise over time, in the order of its checks."""
    own = [entry for entry in entries if entry.exercise == exercise]
    for concept in own[-1].points if own else ():
        with_it = [entry for entry in own if concept in entry.points]
        earned = [entry.points[concept][0] for entry in with_it]
        most = with_it[-1].points[concept][1]
        places = [number / len(earned) for number in range(len(earned))]
        yield Way(
            exercise,
            translated(concept),
            earned[0],
            earned[-1],
            most,
            steps(places, [value / most if most else 0 for value in earned], SMALL),
            say(", ").join(_told(with_it, earned, most)),
        )


def _told(entries: Sequence[Entry], earned: Sequence[float], most: float) -> Iterator[str]:
    """The changes of a concept's points, with their days."""
    before = None
    for entry, value in zip(entries, earned, strict=True):
        if value != before:
            points = say("{earned:g} of {points:g}", earned=value, points=most)
            yield say("{points} on {day}", points=points, day=f"{entry.time:%Y-%m-%d %H:%M}")
        before = value


def _hints(assignment: str, standing: Standing) -> Iterator[Hint]:
    exercise = standing.exercise.name
    known = {ladder.name: ladder.steps for ladder in hints.ladders(assignment, exercise)}
    known[hints.BEGINNING] = tuple(hints.prose(assignment).get(exercise, {}).get("begin", ()))
    for name, count in standing.record.hints.items():
        shown = [translated(step) for step in known.get(name, ())[:count]]
        if count > 0:
            yield Hint(exercise, translated(name), shown)


def chart(entries: Sequence[Entry], chapters: Sequence[Chapter]) -> Chart | None:
    """The points of all assignments that were begun; None if there is no way to draw."""
    most = {chapter.name: chapter.points for chapter in chapters}
    own = [entry for entry in entries if entry.assignment in most]
    if len({entry.time for entry in own}) < 2:
        return None
    points = sum(most[name] for name in {entry.assignment for entry in own})
    begin, end = own[0].time, own[-1].time
    now: dict[tuple[str, str], float] = {}
    places, heights = [], []
    for entry, following in zip(own, [*own[1:], None], strict=True):
        now[entry.assignment, entry.exercise] = entry.earned
        if following is not None and following.time == entry.time:
            continue  # of the same check
        places.append((entry.time - begin) / (end - begin))
        heights.append(sum(now.values()) / points if points else 0)
    return Chart(steps(places, heights, LARGE), begin, end, sum(now.values()), points)


def steps(places: Sequence[float], heights: Sequence[float], sides: tuple[float, float]) -> str:
    """An SVG path that keeps each height until the next place; both are parts of the sides."""
    width, height = sides
    path = ""
    for place, value in zip(places, heights, strict=True):
        # A line at the very edge would be cut to half of its width.
        y = 2 + (height - 4) * (1 - min(max(value, 0.0), 1.0))
        path += f"H{place * width:.1f}V{y:.1f}" if path else f"M{place * width:.1f} {y:.1f}"
    return f"{path}H{width:.1f}"
