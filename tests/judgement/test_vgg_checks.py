"""What only the checks of VGG have: dropout graded by its noise."""

from __future__ import annotations

import numpy as np
import pytest

from grader import assignments
from grader.judging import checks, source
from grader.judging.submission import for_oracle
from tests.sampling import LONG

ONE = assignments.find("vgg")
TEXT = ONE.file("solutions").read_text(encoding="utf-8")
noise = checks.sibling(str(ONE.checks), "dropout")


@pytest.fixture
def earned(grader):
    """earned(text) -> exercise -> its points."""

    def run(text):
        report = grader.grade(ONE, source.of(text, "mine.py"))
        found = dict.fromkeys((outcome.check.exercise for outcome in report.outcomes), 0.0)
        for outcome in report.outcomes:
            found[outcome.check.exercise] += outcome.earned
        return found

    return run


def test_a_wrong_block_costs_nothing_of_the_network(earned):
    wrong = TEXT.replace("X = layers.MaxPooling2D(2)(X)", "X = layers.AveragePooling2D(2)(X)")
    assert wrong != TEXT
    found = earned(wrong)
    assert found["vgg_block"] < 32 and found["VGG16"] == 44


@pytest.mark.parametrize("rate", [0.4, 0.6])
def test_a_rate_near_the_right_one_is_told_from_it(earned, rate):
    found = earned(TEXT.replace("Dropout(0.5)", f"Dropout({rate})"))
    assert found == {"vgg_block": 32, "VGG16": 38, "batch_norm": 24}


def test_what_is_drawn_at_random_asks_for_no_variant(grader, monkeypatch):
    asked, answer = [], grader.oracle.answer

    def noted(request, may_fail=False):
        asked.extend(case.get("as") for case in request["cases"])
        return answer(request, may_fail)

    monkeypatch.setattr(grader.oracle, "answer", noted)
    wrong = source.of(TEXT.replace("Dropout(0.5)", "Dropout(0.25)"), "mine.py")
    report = grader.grade(ONE, wrong, ["VGG16"])
    assert {one.misconception for one in report.outcomes} == {None, "dropout rate"}
    assert asked and not any(asked)


@LONG
def test_the_noise_of_right_networks_is_far_inside_the_tolerance(grader):
    """Two networks that draw for themselves, at two seeds of the reference weights."""
    [case] = checks.module(ONE.checks).REQUESTS["network"]["cases"][2:]
    for seed in (0, 1):
        cases = [{**case, "seed": seed, "graph": False}] * 8
        found = [
            noise.of(one.arrays)
            for one in grader.oracle.answer({"module": "nets.vgg", "cases": cases})
        ]
        assert np.ptp(np.log(found)) < noise.TOLERANCE / 3


def test_at_the_rules_weights_the_network_depends_on_its_input(grader):
    cases = checks.module(ONE.checks).REQUESTS["network"]["cases"]
    for seed in (0, 1):
        found = grader.oracle.answer(for_oracle({"module": "nets.vgg", "cases": cases}, seed))
        for evidence in found:
            value = evidence.arrays["eval"]
            spread = np.sqrt(np.mean((value - value.mean(axis=0)) ** 2))
            assert spread > 0.02 * np.sqrt(np.mean(value**2))
            # Some keys saturate the softmax for one image; the others show what is wrong.
            assert np.median(value.max(axis=1)) < 0.99
