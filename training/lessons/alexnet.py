"""AlexNet: ReLU beside tanh, two towers, and what local response normalisation does here."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

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
from training.step_losses import StepLosses

ABOUT = "AlexNet: count, train with ReLU, tanh, two towers and two normalisations, and compare."
RUNS = "runs/alexnet-homework"
IMAGES, EPOCHS = 96, 2
RELU, TANH_ARM, TOWERS, NORMALISED, CONSTANT = ARMS = (
    "ReLU",
    "tanh",
    "ReLU, two towers",
    "ReLU, normalised at the paper's scale",
    "ReLU, divided by a constant",
)
RATES = (1e-4, 3e-4, 1e-3)
PAPER = {"radius": 2, "bias": 2.0, "alpha": 1e-4, "beta": 0.75}
LEAST = 2.0**0.75  # what a value is divided by when its window is zero
# The paper's pixels go up to 255, ours to 1. The sum of squares is then 255^2 times as small.
SCALE = 255.0**2
TANH = {"activation": "tanh", "kernel_initializer": "glorot_uniform"}
DIVIDED = (1, 3, 4)  # of the paper's convolutions, from 0: they read one tower's channels
FASTER = 2  # "several times faster", fixed before anything was measured
SHOWN = ("pixels from 0 to 1", "pixels from 0 to 255")


def run(
    local_response_normalization: Callable,
    two_tower_convolution: Callable,
    alexnet: Callable,
    data: Signs,
    source: str,
    options: argparse.Namespace,
) -> None:
    """Count, train the networks of ARMS, plot, and say what is supported.

    The first three are the learner's functions. source: the name of the data.
    """
    about_parameters(alexnet, two_tower_convolution)
    recipe, split = get("alexnet"), parts(data)
    make_folder(options.runs)
    if options.quick:
        split, recipe = few_only(split, IMAGES, EPOCHS), replace(recipe, epochs=EPOCHS)
    look = partial(looked_at, local_response_normalization, split, source, options)
    functions = local_response_normalization, two_tower_convolution, alexnet
    results = train_all(functions, split, recipe, look, options)
    plot_all(results, data, source, options.runs)
    about_relu(results, len(data.classes))
    about_towers(results, len(data.classes))
    about_normalisation(results, len(data.classes))
    about_competition(results[RELU].rows[0]["notes"])
    print(f"the plots and the network chosen by validation, model.keras, are in {options.runs}")


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


def build(
    functions: Sequence[Callable],
    arm: str,
    shape: tuple,
    classes: int,
    mean: np.ndarray | None = None,
) -> keras.Model:
    """The network of one of ARMS, from the learner's functions in the order of `run`.

    mean: the mean of the training photographs, which the networks that compare normalisations
    subtract first, as the paper does. Raises TrainingError if the replacement changes nothing:
    alexnet then has to use **RELU and local_response_normalization by their names.
    """
    local_response_normalization, two_tower_convolution, alexnet = functions
    used = []

    def at_scale(x, radius, bias, alpha, beta):
        used.append(radius)
        return local_response_normalization(x, radius, bias, alpha * SCALE, beta)

    def constant(x, radius, bias, alpha, beta):
        used.append(radius)
        return x / bias**beta

    replacements: dict[str, dict[str, Any]] = {
        RELU: {},
        TOWERS: {},
        TANH_ARM: {"RELU": TANH},
        NORMALISED: {"local_response_normalization": at_scale},
        CONSTANT: {"local_response_normalization": constant},
    }
    with instead(alexnet, replacements[arm]):
        model = alexnet(shape, classes)
    kinds = {getattr(getattr(layer, "activation", None), "__name__", "") for layer in model.layers}
    if arm == TANH_ARM and ("relu" in kinds or "tanh" not in kinds):
        raise TrainingError(
            "expected alexnet to give its hidden layers **RELU, so this comparison can "
            "replace it; found another ReLU"
        )
    if arm in (NORMALISED, CONSTANT) and not used:
        raise TrainingError(
            "expected alexnet to call local_response_normalization, so this comparison can "
            "replace it; found no call"
        )
    if arm == TOWERS:
        return in_two_towers(two_tower_convolution, model)
    return model if mean is None or arm not in (NORMALISED, CONSTANT) else centred(model, mean)


def in_two_towers(two_tower_convolution: Callable, model: keras.Model) -> keras.Model:
    """The network with the paper's second, fourth and fifth convolution in the learner's towers.

    Raises TrainingError unless the model's own layers have as many convolutions.
    """
    names = [layer.name for layer in model.layers if isinstance(layer, layers.Conv2D)]
    if len(names) <= max(DIVIDED):
        raise TrainingError(
            "expected 5 Conv2D among the layers of alexnet, so this comparison can divide three "
            f"of them; found {len(names)}"
        )
    divided = {names[place] for place in DIVIDED}

    def called(layer, X, *args, **kwargs):
        if layer.name not in divided:
            return layer(X, *args, **kwargs)
        return layers.Activation(layer.activation)(
            two_tower_convolution(X, layer.filters, layer.kernel_size)
        )

    made = keras.models.clone_model(model, call_function=called)
    for layer in made.layers:
        if isinstance(layer, layers.Conv2D):  # the learner's begin as all others do
            layer.kernel.assign(keras.initializers.HeNormal()(layer.kernel.shape))
    return made


def centred(model: keras.Model, mean: np.ndarray) -> keras.Model:
    """The network on images less `mean`, (height, width, channels)."""
    images = keras.Input(model.input_shape[1:])
    return keras.Model(images, model(layers.Rescaling(1.0, (-mean).tolist())(images)))


def train_all(
    functions: Sequence[Callable],
    split: Parts,
    recipe: Recipe,
    look: Callable[[keras.Model, int], dict],
    options: argparse.Namespace,
) -> dict[str, arms.Trained]:
    """Train the networks under every seed: name -> Trained, in the order of ARMS.

    functions: the learner's, in the order of `run`. ReLU and tanh each have the learning rate that
    does best on the validation photographs, as in the paper; a quick run takes the recipe's. look:
    keeps notes of the first network's maps, and draws the towers' filters.
    """
    learning = split.learning
    shape, classes = learning.train_x.shape[1:], len(learning.classes)
    mean = learning.train_x.mean(axis=0) / 255

    def arm(name: str, rate: float) -> arms.Arm:
        steps: dict[int, list[float]] = {}

        def train(seed):
            losses = StepLosses(len(learning.train_x), recipe.batch)
            steps[seed] = losses.losses
            return fit(
                lambda: build(functions, name, shape, classes, mean),
                learning,
                replace(recipe, learning_rate=rate),
                seed=seed,
                callbacks=[losses.callback()],
                reporter=Silent,
            )

        def notes(model, seed):
            first = seed == options.seed
            if name == TOWERS and first:
                draw_towers(model, options.runs)
            kept = look(model, seed) if name == RELU and first else {}
            return {"steps": steps.pop(seed), **kept}

        return arms.Arm(train, split, look=notes)

    code = arms.decided_by(Path(__file__), [*functions], recipe.settings)
    rates = dict.fromkeys(ARMS, recipe.learning_rate)
    if not options.quick:
        before = (options.seed - 1) % 2**31  # none of the seeds that are compared
        for name in (RELU, TANH_ARM):
            candidates = {rate: arm(name, rate) for rate in RATES}
            rates[name] = arms.chosen(name, candidates, before, options.runs, code)
            print(f"{name}: learning rate {rates[name]:g}, by validation accuracy")
        rates |= dict.fromkeys((TOWERS, NORMALISED, CONSTANT), rates[RELU])
    compared = {name: arm(name, rates[name]) for name in ARMS}
    decisive = f"{code}{sorted(rates.items())}" if code else ""
    return arms.train(compared, seeds(options), options.runs, decisive)


def looked_at(
    local_response_normalization: Callable,
    split: Parts,
    source: str,
    options: argparse.Namespace,
    model: keras.Model,
    seed: int,
) -> dict:
    """Write maps.png of a trained network's first map; returns by how much values are divided."""
    images = split.validation_x[:1]
    before = {
        SHOWN[0]: first_map(model, images / 255),
        SHOWN[1]: first_map(model, images),
    }
    maps = {
        name: (values, *normalised(local_response_normalization, values))
        for name, values in before.items()
    }
    title = f"AlexNet: what normalisation makes of one channel, {source}"
    plots.save(plots.divided(maps, title), options.runs / "maps.png")
    return {name: float(np.nanmax(divided)) for name, (_, _, divided) in maps.items()}


