"""Run one case of a request on a function: numbers and a graph, as plain data.

A case is plain data too:
    call         the function's name
    as           the name of what is called instead; only the oracle's modules have others
    with         keyword arguments of that function besides those of the exercise
    input        [h, w, c]: its first argument is a Keras input of that shape
    model        or it is a model, by its description, see grader.runner.model_specs
    array        [n, h, w, c]: the first argument, or the one after a model, is an array of
                 reference values
    dataset      or the first arguments are a tf.data.Dataset and functions, see
                 grader.runner.tf_datasets
    values       of an array: "noise", by default, or another of reference_weights.VALUES
    rows         of an array: only these, in this order
    apart        of an array: 1 for other values than it usually has
    arrays       [{"array", "values", ...}, ...]: more arrays, passed after that one
    after        true: the arrays that were passed are kept too, as they are after the call, as
                 "given", "given 2" and so on
    labels       of an array: how many classes; the argument after it is an array of labels int64,
                 one per row, the classes in turn
    path         the argument after these is the pathlib.Path of a file of this name, in an empty
                 folder of the case's own
    again        [changes, ...]: with a path, the call is repeated with the same file, once for each
                 of these changes to the case; its array is kept as "as built 2" and so on, see
                 grader.runner.cached_calls; the change {"kept": true} changes the file
    lent         {function's name: source text}: functions that this one builds on, in place of the
                 submission's own, so that each exercise is graded by itself. They are stand-ins:
                 of the same weights and shapes as the right ones, and with other numbers. The
                 oracle gets those that the submission has called, see `used` in the record
    args, kwargs its other arguments; a kwarg input_shape or kernel_size in a list becomes a tuple
    initializer  "reference" or a number: passed as the factory `initializer`, of the reference
                 weights or of that constant
    gives        what the call returns: "tensor", by default with an `input`; "array", by default
                 with an `array`; "model", by default otherwise; "number"; "names", of layers, in
                 the order of a model that is passed, without layers that have no weights;
                 "dataset", which is run; "argument": the model that is passed counts, as it is
                 after the call; or a list of names: as many arrays, kept under these names
    outputs      how many outputs a model has, 1 by default
    weights      true: the model's own weights, each with its fingerprint, whether it is trained,
                 and whether it is one of the model that is passed
    batch        how many inputs the network is run on, 2 by default
    level        of these inputs, see grader.runner.reference_weights, 1 by default
    own          true: it is run with its own weights, in place of the reference weights
    modes        how it is run: "eval", "train", or "as built", without an argument `training`; an
                 output after the first is kept as "eval 2", "eval 3" and so on
    seed         which of the reference values
    graph        true: the graph, each result with its fingerprint in every mode
    cuts         in place of all that: [[place in the graph, shape, size], ...], what follows in
                 the network for reference inputs in place of that tensor, see grader.runner.cut
"""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import Any

import numpy as np

from grader.runner import cached_calls, loader, model_specs, reference_weights, tf_datasets, trace
from grader.runner.loader import Code, Trouble

TUPLES = ("input_shape", "kernel_size")
# What is larger is no count of anything.
LARGEST = 2**63
MOST_NAMES = 10_000
# A case with one of these is not called twice: the function may train the model that it gets, or
# has been called in another case already.
NO_SECOND = {"array", "cuts"}


def run(code: Code, case: dict) -> tuple[dict, dict[str, np.ndarray]]:
    """Run a case.

    Args:
        code: The functions.
        case: What to call, and with what.

    Returns:
        A record of plain data, and the outputs by mode. The record of a submission's first network
        has the layers that a second call gives again, as "kept".

    Raises:
        Trouble: The function fails, in any of the ways that Trouble has a kind for.
    """
    import keras

    warnings.simplefilter("ignore")
    _reset_settings()
    code.used.clear()
    for name, source in case.get("lent", {}).items():
        code.lend(name, source)
    if "path" in case:
        return cached_calls.run(
            case, lambda step, path: _array(_call(code, step, [*_arguments(step), path]), case)
        )
    arguments, gives = _arguments(case), _gives(case)
    # The reference weights replace a network's own: drawing those would take half of the time. A
    # function that changes a model may want to read and write its weights.
    light = gives in ("tensor", "model") and "model" not in case
    with keras.StatelessScope(initialize_variables=False) if light else nullcontext():
        if "input" in case:
            arguments = [keras.Input(tuple(case["input"]))]
        result = _call(code, case, arguments, needs_answer=gives != "argument")
        if gives == "number":
            number, kind = _number(result, case)
            return {"number": number, "type": kind}, {}
        if gives == "names":
            return {"listed": _names(result, case, arguments)}, {}
        if gives == "array" or isinstance(gives, list):
            record, arrays = _arrays(result, case, gives)
            return record, {**arrays, **(_after(arguments) if case.get("after") else {})}
        if gives == "dataset":
            return tf_datasets.run(result, case, arguments[1])
        model = _network(result, case, arguments, gives)
        record, arrays = trace.examine(model, case)
        if gives != "argument" and not NO_SECOND & case.keys() and code.first_call(case["call"]):
            record["kept"] = _kept(code, case, model, arguments, gives)
        return record, arrays


