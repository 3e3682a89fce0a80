"""A network compared stage by stage: which of the oracle's tensors appear in a submission's graph.

Tensors are recognised by their values at the reference weights. So it does not matter how a graph
is cut into layers or what the layers are called. A stage after a wrong one can still be right: by
itself, on inputs of its own, see grader.judging.cuts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from grader.errors import CheckFailed
from grader.judging.compare import alike, shape, shown
from grader.judging.steps import kind
from grader.runner.result_files import Evidence

# Relative to a tensor's size: far above float32's rounding, and a wrong tensor would have to be
# this close in all four numbers.
TOLERANCE = 1e-3


def appears(operation: dict, graph: list[dict], mode: str) -> bool:
    """Whether some operation of `graph` gives what `operation`, the oracle's, gives in `mode`."""
    right = prints(operation, mode)
    return right is not None and any(
        shape(other) == shape(operation) and same_prints(prints(other, mode), right)
        for other in graph
    )


def same_prints(own: list[float] | None, right: list[float]) -> bool:
    """Whether two fingerprints are those of one tensor."""
    if own is None:
        return False
    return max(abs(a - b) for a, b in zip(own, right, strict=True)) < TOLERANCE * right[0]


def prints(operation: dict, mode: str) -> list[float] | None:
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
    appears. graph: the submission's. oracle: the oracle's. alone: whether each stage is judged by
    itself, as in grader.judging.cuts. cuts: stage -> the place in the submission's graph at
    which it ends or is taken to end.
    """

    ends: dict[int, list[dict]]
    right: dict[int, list[bool]]
    graph: list[dict]
    oracle: list[dict]
    alone: bool = False
    cuts: dict[int, int] = field(default_factory=dict)

    @property
    def first_wrong(self) -> int | None:
        """The first stage with an operation that is missing; None if all are there."""
        return next((stage for stage, blocks in self.right.items() if not all(blocks)), None)

    @property
    def whole(self) -> bool:
        """Whether the network as a whole gives the right outputs."""
        return not self.graph

    def require_all(self, *stages: int) -> None:
        """Raise CheckFailed, of the kind "follows", unless these stages are right, or all."""
        wrong = [stage for stage in stages or self.right if not all(self.right[stage])]
        if wrong:
            raise CheckFailed(f"This is checked once stage {wrong[0]} is right.", kind="follows")

    def require(self, stage: int, message: str) -> None:
        """Raise CheckFailed with `message` unless the stage is right."""
        if all(self.right[stage]):
            return
        if not self.alone and self.first_wrong is not None and self.first_wrong < stage:
            raise CheckFailed(
                f"Stage {stage} starts from the output of stage {self.first_wrong}, which is not "
                "right yet.",
                kind="follows",
            )
        raise CheckFailed(message, self.table())

    def loses(self, other: Comparison) -> bool:
        """Whether a block that is right here is wrong in the other comparison."""
        return any(
            here and not there
            for stage, blocks in self.right.items()
            for here, there in zip(blocks, other.right[stage], strict=True)
        )

    def table(self) -> list[list[str]]:
        """Shapes at the end of each stage, expected and received, and how many blocks are right.

        A stage after a wrong one has another input: whether it is right cannot be seen, unless each
        is judged by itself.
        """
        rows = [["stage", "expected", "received", "blocks right"]]
        for stage, operations in self.ends.items():
            end, right = operations[-1], sum(self.right[stage])
            received = shape(end) if all(self.right[stage]) else _own(end, self.oracle, self.graph)
            before = None if self.alone else self.first_wrong
            later = before is not None and stage > before and not right
            judged = f"after stage {self.first_wrong}" if later else f"{right} of {len(operations)}"
            rows.append([str(stage), shown(shape(end)), shown(received), judged])
        return rows


def compare_stages(
    received: Evidence, expected: Evidence, ends: dict[int, list[dict]], mode: str = "eval"
) -> Comparison:
    """Compare the graphs. A network with the right outputs is right, however its graph is cut."""
    value = received.arrays.get(mode)
    if value is not None and alike(value, expected.arrays[mode]):
        return Comparison(ends, {stage: [True] * len(ops) for stage, ops in ends.items()}, [], [])
    right = {
        stage: [appears(operation, received.graph, mode) for operation in operations]
        for stage, operations in ends.items()
    }
    return Comparison(ends, right, received.graph, expected.graph)


def _own(end: dict, oracle: list[dict], graph: list[dict]) -> tuple:
    """The shape of the submission's tensor that stands where `end` stands in the oracle's graph.

    It comes from the same kind of step: the third concatenation of 480 channels is the third there,
    or, if there is none of so many channels, the third concatenation of any.
    """
    for stands_for in (_same_kind_and_channels, _same_kind):
        place = [row is end for row in oracle if stands_for(row, end)].index(True)
        rows = [row for row in graph if stands_for(row, end)]
        if rows:
            return shape(rows[min(place, len(rows) - 1)])
    return ()


def _same_kind(row: dict, end: dict) -> bool:
    mine, its = kind(row), kind(end)
    return mine == its and len(shape(row)) == len(shape(end))


def _same_kind_and_channels(row: dict, end: dict) -> bool:
    return _same_kind(row, end) and shape(row)[-1:] == shape(end)[-1:]
