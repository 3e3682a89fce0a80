"""The small pictures of a network's units: bars, arcs over residual units, branches, lanes."""

from __future__ import annotations

from matplotlib.patches import Arc, Rectangle

from nets.profile.units import Unit

_COLOURS = {"conv": "#4878a8", "dense": "#b8604a", "pool": "#8a8a8a", "shortcut": "#d08a1d"}
# In inches, as all lengths of a drawing.
_WIDE = {"conv": 0.16, "pool": 0.08, "dense": 0.09, "branches": 0.42}


def wide(unit: Unit) -> float:
    """The width of a unit's glyph in inches."""
    if unit.kind in ("residual", "projected"):
        return 0.13 * unit.depth + 0.1
    if unit.kind == "lanes":
        return sum(_WIDE[kind] + 0.1 for kind in unit.lane) - 0.1
    return _WIDE[unit.kind]


def glyph(axes, unit: Unit, x: float, width: float, middle: float) -> None:
    """Draw a unit from `x` on, `width` inches wide, around the height `middle`."""
    if unit.kind in ("residual", "projected"):
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
                linestyle="-" if unit.kind == "residual" else (0, (2, 1)),
            )
        )
    elif unit.kind == "branches":
        for y, thickness in _side_by_side(unit, middle):
            _bar(axes, x + 0.05, width - 0.1, y, thickness, "conv")
        for edge in (x, x + width):
            axes.plot([edge, edge], [middle - 0.16, middle + 0.16], color="#333333", lw=1.2)
    elif unit.kind == "lanes":
        for kind in unit.lane:
            for y, thickness in _side_by_side(unit, middle):
                _bar(axes, x, _WIDE[kind], y, thickness, kind)
            x += _WIDE[kind] + 0.1
    else:
        _bar(axes, x, width, middle, 0.32 if unit.kind != "pool" else 0.22, unit.kind)


def _side_by_side(unit: Unit, middle: float) -> list[tuple[float, float]]:
    """The middle and the thickness of each of the unit's branches or lanes."""
    step = 0.34 / unit.width
    return [(middle + 0.17 - step * (i + 0.5), step * 0.6) for i in range(unit.width)]


def _bar(axes, x: float, width: float, middle: float, height: float, kind: str) -> None:
    axes.add_patch(Rectangle((x, middle - height / 2), width, height, color=_COLOURS[kind], lw=0))
