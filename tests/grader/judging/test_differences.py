"""How numbers differ from the right ones, on numbers that were changed in a known way."""

from __future__ import annotations

import numpy as np
import pytest

from grader.judging.differences import difference, first
from grader.runner.result_files import Evidence

RIGHT = np.random.default_rng(0).normal(size=(2, 4, 5, 3)).astype("float32")
OTHER = np.random.default_rng(1).normal(size=RIGHT.shape).astype("float32")


def only(*place):
    """Other numbers, and the right ones at this place."""
    values = OTHER.copy()
    values[place] = RIGHT[place]
    return values


def except_at(*place):
    values = RIGHT.copy()
    values[place] = OTHER[place]
    return values


EVERY = slice(None)
CASES = {
    "all are 2 times": RIGHT * 2,
    "all are larger by 0.5": RIGHT + 0.5,
    "one channel are larger or smaller by the same factor: 1 2 3": RIGHT * [1, 2, 3],
    "one image are larger or smaller by the same amount: 0 1": RIGHT
    + np.arange(2)[:, None, None, None],
    "only channel 2 is right": only(..., 1),
    "only row 4 is right": only(EVERY, 3),
    "only column 1 of row 1 is right": only(EVERY, 0, 0),
    "except column 5.": except_at(EVERY, EVERY, 4),
    "except column 5 of row 4": except_at(EVERY, 3, 4),
    "at other places": RIGHT[:, ::-1],
    "differ by 1% alone": RIGHT + 0.01 * np.sqrt(np.mean(RIGHT**2)) * np.sign(OTHER),
}


@pytest.mark.parametrize("told", CASES)
def test_a_known_change_is_told(told):
    assert told in difference(np.float32(CASES[told]), RIGHT).sentence


@pytest.mark.parametrize(
    "received",
    [RIGHT, RIGHT * (1 + 1e-6), OTHER, RIGHT[:1], RIGHT * np.nan],
    ids=["the same", "rounding", "other numbers", "another shape", "no numbers"],
)
def test_what_is_right_or_unlike_has_no_difference(received):
    assert difference(np.float32(received), RIGHT) is None


def test_the_first_array_that_differs_counts_and_networks_are_left_out():
    expected = Evidence(arrays={"Y": RIGHT, "moving_mean": RIGHT[0, 0, 0]})
    received = Evidence(arrays={"Y": RIGHT, "moving_mean": 2 * RIGHT[0, 0, 0]})
    found = first([({"modes": ["eval"]}, received, expected), ({}, received, expected)])
    assert (found.name, found.words) == ("another factor", {"number": "2"})
    assert first([({"modes": ["eval"]}, received, expected)]) is None
