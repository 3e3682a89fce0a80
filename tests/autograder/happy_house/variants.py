"""The network of the Happy House: the right one and the known wrong ones.

Only the oracle's process loads this file. `network` makes any of the wrong networks, by the options
of the rows in misconceptions.py.
"""

from __future__ import annotations

import keras
from keras import layers


def happy_model(input_shape=(64, 64, 3)):
    """The right network."""
    images = keras.Input(input_shape)
    X = layers.ZeroPadding2D(3)(images)
    X = layers.Conv2D(32, 7)(X)
    X = layers.BatchNormalization(axis=3)(X)
    X = layers.ReLU()(X)
    X = layers.MaxPooling2D(2)(X)
    X = layers.Flatten()(X)
    return keras.Model(images, layers.Dense(1, activation="sigmoid")(X))


def network(
    input_shape=(64, 64, 3),
    *,
    pad=3,
    padding="valid",
    convolutions=((32, 7, 1),),
    bias=True,
    order=("norm", "relu", "max"),
    axis=-1,
    norm_trained=True,
    window=(2, 2),
    between="flatten",
    hidden=(),
    units=1,
    last=("sigmoid",),
    last_bias=True,
    divided=1,
    trained=True,
):
    """The network, right as it stands.

    convolutions: (filters, kernel, stride), one after another; all that `order` names comes after
    the last, in that order: "norm", an activation, "layer norm", or "max" and "avg", which pool by
    a window of a size and a stride. between: "flatten", "global", "global max" or "" for nothing.
    hidden: units of dense layers with ReLU. last: activations of the output, one after another.
    divided: by what the images are divided.
    """
    images = X = keras.Input(input_shape)
    X = layers.Rescaling(1 / divided)(X) if divided != 1 else X
    X = layers.ZeroPadding2D(pad)(X) if pad else X
    for filters, kernel, stride in convolutions:
        X = layers.Conv2D(filters, kernel, stride, padding, use_bias=bias)(X)
    for name in order:
        X = _step(name, axis, norm_trained, window)(X)
    makers = {
        "flatten": layers.Flatten,
        "global": layers.GlobalAveragePooling2D,
        "global max": layers.GlobalMaxPooling2D,
    }
    X = makers[between]()(X) if between else X
    for count in hidden:
        X = layers.Dense(count, activation="relu")(X)
    X = layers.Dense(units, use_bias=last_bias)(X)
    for activation in last:
        X = layers.Activation(activation)(X)
    model = keras.Model(images, X)
    if not trained:
        model.trainable = False
    return model


def _step(name, axis, norm_trained, window):
    if name == "norm":
        return layers.BatchNormalization(axis=axis, trainable=norm_trained)
    if name == "layer norm":
        return layers.LayerNormalization()
    pooling = {"max": layers.MaxPooling2D, "avg": layers.AveragePooling2D}
    return pooling[name](*window) if name in pooling else layers.Activation(name)


def fixed_row(input_shape=(64, 64, 3)):
    """The map is made a row of 32,768 numbers, whatever its size."""
    images = keras.Input(input_shape)
    X = layers.Conv2D(32, 7)(layers.ZeroPadding2D(3)(images))
    X = layers.MaxPooling2D(2)(layers.ReLU()(layers.BatchNormalization()(X)))
    X = layers.Reshape((32768,))(X)
    return keras.Model(images, layers.Dense(1, activation="sigmoid")(X))
