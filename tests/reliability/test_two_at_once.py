"""Two processes that work in one folder at once: nothing is computed wrongly, nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from datasets.files import alone
from grader.assignments import ROOT

# It adds 1 to a number in a file, slowly: without a lock some additions are lost.
COUNT = """
import sys, time
from pathlib import Path
from datasets.files import alone
path = Path(sys.argv[1])
for _ in range(20):
    with alone(path):
        number = int(path.read_text())
        time.sleep(0.005)
        path.write_text(str(number + 1))
"""
HOLD = """
import sys, time
from datasets.files import alone
with alone(sys.argv[1]):
    print("held", flush=True)
    time.sleep(600)
"""


def started(*command, **options):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, *command], env=environment, text=True, stdout=subprocess.PIPE, **options
    )


def test_one_process_at_a_time_works_on_a_file(tmp_path):
    path = tmp_path / "number"
    path.write_text("0")
    for process in [started("-c", COUNT, str(path)) for _ in range(4)]:
        assert process.wait(120) == 0
    assert path.read_text() == "80"
    assert os.listdir(tmp_path) == ["number"]


def test_a_killed_process_holds_nothing(tmp_path):
    path, said = tmp_path / "run", []
    process = started("-c", HOLD, str(path))
    assert process.stdout.readline() == "held\n"
    os.kill(process.pid, signal.SIGSTOP)
    other = started("-c", COUNT, str(path))
    time.sleep(0.5)
    assert other.poll() is None  # it waits, also for a process that does not move
    other.kill()
    process.kill()
    process.wait(60)
    with alone(path, lambda: said.append("waits")):
        pass
    assert not said


def test_where_no_file_can_be_locked_nobody_waits(tmp_path):
    with alone(tmp_path / "not" / "there"):
        pass


@pytest.mark.sampled(1)
@pytest.mark.parametrize("commands", [2])
def test_a_run_that_two_processes_are_asked_for_is_trained_once(tmp_path, commands):
    command = ("-m", "training", "reproduce", "lenet", "--data", "synthetic", "--epochs", "1")
    command += ("--runs", "runs")
    both = [
        started(*command, "--json", f"{i}.json", cwd=tmp_path, stderr=subprocess.STDOUT)
        for i in range(commands)
    ]
    said = [process.communicate(timeout=900)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    first, second = (json.loads((tmp_path / f"{i}.json").read_text()) for i in range(commands))
    assert first == second
    waited = [text for text in said if "another process trains this run; waiting" in text]
    assert len(waited) == 1 and "finished on" in waited[0] and "epoch 1/1" not in waited[0]
    assert not [name for name in os.listdir(tmp_path / "runs") if name.startswith(".")]
