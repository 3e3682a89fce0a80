"""SIGNS: 64x64 photographs of hands that show 0 to 5, loaded and verified."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from datasets import schema
from datasets.files import user_path
from datasets.folders import WORK

DATA = WORK / "datasets" / "data"  # git ignores it
STAND_IN = DATA / "stand-in"


class Signs(NamedTuple):
    """Images uint8 (n, 64, 64, 3) and labels int64 (n,) for train and test; classes int64 (6,)."""

    train_x: np.ndarray
    train_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray
    classes: np.ndarray


class Known(NamedTuple):
    """A published file: its name, its size in bytes, and what it is."""

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
    """Where the data of a run came from.

    name: SIGNS if both files are published ones, synthetic if both say so, else other.
    """

    name: str
    train_sha256: str
    test_sha256: str
    folder: Path


def default_folder(folder: str | os.PathLike | None = None) -> Path:
    """The argument, else $SIGNS_DIR, else datasets/data, or its stand-in if it has no photos."""
    if folder is not None:
        return user_path(folder)
    if os.environ.get("SIGNS_DIR"):
        return user_path(os.environ["SIGNS_DIR"])
    photographs = any((DATA / name).exists() for name in schema.FILES.values())
    return STAND_IN if STAND_IN.is_dir() and not photographs else DATA


def load(folder: str | os.PathLike | None = None) -> Signs:
    """Load and check the photographs.

    Any file of the right schema is taken. A file that is neither published nor synthetic gives a
    warning with its SHA-256.

    Args:
        folder: Where train_signs.h5 and test_signs.h5 are; by default see `default_folder`.

    Returns:
        Images uint8 (n, 64, 64, 3) and labels int64 (n,) of train and test, and the classes.

    Raises:
        DataError: The folder holds anything else; one line says what was found and what to do.
    """
    return read(folder)[0]


def read(folder: str | os.PathLike | None = None) -> tuple[Signs, Provenance]:
    """The photographs as `load` gives them, and where they came from; each file is read once."""
    folder = default_folder(folder)
    parts = schema.read_folder(folder)
    train, test = parts["train"], parts["test"]
    known = [is_known(name, parts[split].sha256) for split, name in schema.FILES.items()]
    for (split, name), published in zip(schema.FILES.items(), known, strict=True):
        if not (published or parts[split].synthetic):
            warnings.warn(
                f"{folder / name} has the right schema but is not a published file of SIGNS "
                f"(sha256 {parts[split].sha256}): published accuracies may not apply to it",
                stacklevel=3,
            )
    synthetic = train.synthetic and test.synthetic
    name = "SIGNS" if all(known) else "synthetic" if synthetic else "other"
    data = Signs(train.images, train.labels, test.images, test.labels, train.classes)
    return data, Provenance(name, train.sha256, test.sha256, folder)


def is_known(file: str, sha256: str) -> bool:
    """Whether `sha256` is that of a published file of that name."""
    return sha256 in KNOWN and KNOWN[sha256].file == file
