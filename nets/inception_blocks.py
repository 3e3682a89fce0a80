"""The steps in which the later Inception networks are written as tables.

A branch is a tuple of steps, one after another; a module is a tuple of branches, side by side.
"""

from __future__ import annotations

from typing import NamedTuple

from keras import layers


class Conv(NamedTuple):
    """A convolution without bias, batch normalisation, ReLU (Ioffe and Szegedy 2015, section 3.2).

    Attributes:
        filters: The number of kernels.
        kernel: Its side in pixels, or (height, width).
        strides: In pixels.
        padding: "same" or "valid".
    """

    filters: int
    kernel: int | tuple[int, int] = 1
    strides: int = 1
    padding: str = "same"


class Pool(NamedTuple):
    """A 3x3 pooling.

    Attributes:
        mode: "max" or "average".
        strides: In pixels.
        padding: "same" or "valid".
    """

    mode: str
    strides: int = 1
    padding: str = "same"


class Fork(NamedTuple):
    """Branches inside a branch: their results are concatenated before those of the others."""

    branches: tuple


def reduction(filters: int) -> Conv:
    """The 3x3 convolution that halves a map without padding."""
    return Conv(filters, 3, 2, "valid")


def chain(X, steps, name: str, scale: bool = False):
    """The steps one after another.

    Args:
        X: Keras tensor, (n, h, w, c).
        steps: Each a `Conv`, a `Pool` or a `Fork`.
        name: Starts the layers' names: NAME_conv1 and so on.
        scale: Whether batch normalisation multiplies by a trained scale. A convolution after the
            ReLU can do that as well, so the networks of keras.applications do without.

    Returns:
        Keras tensor, (n, h', w', filters of the last step).
    """
    for number, step in enumerate(steps, 1):
        if isinstance(step, Conv):
            layer = layers.Conv2D(*step, use_bias=False, name=f"{name}_conv{number}")
            X = norm_relu(layer(X), f"{name}_conv{number}", scale)
        elif isinstance(step, Pool):
            pooling = layers.MaxPooling2D if step.mode == "max" else layers.AveragePooling2D
            X = pooling(3, step.strides, step.padding, name=f"{name}_pool{number}")(X)
        else:
            X = side_by_side(X, step.branches, f"{name}_fork{number}", scale)
    return X


def side_by_side(X, branches, name: str, scale: bool = False):
    """The branches on the same input, their results concatenated.

    Args:
        X: Keras tensor, (n, h, w, c).
        branches: Each a tuple of steps; see `chain`.
        name: The name of the concatenation; starts the names of the other layers.
        scale: As in `chain`.

    Returns:
        Keras tensor, (n, h', w', sum of the branches' channels).
    """
    results = [
        chain(X, steps, f"{name}_branch{number}", scale) for number, steps in enumerate(branches, 1)
    ]
    return layers.Concatenate(name=name)(results)


def norm_relu(X, name: str, scale: bool = False):
    """Batch normalisation over the channels, then ReLU; the shape (n, h, w, c) stays.

    Args:
        X: Keras tensor.
        name: Starts the layers' names.
        scale: As in `chain`.
    """
    X = layers.BatchNormalization(scale=scale, name=f"{name}_bn")(X)
    return layers.Activation("relu", name=f"{name}_relu")(X)
