"""The history of points: what is added to it, and what is read where it is damaged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.errors import CheckFailed, GraderError
from grader.judging import source
from grader.learner import history
from tests.grader.learners import NAMES, FakeGrader, assignment


def check(progress, *exercises, **failing):
    report = FakeGrader(**failing).grade(assignment(), source.of("x = 1"), exercises or NAMES)
    progress.note(report, {})


def test_a_check_adds_what_it_has_changed_and_nothing_else(progress, project):
    path = history.path_beside(progress.path)
    check(progress, "identity_block", identity_block="batch norm in training mode")
    check(progress, "identity_block", identity_block="batch norm in training mode")
    check(progress, "identity_block")
    check(progress, "identity_block")
    entries, unreadable = history.read(path)
    assert [entry.earned for entry in entries] == [14, 28] and unreadable == 0
    first, last = entries
    assert first.points["main path, shortcut, then the last ReLU"] == (12, 12)
    assert first.points["batch norm in training mode"] == (0, 6)
    assert (
        sum(most for _, most in last.points.values()) == 28
        and first.points.keys() == last.points.keys()
    )
    assert {(entry.assignment, entry.exercise) for entry in entries} == {
        ("residual_networks", "identity_block")
    }


def test_what_was_not_begun_is_not_in_it(progress, project):
    for kind, count in (("unfilled", 0), ("wrong", 1)):
        report = FakeGrader(ResNet50="the stem").grade(
            assignment(), source.of("x = 1"), ["ResNet50"]
        )
        missed = CheckFailed("Wrong.", kind=kind)
        report.outcomes[:] = [replace(one, earned=0.0, failure=missed) for one in report.outcomes]
        progress.note(report, {})
        assert len(history.read(history.path_beside(progress.path))[0]) == count


def test_damaged_lines_are_counted_and_the_others_are_read(progress, project, warned):
    path = history.path_beside(progress.path)
    check(progress, "identity_block")
    whole = path.read_bytes()
    path.write_bytes(
        b'{"time": "yesterday"}\n[1]\n\xff\n' + b"[" * 50_000 + b"\n" + whole + whole[:40]
    )
    entries, unreadable = history.read(path)
    assert [entry.earned for entry in entries] == [28] and unreadable == 5
    assert history.read(path.with_name("none")) == ([], 0)


def test_a_history_that_cannot_be_written_costs_no_progress(progress, project, warned):
    path = history.path_beside(progress.path)
    path.mkdir()
    check(progress)
    assert [progress.of("residual_networks", name).earned for name in NAMES] == [28, 28, 44]
    assert len(warned) == 1 and "expected to add to this file" in warned[0]
    with pytest.raises(GraderError, match="expected to read this file"):
        history.read(path)
