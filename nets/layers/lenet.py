"""The layers of LeNet-5 that Keras lacks (LeCun et al. 1998, section II.B and appendix A).

Trainable subsampling, a convolution that sees some of the maps, and output units that measure the
distance to fixed drawings of the digits.
"""

from __future__ import annotations

import math

import keras
import numpy as np
from keras import layers, ops

# The ten digits, 7 pixels wide and 12 high, drawn after the stylised characters of figure 3.
DIGITS = """
 ..###.. ..##... .#####. .#####. ....##. ####### ..####. ####### .#####. .#####.
 .##.##. .###... ##...## ##...## ...###. ##..... .##.... ##...## ##...## ##...##
 ##...## ####... ##...## .....## ...###. ##..... ##..... .....## ##...## ##...##
 ##...## ..##... .....## .....## ..####. ##..... ##..... ....##. ##...## ##...##
 ##...## ..##... ....##. ..####. .##.##. ######. ######. ....##. .#####. ##...##
 ##...## ..##... ....##. ..####. .##.##. ##...## ##...## ...##.. .#####. .######
 ##...## ..##... ...##.. .....## ##..##. .....## ##...## ...##.. ##...## .....##
 ##...## ..##... ..##... .....## ####### .....## ##...## ..##... ##...## .....##
 ##...## ..##... ..##... .....## ....##. .....## ##...## ..##... ##...## .....##
 ##...## ..##... .##.... ##...## ....##. ##...## ##...## ..##... ##...## ....##.
 .##.##. ..##... ##..... ##...## ....##. ##...## ##...## ..##... ##...## ...##..
 ..###.. ######. ####### .#####. ....##. .#####. .#####. ..##... .#####. .###...
"""
_BITMAP = 7 * 12
_A, _S = 1.7159, 2 / 3


def codes(classes: int, units: int = _BITMAP) -> np.ndarray:
    """The targets of the output units, +1 and -1 (section II.B).

    Ten classes of 84 units get the bitmaps of the digits. Any other number gets random codes from a
    fixed seed: they differ in about half of their units, as the paper asks of codes.

    Args:
        classes: Number of classes.
        units: Length of a code.

    Returns:
        float32 (classes, units).
    """
    if (classes, units) == (10, _BITMAP):
        rows = [line.split() for line in DIGITS.strip().splitlines()]
        drawings = ["".join(digit) for digit in zip(*rows, strict=True)]
        return np.array([[1 if pixel == "#" else -1 for pixel in d] for d in drawings], "float32")
    bits = np.random.default_rng(1998).integers(0, 2, (classes, units))
    return (2 * bits - 1).astype("float32")


@keras.saving.register_keras_serializable(package="nets")
def scaled_tanh(x):
    """1.7159 tanh(2x/3), elementwise: +1 and -1 map to themselves (appendix A)."""
    return _A * ops.tanh(_S * x)


@keras.saving.register_keras_serializable(package="nets")
class Subsampling(layers.Layer):
    """Trainable subsampling (section II.B, S2): (n, h, w, c) -> (n, h // 2, w // 2, c).

    Each 2x2 window is summed, multiplied by its map's coefficient, shifted by its map's bias and
    put through the activation. The coefficients start at 1/4, an average; the paper draws them.

    Args:
        activation: As in keras.layers.Activation.
        **options: Arguments of keras.layers.Layer.
    """

    def __init__(self, activation=None, **options):
        super().__init__(**options)
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        shape = (input_shape[-1],)
        quarter = keras.initializers.Constant(1 / 4)
        self.coefficient = self.add_weight(shape=shape, initializer=quarter, name="coefficient")
        self.bias = self.add_weight(shape=shape, initializer="zeros", name="bias")

    def call(self, inputs):
        mean = ops.average_pool(inputs, 2, strides=2, data_format="channels_last")
        return self.activation(4 * mean * self.coefficient + self.bias)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return batch, height // 2, width // 2, channels

    def get_config(self):
        activation = keras.activations.serialize(self.activation)
        return {**super().get_config(), "activation": activation}


