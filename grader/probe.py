"""In the child: one case of a request, run on a function, gives numbers and a graph as plain data.

A case is plain data too:
    call         the function's name
    input        [h, w, c]: its first argument is a Keras input of that shape, or
    array        [n, h, w, c]: its first argument is an array of the rule's values
    args, kwargs its other arguments
    initializer  "rule" or a number: passed as the factory `initializer`, of the rule's values or
                 of that constant
    batch        how many inputs the network is run on, 2 unless said
    level        of these inputs, see grader.rule, 1 unless said
    modes        how it is run: "eval", "train", or "as built", without an argument `training`
    seed         which of the rule's values
    graph        true: the graph, each result with its fingerprint in every mode
"""

from __future__ import annotations

import warnings

import numpy as np

from grader import loading, rule
from grader.loading import Trouble

TRAINING = {"eval": {"training": False}, "train": {"training": True}, "as built": {}}


def run(module, case: dict, filename: str) -> tuple[dict, dict[str, np.ndarray]]:
    """Run `case` on the module: a record of plain data, and the outputs by mode.

    Raises Trouble for every way in which the submission's function can fail.
    """
    import keras

    warnings.simplefilter("ignore")
    args, kwargs = list(case.get("args", [])), dict(case.get("kwargs", {}))
    if "input_shape" in kwargs:
        kwargs["input_shape"] = tuple(kwargs["input_shape"])
    if "initializer" in case:
        kwargs["initializer"] = _factory(case["initializer"], case["seed"])
    if "array" in case:
        given = rule.inputs(tuple(case["array"]), case["seed"])
        result = loading.call(module, case["call"], [given, *args], kwargs, filename)
        value = _array(result, case)
        return {"shape": list(value.shape)}, {"as built": value}
    # A network's weights are the rule's: drawing them first would take half of the time.
    with keras.StatelessScope(initialize_variables=False):
        if "input" in case:
            given = keras.Input(tuple(case["input"]))
            result = loading.call(module, case["call"], [given, *args], kwargs, filename)
            model = _connected(given, result, case)
        else:
            model = loading.call(module, case["call"], args, kwargs, filename)
            if not isinstance(model, keras.Model):
                raise Trouble("not_model", function=case["call"], received=type(model).__name__)
        return _examine(model, case)


def _factory(what, seed: int):
    import keras

    class Rule(keras.initializers.Initializer):
        """The rule's kernel, whatever the layer."""

        def __call__(self, shape, dtype=None):
            return keras.ops.convert_to_tensor(rule.weights("kernel", tuple(shape), seed), dtype)

    def initializer(seed=0):
        return Rule() if what == "rule" else keras.initializers.Constant(what)

    return initializer


def _array(result, case: dict) -> np.ndarray:
    import keras

    if isinstance(result, keras.KerasTensor):
        raise Trouble("symbolic", function=case["call"])
    try:
        return np.asarray(keras.ops.convert_to_numpy(result), dtype=np.float32)
    except Exception:
        raise Trouble(
            "not_tensor", function=case["call"], received=type(result).__name__
        ) from None


def _connected(given, result, case: dict):
    import keras

    if not isinstance(result, keras.KerasTensor):
        kind = "detached" if hasattr(result, "shape") else "not_tensor"
        raise Trouble(kind, function=case["call"], received=type(result).__name__)
    try:
        return keras.Model(given, result)
    except ValueError as error:
        kind = "names" if "unique" in str(error) else "disconnected"
        raise Trouble(kind, function=case["call"], text=str(error)[: loading.LONGEST]) from None


def _examine(model, case: dict) -> tuple[dict, dict[str, np.ndarray]]:
    # One each, though it may have been given in a list.
    counts = len(model.inputs), len(model.outputs)
    if counts != (1, 1):
        received = f"a model with {counts[0]} inputs and {counts[1]} outputs"
        raise Trouble("not_tensor", function=case["call"], received=received)
    record = {
        "shape": [size for size in model.outputs[0].shape],
        "parameters": int(model.count_params()),
        "trainable": sum(int(np.prod(w.shape)) for w in model.trainable_weights),
        # Of layers inside layers too: their names are parts of their weights' paths. With the
        # weight's role, for a name is right on the right kind of layer only.
        "names": sorted({f"{part[:80]}/{w.name[:20]}" for w in model.weights
                         for part in w.path.split("/")[:-1]}),
    }
    operations = _operations(model) if case.get("graph") else []
    arrays, prints = _outputs(model, operations, case)
    positions = {id(operation["tensor"]): i for i, operation in enumerate(operations)}
    record["graph"] = [
        {**_row(operation, positions), "prints": {mode: p[i] for mode, p in prints.items()}}
        for i, operation in enumerate(operations)
    ]
    return record, arrays


def _outputs(model, operations, case: dict):
    """The model's outputs by mode at the rule's weights, and each operation's fingerprints."""
    import keras

    seed, batch = case["seed"], case.get("batch", 2)
    arrays, prints = {}, {}
    if not case.get("modes"):
        return arrays, prints
    weights = [
        (weight, keras.ops.convert_to_tensor(
            rule.weights(weight.name, tuple(weight.shape), seed), weight.dtype))
        for weight in model.weights
    ]
    images = rule.inputs((batch, *model.inputs[0].shape[1:]), seed, case.get("level", 1.0))
    tensors = [operation["tensor"] for operation in operations]
    network = keras.Model(model.inputs, [*model.outputs, *tensors]) if tensors else model
    for mode in case["modes"]:
        # What a mode changes, such as the moving statistics, ends with its scope.
        with keras.StatelessScope(weights, initialize_variables=False):
            output, *values = keras.tree.flatten(network(images, **TRAINING[mode]))
        arrays[mode] = np.asarray(keras.ops.convert_to_numpy(output), dtype=np.float32)
        values = (keras.ops.convert_to_numpy(value) for value in values)
        prints[mode] = [rule.fingerprint(value, seed) for value in values]
    return arrays, prints


def _operations(model) -> list[dict]:
    """The calls of the graph in topological order, each with its one result."""
    found, levels = [], model._nodes_by_depth
    for depth in sorted(levels, reverse=True):
        for node in levels[depth]:
            if node.is_input or len(node.outputs) != 1:
                continue
            found.append({
                "call": node.operation,
                "tensor": node.outputs[0],
                "inputs": [id(tensor) for tensor in node.arguments.keras_tensors],
            })
    return found


def _row(operation: dict, positions: dict[int, int]) -> dict:
    call = operation["call"]
    return {
        "name": str(call.name)[:80],
        "kind": type(call).__name__[:80],
        "inputs": [positions.get(key, -1) for key in operation["inputs"]],
        "shape": [size for size in operation["tensor"].shape],
        "parameters": int(call.count_params()) if getattr(call, "weights", None) else 0,
    }
