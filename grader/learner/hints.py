"""Hints in four steps, and what to read after an exercise: tests/autograder/NAME/hints.toml.

[identity_block]
explanation = "..."
begins = "network"     # where a function is a whole network: BEGIN is its first ladder
[[identity_block.ladder]]
concepts = ["the concepts of the checks that this ladder helps with"]
misconceptions = ["what it helps with, whichever check has named it"]
steps = ["the concept", "the place", "the API to use", "nearly the line"]
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache

from grader.assignments import Assignment
from grader.errors import GraderError
from grader.i18n.language import translated
from grader.learner.progress import Progress, Record

STEPS = ("concept", "place", "API", "nearly the line")


@dataclass(frozen=True)
class Ladder:
    """The hints for some concepts of an exercise, from the idea down to nearly the line.

    misconceptions: those that it helps with, whichever check has named them.
    """

    concepts: tuple[str, ...]
    steps: tuple[str, ...]
    misconceptions: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name in the progress file."""
        return self.concepts[0]


BEGIN = Ladder(
    ("the beginning of a network",),
    (
        "A network is a chain: the images come first, and each layer makes a new tensor from the "
        "one before it. A model is made from both ends of the chain.",
        "Begin at the top of the table: the input, then its first row. Run the checks again after "
        "each row.",
        "keras.Input(shape) holds a place for the images. Create a layer with its settings, and "
        "call it on a tensor. keras.Model(inputs, outputs) takes both ends.",
        "images = keras.Input(...), then X = layers....(...)(images) for the first row and "
        "X = layers....(...)(X) for each row after it; keras.Model(images, X) at the end.",
    ),
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
    """The exercise's ladders; the first is for learners who have not begun."""
    rows = prose(assignment).get(exercise, {}).get("ladder", [])
    return [
        Ladder(tuple(row["concepts"]), tuple(row["steps"]), tuple(row.get("misconceptions", ())))
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
    if not record.failing and prose(assignment)[exercise].get("begins") == "network":
        return BEGIN
    named = [ladder for ladder in all_ladders if record.mistake in ladder.misconceptions]
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
