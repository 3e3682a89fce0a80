"""Transfer learning: from drawn hands to photographs, by what is frozen and how many there are."""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers

from datasets.files import make_folder
from datasets.pipeline import scaled, steps_per_epoch
from datasets.signs import Signs
from datasets.splits import Parts, few, parts
from training import arms as compared_arms
from training import comparison, plots
from training.evaluate import probabilities
from training.lessons import asked, said, seeds, verdicts
from training.loop import Fitted, fit
from training.progress import Silent, count
from training.recipes import Recipe, get
from training.saving import save_model
from training.transfer import pretrained as drawn_hands
from training.transfer.fine_tune import fit_head

ABOUT = (
    "Transfer learning: from drawn hands to photographs, by what is frozen and how many there are."
)
RUNS = "runs/transfer-learning-homework"
IMAGES = 30
FREEZING = {"all": 5, "some": 50, "none": 180}  # photographs per class for which the rule says so
# What the lesson trains beside these: from random weights; with the learner's fine_tune; and all
# layers of a network that learnt other classes, the quarter turns of `pretrain_on_turns`.
SCRATCH, HEAD_FIRST, OTHER = "from scratch", "head first", "other classes"
QUARTERS = 4
# steps: of every run, at least; timed: epochs of the timing.
FULL = {
    "sizes": (5, 20, 50, 180), "rounds": 3, "hands": 12_000, "epochs": 4, "steps": 600, "timed": 30,
}  # fmt: skip
QUICK = {
    "sizes": (5, 20), "rounds": 1, "hands": 600, "epochs": 2, "steps": 20, "timed": 2,
}  # fmt: skip
LECTURE = "the lecture (Ng, course 4, week 2, Transfer learning)"


