"""What a learner's own runs have left behind: their figures, and their pictures for a page."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from grader.i18n.language import say

# What all pictures of a page may take, in bytes; the newest come first.
ROOM = 8_000_000


@dataclass(frozen=True)
class Run:
    """A run in the words of the page; accuracy is empty until it is finished."""

    name: str
    data: str
    epochs: str
    accuracy: str
    seconds: str
    date: str


@dataclass(frozen=True)
class Picture:
    """A picture, ready for the page. place: its path in the folder of all runs."""

    place: str
    about: str
    address: str
    width: int
    height: int


def runs(root: Path) -> list[Run]:
    """The runs in `root`, the newest first."""
    if not root.is_dir():
        return []
    # Both load Matplotlib, which a page without runs need not wait for.
    from training.errors import TrainingError
    from training.results.find import everything

    try:
        kept = everything(root)
    except TrainingError:  # there is none
        return []
    return [_run(run) for run in reversed(kept)]


def _run(run) -> Run:
    data = {"SIGNS": say("photographs of SIGNS"), "synthetic": say("drawn hands")}
    accuracy, seconds = say("not finished"), ""
    if run.result is not None:
        accuracy = f"{100 * run.result['accuracy']:.1f}%"
        seconds = f"{run.result['seconds']:.0f}"
    done, all_epochs = run.epochs_done, run.epochs
    epochs = "" if done is None else f"{done}"
    if run.result is None and done is not None and all_epochs is not None:
        epochs = say("{earned:g} of {points:g}", earned=done, points=all_epochs)
    return Run(
        run.name, data.get(run.data, say("other data")), epochs, accuracy, seconds, run.date[:16]
    )


def pictures(root: Path) -> tuple[list[Picture], int]:
    """The pictures in `root` and its folders, the newest first, and how many are left out."""
    shown: list[Picture] = []
    room, left_out = ROOM, 0
    for path in _newest(root):
        try:
            content = path.read_bytes()
            with Image.open(path) as opened:
                size = opened.size
                opened.verify()
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            left_out += 1
            continue
        address = f"data:image/png;base64,{base64.b64encode(content).decode('ascii')}"
        if len(address) > room:
            left_out += 1
            continue
        room -= len(address)
        place = path.relative_to(root).as_posix()
        shown.append(Picture(place, _about(path), address, *size))
    return shown, left_out


def _newest(root: Path) -> Iterator[Path]:
    found = []
    for path in root.rglob("*.png"):
        try:
            if not path.name.startswith(".") and path.is_file():  # hidden: half written
                found.append((path.stat().st_mtime, path))
        except OSError:
            continue
    for _, path in sorted(found, reverse=True):
        yield path


def _about(path: Path) -> str:
    """What a picture shows, as far as its name says; see training.runs and training.lessons."""
    known = {
        "curves": say("Loss and accuracy by epoch"),
        "losses": say("The losses by epoch or step"),
        "accuracy": say("The accuracies that were measured"),
        "confusion": say("Which sign was taken for which"),
        "gradients": say("The size of the gradients by layer"),
        "filters": say("The filters of the first layer"),
        "maps": say("The first map of a trained network"),
        "photographs": say("Photographs with the answers of the network"),
        "distortions": say("Photographs, and what the augmentation makes of them"),
        "parameters": say("The parameters by layer"),
        "depth": say("The loss of plain and residual networks by step"),
    }
    return known.get(path.stem.rpartition("-")[2], path.stem)
