"""In the child: small models from plain data, as arguments for functions that take a model.

A description is {"title", "input": shape, "layers": [row, ...]}: the layers stand one after
another. A row is one of

    {"layer": "Dense", "units": 4}   a class of keras.layers and its arguments
    {"again": 0}                     the layer of an earlier row, used once more
    {"input": ..., "layers": ...}    a model as a layer: a description of its own

and may have "frozen": true, which makes it untrainable. The weights are the rule's, so that they
can be known again.
"""

from __future__ import annotations

from grader import rule


def build(description: dict, seed: int):
    """The keras.Model of a description, with the rule's weights of this seed."""
    model = _built(description)
    for weight in model.weights:
        if "float" in weight.dtype:  # what draws at random keeps its state
            weight.assign(rule.weights(weight.name, tuple(weight.shape), seed))
    return model


def _built(description: dict):
    import keras

    given = keras.Input(tuple(description["input"]))
    X, made = given, []
    for row in description["layers"]:
        options = {key: value for key, value in row.items() if key not in ("layer", "frozen")}
        if "again" in row:
            layer = made[row["again"]]
        elif "layers" in row:
            layer = _built(row)
        else:
            layer = getattr(keras.layers, row["layer"])(**options)
        if row.get("frozen"):
            layer.trainable = False
        made.append(layer)
        X = layer(X)
    return keras.Model(given, X)
