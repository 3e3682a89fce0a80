"""What JPEG leaves of a picture: blocks of 8x8 in cosines, rounded (ITU-T T.81, Annexes A and K).

As baseline JPEG does it, with colour at half the size (4:2:0) and without the coding of bits, which
loses nothing. Every sum is one of whole numbers below 2^24, which float32 holds exactly: the same
picture on any machine and with any library of linear algebra. Pillow would be less to read, but it
uses whatever JPEG library it was built with, and these differ in how they round.
"""

from __future__ import annotations

from functools import cache

import numpy as np

BLOCK = 8
# Annex K.1: the steps of brightness and of colour at quality 50, by frequency down and across.
BRIGHTNESS = np.array([
    [16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56], [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99]])  # fmt: skip
COLOUR = np.array([
    [17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]])  # fmt: skip
COLOUR = np.pad(COLOUR, (0, 4), constant_values=99)
# JFIF, in 1/256: from RGB to Y, Cb and Cr, and what Cb and Cr add to Y for red, green and blue.
FROM_RGB = np.array([[77, 150, 29], [-43, -85, 128], [128, -107, -21]], np.float32)
TO_RGB = np.array([[0, 359], [-88, -183], [454, 0]], np.float32)
FINER = 1024  # of the cosines; and QUARTERS of what stands between the two passes
QUARTERS = 4


def steps(table: np.ndarray, quality: np.ndarray) -> np.ndarray:
    """The table's steps at quality 50 to 100, (n,) -> (n, 8, 8), as the libraries scale it."""
    scale = 200 - 2 * quality[:, None, None]
    return np.clip((table * scale + 50) // 100, 1, 255).astype(np.float32)


def compressed(pictures: np.ndarray, quality: np.ndarray) -> np.ndarray:
    """Pictures (n, 3, h, w) as JPEG of `quality` 50 to 100, int (n,), gives them back.

    pictures: whole numbers from 0 to 255 as float32; h and w are multiples of 16. Returns the same.
    """
    n, _, h, w = pictures.shape
    red, green, blue = np.moveaxis(pictures, 1, 0)
    planes = [np.rint((r * red + g * green + b * blue) / 256) for r, g, b in FROM_RGB]
    light = _through(planes[0] - 128, steps(BRIGHTNESS, quality)) + 128
    tints = np.stack(planes[1:], 1).reshape(2 * n, h // 2, 2, w // 2, 2)
    tints = np.rint((tints[:, :, 0, :, 0] + tints[:, :, 0, :, 1] + tints[:, :, 1, :, 0]
                     + tints[:, :, 1, :, 1]) / 4)  # fmt: skip
    tints = _through(tints, np.repeat(steps(COLOUR, quality), 2, 0))
    cb, cr = np.moveaxis(tints.reshape(n, 2, h // 2, w // 2), 1, 0)
    found = np.empty_like(pictures)
    for channel, (b, r) in enumerate(TO_RGB):
        whole = np.rint((b * cb + r * cr) / 256)
        found[:, channel] = light + np.repeat(np.repeat(whole, 2, 1), 2, 2)
    return np.clip(found, 0, 255, out=found)


def _through(planes: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Planes (n, h, w) to cosines, to whole steps (n, 8, 8), and back."""
    n, h, w = planes.shape
    down, across = _cosines(h), _cosines(w)
    found = np.rint(down @ planes / (FINER // QUARTERS))
    found = found @ across.T / (FINER * QUARTERS)
    blocks = found.reshape(n, h // BLOCK, BLOCK, w // BLOCK, BLOCK)
    step = step[:, None, :, None, :]
    blocks = np.rint(blocks / step) * step
    found = np.rint(down.T @ blocks.reshape(n, h, w) / (FINER // QUARTERS))
    return np.rint(found @ across / (FINER * QUARTERS))


@cache
def _cosines(side: int) -> np.ndarray:
    """The transform of all blocks along a side at once, (side, side), in whole 1/FINER."""
    k = np.arange(BLOCK)
    matrix = np.cos((2 * k + 1) * k[:, None] * np.pi / (2 * BLOCK)) / 2
    matrix[0] /= 2**0.5
    whole = np.rint(FINER * matrix)
    return np.kron(np.eye(side // BLOCK), whole).astype(np.float32)
