"""What `reproduce` says before it trains and after: what comes, how long it takes, what is next."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from datasets.invocation import typed
from training import environment
from training.command_line import short
from training.progress import count
from training.reproduce import expected

if TYPE_CHECKING:
    from training.reproduce.run import Row, Run


def gigaflops(least: float = 0.2) -> float:
    """How many 10^9 operations a second this machine does now: the median of some products.

    least: for how many seconds to multiply matrices.
    """
    size = 1024
    speeds: list[float] = []
    matrix = np.ones((size, size), "float32")
    end = time.perf_counter() + least
    while len(speeds) < 3 or time.perf_counter() < end:
        began = time.perf_counter()
        matrix @ matrix
        speeds.append(2 * size**3 / 1e9 / (time.perf_counter() - began))
    return float(np.median(speeds))


def before(groups: Sequence[Sequence[Run]]) -> list[str]:
    """The lines that say what is to be trained, and about how long it takes on this machine.

    groups: runs, one list per recipe. Nothing is said of those that are finished. On a GPU the time
    is not known, so it is left out.
    """
    unfinished = ([run for run in group if not run.finished] for group in groups)
    pending = [group for group in unfinished if group]
    if not pending:
        return []
    speed = None if _on_gpu(pending[0][0].options.device) else gigaflops()
    times = [_seconds(group, speed) for group in pending]
    heading = "to train"
    if all(times):
        heading += f", {about(sum(filter(None, times)))} on this machine ({environment.machine()})"
    return [f"{heading}:", *map(_line, pending, times)]


def _line(group: Sequence[Run], seconds: float | None) -> str:
    run, seeds = group[0], len(group)
    words = [f"- {run.assignment}, {run.recipe.name}: {count(run.recipe.epochs, 'epoch')}"]
    if seeds > 1:
        words.append(f"{seeds} seeds")
    if seconds is not None:
        words.append(about(seconds))
    return ", ".join(words)


def _seconds(group: Sequence[Run], speed: float | None) -> float | None:
    run = group[0]
    work = expected.work(run.assignment, run.recipe.name)
    if work is None or speed is None:
        return None
    return len(group) * run.recipe.epochs * work / speed


def _on_gpu(device: str | None) -> bool:
    """Whether a run probably uses a GPU: this is asked before the backend is imported."""
    if device is not None:
        return not device.lower().startswith("cpu")
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return Path("/dev/nvidia0").exists() and not hidden


def about(seconds: float) -> str:
    """A time in words, to two figures: about 40 s, about 2.5 min, about 3 h."""
    if seconds < 95:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    if seconds < 95 * 60:
        return f"about {round(seconds / 30) / 2:g} min"
    return f"about {round(seconds / 1800) / 2:g} h"


def after(rows: Sequence[Row]) -> list[str]:
    """The lines that say what to do next with the rows of a table."""
    row = next((row for row in rows if row.recommended), rows[-1])
    folder = row.folders[0]
    return [
        "next:",
        f"- look at {short(folder / 'curves.png')} and {short(folder / 'confusion.png')}",
        f"- try your own hand: {typed(f'predict {short(folder)} PHOTO.jpg')}",
        f"- start the first exercise: {typed('watch lenet')}",
    ]
