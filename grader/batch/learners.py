"""Learners, and who handed a file in as far as its name tells.

Moodle, Canvas and Gradescope have their own forms of names.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from grader.plain_text import plain

_ENDINGS = (".py", ".ipynb", ".zip")
_MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_.*", re.DOTALL
)
_CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_\d+_.+", re.DOTALL)
_GRADESCOPE = re.compile(r"submission_(?P<id>\d+)")


@dataclass(frozen=True)
class Handed:
    """What the name of a file or folder tells: its learner, an id or "", and whether it is late."""

    learner: str
    id: str = ""
    late: bool = False


@dataclass(frozen=True)
class Person:
    """A learner in the roster. ids: all that identifies her besides the name; the first is shown.

    row: the roster's own row, for gradebooks.
    """

    name: str
    ids: tuple[str, ...]
    row: dict[str, str] = field(hash=False, compare=False)

    @property
    def id(self) -> str:
        """What a list shows beside the name."""
        return self.ids[0] if self.ids else ""


def handed(path: str) -> Handed:
    """What `path`, the name of a submission, tells; for other names the name without its ending."""
    stem, ending = os.path.splitext(path)
    stem = stem if ending.lower() in _ENDINGS else path
    if match := _MOODLE.fullmatch(stem):
        return Handed(match["name"], match["id"])
    if match := _CANVAS.fullmatch(stem):
        return Handed(match["name"], match["id"], match["late"] is not None)
    if match := _GRADESCOPE.fullmatch(stem):
        return Handed(stem, match["id"])
    return Handed(stem)


def shown(text: str, most: int = 100) -> str:
    """A name as it stands in a sentence: one line, cut, and its invisible characters visible."""
    return plain(" ".join(text.split()), most)
