"""Batches that CPU threads prepare while the device trains, on every backend of Keras.

One random generator per epoch draws the order of the images and then, batch by batch, what happens
to each of them. The threads only compute, in NumPy, whose loops let other threads run. So batches
depend on (seed, epoch) alone: they are the same for any number of threads, and training that goes
on at a later epoch sees what it would have seen without the interruption.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from datasets.augmentation.fused import Drawn, Fused, applied
from datasets.errors import DataError

AHEAD = 2  # batches that wait ready for the device

Batch = tuple[np.ndarray, np.ndarray]


def batches(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    batch: int = 32,
    seed: int = 0,
    epochs: Iterable[int] = (0,),
    how: Fused | None = None,
    workers: int = 2,
) -> Iterator[Batch]:
    """Shuffled, augmented and scaled batches; each epoch has every image once.

    Args:
        images: uint8 (n, h, w, c).
        labels: (n,) or (n, classes).
        batch: Images per batch; the last one of an epoch may be smaller.
        seed: Another seed gives another order and other changes.
        epochs: The epochs, one after another; `itertools.count()` never ends.
        how: The augmentation; None leaves the images as they are.
        workers: Threads that prepare batches.

    Returns:
        Pairs of images float32 from 0 to 1, (b, h, w, c), and labels (b, ...).

    Raises:
        DataError: Images and labels do not fit together, or the images do not fit `how`.
    """
    if len(images) != len(labels) or not len(images):
        raise DataError(
            f"pipeline: expected one label per image, received {len(images)} images "
            f"and {len(labels)} labels"
        )
    if batch < 1:
        raise DataError(f"pipeline: expected a batch of at least 1, received {batch}")
    scaled(images[:1])
    order = shuffled(len(images), batch, seed, epochs)
    return prepared(((images[rows], labels[rows], rng) for rows, rng in order), how, workers)


def prepared(
    source: Iterable[tuple[np.ndarray, np.ndarray, np.random.Generator]],
    how: Fused | None = None,
    workers: int = 2,
) -> Iterator[Batch]:
    """Augment and scale the batches of `source`, in their order, on `workers` threads.

    source: (images uint8, labels, the generator that draws the changes). Raises DataError.
    """
    if workers < 1:
        raise DataError(f"pipeline: expected at least 1 worker, received {workers}")
    return _prepared(source, how, workers)


def _prepared(source, how: Fused | None, workers: int) -> Iterator[Batch]:
    pool = ThreadPoolExecutor(workers)
    waiting: deque = deque()
    try:
        for images, labels, rng in source:
            drawn = None if how is None else how.draw(images, rng)
            waiting.append((pool.submit(_finished, images, drawn), labels))
            if len(waiting) > workers + AHEAD:
                images_ready, labels = waiting.popleft()
                yield images_ready.result(), labels
        for images_ready, labels in waiting:
            yield images_ready.result(), labels
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _finished(images: np.ndarray, drawn: Drawn | None) -> np.ndarray:
    return scaled(images if drawn is None else applied(images, drawn))


def shuffled(
    examples: int, batch: int, seed: int, epochs: Iterable[int]
) -> Iterator[tuple[np.ndarray, np.random.Generator]]:
    """The rows of one batch after another, and the random generator of their epoch.

    Each epoch has every row once, in an order that depends on (seed, epoch) alone.
    """
    for epoch in epochs:
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(examples)
        for first in range(0, examples, batch):
            yield order[first : first + batch], rng


def scaled(images: np.ndarray) -> np.ndarray:
    """Pixels as the course scales them: uint8 0 to 255 -> float32 0 to 1.

    Raises DataError for another type: of floats nobody knows whether they were divided already.
    """
    if images.dtype != np.uint8:
        raise DataError(
            f"pixels: expected uint8 0 to 255, received {images.dtype} from {images.min():g} to "
            f"{images.max():g}; datasets.convert.to_rgb8 converts them"
        )
    return images.astype("float32") / np.float32(255)


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Labels int (n,) -> float32 (n, classes)."""
    return np.eye(classes, dtype="float32")[labels]


def steps_per_epoch(examples: int, batch: int) -> int:
    """How many batches hold all examples; the last one may be smaller."""
    return -(-examples // batch)
