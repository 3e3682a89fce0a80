"""What a score depends on besides the submission, as one hash: the grader, and the asked settings.

Two runs of one edition give one submission the same score, so that a ledger may keep it.
"""

from __future__ import annotations

import hashlib
import json
import platform
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from grader.assignments import ROOT, Assignment
from grader.source import Source

# datasets and training count: a submission may import them.
PACKAGES = ("grader", "nets", "datasets", "training")
VERSIONS = ("keras", "tensorflow", "numpy")
_KINDS = (".py", ".po", ".mo", ".json", ".toml")


def grader(assignment: Assignment, settings: dict) -> str:
    """The grader's hash: its code, nets, the assignment's checks, versions, and `settings`.

    settings: plain data that the score or the feedback depends on, such as language and limits.
    """
    text = json.dumps([_code(), _checks(assignment), _versions(), settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def submission(source: Source, grader: str) -> str:
    """The hash of a submission under the grader whose hash is `grader`.

    It holds what the grader reads: the text, or, where there is none, the file's name and trouble.
    """
    known = [source.text] if source.text else [source.filename, source.trouble]
    text = json.dumps([grader, *known], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@lru_cache(maxsize=1)
def _code() -> str:
    total = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            inside = path.relative_to(ROOT)
            if path.suffix in _KINDS and path.is_file() and "data" not in inside.parts:
                total.update(f"{inside.as_posix()}\0".encode())
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def checked_by(assignment: Assignment) -> list[Path]:
    """The files of the assignment's checks: its own, and what all have beside them."""
    beside = sorted(assignment.checks.parent.glob("*.py"))
    return [assignment.checks, *(path for path in beside if not path.name.startswith("test_"))]


def _checks(assignment: Assignment) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in checked_by(assignment)]


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
