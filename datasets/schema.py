"""The HDF5 schema of SIGNS: one file read and checked, every fault in one line.

The Happy House is stored in the same way, in files of other names and with two classes. A `Schema`
says where the two differ; SIGNS is the default.
"""

from __future__ import annotations

import errno
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from datasets.errors import DataError, MissingData
from datasets.files import is_lfs_pointer, why
from datasets.invocation import typed

SIDE = 64  # pixels
CLASSES = 6
# An array of more bytes than LARGE must be stored in a file, packed no more than so many times.
LARGE, MOST_PACKED = 2**28, 50
FILES = {"train": "train_signs.h5", "test": "test_signs.h5"}
GET = (
    f"get the photographs with `{typed('data download')}`, or drawn ones with "
    f"`{typed('data synthesize')}`, or set SIGNS_DIR to a folder that holds them"
)
REPLACE = f"replace the file, for instance by `{typed('data download --force')}`"


@dataclass(frozen=True)
class Schema:
    """A data set of two files: their names by split, and how many classes there are.

    get, replace: the end of an error message: what to do about a missing file or a bad one.
    """

    files: dict[str, str]
    classes: int
    get: str
    replace: str


SIGNS = Schema(FILES, CLASSES, GET, REPLACE)


class Part(NamedTuple):
    """One file: images uint8 (n, 64, 64, 3), labels int64 (n,), classes int64 (6,) or (2,).

    synthetic: whether the file says that its images are drawn. sha256: of the whole file.
    """

    images: np.ndarray
    labels: np.ndarray
    classes: np.ndarray
    synthetic: bool
    sha256: str


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; raises DataError if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"cannot read {path}: {why(error)}") from error


def check_folder(folder: Path, schema: Schema = SIGNS) -> None:
    """Raise DataError unless `folder` is a folder with both files of the schema."""
    names = " and ".join(schema.files.values())
    if not folder.exists():
        raise MissingData(
            f"expected a folder with {names}, found nothing at {folder}: {schema.get}"
        )
    if not folder.is_dir():
        raise DataError(
            f"expected a folder with {names}, found a file at {folder}: "
            "name the folder that holds them"
        )
    for name in schema.files.values():
        check_file(folder / name, schema)


def check_file(path: Path, schema: Schema = SIGNS) -> None:
    """Raise DataError unless `path` is a regular file."""
    if path.is_dir():
        raise DataError(f"expected a file, found a folder at {path}: put the file in its place")
    if not path.exists():
        raise MissingData(
            f"expected the file {path.name}, found none in {path.parent}: {schema.get}"
        )
    if not path.is_file():
        raise DataError(
            f"expected a regular file, found a device or pipe at {path}: {schema.replace}"
        )


@contextmanager
def opened(path: Path, schema: Schema = SIGNS, content: bytes | None = None) -> Iterator[h5py.File]:
    """An HDF5 file to read; raises DataError, one line, for a damaged file or another format.

    Keep the block small: what it raises is taken for a fault of the file. content: the bytes of the
    file, if they have been read already.
    """
    try:
        with h5py.File(path if content is None else io.BytesIO(content), "r") as file:
            yield file
    except DataError:
        raise
    # It depends on the damaged byte what h5py raises: RuntimeError, TypeError, KeyError and more.
    except Exception as error:
        raise DataError(_broken(path, error, schema)) from error


def read_folder(folder: Path, schema: Schema = SIGNS) -> dict[str, Part]:
    """Both files of the schema in `folder`, by split: {"train": Part, "test": Part}, checked."""
    check_folder(folder, schema)
    return {split: read_part(folder / name, split, schema) for split, name in schema.files.items()}


def read_part(path: Path, split: str, schema: Schema = SIGNS) -> Part:
    """Read the file of a split, once, and check it.

    Args:
        path: The file.
        split: "train" or "test".
        schema: What the file must hold.

    Returns:
        Images uint8 (n, 64, 64, 3) and labels int64 (n,), in SIGNS 0 to 5; see `Part`.

    Raises:
        DataError: The file holds anything else, or cannot be read.
    """
    check_file(path, schema)
    keys = (f"{split}_set_x", f"{split}_set_y", "list_classes")
    try:
        _check_unlocked(path)
        content = path.read_bytes()
        with opened(path, schema, content) as file:
            for key in keys:
                check_key(path, file, key)
            _check_images(path, file[keys[0]], schema)
            for key in keys:
                _check_size(path, file[key], schema)
            arrays = [file[key][()] for key in keys]
            synthetic = bool(file.attrs.get("synthetic", False))
    except (OSError, MemoryError) as error:
        raise DataError(_broken(path, error, schema)) from error
    images, labels, classes = arrays
    labels = check_labels(path, keys[1], labels, schema)
    if len(images) != len(labels):
        raise DataError(
            f"{path}: expected one label per image, found {len(images)} images "
            f"and {len(labels)} labels: {schema.replace}"
        )
    classes = check_labels(path, keys[2], classes, schema)
    if classes.tolist() != list(range(schema.classes)):
        raise DataError(
            f"{path}: expected list_classes 0 to {schema.classes - 1}, "
            f"found {classes.tolist()[:12]}: {schema.replace}"
        )
    return Part(images, labels, classes, synthetic, hashlib.sha256(content).hexdigest())


