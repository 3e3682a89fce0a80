"""A tf.data.Dataset and functions as arguments, and the dataset that is returned as arrays.

A case has these keys too, besides those of grader.runner.cases:
    dataset    [n, h, w, c]: reference pixels as images, labelled 0 to n - 1 in their order
    batch      images per element; the last element may have fewer
    functions  a list, passed on as the second argument; each takes (images, seed) and is one of
               {"does": "affine", "times": 5, "plus": 3}   whole numbers, modulo 256
               {"does": "seed", "row": 0}                  writes its seed into this row
               {"does": "hold", "seconds": 0.05}           waits in every second call
               {"does": "meet", "parties": 3, "seconds": 8, "row": 0}   waits until this many calls
               of it run at once, and writes into this row whether they did, and how many there were
    passes     how often the dataset that is returned is iterated

A row is written in channel 0: eight bytes of the seed, lowest first; or two numbers.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np

from grader.runner import loader, reference_weights

# Threads for a dataset: on few cores, too, as many calls run at once as a case asks for.
THREADS = 16
# Seconds for which calls stay together after they have met.
TOGETHER = 0.01


def dataset(case: dict):
    """The tf.data.Dataset of a case."""
    import tensorflow as tf

    images = reference_weights.pixels(tuple(case["dataset"]), case["seed"])
    labels = np.arange(len(images), dtype=np.int64)
    return tf.data.Dataset.from_tensor_slices((images, labels)).batch(case["batch"])


def functions(case: dict) -> list[Function]:
    """The functions of a case."""
    return [Function(description) for description in case["functions"]]


class Function:
    """A function (images, seed) -> images by its description; counts its calls."""

    def __init__(self, description: dict):
        self.description, self.calls = description, 0
        self._lock, self._inside = threading.Lock(), 0
        self._barrier = threading.Barrier(description.get("parties", 1))

    def __call__(self, images, seed):
        images, row = np.array(images), self.description.get("row")
        with self._lock:
            self.calls += 1
            call = self.calls
        does = self.description["does"]
        if does == "affine":
            changed = images.astype(np.int64) * self.description["times"] + self.description["plus"]
            return (changed % 256).astype(images.dtype)
        if does == "seed":
            digits = np.frombuffer(int(seed).to_bytes(8, "little", signed=True), np.uint8)
            images[:, row, :8, 0] = digits
        elif does == "hold":
            time.sleep(self.description["seconds"] * (call % 2))
        elif does == "meet":
            images[:, row, :2, 0] = self._meet()
        return images

    def _meet(self) -> tuple[bool, int]:
        """Wait for the other parties: whether they came in time, and how many calls were inside."""
        with self._lock:
            self._inside += 1
        try:
            self._barrier.wait(self.description["seconds"])
            met = True
        except threading.BrokenBarrierError:
            met = False
        time.sleep(TOGETHER * met)
        with self._lock:
            inside, self._inside = self._inside, self._inside - 1
        return met, inside


def run(result, case: dict, passed: list[Function]) -> tuple[dict, dict[str, np.ndarray]]:
    """Iterate the dataset that a submission has returned.

    Args:
        result: The dataset.
        case: The case.
        passed: The functions that the submission was given; how often they were called counts.

    Returns:
        A record of the elements' kinds, and the images and labels of each pass.

    Raises:
        Trouble: The result is no dataset of pairs, or it cannot be iterated.
    """
    import tensorflow as tf

    spec: Any = getattr(result, "element_spec", None)
    pair = isinstance(result, tf.data.Dataset) and isinstance(spec, tuple) and len(spec) == 2
    if not pair or not all(isinstance(part, tf.TensorSpec) for part in spec):
        received = type(result).__name__ if spec is None else f"a dataset of {spec}"[:200]
        raise loader.Trouble("not_dataset", function=case["call"], received=received)
    shapes = [list(part.shape) if part.shape.rank is not None else None for part in spec]
    record = {"shapes": shapes, "dtypes": [part.dtype.name for part in spec]}
    arrays: dict[str, Any] = {"calls": [max((f.calls for f in passed), default=0)]}
    options = tf.data.Options()
    options.threading.private_threadpool_size = THREADS
    try:
        for number in range(1, case.get("passes", 1) + 1):
            # An endless dataset is cut off, far after its last right element.
            elements = [*result.with_options(options).take(4 * case["dataset"][0])]
            arrays[f"sizes {number}"] = [len(np.atleast_1d(images)) for images, _ in elements]
            for i, name in enumerate(("images", "labels")):
                parts = [np.atleast_1d(pair[i].numpy()) for pair in elements]
                arrays[f"{name} {number}"] = np.concatenate(parts or [np.zeros(0)])
    except Exception as error:
        details = loader.describe(error)
        raise loader.Trouble("iterated", function=case["call"], **details) from None
    return record, {name: np.asarray(value, np.float32) for name, value in arrays.items()}
