"""runs/NAME/: what a run leaves behind, and whether it is there already.

history.csv, model.keras, environment.json, curves.png, confusion.png and, written last,
result.json: a run is finished if that file is there and was made with the settings asked for. The
settings hold everything that decides the result, the hash of the code included. report.html and
README.md are about these files: training/pages.py.
"""

from __future__ import annotations

import hashlib
import json
import math
import operator
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from datasets.code_hash import code_hash
from datasets.files import alone, make_folder, why, write_whole
from training import backup, environment, history, plots
from training.errors import TrainingError
from training.evaluate import Score
from training.loop import Fitted
from training.saving import save_model

RESULT, ENVIRONMENT, MODEL = "result.json", "environment.json", "model.keras"
# The settings that hold hashes of code, today's and those of earlier versions.
CODE = {"code_sha256", "net_sha256", "source_sha256", "training_sha256"}
EARLIER_CODE = "by an earlier version of the code"


def check_root(root: str | os.PathLike) -> Path:
    """Make the folder of all runs; raises TrainingError or DataError unless it can be written."""
    root = make_folder(root)
    try:
        with tempfile.TemporaryFile(dir=root):
            pass
    except OSError as error:
        raise TrainingError(f"cannot write to {root}: {why(error)}") from error
    return root


def fingerprint(settings: Mapping) -> str:
    """SHA-256 of everything that decides a run's result."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def decisive_code(*entries: Path, without: Iterable[Path] = ()) -> str:
    """The hash of the code that decides a result; the code that draws its pictures does not.

    entries, without: as in `datasets.code_hash.code_hash`.
    """
    return code_hash(*entries, without=(Path(__file__).with_name("plots.py"), *without))


def difference(old: object, new: Mapping) -> str:
    """How a run with the settings `old` was made, seen from a run with the settings `new`.

    Returns the end of a sentence, such as "by an earlier version of the code".
    """
    if not isinstance(old, Mapping):
        return "with settings that cannot be read"
    before, after = _flat(old), _flat(new)
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    others = {name[0] for name in changed if name[-1] not in CODE}
    if not others:
        return EARLIER_CODE
    return f"with other settings ({', '.join(sorted(others))})"


def _flat(settings: object, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], object]:
    if not isinstance(settings, Mapping):
        # As JSON gives it back: a tuple is a list.
        return {path: json.dumps(settings)}
    parts = [_flat(value, (*path, str(name))) for name, value in settings.items()]
    return {name: value for part in parts for name, value in part.items()}


def finished(folder: Path, settings: Mapping) -> dict | None:
    """The result of the run in `folder`, if it is finished and was made with `settings`."""
    record = result(folder)
    if record is None or record.get("fingerprint") != fingerprint(settings):
        return None
    return record


def begin(folder: Path, settings: Mapping, say: Callable[[str], None] = lambda _: None) -> None:
    """Make `folder` ready for a run with `settings` and write its environment.json.

    An unfinished run with the same settings stays there to be resumed. A run with other settings,
    or of other code, is renamed, and `say` gets a line about it: nothing that was saved is lost.
    """
    earlier = read(folder / ENVIRONMENT) or {}
    same = earlier.get("fingerprint") == fingerprint(settings)
    if not same and folder.is_dir() and any(folder.iterdir()):
        kept = _free_name(folder)
        folder.rename(kept)
        how = difference(earlier.get("settings"), settings)
        say(f"{folder}: made {how}, kept as {kept.name}; trained again")
    record = {
        "fingerprint": fingerprint(settings),
        "settings": settings,
        "versions": environment.versions(),
        "backend": environment.backend(),
        "device": environment.device(settings.get("device")),
        "machine": environment.machine(),
        "started": earlier.get("started", _now()) if same else _now(),
    }
    make_folder(folder)
    write(folder / ENVIRONMENT, record)


class Watcher(Protocol):
    """What looks on while a run is trained; see `training.pages.Page`."""

    def live(self) -> AbstractContextManager:
        """The run is trained inside."""

    def finished(self, model: Any) -> None:
        """The result is written."""


def once(
    folder: Path,
    settings: Mapping,
    title: str,
    run: Callable[[], tuple[Fitted, Score]],
    classes,
    say: Callable[[str], None],
    watcher: Watcher | None = None,
) -> dict:
    """The result in `folder` if it was made with `settings`, else that of `run`, called now.

    Args:
        folder: Where the run is kept.
        settings: Everything that decides its result, as JSON.
        title: The run, for its pictures.
        run: Trains and tests.
        classes: The names of the classes, for the confusion matrix.
        say: Gets a line for the user: the run was read, or an earlier run was put aside.
        watcher: Is told that the run begins, stops or is finished, if it is made now.

    Returns:
        What `finish` returns.
    """
    with alone(folder, lambda: say(f"{folder}: another process trains this run; waiting for it")):
        kept = finished(folder, settings)
        if kept is not None:
            say(f"{folder}: finished on {kept['finished'][:10]}, read")
            return kept
        begin(folder, settings, say)
        with nullcontext() if watcher is None else watcher.live():
            fitted, score = run()
            result = finish(folder, settings, fitted, score, classes, title)
        if watcher is not None:
            watcher.finished(fitted.model)
        return result


def finish(
    folder: Path, settings: Mapping, fitted: Fitted, score: Score, classes, title: str
) -> dict:
    """Write the model, the pictures and, last, the result; returns the result.

    A run without a history has no picture of it.
    """
    save_model(fitted.model, folder / MODEL)
    history.write(folder / history.NAME, fitted.history)
    tested = f"{100 * score.accuracy:.1f}% of {score.tested} test images"
    if fitted.history:
        figure = plots.curves(fitted.history, title, (tested, score.accuracy))
        plots.save(figure, folder / "curves.png")
    plots.save(
        plots.confusion(score.confusion, classes, f"{title}: {tested}"), folder / "confusion.png"
    )
    record = read(folder / ENVIRONMENT) or {}
    result = {
        "fingerprint": fingerprint(settings),
        "accuracy": score.accuracy,
        "accuracy_unseen": score.accuracy_unseen,
        "tested": score.tested,
        "unseen": score.unseen,
        "classes": [str(name) for name in classes],
        "predictions": score.predictions.tolist(),
        "labels": score.labels.tolist(),
        "unseen_rows": np.flatnonzero(score.new).tolist(),
        "confusion": score.confusion.tolist(),
        "seconds": fitted.seconds,
        "device": f"{record.get('device')} ({record.get('machine')})",
        "versions": record.get("versions", {}),
        "finished": _now(),
    }
    write(folder / RESULT, result)
    backup.remove(folder)
    return result


def write(path: Path, record: Mapping) -> None:
    """Write a record as JSON, whole or not at all."""
    write_whole(path, json.dumps(record, indent=1, default=str) + "\n")


def read(path: Path) -> dict | None:
    """What a JSON file holds; None unless it can be read and holds a dict."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def result(folder: Path) -> dict | None:
    """The result of the run in `folder`; None unless it is there, and is as `finish` writes it.

    Earlier versions kept no classes, and no labels beside the answers.
    """
    record = read(folder / RESULT)
    return record if record is not None and _is_result(record) else None


