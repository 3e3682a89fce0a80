"""Residual networks: gradients with and without shortcuts, a full run, and a photograph to read."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from datasets.files import make_folder
from datasets.signs import Signs
from training import picture, plots
from training.evaluate import probabilities, score
from training.gradients import gradient_norms
from training.lessons import described
from training.loop import fit
from training.recipes import Recipe, get
from training.saving import load_model, save_model

ABOUT = "Residual Networks, from the blocks to a trained network that reads hands."
RUNS = "runs/homework"
IMAGES, EPOCHS = 160, 2


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add --image and --model to the command line."""
    parser.add_argument("--image", type=Path, help="a photograph of your own hand to read")
    parser.add_argument(
        "--model",
        type=Path,
        help="with --image: a model.keras of an earlier run, in place of training",
    )


def settings(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Read the image before anything slow, so that a wrong file is known at once."""
    if options.model is not None and options.image is None:
        parser.error("--model reads an image: give --image too")
    options.pixels = None if options.image is None else picture.read(options.image)[None]


def run(ResNet50: Callable, data: Signs, source: str, options: argparse.Namespace) -> None:
    """Compare gradients, train 2 epochs and then in full, evaluate, plot, and predict.

    ResNet50: the learner's function. source: the name of the data.
    """
    make_folder(options.runs)
    if options.quick:
        print(f"--quick: {IMAGES} training photographs, {EPOCHS} epochs and no full run")
        data = data._replace(train_x=data.train_x[:IMAGES], train_y=data.train_y[:IMAGES])
    compare_gradients(ResNet50, data, source, options, examples=8 if options.quick else 32)
    check = replace(get("course_2017_check"), epochs=EPOCHS)
    model = train(ResNet50, "quick" if options.quick else "check", data, check, source, options)
    if not options.quick:
        model = train(ResNet50, "full", data, get("ours"), source, options)
    save_model(model, options.runs / "model.keras")
    print(f"plots and model.keras are in {options.runs}")
    if options.pixels is not None:
        predict(model, options.pixels, data.classes)


def read(options: argparse.Namespace) -> None:
    """Read the image with the network of an earlier run."""
    predict(load_model(options.model), options.pixels, range(6))


def plain_network(
    input_shape: tuple[int, ...] = (64, 64, 3), classes: int = 6, batch_norm: bool = True
) -> keras.Model:
    """ResNet50 without its shortcuts, for the plot of gradients; shapes as in `ResNet50`."""

    def layer(X, channels, kernel, stride=1):
        X = layers.Conv2D(channels, kernel, stride, padding="same")(X)
        X = layers.BatchNormalization()(X) if batch_norm else X
        return layers.Activation("relu")(X)

    images = keras.Input(input_shape)
    X = layers.MaxPooling2D(3, strides=2)(layer(images, 64, 7, 2))
    for width, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            X = layer(X, width, 1, 1 if block else stride)
            X = layer(layer(X, width, 3), 4 * width, 1)
    X = layers.Flatten()(layers.AveragePooling2D(2)(X))
    return keras.Model(images, layers.Dense(classes, activation="softmax")(X))


def train(
    ResNet50: Callable,
    name: str,
    data: Signs,
    recipe: Recipe,
    source: str,
    options: argparse.Namespace,
) -> Any:
    """Train a new ResNet50 by a recipe, test and plot it; returns the model.

    Writes NAME-curves.png and NAME-confusion.png into options.runs.
    """
    fitted = fit(ResNet50, data, recipe, seed=options.seed, title=name)
    tested = score(fitted.model, data, batch_norm=recipe.batch_norm_at_test)
    print(f"{name}: {described(tested)}")
    title = f"{name}, {source}"
    line = f"test {tested.accuracy:.1%}", tested.accuracy
    plots.save(plots.curves(fitted.history, title, line), options.runs / f"{name}-curves.png")
    figure = plots.confusion(tested.confusion, [*data.classes], title)
    plots.save(figure, options.runs / f"{name}-confusion.png")
    return fitted.model


def compare_gradients(
    ResNet50: Callable, data: Signs, source: str, options: argparse.Namespace, examples: int
) -> None:
    """Plot the gradient's norm by layer at the first step, plain against residual."""
    keras.utils.set_random_seed(options.seed)
    networks = {
        "plain": lambda: plain_network(batch_norm=False),
        "plain, batch norm": plain_network,
        "residual, batch norm": ResNet50,
    }
    norms = {}
    for name, build in networks.items():
        norms[name] = gradient_norms(build(), data.train_x[:examples], data.train_y[:examples])
        print(
            f"gradient at the first layer over that at the last but one, {name}: "
            f"{norms[name][0][1] / norms[name][-2][1]:.3g}; at the first layer: "
            f"{norms[name][0][1]:.3g}"
        )
    figure = plots.gradients(norms, f"before the first step, {source}")
    plots.save(figure, options.runs / "gradients.png")


def predict(model: keras.Model, image: np.ndarray, classes: Sequence | np.ndarray) -> None:
    """Print what the model sees on an image, uint8 (1, 64, 64, 3), and how sure it is."""
    chances = probabilities(model, image)[0]
    order = chances.argsort()[::-1]
    print(f"your image shows {classes[order[0]]}")
    print("  " + "  ".join(f"{classes[i]}: {chances[i]:.1%}" for i in order))
