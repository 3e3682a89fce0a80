"""Counts and shapes in few characters, for tables of 80 columns and for pictures."""

from __future__ import annotations

__all__ = ["large", "seen", "shaped"]


def large(count: int) -> str:
    """A count in three or four digits: 25636712 -> "25.64 M"."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if abs(count) >= size:
            value = count / size
            return f"{value:.{2 if abs(value) < 100 else 1}f} {unit}"
    return str(count)


def shaped(shape: tuple, width: int = 1) -> str:
    """A shape without its batch, and how many of it: (56, 56, 256) -> "56x56x256"."""
    sides = "x".join(str(side) for side in shape)
    return sides if width == 1 else f"{width} of {sides}"


def seen(field: tuple[float, float], shape: tuple) -> str:
    """A receptive field: its side, or height x width, in pixels; a vector has seen all."""
    if len(shape) < 3:
        return "all"
    sides = [f"{side:.0f}" for side in field]
    return sides[0] if sides[0] == sides[1] else "x".join(sides)
