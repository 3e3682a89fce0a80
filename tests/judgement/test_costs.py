"""What a single wrong number costs: its own stage, and what cannot be right without it."""

from __future__ import annotations

import pytest

from grader import assignments
from grader.judging import source

POOL = "layers.AveragePooling2D(2)"
HIDDEN = 'layers.Dense(84, activation="relu")'
# An edit of lenet's worked solution, and how many of lenet5's 70 points it costs.
EDITS = [
    ("one filter more", "Conv2D(6, 5", "Conv2D(7, 5", 14),
    ("a window of 3x3", "Conv2D(16, 5", "Conv2D(16, 3", 12),
    ("padding", "Conv2D(6, 5", 'Conv2D(6, 5, padding="same"', 14),
    ("both poolings", POOL, POOL.replace("Average", "Max"), 26),
    ("hidden units", "Dense(120", "Dense(100", 12),
    ("a hidden sigmoid", HIDDEN, HIDDEN.replace("relu", "sigmoid"), 12),
    ("no softmax", 'Dense(classes, activation="softmax")', "Dense(classes)", 16),
    (
        "dropout",
        HIDDEN + "(X)",
        f"{HIDDEN}(layers.Dropout(0.5)(X))",
        6,
    ),
    ("ten classes", "layers.Dense(classes", "layers.Dense(10", 10),
]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("old", "new", "cost"), [row[1:] for row in EDITS], ids=[e[0] for e in EDITS]
)
def test_a_wrong_number_of_lenet5_costs_its_stage_alone(grader, old, new, cost):
    one = assignments.find("lenet")
    text = one.file("solutions").read_text(encoding="utf-8")
    assert old in text
    report = grader.grade(one, source.of(text.replace(old, new), "mine.py"), ["lenet5"])
    assert report.max_score - report.score == cost