def settings(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Add the sizes of a whole run, or of a quick one, to the options."""
    vars(options).update(QUICK if options.quick else FULL)


class Learner(NamedTuple):
    """The learner's four functions."""

    replace_head: Callable
    layers_to_freeze: Callable
    fine_tune: Callable
    cache_features: Callable


def run(
    functions: Sequence[Callable],
    pretrained: keras.Model,
    data: Signs,
    source: str,
    options: argparse.Namespace,
) -> None:
    """Hand the network on, time the file, plot, and say what is supported.

    functions: the learner's, as in Learner. pretrained: what `pretrain` made. source: the name of
    the data.
    """
    learner, split = Learner(*functions), parts(data)
    if options.quick:
        print(
            f"--quick: {options.hands} drawn hands, {options.steps} steps and one seed, too few "
            "for a verdict: what follows shows the way, not the answer"
        )
    make_folder(options.runs)
    save_model(pretrained, options.runs / "pretrained.keras")
    answers = probabilities(pretrained, split.validation_x).argmax(1)
    print(
        f"with its old softmax the network is right on {np.mean(answers == split.validation_y):.4f}"
        f" of {len(answers)} validation photographs"
    )
    results = train_all(learner, pretrained, split, options)
    title = "synthetic hands" if source == "synthetic" else source
    lines: dict[tuple[str, str], dict[int, list[float]]] = {}
    for (size, way), result in results.items():
        line = lines.setdefault(("drawn hands", described(way)), {})
        line[size] = result.test.right.mean(1).tolist()
    figure = plots.by_size(lines, f"Small network, handed on to {title}")
    plots.save(figure, options.runs / "accuracy.png")
    about_freezing(results, len(data.classes), source)
    photographs = len(split.learning.train_x)
    about_cache(*time_cache(learner, pretrained, split.learning, options), photographs)
    print(f"the plot, the network and its features are in {options.runs}")


def described(way: str) -> str:
    """One of FREEZING, or what the lesson trains beside them, in words."""
    return f"{way} frozen" if way in FREEZING else way


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
    return _pretrained(drawn_hands.drawn(options.hands, drawn_hands.SEED), options)


def pretrain_on_turns(options: argparse.Namespace) -> Any:
    """The small network after learning by how much each of the same hands is turned.

    Its classes, no turn to three quarters, have no sign in common with the photographs (Gidaris,
    Singh and Komodakis 2018, "Unsupervised representation learning by predicting image rotations",
    section 2).
    """
    print("training on the same hands, turned: the classes are the quarters of a turn")
    return _pretrained(turned(drawn_hands.drawn(options.hands, drawn_hands.SEED)), options)


def turned(data: Signs) -> Signs:
    """The train images, each turned by 0 to 3 quarters: its new label. There is no test."""
    quarters = np.random.default_rng(drawn_hands.SEED).integers(0, QUARTERS, len(data.train_y))
    images = [np.rot90(image, k) for image, k in zip(data.train_x, quarters, strict=True)]
    return Signs(
        np.stack(images), quarters, data.train_x[:0], data.train_y[:0], np.arange(QUARTERS)
    )


def _pretrained(hands: Signs, options: argparse.Namespace) -> Any:
    recipe = replace(drawn_hands.RECIPE, epochs=options.epochs)

    def build():
        return network(classes=len(hands.classes))

    return fit(build, hands, recipe, seed=options.seed, title="drawn hands").model


def handed_on(
    learner: Learner, pretrained: keras.Model, examples: int, classes: int
) -> keras.Model:
    """A copy of the pre-trained network with a new head, frozen as for so many per class."""
    model = learner.replace_head(copied(pretrained), classes)
    freeze(model, learner.layers_to_freeze(model, examples))
    return model


def copied(model: keras.Model) -> keras.Model:
    """The same network with layers and weights of its own."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


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
    way: str,
    data: Signs,
    rows: np.ndarray,
    seed: int,
    options: argparse.Namespace,
) -> Fitted:
    """Train on the photographs of these rows; way: one of FREEZING, SCRATCH, HEAD_FIRST or OTHER.

    pretrained: for OTHER, the network that learnt other classes. All ways take the same number of
    steps. If all but the head is frozen the head alone is trained, on features from the file.
    """
    keras.utils.set_random_seed(seed)
    part = data._replace(train_x=data.train_x[rows], train_y=data.train_y[rows])
    recipe, classes = recipe_for(len(rows), options), len(data.classes)
    if way == SCRATCH:
        model = learner.replace_head(keras.models.clone_model(pretrained), classes)
    elif way == HEAD_FIRST:
        return tuned(learner, pretrained, part, recipe)
    else:
        frozen = FREEZING["none" if way == OTHER else way]
        model = handed_on(learner, pretrained, frozen, classes)
    if way != "all":
        return fit(model, part, recipe, seed=seed, reporter=Silent)
    body, head = cut(model)
    path = make_folder(options.runs) / "features.npz"
    features = learner.cache_features(body, scaled(data.train_x), path)
    fitted = fit_head(head, features[rows], part.train_y, recipe, seed, least=0)
    return replace(fitted, model=model)


def tuned(learner: Learner, pretrained: keras.Model, data: Signs, recipe: Recipe) -> Fitted:
    """Train with the learner's fine_tune, half of the recipe's epochs in each phase."""
    model = learner.replace_head(copied(pretrained), len(data.classes))
    first = recipe.epochs // 2
    began = time.perf_counter()
    model = learner.fine_tune(
        model, scaled(data.train_x), data.train_y, first, recipe.epochs - first,
        recipe.learning_rate,
    )  # fmt: skip
    return Fitted(model, [], time.perf_counter() - began)


def arms(
    functions: Sequence[Callable],
    data: Signs,
    options: argparse.Namespace,
    pretrained: keras.Model | None = None,
    ways: Iterable[str] = FREEZING,
) -> dict[tuple, tuple[int, Callable[[int], Fitted]]]:
    """What is compared: (size, way) -> (passes over the photographs, seed -> Fitted).

    `python -m training reproduce transfer_learning` runs those of FREEZING as well, and keeps each.
    Without a network, one is pre-trained once, for the first run. functions: as in `run`.
    """
    learner = Learner(*functions)

    @cache
    def begin(other: bool):
        return pretrain_on_turns(options) if other else pretrained or pretrain(options)

    def arm(size, way):
        passes = recipe_for(size * len(data.classes), options).epochs
        return passes, lambda seed: train_one(
            learner, begin(way == OTHER), way, data, few(data, size, seed), seed, options
        )

    return {(size, way): arm(size, way) for size in options.sizes for way in ways}


def train_all(
    learner: Learner, pretrained: keras.Model, split: Parts, options: argparse.Namespace
) -> dict[tuple[int, str], compared_arms.Trained]:
    """All runs, under every seed: (photographs per class, way) -> Trained."""
    data = split.learning
    most = int(np.bincount(data.train_y).min())
    options.sizes = tuple(dict.fromkeys(min(size, most) for size in options.sizes))
    made = arms(learner, data, options, pretrained, (*FREEZING, SCRATCH, HEAD_FIRST, OTHER))

    def learnt_from(size):
        def chosen(seed):
            rows = few(data, size, seed)
            return data._replace(train_x=data.train_x[rows], train_y=data.train_y[rows])

        return chosen

    keys = {f"{size} per class, {described(way)}": (size, way) for size, way in made}
    code = compared_arms.decided_by(
        Path(__file__), [*learner], options.steps, options.quick, weights_hash(pretrained)
    )
    named = {
        name: compared_arms.Arm(made[key][1], split, learnt_from=learnt_from(key[0]))
        for name, key in keys.items()
    }
    results = compared_arms.train(named, seeds(options), options.runs, code)
    return {key: results[name] for name, key in keys.items()}


def weights_hash(model: keras.Model) -> str:
    """SHA-256 of a network's weights."""
    total = hashlib.sha256()
    for weight in model.get_weights():
        total.update(weight.tobytes())
    return total.hexdigest()


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
    results: Mapping[tuple[int, str], compared_arms.Trained], classes: int, source: str
) -> None:
    """Print the claims about freezing, each at the size for which it is made, and two questions."""
    sizes = sorted({size for size, _ in results})
    few_, many = sizes[0], sizes[-1]
    claims = [
        (few_, "none", "all", "with few photographs, freeze all layers before the softmax"),
        (50, "all", "some", "with more, freeze fewer layers and train the later ones too"),
        (many, SCRATCH, "none", "with many, train all layers: the old weights are a better "
         "beginning than random ones"),
    ]  # fmt: skip
    for size, other, way, claim in claims:
        if size not in sizes:
            continue
        found = comparison.compare(results[size, other].test, results[size, way].test, classes)
        said(LECTURE, f"{claim}.")
        print(f"Measured: {found}.")
        print(verdicts.on_transfer(str(found.better()), source))
    asked("is it better to train the new softmax first, and then all layers at a lower rate?")
    _answer([(size, "none", HEAD_FIRST) for size in (few_, many)], results, classes, source)
    asked(
        "do the old classes have to be the new ones? Here they are by how many quarters a drawn "
        "hand is turned (Gidaris, Singh and Komodakis 2018, section 2)."
    )
    pairs = [(size, way, OTHER) for size in (few_, many) for way in (SCRATCH, "none")]
    _answer(pairs, results, classes, source)


def _answer(
    pairs: Sequence[tuple[int, str, str]],
    results: Mapping[tuple[int, str], compared_arms.Trained],
    classes: int,
    source: str,
) -> None:
    """Print which of two ways is better, for each (photographs per class, way, other way)."""
    for size, first, second in pairs:
        found = comparison.compare(
            results[size, first].test, results[size, second].test, classes, tests=len(pairs)
        )
        print(f"Measured: {found}.")
        print(verdicts.on_transfer(found.answer(), source))


def about_cache(seconds: Mapping[str, Sequence[float]], epochs: int, photographs: int) -> None:
    """Print the claim about the file, and the seconds."""
    each = "; ".join(
        f"{way} {median(values):.2f} ({min(values):.2f}-{max(values):.2f})"
        for way, values in seconds.items()
    )
    said(LECTURE, "with the features in a file, a second head costs much less.")
    print(
        f"Measured, {photographs:,} photographs and {count(epochs, 'epoch')}, seconds, median "
        f"and range of {len(seconds['first head'])}: {each}."
    )
    print(verdicts.on_feature_file(seconds))
