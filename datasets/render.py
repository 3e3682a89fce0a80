"""Capsules to pictures: depth, light, skin, a wall with a soft shadow, noise of the sensor.

Only + - * / and square roots, sums in a fixed order: the same picture on any machine.
"""

from __future__ import annotations

import numpy as np

from datasets.hands import ARM, Capsules, bell

SIDE = 64
FINE = 2  # drawn at twice the size, then averaged
GRID = np.arange(SIDE * FINE, dtype=np.float32) + np.float32(0.5)
SKIN = np.array([[246, 214, 192], [234, 192, 162], [219, 168, 134], [196, 141, 106],
                 [164, 111, 80], [126, 82, 58], [92, 59, 43], [66, 44, 34]], np.float32)
FINGERTIPS = (7, 10, 13, 16, 19)  # the last rods of four fingers and of the thumb


def paint(hands: Capsules, rng: np.random.Generator) -> np.ndarray:
    """Draw n hands, placed on a picture of side 1 -> uint8 (n, 64, 64, 3)."""
    n = len(hands.start)
    beam = np.stack([bell(rng, n, 0.35), -0.35 + bell(rng, n, 0.3)], 1).astype(np.float32)
    layers = np.stack([_average(_draw(hands, i, beam[i])) for i in range(n)])
    cover, light, blush, sleeve = (layers[:, k, :, :, None] for k in range(4))
    skin = _skin(n, rng) * light
    skin = skin * (1 - blush * np.array([0.02, 0.13, 0.12], np.float32))
    cloth = (30 + 190 * rng.random((n, 1, 1, 3), np.float32)) * light
    dressed = (rng.random((n, 1, 1, 1)) < 0.15).astype(np.float32)
    arm = sleeve * dressed
    front = skin * (1 - arm) + cloth * arm
    wall = _wall(n, rng) * (1 - _shadow(cover, beam, rng))
    picture = wall * (1 - cover) + front * cover
    picture = _smooth(picture, 0.25 * rng.random((n, 1, 1, 1), np.float32))
    picture = picture * (0.88 + 0.24 * rng.random((n, 1, 1, 1), np.float32))
    picture = picture * (0.96 + 0.08 * rng.random((n, 1, 1, 3), np.float32))
    grain = 0.5 + 2 * rng.random((n, 1, 1, 1), np.float32)
    noise = rng.integers(-128, 128, (2, n, SIDE, SIDE, 3), np.int16)
    picture = picture + grain * (noise[0] + noise[1]) / np.float32(105)
    return np.rint(np.clip(picture, 0, 255)).astype(np.uint8)


def _draw(hands: Capsules, i: int, beam: np.ndarray) -> np.ndarray:
    """One hand at double size: cover, light, blush and sleeve (4, 128, 128), nearest rod on top."""
    size = SIDE * FINE
    canvas = np.zeros((4, size, size), np.float32)
    canvas[1] = 1
    depth = np.full((size, size), -np.inf, np.float32)
    rods = np.concatenate([hands.start[i], hands.end[i], hands.start_radius[i, :, None],
                           hands.end_radius[i, :, None]], 1).astype(np.float32) * size
    for k, rod in enumerate(rods):
        flat = np.float32(hands.roundness[i, k])
        _stamp(canvas, depth, rod, flat, beam, k)
    return canvas


def _stamp(canvas: np.ndarray, depth: np.ndarray, rod: np.ndarray, flat: np.float32,
           beam: np.ndarray, k: int) -> None:
    """Add one rod to the canvas, within the box around it."""
    ax, ay, az, bx, by, bz, ra, rb = rod
    reach, size = max(ra, rb) + 1, len(GRID)
    left, right = max(0, int(min(ax, bx) - reach)), min(size, int(max(ax, bx) + reach) + 2)
    top, bottom = max(0, int(min(ay, by) - reach)), min(size, int(max(ay, by) + reach) + 2)
    if left >= right or top >= bottom:
        return
    box = (slice(top, bottom), slice(left, right))
    # In place, for a new array costs as much as the sum that fills it.
    dx, dy = bx - ax, by - ay
    px, py = GRID[left:right] - ax, GRID[top:bottom, None] - ay
    t = px * dx + py * dy  # how far along the rod, from 0 to 1
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
    cover = radius - away
    cover += np.float32(0.5)
    _limit(cover, 0, 1)
    rise = np.divide(away, radius, out=away)  # z of the normal of a round rod
    np.minimum(rise, 1, out=rise)
    rise *= rise
    np.subtract(1, rise, out=rise)
    np.sqrt(rise, out=rise)
    height, dome = t * (bz - az), radius * rise
    height += az
    dome *= flat
    height += dome
    on_top = (height > depth[box]) & (cover > 0)
    np.copyto(depth[box], height, where=on_top)
    np.copyto(canvas[1][box], _light(ex, ey, radius, rise, flat, beam), where=on_top)
    if k >= FINGERTIPS[0]:  # before these there is no blush that a rod could hide
        np.copyto(canvas[2][box], t if k in FINGERTIPS else np.float32(0), where=on_top)
    if k == ARM:
        np.copyto(canvas[3][box], np.clip(t * 12 - 1, 0, 1), where=on_top)
    np.maximum(canvas[0][box], cover, out=canvas[0][box])


