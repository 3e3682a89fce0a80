"""The progress file: what it holds, and that no crash, no rubbish and no second writer harms it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from grader.judging import source
from grader.learner.progress import Progress, Record
from tests.grader.learners import FakeGrader, assignment

WRITER = """
import sys
from pathlib import Path
from grader.learner.progress import Progress
known = Progress(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for n in range(int(sys.argv[3])):
    with known.change("residual_networks", sys.argv[2]) as record:
        record.hints["the stem"] = n + 1
"""


def writer(root, path, exercise, times):
    started = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), exercise, str(times)],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout.readline() == "ready\n"
    return started


def test_a_report_and_hints_are_remembered(progress, project):
    report = FakeGrader(identity_block="batch norm in training mode").grade(
        assignment(), source.of("x = 1"), ["identity_block"]
    )
    with progress.change("residual_networks", "identity_block") as record:
        record.hints["the stem"] = 2
    progress.note(report, {"identity_block": "abc"})
    again = Progress(progress.path).of("residual_networks", "identity_block")
    assert again == Record(14, "abc", "batch norm in training mode", "", {"the stem": 2}, False)
    progress.note(FakeGrader().grade(assignment(), source.of("x = 1"), ["identity_block"]), {})
    again = progress.of("residual_networks", "identity_block")
    assert again.earned == 28 and again.failing == "" and len(again.passed) == 10
    with progress.change("residual_networks", "identity_block") as record:
        record.passed = "2025-01-01"
    progress.note(FakeGrader().grade(assignment(), source.of("x = 1"), ["identity_block"]), {})
    assert progress.of("residual_networks", "identity_block").passed == "2025-01-01"
    assert progress.of("residual_networks", "ResNet50") == Record()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"version": 99, "assignments": {}}',
        b'{"version": 1, "assignments": {"a": {"b": {"earned": "all"}}}}',
        b'{"version": 1, "assignments": {"a": {"b": {"unknown": 1}}}}',
        b'{"version": 1, "assignments": {"a": {"b": {"hints": {"c": "d"}}}}}',
        b'{"version": 1, "assignments": [1]}',
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_none_is_set_aside(progress, warned, text):
    progress.path.write_bytes(text)
    assert progress.all() == {}
    [copy] = progress.path.parent.iterdir()
    assert copy.read_bytes() == text and copy.name in warned[0] and len(warned) == 1
    with progress.change("a", "b") as record:
        record.earned = 3
    assert progress.of("a", "b").earned == 3 and len(warned) == 1


def test_an_interrupted_save_leaves_the_old_file(progress, warned, monkeypatch, project):
    with progress.change("residual_networks", "identity_block") as record:
        record.hints["a"] = 1
    before = progress.path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    report = FakeGrader().grade(assignment(), source.of("x = 1"), ["identity_block"])
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        progress.note(report, {})
    assert progress.path.read_bytes() == before and "the disk is full" in warned[0]
    assert [path.name for path in progress.path.parent.glob("*progress*")] == [".progress.json"]


def test_a_writer_that_is_killed_leaves_a_whole_file(root, progress, warned):
    for _ in range(3):
        started = writer(root, progress.path, "ResNet50", 10**9)
        started.stdin.close()
        while not progress.path.exists():
            time.sleep(0.01)
        time.sleep(0.05)
        started.send_signal(signal.SIGKILL)
        started.wait()
        json.loads(progress.path.read_text())
        assert progress.of("residual_networks", "ResNet50").hints["the stem"] > 0
    assert warned == []


def test_two_writers_at_once_lose_nothing(root, progress):
    names = [f"exercise_{n}" for n in range(2)]
    writers = [writer(root, progress.path, name, 60) for name in names]
    for started in writers:
        started.stdin.close()
    assert [started.wait() for started in writers] == [0, 0]
    assert [progress.of("residual_networks", name).hints for name in names] == [
        {"the stem": 60}
    ] * 2


def test_a_place_that_cannot_be_written_is_a_warning(tmp_path, warned, project):
    (tmp_path / "file").write_text("")
    report = FakeGrader().grade(assignment(), source.of("x = 1"), ["identity_block"])
    Progress(tmp_path / "file" / "p.json", warned.append).note(report, {})
    assert len(warned) == 1 and "p.json" in warned[0]
