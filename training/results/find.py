"""The runs that are kept in runs/: which there are, and which one the user means."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from datasets.invocation import typed
from training import history, runs
from training.errors import TrainingError, unknown

SUFFIX = ".keras"


@dataclass(frozen=True)
class KeptRun:
    """A run that is kept, finished or not.

    record: its environment.json. result: its result.json, or None until it is finished. model: the
    file of the trained network.
    """

    folder: Path
    record: Mapping
    result: Mapping | None
    model: Path

    @property
    def name(self) -> str:
        """The name of its folder; for a file that belongs to no run, the path of the file."""
        return self.folder.name if self.record else str(self.model)

    @property
    def settings(self) -> Mapping:
        """Everything that decides its result."""
        settings = self.record.get("settings")
        return settings if isinstance(settings, Mapping) else {}

    @property
    def recipe(self) -> Mapping:
        """How it was trained; empty for a run that trains in its own way, or of another form."""
        recipe = self.settings.get("recipe")
        return recipe if isinstance(recipe, Mapping) and _is_recipe(recipe) else {}

    @property
    def data(self) -> str:
        """What it was trained on: SIGNS, synthetic, other, or unknown."""
        data = self.settings.get("data")
        return data if data in ("SIGNS", "synthetic", "other") else "unknown"

    @property
    def sums(self) -> Mapping:
        """The SHA-256 of its data by split; empty if they are not known."""
        sums = self.settings.get("data_sha256")
        return sums if isinstance(sums, Mapping) else {}

    @property
    def date(self) -> str:
        """When it was finished or, until then, started: YYYY-MM-DD HH:MM:SS and the time zone."""
        return str((self.result or {}).get("finished") or self.record.get("started", ""))

    @property
    def epochs(self) -> int | None:
        """How many it was to have."""
        epochs = self.recipe.get("epochs", self.settings.get("passes"))
        return epochs if isinstance(epochs, int) else None

    @cached_property
    def history(self) -> list[dict[str, float]]:
        """Its epochs so far; of a run that trains in its own way there may be none."""
        path = self.folder / history.NAME
        return history.read(path) if path.is_file() else []

    @property
    def epochs_done(self) -> int | None:
        """How many it has had."""
        return self.epochs if self.result else len(self.history)

    @property
    def classes(self) -> list[str]:
        """The names of its classes, as in its result."""
        assert self.result is not None
        names = self.result.get("classes")
        return names or [str(number) for number in range(len(self.result["confusion"]))]


_FIGURE = (int, float)
_RECIPE: dict[str, type | tuple[type, ...]] = {
    "name": str, "epochs": int, "batch": int, "optimizer": str, "schedule": str,
    "learning_rate": _FIGURE, "weight_decay": _FIGURE, "label_smoothing": _FIGURE,
    "batch_norm_momentum": (*_FIGURE, type(None)), "batch_norm_at_test": str,
    "augmentation": (dict, type(None)),
}  # fmt: skip


def _is_recipe(recipe: Mapping) -> bool:
    return all(name in recipe and isinstance(recipe[name], form) for name, form in _RECIPE.items())


def at(path: Path) -> KeptRun:
    """The run in a folder, or the one of a model file."""
    folder, model = (path.parent, path) if path.suffix == SUFFIX else (path, path / runs.MODEL)
    # Another file in a run's folder, such as best.keras, is not what its result is about.
    own = model.name == runs.MODEL
    record = (runs.read(folder / runs.ENVIRONMENT) or {}) if own else {}
    result = runs.result(folder) if record else None
    return KeptRun(folder, record, result, model)


def is_run(path: Path) -> bool:
    """Whether a path is a model file, or a folder with a run or a model in it."""
    if path.suffix == SUFFIX:
        return path.is_file()
    return any((path / name).is_file() for name in (runs.ENVIRONMENT, runs.MODEL))


def everything(root: Path) -> list[KeptRun]:
    """All runs in `root`, the newest last; raises TrainingError if there is none."""
    folders = root.iterdir() if root.is_dir() else ()
    kept = [at(folder) for folder in folders if (folder / runs.ENVIRONMENT).is_file()]
    if not kept:
        raise TrainingError(
            f"expected a run in {root}, found none: `{typed('reproduce')}` makes the first"
        )
    return sorted(kept, key=lambda run: (run.date, run.name))


def find(text: str, root: Path) -> KeptRun:
    """The run that `text` means: the name of a run in `root`, a unique prefix, or a path.

    Raises TrainingError, with close names, for anything else.
    """
    if is_run(Path(text)):
        return at(Path(text))
    if Path(text).suffix == SUFFIX or os.sep in text.rstrip(os.sep):
        raise TrainingError(f"expected a run or a {SUFFIX} file, found none at {text}")
    kept = {run.name: run for run in everything(root)}
    if text in kept:
        return kept[text]
    fitting = [name for name in kept if name.startswith(text)]
    if len(fitting) > 1:
        raise TrainingError(
            f"expected one run, received the beginning of {len(fitting)}: "
            f"{', '.join(sorted(fitting))}; type more of the name"
        )
    if not fitting:
        raise unknown("a run", text, kept)
    return kept[fitting[0]]


def finished(text: str, root: Path) -> KeptRun:
    """The run that `text` means, as `find` gives it; raises TrainingError until it is finished."""
    run = find(text, root)
    if run.result is None and (run.folder / runs.RESULT).is_file() and run.record:
        raise TrainingError(
            f"expected a finished run, received {run.name}, whose {runs.RESULT} is damaged; the "
            "command that made it makes it again"
        )
    if run.result is None:
        state = f"it stopped after {run.epochs_done} of {run.epochs} epochs" if run.record else ""
        raise TrainingError(
            f"expected a finished run, received {run.name}"
            + (
                f": {state}; the command that began it goes on"
                if state
                else ", which has no record"
            )
        )
    return run
