"""In the child: one case of a request, run on a function, gives numbers and a graph as plain data.

A case is plain data too:
    call         the function's name
    as           the name of what is called in its place: the oracle's modules alone have others
    input        [h, w, c]: its first argument is a Keras input of that shape, or
    array        [n, h, w, c]: its first argument is an array of the rule's values, or
    model        its first argument is a model, by its description, see grader.models, or
    dataset      its first arguments are a tf.data.Dataset and functions, see grader.streams
    values       of an array: "noise", unless said, or another of rule.VALUES
    after        true: the array that was given is kept too, as it is afterwards, as "given"
    args, kwargs its other arguments; a kwarg input_shape or kernel_size in a list becomes a tuple
    initializer  "rule" or a number: passed as the factory `initializer`, of the rule's values or
                 of that constant
    gives        what comes of the call: "tensor", by default where there is an `input`; "array",
                 by default where there is an `array`; "model", by default elsewhere; "number";
                 "names", of layers; "dataset", which is run; or "argument", the model that was
                 given, as it is afterwards
    outputs      how many outputs a model has, 1 unless said
    weights      true: the model's own weights, each with its fingerprint, and whether it is trained
    batch        how many inputs the network is run on, 2 unless said
    level        of these inputs, see grader.rule, 1 unless said
    modes        how it is run: "eval", "train", or "as built", without an argument `training`; an
                 output after the first is kept as "eval 2", "eval 3" and so on
    seed         which of the rule's values
    graph        true: the graph, each result with its fingerprint in every mode
"""

from __future__ import annotations

import warnings
from contextlib import nullcontext

import numpy as np

from grader import loading, models, rule, streams
from grader.loading import Trouble

TRAINING = {"eval": {"training": False}, "train": {"training": True}, "as built": {}}
TUPLES = ("input_shape", "kernel_size")
# What is larger is no count of anything.
LARGEST = 2**63
NAMES = 10_000


def run(module, case: dict, filename: str) -> tuple[dict, dict[str, np.ndarray]]:
    """Run `case` on the module: a record of plain data, and the outputs by mode.

    Raises Trouble for every way in which the submission's function can fail.
    """
    import keras

    warnings.simplefilter("ignore")
    given, gives = _first(case), _gives(case)
    # A network's weights are the rule's: drawing them first would take half of the time. What
    # changes a model may want to read and write weights.
    light = gives in ("tensor", "model") and "model" not in case
    with keras.StatelessScope(initialize_variables=False) if light else nullcontext():
        if "input" in case:
            given = [keras.Input(tuple(case["input"]))]
        result = _called(module, case, given, filename, gives != "argument")
        if gives == "number":
            return {"number": _number(result, case)}, {}
        if gives == "names":
            return {"listed": _names(result, case)}, {}
        if gives == "array":
            record, value = _array(result, case)
            kept = {"given": given[0].astype(np.float32)} if case.get("after") else {}
            return record, {"as built": value, **kept}
        if gives == "dataset":
            return streams.run(result, case, given[1])
        if gives == "tensor":
            result = _connected(given[0], result, case)
        elif gives == "argument":
            result = given[0]
        if not isinstance(result, keras.Model):
            raise Trouble("not_model", function=case["call"], received=type(result).__name__)
        return _examine(result, case)


def _gives(case: dict) -> str:
    if "gives" in case:
        return case["gives"]
    return "tensor" if "input" in case else "array" if "array" in case else "model"


def _first(case: dict) -> list:
    """The first argument, where it is an array or a model; where it is a dataset, two of them."""
    if "array" in case:
        make = rule.VALUES[case.get("values", "noise")]
        return [make(tuple(case["array"]), case["seed"])]
    if "dataset" in case:
        return [streams.dataset(case), streams.functions(case)]
    return [models.build(case["model"], case["seed"])] if "model" in case else []


def _called(module, case: dict, given: list, filename: str, answers: bool):
    args, kwargs = [*given, *case.get("args", [])], dict(case.get("kwargs", {}))
    for name in TUPLES:
        if isinstance(kwargs.get(name), list):
            kwargs[name] = tuple(kwargs[name])
    if "initializer" in case:
        kwargs["initializer"] = _factory(case["initializer"], case["seed"])
    name = case.get("as", case["call"])
    return loading.call(module, name, args, kwargs, filename, answers)


