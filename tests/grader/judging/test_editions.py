"""Editions: recognised by what a file of the course has, never by what is deleted from ours."""

from __future__ import annotations

import itertools

import pytest

from grader import assignments
from grader.authoring.release import released
from grader.judging import checks, editions, source
from grader.judging.editions import COURSE, OURS, VARYING, recognise
from tests.judgement.homework import pieces

RESIDUAL = assignments.find("residual_networks")
BLOCKS = ("identity_block", "convolutional_block", "ResNet50")
# What a learner might delete in the released file to be graded without some of the checks.
DELETIONS = (
    ("stage=None, block=None, ", ""),
    ("*, ", ""),
    ("training=None, ", ""),
    (", initializer=GlorotUniform", ""),
    ("stage=None, block=None", "stage, block"),
)


def deleted(text):
    """The text after every set of these deletions, with and without its markers and comments."""
    for size in range(len(DELETIONS) + 1):
        for some in itertools.combinations(DELETIONS, size):
            changed = text
            for old, new in some:
                changed = changed.replace(old, new)
            yield changed
            lines = changed.splitlines(keepends=True)
            yield "".join(line for line in lines if not line.lstrip().startswith("#"))


@pytest.mark.parametrize("made", [released, lambda one: one.file("solutions").read_text()])
def test_deleting_arguments_and_markers_in_our_file_makes_no_edition_of_it(made):
    found = [recognise(source.of(text), BLOCKS) for text in deleted(made(RESIDUAL))]
    assert all(edition.lacks == {} for edition in found)
    assert sum("identity_block" in edition.defined for edition in found) > 10


@pytest.mark.parametrize("name", assignments.names())
def test_our_files_have_nothing_of_the_courses(name):
    text = released(assignments.find(name))
    assert not COURSE.search(text) and OURS.search(text)


def test_an_attack_by_deletion_gains_nothing(grader, solution):
    """A block that ignores `initializer`, and a signature without it."""
    wrong = solution.replace("first = initializer(seed=0)", "first = 'glorot_normal'", 1)
    tried = wrong.replace(", initializer=GlorotUniform", "").replace(
        "stage=None, block=None, *, training=None", "stage, block"
    )
    tried = "".join(
        line for line in tried.splitlines(keepends=True) if not line.lstrip().startswith("#")
    )
    honest, attack = (
        grader.grade(RESIDUAL, source.of(text, "mine.py"), ["identity_block"])
        for text in (wrong, tried)
    )
    assert honest.score < 28 and attack.score <= honest.score and not attack.notes


@pytest.mark.parametrize(
    ("text", "year", "lacks"),
    [
        (pieces.IDENTITY_2017, "2017", {"training", "initializer"}),
        (pieces.IDENTITY_2021, "2021", {"stage", "block"}),
        (
            pieces.IDENTITY_2021.replace("training=True, ", ""),
            "2021",
            {"stage", "block", "training"},
        ),
        ("import keras\ndef identity_block(X, f, filters): pass\n", None, None),
        ("def identity_block(X, f, filters, stage=None, block=None): pass\n", None, None),
    ],
)
def test_an_edition_is_known_by_its_own_signature(text, year, lacks):
    edition = recognise(source.of(text), BLOCKS)
    assert edition.years.get("identity_block") == year
    assert edition.lacks.get("identity_block") == (None if lacks is None else frozenset(lacks))


@pytest.mark.parametrize("name", VARYING)
def test_points_that_do_not_count_go_to_the_other_checks(name):
    one = RESIDUAL if name in BLOCKS else assignments.find("happy_house")
    every = checks.collect(one.checks, [name])
    argued = {argument for check in every for argument in check.needs}
    assert argued <= {*VARYING[name]} and argued
    edition = editions.Edition(lacks={name: frozenset(VARYING[name])})
    counted = edition.counted(every)
    assert 0 < len(counted) < len(every)
    assert sum(check.points for check in counted) == sum(check.points for check in every)
    assert all(check.points == int(check.points) for check in counted)
    assert editions.Edition().counted(every) == every


def test_other_homework_is_known_and_ones_own_is_not():
    defined = ("alpaca_model", "happyModel", "identity_block", "helper")
    assert editions.elsewhere(defined, "residual_networks") == {
        "alpaca_model": "Transfer Learning with MobileNetV2 (2021)",
        "happyModel": "happy_house",
    }
    assert "happyModel" not in editions.elsewhere(defined, "happy_house")