def is_synthetic(path: Path) -> bool:
    """Whether the file says that its hands are drawn; False if it cannot be read."""
    try:
        with opened(path) as file:
            return bool(file.attrs.get("synthetic", False))
    except DataError:
        return False


def check_labels(path: Path, key: str, labels: np.ndarray, schema: Schema = SIGNS) -> np.ndarray:
    """Labels as int64 (n,), in SIGNS 0 to 5; digits stored as bytes or text are read.

    Raises DataError for another rank, for floats, NaN included, and for an unknown class.
    """
    labels = np.asarray(labels)
    check_label_shape(path, key, labels.shape)
    if labels.dtype.kind in "SUO":
        labels = _digits(path, key, labels)
    if labels.dtype.kind == "f":
        nan = int(np.isnan(labels).sum())
        found = f"{nan} NaN among {labels.dtype}" if nan else str(labels.dtype)
        raise DataError(
            f"{path}: expected whole numbers in {key}, found {found}: store the digits as int64"
        )
    if labels.dtype.kind not in "iu":
        raise DataError(
            f"{path}: expected whole numbers in {key}, found {labels.dtype}: "
            "store the digits as int64"
        )
    wrong = labels[(labels < 0) | (labels >= schema.classes)]
    if len(wrong):
        raise DataError(
            f"{path}: expected {key} from 0 to {schema.classes - 1}, found {wrong[0]} "
            f"({len(wrong)} such): fix or drop those photographs"
        )
    return labels.astype(np.int64)


def check_label_shape(path: Path, key: str, shape: tuple[int, ...]) -> None:
    """Raise DataError unless `shape` is (n,); what to do depends on the shape that was found."""
    if len(shape) == 1:
        return
    if len(shape) > 1 and 1 in shape and max(shape) == np.prod(shape):
        hint = "flatten it, with labels.reshape(-1)"
    elif len(shape) == 2:
        hint = "take the argmax of one-hot labels"
    else:
        hint = "store one per image"
    raise DataError(f"{path}: expected {key} of shape (n,), found {tuple(shape)}: {hint}")


def _digits(path: Path, key: str, labels: np.ndarray) -> np.ndarray:
    try:
        return np.array([int(label) for label in labels.tolist()], np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"{path}: expected digits in {key}, found other text "
            f"({error}): store the digits as int64"
        ) from error


def check_key(path: Path, file: h5py.File, key: str) -> None:
    """Raise DataError, with the names of its arrays, unless `file` holds the array `key`."""
    if isinstance(file.get(key), h5py.Dataset):
        return
    names = ", ".join(sorted(file)[:8]) or "none"
    raise DataError(
        f"{path}: expected the array {key}, found {names}: rename the keys, or name another file"
    )


def _check_images(path: Path, images: h5py.Dataset, schema: Schema) -> None:
    expected = f"{path}: expected {images.name.lstrip('/')} uint8 of shape (n, {SIDE}, {SIDE}, 3)"
    if images.ndim != 4 or images.shape[1:] != (SIDE, SIDE, 3):
        raise DataError(
            f"{expected}, found shape {images.shape}: "
            f"resize the photographs to {SIDE}x{SIDE} RGB, channels last"
        )
    if images.dtype != np.uint8:
        raise DataError(
            f"{expected}, found {images.dtype}: store pixels as whole numbers "
            "0-255 in uint8; the network scales them"
        )
    if not len(images):
        raise DataError(f"{expected}, found no photograph at all: {schema.replace}")


def _check_size(path: Path, array: h5py.Dataset, schema: Schema) -> None:
    """Refuse a small file that would fill the memory: HDF5 makes up what is not stored."""
    stored = array.id.get_storage_size()
    if array.nbytes > LARGE and array.nbytes > MOST_PACKED * stored:
        raise DataError(
            f"{path}: expected {array.name.lstrip('/')} as large as it says, found "
            f"{stored:,} bytes for {array.nbytes:,}: {schema.replace}"
        )


def _check_unlocked(path: Path) -> None:
    """Raise BlockingIOError if another program holds the file open for writing."""
    try:
        h5py.File(path, "r").close()
    except BlockingIOError:
        raise
    except Exception:  # its bytes, which are read next, say what is wrong with it
        return


def _broken(path: Path, error: Exception, schema: Schema) -> str:
    text = str(error)
    if getattr(error, "errno", None) in (errno.EACCES, errno.EPERM):
        return f"cannot read {path}: no permission; change it, or name another file"
    if isinstance(error, MemoryError):
        return (
            f"{path}: expected a file that fits in memory, found a larger one: name a smaller file"
        )
    if isinstance(error, BlockingIOError):
        return (
            f"{path}: expected a file that no program writes to, found one that is open for "
            "writing: close it there, for instance by restarting the notebook that opened it"
        )
    if "truncated" in text:
        return f"{path}: expected a whole HDF5 file, found one cut short: {schema.replace}"
    if is_lfs_pointer(path):
        return (
            f"{path}: expected an HDF5 file, found a pointer of Git LFS in its place: "
            "fetch the file with `git lfs pull`"
        )
    if "signature not found" in text:
        return f"{path}: expected an HDF5 file, found something else: {schema.replace}"
    return f"{path}: expected a readable HDF5 file, found a damaged one ({text}): {schema.replace}"
