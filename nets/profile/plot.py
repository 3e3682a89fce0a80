"""A network drawn for a person: one block for each stage, its units inside, its numbers beside."""

from __future__ import annotations

import os
import tempfile
from itertools import groupby
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from nets.errors import NetError
from nets.profile import graph
from nets.profile.glyphs import glyph, wide
from nets.profile.numbers import large, shaped
from nets.profile.units import Unit, units

__all__ = ["figure", "save"]

SUFFIXES = (".png", ".svg", ".pdf")
# Lengths are in inches: 8 of them are 800 pixels at 100 dots an inch, where 8 points can be read.
_WIDTH, _ROW, _TOP, _BOTTOM = 8.0, 0.8, 1.06, 0.46
_BLOCK = (0.3, 4.5)
_COLUMNS = (4.98, 6.22, 7.12)
_BARS = ("#7a9cc0", "#c99a80")
_UNITS_SHOWN = 7


def save(model, path) -> Path:
    """Draw `model` into a .png, .svg or .pdf, whole or not at all; returns the path.

    Raises NetError for another suffix, a folder that is not there or may not be written, and for
    a model that the catalogue does not know.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise NetError(
            f"expected a file that ends in {', '.join(SUFFIXES)}, received {str(path)!r}"
        )
    drawing = figure(model)
    try:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
        os.close(handle)
        try:
            drawing.savefig(beside, dpi=200)
            os.chmod(beside, 0o644)
            os.replace(beside, path)
        except BaseException:
            os.unlink(beside)
            raise
    except OSError as error:
        raise NetError(f"cannot write {path}: {error.strerror}; give another --out") from error
    return path


def figure(model) -> Figure:
    """The picture as a matplotlib Figure, from the image at the top to the probabilities.

    Each block is a stage with its layers, residual units and modules; beside it the shape that it
    hands on, its parameters and its multiply-adds, with bars for their share of the whole.
    Raises NetError for a model that the catalogue does not know.
    """
    rows, drawn = graph.table(model), units(model)
    height = _TOP + _ROW * len(rows) + _BOTTOM
    drawing = Figure(figsize=(_WIDTH, height), facecolor="white")
    axes = drawing.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, _WIDTH), ylim=(0, height))
    axes.axis("off")
    _title(axes, model, rows, height)
    for index, row in enumerate(rows):
        middle = height - _TOP - _ROW * (index + 0.5)
        arriving = rows[index - 1].width if index else 1
        _block(axes, row, drawn.get(row.name, []), middle, arriving)
        _figures(axes, row, graph.total(rows), middle)
    _legend(axes, drawn)
    return drawing


def _title(axes, model, rows, height: float) -> None:
    import nets

    parameters, cost = graph.total(rows)
    axes.text(_BLOCK[0], height - 0.3, model.name, size=15, weight="bold", va="center")
    axes.text(_BLOCK[0], height - 0.56, nets.describe(model.name).paper, size=8, va="center")
    totals = f"{parameters:,} parameters, {large(cost)} multiply-adds"
    axes.text(
        _BLOCK[0] + 0.1,
        height - 0.85,
        f"image {shaped(model.input_shape[1:])}",
        size=8.5,
        va="center",
    )
    axes.text(_WIDTH - 0.2, height - 0.3, totals, size=9, ha="right", va="center")
    for x, text in zip(_COLUMNS, ("shape", "parameters", "multiply-adds"), strict=True):
        axes.text(x, height - 0.85, text, size=8, color="#555555", va="center")


def _block(axes, row, inside: list[Unit], middle: float, arriving: int) -> None:
    left, right = _BLOCK
    entered = row.name != "auxiliary"
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
            linestyle="-" if entered else "--",
        )
    )
    for number in range(arriving if entered else 0):
        x, top = left + 0.55 + 0.3 * number, middle + half
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
    axes.text(left + 0.1, middle + 0.15, row.name, size=9.5, weight="bold", va="center")
    described = _described(inside) if entered else "heads for training only"
    axes.text(left + 0.1, middle - 0.17, described, size=8, va="center", color="#333333")
    _glyphs(axes, inside, left + 1.42, right - 0.12, middle + 0.1)


def _described(inside: list[Unit]) -> str:
    return ", ".join(_counted(unit, len(list(run))) for unit, run in groupby(inside)) or "resizing"


def _counted(unit: Unit, count: int) -> str:
    of_branches = f" of {unit.width} branches" if unit.width > 1 else ""
    if unit.kind in ("residual", "projected"):
        what = "residual unit" if unit.kind == "residual" else "projected unit"
        return f"{count} {what}{'s' * (count > 1)}{of_branches}"
    if unit.kind == "branches":
        return f"{count} module{'s' * (count > 1)}{of_branches}"
    if unit.kind == "lanes":
        return f"{', '.join(unit.lane * count)} in {unit.width} lanes"
    return f"{count} {unit.kind}" if count > 1 else unit.kind


def _glyphs(axes, inside: list[Unit], left: float, right: float, middle: float) -> None:
    """The units from left to right; what does not fit between becomes three dots."""
    shown = list(inside)
    if len(shown) > _UNITS_SHOWN:
        shown = [*shown[: _UNITS_SHOWN - 2], None, shown[-1]]
    widths = [0.3 if unit is None else wide(unit) for unit in shown]
    gap = 0.13
    scale = min(1.0, (right - left) / max(sum(widths) + gap * len(widths), 0.01))
    x = left
    for unit, width in zip(shown, widths, strict=True):
        if unit is None:
            axes.text(x + width * scale / 2, middle, "...", ha="center", va="center", size=9)
        else:
            glyph(axes, unit, x, width * scale, middle)
        x += (width + gap) * scale


def _figures(axes, row, totals: tuple[int, int], middle: float) -> None:
    axes.text(_COLUMNS[0], middle + 0.05, shaped(row.shape, row.width), size=9, va="center")
    counts = (row.parameters, row.multiply_adds)
    for x, count, whole, colour in zip(_COLUMNS[1:], counts, totals, _BARS, strict=True):
        axes.text(x, middle + 0.05, large(count), size=9, va="center")
        share = count / whole if whole else 0
        axes.add_patch(Rectangle((x, middle - 0.19), 0.7, 0.08, color="#eeeeee", lw=0))
        axes.add_patch(Rectangle((x, middle - 0.19), 0.7 * share, 0.08, color=colour, lw=0))


def _legend(axes, drawn: dict) -> None:
    """Only what the picture holds."""
    every = [unit for inside in drawn.values() for unit in inside]
    kinds = {kind for unit in every for kind in (unit.kind, *unit.lane)}
    entries = [
        ("convolution", Unit("conv"), kinds - {"dense", "pool"}),
        ("pooling", Unit("pool"), "pool" in kinds),
        ("dense", Unit("dense"), "dense" in kinds),
        ("residual unit", Unit("residual", 3), "residual" in kinds),
        ("computes on its shortcut", Unit("projected", 3), "projected" in kinds),
        ("module of branches", Unit("branches", width=4), "branches" in kinds),
        ("side by side", Unit("lanes", width=2, lane=("conv",)), "lanes" in kinds),
    ]
    x = _BLOCK[0]
    for text, unit, present in entries:
        if present:
            glyph(axes, unit, x, wide(unit), _BOTTOM / 2)
            axes.text(x + wide(unit) + 0.08, _BOTTOM / 2, text, size=8, va="center")
            x += wide(unit) + 0.3 + 0.068 * len(text)
