"""Numbers as colours that are the same on a light and a dark page."""

from __future__ import annotations

import numpy as np

WHITE, BLUE, ORANGE = (255, 255, 255), (36, 104, 180), (184, 80, 15)


def signed(values: np.ndarray) -> np.ndarray:
    """-1 to 1 as uint8 (..., 3): blue below 0, white at 0, orange above."""
    share = np.clip(np.abs(values), 0, 1)[..., None]
    end = np.where((values < 0)[..., None], BLUE, ORANGE)
    return np.rint(np.array(WHITE) * (1 - share) + end * share).astype(np.uint8)


def rising(values: np.ndarray) -> np.ndarray:
    """0 to 1 as uint8 (..., 3): from white to blue."""
    return signed(-np.asarray(values, float))


def filter_colours(values: np.ndarray) -> np.ndarray:
    """A filter of three colours as uint8 (height, width, 3): 0 is grey."""
    return np.rint(127.5 + 127.5 * values / np.abs(values).max()).astype(np.uint8)


def name(colour) -> str:
    """A colour as SVG writes it, such as #2468b4."""
    return "#" + "".join(f"{int(part):02x}" for part in colour)


def cells(figure, x: float, y: float, size: float, colours: np.ndarray) -> None:
    """Draw uint8 (rows, columns, 3) as squares of `size` pixels on white."""
    rows, columns = colours.shape[:2]
    for row in range(rows):
        for column in range(columns):
            if tuple(colours[row, column]) != WHITE:
                place = x + column * size, y + row * size
                figure.square(*place, size, name(colours[row, column]))
