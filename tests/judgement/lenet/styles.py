"""Right answers to LeNet-5 in other styles: (exercises, name) -> the functions' text."""

from __future__ import annotations

SEQUENTIAL = """
def lenet5(input_shape=(64, 64, 3), classes=6):
    return keras.Sequential([
        keras.Input(input_shape),
        layers.Conv2D(6, (5, 5), activation="relu"), layers.AvgPool2D(2),
        layers.Conv2D(16, (5, 5), activation="relu"), layers.AvgPool2D(2),
        layers.Flatten(), layers.Dense(120, "relu"), layers.Dense(84, "relu"),
        layers.Dense(classes, "softmax")])
"""

LAYERS = """
def lenet5(input_shape=(64, 64, 3), classes=6):
    images = layers.Input(shape=input_shape)
    X = layers.Conv2D(6, 5, strides=(1, 1), padding="valid", name="C1")(images)
    X = layers.Activation("relu")(X)
    X = layers.AveragePooling2D(pool_size=(2, 2), strides=(2, 2), name="S2")(X)
    X = layers.Conv2D(16, 5, name="C3")(X)
    X = layers.ReLU()(X)
    X = layers.AveragePooling2D(pool_size=2, strides=2, padding="valid", name="S4")(X)
    X = layers.Flatten()(X)
    X = layers.ReLU()(layers.Dense(120, name="C5")(X))
    X = layers.ReLU()(layers.Dense(84, name="F6")(X))
    X = layers.Softmax()(layers.Dense(classes)(X))
    return keras.Model(inputs=images, outputs=X)
"""

FUNCTIONS = """
from keras import ops

def lenet5(input_shape=(64, 64, 3), classes=6):
    images = keras.Input(input_shape)
    X = ops.average_pool(ops.relu(layers.Conv2D(6, 5)(images)), 2)
    X = ops.average_pool(ops.relu(layers.Conv2D(16, 5)(X)), 2)
    X = ops.reshape(X, (-1, X.shape[1] * X.shape[2] * X.shape[3]))
    for units in (120, 84):
        X = keras.activations.relu(layers.Dense(units)(X))
    return keras.Model(images, ops.softmax(layers.Dense(classes)(X)))
"""

LOOPED = """
STAGES, DENSE = ((6, 5), (16, 5)), (120, 84)

def lenet5(input_shape=(64, 64, 3), classes=6):
    X = images = keras.Input(input_shape)
    for filters, kernel in STAGES:
        X = layers.AveragePooling2D(2)(layers.Conv2D(filters, kernel, activation="relu")(X))
    X = layers.Flatten()(X)
    for units in DENSE:
        X = layers.Dense(units, activation=keras.activations.relu)(X)
    return keras.Model([images], [layers.Dense(classes, activation="softmax")(X)])
"""

FOLDED = """
from functools import reduce

def lenet5(input_shape=(64, 64, 3), classes=6):
    images = keras.Input(input_shape)
    stage = lambda n: [layers.Conv2D(n, 5), layers.Activation("relu"), layers.AveragePooling2D(2)]
    dense = lambda n: [layers.Dense(n), layers.Activation("relu")]
    path = [*stage(6), *stage(16), layers.Flatten(), *dense(120), *dense(84),
            layers.Dense(classes), layers.Activation("softmax")]
    return keras.Model(images, reduce(lambda X, layer: layer(X), path, images))
"""

NESTED = """
def lenet5(input_shape=(64, 64, 3), classes=6):
    body = keras.Sequential([
        layers.Conv2D(6, 5, activation="relu"), layers.AveragePooling2D(2),
        layers.Conv2D(16, 5, activation="relu"), layers.AveragePooling2D(2), layers.Flatten()])
    head = keras.Sequential([layers.Dense(120, activation="relu"),
                             layers.Dense(84, activation="relu"),
                             layers.Dense(classes, activation="softmax")], name="head")
    images = keras.Input(input_shape)
    return keras.Model(images, head(body(images)), name="LeNet")
"""

SUBCLASSED = """
class Stage(layers.Layer):
    def __init__(self, filters):
        super().__init__()
        self.conv = layers.Conv2D(filters, 5, activation="relu")
        self.pool = layers.AveragePooling2D(2)

    def build(self, shape):
        self.conv.build(shape)

    def call(self, X):
        return self.pool(self.conv(X))

def lenet5(input_shape=(64, 64, 3), classes=6):
    images = keras.Input(input_shape)
    X = layers.Flatten()(Stage(16)(Stage(6)(images)))
    X = layers.Dense(84, "relu")(layers.Dense(120, "relu")(X))
    return keras.Model(images, layers.Dense(classes, "softmax")(X))
"""

# The mean of four neighbours, by hand; ReLU is a maximum.
BY_HAND = """
from keras import ops

def halved(X):
    h, w = X.shape[1] // 2 * 2, X.shape[2] // 2 * 2
    X = X[:, :h, :w]
    return (X[:, ::2, ::2] + X[:, 1::2, ::2] + X[:, ::2, 1::2] + X[:, 1::2, 1::2]) / 4

def lenet5(input_shape=(64, 64, 3), classes=6):
    images = keras.Input(input_shape)
    X = halved(ops.maximum(layers.Conv2D(6, 5)(images), 0))
    X = halved(ops.maximum(layers.Conv2D(16, 5)(X), 0))
    X = layers.Flatten()(X)
    X = ops.maximum(layers.Dense(120)(X), 0)
    X = ops.maximum(layers.Dense(84)(X), 0)
    scores = layers.Dense(classes)(X)
    powers = ops.exp(scores - ops.max(scores, axis=-1, keepdims=True))
    return keras.Model(images, powers / ops.sum(powers, axis=-1, keepdims=True))
"""

