"""Run a function that caches its result in a file: call it several times with the same file.

Each call is like one in a later run of the program: the model is built again, and layer names count
from the beginning again. The record says for each call whether any layer was run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np


def run(case: dict, call: Callable[[dict, Path], np.ndarray]) -> tuple[dict, dict]:
    """The record and the arrays, one per call, of a case with a `path`; see grader.runner.cases.

    call(step, path): makes the call of one step, which is a case without `again`.
    """
    import keras

    path = Path(tempfile.mkdtemp()) / case["path"]
    plain = {key: value for key, value in case.items() if key != "again"}
    record: dict[str, Any] = {"computed": []}
    arrays: dict[str, np.ndarray] = {}
    for number, changes in enumerate([{}, *case.get("again", [])], 1):
        keras.utils.clear_session(free_memory=False)
        with _layers_run() as layers:
            value = call({**plain, **changes}, path)
        arrays["as built" if number == 1 else f"as built {number}"] = value
        record["computed"].append(bool(layers))
    record["shapes"] = [list(value.shape) for value in arrays.values()]
    return {**record, "shape": record["shapes"][0]}, arrays


@contextmanager
def _layers_run() -> Iterator[list]:
    """A list of the layers that are run, by whatever way; building a graph runs none."""
    import keras

    layers: list[keras.layers.Layer] = []
    usual = keras.layers.Layer.__call__

    def noting(layer, *args, **kwargs):
        inputs = keras.tree.flatten((args, kwargs))
        if not any(isinstance(value, keras.KerasTensor) for value in inputs):
            layers.append(layer)
        return usual(layer, *args, **kwargs)

    keras.layers.Layer.__call__ = noting
    try:
        yield layers
    finally:
        keras.layers.Layer.__call__ = usual
