"""The list of a class: what is known of each submission, for its tables and pages.

It is the only thing about a class that is in memory as a whole: about two kilobytes a submission.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from grader.batch import behaviour
from grader.batch.behaviour import Behaviour
from grader.batch.learners import Person, handed
from grader.batch.store import Store, misses
from grader.i18n.language import say


@dataclass
class Line:
    """A submission in the list of its class.

    name: among the results. file: as it was handed in. key: of the result. score: what counts,
    None if there is none. missed: (kind, what, exercise) as grader.batch.store.misses gives it.
    page: the stamp of the learner's page. notes: sentences about it. person: of the roster. counts:
    whether it is the latest of its learner. behaviours: of its wrong exercises. comments: of the
    teacher on them, by exercise.
    """

    path: str
    name: str
    file: str
    learner: str
    id: str
    key: str | None
    score: float | None
    max_score: float | None
    status: str
    seconds: float | None
    by_exercise: dict[str, float]
    by_check: dict[str, float]
    missed: list[tuple[str, str, str]]
    page: str | None
    notes: list[str] = field(default_factory=list)
    person: Person | None = None
    counts: bool = True
    behaviours: list[Behaviour] = field(default_factory=list)
    comments: dict[str, str] = field(default_factory=dict)


def of(store: Store) -> list[Line]:
    """The submissions in the store, in the order of their names."""
    lines = []
    for row in store.rows():
        file = os.fsencode(row.path).decode("utf-8", "replace")
        who = handed(file)
        by_exercise: dict[str, float] = {}
        by_check: dict[str, float] = {}
        for test in row.tests:
            exercise, check = test["extra_data"]["exercise"], test["extra_data"]["check"]
            by_exercise[exercise] = round(by_exercise.get(exercise, 0) + test["score"], 2)
            by_check[check] = test["score"]
        lines.append(
            Line(
                row.path,
                row.name,
                file,
                who.learner,
                who.id,
                row.key,
                row.score,
                row.max_score,
                row.status,
                row.seconds,
                by_exercise,
                by_check,
                misses(row.tests, row.status),
                row.page,
                [*([row.reason] if row.reason else []), *_late(who.late)],
                behaviours=behaviour.of(row.tests, row.status) if row.tests else [],
            )
        )
    return lines


def _late(late: bool) -> list[str]:
    return [say("Handed in late.")] if late else []
