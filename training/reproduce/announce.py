"""What `reproduce` says before it trains and after: what comes, how long it takes, what is next."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.folders import INSTALLED
from datasets.invocation import python, typed
from training import environment
from training.command_line import short
from training.progress import count
from training.reproduce import expected


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


@dataclass(frozen=True)
class Planned:
    """Runs that are to be trained: a recipe, and how many seeds of it."""

    assignment: str
    recipe: str
    epochs: int
    seeds: int

    def seconds(self, speed: float) -> float | None:
        """How long they take with `speed` of `gigaflops`; None where none was recorded."""
        work = expected.work(self.assignment, self.recipe)
        return None if work is None else self.seeds * self.epochs * work / speed


def before(planned: Sequence[Planned], device: str | None = None) -> list[str]:
    """The lines that say what is to be trained, and about how long it takes on this machine.

    device: as in `training.loop.fit`. On a GPU the time is not known, so it is left out.
    """
    if not planned:
        return []
    speed = None if _on_gpu(device) else gigaflops()
    times = [None if speed is None else runs.seconds(speed) for runs in planned]
    known = [seconds for seconds in times if seconds is not None]
    heading = "to train"
    if len(known) == len(planned):
        heading += f", {about(sum(known))} on this machine ({environment.machine()})"
    return [*_unused_card(device), f"{heading}:", *map(_line, planned, times)]


def _line(runs: Planned, seconds: float | None) -> str:
    words = [f"- {runs.assignment}, {runs.recipe}: {count(runs.epochs, 'epoch')}"]
    if runs.seeds > 1:
        words.append(f"{runs.seeds} seeds")
    if seconds is not None:
        words.append(about(seconds))
    return ", ".join(words)


def _on_gpu(device: str | None) -> bool:
    """Whether a run probably uses a GPU: this is asked before the backend is imported."""
    return environment.card_visible() if device is None else not device.lower().startswith("cpu")


def _unused_card(device: str | None) -> list[str]:
    """The line for a card that is there without CUDA's libraries, with what to type."""
    if device is not None or not environment.card_visible() or environment.cuda_libraries():
        return []
    install = "make reproduce GPU=1"
    if INSTALLED:
        install = f'{python()} -m pip install "classic-convnets[gpu]"'
    return [
        f"there is a card of NVIDIA's, but pip has installed no libraries for it; {install} does; "
        f"{typed('doctor')} says whether it is used"
    ]


def about(seconds: float) -> str:
    """A time in words, to two figures: about 40 s, about 2.5 min, about 3 h."""
    if seconds < 95:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    if seconds < 95 * 60:
        return f"about {round(seconds / 30) / 2:g} min"
    return f"about {round(seconds / 1800) / 2:g} h"


def after(folder: Path) -> list[str]:
    """The lines that say what to do next, with the run in `folder`."""
    page = folder / "report.html"
    pictures = f"{short(folder / 'curves.png')} and {short(folder / 'confusion.png')}"
    return [
        "next:",
        f"- look at {short(page) if page.is_file() else pictures}",
        f"- try your own hand: {typed(f'predict {short(folder)} PHOTO.jpg')}",
        f"- start the first exercise: {typed('watch lenet')}",
    ]
