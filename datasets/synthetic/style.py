"""How hands are held and photographed: the ranges from which every picture is drawn.

Two rows fill the table. TWIN is as diverse as can be drawn: for pre-training. STAND_IN is as narrow
as SIGNS: palms towards the camera, fingers up, brown hands before a pale warm wall, lit from above.
"""

from __future__ import annotations

from typing import NamedTuple


class Style(NamedTuple):
    """Ranges are (lowest, width); spreads are deviations; shares and shadow go from 0 to 1.

    Angles are in radians, lengths in pictures, brightness in grey levels.
    """

    yaw: float  # spread of the turn about the forearm
    backs: float  # share of hands that show their back
    pitch: float
    roll: float
    scale: tuple[float, float]  # of the palm
    shift: tuple[float, float]  # spread to the side and up
    skin: tuple[float, float]  # of render.SKIN, in rows
    sleeves: float  # share of forearms in a sleeve
    grey: tuple[float, float]  # of the wall
    tint: tuple[float, float, float]  # lowest share of red, green and blue in it
    tints: float  # and how far above it they go
    coloured: float  # share of walls of some colour
    slope: float  # spread of how much the wall's brightness changes across the picture
    dimmer: float  # how much darker it gets on the way down
    corner: float  # and towards the corners, at the most
    patches: float  # spread of the wall's brightness from patch to patch
    shadow: float  # of the hand on the wall, the darkest
    exposure: tuple[float, float]
    balance: tuple[float, float]  # of red, green and blue
    grain: tuple[float, float]  # of the sensor's noise
    jpeg: float  # share of pictures that were stored as JPEG


TWIN = Style(
    yaw=0.35,
    backs=0.12,
    pitch=0.25,
    roll=0.5,
    scale=(0.25, 0.15),
    shift=(0.09, 0.08),
    skin=(0, 7),
    sleeves=0.15,
    grey=(150, 90),
    tint=(0.94, 0.94, 0.94),
    tints=0.10,
    coloured=0.25,
    slope=0.12,
    dimmer=0,
    corner=0.35,
    patches=0.025,
    shadow=0.4,
    exposure=(0.88, 0.24),
    balance=(0.96, 0.08),
    grain=(0.5, 2),
    jpeg=0.5,
)
STAND_IN = Style(
    yaw=0.15,
    backs=0,
    pitch=0.1,
    roll=0.35,
    scale=(0.31, 0.10),
    shift=(0.10, 0.06),
    skin=(3.4, 0.8),
    sleeves=0,
    grey=(214, 12),
    tint=(0.98, 0.955, 0.915),
    tints=0.02,
    coloured=0,
    slope=0.03,
    dimmer=0.16,
    corner=0.08,
    patches=0.006,
    shadow=0.4,
    exposure=(0.96, 0.08),
    balance=(0.98, 0.04),
    grain=(0.2, 0.8),
    jpeg=0,
)
