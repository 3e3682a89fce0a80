"""The result of a job: the files that a fork leaves, read in the fork server, parsed in the grader.

A submission may have written these files itself, so neither side trusts them. The fork server reads
only regular files of bounded size and sends their bytes on. The grader checks sizes again before it
parses: JSON must have the expected shape, and arrays come from NPZ without pickle. Anything else
becomes a trouble, which earns nothing.
"""

from __future__ import annotations

import io
import json
import math
import os
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

# Bytes: of one JSON file, of one case's arrays, and of all files of a job together.
LARGEST_JSON = 2 * 2**20
LARGEST_ARRAYS = 64 * 2**20
LARGEST_RESULT = 96 * 2**20
MOST_ARRAYS = 1000
# The ways in which NumPy packs arrays. What unpacks the other ones knows no bound.
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Operations of a graph that are looked at: ResNet-50 has fewer than 200.
MOST_OPERATIONS = 2000
_MEMBER = b"PK\x01\x02"
# What the fork prints to stderr says why it ended; its last bytes are enough.
ERRORS = "stderr"
LAST_BYTES = 2000


@dataclass
class Evidence:
    """The result of one case: either `trouble`, or a record and the outputs by mode."""

    record: dict = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    trouble: dict | None = None

    @property
    def stopped(self) -> bool:
        """Whether the process ended before it had answered this case, by itself or by a limit."""
        kind = (self.trouble or {}).get("kind")
        return not self.record and kind in ("deadline", "memory", "died")

    @property
    def graph(self) -> list[dict]:
        """The operations of the graph in topological order, no more than MOST_OPERATIONS."""
        rows = self.record.get("graph")
        rows = rows[:MOST_OPERATIONS] if isinstance(rows, list) else []
        return [row for row in rows if isinstance(row, dict)]


class Unreadable(Exception):
    """A result that the runner does not write; the text says what is wrong with it."""


def names(cases: int) -> list[str]:
    """The names of the files that a job may leave."""
    return [*(f"{number}.{kind}" for number in range(cases) for kind in ("json", "npz")), ERRORS]


def largest(name: str) -> int:
    """The most bytes that the file of this name may hold."""
    return LARGEST_JSON if name.endswith(".json") else LARGEST_ARRAYS


def read(folder: Path, cases: int) -> dict[str, bytes]:
    """Read a job's files, in the fork server.

    Args:
        folder: Where the fork has written.
        cases: How many cases the job has.

    Returns:
        The content of each file by its name. A missing file is left out; one that is too large, a
        link or a device is empty, which no parser accepts.
    """
    files: dict[str, bytes] = {}
    room = LARGEST_RESULT
    for name in names(cases):
        try:
            files[name] = _content(folder / name, min(room, largest(name)))
        except FileNotFoundError:
            continue
        except OSError:
            files[name] = b""
        room -= len(files[name])
    return files


def _content(path: Path, most: int) -> bytes:
    """The bytes of a regular file, none if it is larger than `most`; of the errors the last."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            return b""
        if path.name == ERRORS:
            most = min(most, LAST_BYTES)
            os.lseek(descriptor, max(0, about.st_size - most), os.SEEK_SET)
        elif about.st_size > most:
            return b""
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)


def parse(files: Mapping[str, bytes], cases: int, status: int | str | None) -> list[Evidence]:
    """Parse a job's files, in the grader.

    Args:
        files: What `read` gave, as it came through the pipe; it may be anything.
        cases: How many cases the job has.
        status: The fork's exit status, or "deadline" or "memory" if it was stopped for these, or
            "lost" if the fork server died.

    Returns:
        One Evidence per case.
    """
    return [_case(files, number, status) for number in range(cases)]


def _case(files: Mapping[str, bytes], number: int, status: int | str | None) -> Evidence:
    try:
        record = _record(files[f"{number}.json"])
        arrays = _arrays(files[f"{number}.npz"])
    except KeyError:
        return Evidence(trouble=_ended(files.get(ERRORS, b""), status))
    except Unreadable as error:
        return Evidence(trouble={"kind": "unreadable", "text": f"file {number}: {error}"})
    trouble = record.get("trouble")
    if trouble is not None and not isinstance(trouble, dict):
        trouble = {"kind": "unreadable", "text": "trouble that is not a record"}
    return Evidence(record, arrays, trouble)


def _ended(errors: bytes, status: int | str | None) -> dict:
    """Why the process ended before it had answered a case."""
    if status == "memory":
        return {"kind": "memory"}
    if status == "deadline":
        return {"kind": "deadline", "stack": errors.decode("utf-8", "replace")}
    if any(word in errors for word in (b"bad_alloc", b"Out of memory", b"MemoryError")):
        return {"kind": "memory"}
    return {"kind": "died", "status": status if isinstance(status, int) else None}


def _record(content: bytes) -> dict:
    if len(content) > LARGEST_JSON:
        raise Unreadable(f"JSON of more than {LARGEST_JSON} bytes")
    try:
        record = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"JSON, {type(error).__name__}") from None
    if not isinstance(record, dict):
        raise Unreadable("JSON, not a record")
    return record


def _arrays(content: bytes) -> dict[str, np.ndarray]:
    if len(content) > LARGEST_ARRAYS:
        raise Unreadable(f"arrays of more than {LARGEST_ARRAYS} bytes")
    if content.count(_MEMBER) > 2 * MOST_ARRAYS:  # each has an entry in the list at the end
        raise Unreadable("more arrays than a result may hold")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if sum(m.file_size for m in members) > LARGEST_ARRAYS or len(members) > MOST_ARRAYS:
                raise Unreadable("more arrays than a result may hold")
            if any(member.compress_type not in PACKINGS for member in members):
                raise Unreadable("arrays in another packing than numpy's")
            return {m.filename.removesuffix(".npy"): _array(archive, m) for m in members}
    except Unreadable:
        raise
    except Exception as error:  # numpy and zipfile raise many kinds on a forged archive
        raise Unreadable(f"arrays, {type(error).__name__}") from None


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """An array of numbers; its header is compared with its size before there is room for it."""
    with archive.open(member) as file:
        # With a number of bytes zipfile unpacks no more; without one, all that is packed.
        raw = file.read(member.file_size + 1)
    header = io.BytesIO(raw)
    if np.lib.format.read_magic(header) != (1, 0):
        raise Unreadable("arrays, of another version")
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(header)
    rest = len(raw) - header.tell()
    if dtype.kind not in "biuf" or min(shape, default=1) < 0:
        raise Unreadable("arrays, not of numbers")
    if math.prod(shape) * dtype.itemsize != rest:
        raise Unreadable("arrays, not of the size that they name")
    values = np.frombuffer(raw, dtype, offset=header.tell())
    return values.reshape(shape, order="F" if by_columns else "C")
