"""Loss and gradients of a model in inference mode, on whichever backend Keras runs."""

from __future__ import annotations

import keras
import numpy as np


def cross_entropy(probabilities, labels):
    """Mean of -log p(label): probabilities (n, classes), labels integers (n,)."""
    classes = probabilities.shape[-1]
    picked = keras.ops.sum(probabilities * keras.ops.one_hot(labels, classes), axis=-1)
    return -keras.ops.mean(keras.ops.log(picked))


def loss_of(model, images, labels) -> float:
    """The loss alone."""
    probabilities = model(images, training=False)
    return float(keras.ops.convert_to_numpy(cross_entropy(probabilities, labels)))


def gradients(model, images, labels) -> tuple[float, list]:
    """The loss, and its gradient for each of model.trainable_variables: an array, or None.

    In inference mode dropout is off, and the biases in front of a batch normalisation, which the
    batch's mean would cancel, do have a gradient.
    """
    compute = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}[keras.backend.backend()]
    loss, grads = compute(model, images, labels)
    return float(loss), [None if array is None else np.asarray(array) for array in grads]


def _tensorflow(model, images, labels):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = cross_entropy(model(images, training=False), labels)
    grads = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    return loss, [None if g is None else tf.convert_to_tensor(g).numpy() for g in grads]


def _jax(model, images, labels):
    import jax

    fixed = [variable.value for variable in model.non_trainable_variables]

    def loss(weights):
        probabilities, _ = model.stateless_call(weights, fixed, images, training=False)
        return cross_entropy(probabilities, labels)

    # Without jit: compiling a deep network takes longer than running it once.
    return jax.value_and_grad(loss)([variable.value for variable in model.trainable_variables])


def _torch(model, images, labels):
    model.zero_grad()
    loss = cross_entropy(model(images, training=False), labels)
    loss.backward()
    grads = [variable.value.grad for variable in model.trainable_variables]
    return loss.item(), [None if g is None else g.detach().cpu().numpy() for g in grads]
