"""A network that a submission has built, at the reference weights: outputs, graph, own weights."""

from __future__ import annotations

import numpy as np

from grader.runner import cut, model_specs, reference_weights
from grader.runner.loader import Trouble

AVERAGES = ("moving_mean", "moving_variance")
TRAINING = {"eval": {"training": False}, "train": {"training": True}, "as built": {}}
# The arguments of layers that decide what they compute.
SETTINGS = (
    "filters", "units", "kernel_size", "pool_size", "size", "strides", "padding", "dilation_rate",
    "groups", "use_bias", "activation", "axis", "epsilon", "center", "scale", "offset", "rate",
    "negative_slope", "output_size", "target_shape", "trainable",
)  # fmt: skip


def examine(model, case: dict) -> tuple[dict, dict[str, np.ndarray]]:
    """The record of a model and its outputs by mode, as the case asks, see grader.runner.cases.

    Raises Trouble if the model has not the inputs and outputs that the case expects.
    """
    wanted, counts = case.get("outputs", 1), (len(model.inputs), len(model.outputs))
    if counts != (1, wanted):
        received = f"a model with {counts[0]} inputs and {counts[1]} outputs"
        kind = "not_tensor" if wanted == 1 else "ends"
        raise Trouble(kind, function=case["call"], received=received, detail=str(wanted))
    record = {
        "shape": [size for size in model.outputs[0].shape],
        "input": list(model.inputs[0].shape),
        "parameters": int(model.count_params()),
        "trainable": sum(int(np.prod(w.shape)) for w in model.trainable_weights),
        # Names of layers inside layers are in their weights' paths too. Each name comes with the
        # weight's role, because it is right only on the right kind of layer.
        "names": sorted(
            {f"{part[:80]}/{w.name[:20]}" for w in model.weights for part in w.path.split("/")[:-1]}
        ),
    }
    coarse = {layer.compute_dtype for layer in model._flatten_layers()} & {"float16", "bfloat16"}
    if coarse:
        record["precision"] = min(coarse)
    if wanted > 1:
        record["shapes"] = [list(output.shape) for output in model.outputs]
    if case.get("weights"):
        record["weights"] = _own_weights(model, case["seed"])
    operations = _operations(model) if case.get("graph") or "cuts" in case else []
    positions = {id(operation["tensor"]): i for i, operation in enumerate(operations)}
    record["outputs"] = [positions.get(id(output), -1) for output in model.outputs]
    if "cuts" in case:
        record["cuts"], arrays = cut.run(model, operations, case)
        return record, arrays
    arrays, prints, averages = _outputs(model, operations, case)
    if averages:
        record["averages"] = averages
    record["graph"] = [
        {**_row(operation, positions), "prints": {mode: p[i] for mode, p in prints.items()}}
        for i, operation in enumerate(operations)
    ]
    return record, arrays


def _own_weights(model, seed: int) -> list[dict]:
    import keras

    return [
        {
            "role": weight.name[:20],
            "shape": list(weight.shape),
            "trained": any(weight is other for other in model.trainable_weights),
            "print": reference_weights.fingerprint(keras.ops.convert_to_numpy(weight.value), seed),
            "given": model_specs.has_reference_values(weight, seed),
        }
        for weight in model.weights
    ]


def _outputs(model, operations, case: dict):
    """The model's outputs by mode, each operation's fingerprints, and those of the moving averages
    of batch norm after the training mode.
    """
    import keras

    seed, batch = case["seed"], case.get("batch", 2)
    arrays: dict[str, np.ndarray] = {}
    prints: dict[str, list[list[float]]] = {}
    averages: list[list[float]] = []
    if not case.get("modes"):
        return arrays, prints, averages
    weights = reference_weights.mapping([] if case.get("own") else model.weights, seed)
    images = reference_weights.inputs(
        (batch, *model.inputs[0].shape[1:]), seed, case.get("level", 1.0)
    )
    tensors, ends = [operation["tensor"] for operation in operations], len(model.outputs)
    network = keras.Model(model.inputs, [*model.outputs, *tensors]) if tensors else model
    for mode in case["modes"]:
        # Changes in a mode, such as those of the moving statistics, end with its scope.
        with keras.StatelessScope(weights, initialize_variables=False) as scope:
            values = keras.tree.flatten(network(images, **TRAINING[mode]))
        if mode == "train":
            moved = [scope.get_current_value(w) for w in model.weights if w.name in AVERAGES]
            averages = [
                reference_weights.fingerprint(keras.ops.convert_to_numpy(value), seed)
                for value in moved
                if value is not None
            ]
        values = [keras.ops.convert_to_numpy(value) for value in values]
        for i, output in enumerate(values[:ends]):
            arrays[f"{mode} {i + 1}" if i else mode] = np.asarray(output, dtype=np.float32)
        prints[mode] = [reference_weights.fingerprint(value, seed) for value in values[ends:]]
    return arrays, prints, averages


def _operations(model) -> list[dict]:
    """The calls of the graph in topological order, each with its one result."""
    # A Sequential keeps its graph in an inner model; a subclassed model has none.
    levels = getattr(getattr(model, "_functional", None) or model, "_nodes_by_depth", {})
    operations = []
    for depth in sorted(levels, reverse=True):
        for node in levels[depth]:
            if node.is_input or len(node.outputs) != 1:
                continue
            operations.append(
                {
                    "call": node.operation,
                    "tensor": node.outputs[0],
                    "arguments": node.arguments,
                    "inputs": [id(tensor) for tensor in node.arguments.keras_tensors],
                    "training": node.arguments.kwargs.get("training"),
                }
            )
    return operations


def _row(operation: dict, positions: dict[int, int]) -> dict:
    import keras

    call = operation["call"]
    return {
        "name": str(call.name)[:80],
        "kind": type(call).__name__[:80],
        "layer": isinstance(call, keras.Layer),
        "own": not type(call).__module__.startswith("keras."),
        "settings": _settings(call, operation["training"]),
        "inputs": [positions.get(key, -1) for key in operation["inputs"]],
        "shape": [size for size in operation["tensor"].shape],
        "parameters": int(call.count_params()) if getattr(call, "weights", None) else 0,
    }


def _settings(call, training) -> dict:
    """The settings of a layer by the names of its arguments, and `training` where its call has it.

    Values other than numbers, strings and lists of numbers are left out.
    """
    try:
        config = dict(call.get_config())
    except Exception:  # a layer of a submission's own class
        config = {}
    config = {name: config[name] for name in SETTINGS if name in config} | {"training": training}
    if config.get("trainable"):
        del config["trainable"]
    return {name: value for name, value in config.items() if _plain(value)}


def _plain(value) -> bool:
    if isinstance(value, list | tuple):
        return len(value) < 8 and all(isinstance(one, int) for one in value)
    return isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) < 80)
