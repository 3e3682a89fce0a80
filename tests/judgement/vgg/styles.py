"""Right answers to VGG in other styles: (exercises, name) -> the functions' text."""

from __future__ import annotations

LAYERS = """
def vgg_block(X, convolutions, filters):
    for i in range(convolutions):
        X = layers.Conv2D(filters, kernel_size=(3, 3), strides=(1, 1), padding="same")(X)
        X = layers.Activation("relu")(X)
    return layers.MaxPooling2D(pool_size=(2, 2), strides=(2, 2), padding="valid")(X)
"""

WHILE = """
def vgg_block(X, convolutions, filters):
    while convolutions > 0:
        X = layers.ReLU()(layers.Convolution2D(filters, 3, padding="same")(X))
        convolutions -= 1
    return layers.MaxPool2D()(X)
"""

RECURSIVE = """
def vgg_block(X, convolutions, filters):
    def convolved(X, left):
        if not left:
            return X
        return convolved(layers.Conv2D(filters, 3, padding="same", activation="relu")(X), left - 1)
    return layers.MaxPooling2D(2, 2)(convolved(X, convolutions))
"""

ZERO_PADDED = """
def vgg_block(X, convolutions, filters):
    for _ in range(convolutions):
        X = layers.Conv2D(filters, 3, activation=keras.activations.relu)(layers.ZeroPadding2D(1)(X))
    return layers.MaxPooling2D((2, 2))(X)
"""

FOLDED = """
from functools import reduce

def vgg_block(X, convolutions, filters):
    path = [layers.Conv2D(filters, 3, padding="same", activation="relu")
            for _ in range(convolutions)] + [layers.MaxPooling2D(2)]
    return reduce(lambda X, layer: layer(X), path, X)
"""

SEQUENTIAL = """
def vgg_block(X, convolutions, filters):
    body = keras.Sequential()
    for _ in range(convolutions):
        body.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
    body.add(layers.MaxPooling2D(2))
    return body(X)
"""

# ReLU is a maximum, and the pooling one of four strided maps.
FUNCTIONS = """
from keras import ops

def vgg_block(X, convolutions, filters):
    for _ in range(convolutions):
        X = ops.maximum(layers.Conv2D(filters, 3, padding="same")(X), 0)
    h, w = X.shape[1] // 2 * 2, X.shape[2] // 2 * 2
    X = X[:, :h, :w]
    pairs = ops.maximum(X[:, ::2], X[:, 1::2])
    return ops.maximum(pairs[:, :, ::2], pairs[:, :, 1::2])
"""

# Pooling and ReLU commute: the largest of what is rectified is the largest, rectified.
COMMUTED = """
def vgg_block(X, convolutions, filters):
    for i in range(convolutions):
        X = layers.Conv2D(filters, 3, padding="same")(X)
        if i < convolutions - 1:
            X = layers.ReLU()(X)
    return layers.ReLU()(layers.MaxPooling2D(2)(X))
"""

SUBCLASSED = """
class Block(layers.Layer):
    def __init__(self, convolutions, filters):
        super().__init__()
        self.convs = [layers.Conv2D(filters, 3, padding="same", activation="relu")
                      for _ in range(convolutions)]
        self.pool = layers.MaxPooling2D(2)

    def build(self, shape):
        for conv in self.convs:
            conv.build(shape)
            shape = conv.compute_output_shape(shape)

    def call(self, X):
        for conv in self.convs:
            X = conv(X)
        return self.pool(X)

def vgg_block(X, convolutions, filters):
    return Block(convolutions, filters)(X)
"""

OWN_NAMES = """
def vgg_block(X, convolutions, filters, name="block"):
    for i in range(convolutions):
        X = layers.Conv2D(filters, 3, padding="same", activation="relu",
                          name=f"{name}_conv{i + 1}")(X)
    return layers.MaxPooling2D(2, name=f"{name}_pool")(X)
"""

