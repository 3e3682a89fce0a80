"""Parts of a network by themselves: its operations from each place on, run on reference inputs.

So a part is seen as if all that comes before it were right. Layers with weights are made again from
their settings, because another input may want other shapes; they get the reference weights. A layer
with an activation counts as two operations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grader.runner import reference_weights

# How many operations a part may have.
REACH = 6


@dataclass(frozen=True)
class Operation:
    """One operation: its kind, the tensors that it gets, the one that it gives, and its call.

    call: (tensors by id, mode) -> its result.
    """

    kind: str
    inputs: list
    output: Any
    call: Callable[[dict, str], Any]


def run(operations: list[dict], case: dict) -> dict:
    """What operations give, one after another, from each place on.

    operations: of grader.runner.trace. case: its "alone" has the shapes of inputs, each without its
    batch. Returns {"operations": [[kind, axes of its input, batch included], ...], "rows": [...]};
    a row per shape, first and last operation: {"fed", "start", "end", "shape", "prints"}. An
    operation that cannot take what it gets ends its part.
    """
    each = [part for operation in operations for part in _parts(operation, case["seed"])]
    axes = [len(part.inputs[0].shape) if part.inputs else 0 for part in each]
    rows = []
    for fed in sorted({tuple(shape) for shape in case["alone"]}):
        size = (case.get("batch", 2), *fed)
        images = reference_weights.inputs(size, case["seed"], case.get("level", 1.0))
        for start in range(len(each)):
            if axes[start] != images.ndim or len(each[start].inputs) > 1:
                continue
            ends = [_results(each[start : start + REACH], images, mode) for mode in case["modes"]]
            for number, values in enumerate(zip(*ends, strict=False)):
                prints = {
                    mode: reference_weights.fingerprint(value, case["seed"])
                    for mode, value in zip(case["modes"], values, strict=True)
                }
                row = {"fed": fed, "start": start, "end": start + number, "prints": prints}
                rows.append({**row, "shape": [None, *values[0].shape[1:]]})
    kinds = [part.kind for part in each]
    return {"operations": [*zip(kinds, axes, strict=True)], "rows": rows}


def _parts(operation: dict, seed: int) -> list[Operation]:
    """The operation; a layer with weights and an activation as two."""
    call, arguments, output = (operation[key] for key in ("call", "arguments", "tensor"))
    kind, inputs = type(call).__name__[:80], arguments.keras_tensors
    if not getattr(call, "weights", None):

        def plain(known, mode):
            args, kwargs = arguments.fill_in(known)
            return call(*args, **_in_mode(call, kwargs, mode))

        return [Operation(kind, inputs, output, plain)]
    activation = getattr(call, "activation", None)
    activated = getattr(activation, "__name__", "linear") != "linear"

    def layer(known, mode):
        args, kwargs = arguments.fill_in(known)
        settings = call.get_config() | ({"activation": "linear"} if activated else {})
        made = type(call).from_config(settings)
        made(*args, **kwargs)  # makes the weights
        for weight in made.weights:
            value = reference_weights.weights(weight.name, tuple(weight.shape), seed)
            weight.assign(value)
        return made(*args, **_in_mode(made, kwargs, mode))

    if not activated:
        return [Operation(kind, inputs, output, layer)]
    before = object()  # stands for the tensor that the activation gets

    def active(known, mode):
        return activation(known[id(before)])

    shaped = _Between(output.shape, before)
    return [
        Operation(kind, inputs, before, layer),
        Operation("Activation", [shaped], output, active),
    ]


class _Between:
    """A tensor inside a layer: a shape, and the object that it is known by."""

    def __init__(self, shape, key):
        self.shape, self.key = shape, key


def _key(tensor) -> int:
    return id(getattr(tensor, "key", tensor))


def _results(operations: list[Operation], images, mode: str) -> list:
    """The results of consecutive operations, until one fails; the first gets the images."""
    import keras

    known = {_key(operations[0].inputs[0]): keras.ops.convert_to_tensor(images)}
    found: list = []
    for operation in operations:
        if any(_key(tensor) not in known for tensor in operation.inputs):
            break
        try:
            value = operation.call(known, mode)
            found.append(keras.ops.convert_to_numpy(value))
        except Exception:
            break
        known[id(operation.output)] = value
    return found


def _in_mode(call, kwargs: dict, mode: str) -> dict:
    """The arguments of a call in a mode."""
    if getattr(call, "_call_has_training_arg", False):
        return {**kwargs, "training": mode == "train"}
    return kwargs
