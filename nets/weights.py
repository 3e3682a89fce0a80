"""Weights from files and from keras.applications: all of them fit, or the model stays as it was.

Keras' own loaders silently pass over layers that only the file has, set layers before they reach
one that does not fit, and name one difference of many. So here all shapes are compared, and all
values read, before the first is set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from nets.catalogue import CATALOGUE
from nets.errors import NetError
from nets.weight_files import (
    StoredLayer,
    keras_keys,
    open_file,
    read_file,
    read_model,
    variables,
)

__all__ = ["load"]

_SUFFIXES = (".weights.h5", ".h5", ".keras")
_NAMES_SHOWN = 6
_IMAGENET_CLASSES = 1000


def load(model, weights) -> None:
    """Load weights into a model, all or none.

    Layers are matched by name; if the names are others, by the order in which Keras saves them.

    Args:
        model: A built keras.Model.
        weights: A path to .weights.h5, .keras or the .h5 of Keras 2 (whole model, or weights as
            keras.applications publishes them). Or "imagenet", which Keras downloads if
            keras.applications has the network: with the head if the model has 1000 classes, else
            all but the dense layers. These expect images prepared by `preprocess_input` of the
            same module of keras.applications.

    Raises:
        NetError: A file that is missing or unreadable, a network without published weights, a
            failed download, or weights that do not fit, with the whole difference. The model is
            then unchanged.
    """
    if str(weights) == "imagenet":
        _load_imagenet(model)
        return
    path = Path(weights)
    _check_path(model, path)
    try:
        with open_file(path) as file:
            _fit(model, _weighted_layers(model), read_file(file), f"the file {path}")
    except NetError:
        raise
    except Exception as error:  # it depends on the damaged byte what h5py and zipfile raise
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
        published = ", ".join(name for name, row in CATALOGUE.items() if row.applications)
        raise NetError(
            f"{model.name}: there are no ImageNet weights for it; there are for {published}"
        )
    with_head = model.output_shape[-1] == _IMAGENET_CLASSES
    wanted = _weighted_layers(model)
    if not with_head:
        wanted = [layer for layer in wanted if not isinstance(layer, layers.Dense)]
    original = _application(model.name, row.applications, with_head)
    _fit(model, wanted, read_model(original), f"keras.applications.{row.applications}")


def _application(name: str, application: str, with_head: bool) -> keras.Model:
    """The model of keras.applications with the weights that Keras downloads or has cached."""
    try:
        return getattr(keras.applications, application)(weights="imagenet", include_top=with_head)
    except Exception as error:  # A failed download is a bare Exception in Keras.
        raise NetError(
            f"{name}: cannot download the ImageNet weights: {_first_line(error)}; connect to the "
            "network once, or give the path of a file"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _weighted_layers(model) -> list:
    return [layer for layer in model.layers if layer.weights]


def _fit(model, wanted: list, stored: list[StoredLayer], source: str) -> None:
    """Pair layers with stored ones, refuse any difference, then set every value."""
    name_to_stored = {layer.name: layer for layer in stored}
    key_to_stored = {layer.key: layer for layer in stored}
    by_name = [name_to_stored.get(layer.name) for layer in wanted]
    by_key = [
        next((key_to_stored[key] for key in keys if key in key_to_stored), None)
        for keys in keras_keys(model, wanted)
    ]
    pairings = [by_name] if _contradicts(wanted, by_key, name_to_stored) else [by_name, by_key]
    differences = [_differences(wanted, pairing, stored) for pairing in pairings]
    best = min(range(len(pairings)), key=lambda i: sum(len(part) for part in differences[i]))
    if any(differences[best]):
        raise NetError(f"{model.name}: {source} does not fit: {_in_words(*differences[best])}")
    arrays = [
        {key: _array(model, layer, pair.values[key], source) for key in variables(layer)}
        for layer, pair in zip(wanted, pairings[best], strict=True)
        if pair is not None  # none is: a layer without a pair would be a difference
    ]
    for layer, values in zip(wanted, arrays, strict=True):
        layer.load_own_variables(values)


def _contradicts(wanted: list, by_key: list, name_to_stored: Mapping) -> bool:
    """Whether pairing by key gives a layer what is stored under the name of another."""
    names = {layer.name for layer in wanted}
    return any(
        pair is not None
        and pair.name != layer.name
        and (pair.name in names or layer.name in name_to_stored)
        for layer, pair in zip(wanted, by_key, strict=True)
    )


def _differences(
    wanted: list, pairing: list[StoredLayer | None], stored: list[StoredLayer]
) -> tuple[list[str], list[str], list[str]]:
    """Layers of other shapes, in words; names only in the network; names only in the source."""
    shapes, missing = [], []
    for layer, pair in zip(wanted, pairing, strict=True):
        if pair is None:
            missing.append(layer.name)
            continue
        expected, received = _shapes(variables(layer)), _shapes(pair.values)
        if expected != received:
            shapes.append(f"{layer.name} expected {_shapes_in_words(expected, received)}")
    used = {id(pair) for pair in pairing}
    return shapes, missing, [layer.name for layer in stored if id(layer) not in used]


def _shapes(values: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    return {key: tuple(int(side) for side in value.shape) for key, value in values.items()}


def _shapes_in_words(expected: dict, received: dict) -> str:
    """The shapes that differ: expected ones, then the received ones."""
    differing = [key for key in {**expected, **received} if expected.get(key) != received.get(key)]
    counters = [
        Counter(shapes[key] for key in differing if key in shapes)
        for shapes in (expected, received)
    ]
    texts = [
        " and ".join(
            f"{count} x {shape}" if count > 1 else str(shape) for shape, count in counter.items()
        )
        for counter in counters
    ]
    return f"{texts[0] or 'nothing'}, received {texts[1] or 'nothing'}"


def _in_words(shapes: list[str], missing: list[str], extra: list[str]) -> str:
    parts = (
        ("of other shapes", shapes),
        ("only in the network", missing),
        ("only in the weights", extra),
    )
    return "; ".join(
        f"{len(names)} {'layer' if len(names) == 1 else 'layers'} {what}: {_abbreviated(names)}"
        for what, names in parts
        if names
    )


def _abbreviated(names: list[str]) -> str:
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _array(model, layer, value, source: str) -> np.ndarray:
    array = np.asarray(keras.ops.convert_to_numpy(value) if hasattr(value, "assign") else value)
    if array.dtype.kind not in "fiub":
        raise NetError(
            f"{model.name}: expected numbers for {layer.name} in {source}, received {array.dtype}"
        )
    return array
