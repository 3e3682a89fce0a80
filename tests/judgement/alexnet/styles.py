"""Right answers to AlexNet in other styles: (exercises, name) -> the functions' text."""

from __future__ import annotations

NORMALISED = {
    "a band": """
import numpy as np
channel = np.arange(x.shape[-1])
near = (abs(channel[:, None] - channel) <= radius).astype("float32")
return x * (bias + alpha * ops.matmul(ops.square(x), near)) ** -beta""",
    "a loop over channels": """
count = x.shape[-1]
made = []
for i in range(count):
    window = x[..., max(0, i - radius):min(count, i + radius + 1)]
    made.append(x[..., i] / (bias + alpha * ops.sum(window ** 2, axis=-1)) ** beta)
return ops.stack(made, axis=-1)""",
    "running sums": """
count = x.shape[-1]
totals = ops.cumsum(ops.pad(x * x, [(0, 0), (0, 0), (0, 0), (radius + 1, radius)]), axis=-1)
energy = totals[..., 2 * radius + 1:] - totals[..., :count]
return ops.divide(x, ops.power(bias + alpha * energy, beta))""",
    "a mean times its size": """
n = 2 * radius + 1
squares = ops.pad(ops.square(x), [(0, 0), (0, 0), (0, 0), (radius, radius)])
rows = ops.reshape(squares, (-1, squares.shape[-1], 1))
energy = ops.average_pool(rows, n, 1, padding="valid") * n
energy = ops.reshape(energy, (-1, *x.shape[1:]))
return x / ops.power(bias + alpha * energy, beta)""",
    "a convolution": """
n = 2 * radius + 1
rows = ops.reshape(x, (-1, x.shape[-1], 1))
energy = ops.conv(ops.square(rows), ops.ones((n, 1, 1)), padding="same")
energy = ops.reshape(energy, (-1, *x.shape[1:]))
return x / (bias + alpha * energy) ** beta""",
    "logarithms": """
squares = ops.square(x)
count = x.shape[-1]
energy = squares
for i in range(1, min(radius, count - 1) + 1):
    nothing = ops.zeros_like(squares[..., :i])
    energy = energy + ops.concatenate([squares[..., i:], nothing], axis=-1)
    energy = energy + ops.concatenate([nothing, squares[..., :-i]], axis=-1)
return x * ops.exp(-beta * ops.log(bias + alpha * energy))""",
    "einsum": """
count = x.shape[-1]
near = [[1.0 if abs(i - j) <= radius else 0.0 for j in range(count)] for i in range(count)]
energy = ops.einsum("nhwc,cd->nhwd", ops.square(x), ops.convert_to_tensor(near))
return x / ops.power(bias + ops.multiply(alpha, energy), beta)""",
    "a layer": """
class Normalised(layers.Layer):
    def call(self, X):
        channel = ops.arange(X.shape[-1])
        near = ops.cast(ops.abs(channel[:, None] - channel[None]) <= radius, X.dtype)
        return X / ops.power(bias + alpha * ops.matmul(X * X, near), beta)
return Normalised()(x)""",
    "TensorFlow's own": """
import tensorflow as tf
class Normalised(layers.Layer):
    def call(self, X):
        return tf.nn.local_response_normalization(X, radius, bias, alpha, beta)
return Normalised()(x)""",
}

