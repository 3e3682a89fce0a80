"""Exercises inside a file: what lies between their markers, and the same file without it.

### EXERCISE 1 STARTS: identity_block, 28 points ###
### EXERCISE 1 ENDS ###
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from grader.errors import GraderError

_STARTS = re.compile(
    r"^( *)### EXERCISE (?P<number>\d+) STARTS: (?P<name>\w+), (?P<points>\d+) points ###$"
)
_ENDS = re.compile(r"^ *### EXERCISE (?P<number>\d+) ENDS ###$")
_STEP = re.compile(r"^ *# \d+\. ")
_COMMENT = re.compile(r"^ *#( |$)")
# The first line of a cell of answers, in jupytext's notation for a cell with a tag.
_ANSWERS = '# %% [markdown] tags=["solution"]'


@dataclass(frozen=True)
class Region:
    """One exercise of a file: its number, function and points, and its lines.

    start, end: the positions of the lines between the markers, as in lines[start:end].
    indent: the spaces before the first marker.
    """

    number: int
    name: str
    points: int
    start: int
    end: int
    indent: str


def find(text: str, where: str = "the file") -> list[Region]:
    """The exercises of a file; raises GraderError for a marker without its partner."""
    exercises: list[Region] = []
    opened = None
    for i, line in enumerate(text.splitlines()):
        starts, ends = _STARTS.match(line), _ENDS.match(line)
        if starts and opened is None:
            opened = (starts, i + 1)
        elif ends and opened is not None and ends["number"] == opened[0]["number"]:
            marker, start = opened
            number, points = int(marker["number"]), int(marker["points"])
            exercises.append(Region(number, marker["name"], points, start, i, marker[1]))
            opened = None
        elif starts or ends:
            raise GraderError(f"{where}, line {i + 1}: expected exercises to start and end in turn")
    if opened is not None:
        missing = f"### EXERCISE {opened[0]['number']} ENDS ###"
        raise GraderError(f"{where}: expected the line `{missing}`, found none")
    return exercises


def inside(text: str, region: Region) -> str:
    """The lines between the region's markers."""
    return "\n".join(text.splitlines()[region.start : region.end])


def replaced(text: str, fill: Callable[[Region], list[str]]) -> str:
    """The file with the inside of every exercise replaced by fill(region), a list of lines."""
    lines = text.splitlines()
    for region in reversed(find(text)):
        lines[region.start : region.end] = fill(region)
    return "\n".join(lines) + "\n"


def without_answers(text: str) -> str:
    """The file without its cells of answers, which only the worked solution has."""
    kept, inside_answers = [], False
    for line in text.splitlines():
        if line.startswith("# %%"):
            inside_answers = line == _ANSWERS
        if not inside_answers:
            kept.append(line)
    return "\n".join(kept) + "\n"


def steps(text: str, region: Region) -> list[str]:
    """The region's instructions: comments that begin with a number, and their further lines."""
    kept, going = [], False
    for line in inside(text, region).splitlines():
        going = bool(_STEP.match(line)) or (going and bool(_COMMENT.match(line)))
        if going:
            kept.append(line)
    return kept
