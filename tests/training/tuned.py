"""A network of three stages with batch norm, small enough to train in a second."""

import keras
from keras import layers

from training.transfer.backbone import Network

# By hand: convolution with bias, then gamma and beta.
STAGE_WEIGHTS = (8 * 8 * 3 * 4 + 4 + 8, 3 * 3 * 4 * 6 + 6 + 12, 3 * 3 * 6 * 8 + 8 + 16)
HEAD_WEIGHTS = 8 * 6 + 6


def three_stages(classes: int = 6) -> Network:
    """Colour is enough to tell the test's images apart."""
    images = X = keras.Input((64, 64, 3), name="images")
    stages = {}
    for i, (filters, f, s) in enumerate(((4, 8, 8), (6, 3, 1), (8, 3, 2)), 1):
        layered = [
            layers.Conv2D(filters, f, strides=s, padding="same", name=f"conv{i}"),
            layers.BatchNormalization(name=f"bn{i}"),
            layers.ReLU(name=f"relu{i}"),
        ]
        for layer in layered:
            X = layer(X)
        stages[f"stage{i}"] = layered
    pooled = layers.GlobalAveragePooling2D(name="pool")(X)
    answers = layers.Dense(classes, activation="softmax", name="predictions")(pooled)
    return Network(
        keras.Model(images, answers, name="three"),
        keras.Model(images, X, name="three"),
        keras.Model(X, answers, name="three_head"),
        stages,
    )
