"""A stage is judged by itself: a wrong one costs no other, and layers between stages cost one."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.errors import CheckFailed
from grader.judging import checks, source
from grader.judging.compare import alike
from grader.judging.cuts import answers_after, compare_stages_apart
from grader.judging.stages import Comparison
from grader.judging.submission import Submission

SMALL = Path(__file__).with_name("small_network.py")
CASE = {
    "call": "net",
    "kwargs": {"classes": 2},
    "graph": True,
    "modes": ["eval", "train"],
    "batch": 3,
}
MANY = CASE | {"kwargs": {"classes": 5}, "batch": 7}
REQUEST = checks.request("tests/grader/judging/small_network.py", main=CASE, many=MANY)
STRANGE = """
import keras
from keras import layers

def net(classes=2):
    X = images = keras.Input((5, 5, 3))
    class Own(layers.Layer):
        def __init__(self, size):
            super().__init__()
            self.inner = layers.Dense(size)
        def call(self, X):
            return self.inner(X)
    X = layers.Add()([Own(4)(X), Own(4)(X)])
    return keras.Model(images, layers.Dense(2)(layers.Flatten()(X)))
"""


def ends(graph):
    kinds = ["Conv2D", "BatchNormalization", "Flatten", "Dense"]
    rows = [[row for row in graph if row["kind"] == kind] for kind in kinds]
    return dict(enumerate(rows, 1))


@pytest.fixture
def submitted(grader):
    """submitted(options) -> a submission whose net has these defaults; or of this text."""

    def submitted(options):
        text = options if isinstance(options, str) else SMALL.read_text(encoding="utf-8")
        for name, value in options.items() if isinstance(options, dict) else ():
            head, _, rest = text.partition(f"{name}=")
            end = min(rest.index(mark) for mark in (",", "\n") if mark in rest)
            text = f"{head}{name}={value!r}{rest[end:]}"
        return Submission(source.of(text, "mine.py"), grader.worker, grader.oracle)

    return submitted


def flags(submission, mode="eval"):
    found = compare_stages_apart(submission, REQUEST, "main", ends, mode)
    return "".join(str(int(all(right))) for right in found.right.values())


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, "1111"),
        ({"kernel": 1}, "0111"),
        ({"rescaled": 2}, "0111"),
        ({"relu": "relu"}, "0111"),
        ({"norm": ""}, "1011"),
        ({"extra": 1}, "1101"),
        ({"hidden": 3}, "1110"),
        ({"last": "softmax"}, "1110"),
        ({"kernel": 1, "last": "tanh"}, "0110"),
        (STRANGE, "0010"),
    ],
)
def test_a_wrong_stage_costs_no_other(submitted, options, wanted):
    assert flags(submitted(options)) == wanted


def test_a_stage_can_be_wrong_in_training_mode_alone(submitted):
    frozen, dropped = submitted({"norm": "frozen"}), submitted({"drop": 0.5})
    assert flags(frozen) == "1111" and flags(frozen, "train") == "1011"
    assert flags(dropped) == "1111" and "0" in flags(dropped, "train")


def test_what_follows_a_stage_can_be_run_in_other_modes(submitted):
    one = submitted({"kernel": 1})
    found = compare_stages_apart(one, REQUEST, "main", ends)
    received, expected = answers_after(one, REQUEST, "main", found, 1, "many")
    for mode in ("eval", "train"):
        assert received.arrays[mode].shape == (7, 5)
        assert alike(received.arrays[mode], expected.arrays[mode])
    other = submitted({"kernel": 1, "norm": "frozen"})
    found = compare_stages_apart(other, REQUEST, "main", ends)
    received, expected = answers_after(other, REQUEST, "main", found, 1, "many")
    assert not alike(received.arrays["train"], expected.arrays["train"])


def test_after_a_stage_that_cannot_be_found_nothing_is_judged(submitted):
    found = compare_stages_apart(submitted({"last": "tanh"}), REQUEST, "main", ends)
    with pytest.raises(CheckFailed, match="once stage 4 is right"):
        answers_after(submitted({}), REQUEST, "main", found, 4, "main")


def test_the_table_shows_the_right_map_where_a_stage_is_right():
    pool = {"kind": "MaxPooling2D", "shape": [None, 3, 3, 4]}
    conv, other = ({"kind": "Conv2D", "shape": [None, side, side, 4]} for side in (6, 7))
    ends = {1: [conv], 2: [pool]}
    graph = [other, {**pool, "shape": [None, 2, 2, 4]}]
    found = Comparison(ends, {1: [False], 2: [True]}, graph, [conv, pool], alone=True)
    assert found.table()[1:] == [
        ["1", "6x6x4", "7x7x4", "0 of 1"],
        ["2", "3x3x4", "3x3x4", "1 of 1"],
    ]
