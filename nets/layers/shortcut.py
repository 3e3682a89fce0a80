"""The shortcut without weights of the small residual networks (He et al. 2015, section 3.3, A)."""

from __future__ import annotations

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="nets")
class ZeroPaddedShortcut(layers.Layer):
    """Every `strides`-th pixel, and zeros for the channels that are missing (option A).

    (n, h, w, c) -> (n, ceil(h / strides), ceil(w / strides), filters). The zeros are divided
    between both ends of the channels.

    Args:
        filters: The channels of the result, at least those of the input.
        strides: The step in pixels along both sides.
        **options: Arguments of keras.layers.Layer.
    """

    def __init__(self, filters, strides=2, **options):
        super().__init__(**options)
        self.filters, self.strides = filters, strides

    def call(self, inputs):
        missing = self.filters - inputs.shape[-1]
        ends = (missing // 2, missing - missing // 2)
        return ops.pad(inputs[:, :: self.strides, :: self.strides], [(0, 0)] * 3 + [ends])

    def compute_output_shape(self, input_shape):
        n, *sides, _ = input_shape
        halved = (None if side is None else -(-side // self.strides) for side in sides)
        return (n, *halved, self.filters)

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "strides": self.strides}
