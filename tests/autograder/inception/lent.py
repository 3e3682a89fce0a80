"""Stand-ins for the parts of GoogLeNet, given to a submission's network so it is graded alone.

A submission's process runs this text, see `lent` in grader.runner.cases. They have the weights and
the shapes of the right parts, and compute other numbers. Only Keras.
"""

from __future__ import annotations

from keras import layers


def inception_module(X, filters, *_, **__):
    """As wide and as large as the module, and none; more arguments change nothing."""

    def to(Y, channels, size):
        return layers.Conv2D(channels, size, padding="same")(Y)

    F1, R3, F3, R5, F5, FP = filters
    _require_network(max(filters))
    X = layers.Activation("relu")(X)
    pooled = layers.MaxPooling2D(3, 1, "same")(X)
    return layers.Concatenate()(
        [to(X, F1, 1), to(to(X, R3, 1), F3, 3), to(to(X, R5, 1), F5, 5), to(pooled, FP, 1)]
    )


def auxiliary_head(X, classes, *_, **__):
    """As large as the classifier half-way, and none; more arguments change nothing."""
    _require_network(X.shape[-1])
    small = min(X.shape[1:3]) < 14
    pooling = layers.AdaptiveAveragePooling2D(4) if small else layers.AveragePooling2D(5, 3)
    X = layers.Flatten()(layers.Conv2D(128, 1)(pooling(layers.Activation("relu")(X))))
    X = layers.Dense(1024)(X)
    # A name of its own: a network may call its own dropout as Keras would call this one.
    X = layers.Activation("relu")(layers.Dropout(0.7, name=f"{X.name}_dropout")(X))
    return layers.Dense(classes, activation="softmax")(X)


def _require_network(channels):
    if channels < 12:  # the exercises' own checks have so few, the network many
        raise ValueError(f"expected the channels of a network, received {channels}")
