"""From a recipe and a network to a compiled model: precision, device, seed, optimizer, loss."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from datasets.quiet import import_keras
from training.devices import check_one, shared
from training.errors import TrainingError, unknown
from training.recipes import Recipe

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


def check_precision(precision: str) -> None:
    """Raise TrainingError, with close names, unless we train in `precision`."""
    if precision not in PRECISIONS:
        raise unknown("a precision", precision, PRECISIONS)


def check_device(device: str | None) -> None:
    """Raise TrainingError unless this machine has `device`, such as "cpu:0" or "gpu"."""
    if device is None:
        return
    form = re.fullmatch(r"([a-z]+)(?::(\d+))?", device.lower())
    if not form:
        raise TrainingError(f"expected a device such as cpu:0 or gpu:0, received {device!r}")
    keras = import_keras()
    try:
        devices = keras.distribution.list_devices(form[1])
    except (RuntimeError, ValueError, KeyError):  # JAX raises for a kind that it does not know
        devices = []
    if f"{form[1]}:{form[2] or 0}" not in devices:
        there = ", ".join(devices or keras.distribution.list_devices())
        raise TrainingError(f"expected a device of this machine ({there}), received {device!r}")


def make_exact() -> str:
    """Have each training of this process end with the same bits for the same seed; says how.

    On a processor that needs nothing: batches depend on the seed alone, and Keras draws from it,
    too; TensorFlow's op determinism would only make the steps slower. A GPU adds up in another
    order each time unless it is told not to. Raises TrainingError where that cannot be told.
    """
    keras = import_keras()
    try:
        on_gpu = bool(keras.distribution.list_devices("gpu"))
    except (RuntimeError, ValueError, KeyError):  # JAX raises for a kind that it does not know
        on_gpu = False
    if not on_gpu:
        return "--exact: on a processor the same seed gives the same weights to the bit as it is"
    if keras.backend.backend() == "tensorflow":
        importlib.import_module("tensorflow").config.experimental.enable_op_determinism()
    elif keras.backend.backend() == "torch":
        importlib.import_module("torch").use_deterministic_algorithms(True)
    else:
        raise TrainingError(
            "expected TensorFlow or PyTorch for --exact on a GPU, received another backend; leave "
            "--exact out, or name --device cpu"
        )
    return "--exact: the GPU computes in a fixed order, which takes longer"


@contextmanager
def placed(
    precision: str, device: str | None, seed: int, devices: int | None = None
) -> Iterator[None]:
    """Inside the block: weights and steps in `precision`, on `device`, drawn from `seed`.

    devices: how many share each batch, in place of a device. At the end the dtype policy is as it
    was before. Raises TrainingError for unknown names.
    """
    check_precision(precision)
    check_device(device)
    check_one(device, devices)
    keras = import_keras()
    before = keras.config.dtype_policy()
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(precision)
    try:
        with _on(device), shared(devices):
            yield
    finally:
        keras.config.set_dtype_policy(before)


def _on(device: str | None):
    if device is None:
        return nullcontext()
    return import_keras().device(device if ":" in device else f"{device}:0")


def compiled(model, recipe: Recipe, steps: int):
    """Compile `model` (images -> class probabilities) as `recipe` says; returns it.

    steps: of the whole run, for the schedule. If the recipe names a batch-norm momentum, every
    BatchNormalization takes it.
    """
    keras = import_keras()
    if recipe.batch_norm_momentum is not None:
        for layer in layers(model):
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = recipe.batch_norm_momentum
    model.compile(
        optimizer(recipe, steps),
        keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
    )
    _prepare(model)
    return model


def _prepare(model) -> None:
    """Make the state that Keras would otherwise make inside the first step.

    TensorFlow would trace that step twice, and the network a third time to learn the shapes of
    the metrics: together about half of the 30 s that a ResNet-50 takes to its first step.
    """
    keras = import_keras()
    model.optimizer.build(model.trainable_variables)
    answers = keras.ops.eye(model.output_shape[-1])
    model.compute_loss(y=answers, y_pred=answers)
    model.compute_metrics(None, answers, answers)
    model.reset_metrics()


def layers(model) -> list:
    """All layers of `model`, those of models inside it as well."""
    keras = import_keras()
    flat = []
    for layer in model.layers:
        flat += layers(layer) if isinstance(layer, keras.Model) else [layer]
    return flat


def optimizer(recipe: Recipe, steps: int):
    """The Keras optimizer of `recipe`, its schedule laid out over `steps` steps.

    Weight decay leaves biases and batch norm's gamma and beta alone.
    """
    keras = import_keras()
    rate = recipe.learning_rate
    if recipe.schedule == "one_cycle":
        up = max(1, round(recipe.warm_up * steps))
        rate = keras.optimizers.schedules.CosineDecay(
            rate / 25, max(1, steps - up), alpha=1e-3, warmup_target=rate, warmup_steps=up
        )
    elif recipe.schedule != "constant":
        raise unknown("a schedule", recipe.schedule, ("constant", "one_cycle"))
    if recipe.optimizer == "adam":
        return keras.optimizers.Adam(rate)
    if recipe.optimizer == "adamw":
        adamw = keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay)
        adamw.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        return adamw
    raise unknown("an optimizer", recipe.optimizer, ("adam", "adamw"))
