"""A batch is killed and continues: nothing is graded twice or lost, the scores are the same."""

from __future__ import annotations

import csv
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from grader import assignments
from grader.batch import store
from grader.batch.run import Batch
from grader.errors import GraderError
from grader.judging import digest
from tests.grader.batch import stand_in
from tests.grader.batch.stand_in import SETTINGS, Pool

COUNT = 12
DEATHS = [
    ("before record", 3),
    ("after record", 2),
    ("after write", 2),
    ("after page", 1),
    ("before page", 1),
]


@pytest.fixture
def folder(tmp_path):
    """COUNT different submissions, one of them twice."""
    path = tmp_path / "in"
    path.mkdir()
    for number in range(COUNT):
        (path / f"learner{number:02}.py").write_text(f"x = {number}\n")
    (path / "copy.py").write_text("x = 3\n")
    return path


def command(*arguments, root):
    return subprocess.run(
        [sys.executable, "-m", "tests.grader.batch.stand_in", *map(str, arguments)],
        cwd=root,
        capture_output=True,
        text=True,
    )


def committed(out):
    base = sqlite3.connect(out / store.NAME)
    try:
        return {key for [key] in base.execute("SELECT key FROM results")}
    finally:
        base.close()


def files(out):
    paths = [out / "scores.csv", out / "index.html", *(out / "json").iterdir()]
    return {path.relative_to(out): path.read_bytes() for path in paths}


def rows(out):
    with (out / "scores.csv").open(newline="", encoding="utf-8-sig") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


def run(folder, out, pool=None):
    with Batch(folder, out, SETTINGS) as batch:
        return batch.run(pool or Pool())


def test_killed_again_and_again_it_ends_as_if_it_had_not_been(folder, tmp_path, root):
    out, log, whole = tmp_path / "out", tmp_path / "log", tmp_path / "whole"
    for point, count in DEATHS:
        before = committed(out) if out.exists() else set()
        done = command(folder, out, log, point, count, root=root)
        assert done.returncode == -signal.SIGKILL, (point, done.stderr)
        graded = log.read_text().split()
        assert not before & set(graded), "a committed result was worked out again"
        assert before <= committed(out)
        log.write_text("")
    assert "'graded': 0, 'known': 13" in command(folder, out, log, root=root).stdout
    assert log.read_text() == ""
    run(folder, whole)
    assert files(out) == files(whole)
    assert not [path for path in (out / "json").iterdir() if path.name.startswith(".")]


def test_identical_submissions_are_graded_once_and_each_has_its_file(folder, tmp_path):
    log, out = tmp_path / "log", tmp_path / "out"
    counts = run(folder, out, Pool(log))
    assert vars(counts) == {"total": 13, "graded": 12, "known": 0, "identical": 1, "failed": 0}
    assert len(log.read_text().split()) == COUNT
    found = rows(out)
    assert found["copy"]["score"] == found["learner03"]["score"]
    assert '"submission": "copy.py"' in (out / "json" / "copy.json").read_text()


def test_so_they_are_when_the_answer_is_still_on_its_way(folder, tmp_path):
    class Late(Pool):
        """Takes all tasks before it answers the first."""

        def run(self, tasks):
            return super().run(list(tasks))

    counts = run(folder, tmp_path / "out", Late())
    assert (counts.graded, counts.identical) == (12, 1)


def test_a_changed_submission_is_graded_anew_and_one_that_has_gone_leaves(folder, tmp_path):
    out, log = tmp_path / "out", tmp_path / "log"
    run(folder, out)
    (folder / "learner00.py").write_text("x = 1000\n")
    (folder / "learner01.py").unlink()
    (folder / "copy.ipynb").write_text("no notebook")
    run(folder, out, Pool(log))
    assert len(log.read_text().split()) == 2
    found = rows(out)
    score = stand_in.document("x = 1000\n")["score"]
    assert found["learner00"]["score"] == f"{score:g}"
    # Two files of one stem are told apart by their suffix.
    names = {name for name in found if name.startswith("copy")}
    assert {name[:8] for name in names} == {"copy.py-", "copy.ipy"}
    assert {path.stem for path in (out / "json").iterdir()} == set(found)
    assert "learner01" not in found


def test_what_the_grader_fails_on_has_no_score_and_is_tried_again(folder, tmp_path):
    out = tmp_path / "out"
    (folder / "learner05.py").write_text("# not gradable\nx = 1\n")
    for _ in range(2):
        counts = run(folder, out)
        assert counts.failed == 1 and counts.total == 13
        row = rows(out)["learner05"]
        assert (row["score"], row["status"]) == ("", "not graded, tried again in the next run")
        assert row["note"] == "the machine is on fire"
        assert "on fire" in (out / "json" / "learner05.json").read_text()


ODD = [
    b"\xff\xfe.py",
    b"a\nb.py",
    "\u202eabc.py".encode(),
    b"<script>.py",
    b"CON.py",
    b"'.py",
    b"Anna/\xfe.py",
]


