"""SIGNS: 64x64 photographs of hands that show 0 to 5, loaded and verified."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from datasets import schema

DATA = Path(__file__).resolve().parent / "data"  # git ignores it
SYNTHETIC = DATA / "synthetic"


class Signs(NamedTuple):
    """Images uint8 (n, 64, 64, 3) and labels int64 (n,) for train and test; classes int64 (6,)."""

    train_x: np.ndarray
    train_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray
    classes: np.ndarray


class Known(NamedTuple):
    """A file that we have met: its name, its size in bytes, and what it is."""

    file: str
    size: int
    what: str


KNOWN = {
    "47480709d99f2ea6ae428ecc491fc6f65ff1d05336736dd859d5565e0ad3cf74": Known(
        "train_signs.h5", 13281872, "the course's own file"
    ),
    "56235ac8ecf1c73a9ac50323172d6d63bc577c905222d01b27bef60a0b383c0d": Known(
        "train_signs.h5", 13281776, "the same photographs, rebuilt from JPEG"
    ),
    "539fb746ed9e947eb244cfca73f4d1b03f9bf5524d609eeed2cd76ddb1b179be": Known(
        "test_signs.h5", 1477712, "the course's own file"
    ),
}


@dataclass(frozen=True)
class Provenance:
    """Where the data of a run came from, for its table: name is SIGNS, synthetic or other."""

    name: str
    train_sha256: str
    test_sha256: str
    folder: Path


def default_folder(folder: str | os.PathLike | None = None) -> Path:
    """The argument, else $SIGNS_DIR, else datasets/data, or its drawn hands if it has no photos."""
    if folder is not None:
        return Path(folder)
    if os.environ.get("SIGNS_DIR"):
        return Path(os.environ["SIGNS_DIR"])
    photographs = any((DATA / name).exists() for name in schema.FILES.values())
    return SYNTHETIC if SYNTHETIC.is_dir() and not photographs else DATA


def load(folder: str | os.PathLike | None = None) -> Signs:
    """Load train and test from `folder` (see default_folder), verified.

    Any file of the right schema is taken; one that is neither known nor synthetic with a warning
    that names its SHA-256. Raises DataError, one line, for whatever else is found.
    """
    folder = default_folder(folder)
    parts = schema.read_folder(folder)
    for split, name in schema.FILES.items():
        if not parts[split].synthetic:
            _warn_if_unknown(folder / name)
    train, test = parts["train"], parts["test"]
    return Signs(train.images, train.labels, test.images, test.labels, train.classes)


def provenance(folder: str | os.PathLike | None = None) -> Provenance:
    """Name the data in `folder` and the SHA-256 of both files; raises DataError if one is absent.

    SIGNS: both files are known. synthetic: both say so of themselves. other: anything else.
    """
    folder = default_folder(folder)
    schema.check_folder(folder)
    paths = [folder / name for name in schema.FILES.values()]
    sums = [schema.sha256(path) for path in paths]
    if all(is_known(path.name, found) for path, found in zip(paths, sums, strict=True)):
        name = "SIGNS"
    elif all(schema.is_synthetic(path) for path in paths):
        name = "synthetic"
    else:
        name = "other"
    return Provenance(name, *sums, folder)


def is_known(file: str, sha256: str) -> bool:
    """Whether `sha256` is that of a known file of that name."""
    return sha256 in KNOWN and KNOWN[sha256].file == file


def _warn_if_unknown(path: Path) -> None:
    found = schema.sha256(path)
    if not is_known(path.name, found):
        warnings.warn(
            f"{path} has the right schema but is no known file of SIGNS "
            f"(sha256 {found}): published accuracies may not apply to it",
            stacklevel=3,
        )
