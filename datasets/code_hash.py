"""Which code decides a result: files and what they import of this project, as one hash.

Whatever keeps a result for later (a run, pre-trained weights, the grader's answers) keeps this hash
with it. Nobody lists file names by hand: such a list is wrong as soon as a file moves.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from datasets.folders import ROOT


def imported(*entries: Path, root: Path = ROOT, without: Iterable[Path] = ()) -> list[Path]:
    """The entries and every file of the project that they import, directly or through others.

    Imports inside functions count too. A module whose name is put together at run time does not
    show in the text: name it as an entry.

    Args:
        entries: Python files.
        root: The project's folder, in which `import nets.vgg` is nets/vgg.py.
        without: Files and folders at which the walk stops; they are left out themselves.

    Returns:
        The files, sorted.

    Raises:
        OSError: An entry cannot be read.
    """
    root, stops = Path(root).resolve(), {Path(path).resolve() for path in without}
    todo: list[Path] = [Path(entry).resolve() for entry in entries]
    seen: set[Path] = set()
    while todo:
        path = todo.pop()
        if path not in seen and stops.isdisjoint([path, *path.parents]):
            seen.add(path)
            todo += _imports(path, path.stat().st_mtime_ns, root)
    return sorted(seen)


def code_hash(*entries: Path, root: Path = ROOT, without: Iterable[Path] = ()) -> str:
    """SHA-256 of the files that `imported` finds; comments, layout and docstrings do not count."""
    return files_hash(*imported(*entries, root=root, without=without))


def files_hash(*paths: Path) -> str:
    """SHA-256 of what these files do, without what they import.

    A file that is not Python counts byte by byte, so its error can be reported when it is loaded.
    Raises OSError for a file that cannot be read.
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
        if isinstance(body := getattr(node, "body", None), list):
            body[:] = [part for part in body if not _is_text(part)]
    return ast.dump(tree).encode("utf-8", "surrogatepass")


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@cache
def _imports(path: Path, changed: int, root: Path) -> list[Path]:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return []
    package = path.parent.relative_to(root).parts if path.is_relative_to(root) else ()
    return [file for name in _names(tree, package) for file in _files(name, root)]


def _names(tree: ast.Module, package: tuple[str, ...]) -> Iterator[str]:
    """The dotted names of all imports, absolute or from the file's own package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            own = package[: len(package) + 1 - node.level] if node.level else ()
            start = [*own, *filter(None, [node.module])]
            yield from (".".join([*start, alias.name]) for alias in node.names)


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
