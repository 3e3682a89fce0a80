"""The stages of a walked network: which operation belongs to which, by the catalogue's names.

The rows here are the operations that nets.profile.graph walks; their places in the walk are numbers.
"""

from __future__ import annotations

import re
from dataclasses import replace

from nets.catalogue import CATALOGUE


def placed(model, walked: list) -> list:
    """The operations with their stages: by name, else as the operation before.

    Bare operations, such as an addition, have names that Keras chose. Flattening belongs to the
    dense layer that needs it.
    """
    if model.name not in CATALOGUE:
        return walked
    patterns = CATALOGUE[model.name].stages
    named = [_named(row.name, patterns) for row in walked]
    before = _upstream(walked, [i for i, stage in enumerate(named) if stage])
    _, leading = main(model, walked)
    found: list = []
    for i, row in enumerate(walked):
        if i not in before:
            stage = "head" if i in leading else "auxiliary"
        elif named[i] or not row.inputs:
            stage = named[i] or "input"
        else:
            parent = found[row.inputs[0]]
            flattens = len(row.shape) < len(parent.shape)
            stage = (flattens and _next(walked, named, i)) or parent.stage
        found.append(replace(row, stage=stage))
    return found


def main(model, walked: list) -> tuple[int, set[int]]:
    """The main output's place and what leads to it."""
    upstream = [_upstream(walked, [_origin(walked, tensor)]) for tensor in model.outputs]
    place = max(range(len(upstream)), key=lambda i: len(upstream[i]))
    return place, upstream[place]


def _upstream(walked: list, start) -> set[int]:
    """The positions that lead to those in `start`, with these."""
    reached, waiting = set(), list(start)
    while waiting:
        index = waiting.pop()
        if index not in reached:
            reached.add(index)
            waiting.extend(walked[index].inputs)
    return reached


def _origin(walked: list, tensor) -> int:
    return next(i for i, row in enumerate(walked) if any(t is tensor for t in row.call.outputs))


def _next(walked: list, named: list[str], index: int) -> str:
    return next((named[i] for i, row in enumerate(walked) if index in row.inputs), "")


def _named(name: str, patterns) -> str:
    return next((stage for stage, pattern in patterns if re.match(pattern, name)), "")
