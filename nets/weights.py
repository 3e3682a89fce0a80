"""Weights from files and from keras.applications: all of them fit, or the model stays as it was.

Keras' own loaders pass over layers that only the file has, set layers before they find one that
does not fit, and name one difference of many. So here all shapes are compared, and all values in
memory, before the first is set.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import keras
import numpy as np
from keras import layers

from nets.catalogue import CATALOGUE
from nets.errors import NetError
from nets.weight_files import Stored, opened, places, read_file, read_model, variables

__all__ = ["load"]

_SUFFIXES = (".weights.h5", ".h5", ".keras")
_SHOWN = 6
_IMAGENET_CLASSES = 1000


def load(model, weights) -> None:
    """Load `weights` into `model`, all or none.

    weights: a path to .weights.h5, .keras or the .h5 of Keras 2 (whole model, or weights as
    keras.applications publishes them), or "imagenet", which Keras downloads where
    keras.applications has the network: with the head where the model has 1000 classes, else all
    but the dense layers. These expect images prepared by `preprocess_input` of the same module of
    keras.applications. Layers are matched by name; where the names are others, by the order in
    which Keras saves them. Raises NetError for a file that is missing or unreadable, a network
    without published weights, a failed download, and for weights that do not fit, with the whole
    difference; the model is then unchanged.
    """
    if str(weights) == "imagenet":
        _load_imagenet(model)
        return
    path = Path(weights)
    _check_path(model, path)
    try:
        with opened(path) as file:
            _fit(model, _weighted(model), read_file(file), f"the file {path}")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, NetError):
            raise
        raise NetError(
            f"{model.name}: cannot read weights from {path}: {_first_line(error)}; expected a "
            "file that Keras saved"
        ) from error


def _check_path(model, path: Path) -> None:
    if not path.name.endswith(_SUFFIXES):
        raise NetError(
            f'{model.name}: expected weights="imagenet" or a path that ends in '
            f"{', '.join(_SUFFIXES)}, received {str(path)!r}"
        )
    if not path.is_file():
        raise NetError(f"{model.name}: expected a file of weights, found none at {path}")


def _load_imagenet(model) -> None:
    row = CATALOGUE.get(model.name)
    if row is None or not row.applications:
        known = ", ".join(name for name, row in CATALOGUE.items() if row.applications)
        raise NetError(f"{model.name}: there are no ImageNet weights for it; there are for {known}")
    top = model.output_shape[-1] == _IMAGENET_CLASSES
    wanted = _weighted(model)
    if not top:
        wanted = [layer for layer in wanted if not isinstance(layer, layers.Dense)]
    original = _original(model.name, row.applications, top)
    _fit(model, wanted, read_model(original), f"keras.applications.{row.applications}")


def _original(name: str, application: str, top: bool) -> keras.Model:
    """The model of keras.applications with the weights that Keras downloads or finds cached."""
    try:
        return getattr(keras.applications, application)(weights="imagenet", include_top=top)
    except Exception as error:  # A failed download is a bare Exception in Keras.
        raise NetError(
            f"{name}: cannot download the ImageNet weights: {_first_line(error)}; connect to the "
            "network once, or give the path of a file"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _weighted(model) -> list:
    return [layer for layer in model.layers if layer.weights]


def _fit(model, wanted: list, stored: list[Stored], source: str) -> None:
    """Pair layers with what is stored, refuse any difference, then set every value."""
    names = {layer.name: layer for layer in stored}
    located = {layer.place: layer for layer in stored}
    named = [names.get(layer.name) for layer in wanted]
    placed = [
        next((located[place] for place in known if place in located), None)
        for known in places(model, wanted)
    ]
    pairings = [named] if _contradicts(wanted, placed, names) else [named, placed]
    found = [_differences(wanted, pairing, stored) for pairing in pairings]
    best = min(range(len(found)), key=lambda i: sum(len(part) for part in found[i]))
    if any(found[best]):
        raise NetError(f"{model.name}: {source} does not fit: {_described(*found[best])}")
    values = [
        {key: _array(model, layer, pair.values[key], source) for key in variables(layer)}
        for layer, pair in zip(wanted, pairings[best], strict=True)
    ]
    for layer, arrays in zip(wanted, values, strict=True):
        layer.load_own_variables(arrays)


def _contradicts(wanted: list, pairs: list, names: dict) -> bool:
    """Whether pairing by place gives a layer what is stored under the name of another."""
    own = {layer.name for layer in wanted}
    return any(
        pair is not None and pair.name != layer.name and (pair.name in own or layer.name in names)
        for layer, pair in zip(wanted, pairs, strict=True)
    )


def _differences(wanted: list, pairs: list, stored: list[Stored]) -> tuple[list, list, list]:
    """Layers of other shapes, described; names only in the network; names only in the source."""
    shapes, missing = [], []
    for layer, pair in zip(wanted, pairs, strict=True):
        if pair is None:
            missing.append(layer.name)
            continue
        expected, received = _shapes(variables(layer)), _shapes(pair.values)
        if expected != received:
            shapes.append(f"{layer.name} expected {_listed(expected, received)}")
    used = {id(pair) for pair in pairs}
    return shapes, missing, [layer.name for layer in stored if id(layer) not in used]


def _shapes(values: dict) -> dict:
    return {key: tuple(int(side) for side in value.shape) for key, value in values.items()}


def _listed(expected: dict, received: dict) -> str:
    """The shapes that differ: expected ones, then the received ones."""
    differing = [key for key in {**expected, **received} if expected.get(key) != received.get(key)]
    sides = [
        Counter(shapes[key] for key in differing if key in shapes)
        for shapes in (expected, received)
    ]
    texts = [
        " and ".join(
            f"{count} x {shape}" if count > 1 else str(shape) for shape, count in side.items()
        )
        for side in sides
    ]
    return f"{texts[0] or 'nothing'}, received {texts[1] or 'nothing'}"


def _described(shapes: list[str], missing: list[str], extra: list[str]) -> str:
    parts = (
        ("of other shapes", shapes),
        ("only in the network", missing),
        ("only in the weights", extra),
    )
    return "; ".join(
        f"{len(found)} {_plural(found)} {what}: {_abbreviated(found)}"
        for what, found in parts
        if found
    )


def _plural(found: list) -> str:
    return "layer" if len(found) == 1 else "layers"


def _abbreviated(found: list[str]) -> str:
    more = len(found) - _SHOWN
    return ", ".join(found[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _array(model, layer, value, source: str) -> np.ndarray:
    array = np.asarray(keras.ops.convert_to_numpy(value) if hasattr(value, "assign") else value)
    if array.dtype.kind not in "fiub":
        raise NetError(
            f"{model.name}: expected numbers for {layer.name} in {source}, received {array.dtype}"
        )
    return array
