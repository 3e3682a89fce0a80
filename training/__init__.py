"""Training: recipes as data, one fit function, and what a run leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.loop import fit

__all__ = ["fit"]


def __getattr__(name: str):
    # Imported when it is asked for: a command's --help must not wait for it.
    if name == "fit":
        from training.loop import fit

        return fit
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
