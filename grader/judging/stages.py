"""A network compared stage by stage: which of the oracle's tensors appear in a submission's graph.

Tensors are recognised by their values at the reference weights. So it does not matter how a graph
is cut into layers or what the layers are called. A stage after a wrong one can still be right: by
itself, on inputs of its own, see `compare_stages_apart`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from grader.errors import CheckFailed
from grader.judging import checks
from grader.judging.compare import Cases, alike, compare_outputs, shape, shown
from grader.judging.steps import kind
from grader.runner.result_files import Evidence

if TYPE_CHECKING:
    from grader.judging.submission import Submission

NOTHING = np.zeros(0)
# In the record of a network: the shapes of its input and of its first output.
ENDS = ("input", "shape")
# How many places are tried at which a wrong stage may end, and how many of them first.
MOST_CUTS, LIKELY = 6, 2
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
    itself, as in `compare_stages_apart`. cuts: stage -> the place in the submission's graph at
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


def compare_stages_apart(
    submission: Submission,
    request: dict,
    name: Cases,
    ends: Callable[[list[dict]], dict[int, list[dict]]],
    mode: str = "eval",
) -> Comparison:
    """As compare_stages, but a stage of a wrong network also counts if it is right by itself.

    Where a stage is wrong the network is cut: what follows gets reference inputs, of the shape that
    the stage should give, and so does the oracle's. Of the tensors at which the stage may end, the
    one counts after which most is right.

    Args:
        submission: It is asked for the case, and for its cuts where they are needed.
        request: It has the case, with a graph or without.
        name: The case's; () if it is the only one.
        ends: From the oracle's graph to the operations that end each stage's blocks. The last of
            them ends the network.
        mode: In which the networks are compared.

    Raises:
        CheckFailed: There is no network to be compared.
    """
    [(case, received, expected)] = submission.compare(*_with_graph(request, name))
    whole = compare_stages(received, expected, ends(expected.graph), mode)
    if not whole.graph:
        return whole
    number = {id(row): place for place, row in enumerate(expected.graph)}
    blocks = {
        (stage, i): number[id(row)]
        for stage, rows in whole.ends.items()
        for i, row in enumerate(rows)
    }
    *_, last = blocks
    output = _output(received)

    def right_blocks(own: list[dict], right: list[dict], ends_right: bool) -> dict:
        """Where each block ends that is right, {(stage, number): place}."""
        wanted, found = {row["place"]: row for row in right}, {}
        for block, place in blocks.items():
            if place in wanted and (at := _find(wanted[place], own, mode)) is not None:
                found[block] = at
        if not ends_right:
            found.pop(last, None)
        return found

    found = right_blocks(_placed(received.graph), _placed(expected.graph), False)
    before, cuts, alone = -1, {}, True
    for stage in [*whole.ends][:-1]:
        end = (stage, len(whole.ends[stage]) - 1)
        if all((stage, i) in found for i in range(end[1] + 1)):
            before = cuts[stage] = found[end]
            continue
        ways = _cuts(received.graph, output, before, whole.ends[stage][-1])
        fed = _fed(whole.ends[stage][-1], mode)
        tried: dict[int, dict] = {}
        for some in filter(None, (ways[:LIKELY], ways[LIKELY:])):
            asked = [[at, *fed] for at in some]
            own, right = submission.cut(
                request, {**case, "modes": [mode]}, asked, [blocks[end], *fed]
            )
            [wanted], answer = right.record["cuts"], right.arrays[f"0 {mode}"]
            for i, (at, rows) in enumerate(zip(some, _followed(own, len(some)), strict=False)):
                same = alike(own.arrays.get(f"{i} {mode}", NOTHING), answer)
                tried[at] = right_blocks(rows, wanted, same)
            if any((stage + 1, 0) in followed for followed in tried.values()):
                break
        if not tried:
            alone = False
            break
        before = cuts[stage] = max(tried, key=lambda at: len(tried[at]))
        found = tried[before] | found
    flags = {
        stage: [(stage, i) in found for i in range(len(rows))] for stage, rows in whole.ends.items()
    }
    return replace(whole, right=flags, alone=alone, cuts=cuts)


def compare_another_input(
    submission: Submission, main: tuple[dict, str], other: tuple[dict, str], ends, message: str
) -> None:
    """Raise CheckFailed with `message` unless a network is as right for other inputs.

    A network that is wrong may have no more wrong stages than for the main input.

    main, other: a request and the name of its cases, one of the main input. ends: as in
    compare_stages_apart.
    """
    try:
        compare_outputs(submission, *main, "eval", message)
    except CheckFailed:
        found = compare_stages_apart(submission, *main, ends)
    else:
        compare_outputs(submission, *other, "eval", message)
        return
    try:
        answers = submission.ask(*other)
    except CheckFailed:
        found.require_all()  # what was told already may be why
        raise
    for case, received, expected in answers:
        own, right = ([each.record.get(k) for k in ENDS] for each in (received, expected))
        if own != right:
            table = [["", *ENDS], ["expected", *map(str, right)], ["received", *map(str, own)]]
            raise CheckFailed(message, table)
        again = {"module": other[0]["module"], "cases": [{**case, "modes": ["eval"]}]}
        if found.loses(compare_stages_apart(submission, again, (), ends)):
            found.require_all()


def answers_after(
    submission: Submission,
    request: dict,
    name: str,
    found: Comparison,
    stage: int,
    like: str,
) -> tuple[Evidence, Evidence]:
    """What a wrong network and the oracle's answer, by mode, where both are cut after a stage.

    request, name: as in compare_stages_apart, which found `found`. like: the name of a case that
    says how many classes and images there are, and which modes.
    """
    case, other = (request["cases"][checks.places(request, each)[0]] for each in (name, like))
    if stage not in found.cuts:
        found.require_all()
    case = case | {key: other[key] for key in ("batch", "modes", "args") if key in other}
    if "kwargs" in case:
        case["kwargs"] = {**case["kwargs"], "classes": other["kwargs"]["classes"]}
    end, fed = found.ends[stage][-1], _fed(found.ends[stage][-1], "eval")
    right = next(i for i, row in enumerate(found.oracle) if row is end)
    own, oracle = (
        replace(one, arrays={name.partition(" ")[2]: a for name, a in one.arrays.items()})
        for one in submission.cut(request, case, [[found.cuts[stage], *fed]], [right, *fed])
    )
    if own.trouble:
        raise submission.failure(own.trouble, case)
    if not {*oracle.arrays} <= {*own.arrays}:
        found.require_all()
    return own, oracle


def _with_graph(request: dict, name: Cases) -> tuple[dict, Cases]:
    [place] = checks.places(request, name)
    case = request["cases"][place]
    if case.get("graph"):
        return request, name
    return {"module": request["module"], "cases": [{**case, "graph": True}]}, ()


def _placed(graph: list[dict]) -> list[dict]:
    return [{**row, "place": place} for place, row in enumerate(graph)]


def _find(wanted: dict, rows: list[dict], mode: str) -> int | None:
    """The place of the first of these operations that gives what the wanted one gives."""
    return next((row["place"] for row in rows if appears(wanted, [row], mode)), None)


def _fed(end: dict, mode: str) -> list:
    """The shape of what replaces a tensor at a cut, and its size, which is near the tensor's."""
    [size, *_] = prints(end, mode) or [1.0]
    return [list(shape(end)), 2.0 ** round(math.log2(size)) if size > 0 else 1.0]


