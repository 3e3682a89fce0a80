"""Exercises made from solutions: what stays, what goes, and whose file is never overwritten."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest

from grader import assignments
from grader.authoring import export, regions
from grader.authoring import release as module
from grader.authoring.release import UNFILLED, filled, release, stub, unchanged, up_to_date
from grader.errors import GraderError

NAMES = assignments.names()
ONE = assignments.find("residual_networks")


@pytest.fixture(params=NAMES)
def assignment(request):
    return assignments.find(request.param)


@pytest.fixture
def worked(assignment):
    return assignment.file("solutions").read_text(encoding="utf-8")


@pytest.fixture
def released(assignment, worked):
    return stub(worked, assignment.name)


def functions(text):
    return {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}


def test_the_file_that_git_holds_is_up_to_date(assignment, released):
    path = assignment.file("assignments")
    assert path.is_file(), f"{path} is missing: .venv/bin/signs release {assignment.name}"
    assert up_to_date(path.read_text(encoding="utf-8"), released), (
        f"{path} is not the release of the solution: .venv/bin/signs release {assignment.name}"
    )


def test_signature_and_docstring_stay_and_the_lines_go(worked, released):
    before, after = functions(worked), functions(released)
    assert list(before) == list(after)
    for region in regions.find(worked):
        old, new = before[region.name], after[region.name]
        assert ast.unparse(old.args) == ast.unparse(new.args)
        assert ast.get_docstring(old) == ast.get_docstring(new) is not None
        assert any(isinstance(node, ast.Raise) for node in new.body)
        code = [line.strip() for line in regions.inside(worked, region).splitlines()]
        code = [line for line in code if len(line) > 12 and not line.startswith("#")]
        inside = "\n".join(regions.inside(released, r) for r in regions.find(released))
        assert code and not [line for line in code if line in inside]
    assert filled(worked) == [region.name for region in regions.find(worked)]
    assert filled(released) == []


def test_the_steps_stay_and_the_hint_is_named(assignment, worked, released):
    for old, new in zip(regions.find(worked), regions.find(released), strict=True):
        steps = regions.steps(worked, old)
        assert steps and steps == regions.steps(released, new)
        text = regions.inside(released, new)
        assert f"exercise {new.number}, {new.name}, {UNFILLED}" in text
        assert f".venv/bin/signs hint {assignment.name} {new.name}" in text


def test_questions_stay_and_answers_go(assignment, worked, released):
    for text in (released, export.notebook(assignment)):
        asked = text[text.index("Questions without code") :]
        assert [number for number in "123" if re.search(rf"[#\"] ?{number}\. ", asked)] == [*"123"]
        assert "Answers" not in asked and 'tags=["solution"]' not in text
    answers = worked[worked.index('# %% [markdown] tags=["solution"]') :]
    assert re.findall(r"^# (\d)\. ", answers, re.MULTILINE) == [*"123"]
    assert answers.index("__main__") > answers.index("# 3. "), "the script's end is the last cell"


def test_an_installed_copy_says_where_the_answers_are(monkeypatch):
    monkeypatch.setattr(module, "INSTALLED", True)
    text = module.released(ONE)
    assert f"`{ONE.file('solutions')}`" in text and "`solutions/" not in text


def test_a_release_is_deterministic_and_sealed(assignment, worked, released):
    assert stub(worked, assignment.name) == released and unchanged(released)
    assert not unchanged(released.replace("import", "import ", 1))
    assert not unchanged("x = 1\n")


def test_a_learner_at_work_is_up_to_date(worked, released):
    region = regions.find(released)[0]
    body = regions.inside(worked, regions.find(worked)[0])
    half = regions.replaced(
        released,
        lambda r: (
            body.splitlines()
            if r.number == region.number
            else regions.inside(released, r).splitlines()
        ),
    )
    assert filled(half) == [region.name]
    assert up_to_date(half, released) and up_to_date(worked, released)
    assert up_to_date(half.replace("import sys", "import math, sys"), released)


def test_an_old_stub_is_not_up_to_date(released):
    assert not up_to_date(released.replace("shape", "form", 1), released)
    first = regions.find(released)[0]
    marker = f"EXERCISE {first.number}"
    lost = "\n".join(line for line in released.splitlines() if marker not in line)
    assert not up_to_date(lost.replace(UNFILLED, "is done"), released)


def test_work_is_never_overwritten(tmp_path):
    path = tmp_path / "residual_networks.py"
    assert release(ONE, path).endswith("released")
    assert release(ONE, path).endswith("up to date")
    fresh = path.read_text()
    path.write_text(fresh + "# mine\n")
    with pytest.raises(GraderError, match="found work in it"):
        release(ONE, path)
    assert path.read_text() == fresh + "# mine\n"
    said = release(ONE, path, force=True)
    [copy] = [other for other in tmp_path.iterdir() if other != path]
    assert str(copy) in said and copy.read_text() == fresh + "# mine\n"
    assert path.read_text() == fresh


def test_an_older_release_without_work_is_replaced(tmp_path, monkeypatch):
    path = tmp_path / "residual_networks.py"
    release(ONE, path)
    older = stub(ONE.file("solutions").read_text().replace("Networks", "Nets", 1), ONE.name)
    path.write_text(older)
    assert "released anew" in release(ONE, path) and path.read_text() != older
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "text",
    [
        "### EXERCISE 1 STARTS: f, 5 points ###\n",
        "### EXERCISE 1 ENDS ###\n",
        "### EXERCISE 1 STARTS: f, 5 points ###\n### EXERCISE 2 ENDS ###\n",
    ],
)
def test_a_marker_without_its_partner_is_an_error(text):
    with pytest.raises(GraderError, match="expected"):
        stub(text, "it")


def test_the_command(root, tmp_path):
    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "grader", "release", *arguments],
            cwd=root,
            capture_output=True,
            text=True,
        )

    out = tmp_path / "mine.py"
    assert run("residual_networks", "--out", str(out)).returncode == 0
    out.write_text("x = 1\n")
    refused = run("residual_networks", "--out", str(out))
    assert refused.returncode == 2 and "--force" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert run("residual_networks", "--out", str(out), "--force").returncode == 0
    assert run("residual", "--out", str(out)).returncode == 2
