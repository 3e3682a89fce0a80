"""Stand-ins for both blocks, given to a submission's ResNet50 so that it is graded alone.

A submission's process runs this text, see `lent` in grader.runner.cases. They have the weights and
the shapes of the right blocks, and compute other numbers. Only Keras.
"""

from __future__ import annotations

from keras import layers
from keras.initializers import GlorotUniform


def identity_block(
    X, f, filters, stage=None, block=None, *, training=None, initializer=GlorotUniform
):
    """As wide and as large as an identity block, and none."""
    step = _Steps(stage, block, training, initializer, filters)
    return _summed(step, X, X, f, filters, 1)


def convolutional_block(
    X, f, filters, stage=None, block=None, s=2, *, training=None, initializer=GlorotUniform
):
    """As wide and as large as a convolutional block, and none."""
    step = _Steps(stage, block, training, initializer, filters)
    side = layers.Activation("relu")(step.norm(step.conv(X, filters[2], 1, "1", s), "1"))
    return _summed(step, X, side, f, filters, s)


def _summed(step, X, side, f, filters, stride):
    for branch, channels, kernel in zip("abc", filters, (1, f, 1), strict=True):
        X = step.conv(X, channels, kernel, f"2{branch}", stride if branch == "a" else 1)
        X = step.norm(layers.Activation("relu")(X), f"2{branch}")
    return layers.Activation("relu")(layers.Add()([X, side]))


class _Steps:
    """Convolution and batch norm, with the names of 2017 where stage and block are given."""

    def __init__(self, stage, block, training, initializer, filters):
        # The exercises' own checks have so few, the network many.
        if min(filters) < 12:
            raise ValueError(f"expected the filters of a network, received {filters}")
        self.place = None if stage is None or block is None else f"{stage}{block}"
        self.training, self.initializer = training, initializer

    def conv(self, X, channels, kernel, branch, stride):
        return layers.Conv2D(
            channels,
            kernel,
            stride,
            padding="same",
            name=self.place and f"res{self.place}_branch{branch}",
            kernel_initializer=self.initializer(seed=0),
        )(X)

    def norm(self, X, branch):
        name = self.place and f"bn{self.place}_branch{branch}"
        return layers.BatchNormalization(axis=3, name=name)(X, training=self.training)
