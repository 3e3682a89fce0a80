"""Units: what the papers draw as one thing, a layer, a residual unit or a module of branches.

The graph is cut where everything passes through one tensor; between two cuts lies one unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from keras.layers import InputLayer

from nets.profile import graph
from nets.profile.graph import Operation

__all__ = ["Unit", "layer_type", "segments", "unit_of", "units"]


@dataclass(frozen=True)
class Unit:
    """What is drawn as one: a layer, a residual unit, a module, or the lanes of a longer split.

    Attributes:
        type: "conv", "dense", "pool", "residual", "projected" (a residual unit that also computes
            on its shortcut), "branches" or "lanes".
        depth: The number of layers on the longest path of a residual unit, else 1.
        width: The number of branches in a module or inside a residual unit, or of lanes, else 1.
        layers: The types of the layers in each lane.
    """

    type: str
    depth: int = 1
    width: int = 1
    layers: tuple[str, ...] = ()


def units(model) -> dict[str, list[Unit]]:
    """The units of each stage, "input" and "head" included, in the order of computation.

    Auxiliary heads are left out. A split that ends in a later stage, such as the two towers of
    AlexNet, appears in each of its stages as lanes.

    Args:
        model: A network of the catalogue, or its outline.

    Returns:
        Name of the stage -> its units.
    """
    operations = graph.walk(model)
    main = [i for i, operation in enumerate(operations) if operation.stage != "auxiliary"]
    result: dict[str, list[Unit]] = {}
    for cut, segment in segments(operations, main):
        drawn = [i for i in segment if layer_type(operations[i])]
        stages = list(dict.fromkeys(operations[i].stage for i in drawn))
        if len(segment) == 1 or not drawn:
            pairs = [(operations[i].stage, Unit(layer_type(operations[i]))) for i in drawn]
        elif len(stages) == 1:
            pairs = [(stages[0], unit_of(operations, cut, segment))]
        else:
            pairs = [(stage, _lanes(operations, segment, stage)) for stage in stages]
        for stage, unit in pairs:
            result.setdefault(stage, []).append(unit)
    return result


def segments(
    operations: list[Operation], main: list[int]
) -> Iterator[tuple[int | None, list[int]]]:
    """Cut a graph where everything passes through one tensor.

    Args:
        operations: Those of a model, in the order of computation.
        main: The positions of those that are to be cut, the way to the main output.

    Yields:
        The cut before, or None, and the positions of the operations up to and with the next cut.
    """
    last_use = {i: i for i in main}
    for i in main:
        last_use.update(dict.fromkeys(operations[i].inputs, i))
    cut: int | None = None
    segment: list[int] = []
    open_until = -1
    for i in main:
        segment.append(i)
        if open_until <= i:
            yield cut, segment
            cut, segment = i, []
        open_until = max(open_until, last_use[i])


def layer_type(operation: Operation) -> str:
    """One of "conv", "dense" and "pool", or "" for what is not drawn."""
    if operation.multiply_adds:
        return "dense" if len(operation.shape) == 1 else "conv"
    pools = any(word in operation.class_name.lower() for word in ("pool", "subsampl"))
    return "pool" if pools and not isinstance(operation.layer, InputLayer) else ""


def unit_of(operations: list[Operation], cut: int | None, segment: list[int]) -> Unit:
    """The unit of a segment that splits after a cut and joins at its end, within one stage.

    Args:
        operations: Those of a model.
        cut: The position of the operation at which it splits, or None.
        segment: The positions of the others, see `segments`.
    """
    widths = {
        i: len(operations[i].inputs)
        for i in segment
        if "concat" in operations[i].class_name.lower()
    }
    last = segment[-1]
    if last in widths:
        # Dense layers side by side are the units of one layer, on several devices.
        if {layer_type(operations[i]) for i in segment} - {""} == {"dense"}:
            return _lanes(operations, segment, operations[last].stage)
        return Unit("branches", width=widths[last])
    # A tensor that reaches the end without a multiplication came over an identity shortcut.
    depth, identities = {cut: 0}, {cut}
    for i in segment:
        parents = [j for j in operations[i].inputs if j in depth]
        computes = layer_type(operations[i]) in ("conv", "dense")
        depth[i] = max((depth[j] for j in parents), default=0) + computes
        if not operations[i].multiply_adds and any(j in identities for j in parents):
            identities.add(i)
    unit_type = "residual" if last in identities else "projected"
    return Unit(unit_type, depth[last], max(widths.values(), default=1))


def _lanes(operations: list[Operation], segment: list[int], stage: str) -> Unit:
    types = [layer_type(operations[i]) for i in segment if operations[i].stage == stage]
    types = [name for name in types if name]
    width = min(types.count(name) for name in set(types))
    return Unit("lanes", width=width, layers=tuple(types[::width]))
