"""Choosing a recipe on held-out training photographs, so the test set is used once."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from datasets.signs import Signs, load
from datasets.splits import held_out
from training.evaluate import probabilities
from training.loop import fit
from training.recipes import Recipe


@dataclass(frozen=True)
class Trial:
    """accuracy: 0 to 1, on the held-out photographs; history, seconds: as in `loop.Fitted`."""

    accuracy: float
    history: list[dict[str, float]]
    seconds: float


def held_out_accuracy(
    build: Callable,
    recipe: Recipe,
    seed: int = 0,
    *,
    signs: Signs | None = None,
    folder: str | os.PathLike | None = None,
    split: int = 0,
    by_epoch: bool = False,
    **options,
) -> Trial:
    """Train on 864 of the training photographs and test on the other 216.

    Args:
        build: A function without arguments that builds the network.
        recipe: How to train.
        seed: Of the training.
        signs: The data; by default what `datasets.signs.load(folder)` finds.
        folder: Where the data are.
        split: The seed of the split.
        by_epoch: Also record val_loss and val_accuracy after each epoch.
        options: Those of `training.loop.fit`.

    Returns:
        The accuracy, the history and the time.
    """
    parts = held_out(load(folder) if signs is None else signs, split)
    validation = (parts.test_x, parts.test_y) if by_epoch else None
    fitted = fit(build, parts, recipe, seed=seed, validation=validation, **options)
    answers = probabilities(
        fitted.model, parts.test_x, batch=recipe.batch, batch_norm=recipe.batch_norm_at_test
    )
    accuracy = float(np.mean(answers.argmax(1) == parts.test_y))
    return Trial(accuracy, fitted.history, fitted.seconds)
