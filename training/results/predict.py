"""What a trained network sees in the user's own pictures, and how far to trust it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from datasets.errors import DataError
from datasets.files import whole
from datasets.invocation import typed
from training import picture
from training.errors import TrainingError
from training.evaluate import probabilities
from training.progress import count
from training.reproduce.assignments import RECOMMENDED
from training.results import find
from training.results.find import KeptRun
from training.saving import load_model

SEEN = ".seen.png"
# The photographs of SIGNS have a mean brightness of 153 to 199: a light wall behind the hand. A
# picture further away than this is unlike all of them.
BRIGHTNESS, USUAL = (133, 219), "153 to 199"
# Hardly trained: guessing is as good in one of this many trainings.
GUESSING = 0.05


@dataclass(frozen=True)
class Answer:
    """What a network sees in one picture.

    pixels: uint8 (h, w, c), as the network takes them. chances: one per class. crop: the file with
    the pixels, or None where it cannot be written. notes: why the answer may be wrong.
    """

    path: Path
    pixels: np.ndarray
    chances: Mapping[str, float]
    crop: Path | None
    notes: list[str]

    @property
    def name(self) -> str:
        """The most probable class."""
        return max(self.chances, key=lambda name: self.chances[name])


def choose(words: Sequence[str], root: Path) -> tuple[KeptRun, list[Path]]:
    """The run and the pictures that the user means by `words`: a run first, or pictures alone.

    Without a run it is the best finished one in `root`. Raises TrainingError.
    """
    first, *rest = words
    path = Path(first)
    if find.is_run(path) or not (path.exists() or _looks_like_picture(path)):
        run, paths = find.find(first, root), [Path(word) for word in rest]
    else:
        run, paths = best(root), [Path(word) for word in words]
    if not paths:
        raise TrainingError(
            f"expected a picture after the run, received none: "
            f"`{typed(f'predict {first} hand.jpg')}`"
        )
    return run, paths


def _looks_like_picture(path: Path) -> bool:
    return path.suffix.lower() in picture.SUFFIXES


def best(root: Path) -> KeptRun:
    """The finished run to use if none is named: on photographs, recommended, most accurate."""
    finished = [run for run in find.everything(root) if run.result and run.model.is_file()]
    if not finished:
        raise TrainingError(
            f"expected a finished run in {root}, found none: `{typed('reproduce')}` makes one"
        )
    return max(finished, key=_rank)


def _rank(run: KeptRun) -> tuple:
    assert run.result is not None
    recommended = (run.settings.get("assignment"), run.recipe.get("name")) == RECOMMENDED
    kind = ("synthetic", "other", "SIGNS")
    on = kind.index(run.data) if run.data in kind else -1
    # Recommended only if it learnt: it may have been shortened to an epoch.
    return on, not _guesses(run.result), recommended, run.result["accuracy"]


def cautions(run: KeptRun) -> list[str]:
    """Why the answers of a run may be wrong, whatever the picture."""
    if run.result is None:
        return ["nothing is recorded about how well this network was trained"]
    notes = []
    if _guesses(run.result):
        right, tested = _right(run.result), run.result["tested"]
        notes.append(
            f"this network is hardly trained: it got {right} of {tested} test images right, which "
            "guessing may do, too"
        )
    elif (run.epochs or 0) <= 2:
        notes.append(f"this network is hardly trained: {count(run.epochs or 0, 'epoch')}")
    if run.data == "synthetic":
        notes.append("this network was trained on drawn hands only; it never saw a photograph")
    if run.recipe.get("batch_norm_at_test") == "training":
        notes.append(
            "its accuracy was measured with the averages of each test batch; one picture has no "
            "such averages, so it may do worse"
        )
    return notes


def _right(result: Mapping) -> int:
    return sum(row[number] for number, row in enumerate(result["confusion"]))


def _guesses(result: Mapping) -> bool:
    """Whether a network that guesses gets so many right in more than GUESSING of all cases."""
    right, tested, classes = _right(result), result["tested"], len(result["confusion"])
    total = sum(
        math.comb(tested, k) * (classes - 1) ** (tested - k) for k in range(right, tested + 1)
    )
    return total > GUESSING * classes**tested


def expanded(paths: Iterable[Path]) -> list[Path]:
    """The pictures that are meant: a folder stands for those in it, without our own crops."""
    files: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        inside = [
            file
            for file in sorted(path.iterdir())
            if _looks_like_picture(file) and not file.name.endswith(SEEN)
        ]
        if not inside:
            raise DataError(f"expected pictures in {path}, found none; name another folder")
        files += inside
    return files


def predict(run: KeptRun, paths: Sequence[Path]) -> list[Answer]:
    """What the network of `run` sees in each picture; writes what it saw beside the picture.

    Every picture is read before the network is loaded. Raises DataError, one line.
    """
    for path in paths:
        picture.read(path)
    model = load_model(run.model)
    pixels = [picture.read(path, _images(model, run.model)) for path in paths]
    answers = probabilities(model, np.stack(pixels))
    names = run.classes if run.result else [str(number) for number in range(answers.shape[1])]
    return [
        Answer(
            path,
            image,
            dict(zip(names, map(float, chances), strict=True)),
            _write_crop(path, image),
            _about(image),
        )
        for path, image, chances in zip(paths, pixels, answers, strict=True)
    ]


def _images(model, path: Path) -> tuple[int, ...]:
    """The shape of the images that a network takes; raises DataError for another kind of it."""
    shape, answer = model.input_shape, model.output_shape
    usual = isinstance(shape, tuple) and len(shape) == 4 and shape[-1] in (1, 3)
    if not usual or None in shape[1:] or len(answer) != 2 or answer[1] < 2:
        raise DataError(
            f"{path}: expected a network from images of a fixed size to one probability per class, "
            f"received one from {shape} to {answer}"
        )
    return shape[1:]


def _about(pixels: np.ndarray) -> list[str]:
    mean = pixels.mean()
    if BRIGHTNESS[0] <= mean <= BRIGHTNESS[1]:
        return []
    return [
        f"unlike the photographs of SIGNS: its mean brightness is {mean:.0f} of 255, theirs "
        f"{USUAL}; take it in good light, before a light wall"
    ]


def _write_crop(path: Path, pixels: np.ndarray) -> Path | None:
    crop = path.with_name(path.name + SEEN)
    if not os.access(path.parent, os.W_OK):
        return None
    with whole(crop) as temporary:
        Image.fromarray(pixels.squeeze()).save(temporary)
    return crop


def as_records(run: KeptRun, answers: Iterable[Answer]) -> list[dict]:
    """Answers as JSON."""
    return [
        {
            "image": str(answer.path),
            "run": run.name,
            "model": str(run.model),
            "answer": answer.name,
            "probabilities": answer.chances,
            "crop": None if answer.crop is None else str(answer.crop),
            "notes": [*cautions(run), *answer.notes],
        }
        for answer in answers
    ]
