"""Wrong answers made from a worked solution by edits of its syntax tree, and what each shows.

An assignment has its own in mutants_NAME.py: MUTANTS, and HELD_OUT, which were written after the
bank of misconceptions was finished, and for which the bank was not changed. Each names the
misconception that its feedback must name; the names are written down there, by hand, and come from
nowhere else.
"""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """edits: (old, new) in turn, each an expression or statements; the old one must be there.

    expected: the misconception's name; where there are two mistakes, either: "one | other".
    """

    exercise: str
    title: str
    expected: str
    edits: tuple


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
    """The solution's text with the mutant's edits made in its function, and nowhere else."""
    tree = ast.parse(text)
    [function] = [node for node in tree.body if getattr(node, "name", "") == mutant.exercise]
    # The edits read and write names in Load context; that of a target never matches one.
    for old, new in mutant.edits:
        edit = _Edit(old, new)
        edit.visit(function)
        assert edit.count, f"{mutant.title}: {mutant.exercise} has no {old!r} any more"
    return ast.unparse(ast.fix_missing_locations(tree))
