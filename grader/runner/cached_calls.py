"""In the child: a function that keeps what it computes in a file, called several times on the file.

Each call is as one in a later run of the program: the model is built anew, and layers get their
names from the beginning again. What came of it is plain data, an array a call; whether the file
was there afterwards, and whether any layer was run, is said beside it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np


def run(case: dict, call: Callable[[dict, Path], np.ndarray]) -> tuple[dict, dict]:
    """The record and the arrays of a case with a `path`, see grader.runner.cases.

    call(step, path): makes the call of one step, which is a case without `again`.
    """
    import keras

    path = Path(tempfile.mkdtemp()) / case["path"]
    plain = {key: value for key, value in case.items() if key != "again"}
    record, arrays = {"computed": [], "kept": []}, {}
    for number, changes in enumerate([{}, *case.get("again", [])], 1):
        keras.utils.clear_session(free_memory=False)
        with _watched() as ran:
            value = call({**plain, **changes}, path)
        arrays["as built" if number == 1 else f"as built {number}"] = value
        record["computed"].append(bool(ran))
        record["kept"].append(path.is_file())
    record["shapes"] = [list(value.shape) for value in arrays.values()]
    return {**record, "shape": record["shapes"][0]}, arrays


@contextmanager
def _watched() -> Iterator[list]:
    """Notes each layer that is run, by whatever way; joining layers to a graph runs none."""
    import keras

    ran, usual = [], keras.layers.Layer.__call__

    def noted(layer, *args, **kwargs):
        given = keras.tree.flatten((args, kwargs))
        if not any(isinstance(one, keras.KerasTensor) for one in given):
            ran.append(layer)
        return usual(layer, *args, **kwargs)

    keras.layers.Layer.__call__ = noted
    try:
        yield ran
    finally:
        keras.layers.Layer.__call__ = usual
