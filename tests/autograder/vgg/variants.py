"""The block of VGG, the network and batch norm: the known wrong ones, and the right batch norm.

Only the oracle's process loads this file. `block`, `network` and `normalised` make most of the
wrong ones, by the options of the rows in misconceptions.py.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from nets.vgg import VGG16, vgg_block  # noqa: F401 - the right ones, asked for by name

COUNTS, FILTERS = (2, 2, 3, 3, 3), (64, 128, 256, 512, 512)


def _pool(X, kind, window, stride, padding):
    if not kind:
        return X
    maker = layers.MaxPooling2D if kind == "max" else layers.AveragePooling2D
    return maker(window, stride, padding)(X)


def block(
    X,
    convolutions,
    filters,
    *,
    growth="",
    kernel=3,
    dilation=1,
    stride=1,
    padding="same",
    activation="relu",
    linear="",
    norm="",
    bias=True,
    pool="max",
    window=(2, 2),
    pool_padding="valid",
    order="end",
    shortcut=False,
    separable=False,
    trained=True,
):
    """A block, right as it stands.

    growth: of the channels inside the block, "doubling", "last doubled", "rising" or "first
    halved". linear: "all", "first", "last" or "all but last", the convolutions without activation.
    norm: "before" or "after" the activation. order: the pooling's place, "end", "begin" or "each".
    """
    before, last = X, convolutions - 1
    X = _pool(X, pool, *window, pool_padding) if order == "begin" else X
    for place in range(convolutions):
        channels = {
            "": filters,
            "doubling": filters * 2**place,
            "last doubled": filters * (2 if place == last else 1),
            "rising": filters * (place + 1) // convolutions or 1,
            "first halved": filters if place else filters // 2 or 1,
        }[growth]
        if separable:
            layer = layers.SeparableConv2D(channels, kernel, padding=padding)
        else:
            layer = layers.Conv2D(
                channels, kernel, stride, padding, dilation_rate=dilation, use_bias=bias
            )
        layer.trainable = trained
        X = layer(X)
        plain = {
            "": False,
            "all": True,
            "first": place == 0,
            "last": place == last,
            "all but last": place < last,
        }[linear]
        X = layers.BatchNormalization()(X) if norm == "before" else X
        X = X if plain else layers.Activation(activation)(X)
        X = layers.BatchNormalization()(X) if norm == "after" else X
        X = _pool(X, pool, *window, pool_padding) if order == "each" else X
    X = layers.Add()([X, layers.Conv2D(filters, 1)(before)]) if shortcut else X
    return _pool(X, pool, *window, pool_padding) if order == "end" else X


def one_convolution(X, convolutions, filters):
    """One, whatever is asked for."""
    return block(X, 1, filters)


def two_convolutions(X, convolutions, filters):
    """Two, whatever is asked for."""
    return block(X, 2, filters)


def three_convolutions(X, convolutions, filters):
    """Three, whatever is asked for."""
    return block(X, 3, filters)


def one_fewer(X, convolutions, filters):
    """The loop counts from 1."""
    return block(X, convolutions - 1, filters)


def one_more(X, convolutions, filters):
    """One convolution too many."""
    return block(X, convolutions + 1, filters)


def sixty_four(X, convolutions, filters):
    """64 filters, whatever is asked for."""
    return block(X, convolutions, 64)


def swapped(X, convolutions, filters):
    """The arguments the wrong way round."""
    return block(X, filters, convolutions)


def network(
    input_shape=(64, 64, 3),
    classes=6,
    *,
    counts=COUNTS,
    filters=FILTERS,
    between="flatten",
    units=(4096, 4096),
    activations=("relu", "relu"),
    bias=True,
    norm=False,
    last=("softmax",),
    more_classes=0,
    output=True,
    scale=0,
    trained=True,
):
    """VGG-16, right in inference mode as it stands; dropout is not known by its output.

    counts, filters: of the convolutions, block by block. between: "flatten", "global", "global
    max" or "" for nothing. units, activations: of the hidden dense layers. norm: batch norm after
    each of these. last: activations of the output, one after another. output: whether there is a
    third dense layer. scale: what images are divided by.
    """
    images = keras.Input(input_shape)
    X = layers.Rescaling(1 / scale)(images) if scale else images
    for block_count, block_filters in zip(counts, filters, strict=True):
        X = vgg_block(X, block_count, block_filters)
    makers = {
        "flatten": layers.Flatten,
        "global": layers.GlobalAveragePooling2D,
        "global max": layers.GlobalMaxPooling2D,
    }
    X = makers[between]()(X) if between else X
    for count, activation in zip(units, activations, strict=True):
        X = layers.Dense(count, activation=activation, use_bias=bias)(X)
        X = layers.BatchNormalization()(X) if norm else X
    X = layers.Dense(classes + more_classes, use_bias=bias)(X) if output else X
    for activation in last:
        X = layers.Activation(activation)(X)
    model = keras.Model(images, X)
    model.trainable = trained
    return model


def batch_norm(X, gamma, beta, moving_mean, moving_variance, training, momentum=0.99, epsilon=1e-3):
    """The right batch norm, by Keras' layer."""
    layer = layers.BatchNormalization(momentum=momentum, epsilon=epsilon, dtype="float64")
    layer.build(X.shape)
    layer.set_weights([gamma, beta, moving_mean, moving_variance])
    return layer(X, training=training), *layer.get_weights()[2:]


