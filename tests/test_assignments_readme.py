"""assignments/README.md says what is so: its order is the grader's, and its commands exist."""

from __future__ import annotations

import re
from pathlib import Path

from grader import assignments

FOLDER = Path(__file__).resolve().parent.parent / "assignments"
TEXT = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_it_names_every_exercise_in_the_graders_order():
    rows = re.findall(r"^\| `(\w+)\.py`", TEXT, re.MULTILINE)
    known = [name for name in rows if name in assignments.names()]
    assert known == assignments.names()
    assert [name for name in rows if name in assignments.ORDER] == list(assignments.ORDER)


def test_its_commands_are_all_that_a_learner_needs():
    named = set(re.findall(r"\.venv/bin/signs ([a-z]+)", TEXT))
    assert named >= {"watch", "hint", "reset", "solution", "release"}
    exercises = set(re.findall(r"\.venv/bin/signs (?:hint|reset|solution) (\w+) (\w+)", TEXT))
    assert exercises
    for name, exercise in exercises:
        assert f"def {exercise}(" in (FOLDER / f"{name}.py").read_text(encoding="utf-8")
