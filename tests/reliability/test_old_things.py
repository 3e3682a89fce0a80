"""What the version of November 2026 has left is read: progress, and a finished run.

The files in `old` are its own, but for the marks in the progress.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.learner.progress import Progress
from training import history, runs
from training.results import find

OLD = Path(__file__).with_name("old")


def test_progress_is_kept(tmp_path):
    path = tmp_path / ".progress.json"
    shutil.copy(OLD / "progress.json", path)
    progress = Progress(path, warn=pytest.fail)
    done, begun = (progress.of("lenet", name) for name in ("convolution", "lenet5"))
    assert (done.earned, done.passed) == (30, "2026-11-30")
    assert (begun.earned, begun.mistake, begun.hints) == (62, "softmax missing", {"": 1})
    with progress.change("lenet", "lenet5") as record:
        record.earned = 70
    assert Progress(path).of("lenet", "convolution") == done


def test_a_run_is_listed_and_read(tmp_path):
    folder = tmp_path / "runs" / "lenet-lenet-signs-seed0-2epochs"
    shutil.copytree(OLD / "run", folder)
    [kept] = find.everything(tmp_path / "runs")
    assert kept.folder == folder
    assert runs.result(folder)["accuracy"] == pytest.approx(65 / 120)
    assert len(history.read(folder / history.NAME)) == 2


def test_a_run_of_old_code_is_put_aside_and_nothing_of_it_is_lost(tmp_path):
    folder, said = tmp_path / "run", []
    shutil.copytree(OLD / "run", folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    settings = runs.read(folder / runs.ENVIRONMENT)["settings"]
    assert runs.finished(folder, settings) is not None
    assert runs.finished(folder, {**settings, "code_sha256": "another"}) is None
    runs.begin(folder, {**settings, "code_sha256": "another"}, said.append)
    [aside] = tmp_path.glob("run.before-*")
    assert {path.name: path.read_bytes() for path in aside.iterdir()} == before
    assert runs.EARLIER_CODE in said[0] and aside.name in said[0]
