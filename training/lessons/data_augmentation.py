"""Data augmentation: what it looks like, whether it helps, and whether threads hide its cost."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
from keras import layers

from datasets.files import make_folder
from datasets.signs import Signs
from datasets.splits import Parts, parts, repeats
from datasets.workers import cores
from training import arms as compared_arms
from training import comparison, plots
from training.lessons import asked, said, seeds, verdicts
from training.loop import Fitted

ABOUT = "Data augmentation: show it, train with and without, and compare."
RUNS = "runs/augmentation-homework"
IMAGES = 100
SIZES, STEPS = (100, 300, 1080), 600
QUICK_STEPS = 30
ARMS = ("without", "with")
BATCH, AHEAD, RATE = 32, 4, 2e-3
NAMES = ("mirror", "random crop", "rotate, shear, warp", "PCA colour")
SHOWN = 5


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add --steps and --workers to the command line."""
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--workers", type=int, default=2, help="threads that augment")


def settings(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Add what a whole run takes, or a quick one."""
    options.sizes, options.timed = SIZES, 60
    if options.quick:
        options.sizes, options.steps = (IMAGES,), QUICK_STEPS
        options.timed = 20


def run(
    functions: Sequence[Callable], data: Signs, source: str, options: argparse.Namespace
) -> None:
    """Show the distortions, train with and without, plot, and say what is supported.

    functions: the learner's four distortions in the order of NAMES, then augment_in_threads.
    source: the name of the data.
    """
    make_folder(options.runs)
    title = f"Five draws of each distortion, {source}"
    plots.save(picture(functions, data.train_x[:100], title), options.runs / "distortions.png")
    if options.quick:
        print(
            f"--quick: {IMAGES} training photographs, {QUICK_STEPS} steps and one seed, too few "
            "for a verdict: what follows shows the way, not the answer"
        )
    split = parts(data)
    most = len(split.learning.train_x)
    options.sizes = tuple(dict.fromkeys(min(size, most) for size in options.sizes))
    results, by_part = compare(functions, split, options)
    title = f"{options.steps} steps a run, seeds: {options.seeds}, {source}"
    plots.save(curve(results, title), options.runs / "accuracy.png")
    about_accuracy(results, len(data.classes))
    about_parts(results[options.sizes[0], "with"], by_part, len(data.classes))
    about_threads(functions, split.learning, options)
    print(f"the plots and the network chosen by validation, model.keras, are in {options.runs}")


def picture(functions: Sequence[Callable], photographs: np.ndarray, title: str):
    """Each distortion of the first photograph under five seeds, as a matplotlib figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 6.4), layout="constrained")
    figure.suptitle(title)
    grid = figure.subplots(len(NAMES), SHOWN + 1)
    for row, name, distort in zip(grid, NAMES, functions[:4], strict=True):
        # The colours of many photographs give the axes, as in training.
        drawn = [distort(photographs, seed)[0] for seed in range(SHOWN)]
        titles = ["as it is", *(f"seed {seed}" for seed in range(SHOWN))]
        for axes, image, text in zip(row, [photographs[0], *drawn], titles, strict=True):
            axes.imshow(image)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set_title(text, fontsize=9)
        row[0].set_ylabel(name, fontsize=10)
    return figure


