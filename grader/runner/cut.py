"""A network cut at one of its tensors: what follows it, run on reference inputs in its place.

So what follows is seen as if all before it were right. Layers that the inputs do not fit are made
again from their settings. All have the reference weights.
"""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from grader.runner import reference_weights

# Of what is drawn: each channel has a level of its own, and noise around it.
LEVEL = 4.0
# How many times as many inputs as its own a layer may get: a dense layer of a large map may have
# more weights than there is memory.
GROWTH = 4


def run(model, operations: list[dict], case: dict) -> tuple[list[list[dict]], dict]:
    """What follows each cut of a network.

    Args:
        model: The network.
        operations: Its graph, of grader.runner.trace.
        case: Its "cuts" are [[place, shape, size], ...]: in place of the result of the operation
            at this place, or of the network's input at -1, inputs of this shape, without their
            batch, times this size.

    Returns:
        For each cut the operations that depend on nothing else, in their order: [{"place",
        "shape", "prints"}, ...]; and the model's outputs among their results: the first by the
        number of the cut and the mode, such as "0 eval", the second "0 eval 2", and so on.
    """
    found: list[list[dict]] = []
    arrays: dict[str, np.ndarray] = {}
    for number, (place, shape, size) in enumerate(case["cuts"]):
        drawn = reference_weights.inputs((case.get("batch", 2), *shape), case["seed"], LEVEL)
        known = {
            mode: _results(model, operations, place, drawn * np.float32(size), mode, case["seed"])
            for mode in case["modes"]
        }
        rows = []
        for at, operation in enumerate(operations):
            values = {m: results[at] for m, results in known.items() if at in results}
            if len(values) < len(known):
                continue
            prints = {m: reference_weights.fingerprint(v, case["seed"]) for m, v in values.items()}
            [first, *_] = values.values()
            rows.append({"place": at, "shape": [None, *first.shape[1:]], "prints": prints})
            for i, output in enumerate(model.outputs):
                if operation["tensor"] is output:
                    name = f" {i + 1}" if i else ""
                    arrays |= {f"{number} {mode}{name}": value for mode, value in values.items()}
        found.append(rows)
    return found, arrays


def _results(model, operations: list[dict], place: int, drawn: np.ndarray, mode: str, seed: int):
    """The results, by their places, of the operations that need no tensor but the one cut at."""
    import keras

    cut_at = model.inputs[0] if place < 0 else operations[place]["tensor"]
    known = {id(cut_at): keras.ops.convert_to_tensor(drawn)}
    found: dict[int, np.ndarray] = {}
    for at, operation in enumerate(operations[place + 1 :], place + 1):
        tensors = operation["arguments"].keras_tensors
        if not tensors or any(id(tensor) not in known for tensor in tensors):
            continue
        # An operation that cannot take what it gets ends its branch.
        with suppress(Exception):
            value = _called(operation, known, mode, seed)
            found[at] = np.asarray(keras.ops.convert_to_numpy(value), dtype=np.float32)
            known[id(operation["tensor"])] = value
    return found


def _called(operation: dict, known: dict, mode: str, seed: int):
    """An operation's result for the tensors that are known by their ids."""
    import keras

    call, arguments = operation["call"], operation["arguments"]
    args, kwargs = arguments.fill_in(known)
    if getattr(call, "_call_has_training_arg", False):
        kwargs = {**kwargs, "training": mode == "train"}
    if not getattr(call, "weights", None):
        return call(*args, **kwargs)
    if any(known[id(t)].shape[1:] != t.shape[1:] for t in arguments.keras_tensors):
        if any(known[id(t)].shape[-1] > GROWTH * t.shape[-1] for t in arguments.keras_tensors):
            raise ValueError("expected a layer of about its own size")
        call = type(call).from_config(call.get_config())
        call(*args, **kwargs)  # makes its weights
    # Changes in a mode, such as those of the moving statistics, end with its scope.
    with keras.StatelessScope(reference_weights.mapping(call.weights, seed)):
        return call(*args, **kwargs)
