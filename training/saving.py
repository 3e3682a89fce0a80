"""Models in files: written whole, and without their optimizer."""

from __future__ import annotations

import importlib
from contextlib import suppress
from pathlib import Path

from datasets.errors import DataError
from datasets.files import is_lfs_pointer, whole
from datasets.quiet import import_keras


def bare(model):
    """The network alone, on the same weights: without its optimizer and its auxiliary heads.

    Adam has two numbers per weight, so without it a saved model is a third of the size. The first
    output is the network's answer; those of heads follow it.
    """
    return import_keras().Model(model.inputs[0], model.outputs[0], name=model.name)


def save_model(model, path: Path) -> None:
    """Write `model`, ready to predict, so that the file is whole or not there at all."""
    with whole(path) as temporary:
        bare(model).save(temporary)


def load_model(path: Path):
    """The network in a .keras file, ready to predict; raises DataError for any other file."""
    keras = import_keras()
    with suppress(ModuleNotFoundError):  # training/ works without nets/
        importlib.import_module("nets.layers")  # Keras loads a layer of ours only if it knows it
    try:
        return keras.saving.load_model(path, compile=False)
    except Exception as error:  # it depends on the damaged byte what Keras, zipfile and h5py raise
        received = "a file that is none" if path.exists() else "a file that is not there"
        if is_lfs_pointer(path):
            received = "a pointer of Git LFS in its place: fetch the file with `git lfs pull`"
        raise DataError(
            f"{path}: expected a model saved by an earlier run, such as runs/NAME/model.keras, "
            f"received {received}"
        ) from error


def best_checkpoint(path: Path):
    """Keras' callback that keeps the model of the epoch with the best val_accuracy in `path`."""
    import_keras()
    import keras

    class Best(keras.callbacks.ModelCheckpoint):
        def set_model(self, model):
            super().set_model(bare(model))

    return Best(str(path), monitor="val_accuracy", mode="max", save_best_only=True)
