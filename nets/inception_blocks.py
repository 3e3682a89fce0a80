"""The words in which the later Inception networks are tables: chains of steps, side by side."""

from __future__ import annotations

from typing import NamedTuple

from keras import layers


class Conv(NamedTuple):
    """A convolution without bias, batch normalisation, ReLU. kernel: a side, or (height, width)."""

    filters: int
    kernel: int | tuple[int, int] = 1
    strides: int = 1
    padding: str = "same"


class Pool(NamedTuple):
    """A 3x3 pooling, kind "max" or "average"."""

    kind: str
    strides: int = 1
    padding: str = "same"


class Fork(NamedTuple):
    """Branches inside a branch: their results are concatenated before those of the others."""

    branches: tuple


def reduction(filters: int) -> Conv:
    """The 3x3 convolution that halves a map without padding."""
    return Conv(filters, 3, 2, "valid")


def chain(X, steps, name: str, scale: bool = False):
    """The steps one after another: (n, h, w, c) -> (n, h', w', filters of the last).

    name: starts the layers' names, name_conv1 and so on. scale: whether batch normalisation
    multiplies by a trained scale; a convolution behind the ReLU can do that as well, so the
    networks of keras.applications do without.
    """
    for number, step in enumerate(steps, 1):
        if isinstance(step, Conv):
            layer = layers.Conv2D(*step, use_bias=False, name=f"{name}_conv{number}")
            X = norm_relu(layer(X), f"{name}_conv{number}", scale)
        elif isinstance(step, Pool):
            kind = layers.MaxPooling2D if step.kind == "max" else layers.AveragePooling2D
            X = kind(3, step.strides, step.padding, name=f"{name}_pool{number}")(X)
        else:
            X = side_by_side(X, step.branches, f"{name}_fork{number}", scale)
    return X


def side_by_side(X, branches, name: str, scale: bool = False):
    """The branches' results concatenated by a layer `name`: (n, h, w, c) -> (n, h', w', sum)."""
    results = [
        chain(X, steps, f"{name}_branch{number}", scale) for number, steps in enumerate(branches, 1)
    ]
    return layers.Concatenate(name=name)(results)


def norm_relu(X, name: str, scale: bool = False):
    """Batch normalisation over the channels, then ReLU; the shape stays."""
    X = layers.BatchNormalization(scale=scale, name=f"{name}_bn")(X)
    return layers.Activation("relu", name=f"{name}_relu")(X)