def _light(ex, ey, radius, rise, flat, beam) -> np.ndarray:
    """How bright a rod is: more where it faces the viewer, and where it faces the beam."""
    slope, side = ex * beam[0], ey * beam[1]
    slope += side
    slope /= radius
    slope *= flat * np.float32(0.28)
    light = np.float32(0.38) * rise
    light += np.float32(0.62)
    light -= 1
    light *= flat
    light += 1
    light += slope
    return light


def _limit(a: np.ndarray, low: float, high: float) -> None:
    np.maximum(a, low, out=a)
    np.minimum(a, high, out=a)


def _average(fine: np.ndarray) -> np.ndarray:
    return (fine[:, ::2, ::2] + fine[:, 1::2, ::2] + fine[:, ::2, 1::2] + fine[:, 1::2, 1::2]) / 4


def _skin(n: int, rng: np.random.Generator) -> np.ndarray:
    """Colours (n, 1, 1, 3) from light to dark."""
    where = rng.random(n) * (len(SKIN) - 1)
    low = where.astype(int)
    part = (where - low).astype(np.float32)[:, None]
    tone = SKIN[low] * (1 - part) + SKIN[low + 1] * part
    return (tone * (1 + bell(rng, (n, 3), 0.03).astype(np.float32)))[:, None, None]


def _wall(n: int, rng: np.random.Generator) -> np.ndarray:
    """Backgrounds (n, 64, 64, 3): mostly a pale wall, lit from a side, darker to the corners."""
    grey = 150 + 90 * rng.random((n, 1, 1, 1), np.float32)
    tint = 0.94 + 0.10 * rng.random((n, 1, 1, 3), np.float32)
    colour = 60 + 180 * rng.random((n, 1, 1, 3), np.float32)
    wall = np.where(rng.random((n, 1, 1, 1)) < 0.75, grey * tint, (grey + colour) / 2)
    x = ((np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE - 0.5)[None, None, :, None]
    y = x.transpose(0, 2, 1, 3)
    slope = bell(rng, (2, n, 1, 1, 1), 0.12).astype(np.float32)
    corner = 0.35 * rng.random((n, 1, 1, 1), np.float32)
    coarse = bell(rng, (n, 8, 8, 1), 0.025).astype(np.float32)
    patch = np.repeat(np.repeat(coarse, 8, 1), 8, 2)
    patch = _box(patch, 3)
    return wall * (1 + slope[0] * x + slope[1] * y - corner * (x * x + y * y) + patch)


def _shadow(cover: np.ndarray, beam: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """How much of the light the hand takes from the wall: its outline, moved and blurred."""
    n = len(cover)
    far = 16  # pixels: no shadow falls further, and what leaves the picture does not come back
    soft = np.pad(_box(_box(cover, 3), 3), [(0, 0), (far, far), (far, far), (0, 0)], mode="edge")
    moved = np.empty_like(cover)
    for i, (dx, dy) in enumerate(np.clip(np.rint(beam * 9), -far, far).astype(int) + far):
        moved[i] = soft[i, dy:dy + SIDE, dx:dx + SIDE]
    return moved * (0.4 * rng.random((n, 1, 1, 1), np.float32))


def _box(a: np.ndarray, reach: int) -> np.ndarray:
    """Mean over a window of 2 reach + 1 along both axes, the edge repeated."""
    for axis in (1, 2):
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
