"""`reset`: the released lines are back, everything else stays, and a dated copy holds the rest."""

from __future__ import annotations

import pytest

from datasets.invocation import typed
from grader.__main__ import run
from grader.authoring import regions
from grader.authoring.release import released, unchanged
from tests.grader.learners import NAMES, assignment, solved


@pytest.fixture
def path(project):
    return assignment().file("assignments")


def copies(path):
    return [other.read_text() for other in path.parent.iterdir() if other != path]


def test_one_exercise_goes_back_and_the_others_stay(path, capsys):
    begins = "def convolutional_block(\n    X,"
    mine = solved(*NAMES).replace(f"{begins} f,", begins)
    path.write_text(mine)
    assert run(["reset", "residual_networks", "convolutional_block"]) == 0
    assert ".kept" in capsys.readouterr().out and copies(path) == [mine]
    assert path.read_text() == solved("identity_block", "ResNet50", released=released(assignment()))


def test_the_whole_file_goes_back(path):
    fresh = path.read_text()
    path.write_text("nonsense (\n")
    assert run(["reset", "residual_networks"]) == 0
    assert path.read_text() == fresh and unchanged(fresh) and copies(path) == ["nonsense (\n"]
    assert run(["reset", "residual_networks"]) == 0
    assert len(copies(path)) == 1  # there was nothing to reset
    path.unlink()
    assert run(["reset", "residual_networks"]) == 0 and path.read_text() == fresh


def test_after_all_exercises_one_by_one_the_file_is_as_released(path):
    fresh = path.read_text()
    path.write_text(solved(*NAMES))
    for name in NAMES:
        assert run(["reset", "residual_networks", name]) == 0
    assert path.read_text() == fresh and len(copies(path)) == 3


def test_lost_markers_are_said_and_nothing_is_touched(path, capsys):
    text = path.read_text().replace("### EXERCISE 2 ENDS ###", "")
    path.write_text(text)
    assert run(["reset", "residual_networks", "convolutional_block"]) == 2
    assert typed("reset residual_networks") in capsys.readouterr().err
    assert path.read_text() == text and copies(path) == []


def test_what_is_not_text_survives_in_the_copy(path):
    region = regions.find(path.read_text())[0]
    lines = path.read_bytes().splitlines()
    lines.insert(region.start, b"    # caf\xe9")
    path.write_bytes(b"\n".join([*lines, b"# th\xe9", b""]))
    assert run(["reset", "residual_networks", "identity_block"]) == 0
    assert path.read_bytes() == released(assignment()).encode() + b"# th\xe9\n"
