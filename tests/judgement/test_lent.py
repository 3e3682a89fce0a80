"""What is lent to a network can be read by the submission, so it must be no answer to anything.

It stands in for the right functions: a network of them has the same weights and shapes, and other
numbers, for the submission and for the oracle alike.
"""

from __future__ import annotations

import numpy as np
import pytest

from grader import assignments
from grader.judging import checks, source
from grader.judging.submission import for_oracle

LENDING = [
    name
    for name in assignments.names()
    if assignments.find(name).folder.joinpath("lent.py").exists()
]


def worked(name: str) -> str:
    return assignments.find(name).file("solutions").read_text(encoding="utf-8")


def lent_by(name: str) -> dict[str, str]:
    return checks.lent(str(assignments.find(name).checks))


def test_four_networks_are_graded_by_themselves():
    assert {*LENDING} == {"alexnet", "inception", "residual_networks", "vgg"}


@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", LENDING)
def test_what_is_lent_earns_nothing_as_an_answer(grader, name):
    one, lent = assignments.find(name), lent_by(name)
    text = next(iter(lent.values())).replace("from __future__ import annotations\n", "")
    found = source.of(f"{worked(name)}\n{text}", "mine.py")
    report = grader.grade(one, found, list(lent))
    assert report.max_score >= 20 and report.score == 0
    assert {outcome.check.exercise for outcome in report.outcomes} == {*lent}


@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", LENDING)
def test_a_network_of_what_is_lent_differs_in_its_numbers_alone(grader, name):
    for request in checks.requests(assignments.find(name).checks):
        cases = [case for case in request["cases"] if "lent" in case][:1]
        if not cases:
            continue
        bare = [{key: value for key, value in case.items() if key != "lent"} for case in cases]
        answers = [
            grader.oracle.answer(for_oracle({**request, "cases": which}, 0))[0]
            for which in (cases, bare)
        ]
        lent, right = answers
        assert lent.record["used"] == sorted(cases[0]["lent"])
        for count in ("shape", "parameters", "trainable"):
            assert lent.record[count] == right.record[count]
        for mode, value in right.arrays.items():
            assert value.shape == lent.arrays[mode].shape
            assert np.abs(value - lent.arrays[mode]).max() > 0.01 * np.abs(value).max()


OWN_BLOCKS = """
_one, _other = identity_block, convolutional_block

def ResNet50(input_shape=(64, 64, 3), classes=6):
    X = images = keras.Input(input_shape)
    X = layers.ZeroPadding2D(3)(X)
    X = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(64, 7, 2)(X)))
    X = layers.MaxPooling2D(3, 2)(X)
    for stage, (width, count) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
        filters = [width, width, 4 * width]
        X = CONVOLUTIONAL(X, 3, filters, s=2 if stage else 1)
        for _ in range(count - 1):
            X = IDENTITY(X, 3, filters)
    X = layers.Flatten()(layers.AveragePooling2D(2)(X))
    return keras.Model(images, layers.Dense(classes, activation="softmax")(X))
"""
WRONG = """
def identity_block(X, f, filters, stage=None, block=None, *, training=None, initializer=None):
    return X
"""


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("identity", "convolutional", "wrong", "points"),
    [
        ("_one", "_other", "", 44),  # nothing of what is lent is called
        ("_one", "convolutional_block", "", 44),  # only one of both
        ("identity_block", "_other", WRONG, 44),  # what is lent stands for the wrong block
        ("_one", "_other", WRONG, 23),  # the wrong block is part of the network
    ],
)
def test_a_network_is_compared_with_one_of_the_same_parts(
    grader, identity, convolutional, wrong, points
):
    network = OWN_BLOCKS.replace("IDENTITY", identity).replace("CONVOLUTIONAL", convolutional)
    found = source.of(worked("residual_networks") + wrong + network, "mine.py")
    report = grader.grade(assignments.find("residual_networks"), found, ["ResNet50"])
    said = [str(outcome.failure) for outcome in report.outcomes if outcome.failure]
    assert report.score == points if points == 44 else report.score <= points, said
