"""assignments/README.md says what is so: its order is the grader's, and its commands exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from grader import assignments

FOLDER = Path(__file__).resolve().parent.parent / "assignments"
TEXT = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_it_names_every_exercise_in_the_graders_order():
    rows = re.findall(r"^\| `(\w+)\.py`", TEXT, re.MULTILINE)
    known = [name for name in rows if name in assignments.names()]
    assert known == assignments.names()
    assert [name for name in rows if name in assignments.ORDER] == list(assignments.ORDER)


def test_its_commands_exist():
    named = set(re.findall(r"python -m grader ([a-z]+)", TEXT))
    said = subprocess.run(
        [sys.executable, "-m", "grader", "--help"],
        cwd=FOLDER.parent,
        capture_output=True,
        text=True,
    ).stdout
    assert named >= {"watch", "hint", "reset", "solution", "release"}
    assert [command for command in sorted(named) if f" {command} " not in said] == []
    exercises = set(re.findall(r"python -m grader (?:hint|reset|solution) (\w+) (\w+)", TEXT))
    for name, exercise in exercises:
        assert f"def {exercise}(" in (FOLDER / f"{name}.py").read_text(encoding="utf-8")
