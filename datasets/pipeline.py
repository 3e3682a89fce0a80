"""Batches that CPU threads prepare while the device trains: tf.data with N workers.

A worker takes the number of a batch, and reads, augments and scales that batch in NumPy, whose
loops let the other threads run. What a batch holds depends on (seed, epoch, number) alone, so that
it is the same however many workers there are, and wherever training takes up again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from datasets.augmentation.fused import Fused, augment
from datasets.errors import DataError

AHEAD = 2  # batches that wait ready for the device


def batches(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    batch: int = 32,
    seed: int = 0,
    epoch: int = 0,
    how: Fused | None = None,
    workers: int = 2,
):
    """A tf.data.Dataset of one shuffled epoch: (images float32 0..1 (b, h, w, c), labels (b,)).

    images: uint8 (n, h, w, c). labels: (n,) or (n, classes). how: the augmentation, as
    `augmentation.catalogue.fused` makes it; None leaves the images alone. The last batch may be
    smaller. Raises DataError for images and labels that do not fit together.
    """
    if len(images) != len(labels) or not len(images):
        raise DataError(
            f"pipeline: expected one label an image, received {len(images)} images "
            f"and {len(labels)} labels"
        )
    _check(batch, workers)
    order = np.random.default_rng([seed, epoch]).permutation(len(images))

    def prepare(number: int):
        rows = order[number * batch : (number + 1) * batch]
        return prepared(images[rows], how, [seed, epoch, number]), labels[rows]

    numbers = _tf().data.Dataset.range(-(-len(order) // batch))
    return mapped(numbers, prepare, images.shape[1:], labels, workers)


def streamed(
    source: Callable,
    labels: np.ndarray,
    shape: tuple[int, ...],
    *,
    seed: int = 0,
    epoch: int = 0,
    how: Fused | None = None,
    workers: int = 2,
):
    """The same from a stream: `source()` gives (images uint8, labels) batch by batch, in order.

    labels: an array like those of the stream, for its dtype and shape. shape: (h, w, c). See
    `datasets.stream`, which reads files larger than memory.
    """
    _check(1, workers)
    tf = _tf()
    like = (
        tf.TensorSpec((None, *shape), "uint8"),
        tf.TensorSpec((None, *labels.shape[1:]), labels.dtype),
    )
    raw = tf.data.Dataset.from_generator(source, output_signature=like).enumerate()

    def prepare(number: int, images: np.ndarray, answers: np.ndarray):
        return prepared(images, how, [seed, epoch, number]), answers

    # enumerate gives (number, (images, labels)); the worker takes three arguments.
    flat = raw.map(lambda number, pair: (number, *pair))
    return mapped(flat, prepare, shape, labels, workers)


def prepared(images: np.ndarray, how: Fused | None, seed: list[int]) -> np.ndarray:
    """One batch, augmented under `seed` and scaled: uint8 -> float32 0..1."""
    if how is not None:
        images = augment(images, how, np.random.default_rng(seed))
    return images.astype("float32") / np.float32(255)


def _check(batch: int, workers: int) -> None:
    if batch < 1 or workers < 1:
        raise DataError(
            f"pipeline: expected a batch and workers of at least 1, received {batch} and {workers}"
        )


def mapped(dataset, prepare: Callable, shape, labels: np.ndarray, workers: int):
    """A dataset whose every element goes through `prepare`, in NumPy, on one of `workers` threads.

    prepare: returns (images float32 (b, *shape), labels like `labels`), and knows nothing of order.
    """
    tf = _tf()

    def worker(*inputs):
        images, answers = tf.numpy_function(prepare, inputs, (tf.float32, labels.dtype))
        images.set_shape((None, *shape))
        answers.set_shape((None, *labels.shape[1:]))
        return images, answers

    # Deterministic: the order stays that of the numbers, whichever worker is first.
    done = dataset.map(worker, num_parallel_calls=workers, deterministic=True)
    options = tf.data.Options()
    # Threads of its own: those of TensorFlow's operations are the device's on a CPU.
    options.threading.private_threadpool_size = workers
    return done.prefetch(AHEAD).with_options(options)


def _tf():
    import tensorflow

    return tensorflow
