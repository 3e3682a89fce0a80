"""In the child: small models from plain data, as arguments for functions that take a model.

A description is {"title", "input": shape, "layers": [row, ...]}, and "name" where the model has one
of its own: the layers stand one after another. A row is one of

    {"layer": "Dense", "units": 4}   a class of keras.layers and its arguments
    {"again": 0}                     the layer of an earlier row, used once more
    {"input": ..., "layers": ...}    a model as a layer: a description of its own

and may have "frozen": true, which makes it untrainable, and "apart": 1, for other weights than it
usually has. The weights are the rule's, so that they can be known again.
"""

from __future__ import annotations

import numpy as np

from grader.runner import reference_weights

# Of a row, what is no argument of its layer.
OURS = ("layer", "frozen", "apart")


def build(description: dict, seed: int):
    """The keras.Model of a description, with the rule's weights of this seed."""
    model, made = _built(description)
    others = {
        id(weight): row["apart"]
        for row, layer in made
        if "apart" in row
        for weight in layer.weights
    }
    for weight in model.weights:
        if "float" in weight.dtype:  # what draws at random keeps its state
            own = reference_weights.apart(seed, others.get(id(weight), 0))
            weight.assign(reference_weights.weights(weight.name, tuple(weight.shape), own))
    return model


def has_rules_values(weight, seed: int) -> bool:
    """Whether a weight holds what `build` gives the weights of its role and shape."""
    import keras

    right = reference_weights.weights(weight.name, tuple(weight.shape), seed)
    return bool(np.array_equal(keras.ops.convert_to_numpy(weight.value), right))


def _built(description: dict):
    """The model, with weights as Keras draws them, and each row with the layer made of it."""
    import keras

    given = keras.Input(tuple(description["input"]))
    X, made = given, []
    for row in description["layers"]:
        options = {key: value for key, value in row.items() if key not in OURS}
        if "again" in row:
            layer = made[row["again"]][1]
        elif "layers" in row:
            layer, _ = _built(row)
        else:
            layer = getattr(keras.layers, row["layer"])(**options)
        if row.get("frozen"):
            layer.trainable = False
        made.append((row, layer))
        X = layer(X)
    return keras.Model(given, X, name=description.get("name")), made
