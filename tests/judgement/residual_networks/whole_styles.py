"""Right answers in other styles than the solution's: each must earn full marks."""

HEAD = """
import keras
from keras import layers, ops
from keras.initializers import GlorotUniform

def names(stage, block, branch):
    return [f"{kind}{stage}{block}_branch{branch}" if stage else None for kind in ("res", "bn")]
"""

OPERATORS = (
    HEAD
    + """
def identity_block(X, f, filters, stage=None, block=None, *, training=None,
                   initializer=GlorotUniform):
    Y = X
    for i, (n, k) in enumerate(zip(filters, (1, f, 1))):
        conv, norm = names(stage, block, "2" + "abc"[i])
        Y = layers.Conv2D(n, (k, k), padding="same" if k > 1 else "valid", name=conv,
                          kernel_initializer=initializer(seed=0))(Y)
        Y = layers.BatchNormalization(name=norm)(Y, training=training)
        if i < 2:
            Y = ops.relu(Y)
    return ops.relu(X + Y)

def convolutional_block(X, f, filters, stage=None, block=None, s=2, *, training=None,
                        initializer=GlorotUniform):
    Y = X
    for i, (n, k) in enumerate(zip(filters, (1, f, 1))):
        conv, norm = names(stage, block, "2" + "abc"[i])
        Y = layers.Conv2D(n, k, strides=1 if i else s, padding="same", name=conv,
                          kernel_initializer=initializer(seed=0))(Y)
        Y = layers.BatchNormalization(name=norm)(Y, training=training)
        Y = keras.activations.relu(Y) if i < 2 else Y
    conv, norm = names(stage, block, "1")
    P = layers.Conv2D(filters[-1], 1, s, name=conv, kernel_initializer=initializer(seed=0))(X)
    return ops.relu(Y + layers.BatchNormalization(name=norm)(P, training=training))

def ResNet50(input_shape=(64, 64, 3), classes=6):
    images = layers.Input(input_shape)
    X = layers.ZeroPadding2D((3, 3))(images)
    X = ops.relu(layers.BatchNormalization()(layers.Conv2D(64, (7, 7), (2, 2))(X)))
    X = layers.MaxPool2D((3, 3), (2, 2))(X)
    for w, n, s in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        X = convolutional_block(X, 3, (w, w, 4 * w), s=s)
        for _ in range(1, n):
            X = identity_block(X, 3, (w, w, 4 * w))
    X = layers.Flatten()(layers.AveragePooling2D((2, 2))(X))
    return keras.Model(images, ops.softmax(layers.Dense(classes)(X)))
"""
)

# Layers that hold layers, called as layers: no sum and no ReLU shows in the graph.
LAYERS = (
    HEAD
    + """
class Branch(layers.Layer):
    def __init__(self, filters, kernels, strides, branches, stage, block, initializer):
        super().__init__()
        self.convs, self.norms = [], []
        for n, k, s, branch in zip(filters, kernels, strides, branches):
            conv, norm = names(stage, block, branch)
            self.convs.append(layers.Conv2D(n, k, s, padding="same", name=conv,
                                            kernel_initializer=initializer(seed=0)))
            self.norms.append(layers.BatchNormalization(axis=-1, name=norm))

    def call(self, X, training=None):
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            X = norm(conv(X), training=training)
            if i + 1 < len(self.convs):
                X = ops.relu(X)
        return X

class Residual(layers.Layer):
    def __init__(self, main, side=None):
        super().__init__()
        self.main, self.side = main, side

    def call(self, X, training=None):
        side = X if self.side is None else self.side(X, training=training)
        return ops.relu(self.main(X, training=training) + side)

def identity_block(X, f, filters, stage=None, block=None, *, training=None,
                   initializer=GlorotUniform):
    main = Branch(filters, (1, f, 1), (1, 1, 1), ("2a", "2b", "2c"), stage, block, initializer)
    return Residual(main)(X, training=training)

def convolutional_block(X, f, filters, stage=None, block=None, s=2, *, training=None,
                        initializer=GlorotUniform):
    main = Branch(filters, (1, f, 1), (s, 1, 1), ("2a", "2b", "2c"), stage, block, initializer)
    side = Branch(filters[2:], (1,), (s,), ("1",), stage, block, initializer)
    return Residual(main, side)(X, training=training)

def ResNet50(input_shape=(64, 64, 3), classes=6):
    images = keras.Input(input_shape)
    X = keras.Sequential([
        layers.ZeroPadding2D(3), layers.Conv2D(64, 7, 2), layers.BatchNormalization(),
        layers.ReLU(), layers.MaxPooling2D(3, 2)])(images)
    for stage, (w, n) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), 2):
        X = convolutional_block(X, 3, [w, w, 4 * w], stage, "a", 1 if stage == 2 else 2)
        for block in "bcdef"[:n - 1]:
            X = identity_block(X, 3, [w, w, 4 * w], stage, block)
    X = layers.Dense(classes, "softmax")(layers.Flatten()(layers.AvgPool2D(2)(X)))
    return keras.Model(images, X)
"""
)

