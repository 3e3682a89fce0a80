"""What a fork left in its folder, read as by a stranger: by the child that hands it on, and again
by the parent, which judges it.

Only regular files of bounded size are opened, JSON must have the shape that is expected, and arrays
come from NPZ without pickle. Anything else is evidence of trouble.
"""

from __future__ import annotations

import json
import os
import stat
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

LARGEST_JSON = 8 * 2**20
LARGEST_ARRAYS = 64 * 2**20
# Of all files of a job together.
LARGEST_RESULT = 96 * 2**20
PRINTED = 2000
STREAMS = ("stdout", "stderr")


@dataclass
class Evidence:
    """One case's outcome: either `trouble`, or the record and the outputs by mode."""

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
        """The operations of the graph in topological order."""
        rows = self.record.get("graph")
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


class Unreadable(Exception):
    """A result that is not what a child writes."""


def collect(folder: Path, cases: int, status) -> list[Evidence]:
    """The evidence of every case of a job.

    status: the child's exit status, or "deadline", or "lost" where the forking process died.
    """
    return [_case(folder, i, status) for i in range(cases)]


def contents(folder: Path, cases: int) -> dict[str, bytes]:
    """In the child: the files of a job's result by name; one that no result may hold is empty."""
    found, room = {}, LARGEST_RESULT
    for name in names(cases):
        largest = min(room, LARGEST_JSON if name.endswith("json") else LARGEST_ARRAYS)
        try:
            with os.fdopen(_open(folder / name, largest), "rb") as file:
                found[name] = file.read(largest)
        except FileNotFoundError:
            continue
        except (OSError, Unreadable):
            found[name] = b""
        room -= len(found[name])
    for name in STREAMS:
        found[name] = printed(folder, name).encode()
    return found


def names(cases: int) -> list[str]:
    """The files of a job's result."""
    return [f"{i}.{kind}" for i in range(cases) for kind in ("json", "npz")]


def _case(folder: Path, number: int, status) -> Evidence:
    try:
        record = _record(folder / f"{number}.json")
        arrays = _arrays(folder / f"{number}.npz")
    except FileNotFoundError:
        return Evidence(trouble=_ended(folder, status))
    except Unreadable as error:
        return Evidence(trouble={"kind": "unreadable", "text": str(error)})
    trouble = record.get("trouble")
    if trouble is not None and not isinstance(trouble, dict):
        trouble = {"kind": "unreadable", "text": "trouble that is not a record"}
    return Evidence(record, arrays, trouble)


def printed(folder: Path, name: str) -> str:
    """The end of what the child printed to "stdout" or "stderr"."""
    try:
        descriptor = _open(folder / name)
    except (OSError, Unreadable):
        return ""
    with os.fdopen(descriptor, "rb") as file:
        file.seek(max(0, os.fstat(descriptor).st_size - PRINTED))
        return file.read(PRINTED).decode("utf-8", "replace")


def _ended(folder: Path, status) -> dict:
    if status == "deadline":
        return {"kind": "deadline"}
    errors = printed(folder, "stderr")
    if "bad_alloc" in errors or "Out of memory" in errors or "MemoryError" in errors:
        return {"kind": "memory"}
    return {"kind": "died", "status": status if isinstance(status, int) else None}


def _open(path: Path, largest: int | None = None) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or (largest is not None and found.st_size > largest):
        os.close(descriptor)
        raise Unreadable(f"{path.name} is not a file of at most {largest} bytes")
    return descriptor


def _record(path: Path) -> dict:
    try:
        with os.fdopen(_open(path, LARGEST_JSON), "rb") as file:
            record = json.loads(file.read(LARGEST_JSON))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(f"{path.name}: {type(error).__name__}") from None
    if not isinstance(record, dict):
        raise Unreadable(f"{path.name}: not a record")
    return record


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with os.fdopen(_open(path, LARGEST_ARRAYS), "rb") as file:
            with zipfile.ZipFile(file) as archive:
                sizes = [member.file_size for member in archive.infolist()]
            if sum(sizes) > LARGEST_ARRAYS or len(sizes) > 1000:
                raise Unreadable(f"{path.name} holds more than a result may")
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
    except (FileNotFoundError, Unreadable):
        raise
    except Exception as error:  # numpy and zipfile raise many kinds on a forged archive
        raise Unreadable(f"{path.name}: {type(error).__name__}") from None