def normalised(
    X,
    gamma,
    beta,
    moving_mean,
    moving_variance,
    training,
    momentum=0.99,
    epsilon=1e-3,
    *,
    axes=(0, 1, 2),
    kept="",
    uses="batch",
    fewer=0,
    deviation=False,
    centred=True,
    divisor="root",
    affine="right",
    moves="right",
    inference="right",
    returns=("Y", "mean", "variance"),
    momentum_is=None,
    epsilon_is=None,
):
    """Batch norm, right as it stands.

    axes: over which the batch's values are taken. kept: of these axes in the averages, "" for none,
    "all", with length 1, or "one per channel", whatever the axes are. uses: what normalises in
    training mode, "batch", "averages", those before, or "moved", those after. fewer: what is taken
    from the divisor of the variance. deviation: whether its root stands in its place. centred:
    whether the mean is subtracted. divisor: "root", "variance", "deviation plus epsilon", "no
    epsilon" or "no division". affine: "right", "no gamma", "no beta", "neither", "exchanged" or
    "beta first". moves: of the averages in training mode, "right", "wrong way", "added",
    "replaced", "deviation", "mean only" or "never". inference: "right", "batch", by the batch's
    values, or "moves" the averages too. returns: in this order. momentum_is, epsilon_is: numbers in
    place of the arguments.
    """
    axes = tuple(axes)
    momentum = momentum if momentum_is is None else momentum_is
    epsilon = epsilon if epsilon_is is None else epsilon_is
    mean = X.mean(axis=axes, keepdims=True, dtype="float64")
    variance = X.var(axis=axes, keepdims=True, dtype="float64", ddof=fewer)
    variance = np.sqrt(variance) if deviation else variance
    batch = mean, variance
    if kept == "one per channel":
        batch = [np.broadcast_to(value, X.shape).mean(axis=(0, 1, 2)) for value in batch]
    elif kept != "all":
        batch = [value.squeeze(axes) for value in batch]
    batch_mean, batch_variance = batch
    before = moving_mean, moving_variance
    if (training and moves != "never") or inference == "moves":
        old, new = {
            "wrong way": (1 - momentum, momentum),
            "added": (1, 1 - momentum),
            "replaced": (0, 1),
        }.get(moves, (momentum, 1 - momentum))
        batch_variance = np.sqrt(batch_variance) if moves == "deviation" else batch_variance
        moving_mean = old * moving_mean + new * batch_mean
        if moves != "mean only":
            moving_variance = old * moving_variance + new * batch_variance
    if not training and inference != "batch":
        mean, variance = before
    elif training and uses != "batch":
        mean, variance = before if uses == "averages" else (moving_mean, moving_variance)
    root = {
        "variance": variance + epsilon,
        "deviation plus epsilon": np.sqrt(variance) + epsilon,
        "no epsilon": np.sqrt(variance),
        "no division": 1,
    }.get(divisor, np.sqrt(variance + epsilon))
    Y = (X - mean if centred else X) / root
    Y = {
        "no gamma": Y + beta,
        "no beta": gamma * Y,
        "neither": Y,
        "exchanged": beta * Y + gamma,
        "beta first": gamma * (Y + beta),
    }.get(affine, gamma * Y + beta)
    results = {"Y": Y, "mean": moving_mean, "variance": moving_variance}
    return tuple(results[name] for name in returns)


def modes_exchanged(
    X, gamma, beta, moving_mean, moving_variance, training, momentum=0.99, epsilon=1e-3
):
    """Training mode for inference mode."""
    arrays = (X, gamma, beta, moving_mean, moving_variance)
    return normalised(*arrays, not training, momentum, epsilon)
