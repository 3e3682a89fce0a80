"""A convolution and LeNet-5: the right functions and the known wrong ones.

Only the oracle's process loads this file. `convolved` and `network` make any of the wrong ones, by
the options of the rows in misconceptions.py.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops
from numpy.lib.stride_tricks import sliding_window_view

from nets.lenet import LeNet5

RELU = ("relu",) * 4


def convolution(images, kernel, bias, stride=1):
    """The right maps, as Keras computes them."""
    images, kernel, bias = (np.asarray(array, "float64") for array in (images, kernel, bias))
    return ops.convert_to_numpy(ops.conv(images, kernel, stride, "valid")) + bias


def convolved(
    images,
    kernel,
    bias,
    stride=1,
    *,
    flip=(),
    padding="valid",
    steps="both",
    products="summed",
    channels="all",
    filters="each",
    bias_in="each sum",
    batch="each",
    whole="",
    maps="",
    scale=1,
):
    """A convolution, right as it stands.

    flip: axes of the kernel. steps: where the stride counts, "both", "rows", "columns", "none" or
    "size", in the size of the maps alone. products: "summed" or "averaged". channels: "all",
    "first", "averaged" or "apart". filters: "each" or "first". bias_in: "each sum", "each product",
    "first", for all filters, or "". batch: "each", "first" or "summed". whole: what is in the type
    of the images, "products", "sums" or "maps". maps: "short" of a row and a column, "rectified",
    "turned", "channels first", or "full size", filled up with zeros. scale: what divides the
    images.
    """
    own, images = images.dtype, images / scale if scale != 1 else images
    numbers = images if whole in ("products", "sums") else images.astype("float64")
    windows = _windows(numbers, kernel.shape[:2], stride, steps, padding)
    terms = windows[..., None] * np.flip(kernel, flip).transpose(2, 0, 1, 3)
    terms = terms[:, :, :, :1] if channels == "first" else terms
    terms = terms[..., :1].repeat(kernel.shape[-1], -1) if filters == "first" else terms
    terms = terms + bias if bias_in == "each product" else terms
    if channels == "apart":
        sums = terms.sum(axis=(4, 5)).reshape(*terms.shape[:3], -1)
    else:
        wraps = whole == "sums" and terms.dtype == own
        sums = terms.sum(axis=(3, 4, 5), dtype=own if wraps else None)
        sums = sums / kernel[..., 0].size if products == "averaged" else sums
        sums = sums / kernel.shape[2] if channels == "averaged" else sums
    if batch == "summed":
        sums = np.zeros_like(sums) + sums.sum(axis=0)
    if batch == "first":
        sums[1:] = 0
    added = {"each sum": bias, "first": bias[0]}.get(bias_in, 0)
    result = sums if channels == "apart" else sums + added
    if maps == "full size":
        result = _filled(result, [size // stride for size in images.shape[1:3]])
    result = {
        "short": lambda: result[:, :-1, :-1],
        "rectified": lambda: np.maximum(result, 0),
        "turned": lambda: result.swapaxes(1, 2),
        "channels first": lambda: result.transpose(0, 3, 1, 2),
    }.get(maps, lambda: result)()
    return result.astype(own) if whole == "maps" else result


def _windows(images, sides, stride, steps, padding):
    """All windows of the images: (n, h', w', c, f_h, f_w)."""
    if padding == "same":
        around = [((side - 1) // 2, side // 2) for side in sides]
        images = np.pad(images, [(0, 0), *around, (0, 0)])
    windows = sliding_window_view(images, sides, (1, 2))
    if steps == "size":
        rows, columns = ((size - 1) // stride + 1 for size in windows.shape[1:3])
        return windows[:, :rows, :columns]
    down, right = (stride if steps in ("both", way) else 1 for way in ("rows", "columns"))
    return windows[:, ::down, ::right]


def _filled(maps, size):
    """The maps with zeros below and on the right, up to this size."""
    rows, columns = (wanted - there for wanted, there in zip(size, maps.shape[1:3], strict=True))
    return np.pad(maps, [(0, 0), (0, max(0, rows)), (0, max(0, columns)), (0, 0)])


def lenet5(input_shape=(64, 64, 3), classes=6):
    """The right network."""
    return LeNet5(input_shape, classes, "relu")


def network(
    input_shape=(64, 64, 3),
    classes=6,
    *,
    filters=(6, 16),
    kernels=(5, 5),
    strides=(1, 1),
    padding=("valid", "valid"),
    activations=RELU,
    late=False,
    norm="",
    pools=("avg", "avg"),
    window=(2, 2),
    between="flatten",
    units=(120, 84),
    last=("softmax",),
    more_classes=0,
    bias=(True, True, True),
    c5=False,
    trained=True,
):
    """LeNet-5, right as it stands. Each pair holds the two convolutions in turn.

    activations: of the convolutions, then of the dense layers. late: they follow the pooling.
    norm: "before" or "after" the convolutions' activations. pools: "avg", "max" or "" for none.
    window: the pooling's size and stride. between: "flatten", "global", "global max" or "" for
    nothing. last: activations of the output, one after another. bias: of the convolutions, the
    dense layers and the output. c5: the first dense layer is a convolution of its kernel 5.
    """
    images = X = keras.Input(input_shape)
    for i in range(len(filters)):
        X = layers.Conv2D(filters[i], kernels[i], strides[i], padding[i], use_bias=bias[0])(X)
        X = layers.BatchNormalization()(X) if norm == "before" else X
        X = X if late else layers.Activation(activations[i])(X)
        X = layers.BatchNormalization()(X) if norm == "after" else X
        if pools[i]:
            kind = layers.AveragePooling2D if pools[i] == "avg" else layers.MaxPooling2D
            X = kind(window[0], window[1])(X)
        X = layers.Activation(activations[i])(X) if late else X
    if c5:
        X, units = layers.Conv2D(units[0], 5, activation=activations[2])(X), units[1:]
    makers = {
        "flatten": layers.Flatten,
        "global": layers.GlobalAveragePooling2D,
        "global max": layers.GlobalMaxPooling2D,
    }
    X = makers[between]()(X) if between else X
    for count, activation in zip(units, activations[-len(units) :] if units else (), strict=True):
        X = layers.Dense(count, activation=activation, use_bias=bias[1])(X)
    X = layers.Dense(classes + more_classes, use_bias=bias[2])(X)
    for activation in last:
        X = layers.Activation(activation)(X)
    model = keras.Model(images, X)
    model.trainable = trained
    return model
