"""The Happy House: the same network with batch norm and without."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from datasets.files import make_folder
from datasets.pipeline import scaled
from datasets.signs import Signs
from datasets.splits import Parts, parts
from training import arms, comparison, plots
from training.compile import layers as all_layers
from training.errors import TrainingError
from training.evaluate import probabilities
from training.lessons import few_only, said, seeds, verdicts
from training.loop import Fitted
from training.saving import load_model

ABOUT = "The Happy House: train a small network with batch norm and without, and compare."
RUNS = "runs/happy-house-homework"
BATCH, EPOCHS = 16, 20
IMAGES, QUICK_EPOCHS = 160, 3
WITH, WITHOUT = "with batch norm", "without batch norm"
# The second is ten times the first: batch norm is said to allow higher rates.
RATES = (1e-3, 1e-2)
FASTER = 2  # "faster", fixed before anything was measured
SHOWN = 8


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add --folder to the command line."""
    parser.add_argument(
        "--folder",
        type=Path,
        help="where train_happy.h5 and test_happy.h5 lie; else HAPPY_DIR, else datasets/data/happy",
    )


def run(happy_model: Callable, data: Signs, source: str, options: argparse.Namespace) -> None:
    """Count, train with batch norm and without, plot, and say what is supported.

    happy_model: the learner's function. source: the name of the data.
    """
    about_parameters(happy_model)
    make_folder(options.runs)
    epochs, split = EPOCHS, parts(data)
    if options.quick:
        split, epochs = few_only(split, IMAGES, QUICK_EPOCHS), QUICK_EPOCHS
    results = train_all(happy_model, split, epochs, options)
    plot_all(results, split, source, options.runs)
    about_batch_norm(results, epochs)
    print(f"the plots and the network chosen by validation, model.keras, are in {options.runs}")


def without_batch_norm(model: keras.Model) -> keras.Model:
    """A new network like `model`, without its batch norm and with the same first weights.

    Raises TrainingError if there is no BatchNormalization among its layers, and if one of them is
    not Keras' own.
    """

    # Unlike layers.Identity it takes all arguments that batch norm may have been called with.
    class Nothing(layers.Layer):
        def call(self, X, training=None, mask=None):
            return X

    def clone(layer):
        if isinstance(layer, layers.BatchNormalization):
            return Nothing(name=layer.name)
        if not type(layer).__module__.startswith("keras."):
            raise TrainingError(
                "expected layers of Keras' own in happy_model, received "
                f"{type(layer).__name__}: this comparison copies them"
            )
        return type(layer).from_config(layer.get_config())

    bare = keras.models.clone_model(model, clone_function=clone, recursive=True)
    normalises = False
    for old, new in zip(all_layers(model), all_layers(bare), strict=True):
        if isinstance(old, layers.BatchNormalization):
            normalises = True
        else:
            new.set_weights(old.get_weights())
    if not normalises:
        raise TrainingError(
            "expected a layer BatchNormalization in happy_model, found none: this comparison "
            "takes it out"
        )
    return bare


def trained(
    model: keras.Model, data: Signs, epochs: int, seed: int, rate: float = RATES[0]
) -> Fitted:
    """Compile and fit a network; the labels of the data are 0 and 1."""
    # Keras draws the order of the photographs from this seed: one and the same for both networks,
    # and again in every epoch.
    keras.utils.set_random_seed(seed)
    model.compile(keras.optimizers.Adam(rate), loss="binary_crossentropy", metrics=["accuracy"])
    began = time.perf_counter()
    log = model.fit(scaled(data.train_x), data.train_y, batch_size=BATCH, epochs=epochs, verbose=0)
    history = [
        {"epoch": epoch, **{key: float(values[epoch]) for key, values in log.history.items()}}
        for epoch in range(epochs)
    ]
    return Fitted(model, history, time.perf_counter() - began)


