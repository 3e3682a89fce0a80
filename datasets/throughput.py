"""How fast images are prepared, by workers, and how long a training step waits for them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count

import numpy as np

from datasets import pipeline
from datasets.augmentation.fused import Fused

WANTED = 0.03  # of a step's time may be spent waiting


@dataclass(frozen=True)
class Waited:
    """Medians over training steps, in seconds; share: of all their time, spent waiting for data.

    alone: a step on one batch again and again, with no data prepared meanwhile. beside: a step
    while the workers prepare the next batches, without its wait. On a CPU they share its cores.
    """

    steps: int
    share: float
    alone: float
    beside: float
    wait: float


def rates(images: np.ndarray, labels: np.ndarray, how: Fused | None, *, workers: int,
          batch: int = 32, rounds: int = 5) -> list[float]:  # fmt: skip
    """Images a second of the whole pipeline, once a round; the round before the first is free."""
    found = []
    for epoch in range(rounds + 1):
        data = pipeline.batches(
            images, labels, batch=batch, epochs=[epoch], how=how, workers=workers
        )
        began = time.perf_counter()
        for _ in data:
            pass
        found.append(len(images) / (time.perf_counter() - began))
    return found[1:]


def endless(images: np.ndarray, labels: np.ndarray, how: Fused | None, *, workers: int,
            batch: int) -> Iterator:  # fmt: skip
    """Whole batches, epoch after epoch, as they come from the pipeline."""
    data = pipeline.batches(images, labels, batch=batch, epochs=count(), how=how, workers=workers)
    yield from (pair for pair in data if len(pair[1]) == batch)


def waiting(
    batches: Iterable,
    step: Callable,
    *,
    steps: int = 12,
    warm_up: int = 2,
    clock: Callable[[], float] = time.perf_counter,
) -> Waited:
    """Time `step(images, labels)` on one batch over and over, then on batches as they come."""
    source = iter(batches)
    first = next(source)
    alone = _times(chain([first] * (warm_up + steps)), step, warm_up, clock)
    beside = _times(source, step, 0, clock, steps)
    waits, works = zip(*beside, strict=True)
    return Waited(
        steps=steps,
        share=sum(waits) / (sum(waits) + sum(works)),
        alone=statistics.median(work for _, work in alone),
        beside=statistics.median(works),
        wait=statistics.median(waits),
    )


def _times(source, step, warm_up, clock, steps=None) -> list[tuple[float, float]]:
    """(seconds waiting, seconds in the step) of each step after the warm-up."""
    found, source = [], iter(source)
    while steps is None or len(found) < steps:
        began = clock()
        pair = next(source, None)
        if pair is None:
            break
        came = clock()
        step(*pair)
        found.append((came - began, clock() - came))
    return found[warm_up:]


def resnet50_step(side: int, classes: int) -> Callable:
    """A training step of keras.applications' ResNet-50, which no package of ours is needed for."""
    import keras

    model = keras.applications.ResNet50(weights=None, input_shape=(side, side, 3), classes=classes)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model.train_on_batch
