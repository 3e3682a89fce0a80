"""Which operation of a network belongs to which stage, by the patterns of the catalogue.

All functions take the operations that nets.profile.graph walks, and speak of their positions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from nets.catalogue import CATALOGUE


def assign_stages(model, operations: list) -> list:
    """The operations with their stages: by their names, else as the operation before.

    Bare operations, such as an addition, have names that Keras chose. Flattening belongs to the
    dense layer that needs it.

    Args:
        model: A functional keras.Model.
        operations: Each `nets.profile.graph.Operation` of the model, in the order of computation.

    Returns:
        The operations in the same order; unchanged if the catalogue does not know the model.
    """
    if model.name not in CATALOGUE:
        return operations
    patterns = CATALOGUE[model.name].stages
    named = [_stage_by_name(operation.name, patterns) for operation in operations]
    before_head = _upstream(operations, (i for i, stage in enumerate(named) if stage))
    _, to_main_output = main_output(model, operations)
    result: list = []
    for i, operation in enumerate(operations):
        if i not in before_head:
            stage = "head" if i in to_main_output else "auxiliary"
        elif named[i] or not operation.inputs:
            stage = named[i] or "input"
        else:
            parent = result[operation.inputs[0]]
            flattens = len(operation.shape) < len(parent.shape)
            stage = (flattens and _stage_after(operations, named, i)) or parent.stage
        result.append(replace(operation, stage=stage))
    return result


def main_output(model, operations: list) -> tuple[int, set[int]]:
    """The output that most operations lead to.

    Args:
        model: A functional keras.Model.
        operations: Those of the model, in the order of computation.

    Returns:
        The position of the output in model.outputs, and the positions of what leads to it.
    """
    upstream = [_upstream(operations, [_origin(operations, y)]) for y in model.outputs]
    position = max(range(len(upstream)), key=lambda i: len(upstream[i]))
    return position, upstream[position]


def _upstream(operations: list, start: Iterable[int]) -> set[int]:
    """The positions in `start`, and all that lead to them."""
    reached: set[int] = set()
    todo = list(start)
    while todo:
        i = todo.pop()
        if i not in reached:
            reached.add(i)
            todo.extend(operations[i].inputs)
    return reached


def _origin(operations: list, tensor) -> int:
    """The position of the operation that computes `tensor`."""
    return next(
        i for i, operation in enumerate(operations) if any(y is tensor for y in operation.outputs)
    )


def _stage_after(operations: list, named: list[str], position: int) -> str:
    """The stage by name of the first operation that takes the result of the one at `position`."""
    return next((named[i] for i, after in enumerate(operations) if position in after.inputs), "")


def _stage_by_name(name: str, patterns) -> str:
    return next((stage for stage, pattern in patterns if re.match(pattern, name)), "")
