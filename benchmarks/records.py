"""benchmarks/records.jsonl: one line a timed run, never changed afterwards."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from datasets.files import write_whole
from training import environment

RECORDS = Path(__file__).resolve().parent / "records.jsonl"


def summary(values: Sequence[float]) -> dict[str, float]:
    """n, median, min and max of a measurement."""
    return {
        "n": len(values),
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
    }


def append(
    benchmark: str,
    what: str,
    unit: str,
    values: Sequence[float],
    more: Mapping | None = None,
    path: str | os.PathLike = RECORDS,
) -> dict:
    """Append one line for `values`, each in `unit`, and return it; the file is replaced whole.

    Beside n, median, min and max it has the date, the machine and how busy it was, versions and
    the command; `more` adds what else the figure depends on. Raises DataError where the file
    cannot be written.
    """
    path = Path(path)
    record = {
        "date": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "benchmark": benchmark,
        "what": what,
        "unit": unit,
        **summary(values),
        **(more or {}),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "machine": environment.machine(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "versions": environment.versions(),
    }
    earlier = path.read_text(encoding="utf-8") if path.exists() else ""
    write_whole(path, earlier + json.dumps(record) + "\n")
    return record
