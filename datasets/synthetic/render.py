"""Capsules to pictures: depth, light, skin, a wall with a soft shadow, noise of the sensor, JPEG.

Only + - * / and square roots, sums in a fixed order: the same picture on any machine.
"""

from __future__ import annotations

import numpy as np

from datasets.synthetic import jpeg
from datasets.synthetic.pose import ARM, PARTS, Capsules, bell
from datasets.synthetic.style import TWIN, Style
from datasets.synthetic.takes import Source

SIDE = 64
FINE = 2  # drawn at twice the size, then averaged
# Twice as long as a picture, for boxes of a common size end beyond it.
GRID = np.arange(2 * SIDE * FINE, dtype=np.float32) + np.float32(0.5)
# Boxes are drawn together up to a multiple of STEP, AT_ONCE pixels at a time, and GROUP hands are
# coloured together: there is little to draw in vain, and what is worked on fits the cache.
STEP, AT_ONCE, GROUP = 8, 1 << 15, 10
SKIN = np.array(
    [[246, 214, 192], [234, 192, 162], [219, 168, 134], [196, 141, 106],
     [164, 111, 80], [126, 82, 58], [92, 59, 43], [66, 44, 34]],
    np.float32,
)  # fmt: skip
BLUSH = np.array([0.02, 0.13, 0.12], np.float32)[:, None, None]
FINGERTIPS = (7, 10, 13, 16, 19)  # the last rods of four fingers and of the thumb


def paint(hands: Capsules, rng: Source, style: Style = TWIN) -> np.ndarray:
    """Draw n hands, placed on a picture of side 1 -> uint8 (n, 64, 64, 3)."""
    n = len(hands.start)
    beam = np.stack([bell(rng, n, 0.35), -0.35 + bell(rng, n, 0.3)], 1).astype(np.float32)
    # A colour is a plane until the end: sums along rows of 64 are fast, along 3 colours slow.
    cover, light, blush, sleeve = np.moveaxis(_draw(hands, beam)[:, :, None], 1, 0)
    skin = _skin(n, rng, style)
    cloth = 30 + 190 * rng.random((n, 3, 1, 1), np.float32)
    dressed = rng.random(n) < style.sleeves
    wall = _wall(n, rng, style)
    wall *= 1 - _shadow(cover, beam, rng, style)
    blur = 0.25 * rng.random((n, 1, 1, 1), np.float32)
    exposure = style.exposure[0] + style.exposure[1] * rng.random((n, 1, 1, 1), np.float32)
    balance = style.balance[0] + style.balance[1] * rng.random((n, 3, 1, 1), np.float32)
    grain = style.grain[0] + style.grain[1] * rng.random((n, 1, 1, 1), np.float32)
    noise = rng.integers(-128, 128, (2, n, SIDE, SIDE, 3), np.int16)
    lossy, quality = rng.random(n) < style.jpeg, rng.integers(70, 96, n)
    pictures = np.empty((n, SIDE, SIDE, 3), np.uint8)
    for start in range(0, n, GROUP):
        some = slice(start, start + GROUP)
        front = skin[some] * light[some]
        front *= 1 - blush[some] * BLUSH
        for i in np.flatnonzero(dressed[some]):
            arm = sleeve[some][i]
            front[i] = front[i] * (1 - arm) + cloth[some][i] * light[some][i] * arm
        front *= cover[some]
        picture = wall[some] * (1 - cover[some])
        picture += front
        picture = _smooth(picture, blur[some])
        picture *= exposure[some]
        picture *= balance[some]
        grains = grain[some] * _planes(noise[0, some] + noise[1, some])
        grains /= np.float32(105)
        picture += grains
        np.rint(np.clip(picture, 0, 255, out=picture), out=picture)
        kept = lossy[some]
        picture[kept] = jpeg.compressed(picture[kept], quality[some][kept])
        pictures[some] = np.moveaxis(picture, 1, 3)
    return pictures


def _draw(hands: Capsules, beam: np.ndarray) -> np.ndarray:
    """Cover, light, blush and sleeve of n hands, (n, 4, 64, 64), drawn at double size."""
    n, size = len(hands.start), SIDE * FINE
    rods = (
        np.concatenate(
            [hands.start, hands.end, hands.start_radius[:, :, None], hands.end_radius[:, :, None]],
            2,
        ).astype(np.float32)
        * size
    )
    first, last = _boxes(rods, size)
    looks = _rods(rods, first, last, hands.roundness.astype(np.float32), beam)
    boxes = np.stack([first, last], 2).tolist()
    drawn = np.empty((n, 4, SIDE, SIDE), np.float32)
    canvas, depth = np.empty((4, size, size), np.float32), np.empty((size, size), np.float32)
    for i in range(n):
        canvas[:] = 0
        canvas[1], depth[:] = 1, -np.inf
        for k in range(PARTS):
            if (i, k) in looks:
                _put(canvas, depth, boxes[i][k], looks[i, k], k)
        drawn[i] = _average(canvas)
    return drawn


