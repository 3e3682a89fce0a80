"""HDF5 files that are written whole or not at all, also when the disk is full.

HDF5 cannot close a file whose last blocks do not fit: h5py then raises from its destructors and
the process ends in a segmentation fault. So it writes through a file that remembers the first
fault, lets the rest pass, and is thrown away.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from datasets.files import whole


class Sink(io.FileIO):
    """A file whose writes never fail; `fault` is the first OSError that one would have raised."""

    def __init__(self, path: str | os.PathLike):
        super().__init__(path, "w+")
        self.fault: OSError | None = None

    def write(self, data) -> int:
        """Write all of `data`, or none once there was a fault; the length in either case."""
        view = memoryview(data).cast("B")
        done = 0
        try:
            while self.fault is None and done < len(view):
                done += super().write(view[done:])
        except OSError as error:
            self.fault = error
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        """Set the length of the file, as far as the disk allows."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.fault = self.fault or error
            return size or 0

    def check(self) -> None:
        """Raise the fault, if there was one."""
        if self.fault is not None:
            raise self.fault


@contextmanager
def whole_hdf5(path: str | os.PathLike) -> Iterator[tuple[h5py.File, Sink]]:
    """An HDF5 file to fill; it takes its name once the block has ended well, else there is none.

    A long block calls `sink.check()` now and then, so as not to go on for a disk that is full.
    Raises DataError, one line, for what the file system refuses.
    """
    with whole(Path(path)) as temporary, Sink(temporary) as sink:
        with h5py.File(sink, "w") as file:
            yield file, sink
        sink.check()
