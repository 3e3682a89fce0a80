"""`runs compare`: the statistics against published figures and enumeration, and the words."""

import itertools
import json
import math

import numpy as np
import pytest

from tests.training.kept_result import kept_result
from training import runs
from training.errors import TrainingError
from training.recipes import RECIPES
from training.results import compare, find
from training.results.compare import Paired, sentence


# Armitage and Berry 1994, p. 127, two media for tuberculosis; Bentur et al. 2009, airways before
# and after a transplant, and Cavo et al. 2012, both in Fagerland, Lydersen and Laake 2014.
@pytest.mark.parametrize(
    ("first", "second", "tested", "p"),
    [(12, 2, 50, 0.0129), (1, 7, 21, 0.0703), (6, 16, 161, 0.0525)],
)
def test_p_is_what_was_published(first, second, tested, p):
    assert round(Paired(first, second, tested).p, 4) == p
    assert Paired(second, first, tested).p == Paired(first, second, tested).p


@pytest.mark.parametrize("first", range(5))
@pytest.mark.parametrize("second", range(5))
def test_p_counts_the_falls_of_a_coin_at_least_as_uneven(first, second):
    falls = list(itertools.product((-1, 1), repeat=first + second))
    uneven = [fall for fall in falls if abs(sum(fall)) >= abs(first - second)]
    assert Paired(first, second, 20).p == pytest.approx(len(uneven) / len(falls))


@pytest.mark.parametrize(("first", "second"), [(3, 7), (0, 5), (9, 9), (0, 0), (2, 60), (1, 0)])
def test_the_interval_is_that_of_the_paper_drawn_by_chance(first, second):
    """The same melding from draws, as the authors' own R package can do it."""
    draw, n, size = np.random.default_rng(0), 120, 200_000

    def beta(a, b):
        return draw.beta(a, b, size) if a and b else np.full(size, 0.0 if a == 0 else 1.0)

    def least(wins, losses):
        balance = 2 * beta(wins, losses + 1) - 1
        apart = wins + losses
        parts = beta(apart, n - apart + 1), beta(apart + 1, n - apart)
        return min(np.quantile(balance * part, 0.025) for part in parts)

    low, high = Paired(first, second, n).interval
    assert low == pytest.approx(100 * least(second, first), abs=0.1)
    assert high == pytest.approx(-100 * least(first, second), abs=0.1)


def test_the_interval_leaves_out_0_just_when_the_test_does():
    borders = [
        paired
        for apart in range(1, 121)
        for first in range(apart // 2 + 1)
        if 0.02 < (paired := Paired(first, apart - first, 120)).p < 0.09
    ]
    assert len(borders) > 100
    for paired in borders:
        assert (paired.interval[0] > 0) == (paired.p < 0.05), paired


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Every outcome on 16 images, weighed by how probable it is, for many truths."""
    n = 16
    outcomes = [(b, c) for b in range(n + 1) for c in range(n + 1 - b)]
    intervals = np.array([Paired(b, c, n).interval for b, c in outcomes]) / 100
    ways = [math.comb(n, b) * math.comb(n - b, c) for b, c in outcomes]
    for first, second in [(0.02, 0.02), (0.1, 0.1), (0.05, 0.3), (0.0, 0.5), (0.2, 0.6), (0, 0.05)]:
        chances = [
            way * first**b * second**c * (1 - first - second) ** (n - b - c)
            for way, (b, c) in zip(ways, outcomes, strict=True)
        ]
        truth = second - first
        inside = (intervals[:, 0] <= truth + 1e-9) & (truth - 1e-9 <= intervals[:, 1])
        assert np.dot(chances, inside) >= 0.949


@pytest.mark.parametrize(
    ("paired", "words"),
    [
        (Paired(1, 9, 120), "B is better by 6.7 points (95% interval "),
        (Paired(9, 1, 120), "B is worse by 6.7 points (95% interval -"),
        (Paired(2, 6, 120), "too close to tell: B is 3.3 points ahead (95% interval -"),
        (Paired(6, 2, 120), "too close to tell: B is 3.3 points behind (95% interval -"),
        (Paired(4, 4, 120), "too close to tell: B is right as often (95% interval -"),
        (
            Paired(1, 9, 120, 0.05 / 3),
            "too close to tell: B is 6.7 points ahead (98.33% interval -",
        ),
    ],
)
def test_the_verdict_is_in_words_and_only_beyond_chance(paired, words):
    said = sentence("B", paired)
    assert said.startswith(words) and said.endswith(f"n = {paired.tested}")


@pytest.fixture
def three(tmp_path, run_settings):
    """Three finished runs on the same 40 images, of which 30 are unseen, and one on others."""
    right = {"first": 20, "second": 34, "third": 21}
    for name, correct in (*right.items(), ("drawn", 30)):
        data = ("synthetic", ("a", "c")) if name == "drawn" else ("SIGNS", ("a", "b"))
        folder = tmp_path / name
        runs.begin(folder, run_settings(RECIPES["lenet"], *data))
        (folder / "result.json").write_text(json.dumps(kept_result(correct, tested=40)))
    return tmp_path


def test_two_runs_are_compared_image_by_image(three, run_command):
    status, out, _ = run_command("runs", "compare", "first", "second", "--runs", three)
    assert status == 0
    words = " ".join(out.split())
    assert "A first 50.0% of 40 test images, 33.3% of the 30" in words
    assert "all B is better by 35.0 points (95% interval" in words and "n = 40" in words
    assert "unseen B is better by 46.7 points" in words and "n = 30" in words
    assert "Each against A" not in words and max(map(len, out.splitlines())) <= 80


def test_each_is_compared_with_the_first_and_of_several_more_is_asked(three, run_command):
    words = ("runs", "compare", "first", "second", "third", "--runs", three)
    _, out, _ = run_command(*words)
    assert (
        "97.5% interval" in out
        and "B is better" in out
        and "tell: C is 2.5 points" in " ".join(out.split())
    )
    _, out, _ = run_command(*words, "--json", "-")
    records = json.loads(out)
    assert [(r["second"], r["images"], r["verdict"]) for r in records] == [
        ("second", "all", "better"), ("second", "unseen", "better"),
        ("third", "all", "level"), ("third", "unseen", "level"),
    ]  # fmt: skip
    assert records[0]["first_only"] == 0 and records[0]["second_only"] == 14


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("first", "drawn"), "expected runs that were tested on the same images, received first"),
        (("first",), "expected two runs or more to compare, received 1"),
        (("first", "first"), "expected two runs or more to compare, received 1"),
        (("first", "gone"), "expected the name of a run"),
    ],
)
def test_what_cannot_be_compared_is_one_line(three, run_command, names, said):
    status, out, err = run_command("runs", "compare", *names, "--runs", three)
    assert status == 1 and out == "" and said in err and len(err.splitlines()) == 1


def test_unfinished_runs_and_those_without_labels_are_refused(three, run_settings):
    runs.begin(three / "half", run_settings(RECIPES["lenet"], "SIGNS", ("a", "b")))
    with pytest.raises(TrainingError, match="it stopped after 0 of 30 epochs"):
        find.finished("half", three)
    result = json.loads((three / "third" / "result.json").read_text())
    del result["labels"]
    (three / "third" / "result.json").write_text(json.dumps(result))
    with pytest.raises(TrainingError, match="third was made by a version that kept no labels"):
        compare.compare([find.find(name, three) for name in ("first", "third")])
