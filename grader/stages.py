"""A network compared stage by stage: which of the oracle's tensors appear in a submission's graph.

Tensors are found by what they hold, at the rule's weights, so that it does not matter how a graph
is cut into layers or what these are called.
"""

from __future__ import annotations

import math

from grader.judge import TOLERANCE, shape, shown


def appears(operation: dict, graph: list[dict], mode: str) -> bool:
    """Whether some operation of `graph` gives what `operation`, the oracle's, gives in `mode`."""
    right = _prints(operation, mode)
    for other in graph:
        found = _prints(other, mode) if shape(other) == shape(operation) else None
        if found and max(abs(a - b) for a, b in zip(found, right, strict=True)) < (
            TOLERANCE * right[0]
        ):
            return True
    return False


def _prints(operation: dict, mode: str) -> list[float] | None:
    found = operation.get("prints")
    found = found.get(mode) if isinstance(found, dict) else None
    if not isinstance(found, list) or len(found) != 4:
        return None
    sound = all(isinstance(number, int | float) and math.isfinite(number) for number in found)
    return found if sound else None


def seen(stages: dict, graph: list[dict], mode: str = "eval") -> dict:
    """stage -> for each of its operations, the oracle's, whether it appears in `graph`."""
    return {stage: [appears(operation, graph, mode) for operation in operations]
            for stage, operations in stages.items()}


def first_wrong(found: dict):
    """The first stage of `seen` of which an operation is missing; None where none is."""
    return next((stage for stage, blocks in found.items() if not all(blocks)), None)


def table(stages: dict, found: dict, graph: list[dict]) -> list[list[str]]:
    """Shapes expected and received at the end of each stage, and how many of its blocks are right.
    """
    rows = [["stage", "expected", "received", "blocks right"]]
    for stage, operations in stages.items():
        end = operations[-1]
        rows.append([str(stage), shown(shape(end)), shown(_nearest(end, graph)),
                     f"{sum(found[stage])} of {len(operations)}"])
    return rows


def _nearest(end: dict, graph: list[dict]) -> tuple:
    """The shape of the submission's last tensor that could be meant: a sum, or one from a pooling.
    """
    same = [row for row in graph if len(shape(row)) == 3 and shape(row)[-1] == shape(end)[-1]]
    joints = [row for row in same if _joins(row) or "Pool" in str(row.get("kind"))]
    return shape((joints or same)[-1]) if same else ()


def _joins(row: dict) -> bool:
    inputs = row.get("inputs")
    return isinstance(inputs, list) and len(inputs) > 1
