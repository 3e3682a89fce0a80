"""The Happy House's network, right and in the wrong ways that are known.

The oracle's process alone loads this file. `network` makes any of the wrong networks.
"""

from __future__ import annotations

from functools import partial

import keras
from keras import layers


def happy_model(input_shape=(64, 64, 3)):
    """The right network."""
    images = keras.Input(input_shape)
    X = layers.ZeroPadding2D(3)(images)
    X = layers.Conv2D(32, 7)(X)
    X = layers.BatchNormalization(axis=3)(X)
    X = layers.ReLU()(X)
    X = layers.MaxPooling2D(2)(X)
    X = layers.Flatten()(X)
    return keras.Model(images, layers.Dense(1, activation="sigmoid")(X))


def network(
    input_shape=(64, 64, 3),
    *,
    pad=3,
    padding="valid",
    convolutions=((32, 7, 1),),
    bias=True,
    order=("norm", "relu", "max"),
    axis=-1,
    norm_trained=True,
    window=(2, 2),
    between="flatten",
    hidden=(),
    units=1,
    last=("sigmoid",),
    last_bias=True,
    divided=1,
    trained=True,
):
    """The network, right as it stands.

    convolutions: (filters, kernel, stride), one after another; all that `order` names comes behind
    the last, in that order: "norm", an activation, "layer norm", or "max" and "avg", which pool by
    a window of a size and a stride. between: "flatten", "global", "global max" or "" for nothing.
    hidden: units of dense layers with ReLU. last: activations of the output, one after another.
    divided: by what the images are divided.
    """
    images = X = keras.Input(input_shape)
    X = layers.Rescaling(1 / divided)(X) if divided != 1 else X
    X = layers.ZeroPadding2D(pad)(X) if pad else X
    for filters, kernel, stride in convolutions:
        X = layers.Conv2D(filters, kernel, stride, padding, use_bias=bias)(X)
    for name in order:
        X = _step(name, axis, norm_trained, window)(X)
    makers = {
        "flatten": layers.Flatten,
        "global": layers.GlobalAveragePooling2D,
        "global max": layers.GlobalMaxPooling2D,
    }
    X = makers[between]()(X) if between else X
    for count in hidden:
        X = layers.Dense(count, activation="relu")(X)
    X = layers.Dense(units, use_bias=last_bias)(X)
    for activation in last:
        X = layers.Activation(activation)(X)
    model = keras.Model(images, X)
    if not trained:
        model.trainable = False
    return model


def _step(name, axis, norm_trained, window):
    if name == "norm":
        return layers.BatchNormalization(axis=axis, trainable=norm_trained)
    if name == "layer norm":
        return layers.LayerNormalization()
    pooling = {"max": layers.MaxPooling2D, "avg": layers.AveragePooling2D}
    return pooling[name](*window) if name in pooling else layers.Activation(name)


no_padding = partial(network, pad=0)
padding_1 = partial(network, pad=1)
padding_2 = partial(network, pad=2)
padding_4 = partial(network, pad=4)
padding_6 = partial(network, pad=6)
padded_twice = partial(network, padding="same")
padding_7 = partial(network, pad=7)

filters_16 = partial(network, convolutions=((16, 7, 1),))
filters_64 = partial(network, convolutions=((64, 7, 1),))
filters_3 = partial(network, convolutions=((3, 7, 1),))
filters_1 = partial(network, convolutions=((1, 7, 1),))
kernel_3 = partial(network, convolutions=((32, 3, 1),))
kernel_5 = partial(network, convolutions=((32, 5, 1),))
kernel_3_same = partial(network, pad=0, padding="same", convolutions=((32, 3, 1),))
kernel_5_same = partial(network, pad=0, padding="same", convolutions=((32, 5, 1),))
stride_2 = partial(network, convolutions=((32, 7, 2),))
stride_3 = partial(network, convolutions=((32, 7, 3),))
stride_2_same = partial(network, pad=0, padding="same", convolutions=((32, 7, 2),))
two_convolutions = partial(network, convolutions=((32, 7, 1), (32, 7, 1)))
two_padded = partial(network, pad=0, padding="same", convolutions=((32, 7, 1), (32, 7, 1)))
no_bias = partial(network, bias=False)
no_bias_output = partial(network, last_bias=False)
no_bias_anywhere = partial(network, bias=False, last_bias=False)

no_norm = partial(network, order=("relu", "max"))
norm_after_relu = partial(network, order=("relu", "norm", "max"))
norm_after_pooling = partial(network, order=("relu", "max", "norm"))
norm_between = partial(network, order=("max", "norm", "relu"))
norm_twice = partial(network, order=("norm", "norm", "relu", "max"))
axis_1 = partial(network, axis=1)
axis_2 = partial(network, axis=2)
layer_norm = partial(network, order=("layer norm", "relu", "max"))
norm_frozen = partial(network, norm_trained=False)
frozen = partial(network, trained=False)

no_activation = partial(network, order=("norm", "max"))
tanh = partial(network, order=("norm", "tanh", "max"))
sigmoid = partial(network, order=("norm", "sigmoid", "max"))
leaky = partial(network, order=("norm", "leaky_relu", "max"))
elu = partial(network, order=("norm", "elu", "max"))
relu_6 = partial(network, order=("norm", "relu6", "max"))
gelu = partial(network, order=("norm", "gelu", "max"))
swish = partial(network, order=("norm", "swish", "max"))
softplus = partial(network, order=("norm", "softplus", "max"))

average_pooling = partial(network, order=("norm", "relu", "avg"))
no_pooling = partial(network, order=("norm", "relu"))
pooled_twice = partial(network, order=("norm", "relu", "max", "max"))
window_3 = partial(network, window=(3, 3))
window_3_stride_2 = partial(network, window=(3, 2))
window_2_stride_1 = partial(network, window=(2, 1))
window_4 = partial(network, window=(4, 4))

no_flatten = partial(network, between="")
global_pooling = partial(network, between="global")
global_max_pooling = partial(network, between="global max")
hidden_32 = partial(network, hidden=(32,))
hidden_64 = partial(network, hidden=(64,))
hidden_100 = partial(network, hidden=(100,))
hidden_128 = partial(network, hidden=(128,))

softmax_of_one = partial(network, last=("softmax",))
two_softmax = partial(network, units=2, last=("softmax",))
two_sigmoid = partial(network, units=2)
two_logits = partial(network, units=2, last=())
six_softmax = partial(network, units=6, last=("softmax",))
logits = partial(network, last=())
relu_end = partial(network, last=("relu",))
tanh_end = partial(network, last=("tanh",))
hard_sigmoid_end = partial(network, last=("hard_sigmoid",))
sigmoid_twice = partial(network, last=("sigmoid", "sigmoid"))
relu_then_sigmoid = partial(network, last=("relu", "sigmoid"))
divided_by_255 = partial(network, divided=255)


def fixed_input(input_shape=(64, 64, 3)):
    """Images of 64x64x3, whatever is asked for."""
    return network((64, 64, 3))


def fixed_row(input_shape=(64, 64, 3)):
    """The map is made a row of 32,768 numbers, whatever its size."""
    images = keras.Input(input_shape)
    X = layers.Conv2D(32, 7)(layers.ZeroPadding2D(3)(images))
    X = layers.MaxPooling2D(2)(layers.ReLU()(layers.BatchNormalization()(X)))
    X = layers.Reshape((32768,))(X)
    return keras.Model(images, layers.Dense(1, activation="sigmoid")(X))
