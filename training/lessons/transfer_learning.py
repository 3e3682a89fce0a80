"""Transfer learning: from drawn hands to photographs, by what is frozen and how many there are."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from statistics import median
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers

from datasets.files import make_folder
from datasets.pipeline import scaled, steps_per_epoch
from datasets.signs import Signs
from datasets.splits import few
from training import plots
from training.evaluate import score
from training.lessons import described, verdicts
from training.loop import Fitted, fit
from training.progress import count
from training.recipes import Recipe, get
from training.saving import save_model
from training.transfer import pretrained as drawn_hands
from training.transfer.fine_tune import fit_head
from training.transfer.study import Silent

ABOUT = (
    "Transfer learning: from drawn hands to photographs, by what is frozen and how many there are."
)
RUNS = "runs/transfer-learning-homework"
IMAGES = 30
FREEZING = {"all": 5, "some": 50, "none": 180}  # photographs per class for which the rule says so
# steps: of a run at least; head_steps: of a head on the file; timed: epochs of the timing.
FULL = {
    "sizes": (5, 20, 50, 180), "seeds": 3, "rounds": 3, "hands": 12_000, "epochs": 4,
    "steps": 120, "head_steps": 3000, "timed": 30,
}  # fmt: skip
QUICK = {
    "sizes": (5, 20), "seeds": 1, "rounds": 1, "hands": 600, "epochs": 2, "steps": 20,
    "head_steps": 100, "timed": 2,
}  # fmt: skip
CLAIMS = {
    "all": "with few photographs, freeze all layers and train the new softmax alone",
    "some": "with more, freeze fewer layers and train the later ones too",
    "none": "with many, freeze nothing: the old weights are a better beginning",
}


def settings(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Add the sizes of a whole run, or of a quick one, to the options."""
    vars(options).update(QUICK if options.quick else FULL)


class Learner(NamedTuple):
    """The learner's three functions."""

    replace_head: Callable
    layers_to_freeze: Callable
    cache_features: Callable


def run(
    functions: Sequence[Callable],
    pretrained: keras.Model,
    data: Signs,
    source: str,
    options: argparse.Namespace,
) -> None:
    """Hand the network on, time the file, plot, and say what is supported.

    functions: the learner's replace_head, layers_to_freeze and cache_features. pretrained: what
    `pretrain` made. source: the name of the data.
    """
    learner = Learner(*functions)
    if options.quick:
        print(
            f"--quick: {options.hands} drawn hands, {options.steps} steps and one seed, too few "
            "to judge by: what follows shows the way, not the answer"
        )
    make_folder(options.runs)
    save_model(pretrained, options.runs / "pretrained.keras")
    old = score(pretrained, data)
    print(
        f"with its old softmax the network is right on {old.accuracy:.4f} of {old.tested} test "
        "photographs"
    )
    results = train_all(learner, pretrained, data, options)
    title = "synthetic hands" if source == "synthetic" else source
    lines = {("drawn hands", f"{name} frozen"): sizes for name, sizes in results.items()}
    figure = plots.by_size(lines, f"Small network, handed on to {title}")
    plots.save(figure, options.runs / "accuracy.png")
    about_freezing(results, old.tested, source)
    about_cache(*time_cache(learner, pretrained, data, options), len(data.train_x))
    print(f"the plot, the network and its features are in {options.runs}")


def network(input_shape: tuple[int, ...] = (64, 64, 3), classes: int = 6) -> keras.Model:
    """The small network: images float32 from 0 to 1 -> probabilities; 99,174 parameters."""
    images = X = keras.Input(input_shape)
    for filters in (16, 32, 64, 128):
        X = layers.Conv2D(filters, 3, padding="same")(X)
        X = layers.BatchNormalization()(X)
        X = layers.MaxPooling2D(2)(layers.ReLU()(X))
    X = layers.GlobalAveragePooling2D()(X)
    return keras.Model(images, layers.Dense(classes, activation="softmax")(X))


def pretrain(options: argparse.Namespace) -> Any:
    """The small network after training on drawn hands; a keras.Model."""
    print(f"drawing {options.hands:,} hands and training on them, {options.epochs} epochs")
    recipe = replace(drawn_hands.RECIPE, epochs=options.epochs)
    hands = drawn_hands.drawn(options.hands, drawn_hands.SEED)
    return fit(network, hands, recipe, seed=options.seed, title="drawn hands").model


def handed_on(
    learner: Learner, pretrained: keras.Model, examples: int, classes: int
) -> keras.Model:
    """A copy of the pre-trained network with a new head, frozen as for so many per class."""
    copy = keras.models.clone_model(pretrained)
    copy.set_weights(pretrained.get_weights())
    model = learner.replace_head(copy, classes)
    freeze(model, learner.layers_to_freeze(model, examples))
    return model


def freeze(model: keras.Model, frozen: Iterable) -> None:
    """Freeze layers of the model, given as layers or by their names."""
    for layer in frozen:
        model.get_layer(getattr(layer, "name", layer)).trainable = False


