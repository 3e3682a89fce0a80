"""Inception: what bottlenecks save, and what classifiers half-way are worth."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

import keras
import numpy as np
from keras import layers

from datasets.files import make_folder
from datasets.signs import Signs
from training import plots
from training.evaluate import score
from training.gradients import gradient_norms
from training.lessons import described, save_confusion, shortened, verdicts
from training.loop import fit
from training.recipes import Recipe, get
from training.saving import save_model

ABOUT = (
    "Inception: count and time bottlenecks, train GoogLeNet with auxiliary heads and without, "
    "and compare."
)
RUNS = "runs/inception-homework"
IMAGES, EPOCHS = 64, 2
EXAMPLE, CHANNELS, NARROW = (28, 28, 192), 32, 16
LOSS_WEIGHT = 0.3


def run(
    multiplications: Callable,
    GoogLeNet: Callable,
    data: Signs,
    source: str,
    options: argparse.Namespace,
) -> None:
    """Count, time, look at gradients, train both networks, plot, and say what is supported.

    multiplications, GoogLeNet: the learner's functions. source: the name of the data.
    """
    model = GoogLeNet()
    print(
        f"GoogLeNet for 64x64x3 and 6 classes: {model.count_params():,} parameters, of which "
        f"{model.count_params() - network_of(model).count_params():,} are in the heads"
    )
    about_bottlenecks(multiplications)
    recipe = get("inception")
    make_folder(options.runs)
    if options.quick:
        data, recipe = shortened(data, IMAGES, EPOCHS), replace(recipe, epochs=EPOCHS)
    about_gradients(gradients(GoogLeNet, data, source, options, 8 if options.quick else 32))
    results = train_both(GoogLeNet, data, recipe, options)
    plot_all(results, data, source, options.runs)
    about_learning(results, len(data.classes))
    save_model(results[best(results)][0].model, options.runs / "model.keras")
    print(f"the plots and the better network, model.keras, are in {options.runs}")


@keras.saving.register_keras_serializable(package="inception")
class WithHeads(keras.Model):
    """A model of three outputs that trains with all of them and answers with the first.

    While it trains, the loss of each head counts 0.3; accuracy, `predict` and everything else are
    of the network alone.
    """

    @property
    def output_shape(self):
        """Of its answer: (n, classes)."""
        return self.outputs[0].shape

    def call(self, inputs, training=None, mask=None):
        """All outputs in training mode, and the first of them otherwise."""
        outputs = super().call(inputs, training=training, mask=mask)
        return outputs if training else outputs[0]

    def compute_output_spec(self, inputs, training=None, mask=None):
        """The shapes of what `call` gives."""
        outputs = super().compute_output_spec(inputs, training=training, mask=mask)
        return outputs if training else outputs[0]

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The network's loss, and 0.3 of that of each head."""
        own, *heads = y_pred if isinstance(y_pred, (list, tuple)) else [y_pred]
        loss = super().compute_loss(x, y, own, sample_weight, training)
        for head in heads:
            loss += LOSS_WEIGHT * super().compute_loss(x, y, head, sample_weight, training)
        return loss

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Those of the network alone."""
        own = y_pred[0] if isinstance(y_pred, (list, tuple)) else y_pred
        return super().compute_metrics(x, y, own, sample_weight)


def with_heads(model: keras.Model) -> keras.Model:
    """The GoogLeNet that trains with its auxiliary heads; what `python -m training` trains."""
    return WithHeads(model.inputs[0], model.outputs, name="with_heads")


def network_of(model: keras.Model) -> keras.Model:
    """The network without its heads; its layers, and so its weights, are those of `model`."""
    return keras.Model(model.inputs[0], model.outputs[0], name="without_heads")


NETWORKS = {"with heads": with_heads, "without heads": network_of}


def counted(multiplications: Callable) -> tuple[int, int]:
    """The lecture's multiplications: (5x5 at once, 1x1 and then 5x5)."""
    height, width, _ = EXAMPLE
    direct = multiplications(EXAMPLE, CHANNELS, 5)
    reduced = multiplications(EXAMPLE, NARROW, 1)
    return direct, reduced + multiplications((height, width, NARROW), CHANNELS, 5)


def timed(rounds: int, batch: int = 16) -> tuple[list[float], list[float]]:
    """The seconds of both ways for one batch, timed in turn: two lists of `rounds` numbers."""
    draw = np.random.default_rng(0)
    maps = keras.ops.convert_to_tensor(draw.random((batch, *EXAMPLE), "float32"))
    X = keras.Input(EXAMPLE)
    narrow = layers.Conv2D(NARROW, 1, activation="relu")(X)
    models = [
        keras.Model(X, layers.Conv2D(CHANNELS, 5, padding="same", activation="relu")(Y))
        for Y in (X, narrow)
    ]
    results: tuple[list[float], list[float]] = ([], [])
    for round_ in range(rounds + 2):  # two rounds warm up
        for model, seconds in zip(models, results, strict=True):
            start = time.perf_counter()
            keras.ops.convert_to_numpy(model(maps))  # waits for a device that computes by itself
            if round_ >= 2:
                seconds.append(time.perf_counter() - start)
    return results


