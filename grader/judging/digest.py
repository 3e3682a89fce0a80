"""Hash what a score depends on: the grader with its settings, and the submission.

With the same hash of the grader a submission gets the same score, so grader.batch.store keeps it.
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
from grader.judging import key
from grader.judging.source import Source

# datasets and training count, because a submission may import them.
PACKAGES = ("grader", "nets", "datasets", "training")
# Grading begins in these files: they and what they import decide a score; watch does not.
ENTRIES = (ROOT / "grader" / "batch" / "server.py", ROOT / "grader" / "runner" / "forkserver.py")
VERSIONS = ("keras", "tensorflow", "numpy")


def of_grader(assignment: Assignment, settings: dict) -> str:
    """The grader's hash: code, nets, the assignment's checks, versions, key, and `settings`.

    settings: plain data that the score or the feedback depends on, such as language and limits.
    """
    parts = [
        _hashed(imported(*ENTRIES, *checked_by(assignment))),
        _others(),
        _versions(),
        key.fingerprint(),
        settings,
    ]
    if settings.get("language", "en") != "en":
        parts.append(_hashed(sorted((ROOT / "grader" / "locale").rglob("*.po"))))
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def of_submission(source: Source, grader_hash: str) -> str:
    """The hash of a submission under the grader with this hash.

    It covers what the grader reads: the text, the numbers of its cells, the modules beside it; or
    the file's name and trouble if there is no text.
    """
    numbers = [number for number, _ in source.cells]
    read = [source.text, numbers, source.strict, [*source.shipped], [*source.remarks]]
    parts = read if source.text else [source.filename, source.trouble]
    text = json.dumps([grader_hash, *parts], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def checked_by(assignment: Assignment) -> list[Path]:
    """The files of the assignment's checks, with those that they need and those that all share."""
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
    versions = {"python": platform.python_version()}
    for name in VERSIONS:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions
