"""One warm grader for all tests of it, and submissions made from the worked solution."""

from __future__ import annotations

import pytest

from grader import assignments, source
from grader.check import Grader

SOLUTION = assignments.find("residual_networks").file("solutions")


@pytest.fixture(scope="session")
def grader(tmp_path_factory):
    """A warm worker, and an oracle that keeps its answers in a folder of these tests.

    All submissions get one seed, so that the oracle works each answer out once.
    """
    with pytest.MonkeyPatch.context() as patch, Grader() as warm:
        patch.setattr("grader.submission.SEEDS", 1)
        warm.oracle.folder = tmp_path_factory.mktemp("oracle")
        yield warm


@pytest.fixture(scope="session")
def solution() -> str:
    """The worked solution's text."""
    return SOLUTION.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def grade(grader):
    """grade(text, exercises=None) -> the report on a submission of that text."""
    assignment = assignments.find("residual_networks")

    def run(text, exercises=None):
        return grader.grade(assignment, source.of(text, "mine.py"), exercises)

    return run


@pytest.fixture(scope="session")
def changed(solution):
    """changed(old, new, ...) -> the solution with each old line replaced, which must be there."""

    def edit(*pairs):
        text = solution
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert old in text, f"the solution has no {old!r} any more"
            text = text.replace(old, new)
        return text

    return edit
