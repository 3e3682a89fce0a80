"""AlexNet: ReLU beside tanh, and what local response normalisation does here."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from datasets.files import make_folder
from datasets.signs import Signs
from training import plots
from training.errors import TrainingError
from training.evaluate import score
from training.lessons import described, save_confusion, shortened, verdicts
from training.loop import fit
from training.recipes import Recipe, get
from training.saving import save_model
from training.step_losses import StepLosses

ABOUT = "AlexNet: count, train with ReLU, with tanh and without normalisation, and compare."
RUNS = "runs/alexnet-homework"
IMAGES, EPOCHS = 96, 2
ARMS = ("ReLU", "tanh", "ReLU, not normalised")
PAPER = {"radius": 2, "bias": 2.0, "alpha": 1e-4, "beta": 0.75}
LEAST = 2.0**0.75  # what a value is divided by when its window is zero
TANH = {"activation": "tanh", "kernel_initializer": "glorot_uniform"}


def run(
    local_response_normalization: Callable,
    two_tower_convolution: Callable,
    alexnet: Callable,
    data: Signs,
    source: str,
    options: argparse.Namespace,
) -> None:
    """Count, train the three networks, plot, and say what is supported.

    The first three are the learner's functions. source: the name of the data.
    """
    about_parameters(alexnet, two_tower_convolution)
    recipe = get("alexnet")
    make_folder(options.runs)
    if options.quick:
        data, recipe = shortened(data, IMAGES, EPOCHS), replace(recipe, epochs=EPOCHS)
    results = train_all(alexnet, data, recipe, options)
    model, images = results["ReLU"][0].model, data.test_x[:1]
    before = {
        "pixels from 0 to 1": first_map(model, images / 255),
        "pixels from 0 to 255": first_map(model, images),
    }
    maps = {
        name: (values, *normalised(local_response_normalization, values))
        for name, values in before.items()
    }
    plot_all(results, maps, data, source, options.runs)
    about_relu(results, len(data.classes))
    about_accuracy(results)
    about_competition(maps)
    save_model(results[best(results)][0].model, options.runs / "model.keras")
    print(f"the plots and the best network, model.keras, are in {options.runs}")


@contextmanager
def instead(function: Callable, replacements: Mapping[str, Any]) -> Iterator[None]:
    """Inside the block, names of the function's file mean something else."""
    names = function.__globals__
    before = {name: names[name] for name in replacements}
    names.update(replacements)
    try:
        yield
    finally:
        names.update(before)


def build(alexnet: Callable, arm: str, shape: tuple, classes: int) -> keras.Model:
    """The network of one of ARMS, from the learner's alexnet.

    Raises TrainingError if the replacement changes nothing: alexnet then has to use **RELU and
    local_response_normalization by their names.
    """
    used = []

    def unchanged(x, radius, bias, alpha, beta):
        used.append(radius)
        return x

    replacements: dict[str, dict[str, Any]] = {
        "ReLU": {},
        "tanh": {"RELU": TANH},
        "ReLU, not normalised": {"local_response_normalization": unchanged},
    }
    with instead(alexnet, replacements[arm]):
        model = alexnet(shape, classes)
    kinds = {getattr(getattr(layer, "activation", None), "__name__", "") for layer in model.layers}
    if arm == "tanh" and ("relu" in kinds or "tanh" not in kinds):
        raise TrainingError(
            "expected alexnet to give its hidden layers **RELU, so this comparison can "
            "replace it; found another ReLU"
        )
    if arm == ARMS[2] and not used:
        raise TrainingError(
            "expected alexnet to call local_response_normalization, so this comparison can "
            "leave it out; found no call"
        )
    return model


def train_all(
    alexnet: Callable, data: Signs, recipe: Recipe, options: argparse.Namespace
) -> dict[str, tuple]:
    """Train the three networks: {arm: (Fitted, Score, losses)}, in the order of ARMS."""
    shape, classes = data.train_x.shape[1:], len(data.classes)
    results = {}
    for arm in ARMS:
        steps = StepLosses(len(data.train_x), recipe.batch)

        def network(arm=arm):
            return build(alexnet, arm, shape, classes)

        fitted = fit(
            network, data, recipe, seed=options.seed, title=arm, callbacks=[steps.callback()]
        )
        tested = score(fitted.model, data)
        results[arm] = fitted, tested, steps.losses
        print(f"{arm}: training loss {fitted.history[-1]['loss']:.3f}, {described(tested)}")
    return results


