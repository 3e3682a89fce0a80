"""The measured numbers that the figures show: numbers.npz, made by docs/draw/learn.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("numbers.npz")


def load() -> dict[str, np.ndarray]:
    """All arrays of the file, by name."""
    with np.load(FILE) as arrays:
        return dict(arrays)


def add(arrays: dict[str, np.ndarray]) -> None:
    """Put these arrays into the file, in place of those of the same names."""
    known = load() if FILE.is_file() else {}
    known.update(arrays)
    np.savez_compressed(FILE, **dict(sorted(known.items())))
