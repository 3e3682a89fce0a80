"""Weights where they are stored: three formats of files, and the models of keras.applications.

Each becomes one list of layers with arrays that are not yet read, so that shapes can be compared
first.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import h5py

__all__ = ["Stored", "opened", "places", "read_file", "read_model", "variables"]


@dataclass(frozen=True)
class Stored:
    """The weights of one layer: its name, the place where Keras looks, and key -> array."""

    name: str
    place: str | int
    values: dict


def opened(path: Path) -> h5py.File:
    """The HDF5 file at `path`, or the one inside a .keras archive; raises what h5py raises."""
    if path.suffix != ".keras":
        return h5py.File(path, "r")
    with zipfile.ZipFile(path) as archive:
        # Through the archive every weight would be sought anew: seconds for 50 MB, not 0.1.
        return h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r")


def read_file(file: h5py.File) -> list[Stored]:
    """The layers with weights in a file of Keras 3, or in one of Keras 2, whole model or not."""
    group = file.get("model_weights", file)
    if "layer_names" in group.attrs or "layer_names0" in group.attrs:
        return _read_legacy(group)
    found = [_read_layer(key, layer) for key, layer in file.get("layers", {}).items()]
    return [layer for layer in found if layer.values]


def read_model(model) -> list[Stored]:
    """The layers with weights of a model, in its order; their values are its variables."""
    weighted = [layer for layer in model.layers if layer.weights]
    return [Stored(layer.name, i, variables(layer)) for i, layer in enumerate(weighted)]


def variables(layer) -> dict:
    """The layer's variables under the keys with which Keras saves them."""
    own: dict = {}
    layer.save_own_variables(own)
    return own


def places(model, wanted: list) -> list[set]:
    """Where Keras looks for each wanted layer: a key in files of Keras 3, a position in older."""
    counts: dict[str, int] = {}
    keys = {}
    for layer in model.layers:
        kind = _snake_case(type(layer).__name__)
        number = counts[kind] = counts.get(kind, -1) + 1
        keys[id(layer)] = f"{kind}_{number}" if number else kind
    return [{keys[id(layer)], index} for index, layer in enumerate(wanted)]


def _snake_case(name: str) -> str:
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _read_legacy(group) -> list[Stored]:
    """Keras 2: layers in the order of the model, weights in that of the layer."""
    found: list[Stored] = []
    for name in _listed(group, "layer_names"):
        arrays = [group[name][weight] for weight in _listed(group[name], "weight_names")]
        if arrays:
            values = {str(i): array for i, array in enumerate(arrays)}
            found.append(Stored(name, len(found), values))
    return found


def _listed(group, attribute: str) -> list[str]:
    """A list of names, which HDF5 may have had to cut into attribute0, attribute1, ..."""
    parts = [group.attrs[attribute]] if attribute in group.attrs else []
    while f"{attribute}{len(parts)}" in group.attrs:
        parts.append(group.attrs[f"{attribute}{len(parts)}"])
    return [_text(name) for part in parts for name in part]


def _text(name) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _read_layer(key: str, group) -> Stored:
    """Keras 3: a group for each layer; the states of random generators are no weights."""
    values: dict = {}

    def collect(path: str, item) -> None:
        if isinstance(item, h5py.Dataset) and "seed_generator" not in path:
            values[path.removeprefix("vars/")] = item

    group.visititems(collect)
    name = group["vars"].attrs.get("name", key) if "vars" in group else key
    return Stored(_text(name), key, values)
