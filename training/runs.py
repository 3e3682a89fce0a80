"""runs/NAME/: what a run leaves behind, and whether it is there already.

history.csv, model.keras, environment.json, curves.png, confusion.png and, written last,
result.json: a run is finished when that is there and its settings are those asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from datasets.files import make_folder, whole, why, write_whole
from training import backup, environment, history, plots
from training.errors import TrainingError
from training.evaluate import Score
from training.loop import Fitted

RESULT, ENVIRONMENT, MODEL = "result.json", "environment.json", "model.keras"


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


def finished(folder: Path, settings: Mapping) -> dict | None:
    """The result of the run in `folder`, if it is finished and was made with `settings`."""
    result = _read(folder / RESULT)
    if result is None or result.get("fingerprint") != fingerprint(settings):
        return None
    return result


def begin(folder: Path, settings: Mapping) -> Path | None:
    """Make `folder` ready for a run with `settings` and write its environment.json.

    An unfinished run with the same settings is left for resumption. One with other settings is
    renamed, and its new path returned: nothing that was saved is lost.
    """
    known, moved = _read(folder / ENVIRONMENT), None
    same = known is not None and known.get("fingerprint") == fingerprint(settings)
    if not same and folder.is_dir() and any(folder.iterdir()):
        moved = _free_name(folder)
        folder.rename(moved)
    record = {
        "fingerprint": fingerprint(settings),
        "settings": settings,
        "versions": environment.versions(),
        "backend": environment.backend(),
        "device": environment.device(settings.get("device")),
        "machine": environment.machine(),
        "started": known["started"] if same else _now(),
    }
    make_folder(folder)
    _write(folder / ENVIRONMENT, record)
    return moved


def once(
    folder: Path,
    settings: Mapping,
    title: str,
    run: Callable[[], tuple[Fitted, Score]],
    classes,
    say: Callable[[str], None],
) -> dict:
    """The result in `folder` if it was made with `settings`, else that of `run`, called now."""
    result = finished(folder, settings)
    if result is not None:
        say(f"{folder}: finished on {result['finished'][:10]}, read")
        return result
    moved = begin(folder, settings)
    if moved is not None:
        say(f"{moved}: an earlier run with other settings, kept under this name")
    return finish(folder, settings, *run(), classes, title)


def finish(
    folder: Path, settings: Mapping, fitted: Fitted, score: Score, classes, title: str
) -> dict:
    """Write the model, the pictures and, last, the result; returns the result.

    Without a history there is no picture of it. The model is saved without its optimizer: a third
    of the size, and ready to predict.
    """
    import keras

    with whole(folder / MODEL) as temporary:
        keras.Model(fitted.model.input, fitted.model.output).save(temporary)
    history.write(folder / history.NAME, fitted.history)
    tested = f"{100 * score.accuracy:.1f}% of {score.tested} test images"
    if fitted.history:
        figure = plots.curves(fitted.history, title, (tested, score.accuracy))
        plots.save(figure, folder / "curves.png")
    plots.save(
        plots.confusion(score.confusion, classes, f"{title}: {tested}"), folder / "confusion.png"
    )
    record = _read(folder / ENVIRONMENT) or {}
    result = {
        "fingerprint": fingerprint(settings),
        "accuracy": score.accuracy,
        "accuracy_unseen": score.accuracy_unseen,
        "tested": score.tested,
        "unseen": score.unseen,
        "predictions": score.predictions.tolist(),
        "confusion": score.confusion.tolist(),
        "seconds": fitted.seconds,
        "device": f"{record.get('device')} ({record.get('machine')})",
        "versions": record.get("versions", {}),
        "finished": _now(),
    }
    _write(folder / RESULT, result)
    backup.remove(folder)
    return result


def _write(path: Path, record: Mapping) -> None:
    write_whole(path, json.dumps(record, indent=1, default=str) + "\n")


def _read(path: Path) -> dict | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %z")


def _free_name(folder: Path) -> Path:
    stem = f"{folder.name}.before-{time.strftime('%Y%m%d-%H%M%S')}"
    names = [stem, *(f"{stem}-{i}" for i in range(1, 100))]
    return next(folder.with_name(name) for name in names if not folder.with_name(name).exists())
