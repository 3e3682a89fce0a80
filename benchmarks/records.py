"""benchmarks/records.jsonl: one line per timed run, never changed afterwards."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from datasets.errors import DataError
from datasets.files import write_whole
from training import environment

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

RECORDS = Path(__file__).resolve().parent / "records.jsonl"


def summary(values: Sequence[float]) -> dict[str, float]:
    """n, median, min and max of a measurement."""
    return {
        "n": len(values),
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
    }


def append(record: Mapping, path: str | os.PathLike = RECORDS) -> dict:
    """Append `record` as one line and return it; the file is replaced whole.

    The line begins with the date and ends with the command, the machine, its load (processes ready
    to run, averaged over a minute) and the versions. One writer waits for another. Raises DataError
    if the file cannot be written.
    """
    path = Path(path)
    line = {
        "date": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        **record,
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "machine": environment.machine(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "versions": environment.versions(),
    }
    with _alone(path.parent):
        earlier = path.read_text(encoding="utf-8") if path.exists() else ""
        write_whole(path, earlier + json.dumps(line) + "\n")
    return line


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process holds `folder`."""
    if fcntl is None:
        yield
        return
    there = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(there, fcntl.LOCK_EX)
        yield
    finally:
        os.close(there)


def read(path: str | os.PathLike = RECORDS) -> list[dict]:
    """All records, oldest first; none if there is no file. Raises DataError for a bad line."""
    path, rows = Path(path), []
    if not path.exists():
        return rows
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise DataError(
                f"{path}, line {number}: expected JSON, received {line[:40]!r}"
            ) from error
    return rows
