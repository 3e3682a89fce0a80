"""In the child: a tf.data.Dataset as an argument, functions to put on it, and what comes of both.

In a case, beside what grader.runner.cases says:
    dataset    [n, h, w, c]: the rule's pixels as images, labelled 0 to n - 1 in their order
    batch      images in an element, the last of which may have fewer
    functions  a list, passed on as the second argument; each takes (images, seed) and is one of
               {"does": "affine", "times": 5, "plus": 3}   whole numbers, modulo 256
               {"does": "seed", "row": 0}                  writes its seed into this row
               {"does": "hold", "seconds": 0.05}           waits in every second call
               {"does": "meet", "parties": 3, "seconds": 8, "row": 0}   waits until so many calls
               of it run at once, and writes into this row whether they did, and how many there were
    passes     how often the dataset that comes back is run through

What a row says stands in channel 0: eight bytes of the seed, lowest first; or two numbers.
"""

from __future__ import annotations

import threading
import time

import numpy as np

from grader.runner import loader, reference_weights

# Threads for a dataset, so that a machine of few cores can run as many calls at once as asked.
THREADS = 16
# How long calls stay together where they have met.
TOGETHER = 0.01


def dataset(case: dict):
    """The tf.data.Dataset of a case."""
    import tensorflow as tf

    images = reference_weights.pixels(tuple(case["dataset"]), case["seed"])
    labels = np.arange(len(images), dtype=np.int64)
    return tf.data.Dataset.from_tensor_slices((images, labels)).batch(case["batch"])


def functions(case: dict) -> list[Function]:
    """The functions of a case."""
    return [Function(one) for one in case["functions"]]


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
            images[:, row, :2, 0] = self._met()
        return images

    def _met(self) -> tuple[bool, int]:
        """Whether the other parties came in time, and how many calls were inside together."""
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


def run(found, case: dict, given: list[Function]) -> tuple[dict, dict[str, np.ndarray]]:
    """What `found` holds: a record of its elements' kinds, and the images and labels of each pass.

    Raises Trouble for what is no dataset of pairs, and for one that cannot be run.
    """
    import tensorflow as tf

    spec = getattr(found, "element_spec", None)
    pair = isinstance(found, tf.data.Dataset) and isinstance(spec, tuple) and len(spec) == 2
    if not pair or not all(isinstance(one, tf.TensorSpec) for one in spec):
        received = type(found).__name__ if spec is None else f"a dataset of {spec}"[:200]
        raise loader.Trouble("not_dataset", function=case["call"], received=received)
    shapes = [list(one.shape) if one.shape.rank is not None else None for one in spec]
    record = {"shapes": shapes, "dtypes": [one.dtype.name for one in spec]}
    arrays = {"calls": [max((one.calls for one in given), default=0)]}
    options = tf.data.Options()
    options.threading.private_threadpool_size = THREADS
    try:
        for number in range(1, case.get("passes", 1) + 1):
            # An endless one is cut off, far behind its last right element.
            elements = [*found.with_options(options).take(4 * case["dataset"][0])]
            arrays[f"sizes {number}"] = [len(np.atleast_1d(images)) for images, _ in elements]
            for i, name in enumerate(("images", "labels")):
                parts = [np.atleast_1d(one[i].numpy()) for one in elements]
                arrays[f"{name} {number}"] = np.concatenate(parts or [[]])
    except Exception as error:
        raise loader.Trouble(
            "iterated", function=case["call"], **loader.described(error, "")
        ) from None
    return record, {name: np.asarray(value, np.float32) for name, value in arrays.items()}
