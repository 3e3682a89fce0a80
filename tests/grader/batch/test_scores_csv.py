"""scores.csv: names as they were handed in, words for codes, points per exercise and per check."""

from __future__ import annotations

import csv

import pytest

from grader.batch import scores, teacher_csv, words
from grader.batch.learners import Handed, handed
from grader.batch.run import Batch
from grader.judging import messages
from tests.grader.batch import stand_in
from tests.grader.batch.stand_in import CHECKS, SETTINGS, Pool

NAMES = [
    "Müller, Vera (123).py",
    "=1+1.py",
    "＠cmd.py",
    "李 明_20210001.ipynb",
    "🦊🦊.py",
    "שלום.py",
    "李" * 78 + ".py",
    "x" * 237 + ".py",
    'a "quoted", name;.py',
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    base = tmp_path_factory.mktemp("scores")
    folder, out = base / "in", base / "out"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        (folder / name).write_text(f"x = {number}\n")
    with Batch(folder, out, SETTINGS) as batch:
        batch.run(Pool())
    with (out / "scores.csv").open(newline="", encoding="utf-8-sig") as file:
        return {row["file"].removeprefix("'"): row for row in csv.DictReader(file)}


def test_every_file_has_the_name_that_it_was_handed_in_with(rows):
    assert set(rows) == set(NAMES)


def test_no_cell_is_a_formula(rows):
    cells = [value for row in rows.values() for value in row.values()]
    assert not [value for value in cells if value.startswith(teacher_csv.FORMULA)]
    assert rows["=1+1.py"]["file"] == "'=1+1.py" and rows["＠cmd.py"]["learner"] == "'＠cmd"


def test_the_columns_are_those_that_are_documented(rows, root):
    exercises = list(dict.fromkeys(check.exercise for check in CHECKS))
    titles = [*scores.COLUMNS, *exercises, *(check.name for check in CHECKS)]
    assert list(rows[NAMES[0]]) == titles and len(set(titles)) == len(titles)
    page = (root / "docs" / "grading.md").read_text(encoding="utf-8")
    assert [name for name in scores.COLUMNS if f"| `{name}` |" not in page] == []


def test_points_by_check_add_up_to_those_by_exercise_and_to_the_score(rows):
    number = NAMES.index("🦊🦊.py")
    tests = stand_in.document(f"x = {number}\n")["tests"]
    row = rows["🦊🦊.py"]
    assert [float(row[check.name]) for check in CHECKS] == [test["score"] for test in tests]
    by_exercise = [float(row[name]) for name in {check.exercise for check in CHECKS}]
    assert sum(by_exercise) == float(row["score"]) and 0 < float(row["score"]) < 100


def test_misconceptions_are_codes_and_statuses_are_words(rows):
    row = rows["🦊🦊.py"]
    found = set(row["misconceptions"].split("; "))
    assert found and all(":" in code and code.split(": ")[1] in stand_in.MISTAKES for code in found)
    assert row["status"] == "graded" and "raises an error" in row["concepts"]
    assert not [kind for kind in messages.SENTENCES if kind not in words.SENTENCES]
    assert not [text for text in words.SENTENCES.values() if "_" in text]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Müller, Vera (123).py", Handed("Müller, Vera (123)")),
        ("Vera Müller_4711_assignsubmission_file_", Handed("Vera Müller", "4711")),
        ("Vera Müller_4711_assignsubmission_file_a_b.py", Handed("Vera Müller", "4711")),
        ("mullervera_105_9912_hw-2.ipynb", Handed("mullervera", "105")),
        ("mullervera_LATE_105_9912_hw.py", Handed("mullervera", "105", late=True)),
        ("submission_123456", Handed("submission_123456", "123456")),
        ("my_hand_in.py", Handed("my_hand_in")),
    ],
)
def test_a_platforms_name_tells_the_learner(name, expected):
    assert handed(name) == expected
