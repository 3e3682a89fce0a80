"""A backup after an epoch, which stays complete if the process is killed at any moment.

It holds the sums of its files, and the backup before it stays beside it: where a disk has lost a
part of the newest one, the training goes on from the one before.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from datasets.files import why
from training.errors import TrainingError

WHOLE, WRITING, OLD = "backup", ".backup", ".backup.old"
METADATA, SUMS = "training_metadata.json", "sums.json"
# A backup that takes at most QUICK seconds is made after every epoch. A longer one waits until the
# training that it saves took WORTH times as long: backups cost 5% at most.
QUICK, WORTH = 0.5, 20


def prepare(folder: Path, resume: bool = True) -> int:
    """Make `folder` ready for `callbacks`; returns how many epochs its backup holds.

    A damaged backup is replaced by the one before it, with a warning.

    resume: False forgets the backups. Raises TrainingError where none of them is whole.
    """
    whole, writing, old = (folder / name for name in (WHOLE, WRITING, OLD))
    for leftover in (writing,) if resume else (writing, old, whole):
        shutil.rmtree(leftover, ignore_errors=True)
    # There is none of the name between the two renames of `_swap`.
    if not _is_whole(whole) and _is_whole(old):
        if whole.exists():
            warnings.warn(f"{whole}: damaged; going on from the backup before it", stacklevel=3)
            shutil.rmtree(whole)
        os.rename(old, whole)
    if whole.exists() and not _is_whole(whole):
        raise _damaged(whole)
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
        done = json.loads((whole / METADATA).read_text())["epoch"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(whole) from error
    if type(done) is not int or done < 0:
        raise _damaged(whole)
    return done


def _damaged(whole: Path) -> TrainingError:
    return TrainingError(
        f"expected a whole backup in {whole}, found a damaged one; remove that folder to start "
        "again"
    )


def _is_whole(backup: Path) -> bool:
    """Whether all files of a backup are as they were written; earlier versions kept no sums."""
    try:
        kept = {file.name for file in backup.iterdir()}
        if SUMS not in kept:
            return METADATA in kept
        return json.loads((backup / SUMS).read_text()) == _sums(backup)
    except (OSError, ValueError, RecursionError):
        return False


def _sums(backup: Path) -> dict[str, str]:
    sums = {}
    for path in backup.iterdir():
        if path.name != SUMS:
            with path.open("rb") as file:
                sums[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return sums


def _seal(backup: Path) -> None:
    """Add the sums of the files, and have the disk keep all of them before they get their name."""
    (backup / SUMS).write_text(json.dumps(_sums(backup)))
    for path in (*backup.iterdir(), backup):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def callbacks(folder: Path, model, clock: Callable[[], float] = time.monotonic) -> list:
    """Keras' BackupAndRestore, but what it wrote becomes the backup in one rename, when it is due.

    BackupAndRestore overwrites its only copy in place: a kill in between would lose all of it. A
    slow backup waits until the training since the last one took `WORTH` times as long. model:
    compiled, its optimizer built. The callback raises TrainingError when the disk is full.
    """
    import keras

    writing = folder / WRITING
    values = sum(int(np.prod(v.shape)) for v in (*model.variables, *model.optimizer.variables))
    size = 5 * values + 2**20  # 4 bytes each, and what HDF5 adds

    class Backup(keras.callbacks.BackupAndRestore):
        took, last = 0.0, 0.0

        def on_train_begin(self, logs=None):
            super().on_train_begin(logs)
            shutil.rmtree(writing, ignore_errors=True)

        def on_epoch_end(self, epoch, logs=None):
            began = clock()
            if self.took > QUICK and began - self.last < WORTH * self.took:
                return
            _reserve(folder, size)
            super().on_epoch_end(epoch, logs)
            _swap(folder)
            self.last = clock()
            self.took = self.last - began

    return [Backup(str(writing))]


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
    _seal(writing)
    if whole.exists():
        shutil.rmtree(old, ignore_errors=True)
        os.rename(whole, old)
    os.rename(writing, whole)


def remove(folder: Path) -> None:
    """Drop the backup of a run that is finished."""
    for name in (WHOLE, WRITING, OLD):
        shutil.rmtree(folder / name, ignore_errors=True)
