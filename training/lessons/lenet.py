"""LeNet-5: grey beside colour, and the activation of its own time beside today's."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from keras import layers

from datasets.files import make_folder
from datasets.signs import Signs
from training import plots
from training.errors import TrainingError
from training.evaluate import score
from training.lessons import described, save_confusion, shortened, verdicts
from training.loop import fit
from training.recipes import Recipe, get
from training.saving import save_model

ABOUT = "LeNet-5: count, train in grey and in colour, with sigmoid and with ReLU, and compare."
RUNS = "runs/lenet-homework"
IMAGES, EPOCHS = 360, 6
INPUTS = ("grey", "colour")
ACTIVATIONS = ("sigmoid", "relu")


def run(
    lenet5: Callable,
    count_parameters: Callable,
    data: Signs,
    source: str,
    options: argparse.Namespace,
) -> None:
    """Count, train the four networks, plot, and say what is supported.

    lenet5, count_parameters: the learner's functions. data: photographs in colour; source: their
    name.
    """
    about_parameters(lenet5, count_parameters)
    recipe = get("lenet")
    make_folder(options.runs)
    if options.quick:
        data, recipe = shortened(data, IMAGES, EPOCHS), replace(recipe, epochs=EPOCHS)
    results = train_all(lenet5, data, recipe, options)
    plot_all(results, data, source, options.runs)
    about_relu(results, len(data.classes))
    about_colour(results)
    save_model(results[best(results)][0].model, options.runs / "model.keras")
    print(f"the plots and the best network, model.keras, are in {options.runs}")


def grey(images: np.ndarray) -> np.ndarray:
    """The brightness of images: uint8 (n, h, w, 3) -> uint8 (n, h, w, 1)."""
    weights = np.array([0.299, 0.587, 0.114], dtype="float32")
    return (images @ weights).round().astype("uint8")[..., None]


def in_grey(data: Signs) -> Signs:
    """The same photographs without colour."""
    return data._replace(train_x=grey(data.train_x), test_x=grey(data.test_x))


def with_activation(model: keras.Model, activation: str) -> keras.Model:
    """A new network like `model`, with `activation` in place of each ReLU; its weights are drawn.

    Raises TrainingError if there is no ReLU in a layer that could be replaced.
    """
    replaced = []

    def clone(layer):
        settings = layer.get_config()
        if isinstance(layer, layers.ReLU):
            replaced.append(layer.name)
            return layers.Activation(activation, name=layer.name)
        if settings.get("activation") == "relu":
            replaced.append(layer.name)
            settings["activation"] = activation
        return type(layer).from_config(settings)

    other = keras.models.clone_model(model, clone_function=clone)
    if not replaced:
        raise TrainingError(
            "expected ReLU in layers of lenet5, found none: give it to them as "
            'activation="relu", so this comparison can replace it'
        )
    return other


def train_all(
    lenet5: Callable, data: Signs, recipe: Recipe, options: argparse.Namespace
) -> dict[tuple[str, str], tuple]:
    """Train the four networks: {(input, activation): (Fitted, Score)}, in the order of the table.

    data: photographs in colour.
    """
    results = {}
    for name in INPUTS:
        photographs = in_grey(data) if name == "grey" else data
        shape = photographs.train_x.shape[1:]
        for activation in ACTIVATIONS:

            def build(shape=shape, activation=activation):
                model = lenet5(shape, len(data.classes))
                return model if activation == "relu" else with_activation(model, activation)

            title = f"{name}, {activation}"
            fitted = fit(build, photographs, recipe, seed=options.seed, title=title)
            tested = score(fitted.model, photographs)
            results[name, activation] = fitted, tested
            print(f"{title}: training loss {fitted.history[-1]['loss']:.3f}, {described(tested)}")
    return results


def plot_all(
    results: Mapping[tuple[str, str], tuple], data: Signs, source: str, folder: Path
) -> None:
    """Write losses.png of all four runs, and confusion.png of the best of them."""
    histories = {", ".join(key): fitted.history for key, (fitted, _) in results.items()}
    plots.save(plots.losses(histories, f"LeNet-5, {source}"), folder / "losses.png")
    name, activation = best(results)
    title = f"LeNet-5, {name}, {activation}, {source}"
    save_confusion(results[name, activation][1], data.classes, title, folder)


def best(results: Mapping[tuple[str, str], tuple]) -> tuple[str, str]:
    """The (input, activation) with the highest test accuracy."""
    return max(results, key=lambda key: results[key][1].accuracy)


def about_parameters(lenet5: Callable, count_parameters: Callable) -> None:
    """Print the claim about the number of parameters, and the counts."""
    paper = count_parameters(lenet5((32, 32, 1), 10))
    ours = count_parameters(lenet5((64, 64, 3), 6))
    # Neither convolution knows the size of the image, so the smallest network has them whole.
    model = lenet5((32, 32, 1), 10)
    dense = sum(layer.count_params() for layer in model.layers if isinstance(layer, layers.Dense))
    print("Said: LeNet-5 has about 60,000 parameters, small by today's measure.")
    print(
        f"Counted: {paper:,} for 32x32x1 and 10 classes, {dense / paper:.0%} of them in dense "
        f"layers; {ours:,} for 64x64x3 and 6 classes."
    )
    print(verdicts.on_lenet_parameters(paper, ours))


def epoch_of(history, loss: float) -> tuple[int | None, str]:
    """The first epoch, from 1, whose training loss is at most `loss`, or None; and in words."""
    epoch = next((int(row["epoch"]) + 1 for row in history if row["loss"] <= loss), None)
    return epoch, "never" if epoch is None else f"in epoch {epoch}"


def about_relu(results: Mapping[tuple[str, str], tuple], classes: int = 6) -> None:
    """Print the claim that ReLU learns faster, and by how much it did in these runs.

    A network begins to learn when its loss falls 5% below that of guessing, ln(classes).
    """
    print("Said: with ReLU a network learns much faster than with sigmoid.")
    passed, epochs, guessing = [], [], math.log(classes)
    for name in INPUTS:
        slow, fast = (results[name, activation][0].history for activation in ACTIVATIONS)
        # When the ReLU network was as far as the sigmoid network is at the end.
        epoch, when = epoch_of(fast, slow[-1]["loss"])
        passed.append(epoch)
        epochs.append(len(slow))
        begun = [epoch_of(history, 0.95 * guessing)[1] for history in (slow, fast)]
        print(
            f"Measured, {name}: guessing has a loss of {guessing:.2f}; with sigmoid the network "
            f"gets clear of it {begun[0]}, with ReLU {begun[1]}. After {len(slow)} epochs the "
            f"losses are {slow[-1]['loss']:.3f} and {fast[-1]['loss']:.3f}; the ReLU network "
            f"came to the sigmoid's last loss {when}."
        )
    print(verdicts.on_relu_by_epochs(passed, epochs))


def about_colour(results: Mapping[tuple[str, str], tuple]) -> None:
    """Print the claim that grey is enough, and the difference that colour made."""
    plain, coloured = (results[name, ACTIVATIONS[1]][1] for name in INPUTS)
    measured = verdicts.Difference(plain.accuracy, coloured.accuracy, plain.tested)
    print("Said: grey images are enough to read a digit.")
    print(
        f"Measured with ReLU: test accuracy {plain.accuracy:.4f} in grey and "
        f"{coloured.accuracy:.4f} in colour, a difference of {measured.points:+.1f} points; two "
        f"standard errors are {measured.least:.1f}."
    )
    print(verdicts.on_colour(measured))
