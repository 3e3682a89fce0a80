"""A figure as SVG text: rectangles, lines, arrows, text and small images, in one style.

Written by hand and with rounded numbers, so that the same numbers give the same bytes everywhere.
Each figure stands on a background of its own and has the colours of a light and a dark page; the
page chooses by prefers-color-scheme. What does not know that, such as rsvg-convert, shows light.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape

WIDTH = 640  # of every figure, in pixels
STROKE = 1.5
TEXT, SMALL = 15, 13  # sizes of letters in pixels
FONTS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'PingFang SC', "
    "'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', 'WenQuanYi Micro Hei', sans-serif"
)
# name: (on a light page, on a dark page). What ends in -tint is for areas with text on them.
COLOURS = {
    "page": ("#ffffff", "#161b22"),
    "frame": ("#d0d7de", "#30363d"),
    "ink": ("#1f2328", "#e6edf3"),
    "soft": ("#59636e", "#9da7b3"),
    "grey": ("#8c959f", "#7d8590"),
    "blue": ("#2468b4", "#6cb0ff"),
    "orange": ("#b8500f", "#f0a35e"),
    "green": ("#24774f", "#6fcf97"),
    # For lines over a picture, which is light on both pages.
    "mark": ("#b8500f", "#cc5a12"),
    "net": ("#2468b4", "#3a7cc7"),
    "grey-tint": ("#e6eaef", "#30363d"),
    "blue-tint": ("#d8e7f8", "#1c3a5e"),
    "orange-tint": ("#fbe3d0", "#583417"),
    "green-tint": ("#d5efe0", "#1d4a33"),
}


class Figure:
    """A figure of 640 pixels width; coordinates are pixels from the top left.

    Args:
        height: In pixels.
        title: What the figure shows, in a sentence, for who cannot see it.
    """

    def __init__(self, height: float, title: str):
        self.height = height
        self.title = title
        self.parts: list[str] = []

    def rect(self, x, y, width, height, fill=None, stroke=None, radius=0, opacity=None):
        """A rectangle; fill and stroke are names of COLOURS."""
        more = f' rx="{_number(radius)}"' if radius else ""
        more += f' opacity="{_number(opacity, 3)}"' if opacity is not None else ""
        self.parts.append(
            f'<rect x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" '
            f'height="{_number(height)}"{more}{_class(fill, stroke)}/>'
        )

    def square(self, x, y, size, colour: str):
        """A cell in a colour of its own, such as #a0b0c0, that is the same on a dark page."""
        place = f'x="{_number(x)}" y="{_number(y)}"'
        size = _number(size)
        self.parts.append(
            f'<rect {place} width="{size}" height="{size}" fill="{colour}" class="c"/>'
        )

    def line(self, points: Sequence, stroke="grey", dashed=False, arrow=False, wide=False):
        """Straight lines from point to point; arrow: with a head at the last one."""
        path = "M" + " L".join(f"{_number(x)},{_number(y)}" for x, y in points)
        more = ' stroke-dasharray="5 4"' if dashed else ""
        names = f"s-{stroke}{' wide' if wide else ''}"
        self.parts.append(f'<path d="{path}"{more} class="{names}" fill="none"/>')
        if arrow:
            self._head(points[-2], points[-1], stroke)

    def _head(self, start, end, colour):
        dx, dy = end[0] - start[0], end[1] - start[1]
        length = (dx * dx + dy * dy) ** 0.5
        dx, dy = dx / length, dy / length
        corners = [(end[0] + dx, end[1] + dy)]
        corners += [(end[0] - 8 * dx + s * 4 * dy, end[1] - 8 * dy - s * 4 * dx) for s in (1, -1)]
        self.polygon(corners, colour)

    def polygon(self, points: Iterable, fill=None, stroke=None, opacity=None):
        """A closed area."""
        path = "M" + " L".join(f"{_number(x)},{_number(y)}" for x, y in points) + " Z"
        more = f' opacity="{_number(opacity, 3)}"' if opacity is not None else ""
        self.parts.append(f'<path d="{path}"{more}{_class(fill, stroke)}/>')

    def circle(self, x, y, radius, fill=None, stroke=None):
        """A circle about (x, y)."""
        self.parts.append(
            f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}"'
            f"{_class(fill, stroke)}/>"
        )

    def box(self, x, y, width, height, text: str, colour="grey", size=SMALL):
        """A rounded box with lines of text in its middle; colour: "grey", "blue" and so on."""
        self.rect(x, y, width, height, f"{colour}-tint", colour, radius=5)
        lines = text.count("\n") + 1
        first = y + height / 2 + size * (0.36 - 0.65 * (lines - 1))
        self.text(x + width / 2, first, text, size, "middle")

    def text(self, x, y, text: str, size=TEXT, anchor="start", fill="ink", bold=False):
        """Text whose base line is at y; a line break begins a new line. anchor: start, middle, end.

        fill: a name of COLOURS.
        """
        more = "" if anchor == "start" else f' text-anchor="{anchor}"'
        more += ' font-weight="600"' if bold else ""
        for number, line in enumerate(text.split("\n")):
            self.parts.append(
                f'<text x="{_number(x)}" y="{_number(y + number * size * 1.3)}" '
                f'font-size="{size}"{more}{_class(fill, None)}>{escape(line, quote=False)}</text>'
            )

    def fixed(self, x, y, text: str):
        """A short label in the middle of a square: dark on a dark page too, as the square is."""
        self.parts.append(
            f'<text x="{_number(x)}" y="{_number(y)}" font-size="{SMALL}" text-anchor="middle" '
            f'fill="{COLOURS["ink"][0]}">{escape(text, quote=False)}</text>'
        )

    def image(self, x, y, width, height, png: bytes):
        """A small image, each of its pixels as a square."""
        data = base64.b64encode(png).decode("ascii")
        self.parts.append(
            f'<image x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" '
            f'height="{_number(height)}" style="image-rendering:pixelated" '
            f'href="data:image/png;base64,{data}"/>'
        )

    def svg(self, language: str) -> str:
        """The whole figure."""
        body = "\n".join(self.parts)
        return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{_number(self.height)}" \
viewBox="0 0 {WIDTH} {_number(self.height)}" role="img" xml:lang="{language}">
<title>{escape(self.title, quote=False)}</title>
<style>
text {{ font-family: {FONTS}; }}
path, rect, circle {{ stroke-width: {STROKE}; }}
.wide {{ stroke-width: 2.5; }}
.c {{ shape-rendering: crispEdges; }}
path {{ stroke-linejoin: round; stroke-linecap: round; }}
{_rules(0)}
@media (prefers-color-scheme: dark) {{
{_rules(1)}
}}
</style>
<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{_number(self.height - 1)}" rx="8" \
class="f-page s-frame"/>
{body}
</svg>
"""


def _rules(page: int) -> str:
    return "\n".join(
        f".f-{name} {{ fill: {both[page]}; }} .s-{name} {{ stroke: {both[page]}; }}"
        for name, both in COLOURS.items()
    )


def _class(fill: str | None, stroke: str | None) -> str:
    unknown = {fill, stroke} - set(COLOURS) - {None}
    if unknown:
        raise KeyError(f"expected colours of COLOURS, received {unknown}")
    names = ([f"f-{fill}"] if fill else []) + ([f"s-{stroke}"] if stroke else [])
    return (f' class="{" ".join(names)}"' if names else "") + ("" if fill else ' fill="none"')


def _number(value: float, digits: int = 1) -> str:
    """Rounded, and without what says nothing: 3.0 as 3."""
    text = f"{float(value):.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