TOWERS = {
    "groups": 'return layers.Conv2D(filters, kernel_size, padding="same", groups=2)(X)',
    "groups, all said": """
return layers.Conv2D(filters=filters, kernel_size=kernel_size, strides=(1, 1), padding="same",
                     groups=2, activation=None, use_bias=True)(X)""",
    "split": """
parts = ops.split(X, 2, axis=-1)
return ops.concatenate([layers.Conv2D(filters // 2, kernel_size, padding="same")(part)
                        for part in parts], axis=-1)""",
    "a loop": """
half, made = X.shape[3] // 2, []
for i in (0, 1):
    tower = layers.Conv2D(int(filters / 2), kernel_size, padding="same", name=f"tower{i}")
    made.append(tower(X[:, :, :, i * half:(i + 1) * half]))
return layers.concatenate(made)""",
    "lambda layers": """
half = X.shape[-1] // 2
low = layers.Lambda(lambda Z: Z[..., :half])(X)
high = layers.Lambda(lambda Z: Z[..., half:])(X)
make = lambda: layers.Conv2D(filters // 2, kernel_size, padding="same")
return layers.Concatenate(axis=3)([make()(low), make()(high)])""",
    "a model": """
half = X.shape[-1] // 2
def tower(name):
    inside = keras.Input((*X.shape[1:3], half))
    made = layers.Conv2D(filters // 2, kernel_size, padding="same")(inside)
    return keras.Model(inside, made, name=name)
return layers.concatenate([tower("a")(X[..., :half]), tower("b")(X[..., half:])])""",
    "padding by hand": """
h, w = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
wide = layers.ZeroPadding2D(((h // 2, (h - 1) // 2), (w // 2, (w - 1) // 2)))(X)
halves = wide[..., :X.shape[-1] // 2], wide[..., X.shape[-1] // 2:]
return layers.Concatenate()([layers.Conv2D(filters // 2, (h, w))(half) for half in halves])""",
    "a layer": """
class Towers(layers.Layer):
    def __init__(self):
        super().__init__()
        self.a, self.b = (layers.Conv2D(filters // 2, kernel_size, padding="same")
                          for _ in range(2))
    def build(self, shape):
        half = (*shape[:-1], shape[-1] // 2)
        self.a.build(half)
        self.b.build(half)
    def call(self, X):
        low, high = ops.split(X, 2, axis=-1)
        return ops.concatenate([self.a(low), self.b(high)], axis=-1)
return Towers()(X)""",
    "taken": """
channels = X.shape[-1]
low = ops.take(X, range(channels // 2), axis=-1)
high = ops.take(X, range(channels // 2, channels), axis=-1)
low, high = (layers.Conv2D(filters // 2, kernel_size, padding="same")(Z) for Z in (low, high))
return layers.Concatenate()((low, high))""",
}

LAYERS = """
def alexnet(input_shape=(64, 64, 3), classes=6):
    images = layers.Input(shape=input_shape)
    X = layers.Conv2D(96, (11, 11), strides=(4, 4), padding="valid", name="conv1")(images)
    X = layers.Activation("relu")(X)
    X = local_response_normalization(X, 2, 2, 0.0001, 0.75)
    X = layers.MaxPooling2D(pool_size=(3, 3), strides=(2, 2), name="pool1")(X)
    X = layers.Conv2D(256, (5, 5), padding="same", name="conv2")(X)
    X = layers.ReLU()(X)
    X = local_response_normalization(X, 2, 2, 0.0001, 0.75)
    X = layers.MaxPooling2D(pool_size=(3, 3), strides=(2, 2), name="pool2")(X)
    X = layers.ReLU()(layers.Conv2D(384, (3, 3), padding="same", name="conv3")(X))
    X = layers.ReLU()(layers.Conv2D(384, (3, 3), padding="same", name="conv4")(X))
    X = layers.ReLU()(layers.Conv2D(256, (3, 3), padding="same", name="conv5")(X))
    if X.shape[1] > 2 and X.shape[2] > 2:
        X = layers.MaxPooling2D(pool_size=(3, 3), strides=(2, 2), name="pool5")(X)
    X = layers.Flatten()(X)
    X = layers.ReLU()(layers.Dense(4096, name="fc6")(X))
    X = layers.Dropout(0.5)(X)
    X = layers.ReLU()(layers.Dense(4096, name="fc7")(X))
    X = layers.Dropout(0.5)(X)
    X = layers.Softmax()(layers.Dense(classes, name="fc8")(X))
    return keras.Model(inputs=images, outputs=X)
"""