def _network(result, case: dict, arguments: list, gives: str | list[str]):
    """The network that a call has made."""
    import keras

    if gives == "tensor":
        result = _connect(arguments[0], result, case)
    elif gives == "argument":
        result = arguments[0]
    if not isinstance(result, keras.Model):
        raise Trouble("not_model", function=case["call"], received=type(result).__name__)
    return _functional(result, case)


def _kept(code: Code, case: dict, model, arguments: list, gives: str | list[str]) -> list[str]:
    """The layers that the network has in common with that of a second call: their names.

    Those of a model that was passed do not count.
    """
    import keras

    given = {
        id(weight) for one in arguments if isinstance(one, keras.Model) for weight in one.weights
    }
    if "input" in case:
        arguments = [keras.Input(tuple(case["input"]))]
    try:
        again = _network(_call(code, case, arguments), case, arguments, gives)
        both = {id(weight) for weight in again.weights} - given
    except Trouble as trouble:
        # The second tensor hangs on the first input: it is of the first network.
        kept = trouble.record["kind"] == "disconnected"
        both = {id(weight) for weight in model.weights} - given if kept else set()
    names = [w.path.split("/")[-2][:80] for w in model.weights if id(w) in both and "/" in w.path]
    return list(dict.fromkeys(names))[:MOST_NAMES]


def _functional(model, case: dict):
    """The model with a graph; one without, such as a subclass, is called on the case's input."""
    import keras

    shape = case.get("kwargs", {}).get("input_shape")
    if getattr(model, "inputs", None) or not shape:
        return model
    images = keras.Input(tuple(shape))
    try:
        outputs = model.call(images)  # its own layers become the graph
        return keras.Model(images, outputs)
    except Exception:
        return keras.Model(images, model(images))


def _reset_settings() -> None:
    """Keras' settings as they are at its start: a file may set them for its own training."""
    import keras

    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    keras.config.set_image_data_format("channels_last")


def _gives(case: dict) -> str | list[str]:
    if "gives" in case:
        return case["gives"]
    return "tensor" if "input" in case else "array" if "array" in case else "model"


def _arguments(case: dict) -> list:
    """The first arguments: a model, arrays or both; or a dataset and its functions."""
    if "dataset" in case:
        return [tf_datasets.dataset(case), tf_datasets.functions(case)]
    arguments: list[Any] = []
    if "model" in case:
        arguments.append(model_specs.build(case["model"], case["seed"]))
    if "array" in case:
        arguments += [_drawn(one, case["seed"]) for one in (case, *case.get("arrays", ()))]
    if "labels" in case:
        arguments.append(np.arange(len(arguments[-1])) % case["labels"])
    return arguments


def _drawn(array: dict, seed: int) -> np.ndarray:
    """A new array of reference values, as a case or one of its `arrays` describes it."""
    draw = reference_weights.VALUES[array.get("values", "noise")]
    values = draw(tuple(array["array"]), reference_weights.apart(seed, array.get("apart", 0)))
    return np.array(values[array["rows"]] if "rows" in array else values)


def _call(code: Code, case: dict, arguments: list, needs_answer: bool = True) -> Any:
    """Call the case's function with these arguments first, then those that the case names."""
    kwargs = {**case.get("kwargs", {}), **case.get("with", {})}
    for name in TUPLES:
        if isinstance(kwargs.get(name), list):
            kwargs[name] = tuple(kwargs[name])
    if "initializer" in case:
        kwargs["initializer"] = _initializer(case["initializer"], case["seed"])
    args = [*arguments, *case.get("args", [])]
    return code.call(case.get("as", case["call"]), args, kwargs, needs_answer)


