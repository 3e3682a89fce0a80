"""LeNet-5 (LeCun et al. 1998), as lectures draw it today and as the paper has it.

The modern network pools by averaging, connects all maps and ends in a softmax. The network of the
paper has a sparse third layer, subsampling that trains, and outputs that measure distances.
"""

from __future__ import annotations

import math

import keras
from keras import layers

from nets.common import check_arguments, image_input, resize, softmax, to_model
from nets.errors import NetError
from nets.layers.lenet import RadialBasis, SparseConv2D, Subsampling, scaled_tanh

ACTIVATIONS = ("tanh", "sigmoid", "relu")
# Two 5x5 convolutions, each before a halving, leave one pixel of 16.
SMALLEST = 16
# The paper's input; its digits are 20x20 in the middle of it.
SIDE = 32

# Table I of the paper: one row per map of S2, one column per map of C3.
TABLE_I = """
    X...XXX..XXXX.XX
    XX...XXX..XXXX.X
    XXX...XXX..X.XXX
    .XXX..XXXX..X.XX
    ..XXX..XXXX.XX.X
    ...XXX..XXXX.XXX
"""
CONNECTIONS = tuple(
    tuple(row for row, mark in enumerate(column) if mark == "X")
    for column in zip(*TABLE_I.split(), strict=True)
)


def LeNet5(
    input_shape=(64, 64, 3),
    classes: int = 6,
    activation: str = "tanh",
    *,
    name="lenet5",
    weights=None,
) -> keras.Model:
    """LeNet-5 as lectures draw it: CONV-POOL-CONV-POOL-FC-FC-SOFTMAX (figure 2, simplified).

    5x5 "valid" convolutions, 2x2 average pooling, dense layers of 120 and 84: 61,706 parameters at
    32x32x1 and 10 classes. The last map is flattened, so larger images give the first dense layer
    more inputs.

    Args:
        input_shape: (height, width, channels) in pixels, at least 16x16.
        classes: Number of classes.
        activation: "tanh", "sigmoid" or "relu".
        name: The model's name.
        weights: None or the path of a file; see `nets.weights.load`.

    Returns:
        Model, not compiled: images (n, *input_shape) -> probabilities (n, classes).

    Raises:
        NetError: A smaller image, whose last map would have no pixel, classes below 1, another
            activation, or weights that do not fit.
    """
    check_arguments(name, input_shape, classes, SMALLEST)
    if activation not in ACTIVATIONS:
        raise NetError(
            f"{name}: expected activation to be one of {', '.join(ACTIVATIONS)}, received "
            f"{activation!r}"
        )
    inputs, X = image_input(input_shape)
    X = layers.Conv2D(6, 5, activation=activation, name="c1")(X)
    X = layers.AveragePooling2D(2, name="s2")(X)
    X = layers.Conv2D(16, 5, activation=activation, name="c3")(X)
    X = layers.AveragePooling2D(2, name="s4")(X)
    X = layers.Flatten(name="flatten")(X)
    X = layers.Dense(120, activation=activation, name="c5")(X)
    X = layers.Dense(84, activation=activation, name="f6")(X)
    return to_model(inputs, softmax(X, classes), name, weights)


def LeNet5_1998(
    input_shape=(64, 64, 3), classes: int = 6, *, name="lenet5_1998", weights=None
) -> keras.Model:
    """LeNet-5 of the paper (section II.B): table I for C3, trainable subsampling, RBF outputs.

    60,000 trainable parameters at 32x32x1, and 84 fixed code bits per class. Every layer up to F6
    ends in the scaled tanh. A Resizing layer brings larger images to 32x32, because C5 is a
    convolution that has to leave one pixel.

    Two deviations. The paper's outputs are the distances y of the RBF units, and its criterion
    (equation 9) is y of the right class plus log sum exp(-y), with one more term for rubbish. The
    cross-entropy of softmax(-y) is that without the term, so the network ends in this softmax and
    trains with the loss of all others. And y is divided by sqrt(84) first, as its spread over
    random codes grows with that: without it the probabilities begin at 0 and 1, where the clipping
    in Keras' losses leaves no gradient. First weights have variance 1 / fan-in (LeCun et al.,
    Efficient BackProp, also 1998), which keeps the signal's size; the paper draws smaller ones.

    Args:
        input_shape: (height, width, channels) in pixels, at least 32x32.
        classes: Number of classes.
        name: The model's name.
        weights: None or the path of a file; see `nets.weights.load`.

    Returns:
        Model, not compiled: images (n, *input_shape) -> probabilities (n, classes).

    Raises:
        NetError: A smaller image, classes below 1, or weights that do not fit.
    """
    check_arguments(name, input_shape, classes, SIDE)
    inputs, X = image_input(input_shape)
    if tuple(input_shape[:2]) != (SIDE, SIDE):
        X = resize(X, SIDE, antialias=True)
    tanh = {"activation": scaled_tanh}
    lecun = {"kernel_initializer": "lecun_uniform", **tanh}
    X = layers.Conv2D(6, 5, name="c1", **lecun)(X)
    X = Subsampling(name="s2", **tanh)(X)
    X = SparseConv2D(CONNECTIONS, name="c3", **tanh)(X)
    X = Subsampling(name="s4", **tanh)(X)
    X = layers.Flatten(name="c5_flatten")(layers.Conv2D(120, 5, name="c5", **lecun)(X))
    X = layers.Dense(84, name="f6", **lecun)(X)
    distances = RadialBasis(classes, dtype="float32", name="rbf")(X)
    X = layers.Rescaling(-1 / math.sqrt(84), dtype="float32", name="closeness")(distances)
    return to_model(inputs, layers.Softmax(dtype="float32", name="predictions")(X), name, weights)
