"""The stand-in for SIGNS: as many drawn hands, and as much alike, for runs without photographs.

Drawn as in SIGNS is what a network's accuracy depends on: how much hands differ, how near a test
picture is to one of train, and how many pictures occur twice. docs/data.md has the comparison, and
says what an accuracy on the stand-in can tell.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from datasets import files, schema
from datasets.memory import keep_freed_memory
from datasets.synthetic import dataset, pose, render
from datasets.synthetic.style import STAND_IN
from datasets.synthetic.takes import Takes

VERSION = 1  # of the pictures: raise it when the same seed draws others
TAKES = 24  # of each class
REACH = 1.2  # how far a take goes
# Which moments of a class train and test show. SIGNS has nearly a third of its class 0 twice: 13
# photographs in train and in test, 45 pairs within train, 1 within test.
SHOWN = {"train": np.r_[20:200], "test": np.r_[:20]}
SHOWN_OF_0 = {"train": np.r_[6:142, 98:142], "test": np.r_[:19, 0]}


def frames(seed: int = 0) -> dict[str, np.ndarray]:
    """What train and test show, row by row: the class, the take, the time in it; float64 (n, 3).

    Rows that are equal show the same moment, with other noise.
    """
    rng = np.random.Generator(np.random.PCG64((seed, 2)))
    rows: dict[str, list] = {split: [] for split in SHOWN}
    for label in range(schema.CLASSES):
        shown = SHOWN_OF_0 if label == 0 else SHOWN
        count = 1 + max(places.max() for places in shown.values())
        place = np.arange(count) * TAKES  # in the takes of the class, one after another
        take, time = label * TAKES + place // count, place % count / count
        moments = rng.permutation(np.stack([np.full(count, label), take, time], 1))
        for split, places in shown.items():
            rows[split].append(moments[places])
    return {split: rng.permutation(np.concatenate(parts)) for split, parts in rows.items()}


def batch(split: str, number: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Chunk `number` of a split: images uint8 (60, 64, 64, 3) and labels int64 (60,).

    Chunks depend on nothing but these three numbers, so they can be drawn in any order.
    """
    rows = frames(seed)[split][number * dataset.CHUNK : (number + 1) * dataset.CHUNK]
    labels, takes = rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64)
    film = np.random.Generator(np.random.PCG64((seed, 3)))
    noise = np.random.Generator(np.random.PCG64((seed, 4 + dataset.SPLITS[split], number)))
    drift = Takes(film, takes, rows[:, 2], TAKES * schema.CLASSES, REACH, noise)
    placed = pose.view(pose.pose(labels, drift), labels, drift, STAND_IN)
    return render.paint(placed, drift, STAND_IN), labels


KIND = dataset.Kind("stand-in", VERSION, batch)


def synthesize(
    folder: str | os.PathLike,
    seed: int = 0,
    progress: Callable[[int], None] = lambda _: None,
    *,
    workers: int = 1,
) -> Path:
    """Write train_signs.h5 and test_signs.h5 of the stand-in into `folder`; return the folder.

    They have the counts of SIGNS and can be used in its place. They carry the attributes
    synthetic=True and kind="stand-in", with seed and version.

    Args:
        folder: Where the files go.
        seed: Another seed draws other hands.
        progress: Called with the number of hands drawn since the last call.
        workers: Processes that draw; the files are the same to the byte for any number of them.

    Returns:
        The folder.

    Raises:
        DataError: The seed is below 0, or a file would be lost.
    """
    dataset.check_counts(*dataset.COUNTS, seed)
    keep_freed_memory()
    folder = files.make_folder(folder)
    for split, count in zip(dataset.SPLITS, dataset.COUNTS, strict=True):
        path = folder / schema.FILES[split]
        dataset.check_synthetic(path)
        dataset.write(path, split, range(count), seed, KIND, progress, workers)
    return folder


def is_current(folder: Path, seed: int = 0) -> bool:
    """Whether `folder` holds just what synthesize would write, by its counts and attributes."""
    return all(
        dataset.holds(folder / schema.FILES[split], split, count, seed, KIND)
        for split, count in zip(dataset.SPLITS, dataset.COUNTS, strict=True)
    )
