"""Wrong answers that behave alike, and the comment that a teacher writes once for all of them.

A wrong exercise belongs to the group of the first misconception that was recognised in it, whatever
exercise it is: one comment serves them all. Without a misconception it belongs with those that fail
the same checks with the same words. Numbers do not count: each submission has its own weights.

comments.csv in the folder of results lists the groups. What stands in its column `comment` is kept
from run to run, and shown on each learner's page.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.batch import teacher_csv
from grader.batch.words import GRADED, in_words
from grader.errors import GraderError
from grader.files import replacing

NAME = "comments.csv"
TITLES = ("group", "submissions", "exercise", "what", "example", "comment")


@dataclass(frozen=True)
class Behaviour:
    """What a wrong exercise does. group: its code, or the misconception that was recognised.

    sentence: what its learner reads first.
    exercise: "" if the whole submission could not be run.
    """

    group: str
    exercise: str
    sentence: str


@dataclass(frozen=True)
class Group:
    """A group of wrong answers: how many, in which exercises, an example's file, and the comment.

    behaviour: of the example.
    """

    behaviour: Behaviour
    count: int
    exercises: str
    example: str
    comment: str


def of(tests: Iterable[dict], status: str) -> list[Behaviour]:
    """The behaviours of a result, one for each exercise that is wrong."""
    if status != GRADED:
        return [_behaviour("", in_words(status), status)]
    failed: dict[str, list[dict]] = {}
    for test in tests:
        if test["status"] != "passed" and test["extra_data"]["kind"] != "follows":
            failed.setdefault(test["extra_data"]["exercise"], []).append(test)
    return [_of_exercise(exercise, own) for exercise, own in failed.items()]


def _of_exercise(exercise: str, failed: Sequence[dict]) -> Behaviour:
    named = next((test for test in failed if test["extra_data"].get("misconception")), None)
    if named is not None:
        name = named["extra_data"]["misconception"]
        return Behaviour(name, exercise, _sentence(named))
    checks = [f"{test['extra_data']['check']} {test['extra_data']['kind']}" for test in failed]
    # Names that a learner has chosen stand in quotes or in code.
    words = re.sub(r"'[^']*'|`[^`]*`|\d+", "", _sentence(failed[0]))
    return _behaviour(exercise, _sentence(failed[0]), words, *checks)


def _sentence(test: dict) -> str:
    told = test["extra_data"].get("told") or {}
    return told.get("sentence") or test["output"].partition("\n")[0]


def _behaviour(exercise: str, sentence: str, *evidence: str) -> Behaviour:
    seen = hashlib.sha256("\0".join((exercise, *evidence)).encode("utf-8", "replace"))
    return Behaviour(f"{exercise or 'all'}-{seen.hexdigest()[:6]}", exercise, sentence)


def comments(folder: Path) -> dict[str, str]:
    """group -> the comment in comments.csv; none if there is no such file.

    Raises GraderError if it is no table, or has not these titles: it is the teacher's work.
    """
    path = folder / NAME
    if not path.exists():
        return {}
    titles, rows = teacher_csv.read(path)
    if not {"group", "comment"} <= set(titles):
        raise GraderError(
            f"{path}: expected the titles {', '.join(TITLES)}, found {', '.join(titles)[:200]}; "
            "mend them, or give the file another name"
        )
    return {row["group"]: _own(row["comment"]) for row in rows if row["comment"]}


def _own(comment: str) -> str:
    """A comment without the apostrophe that `teacher_csv.cell` has put before a formula."""
    own = comment.removeprefix("'")
    return own if own.startswith(teacher_csv.FORMULA) else comment


def groups(lines: Iterable, comments: dict[str, str]) -> list[Group]:
    """The groups in the list of a class, the largest first; then those that have gone.

    comments: group -> comment. A group that has gone is kept if it has one.
    """
    counts: Counter[str] = Counter()
    exercises: dict[str, dict[str, None]] = {}
    first: dict[str, tuple[Behaviour, str]] = {}
    for line in lines:
        own = line.behaviours if line.counts else []
        counts.update({behaviour.group for behaviour in own})
        for behaviour in own:
            exercises.setdefault(behaviour.group, {})[behaviour.exercise] = None
            first.setdefault(behaviour.group, (behaviour, line.file))
    found = [
        Group(
            behaviour, counts[group], ", ".join(exercises[group]), example, comments.get(group, "")
        )
        for group, (behaviour, example) in first.items()
    ]
    found.sort(key=lambda one: (-one.count, one.behaviour.group))
    gone = [group for group in comments if group not in first]
    return found + [
        Group(Behaviour(group, "", ""), 0, "", "", comments[group]) for group in sorted(gone)
    ]


def write(groups: Iterable[Group], folder: Path) -> None:
    """Write comments.csv."""
    rows = (
        [
            one.behaviour.group,
            one.count,
            one.exercises,
            one.behaviour.sentence,
            one.example,
            one.comment,
        ]
        for one in groups
    )
    with replacing(folder / NAME) as file:
        for line in teacher_csv.written(TITLES, rows):
            file.write(line)
