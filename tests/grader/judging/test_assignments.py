"""What holds for every assignment: what a stub, a solution, and half of one earn."""

from __future__ import annotations

import re

import pytest

from grader import assignments
from grader.authoring import regions
from grader.authoring.release import released, stub
from grader.i18n import language
from grader.judging import checks, source

NAMES = assignments.names()


def worked(name) -> str:
    return assignments.find(name).file("solutions").read_text(encoding="utf-8")


@pytest.fixture
def score(grader):
    """score(name, text) -> the points of each exercise."""

    def run(name, text):
        report = grader.grade(assignments.find(name), source.of(text, "mine.py"))
        found = {outcome.check.exercise: 0.0 for outcome in report.outcomes}
        for outcome in report.outcomes:
            found[outcome.check.exercise] += outcome.earned
        return found

    return run


def test_the_lectures_order():
    lectures = (
        "lenet",
        "alexnet",
        "vgg",
        "residual_networks",
        "inception",
        "transfer_learning",
        "data_augmentation",
        "happy_house",
    )
    existing = [name for name in lectures if name in NAMES]
    assert [name for name in NAMES if name in lectures] == existing and "lenet" in existing


def test_optional_assignments_come_last_even_after_one_of_the_teachers_own(tmp_path, monkeypatch):
    folder = tmp_path / "tests" / "autograder"
    for name in ("happy_house", "my_own", "vgg", "lenet"):
        (folder / name).mkdir(parents=True)
        (folder / name / f"test_{name}.py").touch()
    monkeypatch.setattr(assignments, "ROOT", tmp_path)
    assert assignments.names() == ["lenet", "vgg", "my_own", "happy_house"]
    assert [name for name in assignments.names() if assignments.find(name).optional] == [
        "happy_house"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_points_are_100_and_stand_in_the_file(name):
    found = checks.collect(assignments.find(name).checks)
    points = {region.name: region.points for region in regions.find(worked(name))}
    assert sum(points.values()) == 100
    for exercise, number in points.items():
        assert sum(one.points for one in found if one.exercise == exercise) == number
    assert {one.exercise for one in found} == set(points)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", NAMES)
def test_a_stub_earns_nothing_in_both_languages(score, name):
    english = stub(worked(name), name)
    language.use("zh")
    try:
        chinese = released(assignments.find(name))
    finally:
        language.use("en")
    assert chinese != english
    for text in (english, chinese):
        assert set(score(name, text).values()) == {0}


@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", NAMES)
def test_an_unfilled_exercise_loses_its_own_points_only(score, name):
    solution, points = worked(name), {one.name: one.points for one in regions.find(worked(name))}
    released_text = stub(solution, name)
    empty = {one.name: regions.inside(released_text, one) for one in regions.find(released_text)}
    assert score(name, solution) == points
    for exercise in points:
        text = regions.replaced(
            solution,
            lambda one, exercise=exercise: (
                empty[one.name] if one.name == exercise else regions.inside(solution, one)
            ).splitlines(),
        )
        assert score(name, text) == {**points, exercise: 0}


@pytest.mark.parametrize("name", NAMES)
def test_no_words_of_a_check_stand_in_a_release(name):
    """What a failed check says, beyond the exercise's own text, is not given away before."""
    text = " ".join(re.sub(r"^ *#", " ", stub(worked(name), name), flags=re.MULTILINE).split())
    for check in checks.collect(assignments.find(name).checks):
        assert check.name not in text and check.title not in text
