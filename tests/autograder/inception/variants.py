"""Multiplications, Inception modules and auxiliary heads: the right ones and the known wrong ones.

Only the oracle's process loads this file. `count`, `naive`, `module` and `head` make most of the
wrong ones, by the options of the rows in misconceptions.py. Wrong networks are in whole.py.
"""

from __future__ import annotations

import keras
from keras import layers

import nets.auxiliary
import nets.inception
from nets.layers.lrn import LocalResponseNormalization

# What is right, by nets ---------------------------------------------------------------------------


def multiplications(input_shape, filters, kernel_size):
    """The right number."""
    return nets.inception.multiplications(input_shape, filters, kernel_size)


def inception_module_naive(X, filters):
    """The right block."""
    return nets.inception.inception_module_naive(X, filters, "inception")


def inception_module(X, filters, name="inception"):
    """The right block."""
    return _module(X, filters, name)


def auxiliary_head(X, classes, name="auxiliary"):
    """The right head."""
    return nets.auxiliary.auxiliary_head(X, classes, name)


_module = nets.inception.inception_module


def GoogLeNet(input_shape=(64, 64, 3), classes=6):
    """The paper's network with both heads as outputs, its two normalisations left out.

    Its modules and heads are those of this file, in whose place stand-ins may be lent.
    """
    nets.inception.inception_module = lambda *args: inception_module(*args)
    nets.inception.auxiliary_head = lambda *args: auxiliary_head(*args)

    def clone(layer):
        if isinstance(layer, LocalResponseNormalization):
            return layers.Activation("linear")
        return type(layer).from_config(layer.get_config())

    model = nets.inception.GoogLeNet(input_shape, classes, auxiliary=True)
    plain = keras.Model(model.inputs, model.outputs)
    return keras.models.clone_model(plain, clone_function=clone)


# Multiplications ----------------------------------------------------------------------------------