def _output(received: Evidence) -> int:
    """The place of the operation that gives the network's first output; -1 if it is not told."""
    outputs = received.record.get("outputs")
    first = outputs[0] if isinstance(outputs, list) and outputs else -1
    return first if isinstance(first, int) and 0 <= first < len(received.graph) else -1


def _followed(own: Evidence, cuts: int) -> list[list[dict]]:
    """The operations that follow each cut, as far as they have the form that the runner writes."""
    every = own.record.get("cuts")
    if not isinstance(every, list) or len(every) != cuts:
        return []
    return [
        [row for row in rows if isinstance(row, dict) and isinstance(row.get("place"), int)]
        if isinstance(rows, list)
        else []
        for rows in every
    ]


def _cuts(graph: list[dict], output: int, before: int, end: dict) -> list[int]:
    """The places, likeliest first, at which a stage may end that should end as `end`.

    All that follows such a place depends on nothing but its result. It is not in front of `before`,
    where the stage before ends: at that very place if the stage is missing.
    """
    inputs = [
        [i for i in _listed(row.get("inputs")) if -1 <= i < at] for at, row in enumerate(graph)
    ]
    needed, places = {output}, [output]
    while places:
        new = {i for i in inputs[places.pop()] if i >= 0} - needed
        needed |= new
        places += new
    passed = {between for at in needed for i in inputs[at] for between in range(i + 1, at)}
    fits = [
        at
        for at in [-1, *sorted(needed - passed)]
        if before <= at < output and (at < 0 or len(shape(graph[at])) == len(shape(end)))
    ]

    def unlike(at):
        row = graph[at] if at >= 0 else {}
        own, right = shape(row), shape(end)
        return (kind(row) != kind(end)) + (own[-1:] != right[-1:]) + (own[:-1] != right[:-1]), at

    return sorted(fits, key=unlike)[:MOST_CUTS]


def _listed(value) -> list[int]:
    return [i for i in value if isinstance(i, int)] if isinstance(value, list) else []


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
