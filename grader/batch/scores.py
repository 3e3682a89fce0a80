"""scores.csv: one line per submission, in columns that other programs may rely on.

docs/grading.md says what each column holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from grader.batch.class_list import Line
from grader.batch.teacher_csv import written
from grader.batch.words import in_words
from grader.i18n.language import translated
from grader.judging.checks import Check

COLUMNS = (
    "submission",
    "file",
    "learner",
    "id",
    "score",
    "max_score",
    "status",
    "note",
    "seconds",
    "concepts",
    "misconceptions",
)


def lines(rows: Iterable[Line], checks: Sequence[Check]) -> Iterator[bytes]:
    """The lines of scores.csv.

    rows: the list of the class. checks: of the assignment. Each exercise has a column, and each
    check.
    """
    exercises = list(dict.fromkeys(check.exercise for check in checks))
    titles = [*COLUMNS, *exercises, *(check.name for check in checks)]
    return written(titles, (_cells(row, exercises, checks) for row in rows))


def _cells(line: Line, exercises: Sequence[str], checks: Sequence[Check]) -> list:
    return [
        line.name,
        line.file,
        line.learner,
        line.id,
        line.score,
        line.max_score,
        in_words(line.status),
        " ".join(line.notes),
        line.seconds,
        "; ".join(f"{e}: {_named(kind, what)}" for kind, what, e in line.missed if kind != _NAMED),
        "; ".join(f"{e}: {name}" for kind, name, e in line.missed if kind == _NAMED),
        *(line.by_exercise.get(exercise) for exercise in exercises),
        *(line.by_check.get(check.name) for check in checks),
    ]


_NAMED = "misconception"


def _named(kind: str, what: str) -> str:
    return translated(what) if kind == "concept" else in_words(what)
