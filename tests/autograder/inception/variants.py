"""Multiplications, Inception modules and auxiliary heads, right and in the ways that are known.

The oracle's process alone loads this file. `_naive`, `_module` and `_head` make any of the wrong
blocks; wrong networks are worked out in misconceptions_inception.py.
"""

from __future__ import annotations

from functools import partial

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


def inception_module(X, filters):
    """The right block."""
    return nets.inception.inception_module(X, filters, "inception")


def auxiliary_head(X, classes):
    """The right head."""
    return nets.auxiliary.auxiliary_head(X, classes, "auxiliary")


def GoogLeNet(input_shape=(64, 64, 3), classes=6):
    """The paper's network with both heads as outputs, its two normalisations left out."""

    def clone(layer):
        if isinstance(layer, LocalResponseNormalization):
            return layers.Activation("linear")
        return type(layer).from_config(layer.get_config())

    model = nets.inception.GoogLeNet(input_shape, classes, auxiliary=True)
    plain = keras.Model(model.inputs, model.outputs)
    return keras.models.clone_model(plain, clone_function=clone)


# Multiplications ----------------------------------------------------------------------------------


def _sides(kernel_size):
    return (kernel_size,) * 2 if isinstance(kernel_size, int) else tuple(kernel_size)


def _made(count):
    """A wrong count from what there is: height, width, channels, filters, and the kernel's sides."""

    def wrong(input_shape, filters, kernel_size):
        return count(*input_shape, filters, *_sides(kernel_size))

    return wrong


