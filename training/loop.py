"""The one fit function: a model, data and a recipe in, a trained model and its history out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from datasets.augmentation.fused import Fused
from datasets.files import make_folder
from datasets.memory import keep_freed_memory
from datasets.pipeline import batches, one_hot, scaled, steps_per_epoch
from datasets.quiet import import_keras
from datasets.signs import Signs
from training import backup, history
from training.compile import compiled, layers, placed
from training.devices import check_shares, stream, synchronized
from training.errors import Interrupted, TrainingError
from training.progress import Reporter
from training.recipes import Recipe
from training.saving import best_checkpoint


@dataclass(frozen=True)
class Fitted:
    """A trained model; history: one dict per epoch; seconds: of all its epochs.

    The seconds include the compilation in the first step and all sessions of an interrupted run,
    but not the backups.
    """

    model: Any
    history: list[dict[str, float]]
    seconds: float


def fit(
    model,
    data: Signs,
    recipe: Recipe,
    run_folder: str | os.PathLike | None = None,
    *,
    seed: int = 0,
    precision: str | None = None,
    device: str | None = None,
    devices: int | None = None,
    callbacks: Iterable = (),
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    resume: bool = True,
    tensorboard: bool = False,
    title: str | None = None,
    reporter: Callable = Reporter,
) -> Fitted:
    """Train `model` on data.train_x and data.train_y as `recipe` says.

    Args:
        model: A keras.Model from images float32 0 to 1, (n, h, w, c), to class probabilities, or a
            function that builds one. The function is called under seed, precision and device.
        data: The images, uint8 (n, h, w, c), and labels, int (n,); the test part is not used.
        recipe: How to train; see `training.recipes`.
        run_folder: Where history.csv, backups and, with tensorboard, logs/ go; None writes nothing.
        seed: For the first weights, the order of the images, their augmentation and dropout.
        precision: A Keras dtype policy; by default the recipe's.
        device: Such as "cpu:0"; by default Keras chooses.
        devices: How many devices share each batch; by default one takes it.
        callbacks: More callbacks of Keras.
        validation: (images, labels) to test on after each epoch. With a run_folder, best.keras is
            then the model of the best epoch.
        resume: Whether to go on after the last epoch that the folder holds.
        tensorboard: Whether to write logs for TensorBoard.
        title: The run, in the words of the reporter; by default the recipe's name.
        reporter: What shows the run; it is called like `progress.Reporter`.

    Returns:
        The trained model, its history and its time.

    Raises:
        TrainingError: Model, data and recipe do not fit together, or a name is unknown.
        Interrupted: Ctrl-C; the message says what is saved.
        OSError: A file cannot be written.
    """
    keep_freed_memory()
    parts = [data.train_x] if validation is None else [data.train_x, validation[0]]
    check_shares(devices, recipe.batch, map(len, parts))
    folder = None if run_folder is None else make_folder(run_folder)
    start = 0 if folder is None else backup.prepare(folder, resume)
    steps = steps_per_epoch(len(data.train_x), recipe.batch)
    report = reporter(title or recipe.name, recipe.epochs, steps, start)
    log = history.Recorder(folder, start)
    try:
        with placed(precision or recipe.precision, device, seed, devices):
            model = _ready(model, data, recipe, steps, precision or recipe.precision)
            chain = [log.clock(), *log.writers(), report.callback(), *callbacks]
            if folder is not None:
                chain += _savers(folder, model, validation is not None, tensorboard)
            with synchronized(layers(model), devices):
                _run(model, data, recipe, chain, start, steps, seed, validation, devices)
    except KeyboardInterrupt as error:
        raise Interrupted(_stopped(len(log.rows), recipe.epochs, folder)) from error
    finally:
        report.close()
        log.close()
    return Fitted(model, log.rows, sum(row["seconds"] for row in log.rows))


def _ready(model, data: Signs, recipe: Recipe, steps: int, precision: str):
    """The model built, checked against the data, and compiled."""
    keras = import_keras()
    if not isinstance(model, keras.Model):
        model = model()
    if not isinstance(model, keras.Model):
        raise TrainingError(f"expected a keras.Model to train, received {type(model).__name__}")
    if model.dtype_policy.name != precision:
        raise TrainingError(
            f"expected a model built in {precision}, received one in {model.dtype_policy.name}; "
            "pass the function that builds it in place of the model"
        )
    wanted, received = tuple(model.input_shape[1:]), tuple(data.train_x.shape[1:])
    fits = len(wanted) == len(received) and all(map(lambda a, b: a in (None, b), wanted, received))
    if not fits:
        raise TrainingError(
            f"expected images of shape {wanted} for this model, received {received}"
        )
    classes, highest = model.output_shape[-1], int(np.max(data.train_y))
    if highest >= classes:
        raise TrainingError(
            f"expected labels below {classes}, the model's classes, received {highest}"
        )
    return compiled(model, recipe, steps * recipe.epochs)


def _savers(folder: Path, model, validated: bool, tensorboard: bool) -> list:
    keras = import_keras()
    chain = backup.callbacks(folder, model)
    if validated:
        chain.append(best_checkpoint(folder / "best.keras"))
    if tensorboard:
        if find_spec("tensorboard") is None:
            raise TrainingError("TensorBoard is not installed: pip install tensorboard")
        chain.append(keras.callbacks.TensorBoard(str(folder / "logs")))
    return chain


def _run(model, data, recipe, chain, start, steps, seed, validation, devices) -> None:
    classes = model.output_shape[-1]

    def training():
        return batches(
            data.train_x,
            one_hot(data.train_y, classes),
            batch=recipe.batch,
            seed=seed,
            epochs=count(start),
            how=None if recipe.augmentation is None else Fused(recipe.augmentation),
        )

    if validation is not None:
        validation = scaled(validation[0]), one_hot(validation[1], classes)
    model.fit(
        stream(training, devices),
        epochs=recipe.epochs,
        initial_epoch=start,
        steps_per_epoch=steps,
        validation_data=validation,
        validation_batch_size=recipe.batch,
        callbacks=chain,
        shuffle=False,  # the pipeline has shuffled
        verbose=0,
    )


def _stopped(seen: int, epochs: int, folder: Path | None) -> str:
    message = f"interrupted in epoch {min(seen + 1, epochs)} of {epochs}"
    if folder is None:
        return f"{message}; nothing was to be saved"
    saved = backup.epochs(folder)
    if not saved:
        return f"{message}; none is saved yet, the same command starts again"
    return f"{message}; {saved} saved in {folder}, the same command goes on from there"
