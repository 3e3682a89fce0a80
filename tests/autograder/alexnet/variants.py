"""The three functions of the AlexNet exercise, right and in the wrong ways that are known.

The oracle's process alone loads this file. `_lrn`, `_towers` and `network` make the wrong ones.
"""

from __future__ import annotations

from functools import partial

import keras
import numpy as np
from keras import layers, ops

from nets.alexnet import AlexNet
from nets.layers.lrn import LocalResponseNormalization

PAPER = {"radius": 2, "bias": 2.0, "alpha": 1e-4, "beta": 0.75}


def local_response_normalization(x, radius, bias, alpha, beta):
    """The right normalisation, alpha as in the paper."""
    return LocalResponseNormalization(2 * radius + 1, bias, alpha, beta)(x)


def _lrn(
    x,
    radius,
    bias,
    alpha,
    beta,
    *,
    shifts=None,
    power=ops.square,
    axis=3,
    edges="constant",
    mean=False,
    outcome=lambda x, bias, energy, beta: x / (bias + energy) ** beta,
):
    """Right as it stands. shifts: radius -> the neighbours that count. outcome: of alpha times
    the sum. mean: the sum is divided by how many there are.
    """
    shifts = [*(shifts(radius) if shifts else range(-radius, radius + 1))]
    values, size = power(x), x.shape[axis]
    reach = max([0, *map(abs, shifts)])
    if edges == "wrap":
        moved = [ops.roll(values, -shift, axis) for shift in shifts]
    else:
        if edges == "edge":
            wide = ops.take(values, ops.clip(ops.arange(-reach, size + reach), 0, size - 1), axis)
        else:
            widths = [(reach, reach) if i == axis else (0, 0) for i in range(4)]
            wide = ops.pad(values, widths)
        moved = [
            ops.take(wide, ops.arange(reach + shift, reach + shift + size), axis)
            for shift in shifts
        ]
    energy = sum(moved) if moved else 0 * values
    return outcome(x, bias, alpha * energy / (len(shifts) if mean else 1), beta)


def _with(**fixed):
    """The right one with some of its arguments written in."""

    def call(x, radius, bias, alpha, beta):
        given = {"radius": radius, "bias": bias, "alpha": alpha, "beta": beta, **fixed}
        return local_response_normalization(x, **given)

    return call


