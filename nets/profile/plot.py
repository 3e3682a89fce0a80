"""A network drawn for a person: one block per stage, its units inside, its numbers to the right.

A unit is what the papers draw as one thing: a layer, a residual unit, a module of branches.
"""

from __future__ import annotations

import os
import tempfile
from itertools import groupby
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import Arc, FancyArrowPatch, FancyBboxPatch, Rectangle

import nets
from nets.errors import NetError
from nets.profile import graph
from nets.profile.graph import Stage
from nets.profile.tables import format_count, format_shape
from nets.profile.units import Unit, units

__all__ = ["figure", "save"]

SUFFIXES = (".png", ".svg", ".pdf")
# All lengths are in inches: 8 of them are 800 pixels at 100 dpi, at which 8 points can be read.
_WIDTH, _ROW, _TOP, _BOTTOM = 8.0, 0.8, 1.06, 0.46
_BLOCK = (0.3, 4.5)
_COLUMNS = (4.98, 6.22, 7.12)
_BARS = ("#7a9cc0", "#c99a80")
_UNITS_SHOWN = 7
_COLOURS = {"conv": "#4878a8", "dense": "#b8604a", "pool": "#8a8a8a", "shortcut": "#d08a1d"}
_GLYPH_WIDTHS = {"conv": 0.16, "pool": 0.08, "dense": 0.09, "branches": 0.42}


