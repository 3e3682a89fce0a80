"""The page about a network: one HTML file that asks nothing of the internet.

Its script draws from the JSON in it; without a script, its tables are whole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from datasets.files import whole
from grader.i18n.language import say
from grader.i18n.pages import environment
from nets.profile.tables import format_bytes, format_count, format_field, format_shape
from signs.explore import maps

if TYPE_CHECKING:
    from nets.profile.graph import Operation
    from nets.profile.structure import Box, Part, Piece

TEMPLATES = Path(__file__).with_name("templates")
# In this order; what a layer has of them is shown, if it is not what every layer has.
SETTINGS = (
    "kernel_size", "pool_size", "size", "strides", "padding", "dilation_rate", "groups",
    "depth_multiplier", "filters", "units", "rate", "activation", "epsilon",
)  # fmt: skip
_USUAL = {"dilation_rate": 1, "groups": 1, "depth_multiplier": 1, "activation": "linear"}
_FEW_ANSWERS = 16


@dataclass(frozen=True)
class Subject:
    """What a page is about.

    Attributes:
        title: The network's name, or the file's.
        about: The paper, or the path of the file.
        operations: Of the network, see `nets.profile.graph.operations`.
        parts: Its stages, see `nets.profile.structure.structure`.
        weight_bytes: The memory of its weights.
        picture: uint8 (h, w, c), what its layers have seen, or None.
        results: What operations computed from the picture, by their position.
        notes: Sentences about the picture and the weights.
    """

    title: str
    about: str
    operations: list[Operation]
    parts: list[Part]
    weight_bytes: int
    picture: np.ndarray | None
    results: Mapping[int, np.ndarray]
    notes: list[str]


def write(subject: Subject, path: Path) -> tuple[int, int]:
    """Write the page, whole or not at all; returns its bytes and how many of them are maps."""
    data = as_data(subject)
    html = (
        environment(TEMPLATES)
        .get_template("explore.html")
        .render(
            subject=subject,
            data=data,
            words=_words(),
            totals=_totals(subject),
            rows=[_row(subject, n, part) for n, part in enumerate(subject.parts, 1)],
            layers=_layers(subject),
        )
    )
    with whole(path) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return path.stat().st_size, sum(len(one["u"]) for one in data["sprites"] if one)


def as_data(subject: Subject) -> dict:
    """What the page's script draws."""
    from nets.profile import layout

    operations = subject.operations
    shown = {box.operations[-1] for part in subject.parts for box in _boxes(part)}
    side = maps.side_for([operations[i].shape for i in shown])
    sprites: list[dict | None] = []
    place_of: dict[int, int] = {}
    for i in sorted(shown & {*subject.results}):
        place_of[i] = len(sprites)
        sprites.append(maps.sprite(subject.results[i], operations[i].shape[-1], side))

    def box_data(box: Box, place: tuple[float, int]) -> dict:
        return {
            "l": box.lead,
            "o": box.operations,
            "x": place[0],
            "y": place[1],
            "m": place_of.get(box.operations[-1], -1),
            "k": _colour(operations[box.lead]),
        }

    def unit_data(piece: Piece) -> dict:
        found = layout.place(piece.boxes)
        return {
            "n": piece.name or _ends(operations, piece),
            "k": _kind(piece),
            "cols": found.columns,
            "boxes": [
                box_data(box, place) for box, place in zip(piece.boxes, found.places, strict=True)
            ],
            "entries": found.entries,
            "edges": found.edges,
        }

    first = next((i for i, one in enumerate(operations) if one.inputs), 0)
    resized = operations[first] if operations[first].class_name == "Resizing" else operations[0]
    return {
        "ops": [_operation(operations, i, subject.results) for i in range(len(operations))],
        "stages": [
            {"last": part.last, "kind": part.kind, "units": [unit_data(p) for p in part.pieces]}
            for part in subject.parts
        ],
        "sprites": sprites,
        "picture": _picture(subject.picture),
        "frame": list(resized.shape[:2]),
    }


def _boxes(part: Part) -> list[Box]:
    return [box for piece in part.pieces for box in piece.boxes]


