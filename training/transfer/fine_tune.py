"""Transfer learning: what is frozen, by how much data there is, and the phases of fine-tuning.

The lecture's advice: with few photographs train a new softmax alone, and compute once what the
frozen layers before it give; with more, freeze fewer layers; with many, freeze none, and take the
weights as a better first guess than random ones.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from datasets.pipeline import one_hot, scaled, shuffled, steps_per_epoch
from datasets.quiet import import_keras
from datasets.signs import Signs
from training.compile import compiled, placed
from training.errors import TrainingError, unknown
from training.loop import Fitted, fit
from training.progress import Reporter
from training.recipes import Recipe
from training.transfer.backbone import Network

# A new softmax on features that are computed once: a step takes milliseconds, so it may have many.
HEAD_STEPS = 300


@dataclass(frozen=True)
class Phase:
    """A stretch of training. moving: how many stages before the head train too; None: all of them.

    rate: the learning rate, as a part of the recipe's.
    """

    moving: int | None
    rate: float


@dataclass(frozen=True)
class Policy:
    """What trains, in which phases. least: from how many photographs per class we advise it.

    The lecture says "small", "larger" and "a lot of data"; the round numbers are ours. least None
    is never advised, only compared with.
    """

    name: str
    least: int | None
    phases: tuple[Phase, ...]
    text: str


# Fine-tuning begins with the head: the gradients of a random softmax would undo what was learnt.
# Then all that moves goes at a tenth of the rate.
_HEAD, _SLOW = Phase(0, 1.0), 0.1
_TABLE = (
    Policy("softmax", 0, (_HEAD,), "the new softmax alone trains"),
    Policy("later", 20, (_HEAD, Phase(2, _SLOW)), "the last two stages train too"),
    Policy("all", 100, (_HEAD, Phase(None, _SLOW)), "no stage is frozen"),
    Policy("initial", None, (Phase(None, 1.0),), "none frozen, full rate from the first step"),
)
POLICIES: dict[str, Policy] = {policy.name: policy for policy in _TABLE}


def get(name: str) -> Policy:
    """The policy called `name`. Raises TrainingError, with close names, for an unknown name."""
    if name not in POLICIES:
        raise unknown("a policy", name, POLICIES)
    return POLICIES[name]


def advised(per_class: int) -> Policy:
    """The lecture's policy for this number of photographs per class."""
    fitting = [
        policy for policy in _TABLE if policy.least is not None and policy.least <= per_class
    ]
    if not fitting:
        raise TrainingError(f"expected at least 0 photographs per class, received {per_class}")
    return fitting[-1]


def freeze(stages: Mapping[str, Sequence], moving: int | None) -> list[str]:
    """Freeze all but the last `moving` stages, None: no stage; returns the names of the frozen.

    stages: name -> layers, from the image on. The head is in none and is left as it is. A frozen
    batch normalisation works in inference mode: Keras then uses its averages and leaves them. It
    takes effect when the model is compiled. Raises TrainingError for too many stages.
    """
    names = list(stages)
    moving = len(names) if moving is None else moving
    if not 0 <= moving <= len(names):
        raise TrainingError(
            f"expected 0 to {len(names)} stages to train ({', '.join(names)}), received {moving}"
        )
    frozen = names[: len(names) - moving]
    for name in names:
        for layer in stages[name]:
            layer.trainable = name not in frozen
    return frozen


@dataclass(frozen=True)
class Tuned:
    """phases: per phase, the name of what moved, its history as in `loop.Fitted`, its seconds."""

    phases: list[tuple[str, list[dict[str, float]], float]]

    @property
    def seconds(self) -> float:
        """Of all phases."""
        return sum(seconds for _, _, seconds in self.phases)


