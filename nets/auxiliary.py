"""Auxiliary heads: classifiers half-way that take part in the loss (Szegedy et al. 2014, 5).

They give the early layers of a deep network a gradient of their own during training. Afterwards
they are dropped.
"""

from __future__ import annotations

from functools import partial

import keras
from keras import layers

from nets.common import softmax

LOSS_WEIGHT = 0.3
# The paper's pooling, 5 pixels wide and 3 apart, makes 4x4 of the 14x14 that 224x224 leave here.
PAPER_MAP, POOLED_MAP = 14, 4


def auxiliary_head(X, classes: int, name: str):
    """One auxiliary classifier (section 5).

    Average pooling, 1x1 convolution to 128, dense layer of 1024, dropout 0.7, softmax in float32.
    The pooling is the paper's 5x5 window with stride 3 if the map has at least 14x14 pixels.
    Smaller maps, such as 4x4 at 64x64 where that window does not fit, are pooled adaptively to the
    4x4 that it makes of 14x14. So the head has the same weights at all of them; 4x4 stays as it is,
    and still smaller maps repeat their pixels.

    Args:
        X: Keras tensor, (n, h, w, c).
        classes: Number of classes.
        name: The name of the softmax layer; starts the names of the others.

    Returns:
        Keras tensor of probabilities, (n, classes).
    """
    if min(X.shape[1:3]) >= PAPER_MAP:
        X = layers.AveragePooling2D(5, strides=3, name=f"{name}_pool")(X)
    else:
        X = layers.AdaptiveAveragePooling2D(POOLED_MAP, name=f"{name}_pool")(X)
    relu = {"activation": "relu", "kernel_initializer": "he_normal"}
    X = layers.Conv2D(128, 1, name=f"{name}_conv", **relu)(X)
    X = layers.Flatten(name=f"{name}_flatten")(X)
    X = layers.Dense(1024, name=f"{name}_dense", **relu)(X)
    return softmax(layers.Dropout(0.7, name=f"{name}_dropout")(X), classes, name)


@keras.saving.register_keras_serializable(package="nets")
class AuxiliaryModel(keras.Model):
    """A network with auxiliary heads that trains like one without (section 5).

    In training, 0.3 times the loss of each head is added to the network's. All use the loss of
    `compile` and the same labels; metrics are of the network alone. `predict`, `evaluate` and
    model(x) give the network's output alone: (n, *input_shape) -> (n, classes). Only
    model(x, training=True) returns the list of all outputs.

    Args:
        inputs: As for keras.Model.
        outputs: As for keras.Model; the first is the network's, the others are heads.
    """

    def call(self, inputs, training=None, mask=None):
        outputs = super().call(inputs, training=training, mask=mask)
        return outputs if training else outputs[0]

    def compute_output_spec(self, inputs, training=None, mask=None):
        outputs = super().compute_output_spec(inputs, training=training, mask=mask)
        return outputs if training else outputs[0]

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        shared = {"sample_weight": sample_weight, "training": training}
        loss_of = partial(super().compute_loss, x, y, **shared)
        if not isinstance(y_pred, (list, tuple)):
            return loss_of(y_pred=y_pred)
        losses = [loss_of(y_pred=output) for output in y_pred]
        # Each holds the regularisation penalties, which are to count once.
        penalty = sum(keras.ops.sum(loss) for loss in self.losses)
        return losses[0] + LOSS_WEIGHT * sum(loss - penalty for loss in losses[1:])

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        main = y_pred[0] if isinstance(y_pred, (list, tuple)) else y_pred
        return super().compute_metrics(x, y, main, sample_weight)


def inference(model) -> keras.Model:
    """The network of an `AuxiliaryModel` without its heads, to keep after training.

    Args:
        model: An `AuxiliaryModel`.

    Returns:
        A model of one output that shares the layers, and so the weights, of `model`.
    """
    return keras.Model(model.inputs[0], model.outputs[0], name=model.name)
