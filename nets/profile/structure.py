"""A network as people draw it: stages of units of boxes, from its graph alone.

One rule holds for every network, named in the catalogue or not:

- A stage is what lies at one stride, that is, between two halvings of the map. What turns maps into
  a vector begins the last one. What computes nothing by itself belongs to the stage after it.
- A unit is what lies between two cuts: the graph is cut where everything passes through one tensor.
  Layers without branches are one chain.
- A box is a layer with the padding before it and with what follows it element by element, such as
  normalisation and ReLU.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from keras.layers import InputLayer, ZeroPadding2D

from nets.profile.graph import Operation
from nets.profile.units import layer_type, segments, unit_of

__all__ = ["Box", "Part", "Piece", "common_prefix", "structure"]

_SEPARATORS = "_/.-"


@dataclass(frozen=True)
class Box:
    """A layer, with the padding before it and what follows it element by element.

    Attributes:
        lead: The position of the layer.
        operations: The positions of all, in order.
        inputs: The positions of the operations whose results the first one takes.
    """

    lead: int
    operations: list[int]
    inputs: tuple[int, ...]


@dataclass(frozen=True)
class Piece:
    """A unit of a stage: a chain of boxes, or boxes with branches.

    Attributes:
        kind: "chain", or the type of a `nets.profile.units.Unit`.
        name: What the names of its layers have in common, or "".
        boxes: In the order of computation.
        width: The number of branches.
    """

    kind: str
    name: str
    boxes: list[Box]
    width: int = 1


@dataclass(frozen=True)
class Part:
    """A stage.

    Attributes:
        kind: "maps", "vector", or "side" for what leads to an output that is not the main one.
        last: The position of the operation whose result it hands on.
        operations: The positions of its operations.
        pieces: Its units.
    """

    kind: str
    last: int
    operations: list[int]
    pieces: list[Piece]


@dataclass
class _Draft:
    """A unit before its boxes are made."""

    kind: str
    operations: list[int] = field(default_factory=list)
    width: int = 1


def structure(operations: list[Operation]) -> list[Part]:
    """The stages of a network.

    Args:
        operations: Those of a model, see `nets.profile.graph.operations`.

    Returns:
        The stages in the order of computation; side outputs come last.
    """
    main = _main(operations)
    cuts = list(segments(operations, main))
    keys = _merged(operations, main, _keys(operations, cuts))
    side = sorted({*range(len(operations))} - {*main})
    drafts = _drafts(operations, cuts, keys)
    if side:
        drafts["side"] = [_Draft("chain", side)]
    parts = []
    for key, rows in drafts.items():
        inside = sorted(i for row in rows for i in row.operations)
        last = operations[inside[-1]]
        kind = "side" if key == "side" else "maps" if len(last.shape) == 3 else "vector"
        pieces = [_piece(operations, row) for row in rows]
        parts.append(Part(kind, inside[-1], inside, pieces))
    return parts


def _main(operations: list[Operation]) -> list[int]:
    """The positions of what leads to the output that most operations lead to."""
    used = {i for operation in operations for i in operation.inputs}
    upstream: list[set[int]] = []
    for i, operation in enumerate(operations):
        upstream.append({i}.union(*(upstream[j] for j in operation.inputs)))
    ends = [i for i in range(len(operations)) if i not in used]
    return sorted(upstream[max(ends, key=lambda i: len(upstream[i]))])


def _keys(operations: list[Operation], cuts) -> dict[int, tuple]:
    """What stage each operation is in: whether the map grows again, and the stride."""
    peaks: list[float] = []
    for operation in operations:
        peaks.append(max([operation.stride[0], *(peaks[i] for i in operation.inputs)]))

    def key(i: int) -> tuple:
        operation = operations[i]
        if len(operation.shape) != 3:
            return ("vector",)
        return operation.stride[0] < peaks[i], operation.stride

    keys = {}
    for cut, segment in cuts:
        end = segment[-1]
        edges = {key(end)} | ({key(cut)} if cut is not None else set())
        maps = {key(i) for i in segment if len(operations[i].shape) == 3}
        # A unit lies in one stage, the one that it leads to. A longer split has several.
        whole = len(operations[end].shape) != 3 or maps <= edges
        keys.update({i: key(end) if whole else key(i) for i in segment})
    order = sorted(keys)
    for i, after in zip(reversed(order[:-1]), reversed(order[1:]), strict=True):
        if _pads(operations, i) and i in operations[after].inputs:
            keys[i] = keys[after]
    return keys


def _pads(operations: list[Operation], i: int) -> bool:
    return isinstance(operations[i].layer, ZeroPadding2D)


def _merged(operations: list[Operation], main: list[int], keys: dict[int, tuple]) -> dict:
    """The keys with those of stages that compute nothing replaced by that of the next one."""
    order = list(dict.fromkeys(keys[i] for i in main))
    busy = {
        keys[i] for i in main if operations[i].parameters or operations[i].multiply_adds
    } or set(order)
    kept = [key for key in order if key in busy]
    new = {}
    for key in order:
        after = order[order.index(key) :]
        new[key] = next((one for one in after if one in busy), kept[-1])
    return {i: new[key] for i, key in keys.items()}


def _drafts(operations: list[Operation], cuts, keys: dict) -> dict[object, list[_Draft]]:
    """The units of each stage, in order."""
    drafts: dict[object, list[_Draft]] = {key: [] for key in dict.fromkeys(keys.values())}
    for cut, segment in cuts:
        if len(segment) == 1:
            rows = drafts[keys[segment[0]]]
            follows = rows and _follows(operations, segment[0])
            if not rows or not (follows or rows[-1].kind == "chain"):
                rows.append(_Draft("chain"))
            rows[-1].operations.append(segment[0])
            continue
        inside = list(dict.fromkeys(keys[i] for i in segment))
        unit = unit_of(operations, cut, segment) if len(inside) == 1 else None
        for key in inside:
            own = [i for i in segment if keys[i] == key]
            drafts[key].append(
                _Draft(unit.type if unit else "lanes", own, unit.width if unit else 1)
            )
    return drafts


def _follows(operations: list[Operation], i: int) -> bool:
    """Whether an operation changes each number of one map by itself, or with its channel."""
    operation = operations[i]
    if len(operation.inputs) != 1 or operation.multiply_adds:
        return False
    parent = operations[operation.inputs[0]]
    starts = isinstance(parent.layer, InputLayer)
    return operation.shape == parent.shape and layer_type(operation) != "pool" and not starts


def _piece(operations: list[Operation], draft: _Draft) -> Piece:
    consumers: dict[int, int] = {}
    for operation in operations:
        for i in operation.inputs:
            consumers[i] = consumers.get(i, 0) + 1
    rows: list[list[int]] = []
    row_of: dict[int, list[int]] = {}
    for i in draft.operations:
        before = operations[i].inputs[0] if operations[i].inputs else None
        row = row_of.get(before) if before is not None else None
        alone = row is not None and row[-1] == before and consumers[before] == 1
        padded = row is not None and all(_pads(operations, j) for j in row)
        if row is not None and alone and (_follows(operations, i) or padded):
            row.append(i)
        else:
            row = [i]
            rows.append(row)
        row_of[i] = row
    boxes = [_box(operations, row) for row in rows]
    return Piece(draft.kind, _name(operations, draft, boxes), boxes, draft.width)


def _box(operations: list[Operation], row: list[int]) -> Box:
    lead = next((i for i in row if not _pads(operations, i)), row[0])
    return Box(lead, row, operations[row[0]].inputs)


def _name(operations: list[Operation], draft: _Draft, boxes: list[Box]) -> str:
    names = [operations[i].name for i in draft.operations]
    common = common_prefix(names)
    leads = [operations[box.lead].name for box in boxes]
    return leads[0] if len(leads) == 1 else common


def common_prefix(names: list[str]) -> str:
    """What names have in common, up to a boundary: conv2_block1 of conv2_block1_1_conv and others.

    Args:
        names: One or more.
    """
    common = os.path.commonprefix(names)
    ends = {name[len(common) : len(common) + 1] for name in names}
    if common and common[-1] not in _SEPARATORS and not ends <= {"", *_SEPARATORS}:
        common = re.sub(rf"[^{re.escape(_SEPARATORS)}]*$", "", common)
    return common.rstrip(_SEPARATORS)
