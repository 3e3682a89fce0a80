"""The ready networks of keras.applications, which an exercise asks to build, refuse to be built."""

from __future__ import annotations

import inspect
import sys
from typing import NoReturn

ROOMS = ("keras.applications", "keras.src.applications", "keras._tf_keras.keras.applications")


class ReadyNetworkError(RuntimeError):
    """A submission has asked Keras for a whole network."""


def refuse() -> None:
    """Replace every network of keras.applications by a function that raises ReadyNetworkError.

    Only names change, so a file that imports them, as the course's notebooks do, still runs.
    """
    import keras  # noqa: F401

    for name, module in list(sys.modules.items()):
        if not name.startswith(ROOMS):
            continue
        for key, value in list(vars(module).items()):
            if inspect.isfunction(value) and key[0].isupper():
                setattr(module, key, _refusing(key))


def _refusing(name: str):
    def refusing(*_, **__) -> NoReturn:
        raise ReadyNetworkError(
            f"keras.applications.{name} is a ready network: build yours from layers"
        )

    refusing.__name__ = refusing.__qualname__ = name
    return refusing