def _is_result(record: Mapping) -> bool:
    try:
        confusion, answers = np.array(record["confusion"]), np.array(record["predictions"])
        labels, new = (
            np.array(record.get("labels", answers)),
            np.array(record.get("unseen_rows", [])),
        )
        names = list(record.get("classes", ["0"] * len(confusion)))
        tested, unseen = (operator.index(record[key]) for key in ("tested", "unseen"))
        figures = [float(record[key]) for key in ("accuracy", "accuracy_unseen", "seconds")]
        rows = [operator.index(row) for row in new.tolist()]
    except (KeyError, TypeError, ValueError, OverflowError):
        return False
    return (
        all(array.dtype.kind == "i" for array in (confusion, answers, labels))
        and confusion.shape == (len(names), len(names))
        and confusion.min() >= 0
        and answers.shape == labels.shape == (tested,)
        and confusion.sum() == tested
        and new.shape in ((0,), (unseen,))
        and all(0 <= row < tested for row in rows)
        and all(isinstance(name, str) for name in names)
        and math.isfinite(figures[0])
        and figures[2] >= 0
        and all(isinstance(record.get(key), str) for key in ("device", "finished"))
        and isinstance(record.get("versions"), Mapping)
    )


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %z")


def _free_name(folder: Path) -> Path:
    stem = f"{folder.name}.before-{time.strftime('%Y%m%d-%H%M%S')}"
    names = [stem, *(f"{stem}-{i}" for i in range(1, 100))]
    return next(folder.with_name(name) for name in names if not folder.with_name(name).exists())
