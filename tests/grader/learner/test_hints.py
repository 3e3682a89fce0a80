"""Hints step by step, and the worked solution: whole, recorded, never given away too early."""

from __future__ import annotations

import ast
import importlib
import re
from types import SimpleNamespace

import pytest

from grader import assignments
from grader.__main__ import run
from grader.authoring import regions
from grader.errors import CheckFailed
from grader.judging import checks
from grader.judging.checks import KEPT
from grader.judging.grade import Outcome
from grader.learner import hints
from grader.learner.progress import Progress, Record
from tests.grader.learners import NAMES, assignment, solved

FIRST = ("hint", "residual_networks", "identity_block")


@pytest.fixture
def progress(project):
    return Progress(project / ".progress.json")


def words(text):
    """The text without line breaks and indentation."""
    return " ".join(text.split())


@pytest.mark.parametrize("name", assignments.names())
def test_every_concept_has_four_steps_and_every_exercise_an_explanation(name):
    found = checks.collect(assignments.find(name).checks)
    for exercise in {check.exercise for check in found}:
        ladders = hints.ladders(name, exercise)
        concepts = [concept for ladder in ladders for concept in ladder.concepts]
        assert sorted(concepts) == sorted({c.concept for c in found if c.exercise == exercise})
        ladders.append(hints.ladder_for(name, exercise, Record()))
        assert all(len(ladder.steps) == len(set(ladder.steps)) == 4 for ladder in ladders)
        assert len(hints.explanation(name, exercise).split()) > 30
    assert set(hints.prose(name)) == {check.exercise for check in found}


@pytest.mark.parametrize("name", assignments.names())
def test_no_step_but_the_last_holds_a_worked_line(name):
    text = assignments.find(name).file("solutions").read_text(encoding="utf-8")
    for region in regions.find(text):
        lines = [words(line) for line in regions.inside(text, region).splitlines()]
        lines = [line for line in lines if len(line) > 12 and not line.startswith("#")]
        ladders = hints.ladders(name, region.name)
        for ladder in [*ladders, hints.ladder_for(name, region.name, Record())]:
            for step in ladder.steps[:3]:
                assert not [line for line in lines if line in step], step
            assert sum(line in ladder.steps[3] for line in lines) <= 2, ladder.steps[3]


def test_hints_come_one_at_a_time_and_are_recorded(progress, capsys):
    [first, *_] = hints.ladders("residual_networks", "identity_block")
    for shown in (1, 2, 3, 4, 4):
        assert run(list(FIRST)) == 0
        said = words(capsys.readouterr().out)
        assert [words(step) in said for step in first.steps] == [i < shown for i in range(4)]
        assert f"{shown}/4 {hints.STEPS[shown - 1]}" in said
        assert progress.of("residual_networks", "identity_block").hints == {first.name: shown}
    assert progress.of("residual_networks", "identity_block").earned == 0


def test_the_ladder_is_that_of_what_failed_last(progress, capsys):
    with progress.change("residual_networks", "ResNet50") as record:
        record.failing = "a network maps images to probabilities"
    assert run(["hint", "residual_networks", "ResNet50"]) == 0
    assert "The head turns a map of features" in words(capsys.readouterr().out)


