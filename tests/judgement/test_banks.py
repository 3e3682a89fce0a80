"""The banks of misconceptions themselves: arithmetic, variants, and that they only ever name."""

from __future__ import annotations

import numpy as np
import pytest

from grader import assignments
from grader.authoring.mutants import mutated
from grader.errors import CheckFailed
from grader.judging import checks, digest, misconceptions, source
from grader.judging.compare import alike
from grader.judging.submission import for_oracle, seeded
from tests.judgement.residual_networks.mutants import MUTANTS
from tests.sampling import LONG

BLOCKS = ("identity_block", "convolutional_block")
BANKS = [
    name
    for name in assignments.names()
    if (assignments.find(name).folder / "variants.py").is_file()
]


@LONG
def test_a_pass_asks_for_no_wrong_function_and_a_failure_for_as_few_as_tell(grader, monkeypatch):
    asked, answer = [], grader.oracle.answer

    def noted(request, may_fail=False):
        asked.extend((case.get("as"), str(case.get("with"))) for case in request["cases"])
        return answer(request, may_fail)

    one = assignments.find("lenet")
    text = one.file("solutions").read_text(encoding="utf-8")
    monkeypatch.setattr(grader.oracle, "answer", noted)
    assert grader.grade(one, source.of(text, "mine.py")).score == 100
    assert asked and {name for name, _ in asked} == {None}
    wrong = text.replace("layers.AveragePooling2D(2)", "layers.MaxPooling2D(2)")
    report = grader.grade(one, source.of(wrong, "mine.py"), ["lenet5"])
    assert {found.misconception for found in report.outcomes} == {None, "max pooling"}
    foretold = {(name, options) for name, options in asked if name}
    assert ("network", "{'pools': ('max', 'max')}") in foretold
    assert len(foretold) <= misconceptions.GROUP


def test_a_mistake_that_a_check_has_named_needs_no_bank(monkeypatch):
    monkeypatch.setattr(misconceptions, "_bank", lambda _: pytest.fail("the bank was asked"))
    check = checks.collect(assignments.find("lenet").checks)[0]
    failure = CheckFailed("Too much of it.", misconception="too much")
    assert misconceptions.named(failure, check, None) is failure


def test_variants_are_out_of_a_learners_sight():
    """Neither a release nor the sandbox shows them."""
    from grader.judging import sandbox

    assert not [name for name in sandbox.SHOWN if name.startswith("tests")]
    for name in BANKS:
        one = assignments.find(name)
        released = one.file("assignments").read_text(encoding="utf-8")
        assert "variants" not in released
        assert one.folder / "variants.py" in digest.checked_by(one)


@LONG
@pytest.mark.parametrize("seed", [0, 3])
def test_the_banks_right_networks_are_the_oracles(grader, seed):
    """The arithmetic by which wrong residual networks are foretold, on the right ones."""
    path = assignments.find("residual_networks").checks
    blocks, whole = (checks.sibling(str(path), part) for part in ("blocks", "whole"))
    for request in checks.requests(path, (*BLOCKS, "ResNet50") if seed == 0 else BLOCKS):
        cases = [{**case, "seed": seed} for case in seeded(request["cases"], 0)]
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


def test_the_bank_walks_the_right_googlenet_as_the_oracle_does(grader):
    """And no network with a wrong end gives the same; all wrong ones are lists of their own."""
    path = assignments.find("inception").checks
    whole = checks.sibling(str(path), "whole")
    [request] = checks.requests(path, ["GoogLeNet"])
    case, expected = (
        seeded(request["cases"], 0)[0],
        grader.oracle.answer(for_oracle(request, 0))[0].arrays,
    )
    for value, name in zip(whole.outputs(case, whole.right()), expected, strict=True):
        assert alike(value.astype(np.float32), expected[name])
    wrong = [steps for _, steps in whole.wrong()]
    assert len(set(wrong)) == len(wrong) > 150 and whole.right() not in wrong
    for steps in [steps for steps in wrong if steps[:-2] == whole.right()[:-2]]:
        assert not alike(whole.outputs(case, steps)[0].astype(np.float32), expected["eval"])


@LONG
def test_the_verdict_stands_where_the_bank_errs(grade, solution, monkeypatch):
    path = assignments.find("residual_networks").checks
    bank = checks.sibling(str(path), "misconceptions")
    mutant = MUTANTS[0]
    named = grade(mutated(solution, mutant), [mutant.exercise])
    monkeypatch.setattr(bank, "recognise", lambda *_: 1 / 0)
    bare = grade(mutated(solution, mutant), [mutant.exercise])
    assert named.score == bare.score
    assert [one.misconception for one in bare.outcomes] == [None] * len(bare.outcomes)
    assert bare.outcomes[1].failure.message.startswith("An identity block is")
