"""A network's graph, walked: shapes, parameters, multiply-adds and receptive fields, by stage.

Every number here is computed from the operations of a built model, none from a table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import keras
from keras import layers

from nets.errors import NetError
from nets.profile import stages
from nets.profile.receptive_field import field_and_stride

__all__ = [
    "Operation",
    "Stage",
    "main_output",
    "multiply_adds",
    "parameters",
    "table",
    "total",
    "walk",
]

_KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel")
_COUNTED = (
    layers.Dense,
    layers.Conv1D,
    layers.Conv2D,
    layers.DepthwiseConv2D,
    layers.SeparableConv2D,
)


@dataclass(frozen=True)
class Operation:
    """One call of a layer or of a bare operation.

    Attributes:
        name: The layer's name.
        class_name: The layer's class, for example "Conv2D".
        node: The keras.Node of the call.
        inputs: The positions in the walk of the operations whose results it takes.
        shape: The shape of its result, without the batch.
        parameters: The number of all its weights, 0 from the second call on.
        multiply_adds: For one image; see the function `multiply_adds`.
        field: The receptive field, (height, width) in pixels.
        stride: (height, width) in pixels between two neighbouring positions of the result.
        stage: The catalogue's, or "input", "head" or "auxiliary"; "" for a model that the
            catalogue does not know.
    """

    name: str
    class_name: str
    node: Any = field(repr=False)
    inputs: tuple[int, ...]
    shape: tuple
    parameters: int
    multiply_adds: int
    field: tuple[float, float]
    stride: tuple[float, float]
    stage: str = ""

    @property
    def layer(self):
        """The layer or bare operation that was called."""
        return self.node.operation

    @property
    def outputs(self) -> list:
        """The Keras tensors that the call returned."""
        return self.node.outputs


@dataclass(frozen=True)
class Stage:
    """The sums over one stage of a network.

    Attributes:
        name: The catalogue's, or "input", "head" or "auxiliary".
        shape: The shape of its last result, without the batch.
        parameters: The number of its weights.
        multiply_adds: For one image.
        field: Receptive field of its last result, (height, width) in pixels.
        stride: The stride of its last result, (height, width) in pixels.
        tensors: How many tensors of that shape it hands on, two from the two towers of AlexNet.
    """

    name: str
    shape: tuple
    parameters: int
    multiply_adds: int
    field: tuple[float, float]
    stride: tuple[float, float]
    tensors: int = 1


def multiply_adds(model) -> int:
    """The multiply-adds for one image: convolutions and dense layers, as the papers count.

    A convolution needs kernel height x width x input channels / groups per number of its result, a
    dense layer its inputs; biases, batch normalisation, pooling and activations are free by this
    convention. A custom layer counts through a method `multiply_adds(input_shape)`, with the batch
    in input_shape as in `Layer.build`.

    Args:
        model: A built functional keras.Model; its weights need no values.

    Returns:
        The number of multiply-adds.

    Raises:
        NetError: The model is not functional.
    """
    return sum(operation.multiply_adds for operation in walk(model))


def parameters(model) -> int:
    """The number of weights, trainable and not; the values are not touched.

    Args:
        model: A built keras.Model.
    """
    return sum(_size(weight) for weight in model.weights)


def walk(model) -> list[Operation]:
    """Every operation of a model in the order of computation.

    Receptive fields are those of theory: the largest over branches, not cut off at the border, and
    in pixels of the image after a Resizing that comes first. A vector sees what its whole map saw.

    Args:
        model: A built functional keras.Model; its weights need no values.

    Returns:
        The operations, with their stages.

    Raises:
        NetError: The model is not functional.
    """
    nodes = _nodes(model)
    positions = {id(node): i for i, node in enumerate(nodes)}
    counted: set[int] = set()
    operations: list[Operation] = []
    for node in nodes:
        inputs = tuple(dict.fromkeys(positions[id(parent)] for parent in node.parent_nodes))
        operations.append(_operation(node, inputs, [operations[i] for i in inputs], counted))
    return stages.assign_stages(model, operations)


def table(model) -> list[Stage]:
    """A network by stage, with what lies before ("input") and after the stages.

    "head" is what follows the last stage on the way to the main output, "auxiliary" what follows
    on the way to another.

    Args:
        model: A network of the catalogue, or its outline.

    Returns:
        The stages, in the catalogue's order.

    Raises:
        NetError: The catalogue does not know the model's name, or the model is not functional.
    """
    import nets

    names = ["input", *dict(nets.describe(model.name).stages), "head", "auxiliary"]
    operations = walk(model)
    by_stage = {name: [row for row in operations if row.stage == name] for name in names}
    return [
        _stage(name, rows, len(_handed_on(operations, name)))
        for name, rows in by_stage.items()
        if any(not isinstance(row.layer, layers.InputLayer) for row in rows)
    ]


def total(rows: list[Stage]) -> tuple[int, int]:
    """The pair (parameters, multiply-adds) over all stages of a `table`."""
    return sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows)


def main_output(model) -> int:
    """The position in `model.outputs` of the output that most operations lead to."""
    return stages.main_output(model, walk(model))[0]


def _stage(name: str, rows: list[Operation], tensors: int) -> Stage:
    last = rows[-1]
    return Stage(
        name,
        last.shape,
        sum(row.parameters for row in rows),
        sum(row.multiply_adds for row in rows),
        last.field,
        last.stride,
        max(1, tensors),
    )


def _handed_on(operations: list[Operation], stage: str) -> set[int]:
    """The operations of a stage whose results go on to another, auxiliary heads aside."""
    outside = [row for row in operations if row.stage not in (stage, "auxiliary")]
    return {i for row in outside for i in row.inputs if operations[i].stage == stage}


def _nodes(model) -> list:
    """The calls of a functional model in the order of computation."""
    if isinstance(model, keras.Sequential) and model.built:
        model = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    by_depth = getattr(model, "_nodes_by_depth", None)
    if by_depth is None:
        raise NetError(f"expected a built functional keras.Model, received {type(model).__name__}")
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def _operation(node, inputs, parents: list[Operation], counted: set[int]) -> Operation:
    """The row of one call; `counted` has the ids of the layers whose weights already count."""
    layer = node.operation
    shape = tuple(node.outputs[0].shape[1:])
    input_shape = tuple(node.input_tensors[0].shape) if parents else shape
    weights = [] if id(layer) in counted else getattr(layer, "weights", [])
    counted.add(id(layer))
    return Operation(
        layer.name,
        type(layer).__name__,
        node,
        inputs,
        shape,
        sum(_size(weight) for weight in weights),
        _multiply_adds(layer, input_shape, shape),
        *field_and_stride(layer, parents, shape),
    )


def _size(weight) -> int:
    return math.prod(int(side) for side in weight.shape)


def _multiply_adds(layer, input_shape: tuple, shape: tuple) -> int:
    if callable(getattr(layer, "multiply_adds", None)):
        return int(layer.multiply_adds(input_shape))
    if not isinstance(layer, _COUNTED) or isinstance(layer, layers.Conv2DTranspose):
        return 0
    kernels = [getattr(layer, name, None) for name in _KERNELS]
    return math.prod(shape[:-1]) * sum(_size(kernel) for kernel in kernels if kernel is not None)