def _put(canvas: np.ndarray, depth: np.ndarray, ends: list, look: np.ndarray, k: int) -> None:
    """Add rod k of a hand to the canvas, within the box around it: the nearest is on top."""
    (left, top), (right, bottom) = ends
    box = slice(top, bottom), slice(left, right)
    cover, height, light, t = look[:, : bottom - top, : right - left]
    below, covered = depth[box], canvas[0][box]
    on_top = height > below
    np.maximum(below, height, out=below)
    np.maximum(covered, cover, out=covered)
    np.copyto(canvas[1][box], light, where=on_top)
    if k >= FINGERTIPS[0]:  # before these there is no blush that a rod could hide
        np.copyto(canvas[2][box], t if k in FINGERTIPS else np.float32(0), where=on_top)
    if k == ARM:
        np.copyto(canvas[3][box], np.clip(t * 12 - 1, 0, 1), where=on_top)


def _boxes(rods: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The box around each rod: its first pixel and the one after its last, (n, PARTS, 2), x, y."""
    ends = np.stack([rods[..., 0:2], rods[..., 3:5]])
    reach = rods[..., 6:].max(-1, keepdims=True) + 1
    first = np.maximum(0, (ends.min(0) - reach).astype(int))
    last = np.minimum(size, (ends.max(0) + reach).astype(int) + 2)
    return first, last


def _rods(rods, first, last, flat, beam) -> dict[tuple[int, int], np.ndarray]:
    """What each rod that is in the picture looks like, see `_look`: (hand, rod) -> (4, h, w).

    Rods of nearly one size are drawn together, for to call NumPy costs more than so few pixels.
    """
    sides = -(-(last - first) // STEP) * STEP
    alike = sides[..., 0] * 1000 + sides[..., 1]
    there = ((last - first) > 0).all(-1)
    drawn: dict[tuple[int, int], np.ndarray] = {}
    for kind in np.unique(alike[there]):
        hands, parts = np.nonzero((alike == kind) & there)
        width, height = sides[hands[0], parts[0]]
        many = max(1, AT_ONCE // (width * height))
        for start in range(0, len(hands), many):
            i, k = hands[start : start + many], parts[start : start + many]
            x, y = (
                GRID[first[i, k, axis, None] + np.arange(side)]
                for axis, side in enumerate((width, height))
            )
            looks = _look(x, y, rods[i, k], flat[i, k], beam[i])
            drawn |= zip(zip(i.tolist(), k.tolist(), strict=True), looks, strict=True)
    return drawn


def _look(x, y, rods, flat, beam) -> np.ndarray:
    """Rods on boxes of one size: cover, height, light and place along the rod, (m, 4, h, w).

    x, y: the boxes' pixels, (m, w) and (m, h). Height is unbounded outside a rod.
    """
    ax, ay, az, bx, by, bz, ra, rb = rods.T[:, :, None, None]
    flat = flat[:, None, None]
    looks = np.empty((len(x), 4, y.shape[1], x.shape[1]), np.float32)
    cover, height, light, t = (looks[:, part] for part in range(4))
    # In place, for a new array costs as much as the sum that fills it.
    dx, dy = bx - ax, by - ay
    px, py = x[:, None, :] - ax, y[:, :, None] - ay
    np.add(px * dx, py * dy, out=t)  # how far along the rod, from 0 to 1
    t /= dx * dx + dy * dy + np.float32(1e-3)
    _limit(t, 0, 1)
    ex, ey = t * dx, t * dy
    np.subtract(px, ex, out=ex)
    np.subtract(py, ey, out=ey)
    radius = t * (rb - ra)
    radius += ra
    away = ex * ex
    away += ey * ey
    np.sqrt(away, out=away)
    np.subtract(radius, away, out=cover)
    cover += np.float32(0.5)
    _limit(cover, 0, 1)
    rise = np.divide(away, radius, out=away)  # z of the normal of a round rod
    np.minimum(rise, 1, out=rise)
    rise *= rise
    np.subtract(1, rise, out=rise)
    np.sqrt(rise, out=rise)
    np.multiply(t, bz - az, out=height)
    height += az
    dome = radius * rise
    dome *= flat
    height += dome
    np.copyto(height, -np.inf, where=cover <= 0)
    _light(ex, ey, radius, rise, flat, beam[:, :, None, None], light)
    return looks


def _light(ex, ey, radius, rise, flat, beam, light) -> None:
    """How bright a rod is: more where it faces the viewer, and where it faces the beam."""
    ex *= beam[:, 0]
    ey *= beam[:, 1]
    ex += ey
    ex /= radius
    ex *= flat * np.float32(0.28)
    np.multiply(rise, np.float32(0.38), out=light)
    light += np.float32(0.62)
    light -= 1
    light *= flat
    light += 1
    light += ex


def _limit(a: np.ndarray, low: float, high: float) -> None:
    np.maximum(a, low, out=a)
    np.minimum(a, high, out=a)


def _average(fine: np.ndarray) -> np.ndarray:
    return (fine[:, ::2, ::2] + fine[:, 1::2, ::2] + fine[:, ::2, 1::2] + fine[:, 1::2, 1::2]) / 4


def _planes(pictures: np.ndarray) -> np.ndarray:
    """(n, h, w, 3) -> (n, 3, h, w), a plane after the other in memory too."""
    return np.ascontiguousarray(np.moveaxis(pictures, 3, 1))


def _skin(n: int, rng: Source, style: Style) -> np.ndarray:
    """Colours (n, 3, 1, 1) from light to dark."""
    where = style.skin[0] + rng.random(n) * style.skin[1]
    low = where.astype(int)
    part = (where - low).astype(np.float32)[:, None]
    tone = SKIN[low] * (1 - part) + SKIN[low + 1] * part
    return (tone * (1 + bell(rng, (n, 3), 0.03).astype(np.float32)))[:, :, None, None]


def _wall(n: int, rng: Source, style: Style) -> np.ndarray:
    """Backgrounds (n, 3, 64, 64): mostly a pale wall, lit from a side, darker to the corners."""
    grey = style.grey[0] + style.grey[1] * rng.random((n, 1, 1, 1), np.float32)
    least = np.array(style.tint, np.float32)[:, None, None]
    tint = least + style.tints * rng.random((n, 3, 1, 1), np.float32)
    colour = 60 + 180 * rng.random((n, 3, 1, 1), np.float32)
    wall = np.where(rng.random((n, 1, 1, 1)) < 1 - style.coloured, grey * tint, (grey + colour) / 2)
    x = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE - 0.5
    y = x[:, None]
    slope = bell(rng, (2, n, 1, 1, 1), style.slope).astype(np.float32)
    slope[1] -= style.dimmer
    corner = style.corner * rng.random((n, 1, 1, 1), np.float32)
    coarse = bell(rng, (n, 1, 8, 8), style.patches).astype(np.float32)
    patch = np.repeat(np.repeat(coarse, 8, 2), 8, 3)
    patch = _box(patch, 3)
    return wall * (1 + slope[0] * x + slope[1] * y - corner * (x * x + y * y) + patch)


def _shadow(cover: np.ndarray, beam: np.ndarray, rng: Source, style: Style) -> np.ndarray:
    """How much of the light the hand takes from the wall: its outline, moved and blurred."""
    n = len(cover)
    far = 16  # pixels: no shadow falls further, and what leaves the picture does not come back
    soft = np.pad(_box(_box(cover, 3), 3), [(0, 0), (0, 0), (far, far), (far, far)], mode="edge")
    moved = np.empty_like(cover)
    for i, (dx, dy) in enumerate(np.clip(np.rint(beam * 9), -far, far).astype(int) + far):
        moved[i] = soft[i, :, dy : dy + SIDE, dx : dx + SIDE]
    return moved * (style.shadow * rng.random((n, 1, 1, 1), np.float32))


def _box(a: np.ndarray, reach: int) -> np.ndarray:
    """Mean over a window of 2 reach + 1 along the last two axes, the edge repeated."""
    for axis in (2, 3):
        ends = [(0, 0)] * a.ndim
        ends[axis] = (reach, reach)
        padded = np.pad(a, ends, mode="edge")
        length = a.shape[axis]
        total = np.zeros_like(a)
        for k in range(2 * reach + 1):
            total += padded[(slice(None),) * axis + (slice(k, k + length),)]
        a = total / (2 * reach + 1)
    return a


def _smooth(a: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """Blend with the mean of 3x3 neighbours, as a lens does."""
    return a + amount * 2 * (_box(a, 1) - a)