def _factory(what, seed: int):
    import keras

    class Rule(keras.initializers.Initializer):
        """The rule's kernel, whatever the layer."""

        def __call__(self, shape, dtype=None):
            return keras.ops.convert_to_tensor(rule.weights("kernel", tuple(shape), seed), dtype)

    def initializer(seed=0):
        return Rule() if what == "rule" else keras.initializers.Constant(what)

    return initializer


def _number(result, case: dict) -> int | float:
    """A whole number as an int, whatever type of number it came in; any other as a float."""
    import keras

    try:
        number = result
        if not isinstance(number, int | float):
            number = np.asarray(keras.ops.convert_to_numpy(number))
            if number.ndim or number.dtype.kind not in "iuf":
                raise TypeError
            number = number.item()
        if isinstance(number, bool) or not abs(number) < LARGEST:
            raise TypeError
        return int(number) if number == int(number) else float(number)
    except Exception:
        received = type(result).__name__
        raise Trouble("not_number", function=case["call"], received=received) from None


def _names(result, case: dict) -> list[str]:
    """The names in a list of names, layers or weights."""
    try:
        found = [one if isinstance(one, str) else one.name for one in result]
        if isinstance(result, str) or not all(isinstance(one, str) for one in found):
            raise TypeError
        return [one[:80] for one in found[:NAMES]]
    except Exception:
        received = type(result).__name__
        raise Trouble("not_names", function=case["call"], received=received) from None


def _array(result, case: dict) -> tuple[dict, np.ndarray]:
    """The shape and dtype of an array, and its values in float32."""
    import keras

    if isinstance(result, keras.KerasTensor):
        raise Trouble("symbolic", function=case["call"])
    try:
        value = np.asarray(keras.ops.convert_to_numpy(result))
        record = {"shape": list(value.shape), "dtype": str(value.dtype)}
        return record, value.astype(np.float32)
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
    wanted, counts = case.get("outputs", 1), (len(model.inputs), len(model.outputs))
    if counts != (1, wanted):
        received = f"a model with {counts[0]} inputs and {counts[1]} outputs"
        kind = "not_tensor" if wanted == 1 else "ends"
        raise Trouble(kind, function=case["call"], received=received, detail=str(wanted))
    record = {
        "shape": [size for size in model.outputs[0].shape],
        "parameters": int(model.count_params()),
        "trainable": sum(int(np.prod(w.shape)) for w in model.trainable_weights),
        # Of layers inside layers too: their names are parts of their weights' paths. With the
        # weight's role, for a name is right on the right kind of layer only.
        "names": sorted({f"{part[:80]}/{w.name[:20]}" for w in model.weights
                         for part in w.path.split("/")[:-1]}),
    }
    if wanted > 1:
        record["shapes"] = [list(output.shape) for output in model.outputs]
    if case.get("weights"):
        record["weights"] = _own_weights(model, case["seed"])
    operations = _operations(model) if case.get("graph") else []
    arrays, prints = _outputs(model, operations, case)
    positions = {id(operation["tensor"]): i for i, operation in enumerate(operations)}
    record["graph"] = [
        {**_row(operation, positions), "prints": {mode: p[i] for mode, p in prints.items()}}
        for i, operation in enumerate(operations)
    ]
    return record, arrays


def _own_weights(model, seed: int) -> list[dict]:
    import keras

    return [{
        "role": weight.name[:20],
        "shape": list(weight.shape),
        "trained": any(weight is one for one in model.trainable_weights),
        "print": rule.fingerprint(keras.ops.convert_to_numpy(weight.value), seed),
    } for weight in model.weights]


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
    tensors, ends = [operation["tensor"] for operation in operations], len(model.outputs)
    network = keras.Model(model.inputs, [*model.outputs, *tensors]) if tensors else model
    for mode in case["modes"]:
        # What a mode changes, such as the moving statistics, ends with its scope.
        with keras.StatelessScope(weights, initialize_variables=False):
            values = keras.tree.flatten(network(images, **TRAINING[mode]))
        values = [keras.ops.convert_to_numpy(value) for value in values]
        for i, output in enumerate(values[:ends]):
            arrays[f"{mode} {i + 1}" if i else mode] = np.asarray(output, dtype=np.float32)
        prints[mode] = [rule.fingerprint(value, seed) for value in values[ends:]]
    return arrays, prints


def _operations(model) -> list[dict]:
    """The calls of the graph in topological order, each with its one result."""
    # A Sequential keeps its graph in a model within; a subclassed one has none.
    levels = getattr(getattr(model, "_functional", None) or model, "_nodes_by_depth", {})
    found = []
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