@keras.saving.register_keras_serializable(package="nets")
class SparseConv2D(layers.Layer):
    """A convolution whose maps see only some of the maps before (table I, C3).

    Padding "valid", stride 1: (n, h, w, c) -> (n, h - k + 1, w - k + 1, len(connections)) for
    k = kernel_size. There are k x k weights per connection and none for what is not connected.

    Args:
        connections: One tuple per map of the result: the numbers of the maps that it sees.
        kernel_size: Side of a kernel in pixels.
        activation: As in keras.layers.Activation.
        **options: Arguments of keras.layers.Layer.
    """

    def __init__(self, connections, kernel_size: int = 5, activation=None, **options):
        super().__init__(**options)
        self.connections = [tuple(sources) for sources in connections]
        self.kernel_size = kernel_size
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        side, pairs = self.kernel_size, self._pairs()
        # The index of the weights of each (map before, map of the result); the last one is a zero.
        self._indices = np.full((input_shape[-1], len(self.connections)), len(pairs))
        self._indices[tuple(np.transpose(pairs))] = np.arange(len(pairs))
        self.kernel = self.add_weight(
            shape=(side, side, len(pairs)), initializer=self._lecun_uniform, name="kernel"
        )
        bias_shape = (len(self.connections),)
        self.bias = self.add_weight(shape=bias_shape, initializer="zeros", name="bias")

    def _pairs(self) -> list[tuple[int, int]]:
        """Each (map before, map of the result) that is connected."""
        return [(i, j) for j, sources in enumerate(self.connections) for i in sources]

    def _lecun_uniform(self, shape, dtype=None):
        # With the fan-in that each map really has.
        fans = [shape[0] * shape[1] * len(self.connections[j]) for _, j in self._pairs()]
        limits = np.sqrt(3 / np.array(fans))
        return keras.random.uniform(shape, -1, 1, dtype=dtype) * ops.cast(limits, dtype)

    def call(self, inputs):
        zero = ops.zeros_like(self.kernel[:, :, :1])
        weights = ops.concatenate([self.kernel, zero], axis=-1)
        kernel = ops.take(weights, self._indices.ravel(), axis=-1)
        kernel = ops.reshape(kernel, (*self.kernel.shape[:2], *self._indices.shape))
        X = ops.conv(inputs, kernel, padding="valid", data_format="channels_last")
        return self.activation(X + self.bias)

    def compute_output_shape(self, input_shape):
        less = self.kernel_size - 1
        return input_shape[0], input_shape[1] - less, input_shape[2] - less, len(self.connections)

    def multiply_adds(self, input_shape) -> int:
        """Multiply-adds for one image: those of the connections alone."""
        _, height, width, _ = self.compute_output_shape(input_shape)
        return height * width * self.kernel_size**2 * len(self._pairs())

    def get_config(self):
        return {
            **super().get_config(),
            "connections": self.connections,
            "kernel_size": self.kernel_size,
            "activation": keras.activations.serialize(self.activation),
        }


@keras.saving.register_keras_serializable(package="nets")
class RadialBasis(layers.Layer):
    """Euclidean radial basis functions around fixed codes (equation 7): (n, units) -> (n, classes).

    The result is the squared distance between the input and the code of each class, so the
    smallest wins. The codes are weights that do not train; see `codes`.

    Args:
        classes: Number of classes.
        **options: Arguments of keras.layers.Layer.
    """

    def __init__(self, classes: int, **options):
        super().__init__(**options)
        self.classes = int(classes)  # Keras cannot save NumPy's numbers

    def build(self, input_shape):
        self.codes = self.add_weight(
            shape=(self.classes, input_shape[-1]),
            initializer=lambda shape, dtype=None: ops.convert_to_tensor(codes(*shape), dtype),
            trainable=False,
            name="codes",
        )

    def call(self, inputs):
        return ops.sum(ops.square(ops.expand_dims(inputs, 1) - self.codes), axis=-1)

    def compute_output_shape(self, input_shape):
        return input_shape[0], self.classes

    def multiply_adds(self, input_shape) -> int:
        """Multiply-adds for one image: one per unit of each code."""
        return self.classes * math.prod(input_shape[1:])

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}