def count(input_shape, filters, kernel_size, *, formula):
    """A wrong count.

    formula: an expression of h, w, c, the map's height, width and channels, n, the number of
    filters, and a, b, the sides of the kernel.
    """
    h, w, c = input_shape
    a, b = (kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size
    return eval(formula, {"h": h, "w": w, "c": c, "n": filters, "a": a, "b": b})


def squares_only(input_shape, filters, kernel_size):
    """A kernel of two sides is more than this one can take."""
    height, width, channels = input_shape
    return height * width * channels * filters * kernel_size**2


# The modules --------------------------------------------------------------------------------------


def _convolution(X, filters, size, *, padding="same", activation="relu", strides=1, bias=True):
    X = layers.Conv2D(filters, size, strides, padding, use_bias=bias)(X)
    return layers.Activation(activation)(X)


def _pooled(X, pool):
    kind, size, strides, padding = pool
    if not kind:
        return X
    layer = layers.MaxPooling2D if kind == "max" else layers.AveragePooling2D
    return layer(size, strides, padding)(X)


def _joined(branches, axis=-1, join="concatenate"):
    if join == "add":
        return layers.Add()(branches)
    return layers.Concatenate(axis=axis)(branches)


def _row(filters, count):
    """An Inception row given to the naive module, or the reverse, is an error in both."""
    if len(filters) != count:
        raise ValueError(f"expected {count}")
    return filters


POOL = ("max", 3, 1, "same")


def naive(
    X,
    filters,
    *,
    sizes=(1, 3, 5),
    order=(0, 1, 2, 3),
    which=(0, 1, 2),
    pool=POOL,
    chained=False,
    projected=False,
    axis=-1,
    join="concatenate",
    end="linear",
    **options,
):
    """The naive module, right as it stands.

    sizes: of the kernels. order: of the branches, without those that are missing. which: the
    filters of each kernel. chained: each branch reads the one before. projected: a 1x1 convolution
    follows the pooling. options: of every convolution; a list of three is one each.
    """

    def option(i):
        return {
            key: value[i] if isinstance(value, list) else value for key, value in options.items()
        }

    filters, branches, Y = _row(filters, 3), [], X
    for i, size in enumerate(sizes):
        Y = _convolution(Y if chained else X, filters[which[i]], size, **option(i))
        branches.append(Y)
    pooled = _pooled(X, pool)
    if projected:
        pooled = _convolution(pooled, filters[0], 1)
    branches.append(pooled)
    return layers.Activation(end)(_joined([branches[i] for i in order], axis, join))


def naive_six_filters(X, filters):
    """The row of the other module, unpacked."""
    F1, R3, F3, R5, F5, FP = filters
    return inception_module(X, (F1, R3, F3, R5, F5, FP))


def module(
    X,
    filters,
    *,
    sizes=(1, 3, 5),
    order=(0, 1, 2, 3),
    which=(0, 1, 2, 3, 4, 5),
    pool=POOL,
    project="after",
    reduced=(True, True),
    late=(False, False),
    inner="relu",
    end="linear",
    shared=False,
    reduce_size=1,
    axis=-1,
    join="concatenate",
    pool_reduced=False,
    **options,
):
    """The module with bottlenecks, right as it stands.

    which: the places in `filters` of F1, R3, F3, R5, F5, FP. project: "after" the pooling,
    "before" it, or "". reduced: whether the 3x3 and the 5x5 have their bottleneck; late: whether it
    follows them. inner: the activation of the bottlenecks. shared: one bottleneck for both.
    pool_reduced: the pooling reads the bottleneck of the 5x5. options: of every other convolution;
    a list of four is one each, the projection's last.
    """

    def option(i):
        return {
            key: value[i] if isinstance(value, list) else value for key, value in options.items()
        }

    filters = _row(filters, 6)
    F1, R3, F3, R5, F5, FP = (filters[i] for i in which)
    branches, narrow = [_convolution(X, F1, sizes[0], **option(0))], None
    for i, (R, F) in enumerate(((R3, F3), (R5, F5))):

        def bottleneck(Y, R=R):
            return _convolution(Y, R, reduce_size, activation=inner, bias=options.get("bias", True))

        Y = X
        if reduced[i] and not late[i]:
            narrow = narrow if shared and narrow is not None else bottleneck(X)
            Y = narrow
        Y = _convolution(Y, F, sizes[i + 1], **option(i + 1))
        branches.append(bottleneck(Y) if late[i] else Y)
    Y = narrow if pool_reduced else X
    Y = _convolution(Y, FP, 1, **option(3)) if project == "before" else Y
    Y = _pooled(Y, pool)
    branches.append(_convolution(Y, FP, 1, **option(3)) if project == "after" else Y)
    return layers.Activation(end)(_joined([branches[i] for i in order], axis, join))


# The auxiliary head -------------------------------------------------------------------------------


def head(
    X,
    classes,
    *,
    pool="average",
    window=(5, 3, "valid"),
    small="adaptive",
    least=14,
    to=4,
    filters=128,
    size=1,
    padding="valid",
    between="flatten",
    units=(1024,),
    strides=1,
    activations=("relu", "relu"),
    last=("softmax",),
    more_classes=0,
    bias=True,
    after=False,
):
    """The auxiliary head, right as it stands, but without dropout, which no number here shows.

    window: of the pooling: size, stride, padding. small: what a map below `least` pixels gets:
    "adaptive" to `to` pixels, "nothing", "window" (the same), "maximum". after: the pooling stands
    after the convolution.
    """

    def pooled(Y):
        if min(Y.shape[1:3]) >= least or small == "window":
            if not pool:
                return Y
            kind = layers.AveragePooling2D if pool == "average" else layers.MaxPooling2D
            return kind(window[0], window[1], window[2])(Y)
        if small == "nothing":
            return Y
        kind = (
            layers.AdaptiveAveragePooling2D
            if small == "adaptive"
            else (layers.AdaptiveMaxPooling2D)
        )
        return kind(to)(Y)

    def convolved(Y):
        if not filters:
            return Y
        Y = layers.Conv2D(filters, size, strides, padding=padding, use_bias=bias)(Y)
        return layers.Activation(activations[0])(Y)

    X = pooled(convolved(X)) if after else convolved(pooled(X))
    makers = {
        "flatten": layers.Flatten,
        "global": layers.GlobalAveragePooling2D,
        "global max": layers.GlobalMaxPooling2D,
    }
    X = makers[between]()(X) if between else X
    for count in units:
        X = layers.Dense(count, activation=activations[1], use_bias=bias)(X)
    X = layers.Dense(classes + more_classes, use_bias=bias)(X)
    for activation in last:
        X = layers.Activation(activation)(X)
    return X


def head_thousand_classes(X, classes):
    """As many classes as ImageNet has, whatever is asked for."""
    return head(X, 1000)


def head_six_classes(X, classes):
    """As many classes as SIGNS has, whatever is asked for."""
    return head(X, 6)
