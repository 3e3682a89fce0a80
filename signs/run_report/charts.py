"""Line charts as SVG in a page: its colours are those of the style sheet, its numbers a table's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH, HEIGHT = 420, 270
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 44
_TICKS = 5  # about as many
_MARKED = 40  # points; more of them would run into each other


@dataclass(frozen=True)
class Line:
    """A line of a chart. points: (x, y), those without a figure left out. level: y alone, for a
    line across the whole chart.
    """

    name: str
    points: Sequence[tuple[float, float]] = ()
    level: float | None = None


@dataclass(frozen=True)
class Chart:
    """Lines over whole numbers, such as epochs.

    log: whether the vertical axis is. highest: of the vertical axis, if not of the lines.
    """

    title: str
    across: str
    up: str
    lines: Sequence[Line]
    log: bool = False
    highest: float | None = None

    @property
    def xs(self) -> list[float]:
        """All places that a line has a point at."""
        return sorted({x for line in self.lines for x, _ in line.points})


def svg(chart: Chart) -> Markup:
    """The chart, with its title for those who do not see it."""
    from markupsafe import Markup, escape

    first, last = (chart.xs[0], chart.xs[-1]) if chart.xs else (0, 1)
    values = [_height(y, chart.log) for line in chart.lines for _, y in line.points]
    values += [_height(line.level, chart.log) for line in chart.lines if line.level is not None]
    ticks = _decades(values) if chart.log else _steps(0, chart.highest or max(values, default=1))
    low, high = ticks[0], ticks[-1]

    def x_of(x: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (
            (x - first) / (last - first) if last > first else 0.5
        )

    def y_of(y: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (y - low) / (high - low)

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(chart.title)}">']
    for y in ticks:
        place, label = y_of(y), f"10<tspan dy='-5' font-size='10'>{y:g}</tspan>"
        parts.append(f'<path class="grid" d="M{LEFT} {place:.1f}H{WIDTH - RIGHT}"/>')
        text = label if chart.log else f"{y:g}"
        parts.append(f'<text x="{LEFT - 6}" y="{place + 4.5:.1f}" class="end">{text}</text>')
    for x in _whole(first, last):
        place = x_of(x)
        parts.append(f'<text x="{place:.1f}" y="{HEIGHT - BOTTOM + 18}" class="mid">{x:g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 6}" class="mid">{escape(chart.across)}</text>')
    parts.append(
        f'<text transform="translate(13 {(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)" class="mid">'
        f"{escape(chart.up)}</text>"
    )
    for number, line in enumerate(chart.lines):
        places = [(x_of(x), y_of(_height(y, chart.log))) for x, y in line.points]
        if line.level is not None:
            level = y_of(_height(line.level, chart.log))
            places = [(LEFT, level), (WIDTH - RIGHT, level)]
        if not places:
            continue
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(f'<path class="line l{number % 6}" d="M{path}"/>')
        if line.level is None and len(places) <= _MARKED:
            parts += [f'<circle class="l{number % 6}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
                      for x, y in places]  # fmt: skip
    return Markup("".join([*parts, "</svg>"]))


def _height(y: float, log: bool) -> float:
    return math.log10(max(y, 1e-30)) if log else y


def _steps(low: float, high: float) -> list[float]:
    """Round numbers from `low` to `high` or a little more."""
    rough = (high - low) / _TICKS or 1
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough * 0.999)
    return [round(low + n * step, 10) for n in range(math.ceil((high - low) / step - 1e-9) + 1)]


def _decades(values: Sequence[float]) -> list[float]:
    low = math.floor(min(values, default=0))
    high = max(low + 1, math.ceil(max(values, default=1)))
    step = math.ceil((high - low) / 7)
    return [float(low + n * step) for n in range(math.ceil((high - low) / step) + 1)]


def _whole(first: float, last: float) -> list[float]:
    """Some of the whole numbers from first to last."""
    step = max(1, math.ceil((last - first) / 8))
    step = next(n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 10**9) if n >= step)
    inside = [x for x in range(int(first), int(last) + 1) if x % step == 0]
    return [float(x) for x in (inside or [int(first)])]
