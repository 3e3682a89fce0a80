"""What transfer learning needs of a network: its features, its head, a new head, its stages.

The parts share the layers, and so the weights, of the model they are taken from; the model itself
stays as it is. They keep its name, by which its row of the catalogue is found.
"""

from __future__ import annotations

import keras

from nets.common import check, softmax
from nets.errors import NetError
from nets.profile import graph

__all__ = ["features", "head", "replace_head", "stages"]


def features(model) -> keras.Model:
    """The model from images to what its last stage computes, before the head.

    (batch, height, width, channels) -> a map (batch, h, w, c) where the head pools it, as in the
    residual and Inception networks, or a vector (batch, c) where dense stages come before it.
    Auxiliary heads are left out. Raises NetError for a name that the catalogue does not know and
    a model without stages.
    """
    return keras.Model(model.input, _boundary(model), name=model.name)


def head(model) -> keras.Model:
    """The model from the features to the probabilities: what follows the last stage.

    head(model)(features(model)(images)) equals model(images). It is pooling, dropout and the
    softmax layer, trains on cached features, and its weights are those of `model`. Raises what
    `features` raises, and NetError where nothing follows the last stage.
    """
    boundary = _boundary(model)
    output = model.outputs[graph.main_output(model)]
    if boundary is output:
        raise NetError(f"{model.name}: expected a head after the last stage, found none")
    return keras.Model(boundary, output, name=f"{model.name}_head")


def replace_head(model, classes: int) -> keras.Model:
    """`model` with a new softmax for `classes` classes in place of its last layer with weights.

    The new layer works in float32 and has fresh weights, and the name of the old softmax layer. All
    other layers are shared, pooling and dropout of the head among them. Same images in,
    (batch, classes) out; not compiled. Auxiliary heads are left out: they serve training from
    scratch. Raises NetError for classes below 1 and what `head` raises.
    """
    check(model.name, model.input_shape[1:], classes)
    last = _last_weights(model)
    # The course names its last layer for the number of classes, fc6; that of 1998 is no softmax.
    named = last.name.replace(str(last.shape[-1]), str(classes))
    name = named if isinstance(last.layer, keras.layers.Dense) else "predictions"
    output = softmax(last.call.input_tensors[0], classes, name)
    return keras.Model(model.input, output, name=model.name)


def stages(model) -> dict[str, list]:
    """The model's layers by stage, in the order of computation: name of the stage -> layers.

    Every layer with weights belongs to exactly one stage, save those of the head and of auxiliary
    heads, which belong to none. Raises NetError for a name that the catalogue does not know.
    """
    import nets

    found = {stage: [] for stage, _ in nets.describe(model.name).stages}
    for row in graph.walk(model):
        layer = row.layer
        if isinstance(layer, keras.Layer) and layer not in found.get(row.stage, [layer]):
            found[row.stage].append(layer)
    return found


def _boundary(model):
    """The tensor that the last stage hands to the head."""
    staged = stages(model)
    walked = graph.walk(model)
    inside = {id(row.call) for row in walked if row.stage in staged}
    if not inside:
        raise NetError(f"{model.name}: expected layers named as its stages, found none")
    crossing = {
        id(tensor): tensor
        for row in walked
        if row.stage == "head"
        for tensor, parent in zip(row.call.input_tensors, row.call.parent_nodes, strict=True)
        if id(parent) in inside
    }
    if len(crossing) > 1:
        raise NetError(f"{model.name}: expected one tensor before the head, found {len(crossing)}")
    return next(iter(crossing.values()), model.outputs[graph.main_output(model)])


def _last_weights(model):
    """The head's last operation that has weights."""
    import nets

    nets.describe(model.name)
    rows = [row for row in graph.walk(model) if row.stage == "head" and row.parameters]
    if not rows:
        raise NetError(f"{model.name}: expected a layer with weights in the head, found none")
    return rows[-1]
