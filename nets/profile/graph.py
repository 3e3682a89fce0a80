"""A network's graph, walked: shapes, parameters, multiply-adds and receptive fields, by stage.

Every number here is computed from the operations of a built model, none from a table. A model
inside a model counts by its own layers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import keras
from keras import layers

from nets.errors import NetError
from nets.profile import stages
from nets.profile.receptive_field import Pair, field_of

__all__ = [
    "Operation",
    "Stage",
    "main_output",
    "multiply_adds",
    "operations",
    "parameters",
    "table",
    "total",
    "walk",
    "weight_bytes",
]

_KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel")
_COUNTED = (
    layers.Dense,
    layers.Conv1D,
    layers.Conv2D,
    layers.Conv3D,
    layers.DepthwiseConv1D,
    layers.DepthwiseConv2D,
    layers.SeparableConv1D,
    layers.SeparableConv2D,
)
_TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
# Operations without weights of their own that multiply tensors with each other.
_PRODUCTS = ("Attention", "AdditiveAttention", "Dot", "Einsum", "Matmul", "Tensordot")


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
        start: (row, column) of the first pixel that the first position of the result sees; it is
            negative in the padding.
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
    field: Pair
    stride: Pair
    start: Pair
    stage: str = ""

    @property
    def layer(self):
        """The layer or bare operation that was called."""
        return self.node.operation

    @property
    def counted(self) -> bool:
        """Whether `multiply_adds` is the whole of its cost: a recurrent layer's is not known."""
        layer = self.layer
        if isinstance(layer, (*_COUNTED, *_TRANSPOSED, layers.Embedding)):
            return True
        if callable(getattr(layer, "multiply_adds", None)):
            return True
        matrices = any(len(weight.shape) > 1 for weight in getattr(layer, "weights", []))
        return not matrices and self.class_name not in _PRODUCTS

    @property
    def memory(self) -> int:
        """The bytes of its results for one image."""
        return sum(math.prod(y.shape[1:]) * _bytes(y.dtype) for y in self.outputs)

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


def weight_bytes(model) -> int:
    """The bytes of all weights of a model.

    Args:
        model: A built keras.Model.
    """
    return sum(_size(weight) * _bytes(weight.dtype) for weight in model.weights)


def walk(model) -> list[Operation]:
    """Every operation of a model in the order of computation.

    Receptive fields are those of theory: the largest over branches, not cut off at the border, and
    in pixels of the image after a Resizing that comes first. A vector sees what its whole map saw.

    Args:
        model: A built functional keras.Model; its weights need no values.

    Returns:
        The operations, with their stages.

    Raises:
        NetError: As `operations`.
    """
    return stages.assign_stages(model, operations(model))


def operations(model, shape: tuple | None = None) -> list[Operation]:
    """Every operation of any functional or sequential model, without stages.

    The layers of a model inside the model stand in its place, by the names "inner/layer".

    Args:
        model: A built functional keras.Model; its weights need no values.
        shape: The shape of one image, in place of the model's own.

    Returns:
        The operations, in the order of computation.

    Raises:
        NetError: The model is not functional, or a shape in it is open, or channels come first.
    """
    calls = _calls(model, shape)
    positions = {id(node): i for i, (node, _) in enumerate(calls)}
    counted: set[int] = set()
    result: list[Operation] = []
    for node, name in calls:
        inputs = tuple(dict.fromkeys(positions[id(parent)] for parent in node.parent_nodes))
        result.append(_operation(node, name, inputs, [result[i] for i in inputs], counted))
    return result


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


def _functional(model):
    """What of a model has the graph; None for a layer, or a model that is no graph."""
    model = getattr(model, "_functional", None) or model  # of a Sequential
    graph = isinstance(model, keras.Model) and hasattr(model, "_nodes_by_depth")
    return model if graph and model.built else None


