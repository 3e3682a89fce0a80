"""The warm grader of tests/grader, for judging many submissions."""

from tests.grader.conftest import cache, changed, grade, grader, solution

__all__ = ["cache", "changed", "grade", "grader", "solution"]
