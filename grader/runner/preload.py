"""Work that every fork would repeat: imports before the fork, first uses in a spare fork."""

from __future__ import annotations

import gc
from types import ModuleType

from grader.runner import cases
from grader.runner.loader import Code

BLOCK = {"call": "block", "input": [6, 6, 4], "modes": ["eval", "train"], "graph": True, "seed": 0}
ARRAYS = {"call": "block", "array": [2, 6, 6, 4], "initializer": "reference", "seed": 0}


def imports() -> None:
    """In the fork server: import keras, then keep the garbage collector away from the imports.

    No operation of TensorFlow runs here, for its threads would not survive a fork.
    """
    import keras  # noqa: F401
    import numpy.random  # noqa: F401

    gc.collect()
    gc.freeze()


def first_uses() -> None:
    """In a fork that waits for its job: the first uses of the framework, which take longest."""
    import keras

    module = ModuleType("preload")
    module.block = _block  # type: ignore[attr-defined]
    for case in (BLOCK, ARRAYS):
        cases.run(Code(module), case)
    keras.utils.clear_session(free_memory=False)  # names count from the beginning again


def _block(X, initializer=None):
    from keras import layers

    kernel = {"kernel_initializer": initializer(seed=0)} if initializer else {}
    Y = layers.ZeroPadding2D(1)(X)
    for size, padding in ((1, "valid"), (3, "same"), (3, "valid")):
        Y = layers.Conv2D(4, size, padding=padding, **kernel)(Y)
        Y = layers.Activation("relu")(layers.BatchNormalization()(Y))
    Y = layers.ReLU()(layers.Add()([Y, X]))
    Y = layers.AveragePooling2D(2)(layers.MaxPooling2D(2)(Y))
    return layers.Dense(4, "softmax")(layers.Flatten()(Y))
