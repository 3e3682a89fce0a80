"""Stored weights: three formats of files, and the models of keras.applications.

Each becomes one list of layers with arrays that are not yet read, so shapes can be compared first.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from nets.errors import NetError

__all__ = ["StoredLayer", "keras_keys", "open_file", "read_file", "read_model", "variables"]

# How such a file begins. This package imports Keras alone, so not datasets.files, which has it too.
_POINTER = b"version https://git-lfs.github.com/spec/"


# Weights are hardly smaller when they are packed; a small archive must not fill the memory.
_LARGE, _MOST_PACKED = 2**28, 50


@dataclass(frozen=True)
class StoredLayer:
    """The stored weights of one layer.

    Attributes:
        name: The layer's name.
        key: Where Keras looks for it: a name in files of Keras 3, a position in older files.
        values: Key -> array, or variable, not yet read.
    """

    name: str
    key: str | int
    values: Mapping[str, Any]


def open_file(path: Path) -> h5py.File:
    """Open an HDF5 file, or the one inside a .keras archive; raises what h5py and zipfile raise.

    Raises NetError for what Git LFS leaves in place of a file that it has not fetched.

    Args:
        path: The file.
    """
    with path.open("rb") as start:
        if start.read(len(_POINTER)) == _POINTER:
            raise NetError(
                f"{path}: expected a file of weights, found a pointer of Git LFS in its place: "
                "fetch the file with `git lfs pull`"
            )
    if path.suffix != ".keras":
        return h5py.File(path, "r")
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo("model.weights.h5")
        if member.file_size > _LARGE and member.file_size > _MOST_PACKED * member.compress_size:
            raise ValueError(f"{member.file_size:,} bytes are packed in {member.compress_size:,}")
        # Through the archive every weight would be sought anew: seconds for 50 MB, not 0.1.
        return h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r")


def read_file(file: h5py.File) -> list[StoredLayer]:
    """The layers with weights in a file of Keras 3, or in one of Keras 2, whole model or not.

    Args:
        file: As `open_file` returns it; it has to stay open until the values are read.
    """
    group = file.get("model_weights", file)
    if "layer_names" in group.attrs or "layer_names0" in group.attrs:
        return _read_legacy(group)
    stored = [_read_layer(key, layer) for key, layer in file.get("layers", {}).items()]
    return [layer for layer in stored if layer.values]


def read_model(model) -> list[StoredLayer]:
    """The layers with weights of a model, in its order; their values are its variables.

    Args:
        model: A built keras.Model.
    """
    weighted = [layer for layer in model.layers if layer.weights]
    return [StoredLayer(layer.name, i, variables(layer)) for i, layer in enumerate(weighted)]


def variables(layer) -> dict[str, Any]:
    """The layer's variables under the keys with which Keras saves them."""
    by_key: dict[str, Any] = {}
    layer.save_own_variables(by_key)
    return by_key


def keras_keys(model, wanted: list) -> list[set[str | int]]:
    """Where Keras looks for each layer: a name in files of Keras 3, a position in older files.

    Args:
        model: A built keras.Model.
        wanted: Layers of the model.

    Returns:
        One set of keys per wanted layer; see `StoredLayer`.
    """
    counts: dict[str, int] = {}
    names = {}
    for layer in model.layers:
        class_name = _snake_case(type(layer).__name__)
        number = counts[class_name] = counts.get(class_name, -1) + 1
        names[id(layer)] = f"{class_name}_{number}" if number else class_name
    return [{names[id(layer)], position} for position, layer in enumerate(wanted)]


def _snake_case(name: str) -> str:
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _read_legacy(group) -> list[StoredLayer]:
    """Keras 2: layers in the order of the model, weights in that of the layer."""
    stored: list[StoredLayer] = []
    for name in _read_names(group, "layer_names"):
        arrays = [group[name][weight] for weight in _read_names(group[name], "weight_names")]
        if arrays:
            values = {str(i): array for i, array in enumerate(arrays)}
            stored.append(StoredLayer(name, len(stored), values))
    return stored


def _read_names(group, attribute: str) -> list[str]:
    """A list of names, which HDF5 may have had to cut into attribute0, attribute1, ..."""
    parts = [group.attrs[attribute]] if attribute in group.attrs else []
    while f"{attribute}{len(parts)}" in group.attrs:
        parts.append(group.attrs[f"{attribute}{len(parts)}"])
    return [_text(name) for part in parts for name in part]


def _text(name) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _read_layer(key: str, group) -> StoredLayer:
    """Keras 3: one group per layer; the states of random generators are no weights."""
    values: dict[str, Any] = {}

    def collect(path: str, item) -> None:
        if isinstance(item, h5py.Dataset) and "seed_generator" not in path:
            values[path.removeprefix("vars/")] = item

    group.visititems(collect)
    name = group["vars"].attrs.get("name", key) if "vars" in group else key
    return StoredLayer(_text(name), key, values)
