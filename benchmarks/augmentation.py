"""Augmentation: images per second of ours, keras.layers and albumentations, in one run.

    python benchmarks/augmentation.py [--images 1024] [--rounds 7] [--workers 2] [--record]

Each prepares the same images, uint8 64x64, into shuffled batches of float32 0..1, with the same
number of threads: ours in its own pipeline, the others in tf.data. They take turns; the first epoch
of each compiles and is not timed.
albumentations is compared if it is installed: pip install albumentations.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks import records
from benchmarks.step_time import Setting, measure, ratios
from datasets import pipeline
from datasets.augmentation.catalogue import LECTURE, fused
from datasets.quiet import import_keras
from datasets.synthetic import dataset as synthetic

BENCHMARK = "augmentation"
# What each side has. Keras crops a whole batch at one place, and its crop must be resized again; it
# has neither colour shift nor PCA colour.
CASES = {
    "mirror, rotation, shearing": ("mirror", "rotation", "shear"),
    "mirror, crop, rotation, shearing, local warping": LECTURE[:5],
    "the whole lecture": LECTURE,
}
KERAS_LACKS = {"colour_shift", "pca_colour"}


@dataclass(frozen=True)
class Task:
    """The images to prepare, uint8 (n, h, w, 3), the size of a batch and the number of workers."""

    images: np.ndarray
    batch: int = 32
    workers: int = 2

    @property
    def labels(self) -> np.ndarray:
        """One label per image, which no side changes."""
        return np.arange(len(self.images))


def drawn(count: int) -> np.ndarray:
    """`count` drawn hands, uint8 (count, 64, 64, 3)."""
    chunks = [synthetic.batch("train", k)[0] for k in range(-(-min(count, 600) // 60))]
    return np.concatenate(chunks)[np.arange(count) % (60 * len(chunks))]


def exhausted(dataset) -> int:
    """Read a dataset to its end; returns the number of its images."""
    return sum(len(labels) for _, labels in dataset)


def ours(task: Task, names) -> Callable[[], int]:
    """An epoch of our pipeline."""
    how = fused(names, fit=task.images)
    return lambda: exhausted(
        pipeline.batches(task.images, task.labels, batch=task.batch, how=how, workers=task.workers)
    )


def keras_layers(task: Task, names) -> Callable[[], int] | None:
    """An epoch through Keras' layers one by one, as its guides show; None if it lacks one."""
    if KERAS_LACKS & set(names):
        return None
    keras = import_keras()
    import tensorflow as tf

    layers, side = keras.layers, task.images.shape[1]
    built = {
        "mirror": [layers.RandomFlip("horizontal")],
        "crop": [
            layers.RandomCrop(int(0.925 * side), int(0.925 * side)),
            layers.Resizing(side, side),
        ],
        "rotation": [layers.RandomRotation(0.03, fill_mode="nearest")],
        "shear": [layers.RandomShear(0.1, 0.0, fill_mode="nearest")],
        "warp": [layers.RandomElasticTransform(1.0, 0.8, fill_mode="nearest")],
    }
    chain = layers.Pipeline([layer for name in names for layer in built[name]])
    rows = tf.data.Dataset.from_tensor_slices((task.images, task.labels))
    # Whole batches only: RandomElasticTransform treats a batch of unknown size as one image.
    rows = rows.shuffle(len(task.images)).batch(task.batch, drop_remainder=True)
    data = rows.map(
        lambda images, labels: (chain(images, training=True) / 255, labels),
        num_parallel_calls=task.workers,
    ).prefetch(pipeline.AHEAD)
    options = tf.data.Options()
    options.threading.private_threadpool_size = task.workers
    data = data.with_options(options)
    return lambda: exhausted(data)


