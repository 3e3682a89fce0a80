"""How fast threads prepare images, and how long a training step waits for them."""

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
    """Medians over training steps, in seconds; share: the part of all time spent waiting for data.

    alone: a step on the same batch again and again, while no data are prepared. busy: a step while
    the workers prepare the next batches, without its wait. On a CPU they share its cores.
    """

    steps: int
    share: float
    alone: float
    busy: float
    wait: float


def rates(images: np.ndarray, labels: np.ndarray, how: Fused | None, *, workers: int,
          batch: int = 32, rounds: int = 5) -> list[float]:  # fmt: skip
    """Images per second of the whole pipeline, per round; a round before the first is not timed."""
    measured = []
    for epoch in range(rounds + 1):
        data = pipeline.batches(
            images, labels, batch=batch, epochs=[epoch], how=how, workers=workers
        )
        began = time.perf_counter()
        for _ in data:
            pass
        measured.append(len(images) / (time.perf_counter() - began))
    return measured[1:]


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
    busy = _times(source, step, 0, clock, steps)
    waits, works = zip(*busy, strict=True)
    return Waited(
        steps=steps,
        share=sum(waits) / (sum(waits) + sum(works)),
        alone=statistics.median(work for _, work in alone),
        busy=statistics.median(works),
        wait=statistics.median(waits),
    )


def _times(source, step, warm_up, clock, steps=None) -> list[tuple[float, float]]:
    """(seconds waiting, seconds in the step) of each step after the warm-up."""
    times: list[tuple[float, float]] = []
    source = iter(source)
    while steps is None or len(times) < steps:
        began = clock()
        pair = next(source, None)
        if pair is None:
            break
        came = clock()
        step(*pair)
        times.append((came - began, clock() - came))
    return times[warm_up:]


def resnet50_step(side: int, classes: int) -> Callable:
    """A training step of keras.applications' ResNet-50, which needs no other package of ours."""
    import keras

    model = keras.applications.ResNet50(weights=None, input_shape=(side, side, 3), classes=classes)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model.train_on_batch
