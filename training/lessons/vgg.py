"""VGG: where its parameters live, and what more layers are worth, from 11 to 19."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import keras
from keras import layers

from datasets.files import make_folder
from datasets.signs import Signs
from datasets.splits import Parts, parts
from training import arms, comparison, plots
from training.compile import layers as all_layers
from training.errors import TrainingError
from training.lessons import few_only, halved, said, save_confusion, seeds, verdicts
from training.loop import fit
from training.progress import Silent
from training.recipes import Recipe, get

ABOUT = "VGG: count by layer, train 11, 13, 16 and 19 layers, and compare."
RUNS = "runs/vgg-homework"
IMAGES, EPOCHS = 64, 2
# Table 1 of the paper: the convolutions of the five blocks.
DEPTHS = {
    "VGG-11": (1, 1, 2, 2, 2),
    "VGG-13": (2, 2, 2, 2, 2),
    "VGG-16": (2, 2, 3, 3, 3),
    "VGG-19": (2, 2, 4, 4, 4),
}
MARGIN = 5  # points within which "about as good" holds, fixed before anything was measured


def run(VGG16: Callable, data: Signs, source: str, options: argparse.Namespace) -> None:
    """Count, train the networks of all depths, plot, and say what is supported.

    VGG16: the learner's function. data: photographs of 64x64; source: their name.
    """
    make_folder(options.runs)
    about_parameters(VGG16, options.runs)
    recipe, split = get("vgg"), parts(data).mapped(halved)
    if options.quick:
        split, recipe = few_only(split, IMAGES, EPOCHS), replace(recipe, epochs=EPOCHS)
    results = train_all(VGG16, split, recipe, options)
    plot_training(results, data, source, options.runs)
    about_depth(results, len(data.classes))
    print(f"the plots and the network chosen by validation, model.keras, are in {options.runs}")


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


def with_convolutions(model: keras.Model, counts: Sequence[int], name: str) -> keras.Model:
    """A new network like `model` with so many convolutions in its blocks, one number per block.

    A block repeats its last convolution, or has fewer of them. All weights are drawn anew. Raises
    TrainingError if the layers are no chain of blocks that each end in a MaxPooling2D.
    """
    chain = [layer for layer in model.layers if not isinstance(layer, layers.InputLayer)]
    pools = [layer for layer in chain if isinstance(layer, layers.MaxPooling2D)]
    if len(pools) != len(counts) or not isinstance(chain[0], layers.Conv2D):
        raise TrainingError(
            f"expected VGG16 as a chain of layers, with a MaxPooling2D at the end of each of its "
            f"{len(counts)} blocks, so this comparison can change their convolutions"
        )

    def copy(layer):
        settings = layer.get_config()
        del settings["name"]
        return type(layer).from_config(settings)

    images = X = keras.Input(model.input_shape[1:])
    # A group is a convolution and what follows it, such as an activation of its own.
    groups: list[list[keras.layers.Layer]] = []
    wanted = iter(counts)
    for layer in chain:
        if isinstance(layer, layers.Conv2D):
            groups.append([])
        if groups and layer not in pools:
            groups[-1].append(layer)
            continue
        if layer in pools:
            count = next(wanted)
            for group in [*groups, *groups[-1:] * count][:count]:
                for member in group:
                    X = copy(member)(X)
            groups = []
        X = copy(layer)(X)
    return keras.Model(images, X, name=name)


def train_all(
    VGG16: Callable, split: Parts, recipe: Recipe, options: argparse.Namespace
) -> dict[str, arms.Trained]:
    """Train the networks of all depths under every seed: name -> Trained."""
    learning = split.learning
    shape, classes = learning.train_x.shape[1:], len(learning.classes)

    def arm(name):
        def build():
            return with_convolutions(VGG16(shape, classes), DEPTHS[name], name.replace("-", ""))

        return arms.Arm(
            lambda seed: fit(build, learning, recipe, seed=seed, reporter=Silent), split
        )

    code = arms.decided_by(Path(__file__), [VGG16], recipe.settings)
    compared = {name: arm(name) for name in DEPTHS}
    return arms.train(compared, seeds(options), options.runs, code)


def plot_training(
    results: Mapping[str, arms.Trained], data: Signs, source: str, folder: Path
) -> None:
    """Write losses.png of all runs, and confusion.png of the network chosen by validation."""
    histories = {name: result.histories for name, result in results.items()}
    plots.save(plots.losses(histories, f"VGG on 32x32, {source}"), folder / "losses.png")
    name, counts = arms.confusion_of(results)
    save_confusion(counts, data.classes, f"{name} on 32x32, {source}", folder)


def about_parameters(VGG16: Callable, folder: Path) -> None:
    """Print and plot the claim about the first dense layer, for the paper's images and for ours."""
    said(
        "CS231n (notes, Convolutional networks, VGGNet in detail)",
        "VGG-16 has about 138 million parameters, most of them in the first dense layer.",
    )
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


def about_depth(results: Mapping[str, arms.Trained], classes: int = 6) -> None:
    """Print the two claims about depth, the losses, and the differences measured."""
    for name, result in results.items():
        each = ", ".join(f"{loss:.3f}" for loss in result.test.losses)
        print(f"{name}: training loss at the end {each}")
    small, middle, large = (results[name].test for name in ("VGG-11", "VGG-16", "VGG-19"))
    said(
        "Simonyan and Zisserman (2015, section 4.1)",
        "the error decreases from 11 layers to 19.",
    )
    found = comparison.compare(small, large, classes)
    print(f"Measured: {found}.")
    print(found.better())
    said(
        "the lecture (Ng, course 4, week 2, Classic networks)",
        "VGG-16 does almost as well as VGG-19, so many people use the smaller one.",
    )
    found = comparison.compare(large, middle, classes)
    print(f'Measured: {found}. "Almost as well" is taken as within {MARGIN} points.')
    print(found.as_good(MARGIN))
