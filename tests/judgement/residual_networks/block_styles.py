"""Right blocks in styles further from the solution's: each must earn full marks."""

HEAD = """
from functools import partial, reduce
import keras
from keras import layers, ops
from keras.initializers import GlorotUniform

def names(stage, block, branch):
    return [f"{kind}{stage}{block}_branch{branch}" if stage else None for kind in ("res", "bn")]
"""

# A path is a list of functions, folded over its input.
FOLDED = (
    HEAD
    + """
def path(filters, kernels, strides, branches, stage, block, training, initializer):
    for n, k, s, branch in zip(filters, kernels, strides, branches):
        conv, norm = names(stage, block, branch)
        yield layers.Conv2D(n, k, s, "same", kernel_initializer=initializer(seed=0), name=conv)
        yield partial(layers.BatchNormalization(name=norm), training=training)
        yield layers.ReLU()

def fold(steps, X):
    return reduce(lambda Y, step: step(Y), steps, X)

def identity_block(X, f, filters, stage=None, block=None, *, training=None,
                   initializer=GlorotUniform):
    *main, last = path(filters, [1, f, 1], [1] * 3, ["2a", "2b", "2c"], stage, block, training,
                       initializer)
    return last(layers.add([fold(main, X), X]))

def convolutional_block(X, f, filters, stage=None, block=None, s=2, *, training=None,
                        initializer=GlorotUniform):
    more = stage, block, training, initializer
    *main, last = path(filters, [1, f, 1], [s, 1, 1], ["2a", "2b", "2c"], *more)
    *side, _ = path(filters[2:], [1], [s], ["1"], *more)
    return last(layers.add([fold(main, X), fold(side, X)]))
"""
)

# A model inside the model.
NESTED = (
    HEAD
    + """
def bottleneck(shape, f, filters, s, projected, stage, block, initializer):
    def unit(X, n, k, s, branch):
        conv, norm = names(stage, block, branch)
        X = layers.Conv2D(n, k, strides=(s, s), padding="same", name=conv,
                          kernel_initializer=initializer(seed=0))(X)
        return layers.BatchNormalization(axis=-1, name=norm)(X)

    inside = keras.Input(shape)
    a = keras.activations.relu(unit(inside, filters[0], 1, s, "2a"))
    b = keras.activations.relu(unit(a, filters[1], f, 1, "2b"))
    c = unit(b, filters[2], 1, 1, "2c")
    side = unit(inside, filters[2], 1, s, "1") if projected else inside
    return keras.Model(inside, keras.activations.relu(layers.Add()([c, side])))

def identity_block(X, f, filters, stage=None, block=None, *, training=None,
                   initializer=GlorotUniform):
    model = bottleneck(X.shape[1:], f, filters, 1, False, stage, block, initializer)
    return model(X, training=training)

def convolutional_block(X, f, filters, stage=None, block=None, s=2, *, training=None,
                        initializer=GlorotUniform):
    model = bottleneck(X.shape[1:], f, filters, s, True, stage, block, initializer)
    return model(X, training=training)
"""
)

# Zeros are padded by hand, ReLU is a maximum, the batch norm is called at the end of a table.
PADDED = (
    HEAD
    + """
def conv_norm(X, n, k, s, branch, stage, block, training, initializer):
    c, b = names(stage, block, branch)
    if k > 1:
        X = layers.ZeroPadding2D((k - 1) // 2)(X)
    X = layers.Conv2D(n, k, s, padding="valid", kernel_initializer=initializer(seed=0), name=c)(X)
    return layers.BatchNormalization(3, name=b)(X, training=training)

def identity_block(X, f, filters, stage=None, block=None, *, training=None,
                   initializer=GlorotUniform):
    rest = stage, block, training, initializer
    Y = ops.maximum(conv_norm(X, filters[0], 1, 1, "2a", *rest), 0)
    Y = ops.maximum(conv_norm(Y, filters[1], f, 1, "2b", *rest), 0)
    return ops.maximum(ops.add(X, conv_norm(Y, filters[2], 1, 1, "2c", *rest)), 0)

def convolutional_block(X, f, filters, stage=None, block=None, s=2, *, training=None,
                        initializer=GlorotUniform):
    rest = stage, block, training, initializer
    P = conv_norm(X, filters[2], 1, s, "1", *rest)
    Y = ops.maximum(conv_norm(X, filters[0], 1, s, "2a", *rest), 0)
    Y = ops.maximum(conv_norm(Y, filters[1], f, 1, "2b", *rest), 0)
    return ops.maximum(ops.add(P, conv_norm(Y, filters[2], 1, 1, "2c", *rest)), 0)
"""
)

