"""A network's graph, walked: shapes, parameters, multiply-adds, receptive field, by stage.

Every number here is computed from the operations of a built model, none from a table.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace

import keras
from keras import layers

from nets.catalogue import CATALOGUE
from nets.errors import NetError

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
_RESAMPLED = (layers.Resizing, layers.AdaptiveAveragePooling2D, layers.AdaptiveMaxPooling2D)


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
    return _with_stages(model, walked)


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
    return _main(model, walk(model))[0]


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
    field, stride = _view(layer, before, shape)
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


def _view(layer, before: list[Operation], shape: tuple):
    """The receptive field and stride after `layer`, each (height, width)."""
    if not before:
        return (1, 1), (1, 1)
    if isinstance(layer, layers.Resizing) and isinstance(before[0].layer, layers.InputLayer):
        return (1, 1), (1, 1)
    field = tuple(max(row.field[axis] for row in before) for axis in (0, 1))
    stride = tuple(max(row.stride[axis] for row in before) for axis in (0, 1))
    windows = [_window(layer, before[0].shape, shape, axis) for axis in (0, 1)]
    return (
        tuple(f + (size - 1) * s for f, s, (size, _) in zip(field, stride, windows, strict=True)),
        tuple(s * step for s, (_, step) in zip(stride, windows, strict=True)),
    )


def _window(layer, entering: tuple, shape: tuple, axis: int) -> tuple[float, float]:
    """What one position of the result covers of the input along `axis`, and the step between."""
    if len(entering) != 3:
        return 1, 1
    if len(shape) != 3:
        return entering[axis], 1
    if isinstance(layer, _RESAMPLED):
        return _resampled(entering[axis], shape[axis])
    size = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if size is None:
        # A layer that does not say what it does is a pooling where it halves the map or more.
        step = max(1, entering[axis] // max(1, shape[axis]))
        return step, step
    step, spread = getattr(layer, "strides", 1), getattr(layer, "dilation_rate", 1)
    return (_along(size, axis) - 1) * _along(spread, axis) + 1, _along(step, axis)


def _along(sides, axis: int) -> int:
    return sides[axis] if isinstance(sides, (tuple, list)) else sides


def _resampled(before: int, after: int) -> tuple[float, float]:
    """Adaptive windows reach from floor(i * step) to ceil((i + 1) * step); the widest counts.

    An enlargement interpolates between two neighbours.
    """
    step = before / after
    if after > before:
        return 2, step
    return max(math.ceil((i + 1) * step) - math.floor(i * step) for i in range(after)), step


def _origin(walked: list[Operation], tensor) -> int:
    return next(i for i, row in enumerate(walked) if any(t is tensor for t in row.call.outputs))


def _upstream(walked: list[Operation], start) -> set[int]:
    """The positions that lead to those in `start`, with these."""
    reached, waiting = set(), list(start)
    while waiting:
        index = waiting.pop()
        if index not in reached:
            reached.add(index)
            waiting.extend(walked[index].inputs)
    return reached


def _main(model, walked: list[Operation]) -> tuple[int, set[int]]:
    """The main output's place and what leads to it."""
    upstream = [_upstream(walked, [_origin(walked, tensor)]) for tensor in model.outputs]
    place = max(range(len(upstream)), key=lambda i: len(upstream[i]))
    return place, upstream[place]


def _with_stages(model, walked: list[Operation]) -> list[Operation]:
    """The operations with their stages: by name, else as the operation before.

    Bare operations, such as an addition, have names that Keras chose. Flattening belongs to the
    dense layer that needs it.
    """
    if model.name not in CATALOGUE:
        return walked
    patterns = CATALOGUE[model.name].stages
    named = [_named(row.name, patterns) for row in walked]
    before = _upstream(walked, [i for i, stage in enumerate(named) if stage])
    _, main = _main(model, walked)
    placed: list[Operation] = []
    for i, row in enumerate(walked):
        if i not in before:
            stage = "head" if i in main else "auxiliary"
        elif named[i] or not row.inputs:
            stage = named[i] or "input"
        else:
            parent = placed[row.inputs[0]]
            flattens = len(row.shape) < len(parent.shape)
            stage = (flattens and _next(walked, named, i)) or parent.stage
        placed.append(replace(row, stage=stage))
    return placed


def _next(walked: list[Operation], named: list[str], index: int) -> str:
    return next((named[i] for i, row in enumerate(walked) if index in row.inputs), "")


def _named(name: str, patterns) -> str:
    return next((stage for stage, pattern in patterns if re.match(pattern, name)), "")