def _nodes(model) -> list:
    """The calls of a functional model in the order of computation."""
    functional = _functional(model)
    if functional is None:
        raise NetError(f"expected a built functional keras.Model, received {type(model).__name__}")
    by_depth = functional._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def _calls(model, shape: tuple | None) -> list[tuple[Any, str]]:
    """Each call of a layer and its name, in the order of computation.

    A model inside the model is one call of Keras. Its layers are called anew, one by one, on
    symbols of the shapes that reach them there.
    """
    nodes = _nodes(model)
    own = tuple(model.inputs[0].shape[1:])
    if shape in (None, own) and not any(_functional(node.operation) for node in nodes):
        return [(node, node.operation.name) for node in nodes]
    from nets.outlines import without_values

    calls: list[tuple[Any, str]] = []
    try:
        with without_values():
            symbols = [_symbol(x, shape) for x in model.inputs]
            calls += [(_call_of(x), _call_of(x).operation.name) for x in symbols]
            _call_layers(model, symbols, "", calls)
    except NetError:
        raise
    except Exception as error:  # each layer says in its own way that a shape does not fit
        text = " ".join(str(error).split())[:200]
        raise NetError(f"{model.name} does not take images of {shape or own}: {text}") from None
    return calls


def _symbol(tensor, shape: tuple | None):
    return keras.Input(tuple(tensor.shape[1:]) if shape is None else shape, dtype=tensor.dtype)


def _call_of(tensor):
    """The keras.Node that computes a symbol."""
    made = tensor._keras_history
    return made.operation._inbound_nodes[made.node_index]


def _call_layers(model, symbols: list, prefix: str, calls: list) -> list:
    """Call the layers of a model on `symbols`, add to `calls`; returns the symbols of its results.

    prefix: the names of the models around it, as "outer/inner/".
    """
    model = _functional(model)
    known = {id(old): new for old, new in zip(model.inputs, symbols, strict=True)}
    for node in _nodes(model):
        if not node.parent_nodes:
            continue
        layer = node.operation
        arguments, options = node.arguments.fill_in(known)
        if _functional(layer) is None:
            results = keras.tree.flatten(layer(*arguments, **options))
            calls.append((_call_of(results[0]), f"{prefix}{layer.name}"))
        else:
            entries = keras.tree.flatten(arguments)
            results = _call_layers(layer, entries, f"{prefix}{layer.name}/", calls)
        known.update({id(old): new for old, new in zip(node.outputs, results, strict=True)})
    return [known[id(symbol)] for symbol in model.outputs]


def _operation(node, name: str, inputs, parents: list[Operation], counted: set[int]) -> Operation:
    """The row of one call; `counted` has the ids of the layers whose weights already count."""
    layer = node.operation
    shape = tuple(node.outputs[0].shape[1:])
    if None in shape:
        raise NetError(
            f"expected images of a fixed size, received a network in which {name} has the shape "
            f"{shape}; give one with --size, such as --size 224"
        )
    if getattr(layer, "data_format", None) == "channels_first" and len(shape) > 1:
        raise NetError(f"expected channels last, received {name}, whose channels come first")
    input_shape = tuple(node.input_tensors[0].shape) if parents else shape
    weights = [] if id(layer) in counted else getattr(layer, "weights", [])
    counted.add(id(layer))
    return Operation(
        name,
        type(layer).__name__,
        node,
        inputs,
        shape,
        sum(_size(weight) for weight in weights),
        _multiply_adds(layer, input_shape, shape),
        *field_of(layer, parents, shape),
    )


def _size(weight) -> int:
    return math.prod(int(side) for side in weight.shape)


def _bytes(dtype: str) -> int:
    """Of one number: "float32" has 4."""
    bits = "".join(filter(str.isdigit, str(dtype).partition("_")[0]))
    return max(1, int(bits) // 8) if bits else 1


def _multiply_adds(layer, input_shape: tuple, shape: tuple) -> int:
    if callable(getattr(layer, "multiply_adds", None)):
        return int(layer.multiply_adds(input_shape))
    transposed = isinstance(layer, _TRANSPOSED)
    if not transposed and not isinstance(layer, _COUNTED):
        return 0
    # A convolution gathers for each position of its result; a transposed one spreads each input.
    positions = input_shape[1:-1] if transposed else shape[:-1]
    kernels = [getattr(layer, name, None) for name in _KERNELS]
    return math.prod(positions) * sum(_size(kernel) for kernel in kernels if kernel is not None)