def draw_towers(model: keras.Model, folder: Path) -> None:
    """Write filters.png: the first layer's filters, those of the first tower in the upper half."""
    kernel = next(weight for weight in model.get_weights() if weight.ndim == 4)
    title = "AlexNet: filters that the first tower reads (above), and the second (below)"
    plots.save(plots.filters(kernel, title), folder / "filters.png")


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


def plot_all(results: Mapping[str, arms.Trained], data: Signs, source: str, folder: Path) -> None:
    """Write losses.png of the first seed, and confusion.png of the network kept by validation."""
    steps = {name: result.notes("steps")[0] for name, result in results.items()}
    plots.save(plots.by_step(steps, f"AlexNet, {source}"), folder / "losses.png")
    name, counts = arms.confusion_of(results)
    save_confusion(counts, data.classes, f"AlexNet, {name}, {source}", folder)


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
    said(
        "the lecture (Ng, course 4, week 2, Classic networks)",
        "AlexNet has about 60 million parameters, a thousand times as many as LeNet-5.",
    )
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


def about_relu(results: Mapping[str, arms.Trained], classes: int = 6) -> None:
    """Print the claim that ReLU learns faster, and the steps that both activations needed.

    They are asked for half of the loss of guessing, ln(classes).
    """
    wanted = math.log(classes) / 2
    fast, slow = (
        [first_step(losses, wanted) for losses in results[name].notes("steps")]
        for name in (RELU, TANH_ARM)
    )
    words = [
        ", ".join("never" if step is None else str(step) for step in steps)
        for steps in (fast, slow)
    ]
    said(
        "Krizhevsky et al. (2012, section 3.1)",
        "with ReLU a network learns several times faster than with tanh: six times, for a small "
        "one on CIFAR-10.",
    )
    total = len(results[RELU].notes("steps")[0])
    took = comparison.ratio(fast, slow, total)
    print(
        f"Measured: half of the loss of guessing, {wanted:.2f}, was reached with ReLU after "
        f"{words[0]} steps and with tanh after {words[1]}, of {total}. Tanh took {took}. "
        f'"Several times" is taken as {FASTER} or more.'
    )
    print(took.at_least(FASTER))


