"""Articulated hands that show 0 to 5: joints in three dimensions, drawn from random numbers.

A hand is a list of capsules, rods with round ends whose radius changes along them. The unit of
length is the palm, from the wrist (the origin) to the knuckle of the middle finger. y runs along
the fingers, x to the side of the thumb, z out of the palm. In SIGNS a 0 is a ring of thumb and
fingers, a 3 is thumb, index and middle finger, and a 4 has the thumb across the palm.

Sines are rounded to 2^-20: processors differ in their last bit, and the pictures must not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from datasets.synthetic.style import TWIN, Style
from datasets.synthetic.takes import Source

KNUCKLES = np.array([[0.29, 0.97], [0.09, 1.00], [-0.11, 0.95], [-0.29, 0.85]])
LENGTHS = np.array([0.78, 0.88, 0.82, 0.64])  # index, middle, ring, little
PHALANGES = np.array([0.47, 0.29, 0.24])  # shares of a finger's length, from the knuckle on
THICKNESS = np.array([0.120, 0.124, 0.118, 0.102])
RAISED = {0: (), 1: (0,), 2: (0, 1), 3: (0, 1), 4: (0, 1, 2, 3), 5: (0, 1, 2, 3)}
THUMB_OUT = (3, 5)
PARTS = 21  # 5 of the palm, 12 phalanges, 3 of the thumb, 1 forearm
ARM = PARTS - 1


class Capsules(NamedTuple):
    """Rods of n hands: both ends (n, PARTS, 3), both radii (n, PARTS), roundness (n, PARTS)."""

    start: np.ndarray
    end: np.ndarray
    start_radius: np.ndarray
    end_radius: np.ndarray
    roundness: np.ndarray


def sine(angle: np.ndarray) -> np.ndarray:
    """sin of radians, the same to the bit on any machine."""
    return np.rint(np.sin(angle) * 2**20) / 2**20


def cosine(angle: np.ndarray) -> np.ndarray:
    """cos of radians, the same to the bit on any machine."""
    return np.rint(np.cos(angle) * 2**20) / 2**20


def bell(rng: Source, size: int | tuple[int, ...], spread: float) -> np.ndarray:
    """Nearly normal, of deviation `spread` and never beyond 3 of it.

    The sum of four uniforms: Generator.normal calls exp and log in its tails, which differ.
    """
    size = size if isinstance(size, tuple) else (size,)
    four = rng.random((4, *size))
    return (four[0] + four[1] + four[2] + four[3] - 2) * (spread * 3**0.5)


def pose(labels: np.ndarray, rng: Source) -> Capsules:
    """Hands (n,) that show `labels`, each in a shape of its own, before they are turned."""
    n = len(labels)
    fingers = _fingers(labels, rng)
    thumb = _thumb(labels, fingers, rng)
    stout = 1 + bell(rng, (n, 1), 0.07)
    starts, ends, r0, r1 = [], [], [], []

    def rod(a: np.ndarray, b: np.ndarray, ra: float, rb: float) -> None:
        starts.append(a)
        ends.append(b)
        r0.append(np.full(n, ra))
        r1.append(np.full(n, rb))

    origin = np.zeros((n, 3))
    for f, (x, _) in enumerate(KNUCKLES):
        rod(origin + [0.5 * x, 0.06, 0], fingers[:, f, 0] - [0, 0.05, 0], 0.20, 0.15)
    rod(origin + [0.13, 0.2, 0.02], thumb[:, 1] * [0.85, 0.9, 1], 0.20, 0.16)  # the ball
    for f, thick in enumerate(THICKNESS):
        for k in range(3):
            taper = thick * (1 - 0.09 * k)
            rod(fingers[:, f, k], fingers[:, f, k + 1], taper, taper * 0.91)
    for k, thick in enumerate((0.165, 0.135, 0.125)):
        rod(thumb[:, k], thumb[:, k + 1], thick, thick * 0.88)
    bend = bell(rng, n, 0.25)
    elbow = np.stack([7 * sine(bend), -7 * cosine(bend), bell(rng, n, 0.8)], 1)
    rod(origin + [0, 0.05, 0], elbow, 0.26, 0.8)
    flat = np.r_[np.full(4, 0.35), 0.6, np.ones(15), 0.8]  # a palm is flatter than a finger
    return Capsules(
        np.stack(starts, 1),
        np.stack(ends, 1),
        np.stack(r0, 1) * stout,
        np.stack(r1, 1) * stout,
        np.broadcast_to(flat, (n, PARTS)),
    )


def view(hands: Capsules, labels: np.ndarray, rng: Source, style: Style = TWIN) -> Capsules:
    """Turn, mirror, scale and place hands on a picture of side 1, y down, z to the viewer."""
    n = len(labels)
    zero = labels == 0
    yaw = bell(rng, n, style.yaw)
    yaw = np.where(rng.random(n) < style.backs, yaw + np.pi, yaw)  # the back of the hand
    ring = 1.15 + bell(rng, n, 0.35)  # a ring is seen from the side of the thumb
    yaw = np.where(zero, -ring, yaw)
    pitch, roll = bell(rng, n, style.pitch), bell(rng, n, style.roll)
    mirror = np.where(rng.random(n) < 0.5, -1.0, 1.0)
    scale = style.scale[0] + style.scale[1] * rng.random(n)
    middle = np.where(zero, 0.75, 0.9)  # what comes to the middle of the picture, along y
    aside, up = style.shift
    shift = np.stack([0.5 + bell(rng, n, aside), 0.48 + bell(rng, n, up)], 1)

    def turned(points: np.ndarray) -> np.ndarray:
        x, y, z = (points[..., k] for k in range(3))
        y = y - middle[:, None]
        x, z = _turn(x, z, yaw)
        y, z = _turn(y, z, pitch)
        x, y = _turn(x * mirror[:, None], y, roll)
        s = scale[:, None]
        return np.stack([x * s + shift[:, :1], shift[:, 1:] - y * s, z * s], -1)

    s = scale[:, None]
    return Capsules(
        turned(hands.start),
        turned(hands.end),
        hands.start_radius * s,
        hands.end_radius * s,
        hands.roundness,
    )


def _turn(a: np.ndarray, b: np.ndarray, angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    c, s = cosine(angle)[:, None], sine(angle)[:, None]
    return a * c - b * s, a * s + b * c


def _fingers(labels: np.ndarray, rng: Source) -> np.ndarray:
    """Joints (n, 4 fingers, knuckle to tip 4, 3)."""
    n = len(labels)
    up = np.array([[f in RAISED[int(label)] for f in range(4)] for label in labels])
    jitter = bell(rng, (n, 4, 3), 1.0)
    straight = np.array([0.08, 0.12, 0.08]) + jitter * [0.10, 0.09, 0.06]
    folded = np.array([1.45, 1.70, 0.95]) + jitter * [0.13, 0.13, 0.12]
    curved = np.array([0.62, 1.02, 0.62]) + bell(rng, (n, 1, 3), 0.1) + jitter * 0.05
    flex = np.where(up[..., None], straight, folded)
    flex = np.where((labels == 0)[:, None, None], curved, flex)
    flex[..., 1], flex[..., 2] = (
        flex[..., 0] + flex[..., 1],
        flex[..., 0] + flex[..., 1] + flex[..., 2],
    )
    fan = np.array([0.20, 0.04, -0.11, -0.28]) * (1 + bell(rng, (n, 1), 0.45))
    fan = np.where(up, fan + bell(rng, (n, 4), 0.06), fan * 0.3)
    length = LENGTHS * (1 + bell(rng, (n, 1), 0.07) + bell(rng, (n, 4), 0.03))
    joints = np.zeros((n, 4, 4, 3))
    joints[:, :, 0, :2] = KNUCKLES
    for k, share in enumerate(PHALANGES):
        along = cosine(flex[..., k])
        step = np.stack([sine(fan) * along, cosine(fan) * along, sine(flex[..., k])], -1)
        joints[:, :, k + 1] = joints[:, :, k] + step * (length * share)[..., None]
    return joints


def _thumb(labels: np.ndarray, fingers: np.ndarray, rng: Source) -> np.ndarray:
    """Joints (n, root to tip 4, 3): out to the side, across the palm, or closing the ring."""
    n = len(labels)
    root = np.array([0.22, 0.22, 0.08]) + bell(rng, (n, 3), 0.015)
    open_, bend = 0.85 + bell(rng, n, 0.17), 0.22 + bell(rng, n, 0.13)
    out = [root]
    for k, length in enumerate((0.40, 0.33, 0.28)):
        angle = open_ - bend * k
        step = np.stack([sine(angle), cosine(angle), 0.12 + 0 * angle], 1)
        out.append(out[-1] + length * step)
    high = np.where(np.isin(labels, (1, 2)), 0.25, 0.0)  # over the folded fingers
    across = np.array([[0.36, 0.50, 0.20], [0.15, 0.68, 0.30], [-0.10, 0.72, 0.30]])
    across = across + bell(rng, (n, 3, 3), 0.035) + high[:, None, None] * [0, 0, 1]
    tip = fingers[:, 0, 3] + [0, -0.13, 0.06] + bell(rng, (n, 3), 0.03)
    low = root + [0.04, 0.18, 0.36]
    bow = (low + tip) / 2 + [0, 0, 0.13]
    choice = np.stack(
        [
            np.stack([root, low, bow, tip], 1),
            np.stack(out, 1),
            np.concatenate([root[:, None], across], 1),
        ]
    )
    which = np.where(labels == 0, 0, np.where(np.isin(labels, THUMB_OUT), 1, 2))
    return choice[which, np.arange(n)]
