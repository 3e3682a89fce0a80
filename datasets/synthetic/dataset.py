"""The twin of SIGNS: diverse drawn hands in the same HDF5 schema, the same for a seed."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from datasets import files, schema
from datasets.errors import DataError
from datasets.hdf5 import whole_hdf5
from datasets.memory import keep_freed_memory
from datasets.synthetic import pose, render
from datasets.workers import ordered

VERSION = 2  # of the pictures: raise it when the same seed draws others
CHUNK = 60  # drawn at a time; the pictures of a seed depend on it, so it stays
WORTH = 20  # chunks that a process must have to draw to be worth its start
MOST_SHARDS = 99_999  # what a shard's name has room for
SPLITS = {"train": 0, "test": 1}
COUNTS = (1080, 120)  # train and test, as in SIGNS


def batch(split: str, number: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Chunk `number` of a split: images uint8 (60, 64, 64, 3) and labels int64 (60,).

    Chunks depend on nothing but these three numbers, so they can be drawn in any order. Every six
    labels in a row are the six classes in some order.
    """
    rng = np.random.Generator(np.random.PCG64((seed, SPLITS[split], number)))
    labels = rng.permuted(np.tile(np.arange(schema.CLASSES), (CHUNK // schema.CLASSES, 1)), axis=1)
    labels = labels.reshape(-1).astype(np.int64)
    placed = pose.view(pose.pose(labels, rng), labels, rng)
    return render.paint(placed, rng), labels


class Kind(NamedTuple):
    """A kind of drawn hands: its name and version, as its files carry them, and what draws it.

    batch: a function of a module, of (split, number, seed), as `batch` above.
    """

    name: str
    version: int
    batch: Callable[[str, int, int], tuple[np.ndarray, np.ndarray]]


TWIN = Kind("twin", VERSION, batch)


def synthesize(
    folder: str | os.PathLike,
    train: int = COUNTS[0],
    test: int = COUNTS[1],
    seed: int = 0,
    progress: Callable[[int], None] = lambda _: None,
    *,
    workers: int = 1,
    shards: int | None = None,
) -> Path:
    """Write train_signs.h5 and test_signs.h5 of drawn hands into `folder`; return the folder.

    Both carry the attributes synthetic=True and kind="twin", with seed and version. Chunks go to
    disk as they are drawn, so memory does not grow with the counts; each file is written whole or
    not at all. Train and test have no photograph in common.

    Args:
        folder: Where the files go.
        train: How many hands in train.
        test: How many in test.
        seed: Another seed draws other hands.
        progress: Called with the number of hands drawn since the last call.
        workers: Processes that draw; the files are the same to the byte for any number of them.
        shards: Train hands in this many files, train-00001-of-00016.h5 and on, with the rows of
            the single file in its order. A shard that is there already is kept: a stopped run
            goes on.

    Returns:
        The folder.

    Raises:
        DataError: A count is below 6, the seed below 0, there are more shards than chunks of 60,
            or a file would be lost.
    """
    check_counts(train, test, seed)
    keep_freed_memory()
    folder = files.make_folder(folder)
    for split, path, rows in _plan(folder, train, test, shards):
        check_synthetic(path)
        if shards and holds(path, split, len(rows), seed, TWIN):
            progress(len(rows))
        else:
            write(path, split, rows, seed, TWIN, progress, workers)
    return folder


def check_synthetic(path: Path) -> None:
    """Raise DataError if there is a file at `path` that is not of drawn hands."""
    if path.is_file() and not schema.is_synthetic(path):
        raise DataError(
            f"{path} is no synthetic file and would be lost: move it away, or name another folder"
        )


def _plan(folder: Path, train: int, test: int, shards: int | None) -> list[tuple[str, Path, range]]:
    """The files that a run writes: the split, the path, and which rows of the split."""
    last = "test", folder / schema.FILES["test"], range(test)
    if shards is None:
        return [("train", folder / schema.FILES["train"], range(train)), last]
    chunks = -(-train // CHUNK)
    if not 1 <= shards <= min(chunks, MOST_SHARDS):
        raise DataError(
            f"expected 1 to {min(chunks, MOST_SHARDS)} shards for {train} train hands, "
            f"which are drawn in chunks of {CHUNK}, found {shards}"
        )
    ends = [min(train, chunks * number // shards * CHUNK) for number in range(shards + 1)]
    plan = [
        ("train", folder / f"train-{number:05}-of-{shards:05}.h5", range(first, end))
        for number, (first, end) in enumerate(pairwise(ends), 1)
    ]
    others = {path.name for path in folder.glob("train-*-of-*.h5")} - {row[1].name for row in plan}
    if others:
        raise DataError(
            f"{folder}: expected shards of this run alone, found {min(others)}: "
            "remove them, or name another folder"
        )
    return [*plan, last]


def holds(path: Path, split: str, count: int, seed: int, kind: Kind) -> bool:
    """Whether the file holds `count` hands of this kind and seed, by its attributes."""
    try:
        with schema.opened(path) as file:
            found = {key: file.attrs.get(key) for key in _attributes(kind, seed)}
            found["kind"] = found["kind"] or TWIN.name  # earlier files do not say
            return found == _attributes(kind, seed) and len(file[f"{split}_set_y"]) == count
    except DataError:
        return False


def _attributes(kind: Kind, seed: int) -> dict:
    return {"synthetic": True, "kind": kind.name, "seed": seed, "version": kind.version}


def contact_sheet(images: np.ndarray, labels: np.ndarray, each: int = 10) -> np.ndarray:
    """One row per class, `each` images in a row -> uint8 (6 * 64, each * 64, 3)."""
    rows = []
    for label in range(schema.CLASSES):
        row = images[labels == label][:each]
        blank = np.full((each - len(row), *images.shape[1:]), 255, np.uint8)
        rows.append(np.concatenate([*row, *blank], axis=1))
    return np.concatenate(rows, axis=0)


def check_counts(train: int, test: int, seed: int) -> None:
    """Raise DataError unless both counts reach all classes and the seed fits 32 bits."""
    for name, count in (("train", train), ("test", test)):
        if count < schema.CLASSES:
            raise DataError(
                f"expected at least {schema.CLASSES} {name} hands, one per class, "
                f"received {count}: raise the count"
            )
    if not 0 <= seed < 2**32:
        raise DataError(f"expected a seed from 0 to {2**32 - 1}, received {seed}")


def write(
    path: Path,
    split: str,
    rows: range,
    seed: int,
    kind: Kind,
    progress: Callable[[int], None],
    workers: int,
) -> None:
    """Write these rows of a split; the first row begins a chunk."""
    starts = range(0, len(rows), CHUNK)
    workers = min(workers, max(1, len(starts) // WORTH))
    drawing = ordered(
        kind.batch, ((split, (rows.start + start) // CHUNK, seed) for start in starts), workers
    )
    # Closed in any case: after a full disk no process must go on.
    with closing(drawing), whole_hdf5(path) as (file, sink):
        file.attrs.update(_attributes(kind, seed))
        shape = (len(rows), schema.SIDE, schema.SIDE, 3)
        images = file.create_dataset(f"{split}_set_x", shape, "u1")
        labels = file.create_dataset(f"{split}_set_y", (len(rows),), "i8")
        file["list_classes"] = np.arange(schema.CLASSES, dtype=np.int64)
        for start, (drawn, shown) in zip(starts, drawing, strict=True):
            end = min(start + CHUNK, len(rows))
            images[start:end], labels[start:end] = drawn[: end - start], shown[: end - start]
            sink.check()
            progress(end - start)
