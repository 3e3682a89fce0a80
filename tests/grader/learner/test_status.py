"""Where a learner stands, and how verdicts look in a terminal, a pipe and at 80 columns."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from rich.console import Console

from datasets.invocation import typed
from grader.__main__ import run
from grader.errors import CheckFailed
from grader.judging import source
from grader.learner import terminal
from grader.learner.fingerprint import fingerprints
from grader.learner.progress import Progress
from tests.grader.learners import NAMES, TABLE, TRACE, FakeGrader, assignment, solved


@pytest.fixture
def path(project):
    return assignment().file("assignments")


def note(project, text, **failing):
    report = FakeGrader(**failing).grade(assignment(), source.of(text))
    Progress(project / ".progress.json").note(report, fingerprints(text, NAMES))


def rows(capsys, *arguments):
    """The lines of a command's answer, by default those of `status`."""
    assert run(list(arguments or ["status"])) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    return [" ".join(line.split()) for line in said.splitlines()]


def test_a_fresh_exercise(path, capsys):
    found = rows(capsys)
    assert found[0] == "residual_networks: 0 of 100 points"
    assert found[2] == "1. identity_block 0 of 28 0 to do"
    line = 1 + path.read_text().splitlines().index("def identity_block(")
    assert found[5] == (
        f"Next: identity_block, in assignments/residual_networks.py from line {line} on."
    )
    assert run([]) == 0
    first_screen = capsys.readouterr().out.splitlines()
    assert [" ".join(line.split()) for line in first_screen] == [
        *found,
        f"{typed('--help')} lists all commands",
    ]


def test_points_hints_and_the_next_one(project, path, capsys):
    path.write_text(solved("identity_block", "convolutional_block"))
    note(project, path.read_text(), convolutional_block="the initialiser is a factory")
    with Progress(project / ".progress.json").change(
        "residual_networks", "convolutional_block"
    ) as record:
        record.hints.update({"the initialiser is a factory": 2, "layer names of 2017": 1})
    found = rows(capsys)
    assert found[0] == "residual_networks: 48 of 100 points"
    assert found[2:5] == [
        "1. identity_block 28 of 28 0 passed",
        "2. convolutional_block 20 of 28 3 points missing",
        "3. ResNet50 0 of 44 0 to do",
    ]
    assert found[5].startswith("Next: convolutional_block,")


def test_an_edit_after_the_check_is_said(project, path, capsys):
    text = solved(*NAMES)
    path.write_text(text)
    note(project, text)
    assert rows(capsys)[-1] == "Everything is done."
    path.write_text(text.replace("# 4. Add the shortcut", "# 4. Add it"))
    assert rows(capsys)[-1] == "Everything is done."
    path.write_text(
        text.replace("(branch_names(stage, block, branch)", "None, None").replace(
            "shortcut = X\n", "shortcut = X + 0\n"
        )
    )
    found = rows(capsys)
    assert found[2] == "1. identity_block 28 of 28 0 edited since the last check"
    assert found[3] == "2. convolutional_block 28 of 28 0 passed"
    assert found[5].startswith("Next: identity_block,")


def test_without_the_file_it_says_how_to_make_it(path, capsys):
    path.unlink()
    assert rows(capsys)[-1] == (f"Next: {typed('release residual_networks')} makes the exercises.")


def lend(root, project, name):
    """Put another assignment's solution and checks into the learner's project."""
    for file in (f"solutions/{name}.py", f"tests/autograder/{name}/test_{name}.py"):
        (project / file).parent.mkdir(exist_ok=True)
        (project / file).write_bytes((root / file).read_bytes())


def test_all_assignments_are_shown_in_the_lectures_order(root, project, path, capsys):
    lend(root, project, "lenet")
    path.write_text(solved("identity_block"))
    note(project, path.read_text(), convolutional_block="projection on the shortcut")
    found = rows(capsys)
    assert [line for line in found if line.endswith("points") and ":" in line] == [
        "lenet: 0 of 100 points",
        "residual_networks: 28 of 100 points",
    ]
    assert found[-1] == f"Next: {typed('release lenet')} makes the exercises."
    assert run(["release"]) == 2  # what a learner works on stays
    capsys.readouterr()
    assert rows(capsys)[-3].startswith("Next: convolution, in assignments/lenet.py from line ")


def test_all_is_done_without_what_is_optional(root, project, path, capsys):
    lend(root, project, "happy_house")
    found = rows(capsys)
    titles = [line for line in found if line.endswith("points") and ":" in line]
    assert titles == [
        "residual_networks: 0 of 100 points",
        "happy_house, optional: 0 of 100 points",
    ]
    assert found[-3].startswith("Next: identity_block, ")
    path.write_text(solved(*NAMES))
    note(project, path.read_text())
    assert rows(capsys)[-2:] == [
        "Everything is done. What is left is optional.",
        f"Next: {typed('release happy_house')} makes the exercises.",
    ]


def test_a_broken_progress_file_is_one_line(project, path, capsys):
    (project / ".progress.json").write_text("{")
    assert run([]) == 0
    said = capsys.readouterr()
    assert said.err.count("\n") == 1 and "starts again" in said.err and "0 of 100" in said.out


def shown(failure, **more):
    text = io.StringIO()
    console = Console(file=text, width=80, highlight=False, **more.pop("console", {}))
    terminal.explain(failure, console, **more)
    return text.getvalue()


def test_the_sentence_then_the_table_then_the_learners_line(project):
    sums = CheckFailed("A sum [of two] " + "comes first " * 12, TABLE, trace=TRACE)
    said = shown(sums, unfolding="signs check lenet --traceback")
    lines = [line.rstrip() for line in said.splitlines()]
    assert lines[0].startswith("A sum [of two]") and max(map(len, lines)) <= 80
    assert lines[2:4] == ["stage  expected   received", "2      15x15x256  8x8x256"]
    assert lines[4:] == [
        "mine.py, line 9, in helper: return X + y",
        "(2 more lines: signs check lenet --traceback)",
    ]
    unfolded = shown(CheckFailed("A sum", trace=TRACE)).splitlines()
    assert [line.rstrip() for line in unfolded[1:]] == TRACE.splitlines()


def test_a_table_of_two_columns_has_its_titles_at_the_left(project):
    table = [["called", "f(X)"], ["expected", "shape 1, mean 2"], ["received", "shape 3, mean 4"]]
    lines = [line.rstrip() for line in shown(CheckFailed("A sum", table)).splitlines()]
    assert lines[1:] == ["called    f(X)", "expected  shape 1, mean 2", "received  shape 3, mean 4"]


def test_colours_only_in_a_terminal_that_wants_them(project, monkeypatch):
    failure = CheckFailed("A sum", TABLE, trace=TRACE)
    monkeypatch.delenv("NO_COLOR", raising=False)
    colours = {"force_terminal": True, "color_system": "standard"}
    assert "\x1b[2m" in shown(failure, console=colours)
    assert "\x1b" not in shown(failure)
    monkeypatch.setenv("NO_COLOR", "1")
    report = FakeGrader(identity_block="layer names of 2017").grade(
        assignment(), source.of("x = 1")
    )
    text = io.StringIO()
    terminal.show(report, Console(file=text, width=80, force_terminal=True))
    assert "\x1b[3" not in text.getvalue() and "identity_block" in text.getvalue()


def test_a_terminal_without_the_letters_shows_marks_for_them(root, project):
    done = subprocess.run(
        [sys.executable, "-m", "grader", "--lang", "zh"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        cwd=root,
    )
    assert done.returncode == 0 and b"identity_block" in done.stdout
    assert b"Traceback" not in done.stderr
