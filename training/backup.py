"""A backup after each epoch that a kill at any moment leaves whole."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np

from datasets.files import why
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


def callbacks(folder: Path, model) -> list:
    """Keras' BackupAndRestore, and a callback that makes what it wrote the backup in one rename.

    BackupAndRestore overwrites its only copy in place: a kill meanwhile would lose all of it.
    model: compiled, its optimizer built. The callbacks raise TrainingError for want of room.
    """
    import keras

    writing = folder / WRITING
    values = sum(int(np.prod(v.shape)) for v in (*model.variables, *model.optimizer.variables))
    size = 5 * values + 2**20  # 4 bytes each, and what HDF5 adds
    return [
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: _reserve(folder, size)),
        keras.callbacks.BackupAndRestore(str(writing)),
        keras.callbacks.LambdaCallback(
            on_train_begin=lambda logs: shutil.rmtree(writing, ignore_errors=True),
            on_epoch_end=lambda epoch, logs: _swap(folder),
        ),
    ]


def _reserve(folder: Path, size: int) -> None:
    """Refuse to go on without `size` bytes of room.

    Where a write fails, HDF5 brings the whole process down when it closes the file.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            elif shutil.disk_usage(folder).free < size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError as error:
        raise TrainingError(
            f"cannot save {size / 1e6:.0f} MB in {folder}: {why(error)}; "
            "the epochs saved before are whole"
        ) from error


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
