"""How much of the gradient reaches each layer."""

from __future__ import annotations

import numpy as np

from datasets.pipeline import one_hot, scaled
from training.compile import layers


def gradient_norms(model, images: np.ndarray, labels: np.ndarray) -> list[tuple[str, float]]:
    """(layer, norm) of the loss's gradient for each kernel, in the model's order from the input.

    images: uint8 (n, h, w, c); labels: int (n,). The loss is the mean cross-entropy over all n in
    one batch, batch norm in training mode; the norm is Euclidean. The model's weights, averages
    and compilation are left as they were.
    """
    import keras

    # A model over the same layers takes one step of gradient descent with momentum and rate 1:
    # its momentum is then minus the gradient, exactly, on every backend of Keras.
    # It has the model's own loss if its class has one, such as that of auxiliary heads.
    kind = keras.Model if isinstance(model, keras.Sequential) else type(model)
    copy = kind(model.input, model.output)
    descent = keras.optimizers.SGD(1.0, momentum=0.9)
    copy.compile(descent, keras.losses.CategoricalCrossentropy(), run_eagerly=True)
    before = model.get_weights()
    try:
        copy.train_on_batch(scaled(images), one_hot(labels, model.output_shape[-1]))
        slots = zip(copy.trainable_variables, descent.momentums, strict=True)
        gradients = {id(variable): keras.ops.convert_to_numpy(slot) for variable, slot in slots}
    finally:
        model.set_weights(before)
    kernels = [(layer.name, id(layer.kernel)) for layer in layers(model) if _has_kernel(layer)]
    return [(name, float(np.linalg.norm(gradients[key]))) for name, key in kernels]


def _has_kernel(layer) -> bool:
    return layer.trainable and getattr(layer, "kernel", None) is not None