def first_map(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """What the first convolution with its ReLU gives: images uint8 -> (n, height, width, 96)."""
    first = next((layer for layer in model.layers if isinstance(layer, layers.Conv2D)), None)
    if first is None:
        raise TrainingError(
            "expected a Conv2D among the layers of alexnet, found none: keep the first "
            "convolution a layer of the model itself"
        )
    values = keras.Model(model.input, first.output)(images.astype("float32"), training=False)
    return ops.convert_to_numpy(ops.relu(values))


def normalised(
    local_response_normalization: Callable, before: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(the map after normalisation, by what each value was divided); NaN if it was zero."""
    after = ops.convert_to_numpy(local_response_normalization(before, **PAPER))
    divided = np.full(before.shape, np.nan, "float32")
    np.divide(before, after, out=divided, where=before > 0)
    return after, divided


def plot_all(
    results: Mapping[str, tuple], maps: Mapping[str, tuple], data: Signs, source: str, folder: Path
) -> None:
    """Write losses.png, maps.png, and confusion.png of the best network."""
    steps = {arm: losses for arm, (_, _, losses) in results.items()}
    plots.save(plots.by_step(steps, f"AlexNet, {source}"), folder / "losses.png")
    title = f"AlexNet: what normalisation makes of one channel, {source}"
    plots.save(plots.divided(maps, title), folder / "maps.png")
    arm = best(results)
    save_confusion(results[arm][1], data.classes, f"AlexNet, {arm}, {source}", folder)


def best(results: Mapping[str, tuple]) -> str:
    """The arm with the highest test accuracy."""
    return max(results, key=lambda arm: results[arm][1].accuracy)


def about_parameters(alexnet: Callable, two_tower_convolution: Callable) -> None:
    """Print the claim about the number of parameters, and what the two towers save."""
    # Nothing is drawn here: 62 million numbers only to be counted.
    with keras.StatelessScope(initialize_variables=False):
        paper, ours = alexnet((227, 227, 3), 1000), alexnet((64, 64, 3), 6)
        kinds = [(layer.count_params(), isinstance(layer, layers.Dense)) for layer in paper.layers]
        dense = sum(count for count, is_dense in kinds if is_dense)
        saved = 0
        for channels, filters, kernel in ((96, 256, 5), (384, 384, 3), (384, 256, 3)):
            X = keras.Input((13, 13, channels))
            whole = layers.Conv2D(filters, kernel, padding="same")(X)
            towers = two_tower_convolution(X, filters, kernel)
            counts = [keras.Model(X, Y).count_params() for Y in (whole, towers)]
            saved += counts[0] - counts[1]
    total = paper.count_params()
    print("Said: AlexNet has about 60 million parameters, a thousand times as many as LeNet-5.")
    print(
        f"Counted: {total:,} for 227x227x3 and 1000 classes, {dense / total:.0%} of them in "
        f"dense layers, and {total / 61_706:.0f} times LeNet-5's 61,706; "
        f"{ours.count_params():,} for 64x64x3 and 6 classes."
    )
    print(verdicts.on_alexnet_parameters(total))
    print(
        f"The paper's two towers have {saved:,} parameters less than that, {saved / total:.1%}: "
        "they halve three convolutions, and most parameters are elsewhere."
    )


def smooth(losses: Sequence[float], width: int = 9) -> list[float]:
    """Losses of steps as the median of those around each, so that no single batch decides."""
    reach = width // 2
    return [float(np.median(losses[max(0, i - reach) : i + reach + 1])) for i in range(len(losses))]


def first_step(losses: Sequence[float], wanted: float) -> int | None:
    """The first step, from 1, at which the smoothed loss is at most `wanted`; None for never."""
    return next((i for i, loss in enumerate(smooth(losses), 1) if loss <= wanted), None)


def about_relu(results: Mapping[str, tuple], classes: int = 6) -> None:
    """Print the claim that ReLU learns faster, and the steps that both activations needed.

    They are asked for half of the loss of guessing, ln(classes).
    """
    wanted = math.log(classes) / 2
    fast, slow = (first_step(results[arm][2], wanted) for arm in ARMS[:2])
    words = ["never" if step is None else f"after {step} steps" for step in (fast, slow)]
    print("Said: with ReLU a network learns several times faster than with tanh.")
    print(
        f"Measured: half of the loss of guessing, {wanted:.2f}, was reached with ReLU {words[0]} "
        f"and with tanh {words[1]}, of {len(results[ARMS[0]][2])}."
    )
    print(verdicts.on_relu_by_steps(fast, slow))


def about_accuracy(results: Mapping[str, tuple]) -> None:
    """Print the claim that the normalisation does not help much, and both accuracies."""
    with_it, without = (results[arm][1] for arm in (ARMS[0], ARMS[2]))
    measured = verdicts.Difference(without.accuracy, with_it.accuracy, with_it.tested)
    print("Said: local response normalisation turned out not to help much.")
    print(
        f"Measured: test accuracy {with_it.accuracy:.4f} with it and {without.accuracy:.4f} "
        f"without, a difference of {measured.points:+.1f} points; two standard errors are "
        f"{measured.least:.1f}."
    )
    print(verdicts.on_normalisation(measured))


def about_competition(maps: Mapping[str, tuple]) -> None:
    """Print the claim that strong channels quieten their neighbours, and by how much they do.

    maps: {name: (before, after, divided)}.
    """
    print("Said: strong channels quieten their neighbours.")
    for name, (_, _, divided) in maps.items():
        most = float(np.nanmax(divided)) / LEAST
        print(
            f"Measured, {name}: values are divided by {LEAST:.2f} to {np.nanmax(divided):.2f}; "
            f"the window accounts for a factor of {most:.3f} at most."
        )
        print(verdicts.on_competition(most))
