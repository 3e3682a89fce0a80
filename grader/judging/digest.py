"""What a score depends on besides the submission, as one hash: the grader, and the asked settings.

Two runs of one edition give one submission the same score, so that a ledger may keep it.
"""

from __future__ import annotations

import ast
import hashlib
import json
import platform
from collections.abc import Iterable
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from grader.assignments import ROOT, Assignment
from grader.source import Source

# datasets and training count: a submission may import them.
PACKAGES = ("grader", "nets", "datasets", "training")
# Where grading begins: what these import of grader, and so on, decides a score; watch does not.
ENTRIES = ("served", "child")
VERSIONS = ("keras", "tensorflow", "numpy")


def grader(assignment: Assignment, settings: dict) -> str:
    """The grader's hash: its code, nets, the assignment's checks, versions, and `settings`.

    settings: plain data that the score or the feedback depends on, such as language and limits.
    """
    entries = [*(ROOT / "grader" / f"{name}.py" for name in ENTRIES), *checked_by(assignment)]
    known = [_hashed(_imported(entries)), _others(), _versions(), settings]
    if settings.get("language", "en") != "en":
        known.append(_hashed(sorted((ROOT / "grader" / "locale").rglob("*.po"))))
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:32]


def submission(source: Source, grader: str) -> str:
    """The hash of a submission under the grader whose hash is `grader`.

    It holds what the grader reads: the text, or, where there is none, the file's name and trouble.
    """
    known = [source.text] if source.text else [source.filename, source.trouble]
    text = json.dumps([grader, *known], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def checked_by(assignment: Assignment) -> list[Path]:
    """The files of the assignment's checks, and what they need beside them."""
    return [assignment.checks, *assignment.beside]


def _imported(entries: Iterable[Path]) -> list[Path]:
    """These files, and the modules of grader that they import, directly or through others."""
    todo, found = [*entries], set()
    while todo:
        path = todo.pop()
        if path in found or not path.is_file():
            continue
        found.add(path)
        names = []
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ImportFrom) and node.module == "grader":
                names += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("grader."):
                names.append(node.module.split(".")[1])
        todo += [ROOT / "grader" / f"{name}.py" for name in names]
    return sorted(found)


@lru_cache(maxsize=1)
def _others() -> list[str]:
    return _hashed([path for package in PACKAGES[1:]
                    for path in sorted((ROOT / package).rglob("*.py"))
                    if "data" not in path.relative_to(ROOT).parts])


def _hashed(paths: Iterable[Path]) -> list[str]:
    return [f"{path.relative_to(ROOT).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}"
            for path in paths]


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
