"""A network's graph, walked: shapes, parameters, multiply-adds, receptive field, by stage.

Every number here is computed from the operations of a built model, none from a table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import keras
from keras import layers

from nets.errors import NetError
from nets.profile import receptive_field, stages

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

    inputs: the positions in the walk of the calls whose results it takes. shape: of its result,
    without the batch. parameters: all its weights, 0 from the second call on. field and stride:
    (height, width) in pixels that one position of the result sees, and that lie between two
    neighbouring positions. stage: the catalogue's, or "input", "head", "auxiliary", or "" for a
    model that the catalogue does not know.
    """

    name: str
    kind: str
    call: object = field(repr=False)
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
        return self.call.operation


@dataclass(frozen=True)
class Stage:
    """The sums over one stage; shape, field and stride are those of its last operation.

    width: how many tensors of that shape it hands on, two from the two towers of AlexNet.
    """

    name: str
    shape: tuple
    parameters: int
    multiply_adds: int
    field: tuple[float, float]
    stride: tuple[float, float]
    width: int = 1


def multiply_adds(model) -> int:
    """Multiply-adds for one image: convolutions and dense layers, as the papers count.

    A convolution needs (kernel height x width x input channels / groups) for each number of its
    result, a dense layer its inputs for each; biases, batch norm, pooling and activations are
    free by this convention. A custom layer counts through a method
    `multiply_adds(input_shape)`, with the batch in input_shape as in `Layer.build`.
    """
    return sum(operation.multiply_adds for operation in walk(model))


def parameters(model) -> int:
    """The number of weights, trainable and not; the values are not touched."""
    return sum(_size(weight) for weight in model.weights)


def walk(model) -> list[Operation]:
    """Every operation of a built functional model in the order of computation.

    Receptive fields are of theory: the largest over branches, not cut off at the border, and in
    pixels of the image after a Resizing that comes first. A vector sees what its whole map saw.
    Raises NetError for a model that is not functional.
    """
    calls = _calls(model)
    position = {id(call): index for index, call in enumerate(calls)}
    seen, walked = set(), []
    for call in calls:
        inputs = tuple(dict.fromkeys(position[id(parent)] for parent in call.parent_nodes))
        walked.append(_operation(call, inputs, [walked[i] for i in inputs], seen))
    return stages.placed(model, walked)


def table(model) -> list[Stage]:
    """The model by stage, in the catalogue's order, with what lies before ("input") and after.

    "head" is what follows the last stage on the way to the main output, "auxiliary" what follows
    on the way to another. Raises NetError for a name that the catalogue does not know.
    """
    import nets

    names = ["input", *dict(nets.describe(model.name).stages), "head", "auxiliary"]
    walked = walk(model)
    found = [(name, [row for row in walked if row.stage == name]) for name in names]
    return [
        _stage(name, rows, len(_leaving(walked, name)))
        for name, rows in found
        if any(not isinstance(row.layer, layers.InputLayer) for row in rows)
    ]


def total(rows: list[Stage]) -> tuple[int, int]:
    """The pair (parameters, multiply-adds) over all stages."""
    return sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows)


def main_output(model) -> int:
    """The place in `model.outputs` of the output that most operations lead to."""
    return stages.main(model, walk(model))[0]


def _stage(name: str, rows: list[Operation], leaving: int) -> Stage:
    last, cost = rows[-1], sum(row.multiply_adds for row in rows)
    counted = sum(row.parameters for row in rows)
    return Stage(name, last.shape, counted, cost, last.field, last.stride, max(1, leaving))


def _leaving(walked: list[Operation], stage: str) -> set[int]:
    """The operations of a stage whose results go on to another, auxiliary heads aside."""
    outside = [row for row in walked if row.stage not in (stage, "auxiliary")]
    return {i for row in outside for i in row.inputs if walked[i].stage == stage}


def _calls(model) -> list:
    if isinstance(model, keras.Sequential) and model.built:
        model = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    by_depth = getattr(model, "_nodes_by_depth", None)
    if by_depth is None:
        raise NetError(f"expected a built functional keras.Model, received {type(model).__name__}")
    return [call for depth in sorted(by_depth, reverse=True) for call in by_depth[depth]]


def _operation(call, inputs, before: list[Operation], seen: set) -> Operation:
    layer = call.operation
    shape = tuple(call.outputs[0].shape[1:])
    entering = tuple(call.input_tensors[0].shape) if before else shape
    weights = [] if id(layer) in seen else getattr(layer, "weights", [])
    seen.add(id(layer))
    field, stride = receptive_field.view(layer, before, shape)
    return Operation(
        layer.name,
        type(layer).__name__,
        call,
        inputs,
        shape,
        sum(_size(weight) for weight in weights),
        _cost(layer, entering, shape),
        field,
        stride,
    )


def _size(weight) -> int:
    return math.prod(int(side) for side in weight.shape)


def _cost(layer, entering: tuple, shape: tuple) -> int:
    if callable(getattr(layer, "multiply_adds", None)):
        return int(layer.multiply_adds(entering))
    if not isinstance(layer, _COUNTED) or isinstance(layer, layers.Conv2DTranspose):
        return 0
    kernels = [getattr(layer, name, None) for name in _KERNELS]
    return math.prod(shape[:-1]) * sum(_size(kernel) for kernel in kernels if kernel is not None)
