"""What a single wrong number costs: its own stage, and what cannot be right without it."""

from __future__ import annotations

import pytest

from grader import assignments
from grader.judging import source

POOL = "layers.AveragePooling2D(2)"
HIDDEN = 'layers.Dense(84, activation="relu")'
SOFTMAX, NONE = 'Dense(classes, activation="softmax")', "Dense(classes)"
# Of each function an edit of its worked solution, and how many of its points the edit costs.
EDITS = {
    ("lenet", "lenet5"): [
        ("one filter more", "Conv2D(6, 5", "Conv2D(7, 5", 14),
        ("a window of 3x3", "Conv2D(16, 5", "Conv2D(16, 3", 12),
        ("padding", "Conv2D(6, 5", 'Conv2D(6, 5, padding="same"', 14),
        ("both poolings", POOL, POOL.replace("Average", "Max"), 26),
        ("hidden units", "Dense(120", "Dense(100", 12),
        ("a hidden sigmoid", HIDDEN, HIDDEN.replace("relu", "sigmoid"), 12),
        ("no softmax", SOFTMAX, NONE, 16),
        ("dropout", HIDDEN + "(X)", f"{HIDDEN}(layers.Dropout(0.5)(X))", 6),
        ("ten classes", "layers.Dense(classes", "layers.Dense(10", 10),
    ],
    ("alexnet", "alexnet"): [
        ("filters", "Conv2D(96, 11", "Conv2D(64, 11", 9),
        ("a stride", "strides=4", "strides=3", 9),
        ("all poolings", "MaxPooling2D(3, strides=2)", "MaxPooling2D(2)", 23),
        ("a convolution less", "(384, 384, 256)", "(384, 256)", 7),
        ("hidden units", "Dense(4096", "Dense(2048", 10),
        ("dropout", "Dropout(0.5)", "Dropout(0.2)", 5),
        ("no softmax", SOFTMAX, NONE, 13),
    ],
    ("vgg", "VGG16"): [
        ("filters", "(2, 64)", "(2, 32)", 7),
        ("a convolution more", "(3, 256)", "(4, 256)", 9),
        ("hidden units", "Dense(4096", "Dense(1024", 13),
        ("dropout", "Dropout(0.5)", "Dropout(0.3)", 6),
        ("no softmax", SOFTMAX, NONE, 15),
    ],
    ("inception", "auxiliary_head"): [
        ("pooling", "AveragePooling2D(5, strides=3)", "AveragePooling2D(5, strides=2)", 4),
        ("filters", "Conv2D(128, 1", "Conv2D(64, 1", 3),
        ("units", "Dense(1024", "Dense(512", 6),
        ("dropout", "Dropout(0.7)", "Dropout(0.4)", 3),
    ],
    ("inception", "GoogLeNet"): [
        ("filters", "Conv2D(64, 7", "Conv2D(32, 7", 4),
        ("a pooling less", 'in ("4a", "5a")', 'in ("4a",)', 3),
        ("heads", 'in ("4a", "4d")', 'in ("4b", "4e")', 4),
        ("flattened", "GlobalAveragePooling2D()", "Flatten()", 5),
        ("dropout", "Dropout(0.4)", "Dropout(0.7)", 2),
    ],
    # The count of parameters has 5 points of its own.
    ("residual_networks", "ResNet50"): [
        ("filters", "Conv2D(64, 7", "Conv2D(32, 7", 9),
        ("a block less", "blocks - 1]", "min(blocks - 1, 4)]", 9),
        ("a width", "(256, 6)", "(128, 6)", 9),
        ("a stride", "1 if stage == 2 else 2", "1 if stage < 4 else 2", 9),
        ("pooling", "AveragePooling2D(2,", "MaxPooling2D(2,", 9),
    ],
    ("happy_house", "happy_model"): [
        ("filters", "Conv2D(32, 7", "Conv2D(16, 7", 20),
        ("the axis", "axis=-1", "axis=1", 25),
        ("no pooling", 'X = layers.MaxPooling2D(2, name="max_pool")(X)', "", 15),
        ("softmax", "sigmoid", "softmax", 10),
    ],
}
ROWS = [(*function, *edit) for function, edits in EDITS.items() for edit in edits]


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    ("assignment", "function", "old", "new", "cost"),
    [(a, function, *edit) for a, function, _, *edit in ROWS],
    ids=[f"{function}: {what}" for _, function, what, *_ in ROWS],
)
def test_a_wrong_number_costs_its_stage_alone(grader, assignment, function, old, new, cost):
    one = assignments.find(assignment)
    text = one.file("solutions").read_text(encoding="utf-8")
    assert old in text
    report = grader.grade(one, source.of(text.replace(old, new), "mine.py"), [function])
    assert report.max_score - report.score == cost, [
        o.check.name for o in report.outcomes if o.failure
    ]
