"""A stage as a person would draw it: runs of layers, residual units, modules of branches.

The graph is cut where everything passes through one tensor; between two cuts lies one unit.
"""

from __future__ import annotations

from dataclasses import dataclass

from keras import layers

from nets.profile import graph
from nets.profile.graph import Operation

__all__ = ["Unit", "units"]

_POOLING = ("pool", "subsampl")


@dataclass(frozen=True)
class Unit:
    """What is drawn as one: a layer, a residual unit, a module, or the lanes of a longer split.

    kind: "conv", "dense", "pool", "residual", "projected" (a residual unit that computes on its
    shortcut too), "branches" or "lanes". depth: the layers one behind another on a residual
    unit's longest way, else 1. width: the branches side by side in a module or inside a residual
    unit, the number of lanes, else 1. lane: the kinds of the layers in each lane.
    """

    kind: str
    depth: int = 1
    width: int = 1
    lane: tuple[str, ...] = ()


def units(model) -> dict[str, list[Unit]]:
    """The units of each stage, "input" and "head" included, in the order of computation.

    Auxiliary heads are left out. A split that ends in a later stage, such as the two towers of
    AlexNet, appears in each of its stages as lanes.
    """
    walked = graph.walk(model)
    found: dict[str, list[Unit]] = {}
    for entry, segment in _segments(walked):
        names = list(dict.fromkeys(walked[i].stage for i in segment if _drawn(walked[i])))
        if len(segment) == 1 or not names:
            unit = [(walked[i].stage, Unit(_kind(walked[i]))) for i in segment if _kind(walked[i])]
        elif len(names) == 1:
            unit = [(names[0], _split(walked, entry, segment))]
        else:
            unit = [(name, _lanes(walked, segment, name)) for name in names]
        for name, drawn in unit:
            found.setdefault(name, []).append(drawn)
    return found


def _segments(walked: list[Operation]):
    """(cut before, operations up to and with the next cut), along the way to the main output."""
    main = [i for i, row in enumerate(walked) if row.stage != "auxiliary"]
    last_use = {i: i for i in main}
    for i in main:
        last_use.update(dict.fromkeys(walked[i].inputs, i))
    entry, segment, open_until = None, [], -1
    for i in main:
        segment.append(i)
        if open_until <= i:
            yield entry, segment
            entry, segment = i, []
        open_until = max(open_until, last_use[i])


def _kind(row: Operation) -> str:
    if row.multiply_adds:
        return "dense" if len(row.shape) == 1 else "conv"
    name = row.kind.lower()
    pooled = any(word in name for word in _POOLING)
    return "pool" if pooled and not isinstance(row.layer, layers.InputLayer) else ""


def _drawn(row: Operation) -> bool:
    return bool(_kind(row))


def _split(walked: list[Operation], entry: int, segment: list[int]) -> Unit:
    merge = walked[segment[-1]]
    joined = {i: len(walked[i].inputs) for i in segment if "concat" in walked[i].kind.lower()}
    if segment[-1] in joined:
        drawn = {_kind(walked[i]) for i in segment} - {""}
        # Dense layers side by side are the units of one layer, on several devices.
        module = Unit("branches", width=joined[segment[-1]])
        return module if drawn != {"dense"} else _lanes(walked, segment, merge.stage)
    depth, skips = {entry: 0}, {entry}
    for i in segment:
        before = [j for j in walked[i].inputs if j in depth]
        depth[i] = max(depth[j] for j in before) + (_kind(walked[i]) in ("conv", "dense"))
        if not walked[i].multiply_adds and any(j in skips for j in before):
            skips.add(i)
    kind = "residual" if segment[-1] in skips else "projected"
    return Unit(kind, depth[segment[-1]], max(joined.values(), default=1))


def _lanes(walked: list[Operation], segment: list[int], stage: str) -> Unit:
    drawn = [_kind(walked[i]) for i in segment if walked[i].stage == stage and _drawn(walked[i])]
    width = min(drawn.count(kind) for kind in set(drawn))
    return Unit("lanes", width=width, lane=tuple(drawn[::width]))
