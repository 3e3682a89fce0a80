"""Residual networks: depth with and without shortcuts, a full run, and a photograph to read."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from datasets.files import make_folder
from datasets.signs import Signs
from datasets.splits import Parts, parts
from training import arms, comparison, picture, plots
from training.evaluate import probabilities, score
from training.gradients import gradient_norms
from training.lessons import described, few_only, halved, said, seeds
from training.loop import fit
from training.progress import Silent
from training.recipes import Recipe, get
from training.saving import load_model, save_model
from training.step_losses import StepLosses

ABOUT = "Residual Networks, from the blocks to a trained network that reads hands."
RUNS = "runs/homework"
IMAGES, EPOCHS = 160, 2
# Blocks per stage; each has three convolutions, and there are two layers more.
DEPTHS = {14: (1, 1, 1, 1), 20: (1, 2, 2, 1), 50: (3, 4, 6, 3)}
WHOLE, QUICK = (20, 50), (14, 20)
WIDTHS = (64, 128, 256, 512)
KINDS = {"plain": False, "residual": True}
# Ours, without what would blur the training loss.
COMPARED = replace(get("ours"), name="plain_and_residual", augmentation=None, label_smoothing=0.0)


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
    """Compare plain and residual networks, train ResNet50 for 2 epochs and in full, and predict.

    ResNet50: the learner's function. source: the name of the data.
    """
    make_folder(options.runs)
    split, recipe = parts(data).mapped(halved), COMPARED
    if options.quick:
        split, recipe = few_only(split, IMAGES, EPOCHS), replace(recipe, epochs=EPOCHS)
        data = data._replace(train_x=data.train_x[:IMAGES], train_y=data.train_y[:IMAGES])
    results = train_all(split, recipe, options)
    plot_all(results, source, options.runs)
    about_depth(results, len(data.classes))
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


class Probe(layers.Layer):
    """Adds zeros to a batch of maps: their gradient is that of the activations.

    `gradient_norms` finds the zeros under the name that all kernels have.
    """

    def __init__(self, examples: int, name: str):
        super().__init__(name=name)
        self.examples = examples

    def build(self, shape):
        """One zero per number of the batch."""
        self.kernel = self.add_weight((self.examples, *shape[1:]), initializer="zeros")

    def call(self, X):
        """The maps, unchanged."""
        return X + self.kernel


def network(
    depth: int,
    shortcuts: bool,
    input_shape: tuple[int, ...] = (32, 32, 3),
    classes: int = 6,
    probes: int = 0,
) -> keras.Model:
    """A network of bottleneck blocks, with or without the shortcuts around them.

    All else is the same: layers, He's first weights, batch norm. depth: one of DEPTHS. probes: for
    gradients, the number of photographs of a batch; a Probe then follows each block.
    """

    def convolution(X, channels, kernel, stride=1):
        X = layers.Conv2D(channels, kernel, stride, padding="same", kernel_initializer="he_normal")(
            X
        )
        return layers.BatchNormalization()(X)

    images = keras.Input(input_shape)
    X = layers.ReLU()(convolution(images, 64, 7, 2))
    X = layers.MaxPooling2D(3, strides=2, padding="same")(X)
    number = 0
    for stage, (width, blocks) in enumerate(zip(WIDTHS, DEPTHS[depth], strict=True)):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            before = X
            X = layers.ReLU()(convolution(X, width, 1, stride))
            X = layers.ReLU()(convolution(X, width, 3))
            X = convolution(X, 4 * width, 1)
            if shortcuts:
                shortcut = before if block else convolution(before, 4 * width, 1, stride)
                X = layers.Add()([X, shortcut])
            X, number = layers.ReLU()(X), number + 1
            if probes:
                X = Probe(probes, f"probe_{number}")(X)
    X = layers.GlobalAveragePooling2D()(X)
    return keras.Model(images, layers.Dense(classes, activation="softmax")(X))


def block_gradients(model: keras.Model, depth: int, shortcuts: bool, data: Signs, examples: int):
    """[(block, norm)]: the loss's gradient by the activations at the end of each block.

    model: of `network`, without probes; they get its weights. Batch norm in training mode.
    """
    probed = network(depth, shortcuts, data.train_x.shape[1:], len(data.classes), examples)
    kinds = [layer for layer in probed.layers if not isinstance(layer, Probe)]
    for new, old in zip(kinds, model.layers, strict=True):
        new.set_weights(old.get_weights())
    norms = gradient_norms(probed, data.train_x[:examples], data.train_y[:examples])
    return [pair for pair in norms if pair[0].startswith("probe")]


def train_all(split: Parts, recipe: Recipe, options: argparse.Namespace) -> dict[str, arms.Trained]:
    """Train plain and residual networks of both depths under every seed: name -> Trained.

    Each run keeps its loss by step; the first seed also its gradients, before and after training.
    """
    learning, examples = split.learning, 8 if options.quick else 32
    shape, classes = learning.train_x.shape[1:], len(learning.classes)

    def arm(depth: int, shortcuts: bool) -> arms.Arm:
        notes: dict[int, dict] = {}

        def train(seed):
            losses = StepLosses(len(learning.train_x), recipe.batch)
            kept = notes[seed] = {"steps": losses.losses}

            def build():
                model = network(depth, shortcuts, shape, classes)
                if seed == options.seed:
                    kept["before"] = block_gradients(model, depth, shortcuts, learning, examples)
                return model

            return fit(
                build,
                learning,
                recipe,
                seed=seed,
                callbacks=[losses.callback()],
                reporter=Silent,
            )

        def look(model, seed):
            kept = notes.pop(seed)
            if seed == options.seed:
                kept["after"] = block_gradients(model, depth, shortcuts, learning, examples)
            return kept

        return arms.Arm(train, split, look=look)

    compared = {
        f"{kind} {depth}": arm(depth, shortcuts)
        for depth in (QUICK if options.quick else WHOLE)
        for kind, shortcuts in KINDS.items()
    }
    code = arms.decided_by(Path(__file__), [], recipe.settings)
    return arms.train(compared, seeds(options), options.runs / "depth", code)


def plot_all(results: Mapping[str, arms.Trained], source: str, folder: Path) -> None:
    """Write depth.png, the loss by step, and gradients.png of the deeper two, of the first seed."""
    deepest = max(results, key=depth_of).split()[1]
    steps = {name: result.notes("steps")[0] for name, result in results.items()}
    plots.save(plots.by_step(steps, f"Plain and residual, {source}"), folder / "depth.png")
    norms = {
        f"{name}, {when} training": result.rows[0]["notes"][when]
        for name, result in results.items()
        for when in ("before", "after")
        if name.endswith(deepest)
    }
    figure = plots.gradients(norms, f"Gradient by the activations, {source}", "end of a block")
    plots.save(figure, folder / "gradients.png")


def depth_of(name: str) -> int:
    """The layers of a network, from its name."""
    return int(name.split()[1])


def about_depth(results: Mapping[str, arms.Trained], classes: int = 6) -> None:
    """Print what is claimed about depth, with and without shortcuts, and what was measured.

    Degradation is about training: so the photographs that the networks learnt from are judged.
    """
    for name, result in results.items():
        each = ", ".join(f"{loss:.3f}" for loss in result.train.losses)
        print(f"{name} layers: training loss at the end {each}")
    shallow, deep = sorted({depth_of(name) for name in results})
    for name in (f"plain {deep}", f"residual {deep}"):
        for when in ("before", "after"):
            first, *_, last = results[name].rows[0]["notes"][when]
            print(
                f"{name}, {when} training: the gradient after the first block is "
                f"{first[1] / last[1]:.3g} times that after the last"
            )
    said(
        "He et al. (2015, Deep residual learning, section 4.1, figure 4)",
        "plain networks have a higher training error if they are deeper, residual ones do not; "
        "vanishing gradients are not why.",
    )
    for worse, better, claim in (
        (f"plain {deep}", f"plain {shallow}", "the shallow plain network learns better"),
        (f"residual {shallow}", f"residual {deep}", "the deep residual network learns better"),
        (f"plain {deep}", f"residual {deep}", f"at {deep} layers, shortcuts help to learn"),
    ):
        found = comparison.compare(results[worse].train, results[better].train, classes, tests=3)
        print(f"Measured on the training photographs: {found}.")
        print(f"That {claim}: {found.better()}")
    plain, residual = (results[f"{kind} {deep}"].test for kind in KINDS)
    found = comparison.compare(plain, residual, classes)
    print(f"Measured on test photographs: {found}.")
    print(f"That shortcuts help there too: {found.better()}")


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


def predict(model: keras.Model, image: np.ndarray, classes: Sequence | np.ndarray) -> None:
    """Print what the model sees on an image, uint8 (1, 64, 64, 3), and how sure it is."""
    chances = probabilities(model, image)[0]
    order = chances.argsort()[::-1]
    print(f"your image shows {classes[order[0]]}")
    print("  " + "  ".join(f"{classes[i]}: {chances[i]:.1%}" for i in order))
