"""What all checks share: named cases, and checks that wait for others."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from grader import assignments
from grader.errors import CheckFailed
from grader.judging import checks, grade, source
from grader.judging.checks import check, places, request
from tests.sampling import LONG

LENET = assignments.find("lenet")
STRIDE = "convolution_stride"
WAITS = (
    "This is checked once the following is right: "
    "convolution sums the products of window and kernel at every position."
)


def wrong_lenet() -> str:
    """Only zeros: wrong for one channel already, so the checks after it have to wait."""
    text = LENET.file("solutions").read_text(encoding="utf-8")
    return text + (
        "\n\nof_all = convolution\n\n"
        "def convolution(images, kernel, bias, stride=1):\n"
        "    return 0 * of_all(images, kernel, bias, stride)\n"
    )


class Answer:
    """A submission in which the first thing fails in a given way, or does not."""

    def __init__(self, failure=None, kept=()):
        self.failure, self.layers, self.notes = failure, list(kept), {}

    def kept(self, function):
        return self.layers


def first(submission):
    """The first thing is right."""
    if submission.failure is not None:
        raise submission.failure


@check(points=3, exercise="any", concept="order", after=first)
def second(submission):
    """The second thing is right."""
    assert submission.failure is None


@check(points=3, exercise="any", concept="order", after=(first, second))
def third(submission):
    """The third thing is right."""
    assert submission.failure is None


@pytest.mark.parametrize("later", [second, third])
def test_a_check_waits_for_others_and_says_for_which(later):
    later(Answer())
    with pytest.raises(CheckFailed, match="once the following is right: The first thing") as failed:
        later(Answer(CheckFailed("First is wrong.", [["a", "table"]])))
    assert failed.value.kind == "follows" and failed.value.table == []


def test_trouble_that_stops_the_first_check_is_told_as_it_is():
    for kind in ("raised", "unfilled", "follows"):
        with pytest.raises(CheckFailed, match="Another sentence"):
            third(Answer(CheckFailed("Another sentence", kind=kind)))


def test_layers_that_are_kept_cost_the_first_check_that_would_pass():
    answer = Answer(kept=["conv2d"])
    with pytest.raises(CheckFailed, match="Call any twice"):
        second(answer)
    third(answer)


def test_cases_are_found_by_their_names():
    cases = [{"call": "f", "args": [i]} for i in range(4)]
    asked = request("nets.lenet", plain=cases[:2], shared=cases[2], nested=[cases[3]])
    assert asked["cases"] == cases and asked["module"] == "nets.lenet"
    assert places(asked, "plain") == [0, 1] and places(asked, ("nested", "plain")) == [3, 0, 1]
    assert places(asked, ()) == [0, 1, 2, 3]
    with pytest.raises(KeyError):
        places(asked, "another")
    assert "module" not in request(None, plain=cases)


def test_every_check_has_a_title_and_knows_its_file():
    for name in assignments.names():
        for item in checks.collect(assignments.find(name).checks):
            assert item.title.endswith(".") and item.file.endswith(f"test_{name}.py")


@LONG
def test_the_grader_makes_one_check_wait(grader):
    """Also where its exercise, or the check itself, is all that runs."""
    submission = source.of(wrong_lenet(), "mine.py")
    report = grader.grade(LENET, submission, ["convolution"])
    assert report.score == 5  # its sizes are right
    kinds = [outcome.failure.kind for outcome in report.outcomes if outcome.failure]
    assert kinds == ["wrong", *["follows"] * 4]
    [stride] = [item for item in checks.collect(LENET.checks) if item.name == STRIDE]
    outcome = grade.run(stride, grader.submission(LENET, submission, ["convolution"]))
    assert outcome.earned == 0 and outcome.failure.message == WAITS


@LONG
def test_pytest_gives_the_same_score_and_sentence(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(wrong_lenet(), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(LENET.checks)]
    command += ["--submission", str(path)]
    for choice, score in (["-k", "convolution"], "5 of 30"), (["-k", STRIDE], "0 of 5"):
        done = subprocess.run(
            [*command, *choice], cwd=assignments.ROOT, capture_output=True, text=True
        )
        text = " ".join(done.stdout.split())
        assert f"score: {score}" in text and WAITS in text, done.stdout
        assert re.search(r"\d failed", text)
