"""The whole runs of the lessons: recorded from their folders, and told as they were."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from benchmarks import lessons
from datasets.errors import DataError
from training.comparison import Runs, compare

RECORDED = lessons.read()
PRINTED = """
1 of 2: a, 0.001, seed 9: training loss 1.0, validation accuracy 0.5, 1 s, about 1 s left
2 of 2: a, 0.01, seed 9: training loss 1.0, validation accuracy 0.6, 1 s
1 of 4: a, ReLU, seed 0: training loss 0.1, validation accuracy 0.5, 1 s, about 3 s left
2 of 4: b, seed 0: training loss 0.2, validation accuracy 0.6, 1 s, about 2 s left
3 of 4: a, ReLU, seed 1: training loss 0.3, validation accuracy 0.7, finished earlier
4 of 4: b, seed 1: training loss 0.4, validation accuracy 0.8, 1 s
Said by somebody: b is better.
Counted, 64x64x3, 6 classes: 3 parameters.
Measured: a 0.5, b 0.75.
Too close to tell: nobody knows.
b is better, by 1.0 to 2.0 points.
Not supported at this scale: all values are alike.
the plots are in runs
"""

MEASURED = re.compile(
    r": (?P<first>[^:]+?) \d\.\d{4}, (?P<second>[^:]+?) \d\.\d{4} \("
    r".* (?P<confidence>[\d.]+)% interval"
)


def folder(tmp_path, names=("a-relu", "b")):
    (tmp_path / "kept").mkdir()
    for number, (name, seed) in enumerate((name, seed) for seed in (0, 1) for name in names):
        row = {"loss": number / 10, "validation": 0.5, "answers": [number, 1, 0]}
        (tmp_path / "kept" / f"{name}-seed{seed}-0a1b2c3d.json").write_text(json.dumps(row))
    (tmp_path / "kept" / "saved.json").write_text("{}")
    return tmp_path


def test_what_is_compared_is_recorded_and_what_was_chosen_is_not(tmp_path):
    found = lessons.recorded(folder(tmp_path), PRINTED, np.array([1, 1, 1]))
    assert {name: [row["right"] for row in rows] for name, rows in found["networks"].items()} == {
        "a, ReLU": ["010", "010"],
        "b": ["110", "010"],
    }
    assert [row["loss"] for row in found["networks"]["b"]] == [0.1, 0.3]
    assert found["said"][0] == "Said by somebody: b is better." and len(found["said"]) == 6


def test_a_run_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="expected the run b, seed 0"):
        lessons.recorded(folder(tmp_path, ("a-relu",)), PRINTED, np.array([1, 1, 1]))


def test_the_page_of_results_has_the_tables(root):
    text = (root / "docs" / "results.md").read_text(encoding="utf-8")
    for name, lesson in RECORDED.items():
        assert f"### {name}\n\n{lessons.table(lesson)}\n" in text


@pytest.mark.parametrize("name", RECORDED)
def test_what_a_lesson_said_of_two_networks_follows_from_its_runs(name):
    """The differences that were printed are computed again from right and wrong."""
    networks = {
        words: Runs(
            words,
            np.array([[*row["right"]] for row in rows]) == "1",
            [row["loss"] for row in rows],
        )
        for words, rows in RECORDED[name]["networks"].items()
    }
    judged = 0
    for line in RECORDED[name]["said"]:
        measured = MEASURED.search(line)
        # Right and wrong is recorded of test photographs alone.
        if measured is None or "on the training photographs" in line:
            continue
        pair = (networks[measured[word]] for word in ("first", "second"))
        tests = round(5 / (100 - float(measured["confidence"])))
        assert str(compare(*pair, 6, tests=tests)) in line
        judged += 1
    assert judged
