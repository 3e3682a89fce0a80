"""What tests/conftest.py does to a run: who runs what, and tables at its end."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.conftest import group

FILE = """
import os
import pytest

@pytest.mark.parametrize(("name", "i"), [(n, i) for i in range(6) for n in ("lenet", "vgg")])
def test_of(name, i, tabulate):
    tabulate(f"{name} {i} {os.environ['PYTEST_XDIST_WORKER']}")
    assert i < 5
"""


@pytest.mark.parametrize(
    ("nodeid", "expected"),
    [
        ("tests/nets/test_vgg.py::test_a", "tests/nets/test_vgg.py"),
        ("tests/nets/test_vgg.py::test_a[vgg-16]", "tests/nets/test_vgg.py"),
        ("tests/judgement/test_mutants.py::test_a[vgg]", "tests/judgement/test_mutants.py vgg"),
        (
            "tests/judgement/test_mutants.py::test_b[vgg-spelled out]",
            "tests/judgement/test_mutants.py vgg",
        ),
        ("tests/judgement/test_mutants.py::test_c", "tests/judgement/test_mutants.py"),
    ],
)
def test_a_group_is_a_file_or_an_assignment_of_the_mutants(nodeid, expected):
    assert group(nodeid) == expected


def run_pytest(root, folder, *arguments) -> subprocess.CompletedProcess:
    """Run pytest on a folder elsewhere, with the project's conftest.py and settings."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest"]
    command += ["-c", root / "pyproject.toml", "--rootdir", folder, folder, *arguments]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        command,
        cwd=root,
        capture_output=True,
        text=True,
        env={**plain, "PYTHONPATH": str(root)},
    )


def test_each_worker_runs_a_group_and_what_it_tabulates_is_shown(root, tmp_path):
    file = tmp_path / "tests" / "judgement" / "test_mutants.py"
    file.parent.mkdir(parents=True)
    file.write_text(FILE)
    run = run_pytest(root, tmp_path, "-n", "2", "--dist", "loadfile")
    results = re.findall(r"^(\w+) \d (gw\d)$", run.stdout, re.MULTILINE)
    assert len(results) == 12, run.stdout + run.stderr  # of the tests that failed as well
    assert "2 failed, 10 passed" in run.stdout
    workers = {name: {worker for test, worker in results if test == name} for name, _ in results}
    assert sorted(map(sorted, workers.values())) == [["gw0"], ["gw1"]]
