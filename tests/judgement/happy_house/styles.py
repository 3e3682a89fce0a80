"""Right answers to the Happy House in other styles: (exercises, name) -> the function's text."""

from __future__ import annotations

SEQUENTIAL = """
def happy_model(input_shape=(64, 64, 3)):
    return keras.Sequential([
        keras.Input(shape=input_shape), layers.ZeroPadding2D((3, 3)),
        layers.Conv2D(32, (7, 7), strides=(1, 1)), layers.BatchNormalization(axis=3),
        layers.ReLU(), layers.MaxPool2D((2, 2)), layers.Flatten(), layers.Dense(1, "sigmoid")])
"""

# For a stride of 1, three zeros on each side are what padding "same" adds.
SAME = """
def happy_model(input_shape=(64, 64, 3)):
    images = layers.Input(input_shape)
    X = layers.Conv2D(filters=32, kernel_size=7, padding="same", dilation_rate=1)(images)
    X = layers.BatchNormalization()(X)
    X = keras.activations.relu(X)
    X = layers.MaxPooling2D(pool_size=2, strides=2, padding="valid")(X)
    X = layers.Dense(units=1)(layers.Flatten()(X))
    return keras.Model(inputs=[images], outputs=[layers.Activation("sigmoid")(X)])
"""

FUNCTIONS = """
from keras import ops

def happy_model(input_shape=(64, 64, 3)):
    images = keras.Input(input_shape)
    X = ops.pad(images, [(0, 0), (3, 3), (3, 3), (0, 0)])
    X = ops.relu(layers.BatchNormalization()(layers.Conv2D(32, 7)(X)))
    X = ops.max_pool(X, 2)
    X = ops.reshape(X, (-1, X.shape[1] * X.shape[2] * X.shape[3]))
    return keras.Model(images, ops.sigmoid(layers.Dense(1)(X)))
"""

# The largest of what is cut at 0 is the largest, cut at 0.
POOLED_FIRST = """
def happy_model(input_shape=(64, 64, 3)):
    images = keras.Input(input_shape)
    X = layers.BatchNormalization()(layers.Conv2D(32, 7)(layers.ZeroPadding2D(3)(images)))
    X = layers.ReLU()(layers.MaxPooling2D()(X))
    return keras.Model(images, layers.Dense(1, "sigmoid")(layers.Flatten()(X)))
"""

NESTED = """
def happy_model(input_shape=(64, 64, 3)):
    images = keras.Input(input_shape)
    eyes = keras.Sequential([
        layers.ZeroPadding2D(((3, 3), (3, 3))), layers.Conv2D(32, 7), layers.BatchNormalization(),
        layers.Activation("relu"), layers.MaxPooling2D(2)], name="eyes")
    door = keras.Sequential([layers.Flatten(), layers.Dense(1, activation="sigmoid")], name="door")
    return keras.Model(images, door(eyes(images)), name="HappyModel")
"""

SUBCLASSED = """
class Eyes(layers.Layer):
    def __init__(self):
        super().__init__()
        self.pad, self.pool = layers.ZeroPadding2D(3), layers.MaxPooling2D(2)
        self.conv, self.norm = layers.Conv2D(32, 7), layers.BatchNormalization()

    def build(self, shape):
        self.conv.build((shape[0], shape[1] + 6, shape[2] + 6, shape[3]))
        self.norm.build((*shape[:3], 32))

    def call(self, X, training=None):
        X = self.norm(self.conv(self.pad(X)), training=training)
        return self.pool(keras.ops.relu(X))

def happy_model(input_shape=(64, 64, 3)):
    images = keras.Input(input_shape)
    return keras.Model(images, layers.Dense(1, "sigmoid")(layers.Flatten()(Eyes()(images))))
"""

FOLDED = """
from functools import reduce

def happy_model(input_shape=(64, 64, 3)):
    path = (layers.ZeroPadding2D(3), layers.Conv2D(32, 7), layers.BatchNormalization(epsilon=1e-5),
            layers.ReLU(), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(1),
            layers.Activation(keras.activations.sigmoid))
    images = keras.Input(input_shape)
    return keras.Model(images, reduce(lambda X, layer: layer(X), path, images))
"""

# ReLU as a maximum, the four neighbours by slices, the sigmoid by its formula.
BY_HAND = """
from keras import ops

def happy_model(input_shape=(64, 64, 3)):
    images = keras.Input(input_shape)
    X = layers.BatchNormalization()(layers.Conv2D(32, 7, padding="same")(images))
    X = ops.maximum(X, 0)
    h, w = X.shape[1] // 2 * 2, X.shape[2] // 2 * 2
    X = ops.maximum(X[:, :h:2, :w], X[:, 1:h:2, :w])
    X = ops.maximum(X[:, :, :w:2], X[:, :, 1:w:2])
    z = layers.Dense(1)(layers.Flatten()(X))
    return keras.Model(images, 1 / (1 + ops.exp(-z)))
"""

# Two classes' softmax is a sigmoid of the difference of their scores, here z and 0.
PAIR = """
from keras import ops

def happy_model(input_shape=(64, 64, 3)):
    X = images = keras.Input(input_shape)
    for layer in (layers.ZeroPadding2D(3), layers.Conv2D(32, 7), layers.BatchNormalization(),
                  layers.ReLU(), layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(1)):
        X = layer(X)
    scores = ops.concatenate([X, ops.zeros_like(X)], axis=-1)
    return keras.Model(images, ops.softmax(scores)[:, :1])
"""

NETWORKS = {
    "sequential": SEQUENTIAL,
    "same": SAME,
    "functions": FUNCTIONS,
    "pooled first": POOLED_FIRST,
    "nested": NESTED,
    "subclassed": SUBCLASSED,
    "folded": FOLDED,
    "by hand": BY_HAND,
    "a pair": PAIR,
}
STYLES = {(("happy_model",), name): text for name, text in NETWORKS.items()}