def both_chances(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """The probabilities of both classes, (n, 2), from a network that gives that of class 1."""
    happy = probabilities(model, images)[:, 0]
    return np.stack([1 - happy, happy], 1)


def train_all(
    happy_model: Callable, split: Parts, epochs: int, options: argparse.Namespace
) -> dict[str, arms.Trained]:
    """Train with batch norm and without, at both of RATES, under every seed: name -> Trained."""
    learning = split.learning

    def arm(name, rate):
        def train(seed):
            keras.utils.set_random_seed(seed)
            model = happy_model(learning.train_x.shape[1:])
            # Cloned, so both begin with the same weights.
            model = without_batch_norm(model) if name == WITHOUT else model
            return trained(model, learning, epochs, seed, rate)

        return arms.Arm(train, split, chances=both_chances)

    compared = {
        f"{name}, rate {rate:g}": arm(name, rate) for rate in RATES for name in (WITH, WITHOUT)
    }
    code = arms.decided_by(Path(__file__), [happy_model], epochs)
    return arms.train(compared, seeds(options), options.runs, code)


def picture(model: Any, data: Signs, title: str):
    """Test photographs, each with its probability and label below: a matplotlib figure."""
    from matplotlib.figure import Figure

    # As many of each label, as far as there are.
    by_label = [np.flatnonzero(data.test_y == label)[: SHOWN // 2] for label in (1, 0)]
    rows = np.sort(np.concatenate(by_label))
    answers = model.predict(scaled(data.test_x[rows]), verbose=0)[:, 0]
    figure = Figure(figsize=(8, 5), layout="constrained")
    figure.suptitle(title)
    for place, (i, answer) in enumerate(zip(rows, answers, strict=True), 1):
        axes = figure.add_subplot(2, SHOWN // 2, place)
        axes.imshow(data.test_x[i])
        axes.set_xticks([])
        axes.set_yticks([])
        right = (answer > 0.5) == data.test_y[i]
        axes.set_xlabel(
            f"{answer:.3f}, label {data.test_y[i]}",
            fontsize=13,
            color="black" if right else "tab:red",
        )
    return figure


def plot_all(results: Mapping[str, arms.Trained], split: Parts, source: str, folder: Path) -> None:
    """Write losses.png of all runs, and photographs.png of the network chosen by validation."""
    histories = {name: result.histories for name, result in results.items()}
    plots.save(plots.losses(histories, f"happy_model: {source}"), folder / "losses.png")
    title = f"Probability that the door opens: {source}, test"
    model = load_model(folder / arms.MODEL)
    plots.save(picture(model, split.learning, title), folder / "photographs.png")


def about_parameters(happy_model: Callable) -> None:
    """Print the claim that convolutions need few parameters, and who has them here."""

    def counted(shape):
        model = happy_model(shape)
        kinds = (layers.Conv2D, layers.Dense)
        return model.count_params(), *(
            sum(layer.count_params() for layer in all_layers(model) if isinstance(layer, kind))
            for kind in kinds
        )

    total, convolution, dense = counted((64, 64, 3))
    _, wide_convolution, wide_dense = counted((128, 128, 3))
    said(
        "the lecture (Ng, course 4, week 1, Why convolutions?)",
        "convolutions need few parameters, for all places of the image share them.",
    )
    print(
        f"Counted: {total:,} for 64x64x3, of them {convolution:,} in the convolution and "
        f"{dense:,}, {dense / total:.0%}, in dense layers. For 128x128x3 the convolution has "
        f"{wide_convolution:,} and dense layers {wide_dense:,}."
    )
    print(verdicts.on_shared_weights(convolution, wide_convolution, dense))


def about_batch_norm(results: Mapping[str, arms.Trained], epochs: int) -> None:
    """Print the claim that batch norm makes a network learn faster, and what it did here.

    Each network has the rate that does better on the validation photographs, and is asked when its
    training loss was half that of guessing, ln(2) / 2.
    """
    best = {}
    for way in (WITH, WITHOUT):
        candidates = {f"{way}, rate {rate:g}": rate for rate in RATES}
        name = max(candidates, key=lambda candidate: results[candidate].validation)
        best[way] = results[name]
        each = ", ".join(
            f"{results[candidate].validation:.4f} at {rate:g}"
            for candidate, rate in candidates.items()
        )
        print(f"{way}: validation accuracy {each}")
    goal = math.log(2) / 2
    reached = [
        [
            next((int(row["epoch"]) + 1 for row in history if row["loss"] <= goal), None)
            for history in result.histories
        ]
        for result in best.values()
    ]
    words = [", ".join("never" if epoch is None else str(epoch) for epoch in r) for r in reached]
    said(
        "Ioffe and Szegedy (2015, abstract)",
        "batch norm allows higher learning rates, and learns in 14 times fewer steps: a deep "
        "network on ImageNet.",
    )
    took = comparison.ratio(reached[0], reached[1], epochs)
    print(
        f"Measured, each at its better rate: half the loss of guessing, {goal:.2f}, in epochs "
        f"{words[0]} with it and {words[1]} without. Without it, it took {took}."
    )
    print(f"That this small network learns {FASTER} times faster or more: {took.at_least(FASTER)}")
    found = comparison.compare(best[WITHOUT].test, best[WITH].test, 2)
    print(f"Measured on test photographs: {found}.")
    print(found.answer())
    seconds = {
        way: float(np.median([row["seconds"] for row in result.rows])) / epochs
        for way, result in best.items()
    }
    print(
        f"By the clock an epoch took {seconds[WITH]:.2f} s with it and {seconds[WITHOUT]:.2f} s "
        "without, the start of the first one included."
    )
