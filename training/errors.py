"""What training refuses, in one line for the user, and what it says when it is interrupted."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TrainingError(ValueError):
    """A run cannot be made as asked: what was expected, what was received, what to do."""

    def __init__(self, message: str):
        super().__init__(" ".join(str(message).split()))


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in training; the message says what is saved and how to go on."""


def unknown(what: str, name: object, names: Iterable[str]) -> TrainingError:
    """The error for a `name` that is not among `names`, with the names close to it."""
    names = list(names)
    close = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
    advice = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(names)}"
    return TrainingError(f"expected the name of {what}, received {name!r}; {advice}")
