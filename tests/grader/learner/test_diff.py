"""The worked solution beside the learner's: side by side only where no line must be folded."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from grader import assignments
from grader.authoring import regions
from grader.learner import diff

WORKED = {
    (name, region.name): diff.worked(assignments.find(name), region.name)
    for name in assignments.names()
    for region in regions.find(assignments.find(name).file("solutions").read_text("utf-8"))
}
MARKED = "worked solution; > marks the lines that differ from yours"


def shown(mine, theirs, width):
    out = io.StringIO()
    diff.show(mine, theirs, Console(file=out, width=width, highlight=False))
    return [line.rstrip() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("width", [80, 100, 120, 240])
@pytest.mark.parametrize("exercise", WORKED, ids="-".join)
def test_every_exercise_is_readable_at_every_width(exercise, width):
    theirs = WORKED[exercise]
    ends = [i for i, line in enumerate(theirs.splitlines()) if line.startswith("return")]
    mine = theirs.splitlines()
    mine[ends[-1]] = "answer = 1"
    said = shown("\n".join(mine), theirs, width)
    assert max(map(len, said)) <= width
    half = (width - 5) // 2
    if max(map(len, theirs.splitlines())) <= half:
        assert said[0].split() == ["yours", "worked", "solution"]
        for left, right, line in zip(mine, theirs.splitlines(), said[1:], strict=True):
            mark = "|" if left != right else " "
            assert line == f"{left:{half}} {mark} {right}".rstrip()
    else:
        assert said[0] == MARKED
        marked = [line[2:] for line in said if line.startswith("> ")]
        assert marked == [theirs.splitlines()[ends[-1]]]
        words = " ".join(line[1:] for line in said[1:]).split()
        assert words == theirs.split()  # folded or not, nothing is lost


def test_comments_and_empty_lines_are_no_difference():
    theirs = "# 1. Double it.\nx = 2 * x\n\nreturn x"
    assert shown("x = 2 * x\n# mine\nreturn x", theirs, 80) == [
        "Line for line the worked solution."
    ]
    assert diff.marked("x = 3 * x\nreturn x", theirs) == [
        (" ", "# 1. Double it."),
        (">", "x = 2 * x"),
        (" ", ""),
        (" ", "return x"),
    ]


def test_an_exercise_that_is_not_filled_in_has_no_differences():
    stub = 'raise NotImplementedError("it is not filled in yet")'
    assert shown(stub, "return 1", 80) == ["worked solution", "  return 1"]


def test_what_is_too_long_goes_on_below_as_far_in_as_it_began():
    long = f"    total = {' + '.join(['number'] * 12)}"
    said = shown("return 1", f"for number in numbers:\n{long}", 80)
    assert said[1:3] == ["> for number in numbers:", said[2]]
    assert said[2].startswith(">     total = ") and said[3].startswith("      number")
