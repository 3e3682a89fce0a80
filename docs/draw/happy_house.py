"""The figure of solutions/happy_house.py."""

from __future__ import annotations

import numpy as np

from docs.draw import shades
from docs.draw.svg import SMALL, Figure

SIDE, WINDOW, SHOWN = 64, 7, 9


def padding(say) -> Figure:
    """How many 7x7 windows see each pixel of a corner, without a frame and with one of 3 zeros."""
    figure = Figure(
        436,
        say(
            "How many of the 7x7 windows see each pixel in the top left corner of a 64x64 image. "
            "Without padding: 1 at the corner, 7 at an edge, 49 in the middle. With a frame of 3 "
            "zeros: 16 at the corner, 28 at an edge, 49 in the middle."
        ),
    )
    size = 30
    for x, pad in ((28, 0), (342, 3)):
        seen = windows(pad)
        title = say("no padding") if pad == 0 else say("a frame of {n} zeros", n=pad)
        figure.text(x, 34, title, bold=True)
        places = SIDE + 2 * pad - WINDOW + 1
        text = say("{n} windows fit: a map of {map}", n=f"{places}²", map=f"{places}x{places}")
        figure.text(x, 53, text, SMALL, fill="soft")
        colours = shades.rising(0.7 * seen / WINDOW**2)
        figure.square(x, 70, SHOWN * size, "#ffffff")
        shades.cells(figure, x, 70, size, colours[:SHOWN, :SHOWN])
        for row in range(SHOWN):
            for column in range(SHOWN):
                middle = x + (column + 0.5) * size, 70 + (row + 0.5) * size + 5
                figure.fixed(*middle, str(seen[row, column]))
        figure.rect(x, 70, SHOWN * size, SHOWN * size, stroke="grey")
        edge = seen[0, SIDE // 2]
        text = say(
            "corner {corner}, edge {edge}, middle {middle}",
            corner=seen[0, 0],
            edge=edge,
            middle=seen[SIDE // 2, SIDE // 2],
        )
        figure.text(x, 362, text, SMALL)
    told = say(
        "Each number: how many 7x7 windows see this pixel.\nShown are the {n} pixels at the top "
        "left corner of a 64x64 image.",
        n=f"{SHOWN}x{SHOWN}",
    )
    figure.text(28, 396, told, SMALL, fill="soft")
    return figure


def windows(pad: int) -> np.ndarray:
    """How many windows see each pixel, counted one by one: (64, 64)."""
    seen = np.zeros((SIDE + 2 * pad, SIDE + 2 * pad), int)
    for row in range(len(seen) - WINDOW + 1):
        for column in range(len(seen) - WINDOW + 1):
            seen[row : row + WINDOW, column : column + WINDOW] += 1
    return seen[pad : pad + SIDE, pad : pad + SIDE]


FIGURES = {"happy_house_padding": padding}
