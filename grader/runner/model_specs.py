"""Small models from plain data, as arguments for functions that take a model.

A description is {"title", "input": shape, "layers": [row, ...]}, "name" if the model has one, and
"sequential": true if it is a keras.Sequential. The layers follow each other. A row is a class of
keras.layers and its arguments, such as

    {"layer": "Dense", "units": 4}

and may have "frozen": true, which makes it untrainable, "apart": 1, for other weights than it
usually has, and "of": [place, ...], the rows whose outputs it takes. The weights are the reference
weights, so they can be recognised in another model.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.runner import reference_weights

# The keys of a row that are no arguments of its layer.
OURS = ("layer", "frozen", "apart", "of")


def build(description: dict, seed: int):
    """The keras.Model of a description, with the reference weights of this seed."""
    model, rows = _built(description)
    others = {
        id(weight): row["apart"]
        for row, layer in rows
        if "apart" in row
        for weight in layer.weights
    }
    for weight in model.weights:
        if "float" in weight.dtype:  # a layer that draws at random keeps its state
            own_seed = reference_weights.apart(seed, others.get(id(weight), 0))
            weight.assign(reference_weights.weights(weight.name, tuple(weight.shape), own_seed))
    return model


def has_reference_values(weight, seed: int) -> bool:
    """Whether a weight holds what `build` gives the weights of its role and shape."""
    import keras

    reference = reference_weights.weights(weight.name, tuple(weight.shape), seed)
    return bool(np.array_equal(keras.ops.convert_to_numpy(weight.value), reference))


def _built(description: dict) -> tuple[Any, list[tuple[dict, Any]]]:
    """The model, with weights as Keras draws them, and each row with its layer."""
    import keras

    images, name = keras.Input(tuple(description["input"])), description.get("name")
    rows: list[tuple[dict, Any]] = []
    for row in description["layers"]:
        options = {key: value for key, value in row.items() if key not in OURS}
        layer = getattr(keras.layers, row["layer"])(**options)
        if row.get("frozen"):
            layer.trainable = False
        rows.append((row, layer))
    if description.get("sequential"):
        return keras.Sequential([images, *(layer for _, layer in rows)], name=name), rows
    X, outputs = images, list[Any]()
    for row, layer in rows:
        of = [outputs[place] for place in row["of"]] if "of" in row else [X]
        X = layer(of if len(of) > 1 else of[0])
        outputs.append(X)
    return keras.Model(images, X, name=name), rows