caffe = partial(_lrn, mean=True)
before_only = partial(_lrn, shifts=lambda r: range(-r, 1))
after_only = partial(_lrn, shifts=lambda r: range(r + 1))
last_neighbour_missing = partial(_lrn, shifts=lambda r: range(-r, r))
radius_as_size = partial(_lrn, shifts=lambda r: range(-(r // 2), r // 2 + 1))
radius_doubled = partial(_lrn, shifts=lambda r: range(-2 * r, 2 * r + 1))
one_beyond = partial(_lrn, shifts=lambda r: range(-r - 1, r + 2))
self_left_out = partial(_lrn, shifts=lambda r: [s for s in range(-r, r + 1) if s])
self_only = partial(_lrn, shifts=lambda r: [0])
all_channels = partial(_lrn, shifts=lambda r: range(-20, 21))
along_height = partial(_lrn, axis=1)
along_width = partial(_lrn, axis=2)
along_batch = partial(_lrn, axis=0)
wrapped = partial(_lrn, edges="wrap")
repeated_edge = partial(_lrn, edges="edge")
not_squared = partial(_lrn, power=lambda x: x)
absolute = partial(_lrn, power=ops.abs)
cubed = partial(_lrn, power=lambda x: ops.abs(x) ** 3)
multiplied = partial(_lrn, outcome=lambda x, k, e, b: x * (k + e) ** b)
no_beta = partial(_lrn, outcome=lambda x, k, e, b: x / (k + e))
beta_times = partial(_lrn, outcome=lambda x, k, e, b: x / ((k + e) * b))
square_root = partial(_lrn, outcome=lambda x, k, e, b: x / ops.sqrt(k + e))
beta_on_sum = partial(_lrn, outcome=lambda x, k, e, b: x / (k + e**b))
bias_missing = partial(_lrn, outcome=lambda x, k, e, b: x / (e + 1e-12) ** b)
bias_outside = partial(_lrn, outcome=lambda x, k, e, b: k + x / (e + 1e-12) ** b)
divisor_only = partial(_lrn, outcome=lambda x, k, e, b: (k + e) ** b)
factor_only = partial(_lrn, outcome=lambda x, k, e, b: (k + e) ** -b)
squared_over = partial(_lrn, outcome=lambda x, k, e, b: x * x / (k + e) ** b)
rectified = partial(_lrn, outcome=lambda x, k, e, b: ops.relu(x) / (k + e) ** b)
subtracted = partial(_lrn, outcome=lambda x, k, e, b: x - (k + e) ** b)
paper_written_in = _with(**PAPER)
radius_written_in = _with(radius=2)
bias_written_in = _with(bias=2.0)
bias_one = _with(bias=1.0)
alpha_written_in = _with(alpha=1e-4)
alpha_missing = _with(alpha=1.0)
beta_written_in = _with(beta=0.75)
alpha_beta_fixed = _with(alpha=1e-4, beta=0.75)


def square_of_sum(x, radius, bias, alpha, beta):
    """The sum of the neighbours, squared."""
    return _lrn(
        x,
        radius,
        bias,
        1.0,
        beta,
        power=lambda x: x,
        outcome=lambda x, k, e, b: x / (k + alpha * e * e) ** b,
    )


def alpha_over_both(x, radius, bias, alpha, beta):
    """Alpha before the bracket."""
    return _lrn(x, radius, bias, 1.0, beta, outcome=lambda x, k, e, b: x / (alpha * (k + e)) ** b)


def alpha_squared(x, radius, bias, alpha, beta):
    """Alpha inside the square."""
    return local_response_normalization(x, radius, bias, alpha * alpha, beta)


def within_channel(x, radius, bias, alpha, beta):
    """The neighbours in the map, not those among the channels."""
    window = 2 * radius + 1
    # What is padded counts as zero: a mean over all of the window, times its size.
    wide = ops.pad(ops.square(x), [(0, 0), (radius, radius), (radius, radius), (0, 0)])
    energy = ops.average_pool(wide, window, 1) * window * window
    return x / (bias + alpha * energy) ** beta


def numpy_only(x, radius, bias, alpha, beta):
    """On numbers alone."""
    squares = np.square(x)
    wide = np.pad(squares, [(0, 0)] * 3 + [(radius, radius)])
    energy = sum(wide[..., i : i + x.shape[-1]] for i in range(2 * radius + 1))
    return x / (bias + alpha * energy) ** beta


# Two towers -------------------------------------------------------------------------------------


def _towers(
    X,
    filters,
    kernel_size,
    *,
    read=(0, 1),
    order=(0, 1),
    each=2,
    take="half",
    axis=3,
    kernel=None,
    shared=False,
    join=None,
    **options,
):
    """Right as it stands, as two convolutions. read: which part each tower reads. order: in which
    the towers are joined. each: the filters are divided by it. axis: of the parts.
    """
    options = {"padding": "same", **options}
    parts = [_part(X, which, take, axis) for which in read]
    made = [layers.Conv2D(filters // each, kernel or kernel_size, **options) for _ in parts]
    maps = [(made[0] if shared else layer)(part) for layer, part in zip(made, parts, strict=True)]
    join = join or layers.Concatenate()
    return join([maps[i] for i in order])


def _part(X, which, take, axis):
    if take == "every other":
        return X[..., which::2]
    half = X.shape[axis] // 2
    part = slice(0, half) if which == 0 else slice(half, None)
    return X[tuple(part if i == axis else slice(None) for i in range(4))]


def two_tower_convolution(X, filters, kernel_size):
    """The right one, as two convolutions."""
    return _towers(X, filters, kernel_size)


def _one(X, filters, kernel_size, *, groups=2, kernel=None, times=1, **options):
    """Right as it stands, as one convolution in groups: its kernel is one array."""
    options = {"padding": "same", "groups": groups, **options}
    return layers.Conv2D(filters * times, kernel or kernel_size, **options)(X)


_grouped = partial(_one)

both_read_first = partial(_towers, read=(0, 0))
both_read_second = partial(_towers, read=(1, 1))
inputs_swapped = partial(_towers, read=(1, 0))
every_other = partial(_towers, take="every other")
towers_shared = partial(_towers, shared=True)
full_each = partial(_towers, each=1)
quarter_each = partial(_towers, each=4)
valid = partial(_towers, padding="valid")
valid_grouped = partial(_one, padding="valid")
rectified_towers = partial(_towers, activation="relu")
rectified_grouped = partial(_one, activation="relu")
tanh_towers = partial(_towers, activation="tanh")
tanh_grouped = partial(_one, activation="tanh")
no_bias_towers = partial(_towers, use_bias=False)
no_bias_grouped = partial(_one, use_bias=False)
stride_towers = partial(_towers, strides=2)
stride_grouped = partial(_one, strides=2)
kernel_3_towers = partial(_towers, kernel=3)
kernel_3_grouped = partial(_one, kernel=3)
kernel_5_towers = partial(_towers, kernel=5)
kernel_5_grouped = partial(_one, kernel=5)
added = partial(_towers, join=layers.add)
added_full = partial(_towers, each=1, join=layers.add)
averaged = partial(_towers, join=layers.average)
averaged_full = partial(_towers, each=1, join=layers.average)
frozen_towers = partial(_towers, trainable=False)
frozen_grouped = partial(_one, trainable=False)
ungrouped = partial(_one, groups=1)
four_towers = partial(_one, groups=4)
grouped_doubled = partial(_one, times=2)
split_by_height = partial(_towers, axis=1)
split_by_width = partial(_towers, axis=2)
cut_by_height = partial(_towers, axis=1, join=layers.Concatenate(axis=1))
cut_by_width = partial(_towers, axis=2, join=layers.Concatenate(axis=2))
tall_cut_full = partial(_towers, axis=1, each=1, join=layers.Concatenate(axis=1))
wide_cut_full = partial(_towers, axis=2, each=1, join=layers.Concatenate(axis=2))
joined_by_height = partial(_towers, join=layers.Concatenate(axis=1))
joined_by_width = partial(_towers, join=layers.Concatenate(axis=2))


def both_read_all(X, filters, kernel_size):
    """Half of the filters each, and all of the channels."""
    maps = [layers.Conv2D(filters // 2, kernel_size, padding="same")(X) for _ in range(2)]
    return layers.Concatenate()(maps)


def one_tower(X, filters, kernel_size):
    """The first tower alone."""
    return layers.Conv2D(filters // 2, kernel_size, padding="same")(_part(X, 0, "half", 3))


def one_tower_full(X, filters, kernel_size):
    """The first tower alone, with all of the filters."""
    return layers.Conv2D(filters, kernel_size, padding="same")(_part(X, 0, "half", 3))


def group_a_channel(X, filters, kernel_size):
    """A depthwise convolution."""
    return layers.DepthwiseConv2D(kernel_size, padding="same")(X)


def separable(X, filters, kernel_size):
    """Depthwise, and then 1x1."""
    return layers.SeparableConv2D(filters, kernel_size, padding="same")(X)


def norm_towers(X, filters, kernel_size):
    """Batch norm on the joined map."""
    return layers.BatchNormalization()(_towers(X, filters, kernel_size))


def norm_grouped(X, filters, kernel_size):
    """Batch norm on the joined map, in groups."""
    return layers.BatchNormalization()(_one(X, filters, kernel_size))


def filters_written_in(X, filters, kernel_size):
    """Those of the paper's second convolution."""
    return _towers(X, 256, kernel_size)


def written_filters_grouped(X, filters, kernel_size):
    """The same, in groups."""
    return _one(X, 256, kernel_size)


# The network ------------------------------------------------------------------------------------

RELU = ("relu",) * 7


def alexnet(input_shape=(64, 64, 3), classes=6):
    """The right network."""
    return AlexNet(input_shape, classes)


def _map(X, i, o):
    """The map after convolution i: normalised and pooled as the options say."""

    def norm(X):
        if not o["norms"][i]:
            return X
        return o["norm"]()(X)

    def pool(X):
        last = i == len(o["filters"]) - 1
        fits = not last or o["always"] or min(X.shape[1:3]) >= 3
        return o["pool"](*o["window"], o["pool_padding"])(X) if o["pools"][i] and fits else X

    if o["activations"][i] == "late":
        return layers.ReLU()(norm(X))
    X = layers.Activation(o["activations"][i])(X)
    return norm(pool(X)) if o["norm_last"] else pool(norm(X))


def network(input_shape=(64, 64, 3), classes=6, **options):
    """AlexNet, right as it stands. Each tuple of five holds the convolutions in turn.

    activations: of the convolutions, then of the dense layers; "late" comes after the
    normalisation. towers: the convolutions that are one in two groups, or two. between: "flatten",
    "global" or "". bias: of the convolutions, the dense layers and the output.
    """
    o = {
        "filters": (96, 256, 384, 384, 256),
        "kernels": (11, 5, 3, 3, 3),
        "strides": (4, 1, 1, 1, 1),
        "paddings": ("valid", "same", "same", "same", "same"),
        "activations": RELU,
        "norms": (1, 1, 0, 0, 0),
        "norm": LocalResponseNormalization,
        "norm_last": False,
        "pools": (1, 1, 0, 0, 1),
        "pool": layers.MaxPooling2D,
        "window": (3, 2),
        "pool_padding": "valid",
        "always": False,
        "towers": None,
        "between": "flatten",
        "units": (4096, 4096),
        "rates": (0.5, 0.5),
        "last": ("softmax",),
        "bias": (True, True, True),
        "rescaled": False,
        **options,
    }
    images = X = keras.Input(input_shape)
    X = layers.Rescaling(1 / 255)(X) if o["rescaled"] else X
    for i, filters in enumerate(o["filters"]):
        if o["towers"] and i in (1, 3, 4):
            X = o["towers"](X, filters, o["kernels"][i])
        else:
            X = layers.Conv2D(
                filters, o["kernels"][i], o["strides"][i], o["paddings"][i], use_bias=o["bias"][0]
            )(X)
        X = _map(X, i, o)
    makers = {"flatten": layers.Flatten, "global": layers.GlobalAveragePooling2D}
    X = makers[o["between"]]()(X) if o["between"] else X
    for i, units in enumerate(o["units"]):
        X = layers.Dense(units, o["activations"][5 + i], use_bias=o["bias"][1])(X)
        X = layers.Dropout(o["rates"][i])(X)
    X = layers.Dense(classes, use_bias=o["bias"][2])(X)
    for activation in o["last"]:
        X = layers.Activation(activation)(X)
    return keras.Model(images, X)


def _linear(*which, to="linear"):
    return partial(network, activations=tuple(to if i in which else "relu" for i in range(7)))


no_norms = partial(network, norms=(0,) * 5)
no_norm_first = partial(network, norms=(0, 1, 0, 0, 0))
no_norm_second = partial(network, norms=(1, 0, 0, 0, 0))
norms_everywhere = partial(network, norms=(1,) * 5)
norms_after_pooling = partial(network, norm_last=True)
norms_before_relu = _linear(0, 1, to="late")
norm_caffe = partial(network, norm=partial(LocalResponseNormalization, convention="caffe"))
norm_radius_5 = partial(network, norm=partial(LocalResponseNormalization, size=11))
norm_radius_1 = partial(network, norm=partial(LocalResponseNormalization, size=3))
norm_bias_1 = partial(network, norm=partial(LocalResponseNormalization, k=1.0))
norm_alpha = partial(network, norm=partial(LocalResponseNormalization, alpha=1e-3))
norm_beta = partial(network, norm=partial(LocalResponseNormalization, beta=0.5))
batch_norm = partial(network, norm=layers.BatchNormalization)

average_pooling = partial(network, pool=layers.AveragePooling2D)
window_2 = partial(network, window=(2, 2))
window_3_stride_3 = partial(network, window=(3, 3))
pooling_padded = partial(network, pool_padding="same")
pooling_always = partial(network, always=True)
no_pooling_first = partial(network, pools=(0, 1, 0, 0, 1))
no_pooling_second = partial(network, pools=(1, 0, 0, 0, 1))
no_pooling_last = partial(network, pools=(1, 1, 0, 0, 0))

first_padded = partial(network, paddings=("same",) * 5)
none_padded = partial(network, paddings=("valid",) * 5)
second_not_padded = partial(network, paddings=("valid", "valid", "same", "same", "same"))
stride_2 = partial(network, strides=(2, 1, 1, 1, 1))
stride_3 = partial(network, strides=(3, 1, 1, 1, 1))
stride_5 = partial(network, strides=(5, 1, 1, 1, 1))
second_stride_2 = partial(network, strides=(4, 2, 1, 1, 1))
kernel_7 = partial(network, kernels=(7, 5, 3, 3, 3))
kernel_9 = partial(network, kernels=(9, 5, 3, 3, 3))
kernel_5 = partial(network, kernels=(5, 5, 3, 3, 3))
kernel_3_second = partial(network, kernels=(11, 3, 3, 3, 3))
kernel_5_everywhere = partial(network, kernels=(11, 5, 5, 5, 5))
filters_halved = partial(network, filters=(48, 128, 192, 192, 128))
filters_torch = partial(network, filters=(64, 192, 384, 256, 256))
filters_last_384 = partial(network, filters=(96, 256, 384, 384, 384))
filters_256 = partial(network, filters=(96, 256, 256, 256, 256))
filters_64 = partial(network, filters=(64, 256, 384, 384, 256))
four_convolutions = partial(network, filters=(96, 256, 384, 256), pools=(1, 1, 0, 1))
three_convolutions = partial(network, filters=(96, 256, 256), pools=(1, 1, 1))
last_convolution_missing = partial(network, filters=(96, 256, 384, 384), pools=(1, 1, 0, 1))
six_convolutions = partial(
    network,
    filters=(96, 256, 384, 384, 384, 256),
    kernels=(11, 5, 3, 3, 3, 3),
    strides=(4, 1, 1, 1, 1, 1),
    paddings=("valid", *("same",) * 5),
    activations=RELU,
    norms=(1, 1, 0, 0, 0, 0),
    pools=(1, 1, 0, 0, 0, 1),
)
towers_inside = partial(network, towers=two_tower_convolution)
groups_inside = partial(network, towers=_grouped)

no_activations = _linear(*range(7))
linear_convolutions = _linear(0, 1, 2, 3, 4)
linear_first_two = _linear(0, 1)
linear_last_three = _linear(2, 3, 4)
linear_first = _linear(0)
linear_second = _linear(1)
linear_third = _linear(2)
linear_fourth = _linear(3)
linear_fifth = _linear(4)
linear_dense = _linear(5, 6)
linear_dense_first = _linear(5)
linear_dense_second = _linear(6)
all_tanh = _linear(*range(7), to="tanh")
all_sigmoid = _linear(*range(7), to="sigmoid")
all_leaky = _linear(*range(7), to="leaky_relu")
all_elu = _linear(*range(7), to="elu")
tanh_convolutions = _linear(0, 1, 2, 3, 4, to="tanh")
tanh_dense = _linear(5, 6, to="tanh")

no_flatten = partial(network, between="")
global_pooling = partial(network, between="global")
units_2048 = partial(network, units=(2048, 2048))
units_1024 = partial(network, units=(1024, 1024))
units_4096_1000 = partial(network, units=(4096, 1000))
one_dense = partial(network, units=(4096,))
no_dense = partial(network, units=())
three_dense = partial(network, units=(4096,) * 3, rates=(0.5,) * 3, activations=("relu",) * 8)

logits = partial(network, last=())
sigmoid_end = partial(network, last=("sigmoid",))
softmax_twice = partial(network, last=("softmax", "softmax"))
relu_then_softmax = partial(network, last=("relu", "softmax"))
no_bias = partial(network, bias=(False,) * 3)
no_bias_convolutions = partial(network, bias=(False, True, True))
no_bias_dense = partial(network, bias=(True, False, False))
rescaled = partial(network, rescaled=True)


def thousand_classes(input_shape=(64, 64, 3), classes=6):
    """Those of ImageNet, whatever is asked for."""
    return network(input_shape, 1000)


def six_classes(input_shape=(64, 64, 3), classes=6):
    """Those of SIGNS, whatever is asked for."""
    return network(input_shape, 6)


def one_class_more(input_shape=(64, 64, 3), classes=6):
    """One class too many."""
    return network(input_shape, classes + 1)


def fixed_input(input_shape=(64, 64, 3), classes=6):
    """The paper's images, whatever is asked for."""
    return network((227, 227, 3), classes)


def fixed_input_signs(input_shape=(64, 64, 3), classes=6):
    """The photographs of SIGNS, whatever is asked for."""
    return network((64, 64, 3), classes)
