"""In the child: one case of a request, run on a function, gives numbers and a graph as plain data.

A case is plain data too:
    call         the function's name
    as           the name of what is called in its place: the oracle's modules alone have others
    with         keyword arguments of that function besides those of the exercise
    input        [h, w, c]: its first argument is a Keras input of that shape
    model        or it is a model, by its description, see grader.runner.model_specs
    array        [n, h, w, c]: the first argument, or the one after a model, is an array of the
                 rule's values
    dataset      or the first arguments are a tf.data.Dataset and functions, see grader.runner.tf_datasets
    values       of an array: "noise", unless said, or another of rule.VALUES
    rows         of an array: these alone, in this order
    apart        of an array: 1 for other values than it usually has
    after        true: the array that was given is kept too, as it is afterwards, as "given"
    path         the argument after these is the pathlib.Path of a file of this name, in an empty
                 folder of the case's own
    again        [changes, ...]: where there is a path, the call is made once more for each, with
                 the same file, and what is to be other in the case; its array is kept as
                 "as built 2" and so on, see grader.runner.cached_calls
    lent         {function's name: source text}: functions that this one builds on, the right ones,
                 in place of the submission's own, so that each exercise is judged by itself
    args, kwargs its other arguments; a kwarg input_shape or kernel_size in a list becomes a tuple
    initializer  "rule" or a number: passed as the factory `initializer`, of the rule's values or
                 of that constant
    gives        what comes of the call: "tensor", by default where there is an `input`; "array",
                 by default where there is an `array`; "model", by default elsewhere; "number";
                 "names", of layers, where a model is given without those that have no weights, in
                 its order; "dataset", which is run; or "argument", the model that was given, as it
                 is afterwards
    outputs      how many outputs a model has, 1 unless said
    weights      true: the model's own weights, each with its fingerprint, whether it is trained,
                 and whether it is one that a given model has
    batch        how many inputs the network is run on, 2 unless said
    level        of these inputs, see grader.runner.reference_weights, 1 unless said
    modes        how it is run: "eval", "train", or "as built", without an argument `training`; an
                 output after the first is kept as "eval 2", "eval 3" and so on
    seed         which of the rule's values
    graph        true: the graph, each result with its fingerprint in every mode
"""

from __future__ import annotations

import warnings
from contextlib import nullcontext

import numpy as np

from grader.runner import cached_calls, loader, model_specs, reference_weights, tf_datasets, trace
from grader.runner.loader import Trouble

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
    for name, source in case.get("lent", {}).items():
        loader.lend(module, name, source)
    if "path" in case:
        return cached_calls.run(
            case,
            lambda step, path: _array(
                _called(module, step, [*_first(step), path], filename, True), case
            )[1],
        )
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
            return {"listed": _names(result, case, given)}, {}
        if gives == "array":
            record, value = _array(result, case)
            after = {"given": given[0].astype(np.float32)} if case.get("after") else {}
            return record, {"as built": value, **after}
        if gives == "dataset":
            return tf_datasets.run(result, case, given[1])
        if gives == "tensor":
            result = _connected(given[0], result, case)
        elif gives == "argument":
            result = given[0]
        if not isinstance(result, keras.Model):
            raise Trouble("not_model", function=case["call"], received=type(result).__name__)
        return trace.examine(result, case)


def _gives(case: dict) -> str:
    if "gives" in case:
        return case["gives"]
    return "tensor" if "input" in case else "array" if "array" in case else "model"


def _first(case: dict) -> list:
    """The first arguments: a model, an array or both; or a dataset and its functions."""
    if "dataset" in case:
        return [tf_datasets.dataset(case), tf_datasets.functions(case)]
    given = [model_specs.build(case["model"], case["seed"])] if "model" in case else []
    if "array" in case:
        make = reference_weights.VALUES[case.get("values", "noise")]
        array = make(
            tuple(case["array"]), reference_weights.apart(case["seed"], case.get("apart", 0))
        )
        given.append(array[case["rows"]] if "rows" in case else array)
    return given


def _called(module, case: dict, given: list, filename: str, answers: bool):
    args, kwargs = (
        [*given, *case.get("args", [])],
        {**case.get("kwargs", {}), **case.get("with", {})},
    )
    for name in TUPLES:
        if isinstance(kwargs.get(name), list):
            kwargs[name] = tuple(kwargs[name])
    if "initializer" in case:
        kwargs["initializer"] = _factory(case["initializer"], case["seed"])
    name = case.get("as", case["call"])
    return loader.call(module, name, args, kwargs, filename, answers)


def _factory(what, seed: int):
    import keras

    class Rule(keras.initializers.Initializer):
        """The rule's kernel, whatever the layer."""

        def __call__(self, shape, dtype=None):
            return keras.ops.convert_to_tensor(
                reference_weights.weights("kernel", tuple(shape), seed), dtype
            )

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


def _names(result, case: dict, given: list) -> list[str]:
    """The names in a list of names, layers or weights."""
    places = {layer.name: i for model in given for i, layer in enumerate(model.layers)}
    bare = {layer.name for model in given for layer in model.layers if not layer.weights}
    try:
        found = [one if isinstance(one, str) else one.name for one in result]
        if isinstance(result, str) or not all(isinstance(one, str) for one in found):
            raise TypeError
        if given:
            found = sorted(set(found) - bare, key=lambda one: (places.get(one, len(places)), one))
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
        raise Trouble("not_tensor", function=case["call"], received=type(result).__name__) from None


def _connected(given, result, case: dict):
    import keras

    if not isinstance(result, keras.KerasTensor):
        kind = "detached" if hasattr(result, "shape") else "not_tensor"
        raise Trouble(kind, function=case["call"], received=type(result).__name__)
    try:
        return keras.Model(given, result)
    except ValueError as error:
        kind = "names" if "unique" in str(error) else "disconnected"
        raise Trouble(kind, function=case["call"], text=str(error)[: loader.LONGEST]) from None
