"""What a score depends on besides the submission, as one hash: the grader, and the asked settings.

Two runs of one edition give one submission the same score, so that a ledger may keep it.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from datasets.code_hash import imported
from grader.assignments import ROOT, Assignment
from grader.judging.source import Source

# datasets and training count: a submission may import them.
PACKAGES = ("grader", "nets", "datasets", "training")
# Where grading begins: these files and what they import decide a score; watch does not.
ENTRIES = (ROOT / "grader" / "batch" / "server.py", ROOT / "grader" / "runner" / "forkserver.py")
VERSIONS = ("keras", "tensorflow", "numpy")


def grader(assignment: Assignment, settings: dict) -> str:
    """The grader's hash: its code, nets, the assignment's checks, versions, and `settings`.

    settings: plain data that the score or the feedback depends on, such as language and limits.
    """
    known = [_hashed(imported(*ENTRIES, *checked_by(assignment))), _others(), _versions(), settings]
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
    """The files of the assignment's checks, what they need beside them, and what all share."""
    return [*sorted(assignment.folder.rglob("*.py")), assignment.folder.parent / "conftest.py"]


@lru_cache(maxsize=1)
def _others() -> list[str]:
    return _hashed(
        [
            path
            for package in PACKAGES[1:]
            for path in sorted((ROOT / package).rglob("*.py"))
            if "data" not in path.relative_to(ROOT).parts
        ]
    )


def _hashed(paths: Iterable[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in paths
    ]


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
