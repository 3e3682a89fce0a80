"""HDF5 beyond memory: files of any size, read chunk by chunk and shuffled with flat memory.

Chunks of neighbouring rows come in a shuffled order, from one file or from many (shards), into a
buffer of some chunks. Each new chunk replaces rows drawn at random, which are given out. Reading
single rows in random order would shuffle better, but from a disk be a hundred times slower. The
order depends on (seed, epoch) alone.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from datasets import pipeline, schema
from datasets.augmentation.fused import Fused
from datasets.errors import DataError, MissingData
from datasets.files import user_path
from datasets.pipeline import Batch

CHUNK = 256  # rows: 3 MB of 64x64 RGB, large enough for a disk
BUFFER = 16  # chunks


class Rows(NamedTuple):
    """Neighbouring rows of one file, from `start` to before `stop`."""

    path: Path
    start: int
    stop: int


class Stream:
    """The images and labels of one HDF5 file, or of many, in batches, with flat memory.

    Memory holds `buffer` chunks of `chunk` rows, and two more.

    Args:
        paths: A file, a pattern such as "shards/train-*.h5", or a list of files.
        split: The files hold {split}_set_x, uint8 (n, h, w, c), and {split}_set_y, (n,), as SIGNS
            does; h, w and c are the same in all.
        chunk: Neighbouring rows that are read together.
        buffer: How many chunks are shuffled together.

    Raises:
        DataError: Files are missing, of another format, or do not fit together.
    """

    def __init__(self, paths, split: str = "train", chunk: int = CHUNK, buffer: int = BUFFER):
        if chunk < 1 or buffer < 1:
            raise DataError(
                f"stream: expected chunk and buffer of at least 1, received {chunk} and {buffer}"
            )
        self.split, self.buffer = split, buffer
        self.paths = _listed(paths)
        self.shape: tuple[int, ...] = ()
        self.chunks: list[Rows] = []
        for path in self.paths:
            count = self._opened(path)
            starts = range(0, count, chunk)
            self.chunks += [Rows(path, start, min(start + chunk, count)) for start in starts]

    def __len__(self) -> int:
        """How many images all files hold."""
        return sum(rows.stop - rows.start for rows in self.chunks)

    def batches(
        self, batch: int, *, seed: int = 0, epoch: int = 0, part: tuple[int, int] = (0, 1)
    ) -> Iterator[Batch]:
        """One epoch: (images uint8 (b, h, w, c), labels int64 (b,)), each row once.

        part: (number, of how many), for one of several machines: each gets other chunks, together
        they get every row. The last batch may be smaller. Raises DataError for a file that has
        changed since it was first opened.
        """
        number, of = part
        if batch < 1 or not 0 <= number < of:
            raise DataError(
                f"stream: expected a batch of at least 1 and a part (i, n) with 0 <= i < n, "
                f"received {batch} and {part}"
            )
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(len(self.chunks))[number::of]
        pieces = (self._read(self.chunks[place]) for place in order)
        room = self.buffer * max(rows.stop - rows.start for rows in self.chunks)
        yield from _batched(_shuffled(pieces, room, rng), batch)

    def prepared(
        self,
        batch: int,
        *,
        how: Fused | None = None,
        workers: int = 2,
        seed: int = 0,
        epoch: int = 0,
        part: tuple[int, int] = (0, 1),
    ) -> Iterator[Batch]:
        """One epoch, augmented by `how` and scaled, as `pipeline.batches` does it."""
        rng = np.random.default_rng([seed, epoch, part[0]])
        source = self.batches(batch, seed=seed, epoch=epoch, part=part)
        return pipeline.prepared(((*pair, rng) for pair in source), how, workers)

    def _opened(self, path: Path) -> int:
        """Check the file and return its number of images."""
        with schema.opened(path) as file:
            images, labels = (self._array(path, file, end) for end in ("x", "y"))
            if images.ndim != 4 or images.dtype != np.uint8 or not len(images):
                raise DataError(
                    f"{path}: expected {self.split}_set_x uint8 of shape (n, h, w, c), found "
                    f"{images.dtype} {images.shape}: see datasets.convert.to_rgb8"
                )
            schema.check_label_shape(path, f"{self.split}_set_y", labels.shape)
            if len(labels) != len(images):
                raise DataError(
                    f"{path}: expected one label per image, found {len(images)} images and "
                    f"{len(labels)} labels: {schema.REPLACE}"
                )
            self.shape = self.shape or images.shape[1:]
            if images.shape[1:] != self.shape:
                raise DataError(
                    f"{path}: expected images of {self.shape} as in {self.paths[0].name}, found "
                    f"{images.shape[1:]}: resize them, or stream the files apart"
                )
            return len(images)

    def _array(self, path: Path, file: h5py.File, end: str) -> h5py.Dataset:
        schema.check_key(path, file, f"{self.split}_set_{end}")
        return file[f"{self.split}_set_{end}"]

    def _read(self, rows: Rows) -> Batch:
        # Opened for each chunk: thousands of shards need no open file each, and it takes 0.5 ms.
        with schema.opened(rows.path) as file:
            images = self._array(rows.path, file, "x")[rows.start : rows.stop]
            labels = self._array(rows.path, file, "y")[rows.start : rows.stop]
        if len(images) != rows.stop - rows.start or images.shape[1:] != self.shape:
            raise DataError(
                f"{rows.path}: expected it unchanged while it is read, found rows {rows.start} to "
                f"{rows.stop} gone: write new data to a new file"
            )
        return images, schema.check_labels(rows.path, f"{self.split}_set_y", labels)


def _listed(paths) -> list[Path]:
    if isinstance(paths, (str, os.PathLike)):
        pattern = os.path.expanduser(paths)
        listed = [pattern] if os.path.exists(pattern) else sorted(glob.glob(pattern))
        if not listed:
            raise MissingData(f"expected files that match {pattern}, found none: {schema.GET}")
    else:
        listed = list(paths)
        if not listed:
            raise DataError("stream: expected at least one file, received an empty list")
    files = [user_path(path) for path in listed]
    for file in files:
        schema.check_file(file)
    return files


def _shuffled(pieces: Iterable[Batch], room: int, rng: np.random.Generator) -> Iterator[Batch]:
    """The rows of all pieces in another order; at most `room` rows wait at a time."""
    kept: Batch | None = None
    filled = 0
    for images, labels in pieces:
        if kept is None:
            kept = np.empty((room, *images.shape[1:]), images.dtype), np.empty(room, labels.dtype)
        free = min(len(images), room - filled)
        places = np.arange(filled, filled + free)
        filled += free
        for store, new in zip(kept, (images, labels), strict=True):
            store[places] = new[:free]
        if free < len(images):
            places = rng.permutation(filled)[: len(images) - free]
            yield kept[0][places], kept[1][places]
            for store, new in zip(kept, (images, labels), strict=True):
                store[places] = new[free:]
    if kept is not None:
        order = rng.permutation(filled)
        for first in range(0, filled, CHUNK):
            places = order[first : first + CHUNK]
            yield kept[0][places], kept[1][places]


def _batched(pieces: Iterable[Batch], batch: int) -> Iterator[Batch]:
    """The same rows in the same order, `batch` at a time."""
    rest: list[Batch] = []
    size = 0
    for piece in pieces:
        rest.append(piece)
        size += len(piece[1])
        if size >= batch:
            images, labels = (np.concatenate(parts) for parts in zip(*rest, strict=True))
            whole = size - size % batch
            for first in range(0, whole, batch):
                yield images[first : first + batch], labels[first : first + batch]
            rest, size = [(images[whole:], labels[whole:])], size - whole
    if size:
        images, labels = (np.concatenate(parts) for parts in zip(*rest, strict=True))
        yield images, labels
