"""What checks have changed, over time: one line of JSON for each, beside the progress file.

Lines are added and never changed, so the file needs no reading before a save is noted.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grader.errors import GraderError


@dataclass(frozen=True)
class Entry:
    """The points of one exercise from a check on.

    time: of the check, with its zone. points: concept -> points earned, and the most.
    """

    time: datetime
    assignment: str
    exercise: str
    points: dict[str, tuple[float, float]]

    @property
    def earned(self) -> float:
        """The points of the exercise."""
        return sum(earned for earned, _ in self.points.values())


def path_beside(progress: Path) -> Path:
    """The file that belongs to a progress file."""
    return progress.with_suffix(".history.jsonl")


def add(path: Path, assignment: str, exercise: str, points: dict[str, tuple[float, float]]) -> None:
    """Note the points of an exercise as they are now; raises GraderError if that cannot be done."""
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    line = {"time": now, "assignment": assignment, "exercise": exercise, "points": points}
    text = json.dumps(line, ensure_ascii=False) + "\n"
    try:
        # One write of one line: two processes do not mix theirs.
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            os.write(descriptor, text.encode("utf-8", "surrogatepass"))
        finally:
            os.close(descriptor)
    except OSError as error:
        raise GraderError(
            f"{path}: expected to add to this file, received: {error.strerror}; check its "
            "permissions"
        ) from None


def read(path: Path) -> tuple[list[Entry], int]:
    """All entries, the oldest first, and how many lines cannot be read.

    Raises GraderError if the file is there and cannot be opened.
    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return [], 0
    except OSError as error:
        raise GraderError(
            f"{path}: expected to read this file, received: {error.strerror}; check its permissions"
        ) from None
    entries = [entry for line in lines if (entry := _entry(line)) is not None]
    return sorted(entries, key=lambda entry: entry.time), len(lines) - len(entries)


def _entry(line: bytes) -> Entry | None:
    try:
        row = json.loads(line)
        points = {
            str(concept): (float(earned), float(most))
            for concept, (earned, most) in row["points"].items()
        }
        time = datetime.fromisoformat(row["time"]).astimezone()
        return Entry(time, str(row["assignment"]), str(row["exercise"]), points)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None