def gradients(
    GoogLeNet: Callable,
    data: Signs,
    source: str,
    options: argparse.Namespace,
    examples: int,
) -> dict[str, list[tuple[str, float]]]:
    """The gradient's norm by layer at the first step: name -> [(layer, norm)], and gradients.png.

    Only layers that both networks have; those of the heads are left out.
    """
    results = {}
    for name, network in NETWORKS.items():
        keras.utils.set_random_seed(options.seed)
        model = network(GoogLeNet(data.train_x.shape[1:], len(data.classes)))
        own = {layer.name for layer in network_of(model).layers}
        norms = gradient_norms(model, data.train_x[:examples], data.train_y[:examples])
        results[name] = [(layer, norm) for layer, norm in norms if layer in own]
    figure = plots.gradients(results, f"GoogLeNet before the first step, {source}")
    plots.save(figure, options.runs / "gradients.png")
    return results


def train_both(
    GoogLeNet: Callable, data: Signs, recipe: Recipe, options: argparse.Namespace
) -> dict[str, tuple]:
    """Train both networks from the same first weights: {name: (Fitted, Score)}."""

    def build(network):
        return network(GoogLeNet(data.train_x.shape[1:], len(data.classes)))

    results = {}
    for name, network in NETWORKS.items():
        fitted = fit(partial(build, network), data, recipe, seed=options.seed, title=name)
        tested = score(fitted.model, data)
        results[name] = fitted, tested
        accuracy = fitted.history[-1]["accuracy"]
        print(f"{name}: training accuracy {accuracy:.4f}, {described(tested)}")
    return results


def plot_all(results: Mapping[str, tuple], data: Signs, source: str, folder: Path) -> None:
    """Write accuracy.png of both runs, and confusion.png of the better one."""
    histories = {name: fitted.history for name, (fitted, _) in results.items()}
    plots.save(plots.accuracies(histories, f"GoogLeNet, {source}"), folder / "accuracy.png")
    name = best(results)
    save_confusion(results[name][1], data.classes, f"GoogLeNet, {name}, {source}", folder)


def best(results: Mapping[str, tuple]) -> str:
    """The name of the network with the higher test accuracy."""
    return max(results, key=lambda name: results[name][1].accuracy)


def about_bottlenecks(multiplications: Callable, rounds: int = 11) -> None:
    """Print the claim about multiplications, the counts, and the seconds."""
    direct, bottleneck = counted(multiplications)
    slow, fast = timed(rounds)
    ratios = sorted(one / other for one, other in zip(slow, fast, strict=True))
    print(
        "Said: through a bottleneck 120 million multiplications become 12.4 million, a tenth of "
        "the computation."
    )
    print(
        f"Counted: {direct:,} and {bottleneck:,}, {direct / bottleneck:.2f} times fewer. "
        f"Measured: {median(ratios):.2f} times faster (median of {rounds}, from {ratios[0]:.2f} "
        f"to {ratios[-1]:.2f})."
    )
    print(verdicts.on_bottlenecks(direct, bottleneck, median(ratios)))


def about_gradients(norms: Mapping[str, Sequence[tuple[str, float]]]) -> None:
    """Print the claim that heads bring a gradient to the first layers, and the gradients there."""
    plain, helped = (norms[name][0][1] for name in ("without heads", "with heads"))
    print("Said: auxiliary heads give the early layers a gradient of their own.")
    print(
        f"Measured before the first step: the gradient's norm at the first convolution is "
        f"{plain:.3g} without heads and {helped:.3g} with them, {helped / plain:.1f} times as "
        "large."
    )
    print(verdicts.on_gradients(plain, helped))


def learnt_in(history: Sequence[Mapping[str, float]], classes: int) -> int | None:
    """The first epoch, from 1, whose training accuracy is twice that of guessing, or None."""
    return next((int(row["epoch"]) + 1 for row in history if row["accuracy"] >= 2 / classes), None)


def about_learning(results: Mapping[str, tuple], classes: int = 6) -> None:
    """Print the claim that heads help to learn and regularise, and what the two runs did."""
    runs = [results[name] for name in NETWORKS]
    begun = [learnt_in(fitted.history, classes) for fitted, _ in runs]
    words = ["never" if epoch is None else f"in epoch {epoch}" for epoch in begun]
    helped, plain = (tested for _, tested in runs)
    trained = [fitted.history[-1]["accuracy"] for fitted, _ in runs]
    measured = verdicts.Difference(plain.accuracy, helped.accuracy, helped.tested)
    print("Said: auxiliary heads help a deep network to learn, and regularise it.")
    print(
        f"Measured: training accuracy is twice that of guessing {words[0]} with heads, "
        f"{words[1]} without. At the end it is {trained[0]:.4f} and {trained[1]:.4f}; test "
        f"accuracy is {helped.accuracy:.4f} and {plain.accuracy:.4f}, a difference of "
        f"{measured.points:+.1f} points; two standard errors are {measured.least:.1f}."
    )
    print(verdicts.on_heads(begun, measured))
