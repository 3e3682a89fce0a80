"""What a teacher changes by hand: overrides.csv in the folder of results, which every run honours.

A row names somebody by file, submission, learner, id or e-mail address. score: points in place of
those of the checks, of the whole or of one exercise. late: a factor for all points. regrade: any
word; each new word grades the submission once more. A row that cannot be used is left out, and
said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.batch import teacher_csv
from grader.batch.class_list import Line
from grader.batch.learners import shown
from grader.batch.roster import folded
from grader.errors import GraderError
from grader.files import write_whole
from grader.i18n.language import say

NAME = "overrides.csv"
TITLES = ("who", "exercise", "score", "late", "regrade", "reason")


@dataclass(frozen=True)
class Override:
    """A row: its line in the file, and its cells."""

    number: int
    who: str
    exercise: str
    score: str
    late: str
    regrade: str
    reason: str


def read(folder: Path) -> list[Override]:
    """The rows of overrides.csv; a file with titles alone is made if there is none.

    Raises GraderError if it is no table, or has not these titles.
    """
    path = folder / NAME
    if not path.exists():
        write_whole(path, ",".join(TITLES) + "\n")
        return []
    titles, rows = teacher_csv.numbered(path)
    known = {title.lower(): title for title in titles}
    if "who" not in known:
        raise GraderError(
            f"{path}: expected the titles {', '.join(TITLES)}, found {', '.join(titles)[:200]}"
        )
    return [
        Override(number, *(row.get(known.get(title, ""), "") for title in TITLES))
        for number, row in rows
    ]


class Finder:
    """Finds the submissions that a row names."""

    def __init__(self, lines: Iterable[Line]):
        self.lines: dict[str, dict[str, Line]] = defaultdict(dict)
        for line in lines:
            ids = line.person.ids if line.person else ()
            for name in (line.file, line.name, line.learner, line.id, *ids):
                if name:
                    self.lines[folded(name)][line.path] = line

    def of(self, row: Override) -> list[Line]:
        """The submissions; of one learner, the one that counts."""
        found = [*self.lines.get(folded(row.who.removeprefix("'")), {}).values()]
        return [line for line in found if line.counts] if len(found) > 1 else found


def apply(rows: Sequence[Override], lines: Sequence[Line], exercises: Sequence[str]) -> list[str]:
    """Change scores as the rows say, note it in each line, and return what cannot be used."""
    finder, said = Finder(lines), []
    late: dict[str, tuple[Line, float, str]] = {}
    for row in rows:
        where = say("{file}, line {number}", file=NAME, number=row.number)
        if trouble := _trouble(row, finder.of(row), exercises):
            said.append(
                say("{where}: {trouble}; this line is left out.", where=where, trouble=trouble)
            )
            continue
        [line] = finder.of(row)
        if (points := _number(row.score)) is not None:
            _set(line, row, points)
        if (factor := _number(row.late)) is not None:
            late[line.path] = line, factor, row.reason
    for line, factor, reason in late.values():
        if line.score is not None:
            before, line.score = line.score, round(line.score * factor, 2)
            line.notes.append(
                _because(
                    say("Late: {before:g} points times {factor:g}", before=before, factor=factor),
                    reason,
                )
            )
    return said


def _set(line: Line, row: Override, points: float) -> None:
    if row.exercise:
        before = line.by_exercise.get(row.exercise, 0.0)
        line.by_exercise[row.exercise] = points
        line.score = round((line.score or 0) + points - before, 2)
        text = say(
            "{exercise}: {points:g} points in place of {before:g}",
            exercise=row.exercise,
            points=points,
            before=before,
        )
    else:
        text = say(
            "{points:g} points in place of {before:g}", points=points, before=line.score or 0
        )
        line.score = points
    line.notes.append(_because(text, row.reason))


def _because(text: str, reason: str) -> str:
    return f"{text} ({reason})." if reason else f"{text}."


def _trouble(row: Override, found: list[Line], exercises: Sequence[str]) -> str:
    """Why a row cannot be used; nothing if it can."""
    if not found:
        return say("nobody is called {who}", who=repr(row.who))
    if len(found) > 1:
        files = ", ".join(shown(line.file) for line in found[:5])
        return say("{who} fits more than one: {files}", who=repr(row.who), files=files)
    if row.exercise and row.exercise not in exercises:
        names = ", ".join(exercises)
        return say(
            "no exercise is called {name}; there are {names}", name=row.exercise, names=names
        )
    for title, text, most in (("score", row.score, 10_000), ("late", row.late, 1)):
        value = _number(text)
        if text and (value is None or not 0 <= value <= most):
            return say(
                "expected for {title} a number from 0 to {most}, received {text}",
                title=title,
                most=most,
                text=repr(text),
            )
    return ""


def _number(text: str) -> float | None:
    """A number, also with a decimal comma or in percent; None for any other text."""
    text = text.strip().replace(",", ".")
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        return None
    return value / 100 if text.endswith("%") else value


def regrades(rows: Sequence[Override], lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
    """The submissions that a row wants graded again, each with the row's word."""
    finder = Finder(lines)
    for row in rows:
        if row.regrade and len(found := finder.of(row)) == 1:
            yield found[0], row.regrade