def save(model, path) -> Path:
    """Draw a network into a file, whole or not at all.

    Args:
        model: A network of the catalogue, or its outline.
        path: A .png, .svg or .pdf; a file that is there is replaced.

    Returns:
        The path.

    Raises:
        NetError: Another suffix, a folder that is missing or cannot be written, or a model that
            the catalogue does not know.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise NetError(
            f"expected a file that ends in {', '.join(SUFFIXES)}, received {str(path)!r}"
        )
    drawing = figure(model)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
        os.close(handle)
        try:
            drawing.savefig(temporary, dpi=200)
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise NetError(f"cannot write {path}: {error.strerror}; give another --out") from error
    return path


def figure(model) -> Figure:
    """Draw a network, from the image at the top to the probabilities.

    Each block is a stage with its layers, residual units and modules. To its right are the shape
    that it hands on, its parameters and its multiply-adds, with bars for their share of the total.

    Args:
        model: A network of the catalogue, or its outline.

    Returns:
        A matplotlib Figure, 8 inches wide.

    Raises:
        NetError: The catalogue does not know the model's name.
    """
    stages, drawn = graph.table(model), units(model)
    height = _TOP + _ROW * len(stages) + _BOTTOM
    drawing = Figure(figsize=(_WIDTH, height), facecolor="white")
    axes = drawing.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, _WIDTH), ylim=(0, height))
    axes.axis("off")
    _title(axes, model, stages, height)
    for i, stage in enumerate(stages):
        middle = height - _TOP - _ROW * (i + 0.5)
        arrows = stages[i - 1].tensors if i else 1
        _block(axes, stage, drawn.get(stage.name, []), middle, arrows)
        _numbers(axes, stage, graph.total(stages), middle)
    _legend(axes, drawn)
    return drawing


def _title(axes, model, stages: list[Stage], height: float) -> None:
    parameters, multiply_adds = graph.total(stages)
    axes.text(_BLOCK[0], height - 0.3, model.name, size=15, weight="bold", va="center")
    axes.text(_BLOCK[0], height - 0.56, nets.describe(model.name).paper, size=8, va="center")
    totals = f"{parameters:,} parameters, {format_count(multiply_adds)} multiply-adds"
    image = f"image {format_shape(model.input_shape[1:])}"
    axes.text(_BLOCK[0] + 0.1, height - 0.85, image, size=8.5, va="center")
    axes.text(_WIDTH - 0.2, height - 0.3, totals, size=9, ha="right", va="center")
    for x, text in zip(_COLUMNS, ("shape", "parameters", "multiply-adds"), strict=True):
        axes.text(x, height - 0.85, text, size=8, color="#555555", va="center")


def _block(axes, stage: Stage, inside: list[Unit], middle: float, arrows: int) -> None:
    """The frame of one stage with its units, and the arrows that enter it."""
    left, right = _BLOCK
    on_main_path = stage.name != "auxiliary"
    half = _ROW / 2 - 0.09
    axes.add_patch(
        FancyBboxPatch(
            (left, middle - half),
            right - left,
            2 * half,
            boxstyle="round,pad=0,rounding_size=0.06",
            facecolor="#f4f6f9",
            edgecolor="#66778a",
            linewidth=1,
            linestyle="-" if on_main_path else "--",
        )
    )
    for i in range(arrows if on_main_path else 0):
        x, top = left + 0.55 + 0.3 * i, middle + half
        axes.add_patch(
            FancyArrowPatch(
                (x, top + 0.18),
                (x, top),
                arrowstyle="-|>",
                mutation_scale=9,
                color="#66778a",
                shrinkA=0,
                shrinkB=0,
            )
        )
    axes.text(left + 0.1, middle + 0.15, stage.name, size=9.5, weight="bold", va="center")
    text = _in_words(inside) if on_main_path else "heads for training only"
    axes.text(left + 0.1, middle - 0.17, text, size=8, va="center", color="#333333")
    _glyphs(axes, inside, left + 1.42, right - 0.12, middle + 0.1)


def _in_words(inside: list[Unit]) -> str:
    """The units of one stage, for example "1 projected unit, 3 residual units"."""
    counts = [(unit, len(list(run))) for unit, run in groupby(inside)]
    return ", ".join(_counted(unit, count) for unit, count in counts) or "resizing"


def _counted(unit: Unit, count: int) -> str:
    of_branches = f" of {unit.width} branches" if unit.width > 1 else ""
    if unit.type in ("residual", "projected"):
        return f"{count} {unit.type} unit{'s' * (count > 1)}{of_branches}"
    if unit.type == "branches":
        return f"{count} module{'s' * (count > 1)}{of_branches}"
    if unit.type == "lanes":
        return f"{', '.join(unit.layers * count)} in {unit.width} lanes"
    return f"{count} {unit.type}" if count > 1 else unit.type


def _numbers(axes, stage: Stage, totals: tuple[int, int], middle: float) -> None:
    shape = format_shape(stage.shape, stage.tensors)
    axes.text(_COLUMNS[0], middle + 0.05, shape, size=9, va="center")
    counts = (stage.parameters, stage.multiply_adds)
    for x, count, total, colour in zip(_COLUMNS[1:], counts, totals, _BARS, strict=True):
        axes.text(x, middle + 0.05, format_count(count), size=9, va="center")
        share = count / total if total else 0
        axes.add_patch(Rectangle((x, middle - 0.19), 0.7, 0.08, color="#eeeeee", lw=0))
        axes.add_patch(Rectangle((x, middle - 0.19), 0.7 * share, 0.08, color=colour, lw=0))


def _legend(axes, drawn: dict[str, list[Unit]]) -> None:
    """One entry per glyph that the picture has."""
    types = {
        name for inside in drawn.values() for unit in inside for name in (unit.type, *unit.layers)
    }
    entries = (
        ("convolution", Unit("conv"), types - {"dense", "pool"}),
        ("pooling", Unit("pool"), "pool" in types),
        ("dense", Unit("dense"), "dense" in types),
        ("residual unit", Unit("residual", 3), "residual" in types),
        ("computes on its shortcut", Unit("projected", 3), "projected" in types),
        ("module of branches", Unit("branches", width=4), "branches" in types),
        ("side by side", Unit("lanes", width=2, layers=("conv",)), "lanes" in types),
    )
    x = _BLOCK[0]
    for text, unit, present in entries:
        if present:
            width = _glyph_width(unit)
            _glyph(axes, unit, x, width, _BOTTOM / 2)
            axes.text(x + width + 0.08, _BOTTOM / 2, text, size=8, va="center")
            x += width + 0.3 + 0.068 * len(text)


# Glyphs: bars, arcs over residual units, branches, lanes ------------------------------------------


def _glyphs(axes, inside: list[Unit], left: float, right: float, middle: float) -> None:
    """The units from left to right; what has no room becomes three dots."""
    shown: list[Unit | None] = list(inside)
    if len(shown) > _UNITS_SHOWN:
        shown = [*shown[: _UNITS_SHOWN - 2], None, shown[-1]]
    widths = [0.3 if unit is None else _glyph_width(unit) for unit in shown]
    gap = 0.13
    scale = min(1.0, (right - left) / max(sum(widths) + gap * len(widths), 0.01))
    x = left
    for unit, width in zip(shown, widths, strict=True):
        if unit is None:
            axes.text(x + width * scale / 2, middle, "...", ha="center", va="center", size=9)
        else:
            _glyph(axes, unit, x, width * scale, middle)
        x += (width + gap) * scale


def _glyph_width(unit: Unit) -> float:
    if unit.type in ("residual", "projected"):
        return 0.13 * unit.depth + 0.1
    if unit.type == "lanes":
        return sum(_GLYPH_WIDTHS[layer] + 0.1 for layer in unit.layers) - 0.1
    return _GLYPH_WIDTHS[unit.type]


def _glyph(axes, unit: Unit, x: float, width: float, middle: float) -> None:
    """Draw a unit from `x` on, `width` inches wide, around the height `middle`."""
    if unit.type in ("residual", "projected"):
        step = width / unit.depth
        for i in range(unit.depth):
            _bar(axes, x + i * step + 0.14 * step, step * 0.72, middle - 0.06, 0.17, "conv")
        axes.add_patch(
            Arc(
                (x + width / 2, middle + 0.03),
                width + 0.04,
                0.24,
                theta1=0,
                theta2=180,
                color=_COLOURS["shortcut"],
                linewidth=1.4,
                linestyle="-" if unit.type == "residual" else (0, (2, 1)),
            )
        )
    elif unit.type == "branches":
        for y, thickness in _side_by_side(unit, middle):
            _bar(axes, x + 0.05, width - 0.1, y, thickness, "conv")
        for edge in (x, x + width):
            axes.plot([edge, edge], [middle - 0.16, middle + 0.16], color="#333333", lw=1.2)
    elif unit.type == "lanes":
        for layer in unit.layers:
            for y, thickness in _side_by_side(unit, middle):
                _bar(axes, x, _GLYPH_WIDTHS[layer], y, thickness, layer)
            x += _GLYPH_WIDTHS[layer] + 0.1
    else:
        _bar(axes, x, width, middle, 0.32 if unit.type != "pool" else 0.22, unit.type)


def _side_by_side(unit: Unit, middle: float) -> list[tuple[float, float]]:
    """The middle and the thickness of each of the unit's branches or lanes."""
    step = 0.34 / unit.width
    return [(middle + 0.17 - step * (i + 0.5), step * 0.6) for i in range(unit.width)]


def _bar(axes, x: float, width: float, middle: float, height: float, layer: str) -> None:
    axes.add_patch(Rectangle((x, middle - height / 2), width, height, color=_COLOURS[layer], lw=0))
