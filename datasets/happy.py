"""The Happy House: 64x64 photographs at a front door, 1 if the face is happy, else 0.

We know no mirror of the two files and no checksum, so any files of the right schema are taken, and
none are downloaded. Without files, hands stand in for the faces.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from datasets import find, schema, signs
from datasets.errors import DataError
from datasets.files import user_path
from datasets.signs import Signs

FILES = {"train": "train_happy.h5", "test": "test_happy.h5"}
SCHEMA = schema.Schema(
    FILES,
    2,
    get=f"put {' and '.join(FILES.values())} there, or set HAPPY_DIR to a folder that holds them",
    replace="replace the file by a whole copy",
)
CLOSED, OPEN = 0, 5  # the hands that stand in: the door stays shut to the one, opens to the other


def default_folder(folder: str | os.PathLike | None = None) -> Path:
    """The argument, else $HAPPY_DIR, else datasets/data/happy."""
    if folder is not None:
        return user_path(folder)
    return user_path(os.environ.get("HAPPY_DIR") or signs.DATA / "happy")


def load(folder: str | os.PathLike | None = None) -> Signs:
    """Load and check the photographs of the Happy House.

    Args:
        folder: Where the two files are; by default see `default_folder`.

    Returns:
        As for SIGNS: 600 and 150 images uint8 (n, 64, 64, 3), labels int64 (n,) of 0 and 1,
        classes [0, 1].

    Raises:
        DataError: The folder holds anything else, in one line.
    """
    parts = schema.read_folder(default_folder(folder), SCHEMA)
    train, test = parts["train"], parts["test"]
    return Signs(train.images, train.labels, test.images, test.labels, train.classes)


def door(hands: Signs) -> Signs:
    """Hands in place of faces, photographed or drawn: open hands are 1, closed are 0.

    Raises DataError if train or test lacks either of them.
    """
    parts = []
    for split, images, labels in (
        ("train", hands.train_x, hands.train_y),
        ("test", hands.test_x, hands.test_y),
    ):
        for label in (CLOSED, OPEN):
            if label not in labels:
                raise DataError(
                    f"expected hands that show {CLOSED} and {OPEN}, found no {label} "
                    f"in {split}: take more hands"
                )
        rows = np.isin(labels, (CLOSED, OPEN))
        parts += [images[rows], (labels[rows] == OPEN).astype(np.int64)]
    train_x, train_y, test_x, test_y = parts
    return Signs(train_x, train_y, test_x, test_y, np.arange(2))


def resolve(
    folder: str | os.PathLike | None = None,
    stand_in: str = "auto",
    *,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Signs, str]:
    """Data for a run, and what it is, in words for a table or a title.

    Args:
        folder: Where the photographs are; else $HAPPY_DIR, else datasets/data/happy. If no folder
            was named and the last one has neither file, hands stand in. A named folder that is
            wrong is an error.
        stand_in: Which hands: auto, signs or synthetic; see datasets.find.resolve.
        say: Gets a line that tells which data it is.

    Returns:
        The data, and its name.

    Raises:
        DataError: No data can be had, in one line.
    """
    place = default_folder(folder)
    named = folder is not None or bool(os.environ.get("HAPPY_DIR"))
    if named or any((place / name).exists() for name in FILES.values()):
        data = load(place)
        say(
            f"data: Happy House, {len(data.train_x)} and {len(data.test_x)} photographs from "
            f"{place}"
        )
        return data, "Happy House"
    hands, source = find.resolve(stand_in, say=say)
    data = door(hands)
    say(
        f"data: no Happy House: there are no photographs in {place} ({SCHEMA.get}). Hands "
        f"stand in for faces, {len(data.train_x)} and {len(data.test_x)} of {source.name}: the "
        f"door opens to an open hand ({OPEN}, label 1) and stays shut to a closed one ({CLOSED}, "
        "label 0)"
    )
    return data, f"open or closed hand, {source.name}"