def sentences_of_misconceptions(name):
    """name -> sentence, of the misconceptions in an exercise's folder, wherever they are written.

    A sentence that is no plain text counts as none, a name that is none comes with the sentence.
    """
    calls = [
        node
        for path in sorted(assignments.find(name).folder.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Misconception"
    ]
    return {
        call.args[0].value: getattr(call.args[1], "value", "")
        for call in calls
        if isinstance(call.args[0], ast.Constant)
    }


def rows(name):
    """The misconceptions that an exercise may name: exercise -> name -> what a learner reads.

    The rows of its bank; those that its wrong answers in tests/judgement show; and what is written
    elsewhere in its folder, which counts for each exercise whose hints list it.
    """
    folder = assignments.find(name).folder
    bank = checks.module(folder / "misconceptions.py")
    listed = {exercise: hints.ladders(name, exercise) for exercise in hints.prose(name)}
    written = sentences_of_misconceptions(name)
    written |= {row.name: row.sentence for own in getattr(bank, "BANK", {}).values() for row in own}
    mutants = importlib.import_module(f"tests.judgement.{name}.mutants")
    found = {exercise: {} for exercise in listed}
    for exercise, own in getattr(bank, "BANK", {}).items():
        found[exercise] |= {row.name: row.sentence for row in own}
    for mutant in [*mutants.MUTANTS, *getattr(mutants, "HELD_OUT", [])]:
        for mistake in set(mutant.expected.split(" | ")) & set(written):
            found[mutant.exercise].setdefault(mistake, written[mistake])
    for exercise, ladders in listed.items():
        for mistake in {mistake for ladder in ladders for mistake in ladder.misconceptions}:
            found[exercise].setdefault(mistake, written[mistake])
    return found


@pytest.mark.parametrize("name", assignments.names())
def test_every_misconception_leads_to_a_ladder_of_its_own(name):
    found, everywhere = checks.collect(assignments.find(name).checks), set()
    for exercise, own in rows(name).items():
        ladders = hints.ladders(name, exercise)
        listed = [mistake for ladder in ladders for mistake in ladder.misconceptions]
        assert sorted(listed) == sorted(own), set(listed) ^ set(own)
        everywhere |= set(own)
        for mistake in own:
            for concept in {check.concept for check in found if check.exercise == exercise}:
                ladder = hints.ladder_for(name, exercise, Record(failing=concept, mistake=mistake))
                assert mistake in ladder.misconceptions
    assert everywhere == set(sentences_of_misconceptions(name))


def subjects(text):
    """The words of a text that say what it is about, without their endings."""
    found = re.findall(r"[a-z_]{3,}|[0-9]+x[0-9]+", text.lower())
    return {re.sub(r"(ing|ed|es|s|e|ly|ation)$", "", word) for word in found}


@pytest.mark.parametrize("name", assignments.names())
def test_the_ladder_of_a_misconception_speaks_of_it(name):
    """By words: what few ladders of an exercise say, counts more. It finds whole ladders astray."""
    fits = []
    for exercise, own in rows(name).items():
        ladders = hints.ladders(name, exercise)
        said = [subjects(" ".join([one.name, *one.concepts, *one.steps])) for one in ladders]
        for mistake, sentence in own.items():
            about = subjects(f"{mistake} {sentence}")
            scores = {
                one.name: sum(1 / sum(word in other for other in said) for word in about & words)
                for one, words in zip(ladders, said, strict=True)
            }
            chosen = hints.ladder_for(name, exercise, Record(failing="any", mistake=mistake))
            fits.append(scores[chosen.name] >= max(scores.values()) / 2)
    assert sum(fits) >= 0.85 * len(fits), (sum(fits), len(fits))


def test_no_ladder_is_that_of_another_exercise():
    seen = {}
    for name in assignments.names():
        for exercise in hints.prose(name):
            ladders = hints.ladders(name, exercise)
            ladders.append(hints.ladder_for(name, exercise, Record()))
            for step in {step for ladder in ladders for step in ladder.steps}:
                where = seen.setdefault(step, (name, exercise))
                assert where == (name, exercise), (where, (name, exercise), step)


def test_a_named_mistake_has_its_own_ladder_whichever_check_named_it():
    record = Record(failing="counting parameters", mistake="pooling of head")
    assert "the head" in hints.ladder_for("residual_networks", "ResNet50", record).concepts
    record = Record(failing="the initialiser is a factory", mistake="training ignored")
    ladder = hints.ladder_for("residual_networks", "convolutional_block", record)
    assert ladder.concepts == ("batch norm in training mode",)
    record = Record(failing="a network maps images to probabilities", mistake=KEPT)
    assert hints.ladder_for("lenet", "lenet5", record) == hints.NEW_LAYERS


@pytest.mark.parametrize("kind", ["unfilled", "missing"])
def test_a_network_that_nobody_has_begun_gets_the_hints_that_begin(progress, capsys, kind):
    check = checks.collect(assignments.find("residual_networks").checks, ["ResNet50"])[0]
    outcome = Outcome(check, 0, CheckFailed("", kind=kind))
    progress.note(SimpleNamespace(assignment="residual_networks", outcomes=[outcome]), {})
    assert run(["hint", "residual_networks", "ResNet50"]) == 0
    begin = hints.prose("residual_networks")["ResNet50"]["begin"]
    assert words(begin[0]) in words(capsys.readouterr().out)
    failed = CheckFailed("", misconception="stem ReLU")
    progress.note(
        SimpleNamespace(assignment="residual_networks", outcomes=[Outcome(check, 0, failed)]), {}
    )
    assert run(["hint", "residual_networks", "ResNet50"]) == 0
    assert capsys.readouterr().out.startswith("ResNet50: the stem")


def test_without_an_exercise_it_is_the_next_one(progress, capsys):
    assert run(["hint", "residual_networks"]) == 0
    assert capsys.readouterr().out.startswith("identity_block")


def test_a_hint_needs_no_progress_file(project, capsys, monkeypatch):
    (project / "file").write_text("")
    monkeypatch.setenv("GRADER_PROGRESS", str(project / "file" / "p.json"))
    assert run(list(FIRST)) == 0
    said = capsys.readouterr()
    assert "4/4" in said.out and "p.json" in said.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["hint", "residual"], "did you mean residual_networks?"),
        (["hint", "residual_networks", "identity"], "known: identity_block"),
        (["solution", "residual_networks", "no"], "known: identity_block"),
        (["reset", "residual_networks", "no"], "known: identity_block"),
        (["watch", "residual_networks", "--submission", "no.py"], "no.py: expected the exercise"),
        (["--lang", "fr"], "expected the language en or zh"),
    ],
)
def test_bad_use_is_one_line_and_status_2(project, capsys, arguments, said):
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_a_solution_waits_for_the_pass_or_for_show(progress, capsys):
    arguments = ["solution", "residual_networks", "identity_block"]
    line = "shortcut = X"
    assert run(arguments) == 2
    refused = capsys.readouterr()
    assert line not in refused.out and "--show" in refused.err
    assert run([*arguments, "--show"]) == 0
    assert line in capsys.readouterr().out
    record = progress.of("residual_networks", "identity_block")
    assert record.seen and record.earned == 0
    with progress.change("residual_networks", "convolutional_block") as record:
        record.passed = "2025-01-01"
    assert run(["solution", "residual_networks", "convolutional_block"]) == 0
    assert "shortcut = normalised" in capsys.readouterr().out
    assert not progress.of("residual_networks", "convolutional_block").seen


def test_a_solution_says_what_differs_from_the_learners_lines(project, capsys):
    path = assignment().file("assignments")
    mine = solved(*NAMES).replace("    shortcut = X\n", "    kept = X\n", 1)
    path.write_text(mine.replace("[shortcut, X]", "[kept, X]", 1))
    assert run(["solution", "residual_networks", "identity_block", "--show"]) == 0
    said = capsys.readouterr().out
    assert "> shortcut = X" in [line.rstrip() for line in said.splitlines()]
    assert max(map(len, said.splitlines())) <= 80
    path.write_text(solved(*NAMES))
    assert run(["solution", "residual_networks", "identity_block", "--show"]) == 0
    assert "Line for line the worked solution." in capsys.readouterr().out