LINE_BY_LINE = """
def VGG16(input_shape=(64, 64, 3), classes=6):
    images = layers.Input(shape=input_shape)
    X = vgg_block(images, 2, 64)
    X = vgg_block(X, 2, 128)
    X = vgg_block(X, 3, 256)
    X = vgg_block(X, 3, 512)
    X = vgg_block(X, 3, 512)
    X = layers.Flatten()(X)
    X = layers.Dropout(0.5)(layers.Dense(4096, activation="relu", name="fc1")(X))
    X = layers.Dropout(0.5)(layers.Dense(4096, activation="relu", name="fc2")(X))
    X = layers.Dense(classes, activation="softmax", name="predictions")(X)
    return keras.Model(inputs=images, outputs=X)
"""

# Without vgg_block, as keras.applications writes it.
WRITTEN_OUT = """
def VGG16(input_shape=(64, 64, 3), classes=6):
    X = images = keras.Input(input_shape)
    for block, (count, filters) in enumerate(zip((2, 2, 3, 3, 3), (64, 128, 256, 512, 512)), 1):
        for i in range(count):
            X = layers.Conv2D(filters, (3, 3), activation="relu", padding="same",
                              name=f"block{block}_conv{i + 1}")(X)
        X = layers.MaxPooling2D((2, 2), strides=(2, 2), name=f"block{block}_pool")(X)
    X = layers.Flatten(name="flatten")(X)
    for name in ("fc1", "fc2"):
        X = layers.Dense(4096, name=name)(X)
        X = layers.ReLU()(X)
        X = layers.Dropout(rate=0.5)(X)
    return keras.Model(images, layers.Softmax()(layers.Dense(classes)(X)), name="VGG16")
"""

ONE_SEQUENTIAL = """
def VGG16(input_shape=(64, 64, 3), classes=6):
    model = keras.Sequential([keras.Input(input_shape)])
    for filters, count in {64: 2, 128: 2, 256: 3}.items():
        for _ in range(count):
            model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        model.add(layers.MaxPooling2D())
    for _ in range(2):
        for _ in range(3):
            model.add(layers.Conv2D(512, 3, padding="same", activation="relu"))
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    for _ in range(2):
        model.add(layers.Dense(4096, "relu"))
        model.add(layers.Dropout(0.5))
    model.add(layers.Dense(classes, "softmax"))
    return model
"""

HEAD_WITHIN = """
def VGG16(input_shape=(64, 64, 3), classes=6):
    head = keras.Sequential([
        layers.Flatten(), layers.Dense(4096, activation="relu"), layers.Dropout(0.5),
        layers.Dense(4096, activation="relu"), layers.Dropout(0.5),
        layers.Dense(classes, activation="softmax")], name="head")
    X = images = keras.Input(input_shape)
    for row in [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]:
        X = vgg_block(X, *row)
    return keras.Model(images, head(X))
"""

# Dropout before ReLU is dropout after it; the map is flattened by a reshape.
FUNCTIONAL_HEAD = """
from keras import ops

def VGG16(input_shape=(64, 64, 3), classes=6):
    images = keras.Input(input_shape)
    X = images
    for i in range(5):
        X = vgg_block(X, filters=min(64 * 2 ** i, 512), convolutions=2 if i < 2 else 3)
    X = layers.Reshape((-1,))(X)
    for _ in (1, 2):
        X = ops.relu(layers.Dropout(0.5)(layers.Dense(4096)(X)))
    return keras.Model([images], [ops.softmax(layers.Dense(classes)(X))])
"""

TABLE = """
TABLE = {"block": [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], "dense": [4096, 4096]}

def VGG16(input_shape=(64, 64, 3), classes=6):
    X = images = keras.Input(shape=input_shape, name="photographs")
    for convolutions, filters in TABLE["block"]:
        X = vgg_block(X, convolutions, filters)
    X = layers.Flatten()(X)
    for units in TABLE["dense"]:
        X = layers.Dropout(0.5, seed=1)(layers.Dense(units, activation="relu")(X))
    X = layers.Dense(units=classes)(X)
    return keras.Model(images, layers.Activation("softmax")(X))
"""

STRINGS = """
PLAN = "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M"

def VGG16(input_shape=(64, 64, 3), classes=6):
    X = images = keras.Input(input_shape)
    for word in PLAN.split():
        X = (layers.MaxPooling2D(2) if word == "M" else
             layers.Conv2D(int(word), 3, padding="same", activation="relu"))(X)
    X = layers.Flatten()(X)
    dense = lambda units: (lambda X: layers.Dropout(0.5)(layers.Dense(units, "relu")(X)))
    X = dense(4096)(dense(4096)(X))
    return keras.Model(images, layers.Dense(classes, activation=keras.activations.softmax)(X))
"""

