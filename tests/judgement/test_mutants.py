"""The grader's judgement, measured: every wrong answer caught and named, no right one refused.

Over all assignments: NAME/mutants.py has an assignment's wrong answers, NAME/styles.py its right
ones. Every mutant goes through one warm grader, the checks of its exercise alone. The tables stand
at the end of the run: how many failed and were named rightly, and each that was not.
"""

from __future__ import annotations

import ast
import importlib
import json
from collections import deque

import pytest

from grader import assignments
from grader.authoring import regions
from grader.judging import checks, grade, misconceptions, source
from grader.judging.compare import same
from grader.judging.submission import for_oracle, for_variants
from grader.authoring.mutants import mutated

NAMES = assignments.names()
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
STYLES = [(name, *style) for name in NAMES for style in PARTS["styles", name].STYLES]


def worked(name) -> str:
    return assignments.find(name).file("solutions").read_text(encoding="utf-8")


def exercises(name) -> list[str]:
    return [region.name for region in regions.find(worked(name))]


def groups(name):
    """(exercise, the file of its wrong functions, some of them)."""
    path = assignments.find(name).checks
    for exercise in dict.fromkeys(check.exercise for check in checks.collect(path)):
        for file, group in misconceptions.wrong_answers(str(path), exercise):
            yield exercise, file, group


@pytest.fixture(scope="module")
def judged(grader):
    """judged(name, mutants) -> a row for each: the mutant, whether it failed, the names given.

    Two mutants are always under way, so that no core waits.
    """

    def run(name, mutants):
        assignment, solution = assignments.find(name), worked(name)

        def begin(mutant):
            text = source.of(mutated(solution, mutant), "mine.py")
            return grader.submission(assignment, text, [mutant.exercise])

        rows, ahead = [], deque()
        for mutant in [*mutants, None, None]:
            ahead.append(mutant and (mutant, begin(mutant)))
            if len(ahead) < 3:
                continue
            mutant, submission = ahead.popleft()
            outcomes = [
                grade.run(one, submission)
                for one in checks.collect(assignment.checks, [mutant.exercise])
            ]
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
    for exercise in dict.fromkeys(row[0].exercise for row in rows):
        own = [row for row in rows if row[0].exercise == exercise]
        lines.append(
            f"{exercise:20} {len(own):7} {sum(row[1] for row in own):6} {sum(map(right, own)):5}"
        )
    for mutant, failed, names in rows:
        if not failed or not right((mutant, failed, names)):
            given = ", ".join(sorted({str(name) for name in names})) or "nothing"
            what = f"{mutant.title}: {given}" if failed else f"{mutant.title}: passed"
            lines.append(f"  {mutant.exercise}: {what}, not {mutant.expected}")
    return "\n".join(lines)


@pytest.mark.parametrize("name", NAMES)
def test_mutants_fail_and_are_named(judged, tabulate, name):
    mutants = PARTS["mutants", name].MUTANTS
    for exercise in exercises(name):
        assert sum(mutant.exercise == exercise for mutant in mutants) >= 15, exercise
    rows = judged(name, mutants)
    tabulate(table(f"{name}: mutants of the worked solution", rows))
    assert [row[0].title for row in rows if not row[1]] == []
    for exercise in exercises(name):
        own = [right(row) for row in rows if row[0].exercise == exercise]
        assert sum(own) / len(own) >= 0.95, exercise


@pytest.mark.parametrize("name", NAMES)
def test_held_out_mutants_fail(judged, tabulate, name):
    """Written after the bank: their rate of names is reported, and nothing is tuned to it."""
    rows = judged(name, PARTS["mutants", name].HELD_OUT)
    tabulate(table(f"{name}: held out, written when the bank was finished", rows))
    assert len(rows) >= 5 * len(exercises(name)) and all(row[1] for row in rows)


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
def test_there_are_eight_styles_an_exercise(name):
    module = PARTS["styles", name]
    found = [*module.STYLES, *getattr(module, "ELSEWHERE", [])]
    for exercise in exercises(name):
        assert sum(exercise in which for which, _ in found) >= 8, exercise


@pytest.mark.parametrize(
    ("name", "which", "style"), STYLES, ids=[f"{name}-{style}" for name, _, style in STYLES]
)
def test_right_answers_in_another_style_earn_all(grader, name, which, style):
    """The style's functions, in the worked solution's place."""
    tree = ast.parse(worked(name))
    place = next(i for i, node in enumerate(tree.body) if getattr(node, "name", "") == which[0])
    rest = [node for node in tree.body if getattr(node, "name", "") not in which]
    rest[place:place] = ast.parse(PARTS["styles", name].STYLES[which, style]).body
    tree.body = rest
    report = grader.grade(assignments.find(name), source.of(ast.unparse(tree), "mine.py"), which)
    assert [str(outcome.failure) for outcome in report.outcomes if outcome.failure] == []
    assert report.outcomes