def network(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Four convolutions of stride 2, each with batch norm and ReLU; then averages, then softmax."""
    images = X = keras.Input(shape)
    for filters in (32, 64, 128, 256):
        X = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(X)
        X = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(X))
    X = layers.GlobalAveragePooling2D()(X)
    return keras.Model(images, layers.Dense(classes, activation="softmax")(X))


def chosen(data: Signs, size: int, seed: int) -> Signs:
    """The data with `size` training photographs alone, by seed.

    Those that the test set shows as well, or that come twice, are the last to be taken.
    """
    order = np.random.default_rng(seed).permutation(len(data.train_x))
    last = np.isin(order, repeats(data))
    rows = np.concatenate([order[~last], order[last]])[:size]
    return data._replace(train_x=data.train_x[rows], train_y=data.train_y[rows])


def batches(functions: Sequence[Callable], data: Signs, arm: str, seed: int, workers: int):
    """Endless shuffled batches of one arm, a tf.data.Dataset: (images float32 0..1, labels)."""
    import tensorflow as tf

    *distortions, augment_in_threads = functions
    dataset = tf.data.Dataset.from_tensor_slices((data.train_x, data.train_y))
    dataset = dataset.shuffle(len(data.train_x), seed=seed).repeat().batch(BATCH)
    if arm == "with":
        dataset = augment_in_threads(dataset, distortions, workers)
    scaled = dataset.map(lambda images, labels: (tf.cast(images, "float32") / 255, labels))
    return scaled.prefetch(AHEAD)


def trained(
    functions: Sequence[Callable], data: Signs, arm: str, seed: int, steps: int, workers: int
) -> Fitted:
    """A network trained for `steps` steps on batches of one arm."""
    keras.utils.set_random_seed(seed)
    model = network(data.train_x.shape[1:], len(data.classes))
    rate = keras.optimizers.schedules.CosineDecay(
        RATE / 25, steps, warmup_target=RATE, warmup_steps=steps // 5
    )
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    began = time.perf_counter()
    stream = batches(functions, data, arm, seed, workers)
    model.fit(stream, steps_per_epoch=steps, shuffle=False, verbose=0)
    return Fitted(model, [], time.perf_counter() - began)


def arms(
    functions: Sequence[Callable], data: Signs, options: argparse.Namespace
) -> dict[tuple, tuple[int, Callable[[int], Fitted]]]:
    """What is compared: (size, arm) -> (passes over the photographs, seed -> Fitted).

    `python -m training reproduce data_augmentation` runs them as well, and keeps each. functions:
    as in `run`.
    """

    def training(size, arm):
        return lambda seed: trained(
            functions, chosen(data, size, seed), arm, seed, options.steps, options.workers
        )

    return {
        (size, arm): (options.steps * BATCH // size, training(size, arm))
        for size in options.sizes
        for arm in ARMS
    }


def compare(
    functions: Sequence[Callable], split: Parts, options: argparse.Namespace
) -> tuple[dict[tuple, compared_arms.Trained], dict[str, compared_arms.Trained]]:
    """Train every arm under every seed: (size, arm) -> Trained; and left-out part -> Trained.

    The parts of augmentation are left out one by one, with the fewest photographs.
    """
    data, smallest = split.learning, options.sizes[0]
    made = {key: train for key, (_, train) in arms(functions, data, options).items()}
    for number, name in enumerate(NAMES):
        others = [*functions[:number], *functions[number + 1 :]]
        made[smallest, f"all but {name}"] = arms(others, data, options)[smallest, "with"][1]
    keys = {
        f"{size} photographs, {arm} augmentation" if arm in ARMS else arm: (size, arm)
        for size, arm in made
    }

    def learnt_from(size):
        return lambda seed: chosen(data, size, seed)

    named = {
        name: compared_arms.Arm(made[key], split, learnt_from=learnt_from(key[0]))
        for name, key in keys.items()
    }
    code = compared_arms.decided_by(
        Path(__file__), [*functions], options.steps, options.workers, options.sizes
    )
    results = compared_arms.train(named, seeds(options), options.runs, code)
    return (
        {key: results[name] for name, key in keys.items() if key[1] in ARMS},
        {part: results[f"all but {part}"] for part in NAMES},
    )


def curve(results: Mapping[tuple, compared_arms.Trained], title: str):
    """Test accuracy by the number of photographs, with and without: a matplotlib figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.8), layout="constrained")
    axes = figure.subplots()
    sizes = list(dict.fromkeys(size for size, _ in results))
    for arm, apart in zip(ARMS, (0.985, 1.015), strict=True):
        values = [100 * results[size, arm].test.right.mean(1) for size in sizes]
        means = np.array([value.mean() for value in values])
        low, high = (np.array([end(value) for value in values]) for end in (np.min, np.max))
        axes.errorbar(
            [size * apart for size in sizes],
            means,
            [means - low, high - means],
            marker="o",
            capsize=4,
            label=f"{arm} augmentation",
        )
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("training photographs (log scale)")
    axes.set_ylabel("test accuracy (%), mean and range")
    axes.set_ylim(0, 102)
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return figure


def about_accuracy(results: Mapping[tuple, compared_arms.Trained], classes: int = 6) -> None:
    """Print the claim that augmentation helps, and what it did at each size."""
    said(
        "the lecture (Ng, course 4, week 2, Data augmentation)",
        "data augmentation helps with nearly every task of computer vision.",
    )
    sizes = list(dict.fromkeys(size for size, _ in results))
    for size in sizes:
        without, with_it = (results[size, arm].test for arm in ARMS)
        found = comparison.compare(without, with_it, classes, tests=len(sizes))
        print(f"Measured: {found}.")
        print(found.better())


def about_parts(
    whole: compared_arms.Trained, by_part: Mapping[str, compared_arms.Trained], classes: int = 6
) -> None:
    """Print the question which part of augmentation helps, and what each one added.

    whole: with all of them; by_part: without one.
    """
    asked("what does each part add to the others?")
    for part, result in by_part.items():
        found = comparison.compare(result.test, whole.test, classes, tests=len(by_part))
        print(f"Measured, {part}: {found}.")
        print(found.answer())


def seconds(model: keras.Model | None, dataset, steps: int) -> float:
    """Seconds per batch, to train the model on a dataset, or to run through it without a model."""
    dataset = dataset.take(steps + 5)
    if model is None:
        stream = iter(dataset)
        for _ in range(5):  # the first batches start the threads
            next(stream)
        began = time.perf_counter()
        for _ in stream:
            pass
        return (time.perf_counter() - began) / steps
    times = []

    class Clock(keras.callbacks.Callback):
        """Notes when a step ends; the first steps compile."""

        def on_train_batch_end(self, batch, logs=None):
            times.append(time.perf_counter())

    model.fit(dataset, shuffle=False, verbose=0, callbacks=[Clock()])
    return (times[-1] - times[-steps - 1]) / steps


def about_threads(functions: Sequence[Callable], data: Signs, options: argparse.Namespace) -> None:
    """Print the claim that threads hide the cost, and how much of it they hid here."""
    model = network(data.train_x.shape[1:], len(data.classes))
    model.compile("adam", "sparse_categorical_crossentropy")
    steps = options.timed
    plain = seconds(model, batches(functions, data, "without", 0, 1), steps)
    # With the same threads as in training: what is hidden is not what more threads save.
    alone = seconds(None, batches(functions, data, "with", 0, options.workers), steps)
    both = seconds(model, batches(functions, data, "with", 0, options.workers), steps)
    hidden = 1 - (both - plain) / alone
    said(
        "the lecture (Ng, course 4, week 2, Data augmentation)",
        "threads augment while the device trains, so augmentation costs no time.",
    )
    print(
        f"Measured: a step takes {1000 * plain:.1f} ms without augmentation, and to augment a "
        f"batch on {options.workers} threads alone {1000 * alone:.1f} ms; together "
        f"{1000 * both:.1f} ms. {hidden:.0%} of the cost is hidden."
    )
    print(verdicts.on_threads(hidden, cores()))
