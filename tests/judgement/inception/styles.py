"""Right answers to Inception in other styles: (exercises, name) -> the functions' text."""

from __future__ import annotations


def _function(head: str, body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"def {head}:\n{lines}\n"


COUNTS = {
    "one line": """
k = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
return input_shape[0] * input_shape[1] * filters * k[0] * k[1] * input_shape[2]""",
    "math.prod": """
import math
kernel = [kernel_size] * 2 if isinstance(kernel_size, int) else kernel_size
return math.prod([*input_shape, *kernel, filters])""",
    "numpy": """
import numpy as np
return np.prod(input_shape) * filters * np.prod(np.broadcast_to(kernel_size, 2))""",
    "a whole number of a float": """
try:
    across, down = kernel_size
except TypeError:
    across = down = kernel_size
return int(float(filters) * across * down * input_shape[0] * input_shape[1] * input_shape[2])
""",
    "of a layer": """
layer = layers.Conv2D(filters, kernel_size, padding="same", use_bias=False)
layer.build((None, *input_shape))
return layer.count_params() * input_shape[0] * input_shape[1]""",
    "by output shape": """
layer = layers.Conv2D(filters, kernel_size, padding="same")
_, h, w, k = layer.compute_output_shape((None, *input_shape))
a, b = layer.kernel_size
return h * w * k * a * b * input_shape[-1]""",
    "added up": """
a, b = (kernel_size, kernel_size) if not hasattr(kernel_size, "__len__") else kernel_size
return sum(a * b * input_shape[2] * filters * input_shape[1] for _ in range(input_shape[0]))""",
    "a tensor": """
total = keras.ops.convert_to_tensor(filters)
for size in (*input_shape, *((kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size)):
    total = total * size
return total""",
}

NAIVE = {
    "looped": """
maps = [layers.Conv2D(F, k, padding="same", activation="relu")(X)
        for F, k in zip(filters, (1, 3, 5))]
return layers.Concatenate(axis=3)(maps + [layers.MaxPool2D((3, 3), 1, "same")(X)])""",
    "relu apart": """
one = layers.ReLU()(layers.Conv2D(filters[0], (1, 1))(X))
three = layers.Activation("relu")(layers.Conv2D(filters[1], (3, 3), padding="same")(X))
five = keras.activations.relu(layers.Conv2D(filters[2], (5, 5), padding="same")(X))
return keras.layers.concatenate([one, three, five, layers.MaxPooling2D(3, 1, "same")(X)])""",
    "ops": """
from keras import ops
maps = [ops.relu(layers.Conv2D(n, k, padding="same")(X)) for n, k in zip(filters, [1, 3, 5])]
maps.append(ops.max_pool(X, 3, 1, "same"))
return ops.concatenate(maps, axis=-1)""",
    "padded by hand": """
a, b, c = filters
conv = lambda n, k, p: layers.Conv2D(n, k, activation="relu")(layers.ZeroPadding2D(p)(X))
return layers.Concatenate()([conv(a, 1, 0), conv(b, 3, 1), conv(c, 5, 2),
                             layers.MaxPooling2D(3, strides=(1, 1), padding="same")(X)])""",
    "pairs joined": """
def conv(F, k):
    return layers.Conv2D(F, k, 1, "same", activation=keras.activations.relu)(X)
Y = layers.Concatenate()([conv(filters[0], 1), conv(filters[1], 3)])
Y = layers.Concatenate()([Y, conv(filters[2], 5)])
return layers.Concatenate()([Y, layers.MaxPooling2D(3, 1, "same")(X)])""",
    "one ReLU for all convolutions": """
maps = [layers.Conv2D(F, k, padding="same")(X) for F, k in zip(filters, (1, 3, 5))]
pooled = layers.MaxPooling2D(3, 1, "same")(X)
return layers.Concatenate()([layers.ReLU()(layers.Concatenate()(maps)), pooled])""",
    "in a model": """
given = keras.Input(X.shape[1:])
maps = [layers.Conv2D(F, k, padding="same", activation="relu")(given)
        for F, k in zip(filters, (1, 3, 5))]
maps.append(layers.MaxPooling2D(3, 1, "same")(given))
return keras.Model(given, layers.Concatenate()(maps), name="module")(X)""",
    "named, he": """
F1, F3, F5 = filters
kinds = dict(padding="same", activation="relu", kernel_initializer="he_normal")
maps = {"1x1": layers.Conv2D(F1, 1, **kinds)(X), "3x3": layers.Conv2D(F3, 3, **kinds)(X),
        "5x5": layers.Conv2D(F5, 5, **kinds)(X),
        "pool": layers.MaxPooling2D(pool_size=3, strides=1, padding="same")(X)}
return layers.Concatenate(axis=-1)(list(maps.values()))""",
}

MODULE = {
    "helper": """
def conv(Y, F, k):
    return layers.Conv2D(F, k, padding="same", activation="relu")(Y)
a, b, c, d, e, f = filters
pooled = layers.MaxPool2D(3, 1, "same")(X)
return layers.Concatenate(axis=3)(
    [conv(X, a, 1), conv(conv(X, b, 1), c, 3), conv(conv(X, d, 1), e, 5), conv(pooled, f, 1)])""",
    "sequential": """
conv = lambda n, k: layers.Conv2D(n, k, padding="same", activation="relu")
branches = [keras.Sequential([conv(filters[0], 1)]),
            keras.Sequential([conv(filters[1], 1), conv(filters[2], 3)]),
            keras.Sequential([conv(filters[3], 1), conv(filters[4], 5)]),
            keras.Sequential([layers.MaxPooling2D(3, 1, "same"), conv(filters[5], 1)])]
return layers.concatenate([branch(X) for branch in branches])""",
    "relu apart": """
F1, R3, F3, R5, F5, FP = filters
X1 = layers.ReLU()(layers.Conv2D(F1, 1)(X))
X3 = layers.ReLU()(layers.Conv2D(R3, 1)(X))
X3 = layers.ReLU()(layers.Conv2D(F3, 3, padding="same")(X3))
X5 = layers.Activation("relu")(layers.Conv2D(R5, 1)(X))
X5 = layers.Activation("relu")(layers.Conv2D(F5, 5, padding="same")(X5))
XP = layers.Conv2D(FP, 1)(layers.MaxPooling2D((3, 3), strides=(1, 1), padding="same")(X))
return layers.Concatenate()([X1, X3, X5, layers.ReLU()(XP)])""",
    "one ReLU at the end": """
F1, R3, F3, R5, F5, FP = filters
X3 = layers.Conv2D(F3, 3, padding="same")(layers.Conv2D(R3, 1, activation="relu")(X))
X5 = layers.Conv2D(F5, 5, padding="same")(layers.Conv2D(R5, 1, activation="relu")(X))
XP = layers.Conv2D(FP, 1)(layers.MaxPooling2D(3, 1, "same")(X))
return layers.ReLU()(layers.Concatenate()([layers.Conv2D(F1, 1)(X), X3, X5, XP]))""",
    "ops": """
from keras import ops
F1, R3, F3, R5, F5, FP = filters
relu = lambda Y, n, k: ops.relu(layers.Conv2D(n, k, padding="same")(Y))
return ops.concatenate([relu(X, F1, 1), relu(relu(X, R3, 1), F3, 3), relu(relu(X, R5, 1), F5, 5),
                        relu(ops.max_pool(X, 3, 1, "same"), FP, 1)], -1)""",
    "table": """
paths = [[(filters[0], 1)], [(filters[1], 1), (filters[2], 3)], [(filters[3], 1), (filters[4], 5)],
         ["pool", (filters[5], 1)]]
maps = []
for path in paths:
    Y = X
    for step in path:
        layer = layers.MaxPooling2D(3, 1, "same") if step == "pool" else layers.Conv2D(
            *step, padding="same", activation="relu")
        Y = layer(Y)
    maps.append(Y)
return layers.Concatenate()(maps)""",
    "pool begins": """
F1, R3, F3, R5, F5, FP = filters
P = layers.Conv2D(FP, 1, 1, "valid", activation="relu")(layers.MaxPooling2D(3, 1, "same")(X))
E = layers.Conv2D(F5, 5, 1, "same", activation="relu")(layers.Conv2D(R5, 1, activation="relu")(X))
C = layers.Conv2D(F3, 3, 1, "same", activation="relu")(layers.Conv2D(R3, 1, activation="relu")(X))
A = layers.Conv2D(F1, 1, activation="relu")(X)
return layers.Concatenate()([A, C, E, P])""",
    "in a model": """
given = keras.Input(X.shape[1:])
conv = lambda Y, n, k: layers.Conv2D(n, (k, k), padding="same", activation="relu")(Y)
F1, R3, F3, R5, F5, FP = filters
maps = [conv(given, F1, 1), conv(conv(given, R3, 1), F3, 3), conv(conv(given, R5, 1), F5, 5),
        conv(layers.MaxPooling2D(3, 1, "same")(given), FP, 1)]
return keras.Model(given, layers.Concatenate()(maps))(X)""",
}

HEAD = {
    "conditional": """
pool = layers.AveragePooling2D(5, 3) if X.shape[1] >= 14 and X.shape[2] >= 14 else (
    layers.AdaptiveAveragePooling2D((4, 4)))
X = layers.Flatten()(layers.Conv2D(128, (1, 1), activation="relu")(pool(X)))
X = layers.Dropout(0.7)(layers.Dense(1024, "relu")(X))
return layers.Dense(classes, "softmax")(X)""",
    "sequential": """
small = min(X.shape[1:3]) < 14
pool = layers.AdaptiveAveragePooling2D(4) if small else layers.AvgPool2D((5, 5), strides=(3, 3))
return keras.Sequential([pool, layers.Conv2D(128, 1), layers.ReLU(), layers.Flatten(),
                         layers.Dense(1024), layers.ReLU(), layers.Dropout(rate=0.7),
                         layers.Dense(classes), layers.Softmax()])(X)""",
    "ops": """
from keras import ops
h, w = X.shape[1], X.shape[2]
X = ops.average_pool(X, 5, 3) if min(h, w) > 13 else layers.AdaptiveAveragePooling2D(4)(X)
X = ops.relu(layers.Conv2D(128, 1)(X))
X = ops.relu(layers.Dense(1024)(ops.reshape(X, (-1, X.shape[1] * X.shape[2] * 128))))
return ops.softmax(layers.Dense(classes)(layers.Dropout(0.7)(X)))""",
    "small maps by hand": """
from keras import ops
h, w = X.shape[1:3]
if h < 14 or w < 14:
    def means(Y, size, axis):
        cut = lambda a, b: Y[:, a:b] if axis == 1 else Y[:, :, a:b]
        return ops.stack([ops.mean(cut(i * size // 4, -(-(i + 1) * size // 4)), axis=axis)
                          for i in range(4)], axis=axis)
    X = means(means(X, h, 1), w, 2)
else:
    X = layers.AveragePooling2D(pool_size=5, strides=3, padding="valid")(X)
X = layers.Conv2D(128, 1, activation="relu")(X)
X = layers.Dense(1024, activation="relu")(layers.Flatten()(X))
X = layers.Dropout(0.7)(X)
return layers.Dense(classes, activation="softmax")(X)""",
    "early return": """
def rest(Y):
    Y = layers.Activation("relu")(layers.Conv2D(128, 1)(Y))
    Y = layers.Activation("relu")(layers.Dense(1024)(layers.Flatten()(Y)))
    return layers.Activation("softmax")(layers.Dense(classes)(layers.Dropout(0.7)(Y)))
if min(X.shape[1], X.shape[2]) < 14:
    return rest(layers.AdaptiveAveragePooling2D(4)(X))
return rest(layers.AveragePooling2D(5, 3)(X))""",
    "reshaped": """
X = (layers.AveragePooling2D(5, 3) if min(X.shape[1:3]) >= 14
     else layers.AdaptiveAveragePooling2D(4))(X)
X = layers.Conv2D(128, (1, 1), padding="same", activation="relu")(X)
X = layers.Reshape((-1,))(X)
X = layers.Dense(1024, activation=keras.activations.relu)(X)
return layers.Dense(classes, activation=keras.activations.softmax)(layers.Dropout(0.7)(X))""",
    "dropout within a layer": """
class Dropped(layers.Layer):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.7)

    def call(self, Y, training=None):
        return self.drop(Y, training=training)

pool = layers.AveragePooling2D(5, 3) if min(X.shape[1:3]) >= 14 else (
    layers.AdaptiveAveragePooling2D(4))
X = layers.Flatten()(layers.Conv2D(128, 1, activation="relu")(pool(X)))
return layers.Dense(classes, "softmax")(Dropped()(layers.Dense(1024, "relu")(X)))""",
    "in a model": """
given = keras.Input(X.shape[1:])
large = all(side >= 14 for side in X.shape[1:3])
Y = layers.AveragePooling2D(5, 3)(given) if large else layers.AdaptiveAveragePooling2D(4)(given)
for layer in (layers.Conv2D(128, 1), layers.ReLU(), layers.Flatten(), layers.Dense(1024),
              layers.ReLU(), layers.Dropout(0.7), layers.Dense(classes, "softmax")):
    Y = layer(Y)
return keras.Model(given, Y)(X)""",
}

NETWORK = {
    "spelled out": """
P = lambda Y: layers.MaxPool2D(3, 2, "same")(Y)
images = keras.Input(input_shape)
X = P(layers.Conv2D(64, 7, 2, "same", activation="relu")(images))
X = layers.Conv2D(64, 1, activation="relu")(X)
X = P(layers.Conv2D(192, 3, 1, "same", activation="relu")(X))
X = inception_module(X, (64, 96, 128, 16, 32, 32))
X = inception_module(X, (128, 128, 192, 32, 96, 64))
X = inception_module(P(X), (192, 96, 208, 16, 48, 64))
first = auxiliary_head(X, classes)
X = inception_module(X, (160, 112, 224, 24, 64, 64))
X = inception_module(X, (128, 128, 256, 24, 64, 64))
X = inception_module(X, (112, 144, 288, 32, 64, 64))
second = auxiliary_head(X, classes)
X = inception_module(X, (256, 160, 320, 32, 128, 128))
X = inception_module(P(X), (256, 160, 320, 32, 128, 128))
X = inception_module(X, (384, 192, 384, 48, 128, 128))
X = layers.Dropout(0.4)(layers.GlobalAveragePooling2D()(X))
return keras.Model(images, [layers.Dense(classes, "softmax")(X), first, second])""",
    "stages": """
images = X = layers.Input(shape=input_shape)
def pooled(Y):
    return layers.MaxPooling2D((3, 3), (2, 2), padding="same")(Y)
X = pooled(layers.ReLU()(layers.Conv2D(64, (7, 7), (2, 2), padding="same")(X)))
X = layers.ReLU()(layers.Conv2D(64, (1, 1))(X))
X = pooled(layers.ReLU()(layers.Conv2D(192, (3, 3), padding="same")(X)))
outputs = []
for stage in "345":
    X = X if stage == "3" else pooled(X)
    for name in [name for name in MODULES if name[0] == stage]:
        X = inception_module(X, MODULES[name])
        if name in {"4a", "4d"}:
            outputs += [auxiliary_head(X, classes)]
X = layers.GlobalAvgPool2D()(X)
X = layers.Softmax()(layers.Dense(classes)(layers.Dropout(0.4)(X)))
return keras.Model(inputs=images, outputs=[X] + outputs)""",
    "maps kept": """
images = keras.Input(input_shape)
stem = keras.Sequential([
    layers.Conv2D(64, 7, 2, "same", activation="relu"), layers.MaxPooling2D(3, 2, "same"),
    layers.Conv2D(64, 1, activation="relu"), layers.Conv2D(192, 3, padding="same",
                                                          activation="relu"),
    layers.MaxPooling2D(3, 2, "same")], name="stem")
X, maps = stem(images), {}
for name in MODULES:
    if name.endswith("a") and name != "3a":
        X = layers.MaxPooling2D(3, 2, "same")(X)
    X = maps[name] = inception_module(X, MODULES[name])
top = keras.Sequential([layers.GlobalAveragePooling2D(), layers.Dropout(0.4),
                        layers.Dense(classes, activation="softmax")])
return keras.Model(images, [top(X), auxiliary_head(maps["4a"], classes),
                            auxiliary_head(maps["4d"], classes)])""",
    "mean": """
from keras import ops
images = keras.Input(input_shape)
halve = lambda Y: ops.max_pool(Y, 3, 2, "same")
X = halve(ops.relu(layers.Conv2D(64, 7, 2, "same")(images)))
X = halve(ops.relu(layers.Conv2D(192, 3, padding="same")(ops.relu(layers.Conv2D(64, 1)(X)))))
heads = ()
for i, row in enumerate(MODULES.values()):
    X = inception_module(halve(X) if i in (2, 7) else X, row)
    heads = (*heads, auxiliary_head(X, classes)) if i in (2, 5) else heads
X = layers.Dropout(0.4)(ops.mean(X, axis=(1, 2)))
return keras.Model(images, (layers.Dense(classes, "softmax")(X), *heads))""",
    "recursive": """
def walk(X, names, heads):
    if not names:
        return X, heads
    X = layers.MaxPooling2D(3, 2, "same")(X) if names[0] in ("4a", "5a") else X
    X = inception_module(X, MODULES[names[0]])
    heads = heads + [auxiliary_head(X, classes)] if names[0] in ("4a", "4d") else heads
    return walk(X, names[1:], heads)
images = keras.Input(input_shape)
X = images
for layer in (layers.Conv2D(64, 7, 2, "same"), layers.ReLU(), layers.MaxPooling2D(3, 2, "same"),
              layers.Conv2D(64, 1), layers.ReLU(), layers.Conv2D(192, 3, padding="same"),
              layers.ReLU(), layers.MaxPooling2D(3, 2, "same")):
    X = layer(X)
X, heads = walk(X, list(MODULES), [])
X = layers.Dense(classes, "softmax")(layers.Dropout(0.4)(layers.GlobalAveragePooling2D()(X)))
return keras.Model(images, [X] + heads)""",
    "a body as a model": """
def body():
    X = images = keras.Input(input_shape)
    X = layers.Conv2D(64, 7, 2, "same", activation="relu")(X)
    X = layers.Conv2D(64, 1, activation="relu")(layers.MaxPooling2D(3, 2, "same")(X))
    X = layers.Conv2D(192, 3, padding="same", activation="relu")(X)
    X, hung = layers.MaxPooling2D(3, 2, "same")(X), []
    for name, row in MODULES.items():
        if name in ("4a", "5a"):
            X = layers.MaxPooling2D(3, 2, "same")(X)
        X = inception_module(X, row)
        hung += [X] if name in ("4a", "4d") else []
    return keras.Model(images, [X, *hung])
images = keras.Input(input_shape)
X, first, second = body()(images)
X = layers.Dense(classes, "softmax")(layers.Dropout(0.4)(layers.GlobalAveragePooling2D()(X)))
return keras.Model(images, [X, auxiliary_head(first, classes), auxiliary_head(second, classes)])""",
    "padded by hand, he": """
he = "he_normal"
images = keras.Input(input_shape)
h, w = input_shape[:2]
around = [((total := max((-(-side // 2) - 1) * 2 + 7 - side, 0)) // 2, total - total // 2)
          for side in (h, w)]
X = layers.ZeroPadding2D(around)(images)
X = layers.Conv2D(64, 7, 2, activation="relu", kernel_initializer=he)(X)
X = layers.MaxPooling2D(3, 2, "same")(X)
X = layers.Conv2D(64, 1, activation="relu", kernel_initializer=he)(X)
X = layers.Conv2D(192, 3, padding="same", activation="relu", kernel_initializer=he)(X)
X, heads = layers.MaxPooling2D(3, 2, "same")(X), {}
for name, row in MODULES.items():
    if name[1] == "a" and name[0] in "45":
        X = layers.MaxPooling2D(3, 2, "same")(X)
    X = inception_module(X, row)
    if name in ("4a", "4d"):
        heads[name] = auxiliary_head(X, classes)
X = layers.Dropout(0.4)(layers.GlobalAveragePooling2D()(X))
return keras.Model(images, [layers.Dense(classes, "softmax")(X), heads["4a"], heads["4d"]])""",
    "counted": """
images = keras.Input(input_shape)
X = layers.Conv2D(64, 7, strides=2, padding="same", activation="relu", name="conv1")(images)
X = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(X)
X = layers.Conv2D(64, 1, activation="relu", name="conv2_reduce")(X)
X = layers.Conv2D(192, 3, padding="same", activation="relu", name="conv2")(X)
X = layers.MaxPooling2D(3, strides=2, padding="same", name="pool2")(X)
outputs = [None]
for name in sorted(MODULES):
    if X.shape[-1] in (480, 832) and name[1] == "a":
        X = layers.MaxPooling2D(3, strides=2, padding="same")(X)
    X = inception_module(X, filters=MODULES[name])
    if name == "4a" or name == "4d":
        outputs.append(auxiliary_head(X, classes=classes))
X = layers.Flatten()(layers.GlobalAveragePooling2D(keepdims=True)(X))
outputs[0] = layers.Dense(classes, activation="softmax")(layers.Dropout(0.4)(X))
return keras.Model(images, outputs, name="inception_v1")""",
}

_PARTS = (
    ("multiplications(input_shape, filters, kernel_size)", COUNTS),
    ("inception_module_naive(X, filters)", NAIVE),
    ("inception_module(X, filters)", MODULE),
    ("auxiliary_head(X, classes)", HEAD),
    ("GoogLeNet(input_shape=(64, 64, 3), classes=6)", NETWORK),
)
STYLES = {
    ((head.partition("(")[0],), f"{head.partition('(')[0]}, {name}"): _function(head, body)
    for head, bodies in _PARTS
    for name, body in bodies.items()
}
