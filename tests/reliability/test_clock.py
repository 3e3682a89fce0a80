"""A clock that jumps, back or on, by a day: the same weights, and nothing is written over."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.assignments import ROOT
from grader.authoring import release

JUMPING = """
import itertools, runpy, sys, time
now, leaps = time.time, itertools.cycle((0, -86400, 86400))
time.time = lambda: now() + next(leaps)
runpy.run_module("training", run_name="__main__", alter_sys=True)
"""


def trained(folder: Path, *start: str) -> list[list[str]]:
    """The rows of the history, without seconds."""
    command = ("reproduce", "lenet", "--data", "synthetic", "--epochs", "2", "--runs", str(folder))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, *start, *command], env=environment, check=True, timeout=900)
    [history] = folder.glob("*/history.csv")
    title, *rows = [line.split(",") for line in history.read_text().splitlines()]
    kept = [i for i, name in enumerate(title) if "seconds" not in name]
    return [[row[i] for i in kept] for row in rows]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("start", [("-c", JUMPING)])
def test_a_run_is_the_same_when_the_clock_jumps(tmp_path, start):
    rows = trained(tmp_path / "jumping", *start)
    assert len(rows) == 2 and rows == trained(tmp_path / "steady", "-m", "training")


def test_a_copy_of_the_same_second_replaces_no_other(tmp_path):
    path = tmp_path / "lenet.py"
    for text in ("one", "two", "three"):
        path.write_text(text)
        release.keep(path)
    kept = [copy.read_text() for copy in tmp_path.glob("*.kept")]
    assert sorted(kept) == ["one", "three", "two"]
