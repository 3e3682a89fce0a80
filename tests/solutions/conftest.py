"""A homework run as a script, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from datasets.synthetic.dataset import synthesize
from training.reproduce.assignments import _run_file


@pytest.fixture(scope="session")
def run_script(root):
    """run_script(script, *arguments, **environment) -> the finished process."""

    def run(script, *arguments, **environment):
        return subprocess.run(
            [sys.executable, str(script), *map(str, arguments)],
            cwd=root,
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
        )

    return run


@pytest.fixture(scope="module")
def hands(request, tmp_path_factory):
    """The folder of a few drawn hands: HANDS of the module for training, or 48, and 12 to test."""
    folder = tmp_path_factory.mktemp("hands")
    return synthesize(folder, train=getattr(request.module, "HANDS", 48), test=12)


@pytest.fixture(scope="module")
def walked(request, tmp_path_factory, run_script, hands):
    """The output and the folder of the module's SCRIPT, run --quick on these hands."""
    runs = tmp_path_factory.mktemp("runs")
    done = run_script(
        request.module.SCRIPT, "--quick", "--runs", runs, SIGNS_DIR=str(hands), HAPPY_DIR=""
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr and "UserWarning" not in done.stderr
    return done.stdout, runs


@pytest.fixture(scope="module")
def homework(request, root):
    """The module's SCRIPT, loaded and not run."""
    path = root / request.module.SCRIPT
    return _run_file(path, f"solutions.{path.stem}")
