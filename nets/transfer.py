"""What transfer learning needs of a network: its features, its head, a new head, its stages.

The parts share the layers, and so the weights, of the model they are taken from; the model itself
stays as it is. They keep its name, by which its row of the catalogue is found.
"""

from __future__ import annotations

import keras

from nets.common import check_arguments, softmax
from nets.errors import NetError
from nets.profile import graph

__all__ = ["features", "head", "replace_head", "stages"]


def features(model) -> keras.Model:
    """The model from images to what its last stage computes, before the head.

    Args:
        model: A network of the catalogue; auxiliary heads are left out.

    Returns:
        A model that maps (n, height, width, channels) to a map (n, h, w, c) if the head pools it,
        as in the residual and Inception networks, or to a vector (n, c) if dense stages come
        before the head.

    Raises:
        NetError: The catalogue does not know the model's name, or no layer is named as a stage.
    """
    return keras.Model(model.input, _features_tensor(model), name=model.name)


def head(model) -> keras.Model:
    """The model from the features to the probabilities: pooling, dropout and the softmax layer.

    head(model)(features(model)(images)) equals model(images). It can be trained on cached features,
    and its weights are those of `model`.

    Args:
        model: A network of the catalogue.

    Returns:
        A model that maps the output of `features` to probabilities (n, classes).

    Raises:
        NetError: Nothing follows the last stage, or as `features`.
    """
    entry = _features_tensor(model)
    output = model.outputs[graph.main_output(model)]
    if entry is output:
        raise NetError(f"{model.name}: expected a head after the last stage, found none")
    return keras.Model(entry, output, name=f"{model.name}_head")


def replace_head(model, classes: int) -> keras.Model:
    """The model with a new softmax layer in place of its last layer with weights.

    The new layer works in float32, has fresh weights, and the name of the old softmax layer. All
    other layers are shared, pooling and dropout of the head included. Auxiliary heads are left out:
    they serve training from scratch.

    Args:
        model: A network of the catalogue.
        classes: Number of classes.

    Returns:
        A model, not compiled: the same images -> probabilities (n, classes).

    Raises:
        NetError: classes below 1, no layer with weights in the head, or as `features`.
    """
    check_arguments(model.name, model.input_shape[1:], classes)
    last = _last_with_weights(model)
    # The course names its last layer after the number of classes, fc6; that of 1998 is no softmax.
    renamed = last.name.replace(str(last.shape[-1]), str(classes))
    name = renamed if isinstance(last.layer, keras.layers.Dense) else "predictions"
    output = softmax(last.node.input_tensors[0], classes, name)
    return keras.Model(model.input, output, name=model.name)


def stages(model) -> dict[str, list]:
    """The model's layers by stage, in the order of computation.

    Every layer with weights belongs to exactly one stage, except those of the head and of auxiliary
    heads, which belong to none.

    Args:
        model: A network of the catalogue.

    Returns:
        Name of the stage -> its layers.

    Raises:
        NetError: The catalogue does not know the model's name.
    """
    import nets

    by_stage: dict[str, list] = {stage: [] for stage, _ in nets.describe(model.name).stages}
    for operation in graph.walk(model):
        layer = operation.layer
        if isinstance(layer, keras.Layer) and layer not in by_stage.get(operation.stage, [layer]):
            by_stage[operation.stage].append(layer)
    return by_stage


def _features_tensor(model):
    """The tensor that the last stage hands to the head."""
    stage_names = stages(model)
    operations = graph.walk(model)
    inside = {id(operation.node) for operation in operations if operation.stage in stage_names}
    if not inside:
        raise NetError(f"{model.name}: expected layers named as its stages, found none")
    crossing = {
        id(tensor): tensor
        for operation in operations
        if operation.stage == "head"
        for tensor, parent in zip(
            operation.node.input_tensors, operation.node.parent_nodes, strict=True
        )
        if id(parent) in inside
    }
    if len(crossing) > 1:
        raise NetError(f"{model.name}: expected one tensor before the head, found {len(crossing)}")
    return next(iter(crossing.values()), model.outputs[graph.main_output(model)])


def _last_with_weights(model) -> graph.Operation:
    """The last operation of the head that has weights."""
    import nets

    nets.describe(model.name)
    rows = [row for row in graph.walk(model) if row.stage == "head" and row.parameters]
    if not rows:
        raise NetError(f"{model.name}: expected a layer with weights in the head, found none")
    return rows[-1]
