"""A network cut where a stage ends: each stage of a wrong network is judged by itself.

Where a stage is wrong, what follows it is run on inputs of the shape that the stage should give, as
if all before it were right; see grader.runner.cut.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from grader.errors import CheckFailed
from grader.judging import checks
from grader.judging.compare import Cases, alike, compare_outputs, shape
from grader.judging.stages import Comparison, appears, compare_stages, prints
from grader.judging.steps import kind
from grader.runner.result_files import Evidence

if TYPE_CHECKING:
    from grader.judging.submission import Submission

NOTHING = np.zeros(0)
# In the record of a network: the shapes of its input and of its first output.
ENDS = ("input", "shape")
# How many places are tried at which a wrong stage may end, and how many of them first.
MOST_CUTS, LIKELY = 6, 2


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
    two = _Two(submission, request, {**case, "modes": [mode]}, received, whole, mode)
    found = two.right(_placed(received.graph), _placed(expected.graph))
    # The network as a whole is wrong, even where its last tensor appears by chance.
    found.pop(two.last, None)
    before, cuts, alone = -1, {}, True
    for stage, rows in [*whole.ends.items()][:-1]:
        if all((stage, i) in found for i in range(len(rows))):
            before = cuts[stage] = found[stage, len(rows) - 1]
            continue
        tried = two.after(stage, before)
        if not tried:
            alone = False
            break
        before = cuts[stage] = max(tried, key=lambda at: len(tried[at]))
        found = tried[before] | found
    flags = {
        stage: [(stage, i) in found for i in range(len(rows))] for stage, rows in whole.ends.items()
    }
    return replace(whole, right=flags, alone=alone, cuts=cuts)


@dataclass(frozen=True)
class _Two:
    """A wrong network beside the oracle's, both to be cut where a stage ends.

    case: what both were asked, in the one mode. received: the submission's. whole: how they compare
    uncut.
    """

    submission: Submission
    request: dict
    case: dict
    received: Evidence
    whole: Comparison
    mode: str

    @cached_property
    def blocks(self) -> dict[tuple[int, int], int]:
        """(stage, number) -> the place in the oracle's graph at which this block ends."""
        number = {id(row): place for place, row in enumerate(self.whole.oracle)}
        return {
            (stage, i): number[id(row)]
            for stage, rows in self.whole.ends.items()
            for i, row in enumerate(rows)
        }

    @property
    def last(self) -> tuple[int, int]:
        """The block that ends the network."""
        return [*self.blocks][-1]

    def right(self, own: list[dict], oracle: list[dict]) -> dict[tuple[int, int], int]:
        """Where each block ends that is right among these operations, {(stage, number): place}."""
        wanted, found = {row["place"]: row for row in oracle}, {}
        for block, place in self.blocks.items():
            if place in wanted and (at := _find(wanted[place], own, self.mode)) is not None:
                found[block] = at
        return found

    def after(self, stage: int, before: int) -> dict[int, dict[tuple[int, int], int]]:
        """What is right after each place at which a stage may end: place -> as of `right`.

        before: where the stage before it ends. The likeliest places come first, and the others only
        if nothing that follows those is right.
        """
        rows = self.whole.ends[stage]
        end, fed = self.blocks[stage, len(rows) - 1], _fed(rows[-1], self.mode)
        places = _cuts(self.received.graph, _output(self.received), before, rows[-1])
        tried: dict[int, dict[tuple[int, int], int]] = {}
        for some in filter(None, (places[:LIKELY], places[LIKELY:])):
            asked = [[at, *fed] for at in some]
            own, right = self.submission.cut(self.request, self.case, asked, [end, *fed])
            [wanted], answer = right.record["cuts"], right.arrays[f"0 {self.mode}"]
            for i, (at, followed) in enumerate(zip(some, _followed(own, len(some)), strict=False)):
                tried[at] = self.right(followed, wanted)
                if not alike(own.arrays.get(f"{i} {self.mode}", NOTHING), answer):
                    tried[at].pop(self.last, None)
            if any((stage + 1, 0) in found for found in tried.values()):
                break
        return tried


def compare_another_input(
    submission: Submission,
    main: tuple[dict, str],
    other: tuple[dict, str],
    ends,
    message: str,
    edge: str = "",
) -> None:
    """Raise CheckFailed with `message` unless a network is as right for other inputs.

    A network that is wrong may have no more wrong stages than for the main input.

    main, other: a request and the name of its cases, one of the main input. ends: as in
    compare_stages_apart. edge: the name of cases in other's request that are put to a network alone
    that is right for the main input: which layers a wrong one has there hangs on its wrong size.
    """
    try:
        compare_outputs(submission, *main, "eval", message)
    except CheckFailed:
        found = compare_stages_apart(submission, *main, ends)
    else:
        for name in filter(None, (other[1], edge)):
            compare_outputs(submission, other[0], name, "eval", message)
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
