"""Both right blocks, given to a submission's ResNet50 so that it is graded alone. Only Keras.

A submission's process runs this text, see `lent` in grader.runner.cases.
"""

from __future__ import annotations

from keras import layers
from keras.initializers import GlorotUniform


def identity_block(
    X, f, filters, stage=None, block=None, *, training=None, initializer=GlorotUniform
):
    """ReLU(F(X) + X)."""
    step = _Steps(stage, block, training, initializer)
    return _summed(step, X, X, f, filters, 1)


def convolutional_block(
    X, f, filters, stage=None, block=None, s=2, *, training=None, initializer=GlorotUniform
):
    """ReLU(F(X) + projection of X)."""
    step = _Steps(stage, block, training, initializer)
    return _summed(step, X, step(X, filters[2], 1, "1", s), f, filters, s)


def _summed(step, X, shortcut, f, filters, stride):
    F1, F2, F3 = filters
    X = layers.Activation("relu")(step(X, F1, 1, "2a", stride))
    X = layers.Activation("relu")(step(X, F2, f, "2b"))
    return layers.Activation("relu")(layers.Add()([step(X, F3, 1, "2c"), shortcut]))


class _Steps:
    """Convolution and batch norm, with the names of 2017 where stage and block are given."""

    def __init__(self, stage, block, training, initializer):
        self.place = None if stage is None or block is None else f"{stage}{block}"
        self.training, self.initializer = training, initializer

    def __call__(self, X, channels, kernel, branch, stride=1):
        names = [self.place and f"{kind}{self.place}_branch{branch}" for kind in ("res", "bn")]
        X = layers.Conv2D(
            channels,
            kernel,
            stride,
            padding="same",
            name=names[0],
            kernel_initializer=self.initializer(seed=0),
        )(X)
        return layers.BatchNormalization(axis=3, name=names[1])(X, training=self.training)
