"""The output of frozen layers for every image, computed once and kept in an HDF5 file.

The file is named after a key: hashes of the model (architecture and weights), of the images and of
their preparation. If one of them changes, the key changes, so a stale file is never read. While the
file is made, every chunk is a small file of its own, written in one piece: a run that is killed
goes on after the last chunk. Memory holds one chunk, for any number of images.
"""

from __future__ import annotations

import hashlib
import inspect
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import h5py
import numpy as np

from datasets.code_hash import files_hash
from datasets.errors import DataError
from datasets.files import make_folder, whole, why, write_whole
from datasets.hdf5 import whole_hdf5
from datasets.pipeline import scaled
from datasets.quiet import import_keras
from training import environment
from training.errors import TrainingError

CHUNK = 256  # images
DATASET = "features"
_PIECE = 2**20  # bytes
# In a configuration, but without effect on what the model computes.
_WITHOUT_EFFECT = {"compile_config", "shared_object_id", "trainable"}
# Where a configuration names layers.
_NAMING = {"name", "keras_history", "input_layers", "output_layers"}


@dataclass(frozen=True)
class Key:
    """What features depend on: four SHA-256 or names. digest: SHA-256 of all of them."""

    model: str
    images: str
    preparation: str
    software: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def key(model, images, prepare: Callable = scaled) -> Key:
    """The key of what `model` gives for prepare(images), an array or what is sliced as one.

    Raises TrainingError for a preparation whose code cannot be read.
    """
    versions = environment.versions()
    named = {name: versions.get(name) for name in ("keras", environment.backend())}
    return Key(model_hash(model), array_hash(images), preparation(prepare), json.dumps(named))


def model_hash(model) -> str:
    """SHA-256 of a model's architecture and weights; names of layers do not change it.

    Keras numbers layers without a name through the whole process: the same model built twice has
    two sets of names.
    """
    names = {layer.name: f"layer {i}" for i, layer in enumerate(model.layers)}
    names[model.name] = "model"
    plain = _plain(json.loads(model.to_json()), names)
    total = hashlib.sha256(json.dumps(plain, sort_keys=True).encode())
    for weights in model.get_weights():
        total.update(f"{weights.dtype} {weights.shape}".encode())
        total.update(np.ascontiguousarray(weights).tobytes())
    return total.hexdigest()


def _plain(value, names: dict[str, str], under: str = ""):
    if isinstance(value, dict):
        kept = {k: part for k, part in value.items() if k not in _WITHOUT_EFFECT}
        return {k: _plain(part, names, k) for k, part in kept.items()}
    if isinstance(value, list):
        return [_plain(part, names, under) for part in value]
    # Nowhere else: a layer may well be called relu.
    return names.get(value, value) if under in _NAMING and isinstance(value, str) else value


def array_hash(images) -> str:
    """SHA-256 of an array's type, shape and values, read a chunk at a time."""
    total = hashlib.sha256(f"{images.dtype} {tuple(images.shape)}".encode())
    for start in range(0, len(images), CHUNK):
        total.update(np.ascontiguousarray(images[start : start + CHUNK]).tobytes())
    return total.hexdigest()


def preparation(prepare: Callable) -> str:
    """The name of a function, and the hash of the code of the file in which it stands."""
    try:
        file = Path(inspect.getsourcefile(prepare) or "")
        return f"{prepare.__module__}.{prepare.__qualname__} {files_hash(file)}"
    except (TypeError, OSError, AttributeError) as error:
        raise TrainingError(
            f"expected a preparation that is a function in a file, received {prepare!r}: "
            "features are kept under the hash of its code"
        ) from error


def path_of(folder: Path, model, wanted: Key) -> Path:
    """Where the features of key `wanted` are kept in `folder`."""
    return Path(folder) / f"{model.name}-{wanted.digest[:16]}.h5"


def cached(
    model,
    images,
    folder,
    *,
    prepare: Callable = scaled,
    say: Callable[[str], None] = lambda line: None,
) -> np.ndarray:
    """What `model` gives for prepare(images), read from `folder` or computed and kept there.

    images: uint8 (n, h, w, c), an array or an open dataset -> float32 (n, ...). A damaged file is
    computed again, after a word to `say`. Raises DataError for what the file system refuses.
    """
    return read(store(model, images, folder, prepare=prepare, say=say))


