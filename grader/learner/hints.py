"""Hints in four steps, and what to read after an exercise: tests/autograder/NAME/hints.toml.

[identity_block]
explanation = "..."
begin = ["four steps for whoever has not begun; left out where the first ladder does that"]
[[identity_block.ladder]]
concepts = ["the concepts of the checks that this ladder helps with"]
title = "what it is about, where it is about no concept of a check"
misconceptions = ["the mistakes that it helps with, whichever check has named them"]
steps = ["the concept", "the place", "the API to use", "nearly the line"]
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache

from grader.assignments import Assignment
from grader.errors import GraderError
from grader.i18n.language import translated
from grader.judging.checks import KEPT
from grader.learner.progress import Progress, Record

STEPS = ("concept", "place", "API", "nearly the line")


BEGINNING = "the beginning of a network"


@dataclass(frozen=True)
class Ladder:
    """The hints for one subject of an exercise, from the idea down to nearly the line.

    name: What it is about; its name in the progress file too. concepts: those of checks that it
    helps with. misconceptions: those that it helps with, whichever check has named them.
    """

    name: str
    steps: tuple[str, ...]
    concepts: tuple[str, ...] = ()
    misconceptions: tuple[str, ...] = ()


# Every function that makes a network can make this mistake, so no hints.toml has it.
NEW_LAYERS = Ladder(
    "new layers in each call",
    (
        "A layer holds its weights. Two networks that have a layer in common share its weights: if "
        "one of them learns, the other changes too. So each call of the function makes a network "
        "of its own.",
        "Look outside the function: is there a layer or a model in a global variable, a dictionary "
        "or a default value? A decorator such as `functools.lru_cache` keeps results too.",
        "What makes layers, such as a function or a list of numbers, may stay outside. The layers "
        "themselves are made by calls such as layers.Conv2D(...) or layers.Dense(...), and these "
        "stand in the function.",
        "In the function: X = layers.Conv2D(...)(X), and model = keras.Model(...) at its end. "
        "Delete the decorator or the variable that keeps them.",
    ),
    misconceptions=(KEPT,),
)


@lru_cache
def prose(assignment: str) -> dict[str, dict]:
    """The assignment's hints and explanations by exercise; raises GraderError if it has none."""
    path = Assignment(assignment).folder / "hints.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise GraderError(f"{path}: expected the hints of {assignment}, found none") from None


def ladders(assignment: str, exercise: str) -> list[Ladder]:
    """The exercise's ladders; without steps to begin, the first is for whoever has not begun."""
    rows = prose(assignment).get(exercise, {}).get("ladder", [])
    return [
        Ladder(
            row.get("title") or row["concepts"][0],
            tuple(row["steps"]),
            tuple(row.get("concepts", ())),
            tuple(row.get("misconceptions", ())),
        )
        for row in rows
    ]


def explanation(assignment: str, exercise: str) -> str:
    """What an exercise is about, for learners who have passed it."""
    return prose(assignment).get(exercise, {}).get("explanation", "")


def ladder_for(assignment: str, exercise: str, record: Record) -> Ladder:
    """The ladder for the mistake that was named last, else for the concept that failed.

    Where nothing has been begun, the one that begins.
    """
    all_ladders = ladders(assignment, exercise)
    if not all_ladders:
        raise GraderError(f"expected an exercise with hints, received {exercise!r}")
    begin = prose(assignment)[exercise].get("begin", ())
    if begin and not record.failing:
        return Ladder(BEGINNING, tuple(begin))
    named = [
        ladder for ladder in (*all_ladders, NEW_LAYERS) if record.mistake in ladder.misconceptions
    ]
    fitting = [ladder for ladder in all_ladders if record.failing in ladder.concepts]
    return (named or fitting or all_ladders)[0]


def climb(progress: Progress, assignment: str, exercise: str) -> tuple[Ladder, int]:
    """Go one step down the exercise's ladder and note it.

    A progress file that cannot be written is a warning; the hint is shown in spite of it.

    Returns:
        The ladder, and how many of its steps to show.
    """
    ladder = ladder_for(assignment, exercise, progress.of(assignment, exercise))
    shown = 0
    try:
        with progress.change(assignment, exercise) as record:
            shown = min(max(record.hints.get(ladder.name, 0), 0) + 1, len(ladder.steps))
            record.hints[ladder.name] = shown
    except GraderError as error:
        progress.warn(translated(str(error)))
    return ladder, shown or len(ladder.steps)
