"""Accuracy and confusion on the test photographs, in either mode of batch norm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.duplicates import unseen
from datasets.pipeline import scaled
from datasets.signs import Signs
from training.errors import TrainingError, unknown

MODES = ("inference", "training")


@dataclass(frozen=True)
class Score:
    """Accuracy, from 0 to 1, on all test photographs and on those that train does not hold.

    tested, unseen: how many there are of each. confusion: int (classes, classes), row = true
    class, column = answer. predictions, labels: int (n,). new: bool (n,), those that train does not
    hold.
    """

    accuracy: float
    accuracy_unseen: float
    tested: int
    unseen: int
    confusion: np.ndarray
    predictions: np.ndarray
    labels: np.ndarray
    new: np.ndarray


def probabilities(
    model, images: np.ndarray, *, batch: int = 32, batch_norm: str = "inference"
) -> np.ndarray:
    """The model's answers to images; the model is left unchanged.

    Args:
        model: A keras.Model from images float32 0 to 1 to class probabilities.
        images: uint8 (n, h, w, c).
        batch: Images at a time, in their order.
        batch_norm: "inference" uses the moving averages. "training" calls the model with
            `training=True`, so each batch is normalised by its own mean and variance: the course's
            edition of 2021 tested in this way. A `training=True` given to a layer while the graph
            is built does not do this: `evaluate` and `predict` override it. Dropout, which the
            course's network does not have, would be active too.

    Returns:
        Probabilities, float32 (n, classes).

    Raises:
        TrainingError: The mode of batch norm is unknown, or the images are not of this shape.
    """
    if batch_norm not in MODES:
        raise unknown("a mode of batch norm", batch_norm, MODES)
    if images.ndim != 4 or not len(images):
        advice = "; one image is a batch of one, images[None]" if images.ndim == 3 else ""
        raise TrainingError(
            f"expected images of shape (n, height, width, channels), received "
            f"{images.shape}{advice}"
        )
    answers = []
    for first in range(0, len(images), batch):
        inputs = scaled(images[first : first + batch])
        answers.append(_answer(model, inputs, batch_norm == "training"))
    return np.concatenate(answers)


def _answer(model, inputs: np.ndarray, training: bool) -> np.ndarray:
    import keras

    # Stateless: a call in training mode moves the averages that inference mode uses.
    outputs, _ = model.stateless_call(
        [variable.value for variable in model.trainable_variables],
        [variable.value for variable in model.non_trainable_variables],
        inputs,
        training=training,
    )
    return keras.ops.convert_to_numpy(keras.ops.cast(outputs, "float32"))


def confusion(labels: np.ndarray, predictions: np.ndarray, classes: int) -> np.ndarray:
    """Counts, int (classes, classes): row = true class, column = answer."""
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (labels, predictions), 1)
    return counts


def score(model, data: Signs, *, batch: int = 32, batch_norm: str = "inference") -> Score:
    """Test `model` on data.test_x and data.test_y; for batch and mode see `probabilities`."""
    predictions = probabilities(model, data.test_x, batch=batch, batch_norm=batch_norm).argmax(1)
    right, new = predictions == data.test_y, unseen(data.test_x, data.train_x)
    return Score(
        accuracy=float(right.mean()),
        accuracy_unseen=float(right[new].mean()) if new.any() else float("nan"),
        tested=len(right),
        unseen=int(new.sum()),
        confusion=confusion(data.test_y, predictions, len(data.classes)),
        predictions=predictions,
        labels=data.test_y,
        new=new,
    )
