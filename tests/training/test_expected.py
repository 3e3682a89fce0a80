"""What a run should reach: the rule, the recorded runs, and where both come from."""

import itertools
import statistics

import numpy as np
import pytest

from benchmarks import reproduced
from training import recipes
from training.reproduce import assignments, expected
from training.reproduce.expected import Recorded


def test_the_file_is_made_from_the_records():
    assert expected.FILE.read_text() == reproduced.compared_with()


def test_every_recorded_recipe_is_one_that_reproduce_runs():
    for row in expected._rows():
        assignment = assignments.get(row["assignment"])
        if not assignment.compared:
            assert row["recipe"] in assignment.every
            assert row["epochs"] == recipes.get(row["recipe"]).epochs
        assert row["work"] >= 0 and all(0 <= value <= 1 for value in row["accuracy"])


def test_the_rule_is_the_mean_and_three_standard_deviations():
    runs = (0.90, 0.92, 0.94, 0.91, 0.93)
    low, high = Recorded(runs, "AMD EPYC").interval(120)
    assert low == pytest.approx(0.92 - 3 * statistics.stdev(runs), abs=1e-4)
    assert high == pytest.approx(0.92 + 3 * statistics.stdev(runs), abs=1e-4)


def test_a_new_run_ends_there_nineteen_times_in_twenty():
    draws = np.random.default_rng(0).normal(0.8, 0.03, (4000, 6))
    inside = 0
    for *runs, new in draws:
        low, high = Recorded(tuple(runs), "").interval(10_000)
        inside += low <= new <= high
    assert 0.94 < inside / len(draws) < 0.965


def test_rounding_may_move_an_image_where_all_runs_agree():
    band = Recorded((20 / 120,) * 5, "").interval(120)
    marks = [expected.mark([n / 120], band) for n in (16, 17, 20, 23, 24)]
    assert marks == ["below", "as expected", "as expected", "as expected", "above"]


def test_accuracies_stay_between_0_and_1():
    low, high = Recorded((0.5, 1.0, 1.0, 1.0, 0.0), "").interval(120)
    assert (low, high) == (0.0, 1.0)


def test_few_recorded_runs_say_nothing():
    assert Recorded((0.9,) * 4, "").interval(120) is None
    assert expected.mark([0.5], None) == "unknown"


def test_the_mean_of_seeds_is_marked():
    assert expected.mark([0.8, 1.0], (0.88, 0.92)) == "as expected"


def test_other_data_or_epochs_have_no_record():
    there = ("residual_networks", "ours", "SIGNS", 9)
    assert expected.recorded(*there) is not None
    others = ("lenet", "lenet", "other", 3)
    for place, value in zip(itertools.count(), others, strict=False):
        assert expected.recorded(*there[:place], value, *there[place + 1 :]) is None


def test_the_processor_of_a_device():
    assert expected.processor("cpu:0 (AMD EPYC, 2 cores, Linux)") == "AMD EPYC"
    assert expected.processor("gpu:0") == "gpu:0"
