"""What each layer of a network computes from one image."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
from keras import layers

from nets.errors import NetError
from nets.profile.graph import Operation

__all__ = ["activations", "takes_bytes"]

_MOST = 2**31  # bytes of one result


def takes_bytes(operations: list[Operation]) -> bool:
    """Whether a network scales images itself, and so takes pixels from 0 to 255.

    Args:
        operations: Those of the model, see `nets.profile.graph.operations`.
    """
    raw = {i for i, one in enumerate(operations) if isinstance(one.layer, layers.InputLayer)}
    for i, operation in enumerate(operations):
        if raw & {*operation.inputs}:
            if isinstance(operation.layer, (layers.Rescaling, layers.Normalization)):
                return True
            if isinstance(operation.layer, layers.Resizing):
                raw.add(i)
    return False


def activations(
    operations: list[Operation], image: np.ndarray, wanted: set[int]
) -> Iterator[tuple[int, np.ndarray]]:
    """Compute a network on one image, layer by layer, and give the results that are wanted.

    A result is forgotten as soon as no layer needs it, so a deep network takes little memory.

    Args:
        operations: Those of a model with values, which has one input.
        image: float32 (height, width, channels), as the network takes it.
        wanted: The positions of the operations whose results are given.

    Yields:
        The position, and the result without its batch, float32.

    Raises:
        NetError: A result is too large, or the network cannot be computed.
    """
    large = max(operations, key=lambda one: one.memory)
    if large.memory > _MOST:
        raise NetError(
            f"expected a network for the memory of this machine, received one whose {large.name} "
            f"has {large.memory:,} bytes; give a smaller --size"
        )
    left = [0] * len(operations)
    for operation in operations:
        for i in operation.inputs:
            left[i] += 1
    known: dict[int, object] = {}
    for i, operation in enumerate(operations):
        results = _results(operation, image, known)
        known.update({id(y): result for y, result in zip(operation.outputs, results, strict=True)})
        if i in wanted:
            yield (
                i,
                np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(results[0], "float32")))[0],
            )
        for j in operation.inputs:
            left[j] -= 1
            if not left[j]:
                for y in operations[j].outputs:
                    known.pop(id(y), None)


def _results(operation: Operation, image: np.ndarray, known: dict) -> list:
    if isinstance(operation.layer, layers.InputLayer):
        return [keras.ops.convert_to_tensor(image[None], dtype=operation.outputs[0].dtype)]
    arguments, options = operation.node.arguments.fill_in(known)
    try:
        return keras.tree.flatten(operation.layer(*arguments, **options))
    except Exception as error:  # a layer says in its own way what it cannot do
        text = " ".join(str(error).split())[:160]
        raise NetError(f"{operation.name} cannot be computed on this image: {text}") from None
