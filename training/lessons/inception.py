"""Inception: what bottlenecks save, and what classifiers half-way are worth."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import keras
import numpy as np
from keras import layers

from datasets.files import make_folder
from datasets.signs import Signs
from datasets.splits import Parts, parts
from training import arms, comparison, plots
from training.gradients import gradient_norms
from training.lessons import few_only, said, save_confusion, seeds, verdicts
from training.loop import fit
from training.progress import Silent
from training.recipes import Recipe, get

ABOUT = (
    "Inception: count and time bottlenecks, train GoogLeNet with auxiliary heads and without, "
    "and compare."
)
RUNS = "runs/inception-homework"
IMAGES, EPOCHS = 64, 2
EXAMPLE, CHANNELS, NARROW = (28, 28, 192), 32, 16
LOSS_WEIGHT = 0.3
PAPER = "Szegedy et al. (2015, Going deeper with convolutions, section 5)"


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
    recipe, split = get("inception"), parts(data)
    make_folder(options.runs)
    if options.quick:
        split, recipe = few_only(split, IMAGES, EPOCHS), replace(recipe, epochs=EPOCHS)
    examples = 8 if options.quick else 32
    about_gradients(gradients(GoogLeNet, split.learning, source, options, examples))
    results = train_both(GoogLeNet, split, recipe, options)
    plot_all(results, data, source, options.runs)
    about_learning(results, recipe.epochs, len(data.classes))
    print(f"the plots and the network chosen by validation, model.keras, are in {options.runs}")


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

    own_weight = 1.0

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The network's loss, and 0.3 of that of each head."""
        own, *heads = y_pred if isinstance(y_pred, (list, tuple)) else [y_pred]
        loss = self.own_weight * super().compute_loss(x, y, own, sample_weight, training)
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


class HeadsAlone(WithHeads):
    """The same model, whose loss is that of its heads: the heads' part of a gradient."""

    own_weight = 0.0


NETWORKS = {"with heads": with_heads, "without heads": network_of}
# Whose gradients are shown: the first is the sum of the others.
GRADIENTS: dict[str, Callable[[keras.Model], keras.Model]] = {
    "both": with_heads,
    "the network's part": network_of,
    "the heads' part": lambda model: HeadsAlone(model.inputs[0], model.outputs),
}


def he_normal(model: keras.Model) -> keras.Model:
    """A new network like `model` with He's first weights before each ReLU, as in ResNet.

    Keras' own are drawn for a symmetric activation: through 22 layers of ReLU little is left of a
    signal (see AlexNet's lesson), and heads would help against that alone.
    """

    def clone(layer):
        settings = layer.get_config()
        if settings.get("activation") == "relu" and "kernel_initializer" in settings:
            settings["kernel_initializer"] = "he_normal"
        return type(layer).from_config(settings)

    return keras.models.clone_model(model, clone_function=clone)


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

    Of the whole loss, and of the network's part and the heads' part of it. The layers of the heads
    are left out.
    """
    results = {}
    for name, network in GRADIENTS.items():
        keras.utils.set_random_seed(options.seed)
        model = network(he_normal(GoogLeNet(data.train_x.shape[1:], len(data.classes))))
        own = {layer.name for layer in network_of(model).layers}
        norms = gradient_norms(model, data.train_x[:examples], data.train_y[:examples])
        results[name] = [(layer, norm) for layer, norm in norms if layer in own]
    figure = plots.gradients(results, f"GoogLeNet before the first step, {source}")
    plots.save(figure, options.runs / "gradients.png")
    return results


def train_both(
    GoogLeNet: Callable, split: Parts, recipe: Recipe, options: argparse.Namespace
) -> dict[str, arms.Trained]:
    """Train both networks from the same first weights, under every seed: name -> Trained."""
    learning = split.learning

    def arm(network):
        def build():
            return network(he_normal(GoogLeNet(learning.train_x.shape[1:], len(learning.classes))))

        return arms.Arm(
            lambda seed: fit(build, learning, recipe, seed=seed, reporter=Silent), split
        )

    code = arms.decided_by(Path(__file__), [GoogLeNet], recipe.settings)
    compared = {name: arm(network) for name, network in NETWORKS.items()}
    return arms.train(compared, seeds(options), options.runs, code)


def plot_all(results: Mapping[str, arms.Trained], data: Signs, source: str, folder: Path) -> None:
    """Write accuracy.png of all runs, and confusion.png of the network chosen by validation."""
    histories = {name: result.histories for name, result in results.items()}
    plots.save(plots.accuracies(histories, f"GoogLeNet, {source}"), folder / "accuracy.png")
    name, counts = arms.confusion_of(results)
    save_confusion(counts, data.classes, f"GoogLeNet, {name}, {source}", folder)


def about_bottlenecks(multiplications: Callable, rounds: int = 11) -> None:
    """Print the claim about multiplications, the counts, and the seconds."""
    direct, bottleneck = counted(multiplications)
    slow, fast = timed(rounds)
    ratios = sorted(one / other for one, other in zip(slow, fast, strict=True))
    said(
        "the lecture (Ng, course 4, week 2, Inception network motivation)",
        "through a bottleneck 120 million multiplications become 12.4 million, a tenth of the "
        "computation.",
    )
    print(
        f"Counted: {direct:,} and {bottleneck:,}, {direct / bottleneck:.2f} times fewer. "
        f"Measured: {median(ratios):.2f} times faster (median of {rounds}, from {ratios[0]:.2f} "
        f"to {ratios[-1]:.2f})."
    )
    print(verdicts.on_bottlenecks(direct, bottleneck, median(ratios)))


def about_gradients(norms: Mapping[str, Sequence[tuple[str, float]]]) -> None:
    """Print the claim that heads bring a gradient to the first layers, and the gradients there."""
    whole, network, heads = (norms[name][0][1] for name in GRADIENTS)
    said(PAPER, "auxiliary heads increase the gradient that reaches the early layers.")
    print(
        f"Measured before the first step: the gradient's norm at the first convolution is "
        f"{network:.3g} from the network's own loss, {heads:.3g} from the heads', and {whole:.3g} "
        "from both."
    )
    print(verdicts.on_gradients(network, heads))


def learnt_in(history: Sequence[Mapping[str, float]], classes: int) -> int | None:
    """The first epoch, from 1, whose training accuracy is twice that of guessing, or None."""
    return next((int(row["epoch"]) + 1 for row in history if row["accuracy"] >= 2 / classes), None)


def about_learning(results: Mapping[str, arms.Trained], epochs: int, classes: int = 6) -> None:
    """Print the claims that heads help to learn and regularise, and what the runs did."""
    helped, plain = (results[name] for name in NETWORKS)
    begun = [
        [learnt_in(history, classes) for history in result.histories] for result in (helped, plain)
    ]
    words = [
        ", ".join("never" if epoch is None else str(epoch) for epoch in found) for found in begun
    ]
    said(PAPER, "the heads help a deep network to learn.")
    said(
        "Szegedy et al. (2016, Rethinking the Inception architecture, section 4)",
        "the heads do not make it learn earlier.",
    )
    took = comparison.ratio(begun[0], begun[1], epochs)
    print(
        f"Measured: training accuracy is twice that of guessing in epochs {words[0]} with heads, "
        f"and {words[1]} without. Without heads it took {took}."
    )
    print(f"That heads help to learn: {took.at_least(1)}")
    said(PAPER, "the heads regularise the network.")
    found = comparison.compare(plain.test, helped.test, classes)
    print(f"Measured: {found}.")
    print(f"That heads help on test photographs: {found.better()}")
