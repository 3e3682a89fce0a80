"""Which statements of a submission its graded functions need; the others need not be run.

A statement is needed if it is an import, if it binds a name that a graded function uses, directly
or through others, if it changes such an object, or if it sets something in Keras or TensorFlow. So
loading data, training and plots are left out, unless a function depends on them.
"""

from __future__ import annotations

import ast
import dis
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from types import CodeType

FRAMEWORKS = ("keras", "tensorflow")
# Calls that set something in a framework and belong to other times or to training.
NEVER = {
    "disable_eager_execution",
    "disable_v2_behavior",
    "enable_eager_execution",
    "set_learning_phase",
    "reset_default_graph",
    "clear_session",
    "get_file",
    "load_data",
    "load_model",
    "load_weights",
    "plot_model",
    "fit",
    "fit_generator",
    "evaluate",
    "predict",
}
# With these a statement reaches names that do not stand in it: then every statement is needed.
_REACHING = {"globals", "locals", "vars", "eval", "exec", "inspect", "__main__"}
_LOADS = ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS")
_BINDS = ("STORE_NAME", "STORE_GLOBAL", "DELETE_NAME", "DELETE_GLOBAL")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)


@dataclass
class Statement:
    """A statement at a file's or a cell's top level, compiled.

    binds: the names that it binds. uses: the global names that it looks up, its functions included.
    inside: those that its functions bind by `global`. changes: the names of objects of which it
    sets an attribute or an item. attributes: names after a dot, and others. calls: whether it calls
    something when it is run.
    """

    tree: ast.stmt
    code: CodeType
    binds: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    inside: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    calls: bool = False

    def __post_init__(self):
        for row in dis.get_instructions(self.code):
            if row.opname in _BINDS:
                self.binds.add(row.argval)
            self.calls |= row.opname.startswith("CALL") and "INTRINSIC" not in row.opname
        if not isinstance(self.tree, DEFINITIONS):
            self.changes.update(filter(None, map(_changed, ast.walk(self.tree))))
        self._look(self.code)
        if isinstance(self.tree, DEFINITIONS) and not self.tree.decorator_list:
            self.calls = isinstance(self.tree, ast.ClassDef) and self.calls

    def _look(self, code: CodeType) -> None:
        self.attributes.update(code.co_names)
        for row in dis.get_instructions(code):
            if row.opname in _LOADS:
                self.uses.add(row.argval)
            if row.opname == "STORE_GLOBAL" and code is not self.code:
                self.inside.add(row.argval)
        for part in code.co_consts:
            if isinstance(part, CodeType):
                self._look(part)

    @property
    def is_import(self) -> bool:
        """Whether it imports, and does no more than say what to do where that fails."""
        body = self.tree.body if isinstance(self.tree, ast.Try) else [self.tree]
        return any(isinstance(part, IMPORTS) for part in body)

    @property
    def acts(self) -> bool:
        """Whether leaving it out can be noticed at all: it calls something, or changes it."""
        guard = isinstance(self.tree, ast.If) and "__name__" in ast.unparse(self.tree.test)
        return (self.calls or bool(self.changes)) and not guard

    @property
    def reaches(self) -> bool:
        """Whether it may use names that do not stand in it."""
        modules = "sys" in self.uses and "modules" in self.attributes
        return modules or bool(_REACHING & self.uses)


def needed(statements: Iterable[Statement], roots: Collection[str]) -> set[int]:
    """The places of the statements that the functions `roots` need, in their order."""
    rows = list(statements)
    chosen = {i for i, row in enumerate(rows) if row.is_import}
    names, facts = set(roots), _Facts(rows, roots)
    while True:
        more = {
            i
            for i, row in enumerate(rows)
            if i not in chosen and (row.binds & names or facts.changed_by(row, names))
        }
        chosen |= more
        if any(rows[i].reaches for i in chosen if not rows[i].is_import):
            return {i for i, row in enumerate(rows) if i in chosen or not row.attributes & NEVER}
        grown = names.union(*(rows[i].uses | rows[i].inside for i in chosen))
        if not more and grown == names:
            return chosen
        names = grown


class _Facts:
    """What is known about the names of a file."""

    def __init__(self, rows: list[Statement], roots: Collection[str]):
        self.graded = set(roots)
        self.own = {row.tree.name for row in rows if isinstance(row.tree, DEFINITIONS)}
        self.imported = set().union(*(row.binds for row in rows if row.is_import))
        self.frameworks = set().union(*(_of_frameworks(row.tree) for row in rows if row.is_import))
        self.data = {
            name
            for row in rows
            if not row.is_import and not isinstance(row.tree, DEFINITIONS)
            for name in row.binds
            if not _is_constant(row.tree)
        }
        self.bound = self.own | self.imported | set().union(*(row.binds for row in rows))
        self.sets = {row.tree.name: row.inside for row in rows if isinstance(row.tree, DEFINITIONS)}

    def changed_by(self, row: Statement, reached: set[str]) -> bool:
        """Whether a statement that binds nothing of use changes what the functions use.

        reached: the names that they use, as far as is known.
        """
        if isinstance(row.tree, DEFINITIONS) or row.attributes & NEVER:
            return False
        if row.changes & reached:
            return True
        if not row.calls or row.uses & self.graded:
            return False
        if row.uses & self.data & reached:
            return True
        if any(self.sets.get(name, set()) & reached for name in row.uses):
            return True
        settled = row.uses & self.bound <= self.imported | self.own | reached
        return settled and not row.binds and bool(row.uses & self.frameworks)


def _changed(node: ast.AST) -> str | None:
    """The name of the object of which a target such as `a.b[0]` sets a part."""
    if not isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
        return None
    target = node
    while isinstance(target, ast.Attribute | ast.Subscript):
        target = target.value
    return target.id if isinstance(target, ast.Name) and target is not node else None


def _of_frameworks(tree: ast.stmt) -> set[str]:
    """The names that the imports in a statement take from a framework."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, IMPORTS):
            for alias in node.names:
                origin = node.module if isinstance(node, ast.ImportFrom) else alias.name
                if (origin or "").split(".")[0] in FRAMEWORKS:
                    names.add(alias.asname or alias.name.split(".")[0])
    return names


def _is_constant(tree: ast.stmt) -> bool:
    """Whether a statement binds its names to what cannot change: numbers, texts, tuples of them."""
    value = getattr(tree, "value", None)
    allowed = (ast.Constant, ast.Tuple, ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop, ast.Load)
    return value is not None and all(isinstance(node, allowed) for node in ast.walk(value))
