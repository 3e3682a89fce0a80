"""Which code decides a result: a file, and what it imports of this project, as one hash.

Whatever keeps a result for later (a run, pre-trained weights, the grader's answers) keeps this hash
beside it. Nobody lists file names by hand, for such a list is wrong as soon as a file moves.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def imported(*entries: Path, root: Path = ROOT, without: Iterable[Path] = ()) -> list[Path]:
    """The entries and every file of the project that they import, directly or through others.

    Imports inside functions count too. What is loaded by a name that is put together at run time
    does not show in the text: name it as an entry.

    Args:
        entries: Python files.
        root: The project's folder, in which `import nets.vgg` is nets/vgg.py.
        without: Files at which the walk stops; they are left out themselves.

    Returns:
        The files, sorted.

    Raises:
        OSError: An entry cannot be read.
    """
    todo, seen, stops = [*entries], set(), {Path(path).resolve() for path in without}
    while todo:
        path = Path(todo.pop()).resolve()
        if path not in seen and path not in stops:
            seen.add(path)
            todo += _imports(path, path.stat().st_mtime_ns, Path(root).resolve())
    return sorted(seen)


def code_hash(*entries: Path, root: Path = ROOT, without: Iterable[Path] = ()) -> str:
    """SHA-256 of what `imported` finds; comments, layout and docstrings do not change it."""
    return files_hash(*imported(*entries, root=root, without=without))


def files_hash(*paths: Path) -> str:
    """SHA-256 of what these files do, without what they import.

    A file that is not Python is hashed as it stands, so that loading it can say what is wrong.
    Raises OSError where one cannot be read.
    """
    total = hashlib.sha256()
    for path in paths:
        total.update(_meaning(path, path.stat().st_mtime_ns))
    return total.hexdigest()


@cache
def _meaning(path: Path, changed: int) -> bytes:
    source = path.read_bytes()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return source
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [part for part in body if not _is_text(part)]
    return ast.dump(tree).encode("utf-8", "surrogatepass")


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@cache
def _imports(path: Path, changed: int, root: Path) -> list[Path]:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return []
    return [file for name in _names(tree) for file in _files(name, root)]


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files(name: str, root: Path) -> Iterator[Path]:
    """The files that `import name` runs: the packages on the way, and the module."""
    place = root
    for part in name.split("."):
        place /= part
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                yield file
        if not place.is_dir():
            return