CHAINED = """
from functools import reduce

def VGG16(input_shape=(64, 64, 3), classes=6):
    images = keras.Input(input_shape)
    body = reduce(lambda X, row: vgg_block(X, *row),
                  ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)), images)
    path = [layers.Flatten()]
    for _ in range(2):
        path += [layers.Dense(4096), layers.Activation("relu"), layers.Dropout(0.5)]
    path += [layers.Dense(classes), layers.Activation("softmax")]
    return keras.Model(images, reduce(lambda X, layer: layer(X), path, body))
"""

SIGNATURE = (
    "def batch_norm(X, gamma, beta, moving_mean, moving_variance, training, momentum=0.99, "
    "epsilon=1e-3):"
)

BY_SUMS = (
    SIGNATURE
    + """
    n = X.shape[0] * X.shape[1] * X.shape[2]
    mu, var = moving_mean, moving_variance
    if training:
        mu = np.sum(X, axis=(0, 1, 2)) / n
        var = np.sum((X - mu) ** 2, axis=(0, 1, 2)) / n
        moving_mean = moving_mean * momentum + mu * (1.0 - momentum)
        moving_variance = moving_variance * momentum + var * (1.0 - momentum)
    X_hat = (X - mu) / np.sqrt(var + epsilon)
    return X_hat * gamma + beta, moving_mean, moving_variance
"""
)

TWO_RETURNS = (
    SIGNATURE
    + """
    def scaled(mean, variance):
        return (X - mean) * (gamma / np.sqrt(variance + epsilon)) + beta

    if not training:
        return scaled(moving_mean, moving_variance), moving_mean, moving_variance
    mean, variance = np.mean(X, (0, 1, 2)), np.var(X, (0, 1, 2))
    step = 1 - momentum
    return (scaled(mean, variance), moving_mean + step * (mean - moving_mean),
            moving_variance + step * (variance - moving_variance))
"""
)

LOOP_OVER_CHANNELS = (
    SIGNATURE
    + """
    Y = np.zeros(X.shape)
    new_mean, new_variance = moving_mean.copy(), moving_variance.copy()
    for c in range(X.shape[3]):
        values = X[:, :, :, c]
        if training:
            m, v = values.mean(), values.var()
            new_mean[c] = momentum * moving_mean[c] + (1 - momentum) * m
            new_variance[c] = momentum * moving_variance[c] + (1 - momentum) * v
        else:
            m, v = moving_mean[c], moving_variance[c]
        Y[..., c] = gamma[c] * (values - m) / (v + epsilon) ** 0.5 + beta[c]
    return Y, new_mean, new_variance
"""
)

FLAT = (
    SIGNATURE
    + """
    flat = X.reshape(-1, X.shape[-1])
    if training:
        mean, variance = flat.mean(0), flat.var(0)
        moving_mean, moving_variance = (
            momentum * old + (1 - momentum) * new
            for old, new in ((moving_mean, mean), (moving_variance, variance)))
    else:
        mean, variance = moving_mean, moving_variance
    flat = gamma * (flat - mean) / np.sqrt(variance + epsilon) + beta
    return flat.reshape(X.shape), moving_mean, moving_variance
"""
)

# E[X^2] - E[X]^2, in float64.
SQUARES = (
    SIGNATURE
    + """
    X = np.asarray(X, np.float64)
    axes = tuple(range(X.ndim - 1))
    mean = X.mean(axes) if training else moving_mean
    variance = (X ** 2).mean(axes) - mean ** 2 if training else moving_variance
    if training:
        moving_mean = momentum * moving_mean + (1 - momentum) * mean
        moving_variance = momentum * moving_variance + (1 - momentum) * variance
    return [gamma * (X - mean) / np.sqrt(variance + epsilon) + beta, moving_mean, moving_variance]
"""
)

