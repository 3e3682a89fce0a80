"""The Happy House: the same network with batch norm and without."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers

from datasets.files import make_folder
from datasets.pipeline import scaled
from datasets.signs import Signs
from training import plots
from training.compile import layers as all_layers
from training.errors import TrainingError
from training.lessons import shortened, verdicts
from training.saving import save_model

ABOUT = "The Happy House: train a small network with batch norm and without, and compare."
RUNS = "runs/happy-house-homework"
BATCH, EPOCHS = 16, 20
IMAGES, QUICK_EPOCHS = 160, 3
WITH, WITHOUT = "with batch norm", "without batch norm"
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
    epochs = EPOCHS
    if options.quick:
        data, epochs = shortened(data, IMAGES, QUICK_EPOCHS), QUICK_EPOCHS
    results = train_both(happy_model, data, epochs, options.seed)
    plot_all(results, data, source, options.runs)
    about_batch_norm(results)
    save_model(results[WITH].model, options.runs / "model.keras")
    print(f"the plots and the network with batch norm, model.keras, are in {options.runs}")


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


class Trained(NamedTuple):
    """A trained network, its loss by epoch, the seconds of `fit`, and what `evaluate` gave."""

    model: Any
    losses: list[float]
    seconds: float
    test_loss: float
    test_accuracy: float


def trained(model: keras.Model, data: Signs, epochs: int, seed: int) -> Trained:
    """Compile, fit and evaluate a network; the labels of the data are 0 and 1."""
    # Keras draws the order of the photographs from this seed: one and the same for both networks,
    # and again in every epoch.
    keras.utils.set_random_seed(seed)
    model.compile(
        optimizer=keras.optimizers.Adam(), loss="binary_crossentropy", metrics=["accuracy"]
    )
    began = time.perf_counter()
    log = model.fit(scaled(data.train_x), data.train_y, batch_size=BATCH, epochs=epochs, verbose=0)
    seconds = time.perf_counter() - began
    loss, accuracy = model.evaluate(scaled(data.test_x), data.test_y, batch_size=BATCH, verbose=0)
    return Trained(model, log.history["loss"], seconds, loss, accuracy)


def train_both(happy_model: Callable, data: Signs, epochs: int, seed: int) -> dict[str, Trained]:
    """Train the network with batch norm and without: {WITH: Trained, WITHOUT: Trained}."""
    keras.utils.set_random_seed(seed)
    model = happy_model(data.train_x.shape[1:])
    results = {}
    # Cloned before the first one is trained, for the first weights are what both begin with.
    for name, network in ((WITH, model), (WITHOUT, without_batch_norm(model))):
        print(f"{name}: {epochs} epochs on {len(data.train_x)} photographs", flush=True)
        result = results[name] = trained(network, data, epochs, seed)
        print(
            f"{name}: training loss {result.losses[-1]:.4f}, test loss {result.test_loss:.4f}, "
            f"test accuracy {result.test_accuracy:.4f} on {len(data.test_x)} photographs, "
            f"{result.seconds:.1f} s"
        )
    return results


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


def plot_all(results: Mapping[str, Trained], data: Signs, source: str, folder: Path) -> None:
    """Write losses.png of both networks and photographs.png of the one with batch norm."""
    histories = {
        name: [{"epoch": i, "loss": loss} for i, loss in enumerate(result.losses)]
        for name, result in results.items()
    }
    plots.save(plots.losses(histories, f"happy_model: {source}"), folder / "losses.png")
    title = f"Probability that the door opens: {source}, test"
    plots.save(picture(results[WITH].model, data, title), folder / "photographs.png")


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
    print("Said: convolutions need few parameters, for all places of the image share them.")
    print(
        f"Counted: {total:,} for 64x64x3, of them {convolution:,} in the convolution and "
        f"{dense:,}, {dense / total:.0%}, in dense layers. For 128x128x3 the convolution has "
        f"{wide_convolution:,} and dense layers {wide_dense:,}."
    )
    print(verdicts.on_shared_weights(convolution, wide_convolution, dense))


def about_batch_norm(results: Mapping[str, Trained]) -> None:
    """Print the claim that batch norm makes a network learn faster, and what it did here.

    It is supported if half of the epochs were enough to come to the other's last loss.
    """
    fast, slow = results[WITH], results[WITHOUT]
    epochs, goal = len(slow.losses), slow.losses[-1]
    passed = next((i for i, loss in enumerate(fast.losses, 1) if loss <= goal), None)
    print("Said: batch norm makes a network learn faster.")
    print(
        f"Measured: in the first epoch the training loss is {fast.losses[0]:.3f} with it and "
        f"{slow.losses[0]:.3f} without, in epoch {epochs} {fast.losses[-1]:.4f} and {goal:.4f}. "
        f"With it the network came to {goal:.4f} "
        f"{'never' if passed is None else f'in epoch {passed}'}."
    )
    print(verdicts.on_batch_norm(passed, epochs))
    worst = max(fast.losses[(passed or 0) :], default=goal)
    if passed is not None and worst > goal:
        print(f"It did not stay there: later its loss was {worst:.3f}.")
    each = fast.seconds / epochs
    print(
        f"By the clock an epoch took {each:.2f} s with it and {slow.seconds / epochs:.2f} s "
        "without, the start of the first one included."
    )
    if passed is not None:
        print(
            f"So it came there after {passed * each:.1f} s, and the network without it after "
            f"{slow.seconds:.1f} s."
        )