def albumentations(task: Task, names) -> Callable[[], int] | None:
    """An epoch through albumentations, image by image, in our workers; None if not installed."""
    if importlib.util.find_spec("albumentations") is None:
        return None
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    import albumentations as A
    import cv2

    cv2.setNumThreads(0)  # the workers are the threads
    side = task.images.shape[1]
    built = {
        "mirror": [A.HorizontalFlip(p=0.5)],
        "crop": [A.RandomResizedCrop(size=(side, side), scale=(0.85**2, 1), ratio=(1, 1), p=1)],
        # Rotation and shearing in one map, as albumentations can.
        "rotation": [
            A.Affine(
                rotate=(-11, 11),
                shear={"x": (-6, 6), "y": (0, 0)},
                border_mode=cv2.BORDER_REPLICATE,
                p=1,
            )
        ],
        "shear": [],
        "warp": [A.ElasticTransform(alpha=20, sigma=6, border_mode=cv2.BORDER_REPLICATE, p=1)],
        "colour_shift": [A.RGBShift(20, 20, 20, p=1)],
        "pca_colour": [A.FancyPCA(alpha=0.1, p=1)],
    }
    compose = A.Compose([step for name in names for step in built[name]])
    images, labels = task.images, task.labels

    def epoch() -> int:
        import tensorflow as tf

        order = np.random.default_rng().permutation(len(images))

        def prepare(number: int):
            rows = order[number * task.batch : (number + 1) * task.batch]
            changed = np.stack([compose(image=images[row])["image"] for row in rows])
            return changed.astype("float32") / np.float32(255), labels[rows]

        numbers = tf.data.Dataset.range(-(-len(order) // task.batch))
        data = numbers.map(
            lambda number: tf.numpy_function(prepare, [number], (tf.float32, labels.dtype)),
            num_parallel_calls=task.workers,
        ).prefetch(pipeline.AHEAD)
        return exhausted(data)

    return epoch


SIDES = {"ours": ours, "keras.layers": keras_layers, "albumentations": albumentations}


def run(case: str, task: Task, rounds: int) -> dict:
    """One record: images per second of each side, and how many times as fast ours is."""
    built = {side: build(task, CASES[case]) for side, build in SIDES.items()}
    epochs = {side: epoch for side, epoch in built.items() if epoch is not None}
    seconds = measure(epochs, Setting(task.batch, rounds, steps=1, warm_up=1))
    n = len(task.images)
    return {
        "benchmark": BENCHMARK,
        "case": case,
        "images": n,
        "side": task.images.shape[1],
        "batch": task.batch,
        "workers": task.workers,
        "images_a_second": {
            side: records.summary([n / value for value in values])
            for side, values in seconds.items()
        },
        "ours_times_as_fast": {
            side: records.summary(ratios(seconds[side], seconds["ours"]))
            for side in list(seconds)[1:]
        },
    }


def lines(row: dict) -> list[str]:
    """A record in words, one line per side."""
    text = [f"{row['case']}, {row['side']}x{row['side']}, {row['workers']} workers"]
    for side, speed in row["images_a_second"].items():
        line = f"  {side:15} {_spread(speed, ',.0f')} images per second"
        ratio = row["ours_times_as_fast"].get(side)
        text.append(line + (f"; ours is {_spread(ratio, '.1f')} times as fast" if ratio else ""))
    return text


def _spread(summary: dict, form: str) -> str:
    low, high = (format(summary[end], form) for end in ("min", "max"))
    return f"{format(summary['median'], form)} (n={summary['n']}, {low} to {high})"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the top of this file describes it. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=1024, help="images per epoch (1024)")
    parser.add_argument("--batch", type=int, default=32, help="images per batch (32)")
    parser.add_argument("--rounds", type=int, default=7, help="timed epochs of each (7)")
    parser.add_argument("--workers", type=int, default=2, help="threads that prepare (2)")
    parser.add_argument("--record", action="store_true", help=f"append to {records.RECORDS.name}")
    options = parser.parse_args(arguments)
    if min(options.images, options.batch, options.rounds, options.workers) < 1:
        parser.error("expected --images, --batch, --rounds and --workers of at least 1")
    if options.images % options.batch:
        parser.error(
            "expected --images to be whole batches: all sides then prepare the same number"
        )
    if importlib.util.find_spec("albumentations") is None:
        print("albumentations is not installed: compared without it", file=sys.stderr)
    import_keras()
    task = Task(drawn(options.images), options.batch, options.workers)
    for case in CASES:
        row = run(case, task, options.rounds)
        print("\n".join(lines(row)), flush=True)
        if options.record:
            records.append(row)
    return 0


if __name__ == "__main__":
    sys.exit(main())
