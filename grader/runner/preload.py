"""What every fork would otherwise do again: imports before the fork, first uses in a spare one."""

from __future__ import annotations

import gc
import types

from grader.runner import cases

BLOCK = {"call": "block", "input": [6, 6, 4], "modes": ["eval", "train"], "graph": True, "seed": 0}
ARRAYS = {"call": "block", "array": [2, 6, 6, 4], "initializer": "rule", "seed": 0}


def imports() -> None:
    """In the child: import keras, then keep the collector away from all that was imported.

    No operation of TensorFlow runs here, for its threads would not survive a fork.
    """
    import keras  # noqa: F401
    import numpy.random  # noqa: F401

    gc.collect()
    gc.freeze()


def uses() -> None:
    """In a fork that waits for its job: the first uses of the framework, which take longest."""
    import keras

    module = types.SimpleNamespace(block=_block)
    for case in (BLOCK, ARRAYS):
        cases.run(module, case, "")
    keras.utils.clear_session(free_memory=False)  # names are counted from the beginning again


def _block(X, initializer=None):
    from keras import layers

    more = {"kernel_initializer": initializer(seed=0)} if initializer else {}
    Y = layers.ZeroPadding2D(1)(X)
    for size, padding in ((1, "valid"), (3, "same"), (3, "valid")):
        Y = layers.Conv2D(4, size, padding=padding, **more)(Y)
        Y = layers.Activation("relu")(layers.BatchNormalization()(Y))
    Y = layers.ReLU()(layers.Add()([Y, X]))
    Y = layers.AveragePooling2D(2)(layers.MaxPooling2D(2)(Y))
    return layers.Dense(4, "softmax")(layers.Flatten()(Y))
