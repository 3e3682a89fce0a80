"""Answers made from a worked solution: wrong ones by edits of its syntax tree, right ones by swaps.

tests/judgement/NAME/ has those of an exercise. mutants.py: MUTANTS, and if the exercise has them
HELD_OUT, which were written after the bank of misconceptions was finished, and for which the bank
was not changed. Each names the misconception that its feedback must name; the names are written
down there, by hand, and come from nowhere else. styles.py: STYLES, {(functions, title): text}, the
functions of an exercise written differently.
"""

from __future__ import annotations

import ast
import textwrap
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from grader.assignments import Assignment
from grader.errors import GraderError
from grader.judging import checks, grade, source
from grader.judging.grade import Grader
from grader.judging.submission import Submission

# How many mutants are under way at once, so no core waits.
AHEAD = 2


@dataclass(frozen=True)
class Mutant:
    """A wrong answer.

    edits: (old, new) in turn, each an expression or statements; the old one must be there.
    expected: the misconception's name; if there are two mistakes, either: "one | other".
    """

    exercise: str
    title: str
    expected: str
    edits: tuple


@dataclass(frozen=True)
class Verdict:
    """What the checks of its exercise said of a mutant.

    caught: whether it lost points. names: the misconception of each check that failed by itself.
    """

    mutant: Mutant
    caught: bool
    names: list[str | None]

    @property
    def named(self) -> bool:
        """Whether every check that failed by itself named what the mutant shows."""
        return bool(self.names) and set(self.names) <= set(self.mutant.expected.split(" | "))


def graded(grader: Grader, assignment: Assignment, mutants: Iterable[Mutant]) -> Iterator[Verdict]:
    """Grade mutants of the worked solution, each by the checks of its own exercise."""
    solution = assignment.file("solutions").read_text(encoding="utf-8")
    waiting: deque[tuple[Mutant, Submission]] = deque()
    for mutant in mutants:
        text = source.of(mutated(solution, mutant), "mine.py")
        waiting.append((mutant, grader.submission(assignment, text, [mutant.exercise])))
        if len(waiting) > AHEAD:
            yield _verdict(assignment, *waiting.popleft())
    while waiting:
        yield _verdict(assignment, *waiting.popleft())


def _verdict(assignment: Assignment, mutant: Mutant, submission: Submission) -> Verdict:
    own = checks.collect(assignment.checks, [mutant.exercise])
    outcomes = [grade.run(check, submission) for check in own]
    names = [o.misconception for o in outcomes if o.failure and o.failure.kind != "follows"]
    return Verdict(mutant, any(o.earned < o.check.points for o in outcomes), names)


class _Edit(ast.NodeTransformer):
    """Every occurrence of a subtree becomes another; statements may become several, or none."""

    def __init__(self, old: str, new: str):
        statement = ast.parse(textwrap.dedent(old)).body[0]
        self.new, self.count = new, 0
        self.whole = not isinstance(statement, ast.Expr)
        self.key = ast.dump(statement.value if isinstance(statement, ast.Expr) else statement)

    def visit(self, node):
        if isinstance(node, ast.expr | ast.stmt) and ast.dump(node) == self.key:
            self.count += 1
            body = ast.parse(textwrap.dedent(self.new)).body
            return body if self.whole else body[0].value
        return self.generic_visit(node)


def mutated(text: str, mutant: Mutant) -> str:
    """The solution's text with the mutant's edits made in its function, and nowhere else.

    Raises GraderError if the function has nothing that an edit names.
    """
    tree = ast.parse(text)
    [function] = [node for node in tree.body if getattr(node, "name", "") == mutant.exercise]
    # The edits read and write names in Load context; that of a target never matches one.
    for old, new in mutant.edits:
        edit = _Edit(old, new)
        edit.visit(function)
        if not edit.count:
            raise GraderError(f"{mutant.title}: {mutant.exercise} has no {old!r} any more")
    return ast.unparse(ast.fix_missing_locations(tree))


def restyled(text: str, functions: Collection[str], style: str) -> str:
    """The solution's text with `style` in place of these functions, where the first of them is."""
    tree = ast.parse(text)
    place = next(i for i, node in enumerate(tree.body) if getattr(node, "name", "") in functions)
    rest = [node for node in tree.body if getattr(node, "name", "") not in functions]
    rest[place:place] = ast.parse(style).body
    tree.body = rest
    return ast.unparse(tree)
