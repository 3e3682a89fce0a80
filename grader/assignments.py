"""The assignments: where each one's solution, released file and checks lie."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from grader.errors import GraderError

ROOT = Path(__file__).resolve().parent.parent
TARGETS = ("solutions", "assignments")


@dataclass(frozen=True)
class Assignment:
    """One assignment by its name, the stem of all its files."""

    name: str

    @property
    def checks(self) -> Path:
        """The file of its checks."""
        return ROOT / "tests" / "autograder" / f"test_{self.name}.py"

    def file(self, target: str) -> Path:
        """The file of the target "solutions" or "assignments"."""
        if target not in TARGETS:
            raise GraderError(f"expected the target solutions or assignments, received {target!r}")
        return ROOT / target / f"{self.name}.py"


def names() -> list[str]:
    """The names of all assignments that have checks."""
    checks = (ROOT / "tests" / "autograder").glob("test_*.py")
    return sorted(path.stem.removeprefix("test_") for path in checks)


def find(name: str) -> Assignment:
    """The assignment `name`; raises GraderError, with close names, where there is none."""
    known = names()
    if name in known:
        return Assignment(name)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    advice = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(known)}"
    raise GraderError(f"expected the name of an assignment, received {name!r}; {advice}")
