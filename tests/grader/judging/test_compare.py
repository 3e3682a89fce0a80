"""What the checks share: a difference is told, and what is right passes."""

from __future__ import annotations

import numpy as np
import pytest

from grader.errors import CheckFailed
from grader.judging import compare
from grader.runner.result_files import Evidence

CASE = {"call": "network", "kwargs": {}}


def answers(*rows, **record):
    """Evidence of a network that gives these rows."""
    values = np.array(rows, dtype=np.float32)
    record = {"shape": [None, values.shape[1]], "trainable": 12, "parameters": 20, **record}
    return Evidence(record=record, arrays={"eval": values})


RIGHT = answers([0.25, 0.75], [0.5, 0.5])


@pytest.mark.parametrize(
    "received", [RIGHT, answers([0.125, 0.875], [1, 0])], ids=["the same", "others"]
)
def test_probabilities_of_any_value_pass(received):
    compare.require_probabilities(received, RIGHT, CASE, "said")


@pytest.mark.parametrize(
    "received",
    [
        answers([0.25, 0.75], [0.5, 0.75]),
        answers([0.25, 0.75], [np.nan, 0.5]),
        answers([0.2, 0.3, 0.5], [0.2, 0.3, 0.5]),
        Evidence(record=RIGHT.record, arrays={}),
    ],
    ids=["a sum of 1.25", "NaN", "another shape", "no output"],
)
def test_what_is_no_probability_is_told(received):
    with pytest.raises(CheckFailed, match="said"):
        compare.require_probabilities(received, RIGHT, CASE, "said")


def test_every_output_is_looked_at():
    received = answers([0.25, 0.75], [0.5, 0.5])
    received.arrays["eval 2"] = np.array([[0.5, 0.75]], dtype=np.float32)
    compare.require_probabilities(received, RIGHT, CASE, "said")
    with pytest.raises(CheckFailed):
        compare.require_probabilities(received, RIGHT, CASE, "said", ("eval", "eval 2"))


def test_counts_are_compared_by_name():
    compare.require_counts(answers([1, 0], parameters=21), RIGHT, "said")
    with pytest.raises(CheckFailed, match="said") as failure:
        compare.require_counts(
            answers([1, 0], parameters=21_000),
            RIGHT,
            "said",
            ("trainable", "parameters"),
            misconception="a name",
        )
    assert failure.value.table == [
        ["", "trainable", "parameters"],
        ["expected", "12", "20"],
        ["received", "12", "21,000"],
    ]
    assert failure.value.misconception == "a name"


@pytest.mark.parametrize("count", ["12", None, 12.5])
def test_a_count_that_is_no_number_is_told_and_not_shown(count):
    with pytest.raises(CheckFailed) as failure:
        compare.require_counts(answers([1, 0], trainable=count), RIGHT, "said")
    assert failure.value.table[-1] == ["received", "none"]


ARRAY = {"call": "maps", "array": [2, 3]}


@pytest.mark.parametrize(
    ("record", "options"),
    [
        ({"type": "list", "dtype": "float64"}, {}),
        ({"type": "ndarray", "dtype": "int64"}, {"dtype": "float"}),
        ({"type": "ndarray", "dtype": "float64"}, {"dtype": "float32", "numpy": True}),
        ({"type": "EagerTensor", "dtype": "float32"}, {"numpy": True}),
        ({"types": ["ndarray", "tuple"], "dtype": "float32"}, {}),
        ({"types": ["ndarray"] * 2, "dtypes": ["float32", "float64"]}, {"dtype": "float32"}),
    ],
)
def test_another_type_than_the_text_asks_for_is_told(record, options):
    with pytest.raises(CheckFailed, match="said") as failure:
        compare.require_arrays(Evidence(record), ARRAY, "said", **options)
    assert failure.value.misconception == "another type"
    own = [record.get("type"), *record.get("types", [])]
    assert any(str(kind) in failure.value.table[-1][1] for kind in own)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_type_of_which_the_text_says_nothing_is_right(dtype):
    compare.require_arrays(Evidence({"type": "ndarray", "dtype": dtype}), ARRAY, "", "float")
    compare.require_arrays(Evidence({"type": "EagerTensor", "dtype": dtype}), ARRAY, "", "float")
    compare.require_arrays(Evidence({"types": ["memmap"], "dtypes": [dtype]}), ARRAY, "", "", True)


def test_averages_that_move_by_another_momentum_are_told():
    right = Evidence({"averages": [[1.0, 0.2, 0.3, 0.1], [0.5, 0.1, 0.0, 0.2]]})
    turned = Evidence({"averages": right.record["averages"][::-1]})
    compare.require_averages(turned, right, "said")
    compare.require_averages(Evidence({}), right, "said")  # no batch norm: told elsewhere
    moved = Evidence({"averages": [[1.2, 0.2, 0.3, 0.1], [0.5, 0.1, 0.0, 0.2]]})
    with pytest.raises(CheckFailed, match="said"):
        compare.require_averages(moved, right, "said")
