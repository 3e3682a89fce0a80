"""LeNet-5: grey beside colour, and the activations of its own time beside today's."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from datasets.files import make_folder
from datasets.signs import Signs
from datasets.splits import Parts, parts
from training import arms, comparison, plots
from training.errors import TrainingError
from training.lessons import asked, few_only, said, save_confusion, seeds, verdicts
from training.loop import fit
from training.progress import Silent
from training.recipes import Recipe, get

ABOUT = "LeNet-5: count, train in grey and in colour, with sigmoid, tanh and ReLU, and compare."
RUNS = "runs/lenet-homework"
IMAGES, EPOCHS = 360, 6
ACTIVATIONS = ("ReLU", "sigmoid", "tanh")
GREY, COLOUR = "grey, ReLU", "colour, ReLU"
RATES = (3e-4, 1e-3, 3e-3)
FASTER = 2  # "much faster", fixed before anything was measured
LECTURE = "the lecture (Ng, course 4, week 2, Classic networks)"


def run(lenet5: Callable, data: Signs, source: str, options: argparse.Namespace) -> None:
    """Count, train the four networks, plot, and say what is supported.

    lenet5: the learner's function. data: photographs in colour; source: their name.
    """
    about_parameters(lenet5)
    recipe, split = get("lenet"), parts(data)
    make_folder(options.runs)
    if options.quick:
        split, recipe = few_only(split, IMAGES, EPOCHS), replace(recipe, epochs=EPOCHS)
    results = train_all(lenet5, split, recipe, options)
    plot_all(results, data, source, options.runs)
    about_relu(results, recipe.epochs, len(data.classes))
    about_colour(results, len(data.classes))
    print(f"the plots and the network chosen by validation, model.keras, are in {options.runs}")


def grey(images: np.ndarray) -> np.ndarray:
    """The brightness of images: uint8 (n, h, w, 3) -> uint8 (n, h, w, 1)."""
    weights = np.array([0.299, 0.587, 0.114], dtype="float32")
    return (images @ weights).round().astype("uint8")[..., None]


@keras.saving.register_keras_serializable(package="lenet")
def scaled_tanh(X):
    """The paper's activation (appendix A): 1.7159 tanh(2 X / 3), which maps 1 to 1."""
    return 1.7159 * ops.tanh(2 * X / 3)


def with_activation(model: keras.Model, activation: str | Callable) -> keras.Model:
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


def of_its_time(model: keras.Model) -> keras.Model:
    """A new network like `model` with the paper's tanh, on pixels from -1 to 1 instead of 0 to 1.

    The paper centres its pixels too; tanh of numbers that are all positive learns slowly.
    """
    images = keras.Input(model.input_shape[1:])
    centred = layers.Rescaling(2.0, -1.0)(images)
    return keras.Model(images, with_activation(model, scaled_tanh)(centred))


BUILT: dict[str, Callable[[keras.Model], keras.Model]] = {
    "ReLU": lambda model: model,
    "sigmoid": lambda model: with_activation(model, "sigmoid"),
    "tanh": of_its_time,
}


def arm(lenet5: Callable, activation: str, split: Parts, recipe: Recipe) -> arms.Arm:
    """The learner's network with one of ACTIVATIONS, trained by the recipe."""
    learning = split.learning
    shape, classes = learning.train_x.shape[1:], len(learning.classes)

    def train(seed):
        def build():
            return BUILT[activation](lenet5(shape, classes))

        return fit(build, learning, recipe, seed=seed, reporter=Silent)

    return arms.Arm(train, split)


