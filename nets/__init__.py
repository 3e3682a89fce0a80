"""The classic convolutional networks as Keras Functional models, by name.

>>> import nets
>>> model = nets.build("resnet50", input_shape=(64, 64, 3), classes=6)
"""

from __future__ import annotations

import difflib
import importlib
import inspect

from nets.catalogue import CATALOGUE, Net
from nets.errors import NetError

# Imported on first use, and keras with them, so names and papers can be read at once.
_ON_DEMAND = {
    "outline": "nets.outlines",
    "features": "nets.transfer",
    "head": "nets.transfer",
    "replace_head": "nets.transfer",
    "stages": "nets.transfer",
}

__all__ = ["NetError", "build", "builder", "describe", "names", *_ON_DEMAND]


def __getattr__(name: str):
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_ON_DEMAND[name]), name)


def names() -> list[str]:
    """The names that `build` knows, in the order of the lectures."""
    return list(CATALOGUE)


def describe(name: str) -> Net:
    """The row of the catalogue for a network; keras is not imported.

    Args:
        name: One of `names()`.

    Returns:
        The row, see `nets.catalogue.Net`.

    Raises:
        NetError: There is no such network; the message has names that are close to it.
    """
    if name in CATALOGUE:
        return CATALOGUE[name]
    close = difflib.get_close_matches(str(name), CATALOGUE, n=3, cutoff=0.5)
    advice = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(CATALOGUE)}"
    raise NetError(f"expected the name of a network, received {name!r}; {advice}")


def builder(name: str):
    """The function that builds a network; its module, and with it keras, is imported now.

    Args:
        name: One of `names()`.

    Returns:
        The builder, for example nets.vgg.VGG16.

    Raises:
        NetError: There is no such network.
    """
    module, function = describe(name).builder.split(".")
    return getattr(importlib.import_module(f"nets.{module}"), function)


def build(name: str, input_shape=(64, 64, 3), classes: int = 6, **options):
    """Build a network by its name, not compiled.

    Args:
        name: One of `names()`. "resnet50" is the network of keras.applications, "resnet50_course"
            that of the homework.
        input_shape: (height, width, channels) in pixels.
        classes: Number of classes.
        **options: Arguments of the builder, for example weights="imagenet" or the path of a file.

    Returns:
        A keras.Model with this name that maps float images (n, height, width, channels) to one
        probability per class (n, classes).

    Raises:
        NetError: An unknown name or option, an input too small for the network, classes below 1,
            or weights that do not fit.
    """
    row, function = describe(name), builder(name)
    accepted = list(inspect.signature(function).parameters)[2:]
    for option in options:
        if option not in accepted:
            close = difflib.get_close_matches(option, accepted, n=1)
            advice = f"did you mean {close[0]}?" if close else f"known: {', '.join(accepted)}"
            raise NetError(f"{name}: unknown option {option!r}; {advice}")
    return function(input_shape, classes, **{"name": name, **row.options, **options})
