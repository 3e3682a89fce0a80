"""The grader's judgement, measured: every wrong answer caught and named, no right one refused.

Over all assignments: NAME/mutants.py has an assignment's wrong answers, NAME/styles.py its right
ones. The tables stand
at the end of the run: how many failed and were named rightly, and each that was not.
"""

from __future__ import annotations

import ast
import importlib
import json
from typing import NamedTuple

import pytest

from grader import assignments
from grader.authoring import prove, regions
from grader.authoring.mutants import graded, restyled
from grader.judging import checks, misconceptions, source
from grader.judging.compare import same
from grader.judging.submission import for_oracle, for_variants
from tests.judgement import held_out
from tests.sampling import LONG

NAMES = assignments.names()


class Bar(NamedTuple):
    """What each function of an exercise needs: mutants, held-out mutants, right styles, and the
    part of the mutants that is named rightly.
    """

    mutants: int = prove.MUTANTS
    held_out: int = 0
    styles: int = prove.STYLES
    named: float = 0


# The lectures' exercises stay above what prove asks of a new one.
BARS = {name: Bar(15, 5, 8, 0.95) if name in assignments.ORDER else Bar() for name in NAMES}
PARTS = {
    (kind, name): importlib.import_module(f"tests.judgement.{name}.{kind}")
    for kind in ("mutants", "styles")
    for name in NAMES
}
BANKS = [
    name
    for name in assignments.names()
    if (assignments.find(name).folder / "variants.py").is_file()
]
RIGHT = {name: {**PARTS["styles", name].STYLES, **held_out.RIGHT.get(name, {})} for name in NAMES}
STYLES = [(name, *style) for name in NAMES for style in RIGHT[name]]


def worked(name) -> str:
    return assignments.find(name).file("solutions").read_text(encoding="utf-8")


def exercises(name) -> list[str]:
    return [region.name for region in regions.find(worked(name))]


def of_exercises(name, kind) -> dict[str, list]:
    """The mutants of each exercise; `kind` is MUTANTS or HELD_OUT."""
    mutants = getattr(PARTS["mutants", name], kind)
    if kind == "HELD_OUT":
        mutants = [*mutants, *held_out.WRONG.get(name, [])]
    return {
        one: [mutant for mutant in mutants if mutant.exercise == one] for one in exercises(name)
    }


def groups(name):
    """(exercise, the file of its wrong functions, some of them)."""
    path = assignments.find(name).checks
    for exercise in dict.fromkeys(check.exercise for check in checks.collect(path)):
        for file, group in misconceptions.wrong_answers(str(path), exercise):
            yield exercise, file, group


def table(title, verdicts) -> str:
    lines = [f"\n{title}", f"{'exercise':20} {'mutants':>7} {'failed':>6} {'named':>5}"]
    for exercise in dict.fromkeys(verdict.mutant.exercise for verdict in verdicts):
        own = [verdict for verdict in verdicts if verdict.mutant.exercise == exercise]
        caught, named = (sum(getattr(v, what) for v in own) for what in ("caught", "named"))
        lines.append(f"{exercise:20} {len(own):7} {caught:6} {named:5}")
    for verdict in verdicts:
        if not verdict.caught or not verdict.named:
            names = ", ".join(sorted({str(name) for name in verdict.names})) or "nothing"
            mutant, what = verdict.mutant, names if verdict.caught else "passed"
            lines.append(f"  {mutant.exercise}: {mutant.title}: {what}, not {mutant.expected}")
    return "\n".join(lines)


# What costs is the bank that an exercise's first mutant asks.
@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", NAMES)
def test_mutants_fail_and_are_named(grader, tabulate, some, name):
    bar, mutants = BARS[name], of_exercises(name, "MUTANTS")
    assert min(map(len, mutants.values())) >= bar.mutants
    chosen = [mutant for own in mutants.values() for mutant in some(own, 1)]
    verdicts = list(graded(grader, assignments.find(name), chosen))
    tabulate(table(f"{name}: mutants of the worked solution", verdicts))
    assert [verdict.mutant.title for verdict in verdicts if not verdict.caught] == []
    for exercise, own in mutants.items():
        unnamed = [
            v.mutant.title for v in verdicts if v.mutant.exercise == exercise and not v.named
        ]
        assert len(unnamed) <= (1 - bar.named) * len(own), unnamed


@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", NAMES)
def test_held_out_mutants_fail(grader, tabulate, some, name):
    """Written after the bank: their rate of names is reported, and nothing is tuned to it."""
    mutants = of_exercises(name, "HELD_OUT")
    assert sum(map(len, mutants.values())) >= BARS[name].held_out * len(mutants)
    chosen = [mutant for own in mutants.values() for mutant in some(own, 1)]
    verdicts = list(graded(grader, assignments.find(name), chosen))
    tabulate(table(f"{name}: held out, written when the bank was finished", verdicts))
    assert all(verdict.caught for verdict in verdicts)


@LONG
@pytest.mark.parametrize("name", BANKS)
def test_every_wrong_function_is_wrong_somewhere(grader, name):
    path, wrong = assignments.find(name).checks, {}
    used = {check.exercise for check in checks.collect(path)}
    for exercise, file, group in groups(name):
        used.update(answer["as"] for answer in group)
        keys = [(exercise, json.dumps(answer)) for answer in group]
        for request in checks.requests(path, [exercise]):
            expected = grader.oracle.answer(for_oracle(request, 0))
            for case, right in zip(request["cases"], expected, strict=True):
                if all(wrong.get(key) for key in keys):
                    continue
                answers = grader.oracle.answer(for_variants(case, 0, file, group), may_fail=True)
                for key, own in zip(keys, answers, strict=True):
                    # A name or an option that the file lacks is trouble too, and foretells nothing.
                    assert (own.trouble or {}).get("kind") not in ("missing", "signature"), key
                    wrong[key] = wrong.get(key, False) or not same(own, right)
    assert [key for key, differs in wrong.items() if not differs] == []
    text = path.with_name("variants.py").read_text(encoding="utf-8")
    functions = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    unused = {name for name in functions if not name.startswith("_")} - used
    assert not unused, "no row of misconceptions.py uses these"


@pytest.mark.parametrize("name", NAMES)
def test_every_exercise_has_its_styles(name):
    module = PARTS["styles", name]
    found = [*module.STYLES, *getattr(module, "ELSEWHERE", [])]
    for exercise in exercises(name):
        assert sum(exercise in which for which, _ in found) >= BARS[name].styles, exercise


@pytest.mark.sampled(1, per="which")
@pytest.mark.parametrize(
    ("name", "which", "style"), STYLES, ids=[f"{name}-{style}" for name, _, style in STYLES]
)
def test_right_answers_in_another_style_earn_all(grader, name, which, style):
    text = restyled(worked(name), which, RIGHT[name][which, style])
    report = grader.grade(assignments.find(name), source.of(text, "mine.py"), which)
    assert [str(outcome.failure) for outcome in report.outcomes if outcome.failure] == []
    assert report.outcomes
