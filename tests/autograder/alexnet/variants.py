"""The three functions of the AlexNet exercise: the right ones and the known wrong ones.

Only the oracle's process loads this file. `lrn`, `towers`, `grouped` and `network` make most of the
wrong ones, by the options of the rows in misconceptions.py.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from nets.alexnet import AlexNet
from nets.layers.lrn import LocalResponseNormalization


def local_response_normalization(x, radius, bias, alpha, beta):
    """The right normalisation, alpha as in the paper."""
    return LocalResponseNormalization(2 * radius + 1, bias, alpha, beta)(x)


def lrn(
    x,
    radius,
    bias,
    alpha,
    beta,
    *,
    shifts="range(-r, r + 1)",
    power="x * x",
    axis=3,
    edges="constant",
    mean=False,
    outcome="x / (k + e) ** b",
):
    """Right as it stands. shifts, power and outcome are expressions.

    shifts: the neighbours that count, of r, the radius. power: what is added up, of x. outcome: of
    x, k, the bias, e, alpha times the sum, and b, beta. mean: the sum is divided by how many there
    are.
    """
    names = {"x": x, "r": radius, "k": bias, "b": beta, "alpha": alpha, "ops": ops, "range": range}
    shifts = [*eval(shifts, names)]
    values, size = eval(power, names), x.shape[axis]
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
    names["e"] = alpha * energy / (len(shifts) if mean else 1)
    return eval(outcome, names)


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


def towers(
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
    join="concatenate",
    along=3,
    norm=False,
    **options,
):
    """Right as it stands, as two convolutions. read: which part each tower reads. order: in which
    the towers are joined. each: the filters are divided by it. axis: of the parts. join: how the
    maps meet; along: the axis on which they are concatenated. norm: batch norm follows.
    """
    options = {"padding": "same", **options}
    parts = [_part(X, which, take, axis) for which in read]
    convolutions = [layers.Conv2D(filters // each, kernel or kernel_size, **options) for _ in parts]
    maps = [
        (convolutions[0] if shared else layer)(part)
        for layer, part in zip(convolutions, parts, strict=True)
    ]
    joins = {
        "concatenate": layers.Concatenate(axis=along),
        "add": layers.Add(),
        "average": layers.Average(),
    }
    Y = joins[join]([maps[i] for i in order])
    return layers.BatchNormalization()(Y) if norm else Y


def _part(X, which, take, axis):
    if take == "every other":
        return X[..., which::2]
    half = X.shape[axis] // 2
    part = slice(0, half) if which == 0 else slice(half, None)
    return X[tuple(part if i == axis else slice(None) for i in range(4))]


def two_tower_convolution(X, filters, kernel_size):
    """The right one, as two convolutions."""
    return towers(X, filters, kernel_size)


def grouped(X, filters, kernel_size, *, groups=2, kernel=None, times=1, norm=False, **options):
    """Right as it stands, as one convolution in groups: its kernel is one array."""
    options = {"padding": "same", "groups": groups, **options}
    Y = layers.Conv2D(filters * times, kernel or kernel_size, **options)(X)
    return layers.BatchNormalization()(Y) if norm else Y


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


# The network ------------------------------------------------------------------------------------


class LRN(layers.Layer):
    """The normalisation of this file, in whose place a stand-in may be lent."""

    def __init__(self, size=5, k=2.0, alpha=1e-4, beta=0.75, convention="paper", **options):
        super().__init__(**options)
        alpha = alpha / size if convention == "caffe" else alpha
        self.constants = size // 2, k, alpha, beta

    def call(self, inputs):
        return local_response_normalization(inputs, *self.constants)

    def compute_output_shape(self, input_shape):
        return input_shape


def alexnet(input_shape=(64, 64, 3), classes=6):
    """The right network, with the normalisation of this file."""

    def clone(layer):
        return (LRN if isinstance(layer, LocalResponseNormalization) else type(layer)).from_config(
            layer.get_config()
        )

    return keras.models.clone_model(AlexNet(input_shape, classes), clone_function=clone)


def _map(X, i, o):
    """The map after convolution i: normalised and pooled as the options say."""

    def norm(X):
        if not o["norms"][i]:
            return X
        if o["norm"] == "batch":
            return layers.BatchNormalization()(X)
        return LRN(**o["norm"])(X)

    def pool(X):
        last = i == len(o["filters"]) - 1
        fits = not last or o["always"] or min(X.shape[1:3]) >= 3
        if not (o["pools"][i] and fits):
            return X
        kind = layers.MaxPooling2D if o["pool"] == "max" else layers.AveragePooling2D
        return kind(*o["window"], o["pool_padding"])(X)

    if o["activations"][i] == "late":
        return layers.ReLU()(norm(X))
    X = layers.Activation(o["activations"][i])(X)
    return norm(pool(X)) if o["norm_last"] else pool(norm(X))


def network(input_shape=(64, 64, 3), classes=6, **options):
    """AlexNet, right as it stands. Each tuple of five holds the convolutions in turn.

    activations: of the convolutions, then of the dense layers; "late" comes after the
    normalisation. activation: stands at the places `at` instead of these. norm: options of the
    normalisation, or "batch". towers: "two layers" or "groups", in place of the convolutions that
    the paper divides. between: "flatten", "global" or "". bias: of the convolutions, the dense
    layers and the output.
    """
    o = {
        "filters": (96, 256, 384, 384, 256),
        "kernels": (11, 5, 3, 3, 3),
        "strides": (4, 1, 1, 1, 1),
        "paddings": ("valid", "same", "same", "same", "same"),
        "activations": ("relu",) * 7,
        "activation": "linear",
        "at": (),
        "norms": (1, 1, 0, 0, 0),
        "norm": {},
        "norm_last": False,
        "pools": (1, 1, 0, 0, 1),
        "pool": "max",
        "window": (3, 2),
        "pool_padding": "valid",
        "always": False,
        "towers": "",
        "between": "flatten",
        "units": (4096, 4096),
        "rates": (0.5, 0.5),
        "last": ("softmax",),
        "more_classes": 0,
        "bias": (True, True, True),
        "rescaled": False,
        **options,
    }
    o["activations"] = [
        o["activation"] if i in o["at"] else name for i, name in enumerate(o["activations"])
    ]
    images = X = keras.Input(input_shape)
    X = layers.Rescaling(1 / 255)(X) if o["rescaled"] else X
    for i, filters in enumerate(o["filters"]):
        if o["towers"] and i in (1, 3, 4):
            both = grouped if o["towers"] == "groups" else towers
            X = both(X, filters, o["kernels"][i])
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
    X = layers.Dense(classes + o["more_classes"], use_bias=o["bias"][2])(X)
    for activation in o["last"]:
        X = layers.Activation(activation)(X)
    return keras.Model(images, X)