def _ends(operations: list[Operation], piece: Piece) -> str:
    first, last = (operations[piece.boxes[i].lead].name for i in (0, -1))
    return f"{first} – {last}"


def _kind(piece: Piece) -> str:
    if piece.kind == "residual":
        return say("residual unit: the shortcut passes its input on unchanged")
    if piece.kind == "projected":
        return say("residual unit: a layer on the shortcut changes the shape")
    if piece.kind == "branches":
        return say("module of {count} branches, concatenated", count=piece.width)
    if piece.kind == "lanes":
        return say("layers side by side")
    return say("layers one after another")


def _picture(pixels: np.ndarray | None) -> str:
    return "" if pixels is None else maps.webp(Image.fromarray(pixels.squeeze()), 85)


def _operation(operations: list[Operation], i: int, results: Mapping) -> dict:
    one = operations[i]
    data = {
        "n": one.name,
        "c": one.class_name,
        "s": settings(one),
        "i": list(one.inputs),
        "sh": list(one.shape),
        "w": [[w.name, [int(d) for d in w.shape]] for w in _weights(one)],
        "p": one.parameters,
        "m": one.multiply_adds,
        "f": formula(operations, i),
        "b": one.memory,
    }
    if len(one.shape) == 3:
        data |= {"r": list(one.field), "st": list(one.stride), "at": list(one.start)}
    if not one.counted:
        data["u"] = 1
    if i in results and results[i].ndim == 1 and len(results[i]) <= _FEW_ANSWERS:
        data["v"] = [round(float(value), 4) for value in results[i]]
    return data


def _weights(one: Operation) -> list:
    return list(getattr(one.layer, "weights", [])) if one.parameters else []


def settings(one: Operation) -> dict[str, str]:
    """What decides what a layer computes: name of the setting -> its value, in few characters."""
    found = {}
    for name in SETTINGS:
        value = getattr(one.layer, name, None)
        if callable(value):
            value = getattr(value, "__name__", "")
        if isinstance(value, (tuple, list)) and all(isinstance(side, int) for side in value):
            usual = all(side == _USUAL.get(name) for side in value)
            value = "×".join(map(str, value))
        else:
            usual = value == _USUAL.get(name)
        if isinstance(value, (int, float, str)) and value != "" and not usual:
            found[name] = f"{value:g}" if isinstance(value, float) else str(value)
    if one.class_name in ("Sequential", "InputLayer"):
        return {}
    return found


def formula(operations: list[Operation], i: int) -> str:
    """The multiply-adds of a layer as a product; "" where it has none, or is of another kind."""
    one = operations[i]
    kernel = getattr(one.layer, "kernel", None)
    if not one.multiply_adds or kernel is None:
        return ""
    sides = [int(side) for side in kernel.shape]
    positions = list(one.shape[:-1])
    if math.prod(sides) * math.prod(positions) != one.multiply_adds:
        return ""
    inner = "×".join(map(str, sides))
    outer = "×".join(map(str, positions))
    return f"{inner} × {outer}" if positions else inner


def _colour(one: Operation) -> str:
    """Of a box: what kind of layer it is."""
    from nets.profile.units import layer_type

    kind = layer_type(one)
    if kind:
        return kind
    merges = len(one.inputs) > 1
    return "join" if merges else "other"


def _totals(subject: Subject) -> list[tuple[str, str, str]]:
    """(what, in few characters, all of it) of the whole network."""
    operations = subject.operations
    parameters = sum(one.parameters for one in operations)
    multiply_adds = sum(one.multiply_adds for one in operations)
    weighted = sum(1 for one in operations if one.multiply_adds)
    results = sum(one.memory for one in operations)
    maps_ = [one for one in operations if len(one.shape) == 3]
    rows = [
        (say("parameters"), format_count(parameters), f"{parameters:,}"),
        (say("multiply-adds for one image"), format_count(multiply_adds), f"{multiply_adds:,}"),
        (say("memory of the weights"), format_bytes(subject.weight_bytes), ""),
        (say("memory of all results of one image"), format_bytes(results), ""),
        (say("convolutions and dense layers"), str(weighted), ""),
    ]
    if maps_ and len(operations[0].shape) == 3:
        last = maps_[-1]
        field = format_field(last.field, last.shape)
        rows.append((say("receptive field of the last map, in pixels"), field, ""))
    return rows


