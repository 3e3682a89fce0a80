"""The stem and the head of ResNet50, right and in the wrong ways that are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from grader.judging import checks
from grader.judging.misconceptions import Misconception
from grader.judging.numpy_layers import Layers, pool, relu, sigmoid, softmax, zero_padded

say = checks.sibling(__file__, "misconceptions")


@dataclass(frozen=True)
class Stem:
    """The stem, right as it stands; pooled: kind, window, stride, padding, or None for none."""

    pad: int = 3
    padding: str = "valid"
    filters: int = 64
    size: int = 7
    stride: int = 2
    steps: tuple = ("norm", "relu")
    axis: int = 3
    pooled: tuple | None = ("max", 3, 2, "valid")


def stems() -> Iterator[tuple[Misconception, dict]]:
    for pad in (0, 1, 2):
        yield say.STEM_PADDING, {"pad": pad}
    for pad in (0, 3):
        yield say.STEM_PADDING, {"pad": pad, "padding": "same"}
    for filters, size, stride in product((64, 32, 128), (7, 3, 5), (2, 1)):
        changes = {"filters": filters, "size": size, "stride": stride}
        yield say.STEM_CONVOLUTION, changes
        yield say.STEM_CONVOLUTION, {**changes, "pad": size // 2}
    for axis in (1, 2):
        yield say.STEM_NORM, {"axis": axis}
    for steps in (("relu",), ("relu", "norm")):
        yield say.STEM_NORM, {"steps": steps}
    yield say.STEM_RELU, {"steps": ("norm",)}
    yield say.STEM_RELU, {"steps": ()}
    yield say.STEM_POOLING, {"pooled": None}
    for kind, size, stride, padding in product(
        ("max", "avg"), (3, 2), (2, 1, 3), ("valid", "same")
    ):
        yield say.STEM_POOLING, {"pooled": (kind, size, stride, padding)}


def stem(net: Layers, X: np.ndarray, how: Stem) -> np.ndarray:
    """The first stage: images (n, h, w, c) -> (n, h', w', filters)."""
    X = net.conv(zero_padded(X, how.pad), how.filters, how.size, how.stride, how.padding)
    for step in how.steps:
        X = relu(X) if step == "relu" else net.norm(X, how.axis)
    if how.pooled is None:
        return X
    kind, size, stride, padding = how.pooled
    return pool(X, kind, size, stride, padding)


ENDS = {
    "softmax": softmax,
    "none": lambda X: X,
    "sigmoid": sigmoid,
    "relu": relu,
    "tanh": np.tanh,
    "log": lambda X: np.log(softmax(X)),
    "twice": lambda X: softmax(softmax(X)),
    "sigmoid, softmax": lambda X: softmax(sigmoid(X)),
    "relu, softmax": lambda X: softmax(relu(X)),
}


def head(
    net: Layers, X, classes: int, kind: str = "avg", end: str = "softmax", flat: bool = True
) -> np.ndarray:
    """The head: the last map -> (n, classes)."""
    if kind in ("global", "global max"):
        X = X.max(axis=(1, 2)) if kind == "global max" else X.mean(axis=(1, 2))
    elif kind != "none":
        kind, *changed = kind.split(", ")
        padding = "same" if "same" in changed else "valid"
        X = pool(X, kind, 2, 1 if "stride 1" in changed else 2, padding)
    X = X.reshape(len(X), -1) if flat else X
    return ENDS[end](net.dense(X, classes))


def heads() -> Iterator[tuple[Misconception, dict]]:
    yield say.SOFTMAX_TWICE, {"end": "twice"}
    for end in ENDS:
        yield say.SOFTMAX, {"end": end}
    for kind in ("none", "max", "global max", "avg, stride 1", "avg, same"):
        yield say.AVERAGE_POOLING, {"kind": kind}
    yield say.GLOBAL_POOLING, {"kind": "global"}
    for kind, end in product(("none", "avg", "max"), ENDS):
        yield say.FLATTEN_MISSING, {"flat": False, "kind": kind, "end": end}
    for kind, end in product(("none", "max", "global", "global max"), ENDS):
        yield say.AVERAGE_POOLING, {"kind": kind, "end": end}
