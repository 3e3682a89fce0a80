"""What a submission sees of the project: the runner alone, with walls or without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.assignments import ROOT
from grader.errors import GraderError
from grader.judging import sandbox, worker
from grader.judging.worker import FORKSERVER, Worker

CASE = {"call": "look", "array": [1, 2, 2, 1], "seed": 0}
LISTING = f"""
import json, os

def look(_):
    listing = {{}}
    for folder in ("", "grader", "grader/runner"):
        listing[folder] = sorted(os.listdir(os.path.join({str(ROOT)!r}, folder)))
    raise RuntimeError(json.dumps(listing))
"""
IMPORTS_NETS = """
def look(_):
    import nets
"""


def trouble(worker: Worker, source: str) -> dict:
    request = {"cases": [CASE], "source": source, "filename": "mine.py"}
    [evidence] = worker.result(worker.start(request))
    return evidence.trouble


@pytest.mark.skipif(not sandbox.walls().walled, reason=f"needs walls: {sandbox.walls().sentence}")
def test_the_walls_show_the_runner_and_nothing_else_of_the_grader():
    with Worker() as warm:
        found = trouble(warm, LISTING)
    assert found["error"] == "RuntimeError", found
    listing = json.loads(found["text"])
    environment = Path(sys.prefix).name  # which may lie in the project
    assert {*listing[""]} - {environment} == {"grader"}
    assert listing["grader"] == ["runner"]
    assert {"forkserver.py", "cases.py"} <= {*listing["grader/runner"]}


def test_nets_is_not_importable_where_an_installation_has_put_the_project_on_the_path(
    tmp_path, monkeypatch
):
    """As `pip install -e .` does through a .pth file; without walls the files can be read."""
    again = tmp_path / "again"
    again.symlink_to(ROOT)
    forkserver = tmp_path / "forkserver.py"
    forkserver.write_text(
        "import runpy, sys\n"
        f"sys.path += [{str(ROOT)!r}, {str(ROOT)!r} + '/', {str(again)!r}]\n"
        f"sys.argv[0] = {str(FORKSERVER)!r}\n"
        f"runpy.run_path({str(FORKSERVER)!r}, run_name='__main__')\n"
    )
    monkeypatch.setattr(worker, "FORKSERVER", forkserver)
    monkeypatch.setattr(worker, "walls", lambda: sandbox.Walls(list, False))
    with Worker() as warm:
        found = trouble(warm, IMPORTS_NETS)
    assert (found["error"], found["text"]) == ("ModuleNotFoundError", "No module named 'nets'")
    assert found["lines"][-1][2] == "import nets"


@pytest.mark.parametrize(
    "walls, root, trust, refused",
    [
        (sandbox.Walls(list, True), True, False, None),
        (sandbox.Walls(list, False, None, sandbox.OPEN), False, False, "--trust"),
        (sandbox.Walls(list, False, None, sandbox.OPEN), False, True, None),
        (sandbox.Walls(list, False, sandbox.NOBODY, sandbox.OPEN), True, True, None),
        (sandbox.Walls(list, False, sandbox.NOBODY, sandbox.OPEN), True, False, "--trust"),
        (sandbox.Walls(list, False, None, sandbox.OPEN), True, True, "other than root"),
    ],
)
def test_files_of_strangers_need_walls_or_trust_and_never_run_as_root(
    monkeypatch, walls, root, trust, refused
):
    monkeypatch.setattr(sandbox.os, "geteuid", lambda: 0 if root else 1000)
    if refused is None:
        walls.refuse_strangers(trust)
    else:
        with pytest.raises(GraderError, match=refused):
            walls.refuse_strangers(trust)


def test_batch_without_walls_runs_nothing_and_says_why(tmp_path):
    """A machine without bubblewrap is one whose PATH has none."""
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "a.py").write_text("x = 1")
    command = [sys.executable, "-m", "grader", "batch", "lenet", tmp_path / "class"]
    done = subprocess.run(
        [*map(str, command), "--out", str(tmp_path / "out")],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and "bubblewrap" in done.stderr, done.stderr
    assert not (tmp_path / "out").exists()
