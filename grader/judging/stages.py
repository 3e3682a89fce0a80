"""A network compared stage by stage: which of the oracle's tensors appear in a submission's graph.

Tensors are recognised by their values at the reference weights. So it does not matter how a graph
is cut into layers or what the layers are called.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from grader.errors import CheckFailed
from grader.judging.compare import alike, shape, shown
from grader.runner.result_files import Evidence

# Relative to a tensor's size: far above float32's rounding, and a wrong tensor would have to be
# this close in all four numbers.
TOLERANCE = 1e-3


def appears(operation: dict, graph: list[dict], mode: str) -> bool:
    """Whether some operation of `graph` gives what `operation`, the oracle's, gives in `mode`."""
    right = _prints(operation, mode)
    if right is None:
        return False
    for other in graph:
        own = _prints(other, mode) if shape(other) == shape(operation) else None
        if own and max(abs(a - b) for a, b in zip(own, right, strict=True)) < TOLERANCE * right[0]:
            return True
    return False


def _prints(operation: dict, mode: str) -> list[float] | None:
    """The fingerprint of an operation's result in a mode; None if it is no four numbers."""
    prints = operation.get("prints")
    prints = prints.get(mode) if isinstance(prints, dict) else None
    if not isinstance(prints, list) or len(prints) != 4:
        return None
    sound = all(isinstance(number, int | float) and math.isfinite(number) for number in prints)
    return prints if sound else None


@dataclass(frozen=True)
class Comparison:
    """Which tensors of each stage appear in a submission's graph.

    ends: stage -> the oracle's operations that end its blocks. right: stage -> whether each of them
    appears. graph: the submission's.
    """

    ends: dict[int, list[dict]]
    right: dict[int, list[bool]]
    graph: list[dict]

    @property
    def first_wrong(self) -> int | None:
        """The first stage with an operation that is missing; None if all are there."""
        return next((stage for stage, blocks in self.right.items() if not all(blocks)), None)

    def require_all(self) -> None:
        """Raise CheckFailed, of the kind "follows", unless all stages are right."""
        if self.first_wrong is not None:
            raise CheckFailed(
                f"This is checked once stage {self.first_wrong} is right.", kind="follows"
            )

    def require(self, stage: int, message: str) -> None:
        """Raise CheckFailed with `message` unless the stage is right."""
        if all(self.right[stage]):
            return
        if self.first_wrong is not None and self.first_wrong < stage:
            raise CheckFailed(
                f"Stage {stage} starts from the output of stage {self.first_wrong}, which is not "
                "right yet.",
                kind="follows",
            )
        raise CheckFailed(message, self.table())

    def table(self) -> list[list[str]]:
        """Shapes at the end of each stage, expected and received, and how many blocks are right."""
        rows = [["stage", "expected", "received", "blocks right"]]
        for stage, operations in self.ends.items():
            end = operations[-1]
            rows.append(
                [
                    str(stage),
                    shown(shape(end)),
                    shown(_nearest(end, self.graph)),
                    f"{sum(self.right[stage])} of {len(operations)}",
                ]
            )
        return rows


def compare_stages(
    received: Evidence, expected: Evidence, ends: dict[int, list[dict]], mode: str = "eval"
) -> Comparison:
    """Compare the graphs. A network with the right outputs is right, however its graph is cut."""
    value = received.arrays.get(mode)
    if value is not None and alike(value, expected.arrays[mode]):
        return Comparison(ends, {stage: [True] * len(ops) for stage, ops in ends.items()}, [])
    right = {
        stage: [appears(operation, received.graph, mode) for operation in operations]
        for stage, operations in ends.items()
    }
    return Comparison(ends, right, received.graph)


def _nearest(end: dict, graph: list[dict]) -> tuple:
    """The shape of the last tensor that could be meant: a sum, or one from a pooling."""
    same = [
        row
        for row in graph
        if shape(row)[-1:] == shape(end)[-1:] and len(shape(row)) == len(shape(end))
    ]
    joints = [row for row in same if _joins(row) or "Pool" in str(row.get("kind"))]
    return shape((joints or same)[-1]) if same else ()


def _joins(row: dict) -> bool:
    inputs = row.get("inputs")
    return isinstance(inputs, list) and len(inputs) > 1
