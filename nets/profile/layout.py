"""Where the boxes of a unit are drawn: rows from top to bottom, branches side by side.

Sugiyama, Tagawa and Toda 1981, Methods for visual understanding of hierarchical system structures:
rows by the longest way, places for edges that pass a row, an order with few crossings, positions.
"""

from __future__ import annotations

from dataclasses import dataclass

from nets.profile.structure import Box

__all__ = ["Layout", "place"]

_SWEEPS = 12


@dataclass(frozen=True)
class Layout:
    """Places in units of one column and one row.

    Attributes:
        places: Of each box, (column, row). Row 0 is that of what comes from outside.
        entries: The positions of the operations outside whose results are taken, and their columns.
        edges: (from, to, columns): the box, or -1 - n for the entry n; the box; and the column on
            each row that the edge passes, the two ends included.
        columns: The width of all.
    """

    places: list[tuple[float, int]]
    entries: list[tuple[int, float]]
    edges: list[tuple[int, int, list[float]]]
    columns: float


def place(boxes: list[Box]) -> Layout:
    """Find the places of the boxes of a unit.

    Args:
        boxes: In the order of computation.
    """
    owner = {i: n for n, box in enumerate(boxes) for i in box.operations}
    outside = list(dict.fromkeys(i for box in boxes for i in box.inputs if i not in owner))
    nodes = [("entry", i) for i in outside] + [("box", n) for n in range(len(boxes))]
    place_of = {node: k for k, node in enumerate(nodes)}
    pairs = []
    for n, box in enumerate(boxes):
        for i in box.inputs:
            source = ("box", owner[i]) if i in owner else ("entry", i)
            pairs.append((place_of[source], place_of["box", n]))
    rows = [int(kind == "box") for kind, _ in nodes]
    for a, b in pairs:  # in the order of computation, so all that leads to `a` is done
        rows[b] = max(rows[b], rows[a] + 1)
    chains, parents, children = _chains(pairs, rows)
    columns = _columns(rows, parents, children)
    left = min(columns, default=0.0)
    columns = [round(x - left, 3) for x in columns]
    first = len(outside)
    return Layout(
        [(columns[first + n], rows[first + n]) for n in range(len(boxes))],
        [(i, columns[k]) for k, i in enumerate(outside)],
        [
            (a - first if a >= first else -1 - a, b - first, [columns[k] for k in chain])
            for (a, b), chain in zip(pairs, chains, strict=True)
        ],
        max(columns, default=0.0) + 1,
    )


def _chains(pairs, rows: list[int]):
    """Put a place on every row that an edge passes; `rows` grows by these.

    Returns the places along each edge, and the parents and children of each place.
    """
    chains: list[list[int]] = []
    for a, b in pairs:
        passed = list(range(len(rows), len(rows) + rows[b] - rows[a] - 1))
        rows.extend(range(rows[a] + 1, rows[b]))
        chains.append([a, *passed, b])
    parents: list[list[int]] = [[] for _ in rows]
    children: list[list[int]] = [[] for _ in rows]
    for chain in chains:
        for a, b in zip(chain, chain[1:], strict=False):
            parents[b].append(a)
            children[a].append(b)
    return chains, parents, children


def _columns(rows: list[int], parents, children) -> list[float]:
    """The column of each place."""
    layers: list[list[int]] = [[] for _ in range(max(rows, default=-1) + 1)]
    for k in _depth_first(rows, parents, children):
        layers[rows[k]].append(k)
    columns = [0.0] * len(rows)
    for layer in layers:
        for x, k in enumerate(layer):
            columns[k] = float(x)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        neighbours = parents if downwards else children
        for layer in layers if downwards else reversed(layers):
            wanted = {
                k: sum(columns[j] for j in neighbours[k]) / len(neighbours[k])
                if neighbours[k]
                else columns[k]
                for k in layer
            }
            if sweep < _SWEEPS // 2:
                layer.sort(key=lambda k: wanted[k])
            for k, column in zip(layer, _apart([wanted[k] for k in layer]), strict=True):
                columns[k] = column
    return columns


def _depth_first(rows: list[int], parents, children) -> list[int]:
    """All places, each branch by itself, so that what belongs together stands together."""
    order: dict[int, None] = {}
    todo = [k for k in reversed(range(len(rows))) if not parents[k]]
    while todo:
        k = todo.pop()
        if k not in order:
            order[k] = None
            todo.extend(reversed(children[k]))
    return list(order)


def _apart(wanted: list[float]) -> list[float]:
    """Numbers as near as possible to those wanted, in order and at least 1 apart.

    The least squares of a monotone sequence: neighbours that would overlap share their mean.
    """
    blocks: list[list[float]] = []  # sum, count
    for n, x in enumerate(wanted):
        blocks.append([x - n, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1] = [blocks[-1][0] + total, blocks[-1][1] + count]
    means = [total / count for total, count in blocks for _ in range(int(count))]
    return [mean + n for n, mean in enumerate(means)]
