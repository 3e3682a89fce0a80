"""The lessons: what an exercise file measures, draws and says once its functions are filled in.

A lesson gets the learner's own functions as arguments. Each module here has ABOUT, the description
of its command line; RUNS, the folder for what it writes; IMAGES, how many photographs `--quick`
trains on; and `run`. It may have `add_options` and `settings` for options of its own. An exercise
that measures nothing needs no lesson.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from datasets.errors import DataError
from training.errors import TrainingError

if TYPE_CHECKING:
    from datasets.signs import Signs
    from training.evaluate import Score


def main(name: str, walk: Callable, words: Sequence[str] | None = None) -> int:
    """Run an exercise file from the command line; one line says what its user can fix.

    Args:
        name: The exercise, such as "vgg".
        walk: The function of the exercise file that trains; it takes the options.
        words: The command line; by default that of the script.

    Returns:
        The exit status: 0 if all went well.
    """
    try:
        walk(options(name, words))
    except (DataError, TrainingError, NotImplementedError, KeyboardInterrupt) as error:
        print(str(error) or "interrupted", file=sys.stderr)
    except Exception as error:
        text = (str(error).strip() or "no message").splitlines()[0]
        print(f"{_place(error, walk)}: {type(error).__name__}: {text}", file=sys.stderr)
    else:
        return 0
    return 1


def options(name: str, words: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of a lesson, from the command line or from other words in its place.

    `images` is among them: how many training photographs to use, or None for all.
    """
    lesson = _lesson(name)
    parser = argparse.ArgumentParser(description=lesson.ABOUT)
    parser.add_argument("--quick", action="store_true", help="few photographs and epochs only")
    parser.add_argument("--data", choices=["auto", "signs", "synthetic"], default="auto")
    parser.add_argument(
        "--runs", type=Path, default=Path(lesson.RUNS), help="the folder for what it writes"
    )
    parser.add_argument("--seed", type=int, default=0)
    if hasattr(lesson, "add_options"):
        lesson.add_options(parser)
    chosen = parser.parse_args(words)
    chosen.images = lesson.IMAGES if chosen.quick else None
    if hasattr(lesson, "settings"):
        lesson.settings(chosen, parser)
    return chosen


def _lesson(name: str) -> Any:
    """The module of a lesson; the usual settings for an exercise without one."""
    module = f"{__name__}.{name}"
    if importlib.util.find_spec(module) is None:
        about = f"{name}: train what you have built."
        return SimpleNamespace(ABOUT=about, RUNS=f"runs/{name}", IMAGES=360)
    return importlib.import_module(module)


def _place(error: BaseException, walk: Callable) -> str:
    """The file, line and function in which the learner's own code failed."""
    frames = [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals is walk.__globals__
    ]
    frame, line = frames[-1] if frames else (None, 0)
    code = walk.__code__ if frame is None else frame.f_code
    function = code.co_qualname.split(".")[0]
    return f"{Path(code.co_filename).name}, line {line}, in {function}"


def shortened(data: Signs, images: int, epochs: int) -> Signs:
    """The data with its first training photographs alone; says that this is a quick run."""
    print(
        f"--quick: {images} training photographs and {epochs} epochs, too few to judge by: what "
        "follows shows the way, not the answer"
    )
    return data._replace(train_x=data.train_x[:images], train_y=data.train_y[:images])


def halved(images: np.ndarray) -> np.ndarray:
    """Images of half the height and width, the mean of each 2x2: uint8 -> uint8."""
    n, h, w, c = images.shape
    mean = images.reshape(n, h // 2, 2, w // 2, 2, c).mean(axis=(2, 4))
    return mean.round().astype("uint8")


def described(tested: Score) -> str:
    """The test accuracy in words: on all photographs, and on those that train does not hold."""
    return (
        f"test accuracy {tested.accuracy:.4f} on {tested.tested} photographs, "
        f"{tested.accuracy_unseen:.4f} on the {tested.unseen} that train does not hold"
    )


def save_confusion(tested: Score, classes: Iterable, title: str, folder: Path) -> None:
    """Write confusion.png; the title gets the test accuracy."""
    from training import plots

    figure = plots.confusion(tested.confusion, [*classes], f"{title}: test {tested.accuracy:.1%}")
    plots.save(figure, folder / "confusion.png")