TABLE = """
ROWS = ((96, 11, 4, "valid", True, True), (256, 5, 1, "same", True, True),
        (384, 3, 1, "same", False, False), (384, 3, 1, "same", False, False),
        (256, 3, 1, "same", False, True))

def alexnet(input_shape=(64, 64, 3), classes=6):
    X = images = keras.Input(input_shape)
    for filters, side, stride, padding, normalised, pooled in ROWS:
        X = layers.Conv2D(filters, side, stride, padding, activation=keras.activations.relu)(X)
        X = local_response_normalization(X, 2, 2.0, 1e-4, 0.75) if normalised else X
        if pooled and X.shape[1] >= 3 and X.shape[2] >= 3:
            X = layers.MaxPool2D(3, 2)(X)
    X = layers.Flatten()(X)
    for units in 4096, 4096:
        X = layers.Dropout(rate=0.5)(layers.Dense(units, "relu")(X))
    return keras.Model([images], [layers.Dense(classes, "softmax")(X)])
"""

INLINE = """
class Normalisation(layers.Layer):
    def call(self, X):
        channel = ops.arange(X.shape[-1])
        near = ops.cast(ops.abs(channel[:, None] - channel) <= 2, "float32")
        return X * ops.power(2 + 1e-4 * ops.matmul(ops.square(X), near), -0.75)

def alexnet(input_shape=(64, 64, 3), classes=6):
    body = [layers.Conv2D(96, 11, 4, activation="relu"), Normalisation(),
            layers.MaxPooling2D(3, 2), layers.Conv2D(256, 5, padding="same", activation="relu"),
            Normalisation(), layers.MaxPooling2D(3, 2)]
    body += [layers.Conv2D(n, 3, padding="same", activation="relu") for n in (384, 384, 256)]
    model = keras.Sequential([keras.Input(input_shape), *body])
    if min(model.output_shape[1:3]) >= 3:
        model.add(layers.MaxPooling2D(3, 2))
    model.add(layers.Flatten())
    for _ in range(2):
        model.add(layers.Dense(4096, activation="relu"))
        model.add(layers.Dropout(0.5))
    model.add(layers.Dense(classes, activation="softmax"))
    return model
"""

NESTED = """
def alexnet(input_shape=(64, 64, 3), classes=6):
    images = keras.Input(input_shape)
    X = stage(images, 96, 11, 4, "valid")
    X = stage(X, 256, 5, 1, "same")
    tail = keras.Sequential([layers.Conv2D(n, 3, padding="same", activation="relu")
                             for n in (384, 384, 256)], name="tail")
    X = tail(X)
    room = X.shape[1] > 2 < X.shape[2]
    X = layers.MaxPooling2D(3, 2)(X) if room else X
    head = keras.Sequential([
        layers.Flatten(), layers.Dense(4096, "relu"), layers.Dropout(0.5),
        layers.Dense(4096, "relu"), layers.Dropout(0.5), layers.Dense(classes, "softmax")])
    return keras.Model(images, head(X))

def stage(X, filters, side, stride, padding):
    X = layers.Conv2D(filters, side, stride, padding, activation="relu")(X)
    return layers.MaxPooling2D(3, 2)(local_response_normalization(X, 2, 2, 1e-4, 0.75))
"""

FUNCTIONS = """
def alexnet(input_shape=(64, 64, 3), classes=6):
    images = keras.Input(input_shape)
    norm = lambda X: local_response_normalization(X, radius=2, bias=2, alpha=1e-4, beta=0.75)
    X = ops.max_pool(norm(ops.relu(layers.Conv2D(96, 11, 4)(images))), 3, 2)
    X = ops.max_pool(norm(ops.relu(layers.Conv2D(256, 5, padding="same")(X))), 3, 2)
    for n in (384, 384, 256):
        X = ops.relu(layers.Conv2D(n, 3, padding="same")(X))
    if min(X.shape[1], X.shape[2]) >= 3:
        X = ops.max_pool(X, 3, 2)
    X = ops.reshape(X, (-1, X.shape[1] * X.shape[2] * X.shape[3]))
    for i in (6, 7):
        X = layers.Dropout(0.5, name=f"drop{i}")(ops.relu(layers.Dense(4096)(X)))
    return keras.Model(images, ops.softmax(layers.Dense(classes)(X)))
"""

