"""The right blocks of GoogLeNet, given to a submission's network so that it is graded alone.

They use only Keras. A submission's process runs this text, see `lent` in grader.runner.cases.
"""

from __future__ import annotations

from keras import layers


def inception_module(X, filters):
    """The module with bottlenecks."""

    def to(Y, channels, size):
        return layers.Conv2D(channels, size, padding="same", activation="relu")(Y)

    F1, R3, F3, R5, F5, FP = filters
    pooled = layers.MaxPooling2D(3, 1, "same")(X)
    return layers.Concatenate()(
        [to(X, F1, 1), to(to(X, R3, 1), F3, 3), to(to(X, R5, 1), F5, 5), to(pooled, FP, 1)]
    )


def auxiliary_head(X, classes):
    """The classifier half-way."""
    small = min(X.shape[1:3]) < 14
    pooling = layers.AdaptiveAveragePooling2D(4) if small else layers.AveragePooling2D(5, 3)
    X = layers.Flatten()(layers.Conv2D(128, 1, activation="relu")(pooling(X)))
    X = layers.Dropout(0.7)(layers.Dense(1024, activation="relu")(X))
    return layers.Dense(classes, activation="softmax")(X)
