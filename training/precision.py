"""`--precision auto`: a few steps in each precision, and the fastest that trains."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from datasets.quiet import import_keras
from datasets.signs import Signs
from training.compile import PRECISIONS
from training.loop import fit
from training.progress import Silent
from training.recipes import Recipe

AUTO = "auto"
STEPS = 3
# The loss of a few steps may rise by chance, by dropout most of all. One that breaks rises further.
_NOISE = 1.05


@dataclass(frozen=True)
class Timed:
    """seconds: per step, after compilation; before, after: the loss of as many steps each."""

    seconds: float
    before: float
    after: float

    @property
    def trains(self) -> bool:
        """Whether the loss is a number and does not rise."""
        return math.isfinite(self.after) and self.after <= self.before * _NOISE


def measured(build: Callable, data: Signs, recipe: Recipe, **options) -> dict[str, Timed]:
    """Time `STEPS` steps of each precision that the device may gain from.

    The network is built for each; as many steps before, which compile it, are not timed.

    Args:
        build: A function without arguments that builds the network.
        data: Its first photographs are used.
        recipe: How to train.
        options: device and devices, as for `training.loop.fit`.
    """
    images = STEPS * recipe.batch
    part = data._replace(train_x=data.train_x[:images], train_y=data.train_y[:images])
    # As the first steps of the run: one_cycle begins at a 25th of its highest rate.
    slower = 25 if recipe.schedule == "one_cycle" else 1
    short = dataclasses.replace(
        recipe, epochs=2, schedule="constant", learning_rate=recipe.learning_rate / slower
    )
    timed = {}
    for precision in PRECISIONS if _on_gpu(options.get("device")) else PRECISIONS[:2]:
        rows = fit(build, part, short, precision=precision, reporter=Silent, **options).history
        steps = -(-len(part.train_x) // recipe.batch)
        timed[precision] = Timed(rows[1]["seconds"] / steps, rows[0]["loss"], rows[1]["loss"])
    return timed


def fastest(timed: Mapping[str, Timed]) -> str:
    """The fastest precision of those that train; float32 where none does."""
    train = [precision for precision, one in timed.items() if one.trains]
    return min(train, key=lambda precision: timed[precision].seconds, default=PRECISIONS[0])


def sentence(timed: Mapping[str, Timed], chosen: str) -> str:
    """What was measured and what was chosen, in words."""
    figures = [
        f"{precision} {one.seconds:.3f} s per step{'' if one.trains else ' (does not train)'}"
        for precision, one in timed.items()
    ]
    return f"{', '.join(figures)}; chosen: {chosen}"


def _on_gpu(device: str | None) -> bool:
    name = device or import_keras().distribution.list_devices()[0]
    return name.lower().startswith("gpu")
