"""Training batches from plain arrays, the same for a seed wherever training takes up again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np

from training.augment import augment
from training.recipes import Augmentation


def scaled(images: np.ndarray) -> np.ndarray:
    """Pixels as the course scales them: uint8 0..255 -> float32 0..1."""
    return images.astype("float32") / np.float32(255)


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Labels int (n,) -> float32 (n, classes)."""
    return np.eye(classes, dtype="float32")[labels]


def stream(
    images: np.ndarray,
    labels: np.ndarray,
    classes: int,
    *,
    batch: int,
    seed: int,
    start: int = 0,
    augmentation: Augmentation | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Batches without end, (images float32 (b, h, w, c), labels one-hot (b, classes)).

    Epochs are shuffled and augmented by (seed, epoch) alone: a run that takes up at epoch `start`
    sees what an uninterrupted one sees from there on. The last batch of an epoch may be smaller.
    """
    targets = one_hot(labels, classes)
    for rows, rng in shuffled(len(images), batch, seed, start):
        chosen = images[rows]
        if augmentation is not None:
            chosen = augment(chosen, augmentation, rng)
        yield scaled(chosen), targets[rows]


def shuffled(
    examples: int, batch: int, seed: int, start: int = 0
) -> Iterator[tuple[np.ndarray, np.random.Generator]]:
    """The rows of one batch after another, without end, and the generator of their epoch.

    Each epoch holds every row once, in an order that follows from (seed, epoch) alone.
    """
    for epoch in count(start):
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(examples)
        for first in range(0, examples, batch):
            yield order[first : first + batch], rng


def steps_per_epoch(examples: int, batch: int) -> int:
    """How many batches hold all examples, the last one perhaps in part."""
    return -(-examples // batch)
