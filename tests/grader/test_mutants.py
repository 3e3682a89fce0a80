"""The grader's judgement, measured: every wrong answer caught and named, no right one refused.

Every mutant goes through one warm grader, the checks of its exercise alone. The tables are printed.
"""

from __future__ import annotations

import ast
from collections import deque

import pytest

from grader import assignments, check, checks, source
from tests.grader.block_styles import BLOCK_STYLES
from tests.grader.mutants import HELD_OUT, MUTANTS, mutated
from tests.grader.network_styles import NETWORK_STYLES
from tests.grader.styles import STYLES

BLOCKS = ("identity_block", "convolutional_block")
EXERCISES = (*BLOCKS, "ResNet50")


@pytest.fixture(scope="module")
def judged(grader, solution):
    """judged(mutants) -> a row for each: the mutant, whether it failed, the names it was given.

    Two mutants are always under way, so that no core waits.
    """
    assignment = assignments.find("residual_networks")

    def begin(mutant):
        text = source.of(mutated(solution, mutant), "mine.py")
        return grader.submission(assignment, text, [mutant.exercise])

    def run(mutants):
        rows, ahead = [], deque()
        for mutant in [*mutants, None, None]:
            ahead.append(mutant and (mutant, begin(mutant)))
            if len(ahead) < 3:
                continue
            mutant, submission = ahead.popleft()
            outcomes = [check.run(one, submission)
                        for one in checks.collect(assignment.checks, [mutant.exercise])]
            own = [one for one in outcomes if one.failure and one.failure.kind != "follows"]
            failed = any(one.earned < one.check.points for one in outcomes)
            rows.append((mutant, failed, [one.misconception for one in own]))
        return rows

    return run


def right(row) -> bool:
    """Whether every check that failed by itself named what the mutant shows, and none another."""
    mutant, _, names = row
    return bool(names) and set(names) <= set(mutant.expected.split(" | "))


def table(title, rows) -> str:
    lines = [f"\n{title}", f"{'exercise':20} {'mutants':>7} {'failed':>6} {'named':>5}"]
    for exercise in EXERCISES:
        own = [row for row in rows if row[0].exercise == exercise]
        lines.append(f"{exercise:20} {len(own):7} {sum(row[1] for row in own):6} "
                     f"{sum(map(right, own)):5}")
    for mutant, failed, names in rows:
        given = ", ".join(sorted({str(name) for name in names})) or "nothing"
        mark = "ok  " if failed and right((mutant, failed, names)) else "MISS"
        lines.append(f"  {mark} {mutant.exercise}: {mutant.title}: {given}")
    return "\n".join(lines)


def test_mutants_fail_and_are_named(judged, capsys):
    for exercise in EXERCISES:
        assert sum(mutant.exercise == exercise for mutant in MUTANTS) >= 15
    rows = judged(MUTANTS)
    with capsys.disabled():
        print(table("Mutants of the worked solution", rows))
    assert [row[0].title for row in rows if not row[1]] == []
    for exercise in EXERCISES:
        own = [right(row) for row in rows if row[0].exercise == exercise]
        assert sum(own) / len(own) >= 0.95, exercise


def test_held_out_mutants_fail(judged, capsys):
    """Written after the bank: their rate of names is reported, and nothing is tuned to it."""
    rows = judged(HELD_OUT)
    with capsys.disabled():
        print(table("Held out: written when the bank was finished", rows))
        print(f"named: {sum(map(right, rows))} of {len(rows)}")
    assert len(rows) >= 10 and all(row[1] for row in rows)


@pytest.mark.parametrize("style", BLOCK_STYLES)
def test_right_blocks_in_another_style_earn_all(grade, style):
    assert len(STYLES) + len(BLOCK_STYLES) >= 8
    report = grade(BLOCK_STYLES[style], BLOCKS)
    assert [str(outcome.failure) for outcome in report.outcomes if outcome.failure] == []


@pytest.mark.parametrize("style", NETWORK_STYLES)
def test_right_networks_in_another_style_earn_all(grade, solution, style):
    assert len(STYLES) + len(NETWORK_STYLES) >= 8
    tree = ast.parse(solution)
    place = [getattr(node, "name", "") for node in tree.body].index("ResNet50")
    tree.body[place : place + 1] = ast.parse(NETWORK_STYLES[style]).body
    report = grade(ast.unparse(tree), ["ResNet50"])
    assert [str(outcome.failure) for outcome in report.outcomes if outcome.failure] == []


@pytest.mark.parametrize("seed", [0, 3])
def test_the_banks_right_networks_are_the_oracles(grader, seed):
    """The arithmetic by which wrong networks are foretold, on the right ones."""
    path = assignments.find("residual_networks").checks
    blocks, whole = (checks.beside(str(path), f"residual_networks_{part}")
                     for part in ("blocks", "whole"))
    for request in checks.probes(path, EXERCISES if seed == 0 else BLOCKS):
        cases = [{**case, "seed": seed} for case in request["cases"]]
        expected = grader.oracle.answer({"module": request["module"], "cases": cases})
        for case, evidence in zip(cases, expected, strict=True):
            for mode, value in evidence.arrays.items():
                if case["call"] == "ResNet50":
                    walk = whole.Walk(case, evidence, mode)
                    found = whole.complete(walk, case["kwargs"]["classes"], {})
                else:
                    found = blocks.predicted(case, mode, blocks.Block())
                assert found.shape == value.shape
                assert abs(found - value).max() < 2e-3 * abs(value).max(), (case, mode)


def test_the_verdict_stands_where_the_bank_errs(grade, solution, monkeypatch):
    path = assignments.find("residual_networks").checks
    bank = checks.beside(str(path), "misconceptions_residual_networks")
    mutant = MUTANTS[0]
    named = grade(mutated(solution, mutant), [mutant.exercise])
    monkeypatch.setattr(bank, "recognise", lambda *_: 1 / 0)
    bare = grade(mutated(solution, mutant), [mutant.exercise])
    assert named.score == bare.score
    assert [one.misconception for one in bare.outcomes] == [None] * len(bare.outcomes)
    assert bare.outcomes[1].failure.message.startswith("An identity block is")