def store(
    model,
    images,
    folder,
    *,
    prepare: Callable = scaled,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """As `cached`, but returns the path of the file, whose features may be more than memory."""
    wanted = key(model, images, prepare)
    path = path_of(folder, model, wanted)
    if path.exists():
        try:
            check(path, wanted, len(images))
            return path
        except TrainingError as error:
            say(f"{error}; computed again")
    try:
        _make(path, model, images, prepare, wanted)
    except DataError:
        # Another process that made the same has removed the parts when its file was whole.
        if not _is_whole(path, wanted, len(images)):
            raise
    shutil.rmtree(_parts(path, wanted), ignore_errors=True)
    return path


def check(path: Path, expected: Key, count: int) -> None:
    """Raise TrainingError, one line, unless `path` holds all features of key `expected`, intact."""
    try:
        # Before HDF5 reads it: over a wrong byte it may compute without an end.
        if not _is_sealed(path):
            raise ValueError("its sum is another one")
        with h5py.File(path, "r") as file:
            attributes = {name: file.attrs.get(name) for name in asdict(expected)}
            rows = len(file[DATASET])
    except Exception as error:  # it depends on the damaged byte what h5py raises
        raise TrainingError(
            f"{path}: expected a file of features, found a damaged or foreign one "
            f"({_first_line(error)}): remove it"
        ) from error
    other = [name for name, value in asdict(expected).items() if attributes[name] != value]
    if other:
        raise TrainingError(
            f"{path}: expected features of this model and data, found those of other "
            f"{' and '.join(other)}: remove it, or name another folder"
        )
    if rows != count:
        raise TrainingError(f"{path}: expected features of {count} images, found {rows}: remove it")


def _is_whole(path: Path, expected: Key, count: int) -> bool:
    try:
        check(path, expected, count)
    except TrainingError:
        return False
    return True


def read(path: Path, rows=slice(None)) -> np.ndarray:
    """Features from a file, float32; rows: a slice or ascending indices. Raises TrainingError."""
    try:
        with h5py.File(path, "r") as file:
            return file[DATASET][rows]
    except Exception as error:  # it depends on the damaged byte what h5py raises
        raise TrainingError(
            f"{path}: expected a file of features, found a damaged one ({_first_line(error)})"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _make(path: Path, model, images, prepare: Callable, wanted: Key) -> None:
    parts = make_folder(_parts(path, wanted))
    shape = tuple(model.output_shape[1:])
    starts = range(0, len(images), CHUNK)
    for start in starts:
        end = min(start + CHUNK, len(images))
        if _part(parts, start, (end - start, *shape)) is None:
            # Not predict: it would trace the network again for every last chunk, and warn of it.
            features = import_keras().ops.convert_to_numpy(
                model(prepare(images[start:end]), training=False)
            )
            buffer = io.BytesIO()  # np.save itself tells no reason when a disk is full
            np.save(buffer, np.asarray(features, "float32"))
            write_whole(parts / f"{start}.npy", buffer.getvalue())
    with whole(path) as temporary:
        with whole_hdf5(temporary) as (file, sink):
            file.attrs.update(asdict(wanted))
            features = file.create_dataset(
                DATASET,
                (len(images), *shape),
                "f4",
                chunks=(min(CHUNK, len(images)), *shape),
            )
            for start in starts:
                end = min(start + CHUNK, len(images))
                part = _part(parts, start, (end - start, *shape))
                if part is None:
                    raise DataError(
                        f"{parts}: expected the part {start}.npy, found none: run it again"
                    )
                features[start:end] = part
                sink.check()
        _seal(temporary)


def _seal(path: Path) -> None:
    """Add the SHA-256 of a file at its end, where HDF5 does not look."""
    total = _sum(path, path.stat().st_size)
    with path.open("ab") as file:
        file.write(total)


def _is_sealed(path: Path) -> bool:
    size = path.stat().st_size - hashlib.sha256().digest_size
    with path.open("rb") as file:
        file.seek(max(size, 0))
        return file.read() == _sum(path, size)


def _sum(path: Path, size: int) -> bytes:
    total = hashlib.sha256()
    with path.open("rb") as file:
        while size > 0 and (piece := file.read(min(size, _PIECE))):
            total.update(piece)
            size -= len(piece)
    return total.digest()


def _parts(path: Path, wanted: Key) -> Path:
    """The folder of the chunks of a file that is not complete yet."""
    return path.with_name(f".{path.stem}-{wanted.digest}.parts")


def _part(parts: Path, start: int, shape: tuple[int, ...]) -> np.ndarray | None:
    """A chunk that an earlier run wrote; None if it is missing or incomplete."""
    try:
        part = np.load(parts / f"{start}.npy")
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise DataError(f"cannot read {parts}: {why(error)}") from error
    except Exception:  # it depends on the damaged byte what numpy raises
        return None
    return part if part.shape == shape and part.dtype == np.float32 else None