def about_towers(results: Mapping[str, arms.Trained], classes: int = 6) -> None:
    """Print the question whether two towers cost accuracy, and the difference that they made."""
    asked("is AlexNet as good if three of its convolutions are divided into two towers?")
    found = comparison.compare(results[RELU].test, results[TOWERS].test, classes)
    print(f"Measured: {found}.")
    print(found.answer())


def about_normalisation(results: Mapping[str, arms.Trained], classes: int = 6) -> None:
    """Print the two claims about the normalisation, and the difference that it made.

    With our pixels the paper's constants divide all values by nearly the same number; so the
    comparison is at the paper's scale, with a network that divides by that number alone.
    """
    said(
        "Krizhevsky et al. (2012, section 3.3)",
        "local response normalisation lowers the top-5 error by 1.2 points. Simonyan and "
        "Zisserman (2015, section 4.1) found that it improves nothing.",
    )
    found = comparison.compare(results[CONSTANT].test, results[NORMALISED].test, classes)
    print(f"Measured: {found}.")
    print(f"That it helps: {found.better()}")


def about_competition(notes: Mapping[str, float]) -> None:
    """Print the claim that strong channels quieten their neighbours, and by how much they do.

    notes: of `looked_at`, by what values are divided at most.
    """
    said(
        "Krizhevsky et al. (2012, section 3.3)",
        "the normalisation makes strong channels compete with their neighbours.",
    )
    for name in SHOWN:
        most = notes[name] / LEAST
        print(
            f"Measured, {name}: values are divided by {LEAST:.2f} to {notes[name]:.2f}; "
            f"the window accounts for a factor of {most:.3f} at most."
        )
        print(verdicts.on_competition(most))