def train_all(
    lenet5: Callable, split: Parts, recipe: Recipe, options: argparse.Namespace
) -> dict[str, arms.Trained]:
    """Train the four networks under every seed: name -> Trained. split: in colour.

    Each activation has the learning rate that does best on the validation photographs; a quick run
    takes the recipe's.
    """
    code = arms.decided_by(Path(__file__), [lenet5], recipe.settings)
    recipes = {}
    for activation in ACTIVATIONS:
        by_rate = {rate: replace(recipe, learning_rate=rate) for rate in RATES}
        rate = recipe.learning_rate
        if not options.quick:
            candidates = {
                rate: arm(lenet5, activation, split, changed) for rate, changed in by_rate.items()
            }
            before = options.seed - 1  # none of the seeds that are compared
            rate = arms.chosen(activation, candidates, before % 2**31, options.runs, code)
            print(f"{activation}: learning rate {rate:g}, by validation accuracy")
        recipes[activation] = by_rate[rate]
    compared = {GREY: arm(lenet5, "ReLU", split.mapped(grey), recipes["ReLU"])}
    for activation, changed in recipes.items():
        compared[f"colour, {activation}"] = arm(lenet5, activation, split, changed)
    rates = [changed.learning_rate for changed in recipes.values()]
    return arms.train(compared, seeds(options), options.runs, f"{code}{rates}" if code else "")


def plot_all(results: Mapping[str, arms.Trained], data: Signs, source: str, folder: Path) -> None:
    """Write losses.png of all runs, and confusion.png of the network chosen by validation."""
    histories = {name: result.histories for name, result in results.items()}
    plots.save(plots.losses(histories, f"LeNet-5, {source}"), folder / "losses.png")
    name, counts = arms.confusion_of(results)
    save_confusion(counts, data.classes, f"LeNet-5, {name}, {source}", folder)


def about_parameters(lenet5: Callable) -> None:
    """Print the claim about the number of parameters, and the counts."""
    # Neither convolution knows the size of the image, so the smallest network has them whole.
    model = lenet5((32, 32, 1), 10)
    paper, ours = model.count_params(), lenet5((64, 64, 3), 6).count_params()
    dense = sum(layer.count_params() for layer in model.layers if isinstance(layer, layers.Dense))
    said(LECTURE, "LeNet-5 has about 60,000 parameters, small by today's measure.")
    print(
        f"Counted: {paper:,} for 32x32x1 and 10 classes, {dense / paper:.0%} of them in dense "
        f"layers; {ours:,} for 64x64x3 and 6 classes."
    )
    print(verdicts.on_lenet_parameters(paper, ours))


def epoch_of(history, loss: float) -> int | None:
    """The first epoch, from 1, whose training loss is at most `loss`; None for never."""
    return next((int(row["epoch"]) + 1 for row in history if row["loss"] <= loss), None)


def in_words(epochs: Sequence[int | None]) -> str:
    """The epochs of several runs, such as "in epochs 4, 5, never"."""
    return "in epochs " + ", ".join("never" if epoch is None else str(epoch) for epoch in epochs)


def about_relu(results: Mapping[str, arms.Trained], epochs: int, classes: int = 6) -> None:
    """Print the claim that ReLU learns faster, and in which epoch each came to the same goal.

    The goal is half the loss of guessing, ln(classes) / 2.
    """
    said(
        "Ng (course 1, week 3, Activation functions)",
        "with ReLU a network often learns much faster than with tanh or sigmoid.",
    )
    goal = math.log(classes) / 2
    fast, *others = (
        (name, [epoch_of(history, goal) for history in results[f"colour, {name}"].histories])
        for name in ACTIVATIONS
    )
    print(
        f"Measured: half the loss of guessing, {goal:.2f}, was reached with ReLU "
        f'{in_words(fast[1])}. "Much faster" is taken as {FASTER} times or more.'
    )
    for name, reached in others:
        took = comparison.ratio(fast[1], reached, epochs)
        print(f"With {name} {in_words(reached)}: {took}.")
        print(took.at_least(FASTER))


def about_colour(results: Mapping[str, arms.Trained], classes: int = 6) -> None:
    """Print the question what colour adds, and the difference that it made."""
    asked("what does colour add?")
    found = comparison.compare(results[GREY].test, results[COLOUR].test, classes)
    print(f"Measured: {found}.")
    print(found.answer())
