"""The assignments, and where their files are: solution, released exercise, checks."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from datasets.folders import ROOT, WORK
from grader.errors import GraderError

TARGETS = ("solutions", "assignments")
# In the order of the lectures.
ORDER = (
    "lenet",
    "alexnet",
    "vgg",
    "residual_networks",
    "inception",
    "transfer_learning",
    "data_augmentation",
    "happy_house",
)
# These come last, and everything is done without them.
OPTIONAL = ("happy_house",)


@dataclass(frozen=True)
class Assignment:
    """One assignment by its name, the stem of all its files."""

    name: str

    @property
    def optional(self) -> bool:
        """Whether everything is done without it."""
        return self.name in OPTIONAL

    @property
    def checks(self) -> Path:
        """The file of its checks."""
        return self.folder / f"test_{self.name}.py"

    @property
    def folder(self) -> Path:
        """The folder of its checks and of all that they need: misconceptions, hints, variants."""
        return ROOT / "tests" / "autograder" / self.name

    def file(self, target: str) -> Path:
        """The file of the target "solutions" or "assignments"."""
        if target not in TARGETS:
            raise GraderError(f"expected the target solutions or assignments, received {target!r}")
        return (WORK if target == "assignments" else ROOT) / target / f"{self.name}.py"


def names() -> list[str]:
    """The names of all assignments that have checks.

    They come in the order of the lectures, then those that no lecture has, then the optional ones.
    """
    existing = sorted(
        path.parent.name for path in (ROOT / "tests" / "autograder").glob("*/test_*.py")
    )
    return sorted(
        existing,
        key=lambda name: (name in OPTIONAL, ORDER.index(name) if name in ORDER else len(ORDER)),
    )


def find(name: str) -> Assignment:
    """The assignment `name`; raises GraderError, with similar names, if there is none."""
    existing = names()
    if name in existing:
        return Assignment(name)
    close = difflib.get_close_matches(name, existing, n=3, cutoff=0.6)
    advice = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(existing)}"
    raise GraderError(f"expected the name of an assignment, received {name!r}; {advice}")
