"""The same batch on dask.distributed: a scheduler and two workers here, one of which is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import asdict

import pytest

from grader.batch import dask_cluster
from grader.batch.run import Batch
from grader.batch.server import Task
from grader.errors import GraderError
from grader.judging.source import of
from tests.grader.batch.stand_in import SETTINGS, slow
from tests.sampling import STORY

distributed = pytest.importorskip(
    "distributed",
    reason="dask.distributed is not installed: pip install -r requirements-grader.txt",
)
pytestmark = STORY
COUNT = 40


@pytest.fixture(scope="module")
def machines(root, tmp_path_factory):
    """(the scheduler's address, the two workers' processes)."""
    folder = tmp_path_factory.mktemp("dask")
    place = folder / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": str(root)}

    def start(*arguments):
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "distributed.cli." + arguments[0],
                *arguments[1:],
                "--scheduler-file",
                str(place),
                "--no-dashboard",
            ],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    started = [start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")]
    try:
        end = time.monotonic() + 60
        while not place.exists():
            assert time.monotonic() < end and started[0].poll() is None
            time.sleep(0.05)
        started += [
            start("dask_worker", "--no-nanny", "--nthreads", "1", "--host", "127.0.0.1")
            for _ in range(2)
        ]
        with distributed.Client(scheduler_file=str(place), set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            address = client.scheduler.address
        yield address, started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def test_a_worker_is_killed_and_nothing_is_lost(machines, tmp_path):
    address, workers = machines
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"{number:02}.py").write_text(f"x = {number}\n")
    killed = []

    def advance():
        killed.append(1)
        if len(killed) == 5:
            workers[0].kill()
            workers[0].wait()

    with (
        Batch(folder, out, SETTINGS) as batch,
        dask_cluster.Cluster(address, SETTINGS, function=slow) as pool,
    ):
        counts = batch.run(pool, advance)
    assert (counts.graded, counts.failed) == (COUNT, 0), (out / "scores.csv").read_text()[:300]
    assert len(list((out / "json").iterdir())) == COUNT


def test_a_real_submission_and_the_command(machines, root, tmp_path):
    address, _ = machines
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "mine.py").write_text("def f(:\n")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "grader",
            "batch",
            "residual_networks",
            str(folder),
            "--out",
            str(tmp_path / "out"),
            "--cluster",
            address,
        ],
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "\nmine,mine.py,mine,,0,100,Python cannot" in (tmp_path / "out/scores.csv").read_text()


def test_a_worker_of_another_version_grades_nothing():
    found = dask_cluster.grade(asdict(SETTINGS), "another hash", Task("k", of("x = 1")))
    assert found.document is None and "another version of the grader" in found.reason


def test_no_scheduler_is_one_line():
    with pytest.MonkeyPatch.context() as patch, pytest.raises(GraderError, match="expected a dask"):
        patch.setattr(dask_cluster, "CONNECTING", 1)
        dask_cluster.Cluster("tcp://127.0.0.1:1", SETTINGS)


def test_without_dask_there_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(GraderError, match="requirements-grader.txt"):
        dask_cluster.Cluster("tcp://127.0.0.1:1", SETTINGS)
