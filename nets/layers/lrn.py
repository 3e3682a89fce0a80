"""Local response normalisation (Krizhevsky et al. 2012, section 3.3), of AlexNet and GoogLeNet."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from nets.errors import NetError

CONVENTIONS = ("paper", "caffe")


@keras.saving.register_keras_serializable(package="nets")
class LocalResponseNormalization(layers.Layer):
    """Each value divided by a sum over its neighbours among the channels (section 3.3).

    b_i = a_i / (k + alpha * sum of a_j^2) ^ beta, over the `size` channels j around i, fewer at
    both ends. The shape (n, h, w, c) stays.

    Args:
        size: The number of channels in the sum, odd.
        k: See the formula.
        alpha: See the formula.
        beta: See the formula.
        convention: "paper" takes alpha as it stands; "caffe" divides it by `size`. A model that was
            trained in Caffe needs it; its alpha is `size` times as large for the same function.
        **options: Arguments of keras.layers.Layer.

    Raises:
        NetError: Another convention, or an even size.
    """

    def __init__(self, size=5, k=2.0, alpha=1e-4, beta=0.75, convention="paper", **options):
        super().__init__(**options)
        if convention not in CONVENTIONS:
            raise NetError(
                f"local response normalisation: expected convention to be one of "
                f"{', '.join(CONVENTIONS)}, received {convention!r}"
            )
        if size % 2 == 0:
            raise NetError(f"local response normalisation: expected an odd size, received {size}")
        self.size, self.k, self.alpha, self.beta = size, k, alpha, beta
        self.convention = convention

    def call(self, inputs):
        # In float32 always: the square of 256 is too large for float16.
        squares = ops.square(ops.cast(inputs, "float32"))
        channel = np.arange(inputs.shape[-1])
        # One product with a band of ones, and exp of log: on a CPU several times as fast as adding
        # shifted slices and ops.power.
        near = np.abs(channel[:, None] - channel) <= self.size // 2
        energy = ops.matmul(squares, near.astype("float32"))
        alpha = self.alpha / self.size if self.convention == "caffe" else self.alpha
        factor = ops.exp(-self.beta * ops.log(self.k + alpha * energy))
        return inputs * ops.cast(factor, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        own = ("size", "k", "alpha", "beta", "convention")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
