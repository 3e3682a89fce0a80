"""LeNet-5 and the counting of parameters: the right functions and the known wrong ones.

Only the oracle's process loads this file. `network` makes any of the wrong networks, by the options
of the rows in misconceptions.py.
"""

from __future__ import annotations

import keras
from keras import layers

from nets.lenet import LeNet5

RELU = ("relu",) * 4


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


# Counting ----------------------------------------------------------------------------------------


def count_parameters(model):
    """The right number."""
    return model.count_params()


def _product(sizes):
    total = 1
    for size in sizes:
        total *= size
    return total


def _of(weights):
    return sum(_product(weight.shape) for weight in weights)


def kernels_only(model):
    """Without biases."""
    return _of(weight for weight in model.weights if weight.name == "kernel")


def first_weights(model):
    """The first weight of each layer."""
    return _of(layer.weights[0] for layer in model.layers if layer.weights)


def summed(model):
    """The sizes of each shape added."""
    return sum(sum(weight.shape) for weight in model.weights)


def tensors(model):
    """How many weights there are."""
    return len(model.weights)


def layers_counted(model):
    """How many layers there are."""
    return len(model.layers)


def trained_only(model):
    """What a gradient changes."""
    return _of(model.trainable_weights)


def frozen_only(model):
    """What no gradient changes."""
    return _of(model.non_trainable_weights)


def no_statistics(model):
    """Without the moving statistics of batch norm."""
    return _of(weight for weight in model.weights if not weight.name.startswith("moving"))


def without_frozen_layers(model):
    """Without the layers that are set not to be trained."""
    return sum(layer.count_params() for layer in model.layers if layer.trainable)


def each_use(model):
    """A layer that is used twice, twice."""
    nodes = [node for level in model._nodes_by_depth.values() for node in level]
    return sum(node.operation.count_params() for node in nodes if not node.is_input)


def top_level(model):
    """Without what lies in a model within."""
    return _of(
        weight
        for layer in model.layers
        if not isinstance(layer, keras.Model)
        for weight in layer.weights
    )


def dense_and_convolutions(model):
    """Of the two kinds of layer that an exercise has met."""
    return _of(
        weight
        for layer in model.layers
        if isinstance(layer, layers.Dense | layers.Conv2D)
        for weight in layer.weights
    )


def dense_only(model):
    """Of dense layers."""
    return _of(
        weight
        for layer in model.layers
        if isinstance(layer, layers.Dense)
        for weight in layer.weights
    )


def convolutions_only(model):
    """Of convolutions."""
    return _of(
        weight
        for layer in model.layers
        if isinstance(layer, layers.Conv2D)
        for weight in layer.weights
    )


def last_layer_missing(model):
    """Without the last layer."""
    return sum(layer.count_params() for layer in model.layers[:-1])


def first_layer_missing(model):
    """Without the first layer that has any."""
    counts = [layer.count_params() for layer in model.layers if layer.weights]
    return sum(counts[1:])


def last_layer_only(model):
    """What the last layer has."""
    return model.layers[-1].count_params()


def channels_forgotten(model):
    """A kernel without the channels that it reads."""
    return _of(weight for weight in model.weights) - sum(
        _product(weight.shape) - _product(weight.shape) // weight.shape[-2]
        for weight in model.weights
        if len(weight.shape) == 4
    )


def in_bytes(model):
    """The memory that they take in float32."""
    return 4 * model.count_params()


def outputs(model):
    """The numbers that the layers put out for one image."""
    return sum(
        _product(layer.output.shape[1:])
        for layer in model.layers
        if not isinstance(layer, layers.InputLayer)
    )


def by_layer(model):
    """A list."""
    return [layer.count_params() for layer in model.layers]


def in_words(model):
    """A text."""
    return f"{model.count_params():,}"