no_channels = _made(lambda h, w, c, n, a, b: h * w * n * a * b)
no_filters = _made(lambda h, w, c, n, a, b: h * w * c * a * b)
no_kernel = _made(lambda h, w, c, n, a, b: h * w * c * n)
kernel_once = _made(lambda h, w, c, n, a, b: h * w * c * n * a)
kernel_once_across = _made(lambda h, w, c, n, a, b: h * w * c * n * b)
kernel_sum = _made(lambda h, w, c, n, a, b: h * w * c * n * (a + b))
kernel_square = _made(lambda h, w, c, n, a, b: h * w * c * n * a * a)
kernel_square_across = _made(lambda h, w, c, n, a, b: h * w * c * n * b * b)
weights_only = _made(lambda h, w, c, n, a, b: c * n * a * b)
weights_and_biases = _made(lambda h, w, c, n, a, b: (c * a * b + 1) * n)
height_only = _made(lambda h, w, c, n, a, b: h * c * n * a * b)
width_only = _made(lambda h, w, c, n, a, b: w * c * n * a * b)
height_square = _made(lambda h, w, c, n, a, b: h * h * c * n * a * b)
width_square = _made(lambda h, w, c, n, a, b: w * w * c * n * a * b)
sides_added = _made(lambda h, w, c, n, a, b: (h + w) * c * n * a * b)
unpadded = _made(lambda h, w, c, n, a, b: (h - a + 1) * (w - b + 1) * c * n * a * b)
additions_too = _made(lambda h, w, c, n, a, b: 2 * h * w * c * n * a * b)
with_biases = _made(lambda h, w, c, n, a, b: h * w * n * (c * a * b + 1))
additions_only = _made(lambda h, w, c, n, a, b: h * w * n * (c * a * b - 1))
outputs_only = _made(lambda h, w, c, n, a, b: h * w * n)
inputs_only = _made(lambda h, w, c, n, a, b: h * w * c)
channels_and_filters = _made(lambda h, w, c, n, a, b: h * w * (c + n) * a * b)
channels_square = _made(lambda h, w, c, n, a, b: h * w * c * c * a * b)
filters_square = _made(lambda h, w, c, n, a, b: h * w * n * n * a * b)
separable = _made(lambda h, w, c, n, a, b: h * w * c * (a * b + n))
jumping = _made(lambda h, w, c, n, a, b: (h // a) * (w // b) * c * n * a * b)
in_millions = _made(lambda h, w, c, n, a, b: h * w * c * n * a * b / 1e6)
in_words = _made(lambda h, w, c, n, a, b: f"{h * w * c * n * a * b:,}")
by_factor = _made(lambda h, w, c, n, a, b: [h, w, c, n, a, b])
one_pixel_more = _made(lambda h, w, c, n, a, b: (h + a - 1) * (w + b - 1) * c * n * a * b)


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
    made = layers.MaxPooling2D if kind == "max" else layers.AveragePooling2D
    return made(size, strides, padding)(X)


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


def _naive(
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
    stands behind the pooling. options: of every convolution; a list of three is one each.
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


naive_unpadded = partial(_naive, padding="valid", pool=("max", 3, 1, "valid"))
naive_unpadded_3x3 = partial(_naive, padding=["same", "valid", "same"])
naive_unpadded_5x5 = partial(_naive, padding=["same", "same", "valid"])
naive_unpadded_both = partial(_naive, padding=["same", "valid", "valid"])
naive_unpadded_pool = partial(_naive, pool=("max", 3, 1, "valid"))
naive_unpadded_convolutions = partial(_naive, padding="valid")
naive_default_stride = partial(_naive, pool=("max", 3, None, "same"))
naive_pool_halves = partial(_naive, pool=("max", 3, 2, "same"))
naive_pool_2_halves = partial(_naive, pool=("max", 2, 2, "same"))
naive_pool_of_2 = partial(_naive, pool=("max", 2, 1, "same"))
naive_pool_of_5 = partial(_naive, pool=("max", 5, 1, "same"))
naive_average = partial(_naive, pool=("average", 3, 1, "same"))
naive_average_of_2 = partial(_naive, pool=("average", 2, 1, "same"))
naive_no_pool = partial(_naive, order=(0, 1, 2))
naive_input_passed = partial(_naive, pool=("", 0, 0, ""))
naive_pool_first = partial(_naive, order=(3, 0, 1, 2))
naive_reversed = partial(_naive, order=(3, 2, 1, 0))
naive_5_before_3 = partial(_naive, order=(0, 2, 1, 3))
naive_3_before_1 = partial(_naive, order=(1, 0, 2, 3))
naive_backwards = partial(_naive, order=(2, 1, 0, 3))
naive_1_last = partial(_naive, order=(1, 2, 0, 3))
naive_pool_third = partial(_naive, order=(0, 1, 3, 2))
naive_pool_second = partial(_naive, order=(0, 3, 1, 2))
naive_no_1x1 = partial(_naive, order=(1, 2, 3))
naive_no_3x3 = partial(_naive, order=(0, 2, 3))
naive_no_5x5 = partial(_naive, order=(0, 1, 3))
naive_7_for_5 = partial(_naive, sizes=(1, 3, 7))
naive_3_for_5 = partial(_naive, sizes=(1, 3, 3))
naive_5_for_3 = partial(_naive, sizes=(1, 5, 5))
naive_all_3 = partial(_naive, sizes=(3, 3, 3))
naive_all_1 = partial(_naive, sizes=(1, 1, 1))
naive_3_for_1 = partial(_naive, sizes=(3, 3, 5))
naive_5_and_3 = partial(_naive, sizes=(1, 5, 3))
naive_filters_5_3 = partial(_naive, which=(0, 2, 1))
naive_filters_3_1 = partial(_naive, which=(1, 0, 2))
naive_filters_backwards = partial(_naive, which=(2, 1, 0))
naive_filters_first = partial(_naive, which=(0, 0, 0))
naive_filters_turned = partial(_naive, which=(1, 2, 0))
naive_linear = partial(_naive, activation="linear")
naive_linear_1x1 = partial(_naive, activation=["linear", "relu", "relu"])
naive_linear_3x3 = partial(_naive, activation=["relu", "linear", "relu"])
naive_linear_5x5 = partial(_naive, activation=["relu", "relu", "linear"])
naive_tanh = partial(_naive, activation="tanh")
naive_sigmoid = partial(_naive, activation="sigmoid")
naive_elu = partial(_naive, activation="elu")
naive_leaky = partial(_naive, activation="leaky_relu")
naive_gelu = partial(_naive, activation="gelu")
naive_late = partial(_naive, activation="linear", end="relu")
naive_end_relu = partial(_naive, end="relu")
naive_chained = partial(_naive, chained=True)
naive_projected = partial(_naive, projected=True)
naive_along_rows = partial(_naive, axis=1)
naive_along_columns = partial(_naive, axis=2)
naive_along_batch = partial(_naive, axis=0)
naive_added = partial(_naive, join="add")
naive_strided = partial(_naive, strides=2)
naive_no_bias = partial(_naive, bias=False)


def naive_six_filters(X, filters):
    """The row of the other module, unpacked."""
    F1, R3, F3, R5, F5, FP = filters
    return inception_module(X, (F1, R3, F3, R5, F5, FP))


def _module(
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


module_unpadded = partial(_module, padding="valid", pool=("max", 3, 1, "valid"))
module_unpadded_convolutions = partial(_module, padding="valid")
module_unpadded_3x3 = partial(_module, padding=["same", "valid", "same", "same"])
module_unpadded_5x5 = partial(_module, padding=["same", "same", "valid", "same"])
module_unpadded_pool = partial(_module, pool=("max", 3, 1, "valid"))
module_default_stride = partial(_module, pool=("max", 3, None, "same"))
module_pool_halves = partial(_module, pool=("max", 3, 2, "same"))
module_pool_2_halves = partial(_module, pool=("max", 2, 2, "same"))
module_pool_of_2 = partial(_module, pool=("max", 2, 1, "same"))
module_pool_of_5 = partial(_module, pool=("max", 5, 1, "same"))
module_average = partial(_module, pool=("average", 3, 1, "same"))
module_no_pool = partial(_module, pool=("", 0, 0, ""))
module_branch_missing = partial(_module, order=(0, 1, 2))
module_no_1x1 = partial(_module, order=(1, 2, 3))
module_no_3x3 = partial(_module, order=(0, 2, 3))
module_no_5x5 = partial(_module, order=(0, 1, 3))
module_no_projection = partial(_module, project="")
module_projection_first = partial(_module, project="before")
module_bare = partial(_module, reduced=(False, False))
module_bare_3x3 = partial(_module, reduced=(False, True))
module_bare_5x5 = partial(_module, reduced=(True, False))
module_late = partial(_module, reduced=(False, False), late=(True, True))
module_late_3x3 = partial(_module, reduced=(False, True), late=(True, False))
module_late_5x5 = partial(_module, reduced=(True, False), late=(False, True))
module_shared = partial(_module, shared=True)
module_shared_pool = partial(_module, pool_reduced=True)
module_wide_reduction = partial(_module, reduce_size=3)
module_inner_linear = partial(_module, inner="linear")
module_linear = partial(_module, activation="linear", inner="linear")
module_outer_linear = partial(_module, activation="linear")
module_linear_1x1 = partial(_module, activation=["linear", "relu", "relu", "relu"])
module_linear_3x3 = partial(_module, activation=["relu", "linear", "relu", "relu"])
module_linear_5x5 = partial(_module, activation=["relu", "relu", "linear", "relu"])
module_linear_projection = partial(_module, activation=["relu", "relu", "relu", "linear"])
module_tanh = partial(_module, activation="tanh", inner="tanh")
module_sigmoid = partial(_module, activation="sigmoid", inner="sigmoid")
module_elu = partial(_module, activation="elu", inner="elu")
module_leaky = partial(_module, activation="leaky_relu", inner="leaky_relu")
module_gelu = partial(_module, activation="gelu", inner="gelu")
module_pool_first = partial(_module, order=(3, 0, 1, 2))
module_5_before_3 = partial(_module, order=(0, 2, 1, 3))
module_reversed = partial(_module, order=(3, 2, 1, 0))
module_3_before_1 = partial(_module, order=(1, 0, 2, 3))
module_1_last = partial(_module, order=(1, 2, 3, 0))
module_backwards = partial(_module, order=(2, 1, 0, 3))
module_1_third = partial(_module, order=(1, 2, 0, 3))
module_pool_second = partial(_module, order=(0, 3, 1, 2))
module_pool_third = partial(_module, order=(0, 1, 3, 2))
module_7_for_5 = partial(_module, sizes=(1, 3, 7))
module_3_for_5 = partial(_module, sizes=(1, 3, 3))
module_5_for_3 = partial(_module, sizes=(1, 5, 5))
module_5_and_3 = partial(_module, sizes=(1, 5, 3))
module_3_for_1 = partial(_module, sizes=(3, 3, 5))
# The orders in which six numbers are most easily misread.
module_row_sorted = partial(_module, which=(0, 2, 4, 1, 3, 5))
module_row_kinds = partial(_module, which=(0, 3, 1, 4, 2, 5))
module_reduced_after = partial(_module, which=(0, 2, 1, 4, 3, 5))
module_3_and_5_swapped = partial(_module, which=(0, 3, 4, 1, 2, 5))
module_3_inverted = partial(_module, which=(0, 2, 1, 3, 4, 5))
module_5_inverted = partial(_module, which=(0, 1, 2, 4, 3, 5))
module_reductions_swapped = partial(_module, which=(0, 3, 2, 1, 4, 5))
module_outputs_swapped = partial(_module, which=(0, 1, 4, 3, 2, 5))
module_projection_as_1x1 = partial(_module, which=(5, 1, 2, 3, 4, 0))
module_projection_to_f1 = partial(_module, which=(0, 1, 2, 3, 4, 0))
module_row_backwards = partial(_module, which=(5, 4, 3, 2, 1, 0))
module_along_rows = partial(_module, axis=1)
module_along_columns = partial(_module, axis=2)
module_along_batch = partial(_module, axis=0)
module_added = partial(_module, join="add")
module_strided = partial(_module, strides=2)
module_no_bias = partial(_module, bias=False)


# The auxiliary head -------------------------------------------------------------------------------


def _head(
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
    bias=True,
    after=False,
):
    """The auxiliary head, right as it stands, but without dropout, which no number here shows.

    window: of the pooling: size, stride, padding. small: what a map below `least` pixels gets:
    "adaptive" to `to` pixels, "nothing", "window" (the same), "maximum". after: the pooling stands
    behind the convolution.
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
    X = layers.Dense(classes, use_bias=bias)(X)
    for activation in last:
        X = layers.Activation(activation)(X)
    return X


head_without_dropout = partial(_head)
head_max = partial(_head, pool="max", small="maximum")
head_max_large = partial(_head, pool="max")
head_no_pool = partial(_head, pool="", small="nothing")
head_unpooled_large = partial(_head, pool="")
head_window_3 = partial(_head, window=(3, 3, "valid"))
head_window_3_stride_2 = partial(_head, window=(3, 2, "valid"))
head_window_2 = partial(_head, window=(2, 2, "valid"))
head_stride_5 = partial(_head, window=(5, 5, "valid"))
head_stride_1 = partial(_head, window=(5, 1, "valid"))
head_stride_2 = partial(_head, window=(5, 2, "valid"))
head_stride_4 = partial(_head, window=(5, 4, "valid"))
head_same = partial(_head, window=(5, 3, "same"))
head_always_adaptive = partial(_head, least=10_000)
head_never_adaptive = partial(_head, small="window")
head_small_passed = partial(_head, small="nothing")
head_small_maximum = partial(_head, small="maximum")
head_from_5 = partial(_head, least=5)
head_from_15 = partial(_head, least=15)
head_from_4 = partial(_head, least=4, small="adaptive")
head_to_2 = partial(_head, to=2)
head_to_1 = partial(_head, to=1)
head_to_5 = partial(_head, to=5)
head_to_3 = partial(_head, to=3)
head_pool_after = partial(_head, after=True)
head_no_convolution = partial(_head, filters=0)
head_filters_64 = partial(_head, filters=64)
head_filters_256 = partial(_head, filters=256)
head_filters_1024 = partial(_head, filters=1024)
head_kernel_3 = partial(_head, size=3, padding="same")
head_kernel_3_unpadded = partial(_head, size=3)
head_kernel_5 = partial(_head, size=5, padding="same")
head_linear_convolution = partial(_head, activations=("linear", "relu"))
head_linear_dense = partial(_head, activations=("relu", "linear"))
head_linear = partial(_head, activations=("linear", "linear"))
head_tanh = partial(_head, activations=("tanh", "tanh"))
head_sigmoid = partial(_head, activations=("sigmoid", "sigmoid"))
head_elu = partial(_head, activations=("elu", "elu"))
head_leaky = partial(_head, activations=("leaky_relu", "leaky_relu"))
head_gelu = partial(_head, activations=("gelu", "gelu"))
head_not_flat = partial(_head, between="")
head_global = partial(_head, between="global")
head_global_max = partial(_head, between="global max")
head_no_dense = partial(_head, units=())
head_units_128 = partial(_head, units=(128,))
head_units_256 = partial(_head, units=(256,))
head_units_512 = partial(_head, units=(512,))
head_units_2048 = partial(_head, units=(2048,))
head_two_dense = partial(_head, units=(1024, 1024))
head_logits = partial(_head, last=())
head_sigmoid_end = partial(_head, last=("sigmoid",))
head_relu_end = partial(_head, last=("relu",))
head_softmax_twice = partial(_head, last=("softmax", "softmax"))
head_relu_before = partial(_head, last=("relu", "softmax"))
head_no_bias = partial(_head, bias=False)


def head_thousand_classes(X, classes):
    """As many classes as ImageNet has, whatever is asked for."""
    return _head(X, 1000)


def head_six_classes(X, classes):
    """As many classes as SIGNS has, whatever is asked for."""
    return _head(X, 6)


def head_class_more(X, classes):
    """One class too many."""
    return _head(X, classes + 1)