def test_odd_names_of_files_have_their_results_and_the_next_run_knows_them(tmp_path):
    folder, out = os.fsencode(tmp_path / "in"), tmp_path / "out"
    os.makedirs(folder + b"/Anna")
    for number, name in enumerate(ODD):
        with open(folder + b"/" + name, "w") as file:
            file.write(f"x = {number}\n")
    for graded in (len(ODD), 0):
        with Batch(tmp_path / "in", out, SETTINGS) as batch:
            counts = batch.run(Pool())
        assert (counts.total, counts.graded, counts.failed) == (len(ODD), graded, 0)
        for kind in ("json", "learners"):
            assert len(os.listdir(out / kind)) == len(ODD)
        assert len((out / "scores.csv").read_text(encoding="utf-8").splitlines()) >= len(ODD) + 1


def test_results_of_something_else_are_refused(folder, tmp_path, monkeypatch):
    out = tmp_path / "out"
    run(folder, out)
    monkeypatch.setattr("grader.judging.digest._versions", lambda: {"keras": "4.0"})
    with pytest.raises(GraderError, match="found those of another: its code, checks"):
        Batch(folder, out, SETTINGS)
    with pytest.raises(GraderError, match="found other files"):
        Batch(folder, folder, SETTINGS)
    (tmp_path / "file").write_text("")
    with pytest.raises(GraderError, match="expected a folder for the results, found a file"):
        Batch(folder, tmp_path / "file", SETTINGS)
    (tmp_path / "none").mkdir()
    with pytest.raises(GraderError, match="expected submissions"):
        Batch(tmp_path / "none", tmp_path / "new", SETTINGS)
    with Batch(folder, tmp_path / "new", SETTINGS), pytest.raises(GraderError, match="another bat"):
        Batch(folder, tmp_path / "new", SETTINGS)


def test_results_of_another_version_of_the_program_are_refused(folder, tmp_path):
    out = tmp_path / "out"
    run(folder, out)
    with closing(sqlite3.connect(out / store.NAME)) as base:
        base.execute("PRAGMA user_version = 1")
    before = files(out)
    with pytest.raises(GraderError, match="expected results of this version of the program"):
        Batch(folder, out, SETTINGS)
    assert files(out) == before


def test_the_graders_hash_is_what_a_score_depends_on(monkeypatch):
    one = assignments.find("residual_networks")
    read, english = [], digest.of_grader(one, {"language": "en"})
    assert digest.of_grader(one, {"language": "zh"}) != english
    monkeypatch.setattr(digest, "_hashed", lambda paths: read.extend(paths) or ["?"])
    digest.of_grader(one, {"language": "en"})
    names = {path.relative_to(assignments.ROOT).as_posix() for path in read}
    assert {
        "grader/judging/compare.py",
        "grader/runner/forkserver.py",
        "grader/runner/cases.py",
        "tests/autograder/residual_networks/test_residual_networks.py",
    } <= names
    assert not {"grader/learner/watch.py", "grader/batch/class_report.py"} & names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("anna", "anna"),
        ("=1+1", "_1+1"),
        ("a/../b", "a_.._b"),
        ("", "submission"),
        ("李 明", "李 明"),
        (os.fsdecode(b"\xff\xfe"), "__"),
        ("x" * 300, "x" * 200),
        ("李" * 99, "李" * 66),
    ],
)
def test_names_are_names_of_files(name, expected):
    assert store.safe(name) == expected


def test_a_class_goes_on_only_with_its_key(folder, tmp_path, monkeypatch):
    out, other = tmp_path / "out", tmp_path / "other.key"
    other.write_text("5" * 64)
    with Batch(folder, out, SETTINGS) as batch:
        batch.run(Pool())
    monkeypatch.setenv("GRADER_KEY", str(other))
    with pytest.raises(GraderError, match="results of this key, found those of another"):
        Batch(folder, out, SETTINGS)


@pytest.mark.parametrize("place", ["schema", "words of the schema", "document"])
def test_a_damaged_store_is_one_line_and_stays_as_it_is(folder, tmp_path, place):
    out = tmp_path / "out"
    with Batch(folder, out, SETTINGS) as batch:
        batch.run(Pool())
    path = out / store.NAME
    base = sqlite3.connect(path)
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if place == "document":
        base.execute("UPDATE results SET document = substr(document, 1, 20)")
        base.execute("UPDATE submissions SET written = NULL")
        base.commit()
    base.close()
    if place == "schema":
        damaged = bytearray(path.read_bytes())
        damaged[100:2000] = b"\x07" * 1900
        path.write_bytes(damaged)
    if place == "words of the schema":
        path.write_bytes(
            path.read_bytes().replace(b"CREATE TABLE results", b"CREATE TABL\xff results")
        )
    damaged = path.read_bytes()
    line = r"results.sqlite: expected .*; name another folder with --out"
    with pytest.raises(GraderError, match=line) as caught, Batch(folder, out, SETTINGS) as batch:
        batch.run(Pool())
    assert str(caught.value).isprintable()
    assert place == "document" or path.read_bytes() == damaged


def test_a_store_on_a_full_disk_says_so_and_keeps_what_it_has(folder, tmp_path):
    with Batch(folder, tmp_path / "out", SETTINGS) as batch:
        before = len(committed(tmp_path / "out"))
    with (
        pytest.raises(GraderError, match="results.sqlite: cannot write there.*full.*make room"),
        Batch(folder, tmp_path / "out", SETTINGS) as batch,
    ):
        batch.store.base.execute("PRAGMA max_page_count = 1")
        while True:
            batch.store.fail(os.urandom(8).hex(), "x" * 5000)
    assert len(committed(tmp_path / "out")) == before
