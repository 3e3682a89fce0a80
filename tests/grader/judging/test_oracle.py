"""Answers on disk: read again under the same code, and told as old under other code."""

from __future__ import annotations

import subprocess
import sys

import pytest

from grader import assignments
from grader.judging import oracle
from grader.judging.oracle import Oracle
from tests.sampling import LONG

CASE = {"call": "vgg_block", "input": [6, 6, 2], "args": [1, 3], "modes": ["eval"], "seed": 0}
REQUEST = {"module": "nets.vgg", "cases": [CASE]}


@pytest.fixture
def folder(tmp_path):
    """A folder that holds the answer to REQUEST."""
    with Oracle(tmp_path) as first:
        first.answer(REQUEST)
        assert not first.outdated
    return tmp_path


def test_an_answer_is_read_again_without_a_process(folder, monkeypatch):
    monkeypatch.setattr(oracle, "Worker", None)
    [stored] = folder.iterdir()
    with Oracle(folder) as second:
        [evidence] = second.answer(REQUEST)
    assert evidence.arrays["eval"].shape[1:] == (3, 3, 3)
    assert not second.outdated and list(folder.iterdir()) == [stored]


def test_the_answer_of_other_code_is_old_and_makes_room(folder, monkeypatch):
    [old] = folder.iterdir()
    monkeypatch.setattr(oracle, "_origin", lambda module: ["other code"])
    with Oracle(folder) as second:
        second.answer(REQUEST)
        assert second.outdated
    [new] = folder.iterdir()
    assert new != old and new.name.partition("-")[0] == old.name.partition("-")[0]


@LONG
def test_check_says_that_answers_were_old(tmp_path, monkeypatch):
    """As after an update: the same requests, with another hash of the code in their names."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LANGUAGE", "en")
    command = [sys.executable, "-m", "grader", "check", "happy_house", "--target", "solutions"]

    def check():
        done = subprocess.run(command, cwd=assignments.ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stderr

    said = [check()]
    for path in (tmp_path / "classic-convnets" / "oracle").iterdir():
        path.rename(path.with_name(f"{path.name.partition('-')[0]}-{'0' * 32}.npz"))
    said += [check()]
    assert "were computed again" not in said[0] and "were computed again" in said[1]