# The course's own way of 2021: one line after another, and add as a function.
SPELLED_OUT = (
    HEAD
    + """
def identity_block(X, f, filters, stage=None, block=None, training=True,
                   initializer=GlorotUniform):
    F1, F2, F3 = filters
    X_shortcut = X
    c, b = names(stage, block, "2a")
    X = layers.Conv2D(F1, 1, strides=(1, 1), padding="valid", name=c,
                      kernel_initializer=initializer(seed=0))(X)
    X = layers.BatchNormalization(axis=3, name=b)(X, training=training)
    X = layers.Activation(keras.activations.relu)(X)
    c, b = names(stage, block, "2b")
    X = layers.Conv2D(F2, f, padding="same", name=c, kernel_initializer=initializer(seed=0))(X)
    X = layers.BatchNormalization(axis=3, name=b)(X, training=training)
    X = layers.ReLU()(X)
    c, b = names(stage, block, "2c")
    X = layers.Conv2D(F3, 1, padding="valid", name=c, kernel_initializer=initializer(seed=0))(X)
    X = layers.BatchNormalization(axis=3, name=b)(X, training=training)
    return layers.Activation("relu")(layers.add([X, X_shortcut]))

def projection(X, F3, s, stage, block, training, initializer):
    c, b = names(stage, block, "1")
    X = layers.Conv2D(F3, 1, strides=(s, s), name=c, kernel_initializer=initializer(seed=0))(X)
    return layers.BatchNormalization(axis=3, name=b)(X, training=training)

def convolutional_block(X, f, filters, stage=None, block=None, s=2, training=True,
                        initializer=GlorotUniform):
    F1, F2, F3 = filters
    main = keras.Sequential([
        layers.Conv2D(F1, 1, s, kernel_initializer=initializer(seed=0),
                      name=names(stage, block, "2a")[0]),
        layers.BatchNormalization(name=names(stage, block, "2a")[1]),
        layers.ReLU(),
        layers.Conv2D(F2, f, padding="same", kernel_initializer=initializer(seed=0),
                      name=names(stage, block, "2b")[0]),
        layers.BatchNormalization(name=names(stage, block, "2b")[1]),
        layers.ReLU(),
        layers.Conv2D(F3, 1, kernel_initializer=initializer(seed=0),
                      name=names(stage, block, "2c")[0]),
        layers.BatchNormalization(name=names(stage, block, "2c")[1]),
    ])(X, training=training)
    side = projection(X, F3, s, stage, block, training, initializer)
    return layers.ReLU()(layers.Add()([side, main]))

def ResNet50(input_shape=(64, 64, 3), classes=6):
    X = X_input = keras.Input(input_shape)
    X = layers.Conv2D(64, 7, 2, name="conv1")(layers.ZeroPadding2D(3)(X))
    X = layers.Activation("relu")(layers.BatchNormalization(axis=3, name="bn_conv1")(X))
    X = layers.MaxPooling2D(3, 2)(X)
    X = convolutional_block(X, 3, [64, 64, 256], s=1, training=None)
    for _ in range(2):
        X = identity_block(X, 3, [64, 64, 256], training=None)
    X = convolutional_block(X, 3, [128, 128, 512], training=None)
    for _ in range(3):
        X = identity_block(X, 3, [128, 128, 512], training=None)
    X = convolutional_block(X, 3, [256, 256, 1024], training=None)
    for _ in range(5):
        X = identity_block(X, 3, [256, 256, 1024], training=None)
    X = convolutional_block(X, 3, [512, 512, 2048], training=None)
    for _ in range(2):
        X = identity_block(X, 3, [512, 512, 2048], training=None)
    X = layers.GlobalAveragePooling2D()(X) if X.shape[1:3] == (2, 2) else (
        layers.Flatten()(layers.AveragePooling2D(2)(X)))
    X = layers.Activation("softmax")(layers.Dense(classes)(X))
    return keras.Model(inputs=X_input, outputs=X)
"""
)

STYLES = {"operators": OPERATORS, "layers": LAYERS, "spelled out": SPELLED_OUT}