KEPT_AXES = (
    SIGNATURE
    + """
    shape = (1, 1, 1, -1)
    if training:
        mean = np.mean(X, axis=(0, 1, 2), keepdims=True)
        variance = np.mean(np.square(X - mean), axis=(0, 1, 2), keepdims=True)
        moving_mean = momentum * moving_mean + (1 - momentum) * mean.ravel()
        moving_variance = momentum * moving_variance + (1 - momentum) * variance.ravel()
    else:
        mean, variance = moving_mean.reshape(shape), moving_variance.reshape(shape)
    Y = (X - mean) / np.sqrt(variance + epsilon)
    return Y * gamma.reshape(shape) + beta.reshape(shape), moving_mean, moving_variance
"""
)

DEVIATIONS = (
    SIGNATURE
    + """
    averages = np.stack([moving_mean, moving_variance])
    used = averages
    if training:
        used = np.stack([X.mean((0, 1, 2)), X.std((0, 1, 2)) ** 2])
        averages = momentum * averages + (1 - momentum) * used
    return gamma * (X - used[0]) / np.sqrt(used[1] + epsilon) + beta, averages[0], averages[1]
"""
)

# In place, on copies of its own.
COPIES = (
    SIGNATURE
    + """
    Y, moving_mean, moving_variance = X.copy(), moving_mean.copy(), moving_variance.copy()
    mean, variance = moving_mean, moving_variance
    if training:
        mean, variance = X.mean(axis=(0, 1, 2)), X.var(axis=(0, 1, 2))
        moving_mean *= momentum
        moving_mean += (1 - momentum) * mean
        moving_variance *= momentum
        moving_variance += (1 - momentum) * variance
    Y -= mean
    Y /= np.sqrt(variance + epsilon)
    Y *= gamma
    Y += beta
    return Y, moving_mean, moving_variance
"""
)

# The numbers count, whoever computes them.
KERAS = (
    SIGNATURE
    + """
    X = keras.ops.convert_to_tensor(X)
    if training:
        mean, variance = keras.ops.moments(X, axes=[0, 1, 2])
        moving_mean = momentum * moving_mean + (1 - momentum) * mean
        moving_variance = momentum * moving_variance + (1 - momentum) * variance
    else:
        mean, variance = moving_mean, moving_variance
    Y = keras.ops.batch_normalization(X, mean, variance, -1, beta, gamma, epsilon)
    return Y, moving_mean, moving_variance
"""
)

NORMS = {
    "by sums": BY_SUMS,
    "two returns": TWO_RETURNS,
    "a loop over channels": LOOP_OVER_CHANNELS,
    "flat": FLAT,
    "squares": SQUARES,
    "kept axes": KEPT_AXES,
    "deviations": DEVIATIONS,
    "copies": COPIES,
    "keras": KERAS,
}
BLOCKS = {
    "layers": LAYERS,
    "while": WHILE,
    "recursive": RECURSIVE,
    "zero padding": ZERO_PADDED,
    "folded": FOLDED,
    "sequential": SEQUENTIAL,
    "functions": FUNCTIONS,
    "commuted": COMMUTED,
    "subclassed": SUBCLASSED,
}
NETWORKS = {
    "line by line": LINE_BY_LINE,
    "written out": WRITTEN_OUT,
    "one sequential": ONE_SEQUENTIAL,
    "a head within": HEAD_WITHIN,
    "functions in the head": FUNCTIONAL_HEAD,
    "a table": TABLE,
    "a plan": STRINGS,
    "chained": CHAINED,
}
STYLES = {(("vgg_block",), name): text for name, text in BLOCKS.items()}
STYLES |= {(("VGG16",), name): text for name, text in NETWORKS.items()}
STYLES |= {(("batch_norm",), name): text for name, text in NORMS.items()}
# A block with an argument of the learner's own, which her network uses.
STYLES[("vgg_block", "VGG16"), "own names"] = (
    OWN_NAMES
    + """
def VGG16(input_shape=(64, 64, 3), classes=6):
    X = images = keras.Input(input_shape)
    for i, (count, filters) in enumerate(((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)), 1):
        X = vgg_block(X, count, filters, name=f"block{i}")
    X = layers.Flatten()(X)
    for _ in range(2):
        X = layers.Dropout(0.5)(layers.Dense(4096, activation="relu")(X))
    return keras.Model(images, layers.Dense(classes, activation="softmax")(X))
"""
)