FOLDED = """
from functools import reduce

def alexnet(input_shape=(64, 64, 3), classes=6):
    images = keras.Input(input_shape)
    norm = layers.Lambda(lambda X: local_response_normalization(X, 2, 2.0, 1e-4, 0.75))
    conv = lambda n, k, s=1, p="same": layers.Conv2D(n, k, strides=s, padding=p, activation="relu")
    path = [conv(96, 11, 4, "valid"), norm, layers.MaxPooling2D(3, 2), conv(256, 5), norm,
            layers.MaxPooling2D(3, 2), conv(384, 3), conv(384, 3), conv(256, 3)]
    X = reduce(lambda X, layer: layer(X), path, images)
    path = [layers.MaxPooling2D(3, 2)] * (min(X.shape[1:3]) >= 3)
    path += [layers.Flatten(), layers.Dense(4096, "relu"), layers.Dropout(0.5),
             layers.Dense(4096, "relu"), layers.Dropout(0.5), layers.Dense(classes, "softmax")]
    return keras.Model(images, reduce(lambda X, layer: layer(X), path, X))
"""

PADDED = """
def alexnet(input_shape=(64, 64, 3), classes=6):
    images = keras.Input(input_shape)
    X = layers.Conv2D(96, 11, 4, activation="relu", kernel_initializer="he_normal")(images)
    X = layers.MaxPooling2D(3, 2)(local_response_normalization(X, 2, 2.0, 1e-4, 0.75))
    X = layers.Conv2D(256, 5, activation="relu")(layers.ZeroPadding2D(2)(X))
    X = layers.MaxPooling2D(3, 2)(local_response_normalization(X, 2, 2.0, 1e-4, 0.75))
    for n in (384, 384, 256):
        X = layers.Conv2D(n, 3, activation="relu", kernel_initializer="he_normal")(
            layers.ZeroPadding2D(1)(X))
    pool = layers.MaxPooling2D(3, 2) if min(X.shape[1:3]) > 2 else layers.Identity()
    X = layers.Flatten()(pool(X))
    for _ in range(2):
        X = layers.Dense(4096, activation="relu", kernel_initializer="he_normal")(X)
        X = layers.Dropout(0.5)(X)
    return keras.Model(images, layers.Dense(classes, activation="softmax")(X))
"""

MAXIMA = """
def rectified(layer, X):
    return ops.maximum(layer(X), 0)

def alexnet(input_shape=(64, 64, 3), classes=6):
    images = keras.Input(input_shape)
    X = rectified(layers.Conv2D(96, 11, strides=4), images)
    X = local_response_normalization(X, 2, 2.0, 1e-4, 0.75)
    X = layers.MaxPooling2D(3, 2)(X)
    X = rectified(layers.Conv2D(256, 5, padding="same"), X)
    X = local_response_normalization(X, 2, 2.0, 1e-4, 0.75)
    X = layers.MaxPooling2D(3, 2)(X)
    for n in (384, 384, 256):
        X = rectified(layers.Conv2D(n, 3, padding="same"), X)
    if min(X.shape[1:3]) >= 3:
        X = layers.MaxPooling2D(3, 2)(X)
    X = layers.Reshape((-1,))(X)
    for _ in range(2):
        X = layers.Dropout(0.5)(rectified(layers.Dense(4096), X))
    scores = layers.Dense(classes)(X)
    return keras.Model(images, layers.Activation("softmax")(scores))
"""


def _function(head: str, body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"def {head}:\n{lines}\n"


NETWORKS = {
    "layers": LAYERS,
    "a table": TABLE,
    "inline": INLINE,
    "nested": NESTED,
    "functions": FUNCTIONS,
    "folded": FOLDED,
    "padded": PADDED,
    "maxima": MAXIMA,
}
STYLES = {
    (("local_response_normalization",), name): _function(
        "local_response_normalization(x, radius, bias, alpha, beta)", body
    )
    for name, body in NORMALISED.items()
}
STYLES |= {
    (("two_tower_convolution",), name): _function(
        "two_tower_convolution(X, filters, kernel_size)", body
    )
    for name, body in TOWERS.items()
}
STYLES |= {(("alexnet",), name): text for name, text in NETWORKS.items()}
