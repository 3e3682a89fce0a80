"""A backup after each epoch that a kill at any moment leaves whole."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from training.errors import TrainingError

WHOLE, WRITING, OLD = "backup", ".backup", ".backup.old"


def prepare(folder: Path, resume: bool = True) -> int:
    """Make `folder` ready for `callbacks`; returns how many epochs its backup holds.

    resume: False forgets the backup. Raises TrainingError for a damaged one.
    """
    whole, writing, old = (folder / name for name in (WHOLE, WRITING, OLD))
    if not whole.exists() and old.exists():  # killed between the two renames of `_swap`
        os.rename(old, whole)
    for leftover in (writing, old) if resume else (writing, old, whole):
        shutil.rmtree(leftover, ignore_errors=True)
    done = epochs(folder)
    if done:
        shutil.copytree(whole, writing)
    return done


def epochs(folder: Path) -> int:
    """How many epochs the backup in `folder` holds; raises TrainingError for a damaged one."""
    whole = folder / WHOLE
    if not whole.exists():
        return 0
    try:
        return json.loads((whole / "training_metadata.json").read_text())["epoch"]
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"expected a whole backup in {whole}, found a damaged one; "
            "remove that folder to start again"
        ) from error


def callbacks(folder: Path) -> list:
    """Keras' BackupAndRestore, and a callback that makes what it wrote the backup in one rename.

    BackupAndRestore overwrites its only copy in place: a kill meanwhile would lose all of it.
    """
    import keras

    writing = folder / WRITING
    return [
        keras.callbacks.BackupAndRestore(str(writing)),
        keras.callbacks.LambdaCallback(
            on_train_begin=lambda logs: shutil.rmtree(writing, ignore_errors=True),
            on_epoch_end=lambda epoch, logs: _swap(folder),
        ),
    ]


def _swap(folder: Path) -> None:
    whole, writing, old = (folder / name for name in (WHOLE, WRITING, OLD))
    if whole.exists():
        os.rename(whole, old)
    os.rename(writing, whole)
    shutil.rmtree(old, ignore_errors=True)


def remove(folder: Path) -> None:
    """Drop the backup of a run that is finished."""
    for name in (WHOLE, WRITING, OLD):
        shutil.rmtree(folder / name, ignore_errors=True)