def fine_tune(
    network: Network,
    data: Signs,
    recipe: Recipe,
    policy: Policy,
    *,
    seed: int = 0,
    features: np.ndarray | None = None,
    reporter: Callable = Reporter,
) -> Tuned:
    """Train `network`, in place, on data.train_x and data.train_y, as `policy` and `recipe` say.

    Each phase has a learning-rate schedule and an optimizer of its own.

    Args:
        network: What is trained; it was built in the recipe's precision.
        data: The images uint8 (n, h, w, c) and labels.
        recipe: How each phase trains.
        policy: What trains, in which phases.
        seed: For the order of the images and their augmentation.
        features: What network.features gives for data.train_x, if it was computed before. A phase
            that moves no stage trains the head on features, without augmentation.
        reporter: As for `training.loop.fit`.
    """
    done = []
    for number, phase in enumerate(policy.phases):
        part = dataclasses.replace(recipe, learning_rate=recipe.learning_rate * phase.rate)
        frozen = freeze(network.stages, phase.moving)
        what = f"{policy.name}, {len(network.stages) - len(frozen)} stages and the head"
        # Another seed per phase: or the second would see the photographs in the first's order.
        own = seed + 1000 * number
        if phase.moving == 0:
            if features is None:
                features = computed(network.features, data.train_x)
            fitted = fit_head(network.head, features, data.train_y, part, own)
        else:
            fitted = fit(network.model, data, part, seed=own, title=what, reporter=reporter)
        done.append((what, fitted.history, fitted.seconds))
    return Tuned(done)


def fit_head(
    head,
    features: np.ndarray,
    labels: np.ndarray,
    recipe: Recipe,
    seed: int = 0,
    least: int | None = None,
) -> Fitted:
    """Train `head`, in place, on features float32 (n, ...) and labels int (n,).

    By `recipe`, but without augmentation, and for at least `least` steps, by default HEAD_STEPS;
    the history has as many parts as the recipe has epochs. The seconds include compilation. Raises
    TrainingError where features, labels and head do not fit together.
    """
    _check_head(head, features, labels)
    whole = recipe.epochs * steps_per_epoch(len(labels), recipe.batch)
    steps = -(-max(whole, HEAD_STEPS if least is None else least) // recipe.epochs)
    began = time.perf_counter()
    with placed(recipe.precision, None, seed):
        compiled(head, recipe, steps * recipe.epochs)
        answers = one_hot(labels, head.output_shape[-1])
        order = shuffled(len(features), recipe.batch, seed, count())
        batches = ((features[rows], answers[rows]) for rows, _ in order)
        # A stream, not the arrays: with few photographs an epoch is one step, but costs like ten.
        done = head.fit(
            batches, epochs=recipe.epochs, steps_per_epoch=steps, shuffle=False, verbose=0
        )
    rows = [
        {"epoch": epoch, **{key: values[epoch] for key, values in done.history.items()}}
        for epoch in range(recipe.epochs)
    ]
    return Fitted(head, rows, time.perf_counter() - began)


def _check_head(head, features: np.ndarray, labels: np.ndarray) -> None:
    wanted, received = tuple(head.input_shape[1:]), tuple(features.shape[1:])
    if wanted != received:
        raise TrainingError(
            f"expected features of shape {wanted} for this head, received {received}"
        )
    if len(features) != len(labels):
        raise TrainingError(
            f"expected a label for each of {len(features)} features, received {len(labels)}"
        )
    if int(np.max(labels)) >= head.output_shape[-1]:
        raise TrainingError(
            f"expected labels below {head.output_shape[-1]}, the head's classes, "
            f"received {int(np.max(labels))}"
        )


def computed(model, images: np.ndarray, batch: int = 64) -> np.ndarray:
    """What `model` gives for images uint8 (n, h, w, c), in memory: float32 (n, ...)."""
    keras = import_keras()
    parts = [
        keras.ops.convert_to_numpy(model(scaled(images[first : first + batch]), training=False))
        for first in range(0, len(images), batch)
    ]
    return np.concatenate(parts).astype("float32")