def _row(subject: Subject, number: int, part: Part) -> dict:
    """A stage: what its card and its row of the table show."""
    rows = [subject.operations[i] for i in part.operations]
    last = subject.operations[part.last]
    parameters, multiply_adds = sum(o.parameters for o in rows), sum(o.multiply_adds for o in rows)
    names = [piece.name or _ends(subject.operations, piece) for piece in part.pieces]
    totals = [
        sum(getattr(one, what) for one in subject.operations) or 1
        for what in ("parameters", "multiply_adds")
    ]
    return {
        "title": say("Side output")
        if part.kind == "side"
        else say("Stage {number}", number=number),
        "shape": format_shape(last.shape).replace("x", "×"),
        "names": names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}",
        "units": len(names),
        "parameters": parameters,
        "multiply_adds": multiply_adds,
        "few": (format_count(parameters), format_count(multiply_adds)),
        "shares": (100 * parameters / totals[0], 100 * multiply_adds / totals[1]),
        "memory": format_bytes(sum(one.memory for one in rows)),
        "field": _sees(last),
        "stride": "×".join(dict.fromkeys(f"{side:g}" for side in last.stride))
        if len(last.shape) == 3
        else "",
    }


def _sees(one: Operation) -> str:
    return format_field(one.field, one.shape) if len(one.shape) == 3 else say("all")


def _layers(subject: Subject) -> list[tuple]:
    """The rows of the table of all layers."""
    return [
        (
            number,
            one.name,
            one.class_name,
            " · ".join(settings(one).values()),
            "×".join(map(str, one.shape)),
            f"{one.parameters:,}",
            f"{one.multiply_adds:,}" if one.counted else "?",
            format_bytes(one.memory),
            _sees(one),
        )
        for number, part in enumerate(subject.parts, 1)
        for one in (subject.operations[i] for i in part.operations)
    ]


def _words() -> dict[str, str]:
    """What the page's script says."""
    return {
        "kernel_size": say("kernel"),
        "pool_size": say("window"),
        "size": say("size"),
        "strides": say("stride"),
        "padding": say("padding"),
        "dilation_rate": say("dilation"),
        "groups": say("groups"),
        "depth_multiplier": say("depth multiplier"),
        "filters": say("channels"),
        "units": say("units"),
        "rate": say("rate"),
        "activation": say("activation"),
        "epsilon": say("epsilon"),
        "shape": say("shape"),
        "parameters": say("parameters"),
        "multiplyAdds": say("multiply-adds"),
        "memory": say("memory of its result"),
        "field": say("receptive field"),
        "whole": say("all of the image"),
        "takes": say("takes"),
        "gives": say("goes to"),
        "then": say("then"),
        "before": say("after padding"),
        "row": say("row"),
        "column": say("column"),
        "maps": say("{count} of {total} activation maps", count="{count}", total="{total}"),
        "vector": say("{count} of {total} numbers", count="{count}", total="{total}"),
        "range": say("from {low} to {high}", low="{low}", high="{high}"),
        "flat": say("each map on its own scale, dark is low; a map of one colour has one value"),
        "sees": say(
            "row {row}, column {column} sees {height} × {width} pixels",
            row="{row}", column="{column}", height="{height}", width="{width}",
        ),
        "beyond": say("which reaches into the padding around the image"),
        "picture": say("The image, with the receptive field of the chosen position"),
        "unknown": say("not counted: this kind of layer is not known"),
        "none": say("none"),
        "stage": say("Stage {number}", number="{number}"),
        "side": say("Side output"),
        "unit": say("Unit {number} of {count}", number="{number}", count="{count}"),
        "chosen": say("{what} is shown below", what="{what}"),
        "answers": say("the numbers"),
        "noMaps": say("No maps: the network was not given an image."),
    }  # fmt: skip
