"""A digest of the code that an exercise depends on: the same digest needs no new check.

It covers the function's syntax tree, and everything at the module's level that the function uses,
directly or through others. Layout, comments and docstrings do not count.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection

# With these, code can reach names that the tree does not show: then everything counts.
REACHING = {
    "globals",
    "locals",
    "vars",
    "eval",
    "exec",
    "getattr",
    "setattr",
    "__import__",
    "importlib",
    "sys",
    "inspect",
}


def fingerprints(text: str, names: Collection[str]) -> dict[str, str]:
    """name -> digest of the module-level functions `names`; {} if `text` is not Python.

    A missing function has a digest too.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    _drop_docstrings(tree)
    bound, loose = _bindings(tree)
    return {name: _digest(tree, _reached(name, bound, loose, tree)) for name in names}


def _drop_docstrings(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body[0] = ast.copy_location(ast.Pass(), first)


def _bindings(tree: ast.Module) -> tuple[dict[str, list[ast.stmt]], list[ast.stmt]]:
    """name -> the statements that bind it; and the statements that may do anything."""
    bound: dict[str, list[ast.stmt]] = {}
    loose = []
    for statement in tree.body:
        names = _bound_by(statement)
        if names is None:
            loose.append(statement)
        for name in names or ():
            bound.setdefault(name, []).append(statement)
    return bound, loose


def _bound_by(statement: ast.stmt) -> list[str] | None:
    """The names that a statement binds; None if it may do more than that."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if imports := _imports(statement):
        aliases = [alias for part in imports for alias in part.names]
        names = [alias.asname or alias.name.partition(".")[0] for alias in aliases]
        return None if "*" in names else names
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        return names if len(names) == len(targets) else None
    if isinstance(statement, ast.Pass) or _guards_main(statement):
        return []
    return None


def _imports(statement: ast.stmt) -> list[ast.Import | ast.ImportFrom]:
    """The imports of a statement that does nothing else but end the program where one fails."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [statement]
    if not isinstance(statement, ast.Try) or statement.orelse or statement.finalbody:
        return []
    handled = [ast.unparse(part) for handler in statement.handlers for part in handler.body]
    imports = [part for part in statement.body if isinstance(part, ast.Import | ast.ImportFrom)]
    leaves = all(text.startswith("sys.exit(") for text in handled)
    return imports if leaves and len(imports) == len(statement.body) else []


def _guards_main(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)


def _uses(statement: ast.stmt) -> set[str]:
    if _imports(statement):
        return set()
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _reached(name: str, bound: dict, loose: list, tree: ast.Module) -> list[ast.stmt]:
    reached = list(loose)
    names, waiting = set(), {name}
    for statement in loose:
        waiting |= _uses(statement)
    while waiting:
        names |= waiting
        if names & REACHING:
            return tree.body
        used = [statement for used_name in waiting for statement in bound.get(used_name, [])]
        reached += used
        waiting = set().union(*map(_uses, used)) - names
    return reached


def _digest(tree: ast.Module, reached: list[ast.stmt]) -> str:
    chosen = {id(statement) for statement in reached}
    parts = [ast.dump(statement) for statement in tree.body if id(statement) in chosen]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]
