"""A stage is judged by itself: a wrong one costs no other, and layers between stages cost one."""

from __future__ import annotations

import pytest

from grader.judging.stages import Comparison, stages_alone
from grader.runner.limits import Limits

SOURCE = """
import keras
from keras import layers

def net(kernel=3, norm="batch", extra=0, hidden=0, last="sigmoid", rescaled=1, relu="linear",
        drop=0):
    X = images = keras.Input((5, 5, 3))
    X = layers.Rescaling(rescaled)(X) if rescaled != 1 else X
    X = layers.Conv2D(4, kernel, padding="same", activation=relu)(X)
    X = layers.Dropout(drop)(X) if drop else X
    if norm:
        X = layers.BatchNormalization(trainable=norm == "batch")(X)
    for _ in range(extra):
        X = layers.Conv2D(4, 1)(X)
    X = layers.Flatten()(X)
    X = layers.Dense(hidden)(X) if hidden else X
    return keras.Model(images, layers.Dense(2, activation=last)(X))

def strange():
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
FED = [[5, 5, 3], [5, 5, 4], [5, 5, 4], [100]]
KINDS = ["Conv2D", "BatchNormalization", "Flatten"]
CASE = {"graph": True, "modes": ["eval", "train"], "alone": FED, "batch": 3, "seed": 1}


@pytest.fixture(scope="module")
def run(grader):
    """run(options, ...) -> the evidence of nets with these options; a name is another function."""

    def run(*options):
        cases = [
            {**CASE, "call": each}
            if isinstance(each, str)
            else {**CASE, "call": "net", "with": each}
            for each in options
        ]
        job = {"cases": cases, "source": SOURCE, "filename": "mine.py"}
        return grader.worker.result(grader.worker.start(job, Limits()))

    return run


WRONG = [
    ({}, "1111"),
    ({"kernel": 1}, "0111"),
    ({"rescaled": 2}, "0111"),
    ({"relu": "relu"}, "1011"),
    ({"norm": ""}, "1011"),
    ({"extra": 1}, "1101"),
    ({"hidden": 3}, "1110"),
    ({"last": "softmax"}, "1110"),
    ({"kernel": 1, "last": "tanh"}, "0110"),
    ("strange", "0010"),
]


def test_a_wrong_stage_costs_no_other(run):
    right, *found = run({}, *(options for options, _ in WRONG))
    flags = [stages_alone(one, right, KINDS, FED) for one in found]
    judged = ["".join(str(int(flag)) for flag in each) for each in flags]
    assert judged == [wanted for _, wanted in WRONG]


def test_a_stage_can_be_wrong_in_training_mode_alone(run):
    right, frozen, dropped = run({}, {"norm": "frozen"}, {"drop": 0.5})
    assert stages_alone(frozen, right, KINDS, FED) == [True] * 4
    assert stages_alone(frozen, right, KINDS, FED, "train") == [True, False, True, True]
    assert not all(stages_alone(dropped, right, KINDS, FED, "train"))


def test_what_is_fed_and_what_an_input_is_are_told(run):
    [one] = run({"relu": "relu"})
    assert one.record["input"] == [None, 5, 5, 3]
    kinds = [kind for kind, _ in one.record["alone"]["operations"]]
    assert kinds == ["Conv2D", "Activation", "BatchNormalization", "Flatten", "Dense", "Activation"]


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
