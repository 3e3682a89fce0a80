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

COUNTS = {
    "Keras' own": "return model.count_params()",
    "a sum over shapes": "import math\nreturn sum(math.prod(w.shape) for w in model.weights)",
    "NumPy": "import numpy as np\nreturn np.sum([np.prod(w.shape) for w in model.weights])",
    "the values": "return sum(value.size for value in model.get_weights())",
    "a tensor": """
total = keras.ops.convert_to_tensor(0)
for weight in model.weights:
    total = total + keras.ops.size(weight)
return total""",
    "by layer": """
total, seen = 0, set()
for layer in model.layers:
    if id(layer) not in seen:
        seen.add(id(layer))
        total += count_parameters(layer) if hasattr(layer, "layers") else layer.count_params()
return total""",
    "both lists": """
from functools import reduce
both = list(model.trainable_weights) + list(model.non_trainable_weights)
return reduce(lambda total, w: total + reduce(lambda a, b: a * b, w.shape, 1), both, 0)""",
    "variables": """
import numpy as np
counts = {v.path + str(id(v)): int(np.size(v.numpy())) for v in model.variables}
return sum(counts.values())""",
    "a float": "return float(sum(w.numpy().size for w in model.weights))",
}


def _function(body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"def count_parameters(model):\n{lines}\n"


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
STYLES = {(("lenet5",), name): text for name, text in NETWORKS.items()}
STYLES |= {(("count_parameters",), name): _function(body) for name, body in COUNTS.items()}
