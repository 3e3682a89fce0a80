"""One run on several devices of this machine: each computes an equal part of every batch."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext

from datasets.quiet import import_keras
from training.errors import TrainingError


def check_one(device: str | None, devices: int | None) -> None:
    """Raise TrainingError where both are given: several devices are the first there are."""
    if device is not None and devices is not None:
        raise TrainingError("expected --device or --devices, received both; leave one out")


def check_shares(devices: int | None, batch: int, examples: Iterable[int]) -> None:
    """Raise TrainingError unless `devices` devices can share every batch equally.

    Only then the mean over the devices is the mean over the batch. examples: of each part of the
    data; the last batch of a part may be smaller.
    """
    if devices is None:
        return
    sizes = {batch, *(number % batch or batch for number in examples)}
    common = math.gcd(*sizes)
    if common % devices:
        fit = [str(number) for number in range(2, common + 1) if common % number == 0]
        advice = f"--devices {' or '.join(fit)} can" if fit else "leave --devices out"
        raise TrainingError(
            f"expected a number of devices that share each batch equally, received {devices} for "
            f"batches of {' and '.join(map(str, sorted(sizes, reverse=True)))} images; {advice}"
        )


def shared(devices: int | None):
    """A context: what is built and trained inside runs on `devices` devices, the first there are.

    None is Keras' own choice of one. Raises TrainingError where the machine has fewer devices, or
    where the backend is PyTorch.
    """
    if devices is None:
        return nullcontext()
    keras = import_keras()
    backend = keras.backend.backend()
    if backend not in ("tensorflow", "jax"):
        raise TrainingError(
            f"expected TensorFlow or JAX for --devices {devices}, received {backend}, with which "
            "we train on one device; leave --devices out, or set KERAS_BACKEND"
        )
    there = keras.distribution.list_devices()
    if not 1 <= devices <= len(there):
        raise TrainingError(
            f"expected at most {len(there)} for --devices, as this machine has "
            f"{', '.join(there)}; received {devices}"
        )
    if backend == "jax":
        return keras.distribution.DataParallel(devices=there[:devices]).scope()
    return (
        importlib.import_module("tensorflow").distribute.MirroredStrategy(there[:devices]).scope()
    )


@contextmanager
def synchronized(model_layers: Iterable, devices: int | None) -> Iterator[None]:
    """Inside the block batch norm takes its averages over all devices.

    JAX computes them over the whole batch in any case. Afterwards the layers are as before, for
    other backends refuse to train a model that is saved with the setting.
    """
    keras = import_keras()
    changed = []
    if devices is not None and keras.backend.backend() == "tensorflow":
        kind = keras.layers.BatchNormalization
        changed = [
            layer for layer in model_layers if isinstance(layer, kind) and not layer.synchronized
        ]
    for layer in changed:
        layer.synchronized = True
    try:
        yield
    finally:
        for layer in changed:
            layer.synchronized = False


def stream(start: Callable[[], Iterator], devices: int | None):
    """The batches of `start()`, as `fit` takes them.

    On several devices Keras with TensorFlow looks at the first batch and begins again. A generator
    cannot begin again: batches that were ready would be lost. So there it is a dataset, which can.
    """
    if devices is None or import_keras().backend.backend() != "tensorflow":
        return start()
    tf = importlib.import_module("tensorflow")
    first = next(start())
    signature = tuple(tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in first)
    return tf.data.Dataset.from_generator(start, output_signature=signature)
