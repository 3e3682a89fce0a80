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
from training.comparison import SEEDS
from training.errors import TrainingError

if TYPE_CHECKING:
    from datasets.splits import Parts
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

    `images` is among them, how many training photographs to use, or None for all; and `seeds`, how
    many runs of each network, from `seed` on.
    """
    lesson = _lesson(name)
    parser = argparse.ArgumentParser(description=lesson.ABOUT)
    parser.add_argument("--quick", action="store_true", help="few photographs and epochs only")
    parser.add_argument("--data", choices=["auto", "signs", "synthetic"], default="auto")
    parser.add_argument(
        "--runs", type=Path, default=Path(lesson.RUNS), help="the folder for what it writes"
    )
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument(
        "--seeds",
        type=int,
        help=f"runs of each network that is compared: {SEEDS}, or 1 with --quick; a verdict on "
        f"accuracy takes {SEEDS}",
    )
    if hasattr(lesson, "add_options"):
        lesson.add_options(parser)
    chosen = parser.parse_args(words)
    chosen.images = lesson.IMAGES if chosen.quick else None
    if chosen.seeds is None:
        chosen.seeds = 1 if chosen.quick else SEEDS
    if chosen.seeds < 1:
        parser.error(f"--seeds: expected 1 or more, received {chosen.seeds}")
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


def few_only(split: Parts, images: int, epochs: int) -> Parts:
    """The parts with few photographs to learn from; says that this is a quick run."""
    print(
        f"--quick: {images} training photographs, {epochs} epochs and one seed, too few for a "
        "verdict: what follows shows the way, not the answer"
    )
    return split.shortened(images)


def said(who: str, claim: str) -> None:
    """Print a claim and who makes it: a lecture, or a paper and its section."""
    print(f"Said by {who}: {claim}")


def asked(question: str) -> None:
    """Print a question that nobody has answered beforehand."""
    print(f"Asked: {question}")


def seeds(options: argparse.Namespace) -> range:
    """The seeds of all networks that are compared."""
    return range(options.seed, options.seed + options.seeds)


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


def save_confusion(counts: np.ndarray, classes: Iterable, title: str, folder: Path) -> None:
    """Write confusion.png; the title gets the accuracy. counts: row = true class."""
    from training import plots

    right = f"{title}: test {counts.trace() / counts.sum():.1%}"
    plots.save(plots.confusion(counts, [*classes], right), folder / "confusion.png")
