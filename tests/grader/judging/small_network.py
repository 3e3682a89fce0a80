"""A network of four stages for tests of grader.judging.stages, and wrong ones by its arguments."""

import keras
from keras import layers


def net(
    kernel=3,
    norm="batch",
    extra=0,
    hidden=0,
    last="sigmoid",
    rescaled=1,
    relu="linear",
    drop=0,
    classes=2,
):
    """A convolution, batch norm, a flattened map, a dense layer; a right one without arguments."""
    X = images = keras.Input((5, 5, 3))
    X = layers.Rescaling(rescaled)(X) if rescaled != 1 else X
    X = layers.Conv2D(4, kernel, padding="same", activation=relu)(X)
    X = layers.Dropout(drop)(X) if drop else X
    if norm:
        X = layers.BatchNormalization(trainable=norm == "batch")(X)
    for _ in range(extra):
        X = layers.Conv2D(4, 1)(X)
    X = layers.Flatten()(X)
    X = layers.Dense(hidden)(X) if hidden else X
    return keras.Model(images, layers.Dense(classes, activation=last)(X))
