"""Arms of a comparison as they are when their runs are finished, without any training."""

from __future__ import annotations

import numpy as np

from datasets.signs import Signs
from datasets.splits import Parts
from training.arms import Arm, Trained

PHOTOGRAPHS = 100


def finished(
    name, wrong=10, *, classes=6, seeds=5, loss=0.1, histories=None, notes=None, validation=0.9
):
    """An arm that reads all but `wrong` of 100 photographs right, one more or fewer by seed."""
    labels = np.zeros(PHOTOGRAPHS, np.int64)
    images = np.zeros((PHOTOGRAPHS, 1, 1, 1), np.uint8)
    data = Signs(images, labels, images, labels, np.arange(classes))
    rows = []
    for seed in range(seeds):
        answers = np.zeros(PHOTOGRAPHS, int)
        answers[: wrong + seed % 2] = 1
        answers = np.roll(answers, 17 * seed).tolist()
        row = {"answers": answers, "train_answers": answers, "loss": loss}
        row |= {"validation": validation, "seconds": 1.0}
        row["history"] = histories[seed] if histories else []
        row["notes"] = notes[seed] if notes else {}
        rows.append(row)
    return Trained(name, Arm(lambda seed: None, Parts(data, images, labels)), rows)


def falling(first, epochs=40):
    """A history whose loss is 1.8, and 0.5 from epoch `first` on, counted from 1."""
    return [{"epoch": i, "loss": 1.8 if i + 1 < first else 0.5} for i in range(epochs)]