# One subclassed layer for all; its parts are made when it is built.
SUBCLASSED = (
    HEAD
    + """
class ConvNorm(layers.Layer):
    def __init__(self, n, k=1, s=1, activation=None, names=(None, None), initializer=None):
        super().__init__()
        self.activate = keras.activations.get(activation)
        self.conv = layers.Conv2D(n, k, s, padding="same", kernel_initializer=initializer,
                                  name=names[0])
        self.norm = layers.BatchNormalization(name=names[1])

    def build(self, shape):
        self.conv.build(shape)
        self.norm.build(self.conv.compute_output_shape(shape))

    def call(self, X, training=None):
        return self.activate(self.norm(self.conv(X), training=training))

def trunk(X, f, filters, s, stage, block, training, initializer):
    for n, k, s, act, br in zip(filters, (1, f, 1), (s, 1, 1), ("relu", "relu", None), "abc"):
        unit = ConvNorm(n, k, s, act, names(stage, block, "2" + br), initializer(seed=0))
        X = unit(X, training=training)
    return X

def identity_block(X, f, filters, stage=None, block=None, training=None,
                   initializer=GlorotUniform):
    return layers.Activation(ops.relu)(
        X + trunk(X, f, filters, 1, stage, block, training, initializer))

def convolutional_block(X, f, filters, stage=None, block=None, s=2, training=None,
                        initializer=GlorotUniform):
    side = ConvNorm(filters[2], s=s, names=names(stage, block, "1"),
                    initializer=initializer(seed=0))(X, training=training)
    return layers.Activation(ops.relu)(
        trunk(X, f, filters, s, stage, block, training, initializer) + side)
"""
)

# A stride before 1x1 convolutions is a selection of pixels; one function makes both blocks.
SLICED = (
    HEAD
    + """
def residual(X, f, filters, stage, block, s, projected, training, initializer):
    made = {}
    for branch, n, k in (("1", filters[2], 1), ("2a", filters[0], 1), ("2b", filters[1], f),
                         ("2c", filters[2], 1)):
        if branch != "1" or projected:
            conv, norm = names(stage, block, branch)
            made[branch] = (
                layers.Conv2D(n, (k, k), padding="same", kernel_initializer=initializer(seed=0),
                              name=conv),
                layers.BatchNormalization(axis=3, momentum=0.9, name=norm))

    def apply(branch, X):
        conv, norm = made[branch]
        return norm(conv(X), training=training)

    X = X[:, ::s, ::s, :] if projected else X
    shortcut = apply("1", X) if projected else X
    for branch in ("2a", "2b"):
        X = layers.LeakyReLU(negative_slope=0.0)(apply(branch, X))
    return ops.nn.relu(ops.sum(ops.stack([apply("2c", X), shortcut]), axis=0))

def identity_block(X, f, filters, stage=None, block=None, *, training=None,
                   initializer=GlorotUniform):
    return residual(X, f, filters, stage, block, 1, False, training, initializer)

def convolutional_block(X, f, filters, stage=None, block=None, s=2, *, training=None,
                        initializer=GlorotUniform):
    return residual(X, f, filters, stage, block, s, True, training, initializer)
"""
)

BLOCK_STYLES = {
    "folded": FOLDED,
    "nested": NESTED,
    "padded": PADDED,
    "subclassed": SUBCLASSED,
    "sliced": SLICED,
}
