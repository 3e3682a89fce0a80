"""The one test for accuracies: it finds what is there, and nothing where nothing is."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from benchmarks import records, seeds
from tests.sampling import LONG
from training import comparison
from training.comparison import MOST, SEEDS, Outcome, Runs, compare, ratio, t_quantile

RECORDED = seeds.read()
VERDICTS = (Outcome.SUPPORTED, Outcome.CONTRADICTED)
DRAWS = 200


def runs(right, name="net", loss=0.1) -> Runs:
    return Runs(name, right, [loss] * len(right))


def two_groups(right, rng):
    """Two disjoint groups of SEEDS runs of one network."""
    order = rng.permutation(len(right))
    return right[order[:SEEDS]], right[order[SEEDS : 2 * SEEDS]]


def found_by(test, right) -> float:
    """The part of DRAWS comparisons of a network with itself that give a verdict."""
    rng = np.random.default_rng(0)
    return np.mean([test(*two_groups(right, rng)) for _ in range(DRAWS)])


def ours(first, second) -> bool:
    return compare(runs(first), runs(second), 6).better().outcome in VERDICTS


def two_standard_errors(before, after, tested=120) -> bool:
    """What the lessons did before: one run of each, two standard errors of two such shares."""
    mean = (before + after) / 2
    return abs(after - before) > 2 * (2 * mean * (1 - mean) / tested) ** 0.5


@pytest.mark.parametrize(
    "name", [name for name, right in RECORDED.items() if len(right) >= 2 * SEEDS]
)
def test_a_network_against_itself_gives_no_verdict(name):
    assert found_by(ours, RECORDED[name]) <= 0.05


@LONG
def test_the_table_of_the_module_is_measured():
    assert seeds.rates(RECORDED) in comparison.__doc__


def test_the_bar_refuses_a_test_that_knows_one_seed():
    def one_seed(first, second):
        return two_standard_errors(first[0].mean(), second[0].mean(), first.shape[1])

    assert max(found_by(one_seed, right) for right in RECORDED.values()) > 0.05


def test_a_test_that_knows_one_seed_finds_a_network_better_than_itself():
    """The recorded runs of AlexNet and of VGG-16, each against itself under another seed."""
    found = {}
    for row in records.read():
        if row["benchmark"] == "reproduced" and row["recipe"] in ("alexnet", "vgg"):
            pairs = itertools.combinations(row["accuracy"], 2)
            found[row["recipe"]] = [two_standard_errors(*pair) for pair in pairs]
    assert found.keys() == {"alexnet", "vgg"} and all(any(each) for each in found.values())
    assert np.mean(sum(found.values(), [])) > 0.05


def test_a_difference_that_is_there_is_found():
    worse, better = (runs(RECORDED[name][:SEEDS]) for name in ("LeNet-5, sigmoid", "LeNet-5, ReLU"))
    found, swapped = compare(worse, better, 6), compare(better, worse, 6)
    assert found.better().outcome is Outcome.SUPPORTED
    assert swapped.better().outcome is Outcome.CONTRADICTED
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low))


def test_the_intervals_of_student_are_those_of_the_tables():
    table = {1: 12.706, 2: 4.303, 4: 2.776, 8: 2.306, 30: 2.042, 106: 1.983, math.inf: 1.960}
    for freedom, t in table.items():
        assert t_quantile(freedom) == pytest.approx(t, abs=6e-4)
    assert t_quantile(4, 0.9) == pytest.approx(2.132, abs=6e-4)
    assert t_quantile(4, 0.99) == pytest.approx(4.604, abs=6e-4)


def test_where_photographs_are_alike_it_is_the_paired_t_test():
    """Seed s is wrong on s photographs more; which ones is another matter each time."""
    more, n = np.array([2, 4, 6, 8, 10]), 100
    better = np.ones((5, n), bool)
    worse = np.ones((5, n), bool)
    for seed, (count, start) in enumerate(zip(more, np.cumsum([0, *more[:-1]]), strict=True)):
        worse[seed, start : start + count] = False
    found = compare(runs(worse), runs(better), 6)
    reach = 2.7764 * math.sqrt(10.0) / math.sqrt(5)  # by hand: variance 10 of 2, 4, 6, 8, 10
    assert found.points == pytest.approx(6)
    assert (found.low, found.high) == pytest.approx((6 - reach, 6 + reach), abs=2e-3)


def test_with_many_seeds_the_interval_is_that_of_the_bootstrap():
    """Drawn again: seeds and photographs, each with replacement, 4,000 times."""
    rng = np.random.default_rng(3)
    each = 0.15 * rng.normal(size=(2, 1, 80)) + 0.05 * rng.normal(size=(2, 60, 1)) + 0.7
    first, second = rng.random((2, 60, 80)) < each
    difference = 100 * (second.astype(float) - first)
    means = []
    for _ in range(4000):
        seeds_, photographs = rng.integers(60, size=60), rng.integers(80, size=80)
        means.append(difference[np.ix_(seeds_, photographs)].mean())
    found = compare(runs(first), runs(second), 6)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * np.std(means), rel=0.1)


def test_photographs_that_one_network_finds_harder_widen_the_interval():
    """All seeds alike: a test over seeds alone would be sure of a difference of two photographs."""
    first = np.ones((5, 107), bool)
    second = first.copy()
    second[:, :2] = False
    found = compare(runs(first), runs(second), 6)
    assert found.points == pytest.approx(-200 / 107) and found.low < 0 < found.high


def test_of_networks_that_are_alike_on_average_few_get_a_verdict():
    """On each photograph one is better, by chance; over all photographs neither is."""
    rng, wrong = np.random.default_rng(5), 0
    for _ in range(400):
        each = np.clip(0.8 + 0.1 * rng.normal(size=(2, 1, 107)), 0, 1)
        wrong += ours(*(rng.random((2, SEEDS, 107)) < each))
    assert wrong <= 0.05 * 400


@pytest.mark.parametrize("losses", [[1.802], [1.759], [1.802, 1.759, 1.81, 1.79, 1.80]])
def test_nothing_is_said_where_nothing_was_learnt(losses):
    """The losses of `lenet --quick` on drawn hands; ln 6 is 1.792."""
    rng = np.random.default_rng(0)
    first, second = (
        Runs(name, rng.random((len(losses), 107)) < chance, losses)
        for name, chance in (("grey", 0.1), ("colour", 0.4))
    )
    found = compare(first, second, 6)
    assert found.better().outcome is found.as_good(50).outcome is Outcome.NOT_TESTED
    assert found.answer().startswith("Not tested here: ")


def test_four_seeds_make_no_verdict():
    first, second = np.zeros((4, 107), bool), np.ones((4, 107), bool)
    found = compare(runs(first), runs(second), 6)
    assert found.better().outcome is Outcome.NOT_TESTED
    assert "takes 5 seeds or more, received 4" in str(found.better())


def test_a_network_that_learns_is_better_than_one_that_does_not():
    rng = np.random.default_rng(0)
    guesses = runs(rng.random((5, 107)) < 1 / 6, "sigmoid", 1.8)
    learns = runs(rng.random((5, 107)) < 0.9, "ReLU")
    found = compare(guesses, learns, 6)
    assert found.better().outcome is Outcome.SUPPORTED
    # "About as good" is another thing: what guesses is as good as anything that guesses.
    assert found.as_good(99).outcome is Outcome.NOT_TESTED
    assert found.answer().startswith("ReLU is better, by ")


def test_about_as_good_takes_an_interval_inside_the_margin():
    rng = np.random.default_rng(2)
    first, second = rng.random((2, 5, 107)) < 0.95
    found = compare(runs(first), runs(second), 6)
    most = max(abs(found.low), abs(found.high))
    assert found.better().outcome is Outcome.TOO_CLOSE
    assert found.as_good(most + 0.1).outcome is Outcome.SUPPORTED
    assert found.as_good(most - 0.1).outcome is Outcome.TOO_CLOSE
    far = compare(runs(first), runs(rng.random((5, 107)) < 0.3), 6)
    assert far.as_good(5).outcome is Outcome.CONTRADICTED


def test_so_many_runs_as_it_says_would_tell():
    """Four times of five, if the measured difference is there."""
    rng = np.random.default_rng(1)

    def drawn(count):
        level = 0.85 + 0.03 * rng.normal(size=(2, count, 1))
        return rng.random((2, count, 107)) < level + np.array([0, 0.03])[:, None, None]

    def enough(count):
        found = compare(*map(runs, drawn(count)), 6)
        return found.better().outcome is Outcome.SUPPORTED

    # From a table whose difference and spread are those that the runs are drawn with.
    many = drawn(400)
    pilot = compare(*map(runs, many), 6)
    assert pilot.enough is not None and 10 < pilot.enough < 60
    told = np.mean([enough(pilot.enough) for _ in range(200)])
    assert 0.7 < told < 0.9


def test_where_no_number_of_runs_would_tell_it_says_so():
    same = np.ones((5, 107), bool)
    other = same.copy()
    other[0, 0] = same[1, 1] = False
    found = compare(runs(same), runs(other), 6)
    assert (
        found.points == 0
        and found.enough is None
        and f"more than {MOST} runs" in str(found.better())
    )


def test_one_of_several_comparisons_has_a_wider_interval():
    rng = np.random.default_rng(0)
    first, second = rng.random((2, 5, 107)) < 0.8
    one, three = (compare(runs(first), runs(second), 6, tests=n) for n in (1, 3))
    assert three.high - three.low > 1.3 * (one.high - one.low)
    assert "95% interval" in str(one) and "98.3% interval" in str(three)


def test_tables_of_other_seeds_are_refused():
    with pytest.raises(ValueError, match=r"received tables of \(5, 107\) and \(4, 107\)"):
        compare(runs(np.ones((5, 107), bool)), runs(np.ones((4, 107), bool)), 6)


def test_a_ratio_is_the_paired_test_of_logarithms():
    found = ratio([10, 10, 10, 10, 10], [20, 40, 20, 40, 20], 100)
    logs = np.log([2, 4, 2, 4, 2])
    reach = 2.7764 * logs.std(ddof=1) / math.sqrt(5)
    assert found.times == pytest.approx(math.exp(logs.mean()))
    assert found.low == pytest.approx(math.exp(logs.mean() - reach), rel=1e-3)
    assert found.high == pytest.approx(math.exp(logs.mean() + reach), rel=1e-3)


@pytest.mark.parametrize(
    ("slow", "wanted", "outcome"),
    [
        ([40, 44, 42, 40, 41], 2, Outcome.SUPPORTED),
        ([40, 44, 42, None, None], 2, Outcome.SUPPORTED),  # after 100 steps at the earliest
        ([12, 13, 12, 14, 12], 2, Outcome.CONTRADICTED),
        ([12, 40, 12, 40, 12], 2, Outcome.TOO_CLOSE),
        ([12, 60, 12, 60, 60], 2, Outcome.TOO_CLOSE),  # 3 times on average
    ],
)
def test_the_verdict_on_a_ratio_follows_from_its_interval(slow, wanted, outcome):
    assert ratio([10, 11, 10, 10, 11], slow, 100).at_least(wanted).outcome is outcome


def test_a_ratio_of_what_never_arrived_or_of_one_seed_is_no_verdict():
    assert ratio([None] * 5, [None] * 5, 9).at_least(2).outcome is Outcome.NOT_TESTED
    assert ratio([1], [9], 9).at_least(2).outcome is Outcome.NOT_TESTED
    assert str(ratio([1], [9], 9)) == "9.0 times as long under one seed"


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        # The second took 9 or more: that is above 2, and says nothing of a limit above 9.
        ([1] * 5, [None] * 5, Outcome.SUPPORTED),
        ([3, 3, 3, 3, 4], [None] * 5, Outcome.SUPPORTED),
        ([8, 8, 8, 8, 7], [None] * 5, Outcome.TOO_CLOSE),
        ([None] * 5, [8, 8, 8, 8, 7], Outcome.CONTRADICTED),
        # The first took 9 or more, perhaps longer than the second.
        ([None, 1, 1, 1, 1], [9] * 5, Outcome.TOO_CLOSE),
        ([None, 4, 4, 4, 4], [36] * 5, Outcome.TOO_CLOSE),
    ],
)
def test_runs_that_never_arrived_are_a_bound_on_one_side(first, second, outcome):
    found = ratio(first, second, 9)
    assert found.at_least(2).outcome is outcome
    assert str(found).endswith("; never counts as 9)")
