"""A class of right, wrong and impossible submissions, graded once by two workers."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import zipfile

import pytest

from grader import assignments
from grader.authoring import export
from grader.batch import submissions, words
from grader.judging import key
from tests.sampling import STORY

pytestmark = STORY
NAME = "residual_networks"
SUM = 'X = layers.Activation("relu")(layers.Add()([shortcut, X]))'
ENDLESS = "def identity_block(X, f, filters, **more):\n    while True:\n        pass\n"


def seeded(text):
    """The text, with a remark that gives it slot 0: the oracle answers once."""
    from grader.judging.source import of

    for number in range(200):
        tried = f"{text}\n# {number}\n"
        if key.slot(of(tried).digest) == 0:
            return tried
    raise AssertionError("no such number")


def zipped(path, members, mode=stat.S_IFREG | 0o644):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content)


def fill(folder, solution):
    """The class: the names of its submissions."""
    right = seeded(solution)
    texts = {
        "right": right,
        "copied": right,
        "no_relu": seeded(solution.replace(SUM, "X = layers.Add()([shortcut, X])")),
        "endless": seeded(ENDLESS),
        "empty": "",
        "syntax": "def f(:\n",
        "missing": seeded("x = 1"),
        "raises": "import keras\nkeras.no_such_thing\n",
    }
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    zipped(folder / "zipped.zip", {"work/mine.py": right, "__MACOSX/._mine.py": b"\0"})
    zipped(folder / "links.zip", {"mine.py": "/etc/passwd"}, stat.S_IFLNK | 0o777)
    zipped(folder / "climbs.zip", {"../mine.py": right})
    (folder / "torn.zip").write_bytes((folder / "zipped.zip").read_bytes()[:90])
    (folder / "notebook.ipynb").write_text(export.notebook(assignments.find(NAME)))
    (folder / "bad.ipynb").write_text("{")
    codes = ("import keras", "def identity_block(X, f, filters, **more):\n    return nothing")
    cells = [{"cell_type": "code", "metadata": {}, "source": code} for code in codes]
    (folder / "cells.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}}))
    (folder / "link.py").symlink_to("/etc/passwd")
    (folder / "essay.docx").write_bytes(b"PK")
    (folder / "learner" / "week 2").mkdir(parents=True)
    (folder / "learner" / "week 2" / f"{NAME}.py").write_text(right)
    (folder / "learner" / "notes.txt").write_text("mine")
    (folder / "crowd").mkdir()
    for number in range(submissions.MOST_FILES + 1):
        (folder / "crowd" / f"{number}.py").touch()
    (folder / ".DS_Store").touch()


def batch(root, *arguments, **more):
    # Its files are the tests' own, so they may run where there is no bubblewrap.
    command = [sys.executable, "-m", "grader", "batch", NAME, *map(str, arguments), "--trust"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, **more)


@pytest.fixture(scope="module")
def graded(root, solution, cache, tmp_path_factory):
    """(the process, RESULTS, FOLDER) of one batch over the class."""
    base = tmp_path_factory.mktemp("class")
    folder, out = base / "in", base / "out"
    folder.mkdir()
    fill(folder, solution)
    done = batch(
        root,
        folder,
        "--out",
        out,
        "--workers",
        2,
        "--seconds",
        5,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
    )
    return done, out, folder


@pytest.fixture(scope="module")
def rows(graded):
    with (graded[1] / "scores.csv").open(newline="", encoding="utf-8-sig") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


# name -> (score, status, a part of what its JSON says).
EXPECTED = {
    "right": ("100", "graded", ""),
    "copied": ("100", "graded", ""),
    "zipped": ("100", "graded", ""),
    "learner": ("100", "graded", ""),
    "notebook": ("100", "graded", ""),
    "no_relu": (None, "graded", "ReLU"),
    "endless": ("0", "graded", "after 5 s"),
    "empty": ("0", "empty", "empty.py is empty"),
    "syntax": ("0", "syntax", "cannot read line 1"),
    "missing": ("0", "missing", "There is no function identity_block"),
    "raises": ("0", "missing", "There is no function identity_block in raises.py"),
    "cells": (None, "graded", "cells.ipynb, cell 2, line 2, in identity_block: return nothing"),
    "links": ("0", "archive", "a link or device"),
    "climbs": ("0", "archive", "leads out of it"),
    "torn": ("0", "archive", "cannot be unpacked"),
    "bad": ("0", "notebook", "not JSON"),
    "link": ("0", "not_file", "it is a link"),
    "essay.docx": ("0", "file_type", "not a .py, .ipynb or .zip file"),
    "crowd": ("0", "crowded", "more than 1,000 files"),
}


def test_every_submission_has_its_score(graded, rows):
    done, out, _ = graded
    assert done.returncode == 0, done.stderr
    assert "19 submissions" in done.stdout and "0 not graded" in done.stdout
    assert set(rows) == {path.stem for path in (out / "json").iterdir()} == set(EXPECTED)
    for name, (score, status, said) in EXPECTED.items():
        document = json.loads((out / "json" / f"{name}.json").read_text())
        assert score in (None, rows[name]["score"]), (name, document)
        assert rows[name]["status"] == words.SENTENCES[status] and rows[name]["max_score"] == "100"
        assert float(rows[name]["score"]) == document["score"]
        assert said in "\n".join(test["output"] for test in document["tests"]), name
        assert document["extra_data"]["submission"].startswith(name)


def test_the_rest_of_a_wrong_submission_counts(rows):
    assert 0 < float(rows["no_relu"]["score"]) < 100
    assert "identity_block: main path, shortcut, then the last ReLU" in rows["no_relu"]["concepts"]
    assert rows["endless"]["concepts"].startswith("identity_block: stopped: out of time; conv")
    assert rows["right"]["concepts"] == rows["syntax"]["concepts"] == ""


def test_the_page_stands_alone_and_shows_what_is_missing_and_who_is_alike(graded):
    text = (graded[1] / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", text)
    assert re.search(r"main path, shortcut, then the last ReLU</a></th>\s*<td", text)
    assert re.search(r'<h2 id="misconceptions">Misconceptions</h2>\s*<p>Known wrong answers', text)
    [(names, alike)] = re.findall(r"<summary>(.*copied.*): (\d+)% alike", text)
    assert {"copied", "learner", "notebook", "right", "zipped"} <= set(names.split(", "))
    assert int(alike) >= 95
    assert '<th scope="col">copied</th><th scope="col">no_relu</th>' in text
    assert re.search(r'class="differs"><td>.*layers.ReLU|class="differs"><td>.*Activation', text)
    assert 'href="learners/essay.docx.html"' in text


def test_again_nothing_is_graded(root, graded):
    _, out, folder = graded
    before = (out / "scores.csv").read_bytes(), (out / "index.html").read_bytes()
    (out / "json" / "right.json").unlink()
    done = batch(root, folder, "--out", out, "--workers", 2, "--seconds", 5)
    assert done.returncode == 0 and " 0 graded, 19 known" in done.stdout
    assert ((out / "scores.csv").read_bytes(), (out / "index.html").read_bytes()) == before
    assert (out / "json" / "right.json").is_file()
    other = batch(root, folder, "--out", out, "--seconds", 6)
    assert other.returncode == 2 and "found those of another" in other.stderr
    assert "Traceback" not in other.stderr


def test_ctrl_c_is_one_line_and_leaves_nothing_running(root, tmp_path, solution):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "endless.py").write_text(ENDLESS)
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "grader",
            "batch",
            NAME,
            str(folder),
            "--out",
            str(tmp_path / "out"),
            "--workers",
            "1",
            "--trust",
        ],
        cwd=root,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    served = _until(lambda: _children(process.pid))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "stopped; the results so far are in" in errors and "Traceback" not in errors
    _until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in served))


def _children(parent):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                if int(file.read().rpartition(")")[2].split()[1]) == parent:
                    found.append(int(pid))
        except OSError:
            continue
    return found


def _until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no folder", "--out", "x"], "expected a folder of submissions"),
        (["README.md", "--out", "x"], "received a file"),
        (["tests", "--out", "x", "--workers", "2", "--cluster", "tcp://h:1"], "received both"),
        (["tests", "--out", "grader"], "found other files"),
    ],
)
def test_bad_use_is_one_line(root, arguments, said):
    done = batch(root, *arguments)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