def cut(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """The model in two: images -> features, and the last layer, features -> probabilities."""
    last = model.layers[-1]
    features = keras.Input(last.input.shape[1:])
    return keras.Model(model.input, last.input), keras.Model(features, last(features))


def recipe_for(photographs: int, options: argparse.Namespace) -> Recipe:
    """The recipe, with as many epochs as give so few photographs enough steps."""
    recipe = get("transfer_learning")
    least = -(-options.steps // steps_per_epoch(photographs, recipe.batch))
    return replace(recipe, epochs=max(least, 1 if options.quick else recipe.epochs))


def train_one(
    learner: Learner,
    pretrained: keras.Model,
    freezing: str,
    data: Signs,
    rows: np.ndarray,
    seed: int,
    options: argparse.Namespace,
) -> Fitted:
    """Train on the photographs of these rows.

    If all but the head is frozen the head alone is trained, on features from the file.
    """
    keras.utils.set_random_seed(seed)
    part = data._replace(train_x=data.train_x[rows], train_y=data.train_y[rows])
    recipe = recipe_for(len(rows), options)
    model = handed_on(learner, pretrained, FREEZING[freezing], len(data.classes))
    if freezing == "all":
        body, head = cut(model)
        path = make_folder(options.runs) / "features.npz"
        features = learner.cache_features(body, scaled(data.train_x), path)
        fitted = fit_head(
            head, features[rows], part.train_y, recipe, seed, least=options.head_steps
        )
        return replace(fitted, model=model)
    return fit(model, part, recipe, seed=seed, reporter=Silent)


def arms(
    functions: Sequence[Callable],
    data: Signs,
    options: argparse.Namespace,
    pretrained: keras.Model | None = None,
) -> dict[tuple, tuple[int, Callable[[int], Fitted]]]:
    """What is compared: (size, freezing) -> (passes over the photographs, seed -> Fitted).

    `python -m training reproduce transfer_learning` runs them as well, and keeps each. Without a
    network, one is pre-trained once, for the first run. functions: as in `run`.
    """
    learner = Learner(*functions)
    begin = cache(lambda: pretrained or pretrain(options))

    def arm(size, freezing):
        photographs = size * len(data.classes)
        recipe = recipe_for(photographs, options)
        steps = options.head_steps if freezing == "all" else 0
        passes = max(recipe.epochs, -(-steps // steps_per_epoch(photographs, recipe.batch)))
        return passes, lambda seed: train_one(
            learner, begin(), freezing, data, few(data, size, seed), seed, options
        )

    return {
        (size, freezing): arm(size, freezing) for size in options.sizes for freezing in FREEZING
    }


def train_all(
    learner: Learner, pretrained: keras.Model, data: Signs, options: argparse.Namespace
) -> dict[str, dict[int, list[float]]]:
    """All runs: how much is frozen -> photographs per class -> test accuracies, one per seed."""
    results: dict[str, dict[int, list[float]]] = {freezing: {} for freezing in FREEZING}
    runs = arms(learner, data, options, pretrained)
    for size in options.sizes:
        for seed in range(options.seed, options.seed + options.seeds):
            for freezing in FREEZING:
                _, train = runs[size, freezing]
                tested = score(train(seed).model, data)
                results[freezing].setdefault(size, []).append(tested.accuracy)
                print(
                    f"{size} per class, seed {seed}, {freezing} frozen: {described(tested)}",
                    flush=True,
                )
    return results


def time_cache(
    learner: Learner, pretrained: keras.Model, data: Signs, options: argparse.Namespace
) -> tuple[dict[str, list[float]], int]:
    """Seconds to a trained head, three ways by name, each one number per round; and the epochs.

    The same head is trained on all photographs, for the same number of epochs: through the frozen
    layers, as if there were no file; with a file that has yet to be made; and with the file that is
    there by then, as a second head would find it.
    """
    path = options.runs / "timed.npz"
    recipe = replace(recipe_for(len(data.train_x), options), epochs=options.timed)
    images = scaled(data.train_x)

    def through_layers(model):
        fit(model, data, recipe, seed=options.seed, reporter=Silent)

    def on_file(model):
        body, head = cut(model)
        features = learner.cache_features(body, images, path)
        fit_head(head, features, data.train_y, recipe, options.seed, least=0)

    ways = {"without a file": through_layers, "first head": on_file, "second head": on_file}
    results: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(options.rounds):
        path.unlink(missing_ok=True)
        for way, train in ways.items():
            model = handed_on(learner, pretrained, FREEZING["all"], len(data.classes))
            began = time.perf_counter()
            train(model)
            results[way].append(time.perf_counter() - began)
    path.unlink()
    return results, recipe.epochs


def about_freezing(
    results: Mapping[str, Mapping[int, Sequence[float]]], tested: int, source: str
) -> None:
    """Print the claims about freezing, each at the size for which it is made."""
    sizes = sorted(results["all"])
    wanted = {"all": sizes[0], "some": 50, "none": 180}
    for freezing, size in wanted.items():
        if size not in sizes:
            continue
        means = {other: float(np.mean(results[other][size])) for other in results}
        rival = max((other for other in means if other != freezing), key=means.__getitem__)
        measured = verdicts.Difference(means[rival], means[freezing], tested)
        each = ", ".join(f"{other} frozen {100 * means[other]:.1f}%" for other in means)
        print(f"Said: {CLAIMS[freezing]}.")
        print(
            f"Measured, {size} per class: {each}; {freezing} against {rival} "
            f"{measured.points:+.1f} points, two standard errors are {measured.least:.1f}."
        )
        print(verdicts.on_freezing(measured, source))


def about_cache(seconds: Mapping[str, Sequence[float]], epochs: int, photographs: int) -> None:
    """Print the claim about the file, and the seconds."""
    each = "; ".join(
        f"{way} {median(values):.2f} ({min(values):.2f}-{max(values):.2f})"
        for way, values in seconds.items()
    )
    print("Said: with the features in a file, a second head costs much less.")
    print(
        f"Measured, {photographs:,} photographs and {count(epochs, 'epoch')}, seconds, median "
        f"and range of {len(seconds['first head'])}: {each}."
    )
    print(verdicts.on_feature_file(seconds))
