"""Layers that live on a device of their own, for a network that is split over two of them.

keras.device around the calls that build a model is not enough: it places the weights, while the
computation runs when the model is called. So these layers remember their device.
"""

from __future__ import annotations

from contextlib import nullcontext

import keras
from keras import layers

from nets.errors import NetError
from nets.layers.lrn import LocalResponseNormalization


def check_devices(net: str, devices) -> None:
    """Refuse devices on which this backend or this machine cannot place two towers.

    Args:
        net: Name of the network, for the message.
        devices: A pair of names such as "gpu:1".

    Raises:
        NetError: With what was expected and what was received.
    """
    pair = isinstance(devices, (tuple, list)) and len(devices) == 2
    if not pair or not all(isinstance(name, str) for name in devices):
        raise NetError(
            f'{net}: expected devices to be two names such as ("gpu:0", "gpu:1"), received '
            f"{devices!r}"
        )
    backend = keras.backend.backend()
    if backend == "jax":
        # A compiled step of JAX runs on one device unless its arrays are sharded.
        raise NetError(
            f"{net}: expected the TensorFlow or torch backend for devices=, received {backend}"
        )
    if backend == "tensorflow":
        # TensorFlow silently moves what it cannot place.
        for name in devices:
            available = keras.distribution.list_devices(name.partition(":")[0].lower())
            if name.lower() not in available:
                raise NetError(
                    f"{net}: expected devices of this machine, received {name!r}; "
                    f"available: {', '.join(available) or 'none'}"
                )


class _Placed:
    """Builds and calls the layer that follows in the bases on `device`, if there is one."""

    def __init__(self, *arguments, device: str | None = None, **options):
        super().__init__(*arguments, **options)
        self.device = device

    def _scope(self):
        return nullcontext() if self.device is None else keras.device(self.device)

    def build(self, input_shape):
        with self._scope():
            super().build(input_shape)

    def call(self, inputs):
        with self._scope():
            return super().call(inputs)

    def get_config(self):
        return {**super().get_config(), "device": self.device}


@keras.saving.register_keras_serializable(package="nets")
class PlacedConv2D(_Placed, layers.Conv2D):
    """keras.layers.Conv2D on `device`."""


@keras.saving.register_keras_serializable(package="nets")
class PlacedDense(_Placed, layers.Dense):
    """keras.layers.Dense on `device`."""


@keras.saving.register_keras_serializable(package="nets")
class PlacedMaxPooling2D(_Placed, layers.MaxPooling2D):
    """keras.layers.MaxPooling2D on `device`."""


@keras.saving.register_keras_serializable(package="nets")
class PlacedLocalResponseNormalization(_Placed, LocalResponseNormalization):
    """LocalResponseNormalization on `device`."""
