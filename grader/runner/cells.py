"""Load a submission as its cells: the graded functions first, and what they use.

A script is one cell without a number. Cells run one after another in one namespace, as in Jupyter,
and statement by statement: one that fails is left out, and the next one runs. A name counts as it
is at the end. Statements that no graded function needs are not run at all, see
grader.runner.needed.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from grader.runner import loader, needed
from grader.runner.needed import DEFINITIONS, Statement
from grader.runner.signatures import is_function
from grader.runner.stand_ins import Imports

# How many places are listed.
MOST = 200


@dataclass
class Loaded:
    """How a submission was loaded.

    failed: places and reasons, [file, cell, line, reason]. left_out: the places of statements that
    were not run, [cell, first line, last line]. broken: name -> why it could not be bound. defined:
    name -> what a `def` or `class` has bound to it, last.
    """

    filename: str
    imports: Imports
    failed: list[list] = field(default_factory=list)
    left_out: list[list] = field(default_factory=list)
    broken: dict[str, dict] = field(default_factory=dict)
    defined: dict[str, Any] = field(default_factory=dict)

    def record(self) -> dict:
        """As plain data; empty if there is nothing to say."""
        missing = [[name, place] for name, place in self.imports.missing.items()]
        told = {"missing": missing, "failed": self.failed, "left_out": self.left_out}
        return {key: rows[:MOST] for key, rows in told.items() if rows}

    def why_absent(self, name: str) -> dict | None:
        """What kept the function `name` from being defined, for a Trouble; None if nothing did."""
        return self.broken.get(name)

    def note(
        self, cell: int | None, line: int | None, error: BaseException, names, code=""
    ) -> None:
        """Note that a statement, or a whole cell, has failed, which would have bound `names`."""
        reason = f"{type(error).__name__}: {loader.said(error)}"
        if isinstance(error, SyntaxError):
            reason = f"SyntaxError: {error.msg}"
        self.failed.append(["", cell, line, reason[:200]])
        details = {"line": line, "cell": cell, "text": reason[:200], "code": code[:200]}
        self.broken.update(dict.fromkeys(names, details))


class Shell:
    """In the place of IPython's shell: whatever it is asked for does nothing."""

    def getoutput(self, *_, **__) -> list:
        """The lines that a command prints: none."""
        return []

    def __getattr__(self, name: str):
        return lambda *_, **__: None


def load(
    cells: list[dict], filename: str, roots: Collection[str], shipped: Mapping[str, str]
) -> loader.Code:
    """The graded functions of a submission, with what they use. Never raises.

    Args:
        cells: Each {"number": its number or None, "code": its text}.
        filename: The name of the submission's file.
        roots: The names of the graded functions.
        shipped: The texts of the modules that the submission brings with it, by their names.
    """
    module = loader.new_module(filename)
    loaded = Loaded(filename, Imports(shipped, lambda *what: _run_module(loaded, *what)))
    rows, places = _statements(cells, loaded)
    chosen = needed.needed(rows, roots)
    space = module.__dict__
    space["__builtins__"] = loaded.imports.builtins()
    if any(cell["number"] is not None for cell in cells):
        space.update(_notebook_names())
    guards = (_guarded(row.tree, row.code.co_filename) for row in rows)
    loaded.imports.guarded = set().union(*guards)
    for i, (row, cell) in enumerate(zip(rows, places, strict=True)):
        if i in chosen:
            _run(row, cell, space, loaded)
        elif row.acts and not isinstance(row.tree, DEFINITIONS):
            loaded.left_out.append([cell, row.tree.lineno, row.tree.end_lineno])
    for name in roots:
        if name in loaded.defined and not is_function(space.get(name)):
            space[name] = loaded.defined[name]  # the name of the answer, given to its result
    own = [row.tree.name for row in rows if isinstance(row.tree, ast.FunctionDef)]
    return loader.Code(module, filename, own, loaded)


def _statements(cells: list[dict], loaded: Loaded) -> tuple[list[Statement], list[int | None]]:
    """The statements of all cells, and the cell of each. A cell that is no Python is noted."""
    rows: list[Statement] = []
    places: list[int | None] = []
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    for cell in cells:
        number, text = cell["number"], cell["code"]
        file = loader.cell_file(loaded.filename, number)
        loader.remember(text, file)
        try:
            tree = ast.parse(text, file)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            names = re.findall(r"^(?:def|class)\s+(\w+)", text, re.MULTILINE)
            line = getattr(error, "lineno", None)
            loaded.note(number, line, error, names, (getattr(error, "text", "") or "").strip())
            continue
        flags |= _futures(tree)
        for statement in tree.body:
            try:
                alone = ast.Module([statement], [])
                rows.append(
                    Statement(statement, compile(alone, file, "exec", flags, dont_inherit=True))
                )
                places.append(number)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                names = [statement.name] if isinstance(statement, DEFINITIONS) else []
                loaded.note(number, getattr(error, "lineno", None), error, names)
    return rows, places


def _futures(tree: ast.Module) -> int:
    """The compiler's flags for the future imports of a cell, which hold from there on."""
    names = [
        alias.name
        for statement in tree.body
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        for alias in statement.names
    ]
    flags, features = 0, importlib.import_module("__future__")
    for name in names:
        flags |= getattr(getattr(features, name, None), "compiler_flag", 0)
    return flags


def _run(row: Statement, cell: int | None, space: dict[str, Any], loaded: Loaded) -> None:
    """Run a statement; if it fails, note that, and what it would have bound."""
    try:
        if row.code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(eval(row.code, space))
        else:
            exec(row.code, space)
    except BaseException as error:  # noqa: B036 - sys.exit() in a submission too
        loaded.note(cell, row.tree.lineno, error, row.binds)
        return
    for name in row.binds:
        loaded.broken.pop(name, None)
    if isinstance(row.tree, DEFINITIONS):
        loaded.defined[row.tree.name] = space.get(row.tree.name)


def _run_module(loaded: Loaded, module: ModuleType, text: str, file: str) -> None:
    """Run a module that the submission brings with it, statement by statement too."""
    loader.remember(text, file)
    module.__dict__["__builtins__"] = loaded.imports.builtins()
    tree = ast.parse(text, file)
    flags = _futures(tree)
    for statement in tree.body:
        code = compile(ast.Module([statement], []), file, "exec", flags, dont_inherit=True)
        row = Statement(statement, code)
        if row.attributes & needed.NEVER and not isinstance(statement, DEFINITIONS):
            continue
        try:
            exec(code, module.__dict__)
        except BaseException as error:  # noqa: B036
            reason = f"{type(error).__name__}: {loader.said(error)}"
            loaded.failed.append([file, None, statement.lineno, reason[:200]])


def _guarded(tree: ast.stmt, file: str) -> set[tuple[str, int]]:
    """The places of imports in a `try` that says what to do if a module is missing."""
    return {
        (file, inner.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and node.handlers
        for part in node.body
        for inner in ast.walk(part)
        if isinstance(inner, needed.IMPORTS)
    }


def _notebook_names() -> dict[str, Any]:
    """Names that every notebook has, without what they do there."""
    shell = Shell()
    return {
        "get_ipython": lambda: shell,
        "display": lambda *_, **__: None,
        "In": [],
        "Out": {},
        "_": None,
        "__": None,
        "___": None,
    }