LOOPS = """
def convolution(images, kernel, bias, stride=1):
    n, height, width, channels = images.shape
    f_h, f_w, _, filters = kernel.shape
    rows = int(np.floor((height - f_h) / stride)) + 1
    columns = int(np.floor((width - f_w) / stride)) + 1
    maps = np.zeros((n, rows, columns, filters))
    for image in range(n):
        for row in range(rows):
            for column in range(columns):
                for f in range(filters):
                    top, left = row * stride, column * stride
                    total = 0.0
                    for u in range(f_h):
                        for v in range(f_w):
                            for c in range(channels):
                                pixel = float(images[image, top + u, left + v, c])
                                total += pixel * kernel[u, v, c, f]
                    maps[image, row, column, f] = total + bias[f]
    return maps
"""

WINDOWS = """
def convolution(images, kernel, bias, stride=1):
    windows = np.lib.stride_tricks.sliding_window_view(
        images.astype(np.float32), kernel.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("nijcuv,uvck->nijk", windows, kernel) + bias
"""

TENSORDOT = """
def convolution(images, kernel, bias, stride=1):
    f_h, f_w = kernel.shape[:2]
    rows = range(0, images.shape[1] - f_h + 1, stride)
    columns = range(0, images.shape[2] - f_w + 1, stride)
    images = images * 1.0
    return np.stack([np.stack([
        np.tensordot(images[:, y:y + f_h, x:x + f_w], kernel, 3) + bias
        for x in columns], axis=1) for y in rows], axis=1)
"""

# One product of the whole batch per place in the kernel.
OFFSETS = """
def convolution(images, kernel, bias, stride=1):
    f_h, f_w = kernel.shape[:2]
    h, w = images.shape[1] - f_h + 1, images.shape[2] - f_w + 1
    maps = np.float64(bias)
    for u in range(f_h):
        for v in range(f_w):
            maps = maps + images[:, u:u + h:stride, v:v + w:stride].astype(float) @ kernel[u, v]
    return maps
"""

COLUMNS = """
def convolution(images, kernel, bias, stride=1):
    images = np.array(images, float)
    f_h, f_w, c, k = kernel.shape
    n = len(images)
    rows = [[images[:, y:y + f_h, x:x + f_w].reshape(n, -1)
             for x in range(0, images.shape[2] - f_w + 1, stride)]
            for y in range(0, images.shape[1] - f_h + 1, stride)]
    table = np.array(rows).transpose(2, 0, 1, 3)
    return table @ kernel.reshape(f_h * f_w * c, k) + bias
"""

BY_FILTER = """
def convolution(images, kernel, bias, stride=1):
    fh, fw, _, k = np.shape(kernel)
    maps = []
    for f in range(k):
        one = [[(images[:, y:y+fh, x:x+fw] * kernel[:, :, :, f].astype(float)).sum((1, 2, 3))
                for x in range(0, images.shape[2] - fw + 1, stride)]
               for y in range(0, images.shape[1] - fh + 1, stride)]
        maps.append(np.moveaxis(np.array(one), 2, 0) + bias[f])
    return np.stack(maps, axis=-1)
"""

# The course's way: a helper for one position.
HELPER = """
def conv_single_step(a_slice, W, b):
    return float(np.sum(np.multiply(a_slice, W))) + float(b)

def convolution(images, kernel, bias, stride=1):
    A = images.astype("float32")
    (m, n_H_prev, n_W_prev, n_C_prev) = A.shape
    (f_H, f_W, n_C_prev, n_C) = kernel.shape
    n_H = int((n_H_prev - f_H) / stride) + 1
    n_W = int((n_W_prev - f_W) / stride) + 1
    Z = np.zeros((m, n_H, n_W, n_C))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    part = A[i, h * stride:h * stride + f_H, w * stride:w * stride + f_W, :]
                    Z[i, h, w, c] = conv_single_step(part, kernel[..., c], bias[c])
    return Z
"""

# All numbers at stride 1 first, then every stride-th of them.
EVERY = """
def convolution(images, kernel, bias, stride=1):
    f_h, f_w, _, k = kernel.shape
    n, h, w, _ = images.shape
    maps = np.empty((n, h - f_h + 1, w - f_w + 1, k))
    for i, j in np.ndindex(maps.shape[1:3]):
        window = images[:, i:i + f_h, j:j + f_w].astype(np.float64)
        maps[:, i, j] = (window[..., np.newaxis] * kernel).sum(axis=(1, 2, 3))
    return maps[:, ::stride, ::stride] + np.reshape(bias, (1, 1, 1, -1))
"""

# The numbers count, whoever computes them.
KERAS = """
def convolution(images, kernel, bias, stride=1):
    images = keras.ops.cast(images, "float32")
    kernel = keras.ops.cast(kernel, "float32")
    return keras.ops.conv(images, kernel, stride, "valid") + bias
"""


NETWORKS = {
    "sequential": SEQUENTIAL,
    "layers": LAYERS,
    "functions": FUNCTIONS,
    "looped": LOOPED,
    "folded": FOLDED,
    "nested": NESTED,
    "subclassed": SUBCLASSED,
    "by hand": BY_HAND,
}
CONVOLUTIONS = {
    "loops": LOOPS,
    "windows": WINDOWS,
    "tensordot": TENSORDOT,
    "places in the kernel": OFFSETS,
    "columns": COLUMNS,
    "by filter": BY_FILTER,
    "a helper": HELPER,
    "every position": EVERY,
    "keras": KERAS,
}
STYLES = {(("lenet5",), name): text for name, text in NETWORKS.items()}
STYLES |= {(("convolution",), name): text for name, text in CONVOLUTIONS.items()}
