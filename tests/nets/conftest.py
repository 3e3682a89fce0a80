"""What the tests of the networks share: weights at which an output depends on its input."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest


def enliven(model, images):
    """Give `model` weights drawn by NumPy, at which its output depends on its input; returns it.

    Kernels have He's scale and the position of the variable as their seed, so that they are equal
    on every backend. Batch normalisation gets as moving statistics those of `images`, and scales
    and shifts around one: a shift of zero would let the gradient of a plain network grow by a fifth
    at every layer, until float32 cannot follow. Then the head is settled, see `_settle_head`.
    Fresh weights will not do: moving statistics of zero and one let a deep network fade or explode.
    """
    for position, variable in enumerate(model.trainable_variables):
        variable.assign(_drawn(variable, np.random.default_rng(position)))
    norms = [layer for layer in model.layers if hasattr(layer, "moving_variance")]
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    if norms:
        model(images, training=True)
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum
    _settle_head(model, images)
    return model


def _drawn(variable, random) -> np.ndarray:
    shape = tuple(variable.shape)
    if len(shape) < 2:
        around = 1.0 if variable.name in ("gamma", "beta") else 0.0
        return (around + random.uniform(-0.3, 0.3, shape)).astype(np.float32)
    draws = random.standard_normal(shape, dtype=np.float32)
    draws *= np.float32(math.sqrt(2 / math.prod(shape[:-1])))
    return draws


def _settle_head(model, images) -> None:
    """Centre the logits on the pictures and spread them by two: no p of 0 or 1, and none alike."""
    last = model.layers[-1]
    if not isinstance(last, keras.layers.Dense):
        return
    features = keras.Model(model.inputs[0], last.input)(images, training=False)
    features = keras.ops.convert_to_numpy(keras.ops.cast(features, "float32"))
    kernel = keras.ops.convert_to_numpy(last.kernel)
    logits = features @ kernel
    spread = (logits - logits.mean(axis=0)).std()
    # If it were less, the scale would enlarge rounding errors only.
    assert spread > 1e-3 * np.abs(logits).max(), f"{model.name} gives all pictures the same"
    last.kernel.assign(kernel * (2 / spread))
    last.bias.assign(-logits.mean(axis=0) * (2 / spread))


@pytest.fixture(scope="session")
def lively():
    """The function lively(model, images), see `enliven`."""
    return enliven
