"""scores.csv: one line per submission, in columns that other programs may rely on.

docs/grading.md says what each column holds.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from grader.batch.learners import handed
from grader.batch.store import Row, misses
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
# What a spreadsheet may take for the beginning of a formula, also in the wide form of Chinese.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def lines(rows: Iterable[Row], checks: Sequence[Check]) -> Iterator[bytes]:
    """The lines of scores.csv.

    rows: of the store. checks: of the assignment; each exercise and each check has a column.
    """
    exercises = list(dict.fromkeys(check.exercise for check in checks))
    titles = [*COLUMNS, *exercises, *(check.name for check in checks)]
    return written(titles, (_cells(row, exercises, checks) for row in rows))


def written(titles: Sequence[str], rows: Iterable[Sequence]) -> Iterator[bytes]:
    """The lines of a CSV in UTF-8, with a mark at its start by which Excel knows UTF-8."""
    yield codecs.BOM_UTF8
    for row in chain([titles], rows):
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow(map(cell, row))
        yield buffer.getvalue().encode()


def cell(value: str | float | None) -> str:
    """A value as a cell: a text that a spreadsheet could run begins with an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, float | int):
        return f"{value:g}"
    return f"'{value}" if value.startswith(_FORMULA) else value


def file_name(path: str) -> str:
    """The name of a submission as it was handed in; bytes that are no UTF-8 are replaced."""
    return os.fsencode(path).decode("utf-8", "replace")


def points(tests: Iterable[dict]) -> tuple[dict[str, float], dict[str, float]]:
    """The points of a result by exercise, and by check."""
    by_exercise: dict[str, float] = {}
    by_check: dict[str, float] = {}
    for test in tests:
        exercise, check = test["extra_data"]["exercise"], test["extra_data"]["check"]
        by_exercise[exercise] = round(by_exercise.get(exercise, 0) + test["score"], 2)
        by_check[check] = test["score"]
    return by_exercise, by_check


def _cells(row: Row, exercises: Sequence[str], checks: Sequence[Check]) -> list:
    learner, (by_exercise, by_check) = handed(file_name(row.path)), points(row.tests)
    return [
        row.name,
        file_name(row.path),
        learner.learner,
        learner.id,
        row.score,
        row.max_score,
        in_words(row.status),
        row.reason,
        row.seconds,
        missing(row),
        misconceptions(row),
        *(by_exercise.get(exercise) for exercise in exercises),
        *(by_check.get(check.name) for check in checks),
    ]


def missing(row: Row) -> str:
    """The concepts over which a submission loses points, each with its exercise."""
    return "; ".join(
        f"{exercise}: {translated(what) if kind == 'concept' else in_words(what)}"
        for kind, what, exercise in misses(row.tests, row.status)
        if kind != "misconception"
    )


def misconceptions(row: Row) -> str:
    """The codes of the misconceptions that were recognised: an exercise, and a name in its bank."""
    return "; ".join(
        f"{exercise}: {name}"
        for kind, name, exercise in misses(row.tests, row.status)
        if kind == "misconception"
    )
