"""Small matters of wording that several modules share."""

from __future__ import annotations


def count(n: int, noun: str) -> str:
    """The number with its noun: 1 epoch, 2 epochs."""
    return f"{n} {noun}{'' if n == 1 else 's'}"
