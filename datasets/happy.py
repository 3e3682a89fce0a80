"""The Happy House: 64x64 photographs at a front door, 1 where the face is happy, else 0.

No mirror of the two files and no checksum of them is known to us, so that any files of the right
schema are taken, and none are downloaded. Where there are none, hands stand in for the faces.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from datasets import find, schema, signs
from datasets.errors import DataError
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
        return Path(folder)
    return Path(os.environ.get("HAPPY_DIR") or signs.DATA / "happy")


def load(folder: str | os.PathLike | None = None) -> Signs:
    """The photographs of the Happy House from `folder` (see default_folder), as those of SIGNS.

    600 and 150 images uint8 (n, 64, 64, 3), labels int64 (n,) of 0 and 1, classes [0, 1]. Raises
    DataError, one line, for whatever else is found.
    """
    parts = schema.read_folder(default_folder(folder), SCHEMA)
    train, test = parts["train"], parts["test"]
    return Signs(train.images, train.labels, test.images, test.labels, train.classes)


def door(hands: Signs) -> Signs:
    """What stands in for faces, of SIGNS or of its synthetic twin: open hands as 1, closed as 0.

    Raises DataError where train or test lacks either of them.
    """
    found = []
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
        found += [images[rows], (labels[rows] == OPEN).astype(np.int64)]
    return Signs(*found, np.arange(2))


def resolve(
    folder: str | os.PathLike | None = None,
    stand_in: str = "auto",
    *,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Signs, str]:
    """Data for a run, and what it is, in words for a table or a title.

    The photographs in `folder`, else $HAPPY_DIR, else datasets/data/happy. Where no folder was
    named and the last has neither file, hands stand in, of the data `stand_in`: auto, signs or
    synthetic, see datasets.find.resolve. What is named and wrong is an error, never a reason to
    take something else. `say` receives a line that tells which data it is. Raises DataError.
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
        f"data: no Happy House, for there are no photographs in {place} ({SCHEMA.get}). Hands "
        f"stand in for faces, {len(data.train_x)} and {len(data.test_x)} of {source.name}: the "
        f"door opens to an open hand ({OPEN}, label 1) and stays shut to a closed one ({CLOSED}, "
        "label 0)"
    )
    return data, f"open or closed hand, {source.name}"
