"""VGG: where its parameters live, and whether three more layers make it better."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
from keras import layers

from datasets.files import make_folder
from datasets.signs import Signs
from training import plots
from training.compile import layers as all_layers
from training.errors import TrainingError
from training.evaluate import score
from training.lessons import described, halved, save_confusion, shortened, verdicts
from training.loop import fit
from training.recipes import Recipe, get
from training.saving import save_model

ABOUT = "VGG: count by layer, train 16 and 19 layers, and compare."
RUNS = "runs/vgg-homework"
IMAGES, EPOCHS = 64, 2


def run(VGG16: Callable, data: Signs, source: str, options: argparse.Namespace) -> None:
    """Count, train both networks, plot, and say what is supported.

    VGG16: the learner's function. data: photographs of 64x64; source: their name.
    """
    make_folder(options.runs)
    about_parameters(VGG16, options.runs)
    recipe = get("vgg")
    data = data._replace(train_x=halved(data.train_x), test_x=halved(data.test_x))
    if options.quick:
        data, recipe = shortened(data, IMAGES, EPOCHS), replace(recipe, epochs=EPOCHS)
    results = train_both(VGG16, data, recipe, options)
    plot_training(results, data, source, options.runs)
    about_depth(results, len(data.classes))
    print(f"the plots and the network of 16 layers, model.keras, are in {options.runs}")


def parameters_by_layer(model: keras.Model) -> list[tuple[str, int]]:
    """[(name, parameters)] of the layers with weights, from the input on: conv 1, ..., dense 1."""
    pairs, seen = [], {"conv": 0, "dense": 0}
    for layer in all_layers(model):
        if layer.weights:
            kind = "conv" if len(layer.weights[0].shape) == 4 else "dense"
            seen[kind] += 1
            pairs.append((f"{kind} {seen[kind]}", layer.count_params()))
    return pairs


def plot_parameters(counts: Mapping[str, Sequence[tuple[str, int]]], path: Path) -> None:
    """A bar per layer, a panel per network; counts: title -> [(name, parameters)]."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    for axes, (title, pairs) in zip(figure.subplots(1, len(counts)), counts.items(), strict=True):
        names, numbers = zip(*pairs, strict=True)
        millions, total = [number / 1e6 for number in numbers], sum(numbers)
        axes.barh(names, millions, color=["C0" if "conv" in name else "C1" for name in names])
        for place, number in enumerate(numbers):
            axes.text(millions[place], place, f" {number / total:.1%}", va="center", fontsize=8)
        axes.invert_yaxis()
        axes.set_xlim(right=1.25 * max(millions))
        axes.set_xlabel("parameters (millions), and their part of all")
        axes.set_title(f"{title}: {total / 1e6:.1f} million", fontsize=10)
        axes.grid(alpha=0.3, axis="x")
    figure.suptitle("VGG-16: convolutions blue, dense layers orange")
    plots.save(figure, path)


def deeper(model: keras.Model, blocks: int = 3) -> keras.Model:
    """A new network like `model` with one more convolution in each of its last blocks.

    Its weights are drawn anew. Raises TrainingError if the layers are no chain of blocks.
    """
    chain = [layer for layer in model.layers if not isinstance(layer, layers.InputLayer)]
    pools = [layer for layer in chain if isinstance(layer, layers.MaxPooling2D)]
    if len(pools) < blocks or not isinstance(chain[0], layers.Conv2D):
        raise TrainingError(
            "expected VGG16 as a chain of layers, with a MaxPooling2D at the end of each block, "
            "so this comparison can add a convolution there"
        )

    def copy(layer):
        settings = layer.get_config()
        del settings["name"]
        return type(layer).from_config(settings)

    X, last = keras.Input(model.input_shape[1:]), None
    images = X
    for layer in chain:
        if layer in pools[-blocks:]:
            X = copy(last)(X)
        X = copy(layer)(X)
        last = layer if isinstance(layer, layers.Conv2D) else last
    return keras.Model(images, X, name="vgg19")


def train_both(
    VGG16: Callable, data: Signs, recipe: Recipe, options: argparse.Namespace
) -> dict[str, tuple]:
    """Train both networks: {name: (history, Score, parameters)}. Writes model.keras, the VGG-16."""
    shape, classes = data.train_x.shape[1:], len(data.classes)
    networks = {
        "VGG-16": lambda: VGG16(shape, classes),
        "VGG-19": lambda: deeper(VGG16(shape, classes)),
    }
    results = {}
    for name, build in networks.items():
        fitted = fit(build, data, recipe, seed=options.seed, title=name)
        model: Any = fitted.model
        tested = score(model, data)
        results[name] = fitted.history, tested, model.count_params()
        print(
            f"{name}: {results[name][2]:,} parameters, {fitted.seconds:.0f} s, training loss "
            f"{fitted.history[-1]['loss']:.3f}, {described(tested)}"
        )
        if name == "VGG-16":
            save_model(model, options.runs / "model.keras")
    return results


def plot_training(results: Mapping[str, tuple], data: Signs, source: str, folder: Path) -> None:
    """Write losses.png of both runs, and confusion.png of VGG-16."""
    histories = {name: history for name, (history, _, _) in results.items()}
    plots.save(plots.losses(histories, f"VGG on 32x32, {source}"), folder / "losses.png")
    save_confusion(results["VGG-16"][1], data.classes, f"VGG-16 on 32x32, {source}", folder)


def about_parameters(VGG16: Callable, folder: Path) -> None:
    """Print and plot the claim about the first dense layer, for the paper's images and for ours."""
    print("Said: VGG-16 has about 138 million parameters, most of them in the first dense layer.")
    counts = {}
    for shape, classes in (((224, 224, 3), 1000), ((64, 64, 3), 6)):
        title = f"{shape[0]}x{shape[1]}x{shape[2]}, {classes} classes"
        counts[title] = parameters_by_layer(VGG16(shape, classes))
        by_name = dict(counts[title])
        total, first = sum(by_name.values()), by_name.get("dense 1", 0)
        largest = max(by_name, key=by_name.__getitem__)
        print(
            f"Counted, {title}: {total:,}, of them {first:,} or {first / total:.0%} in the first "
            f"dense layer; the largest is {largest} with {by_name[largest]:,}. "
            f"{verdicts.on_first_dense_layer(first, total)}"
        )
    plot_parameters(counts, folder / "parameters.png")


def about_depth(results: Mapping[str, tuple], classes: int = 6) -> None:
    """Print the claim that VGG-19 is about as good as VGG-16, and the difference measured."""
    (_, small, fewer), (_, large, more) = (results[name] for name in ("VGG-16", "VGG-19"))
    measured = verdicts.Difference(small.accuracy, large.accuracy, small.tested)
    print("Said: VGG-19 is about as good as VGG-16, so the smaller one is used.")
    print(
        f"Measured: test accuracy {small.accuracy:.4f} with 16 layers and {large.accuracy:.4f} "
        f"with 19, a difference of {measured.points:+.1f} points for {more - fewer:,} more "
        f"parameters; two standard errors are {measured.least:.1f}."
    )
    print(verdicts.on_depth(measured, classes))