def _initializer(values: str | float, case_seed: int):
    """The factory that the blocks of the course take: initializer(seed) -> Keras initializer."""
    import keras

    class Reference(keras.initializers.Initializer):
        """The reference values of a kernel, in whatever layer it is."""

        def __call__(self, shape, dtype=None):
            kernel = reference_weights.weights("kernel", tuple(shape), case_seed)
            return keras.ops.convert_to_tensor(kernel, dtype)

    def initializer(seed=0):
        return Reference() if values == "reference" else keras.initializers.Constant(values)

    return initializer


def _number(result, case: dict) -> tuple[int | float, str]:
    """A whole number as an int, whatever its type was; any other number as a float. And the type:
    "int" or "float", of Python, NumPy or a tensor alike.
    """
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
        kind = "float" if isinstance(number, float) else "int"
        return int(number) if number == int(number) else float(number), kind
    except Exception:
        received = type(result).__name__
        raise Trouble("not_number", function=case["call"], received=received) from None


def _names(result, case: dict, models: list) -> list[str]:
    """The names in a list of names, layers or weights."""
    places = {layer.name: i for model in models for i, layer in enumerate(model.layers)}
    without_weights = {
        layer.name for model in models for layer in model.layers if not layer.weights
    }
    try:
        names = [item if isinstance(item, str) else item.name for item in result]
        if isinstance(result, str) or not all(isinstance(name, str) for name in names):
            raise TypeError
        if models:
            names = sorted(
                set(names) - without_weights, key=lambda name: (places.get(name, len(places)), name)
            )
        return [name[:80] for name in names[:MOST_NAMES]]
    except Exception:
        received = type(result).__name__
        raise Trouble("not_names", function=case["call"], received=received) from None


def _array(result, case: dict) -> tuple[dict, np.ndarray]:
    """The shape, dtype and type of an array, and its values in float32.

    A list of numbers, or of arrays, is read as an array: its type tells it from one.
    """
    import keras

    if isinstance(result, keras.KerasTensor):
        raise Trouble("symbolic", function=case["call"])
    try:
        value = np.asarray(keras.ops.convert_to_numpy(result))
        record = {
            "shape": list(value.shape),
            "dtype": str(value.dtype),
            "type": type(result).__name__[:80],
        }
        return record, value.astype(np.float32)
    except Exception:
        received = type(result).__name__
        raise Trouble("not_tensor", function=case["call"], received=received) from None


def _arrays(result, case: dict, gives: str | list[str]) -> tuple[dict, dict[str, np.ndarray]]:
    """The record and the values of one array, or of as many as `gives` has names."""
    if not isinstance(gives, list):
        record, value = _array(result, case)
        return record, {"as built": value}
    if not isinstance(result, tuple | list) or len(result) != len(gives):
        kind = type(result).__name__
        received = f"{kind} of {len(result)}" if isinstance(result, tuple | list) else kind
        raise Trouble(
            "not_arrays", function=case["call"], received=received, detail=", ".join(gives)
        )
    records, values = zip(*(_array(one, case) for one in result), strict=True)
    record = {
        **records[0],
        "shapes": [one["shape"] for one in records],
        "types": [one["type"] for one in records],
    }
    return record, dict(zip(gives, values, strict=True))


def _after(arguments: list) -> dict[str, np.ndarray]:
    """The arrays among the arguments, by "given", "given 2" and so on."""
    arrays = [value for value in arguments if isinstance(value, np.ndarray)]
    names = ["given", *(f"given {number}" for number in range(2, len(arrays) + 1))]
    return {name: value.astype(np.float32) for name, value in zip(names, arrays, strict=True)}


def _connect(images, result, case: dict):
    """The model from the images to the tensor that the function has returned for them."""
    import keras

    if not isinstance(result, keras.KerasTensor):
        kind = "detached" if hasattr(result, "shape") else "not_tensor"
        raise Trouble(kind, function=case["call"], received=type(result).__name__)
    try:
        return keras.Model(images, result)
    except ValueError as error:
        kind = "names" if "unique" in str(error) else "disconnected"
        raise Trouble(kind, function=case["call"], text=str(error)[: loader.LONGEST]) from None
