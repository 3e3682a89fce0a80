"""Wrong identity and convolutional blocks as a table: how each departs from the right one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, product

from grader.judging import checks
from grader.judging.misconceptions import Misconception
from grader.judging.numpy_layers import ACTIVATIONS

say = checks.sibling(__file__, "misconceptions")
MAIN, SIDE = 3, 3  # convolutions on the main path; the place of the shortcut's in a row of flags


@dataclass(frozen=True)
class Block:
    """A block, right as it stands. Each tuple holds the convolutions of the main path in turn, and
    where there are four the one on the shortcut.

    kernels, strides: numbers, or the arguments "f" and "s". widths: which of `filters`. times: how
    often each convolution stands there. training: what its batch norm gets when it is called:
    "passed", "never", "always", "inverted" or "frozen". start: where the shortcut begins, 0 at the
    block's input, 1 after the first convolution and so on. project: None where the block says.
    pooled: kind and padding of a pooling that has the projection's stride. default: that of s.
    """

    kernels: tuple = (1, "f", 1, 1)
    strides: tuple = ("s", 1, 1, "s")
    widths: tuple = (0, 1, 2, 2)
    padding: tuple = ("same", "same", "same", "same")
    times: tuple = (1, 1, 1)
    norms: tuple = (1, 1, 1, 1)
    axes: tuple = (3, 3, 3, 3)
    training: tuple = ("passed",) * 4
    relus: tuple = (1, 1, 0, 0)
    activation: str = "relu"
    bias: tuple = (1, 1, 1, 1)
    order: str = "norm, relu"
    project: bool | None = None
    pooled: tuple = ()
    default: int = 2
    start: int = 0
    join: str = "add"
    end: tuple = ("relu",)


@cache
def rows() -> list[tuple[Misconception, dict]]:
    """All that can be wrong in one way: the misconception, and what of Block it changes."""
    # A batch norm that has learned nothing is nearly the identity, as none at all would be: so
    # training goes before norms.
    tables = (_relus, _trainings, _norms, _convolutions, _strides, _sums, _counts)
    candidates = [row for table in tables for row in table()]
    return [
        (misconception, change)
        for misconception, change in candidates
        if replace(Block(), **change) != Block()
    ]


def _sums() -> Iterator[tuple]:
    yield say.NO_SHORTCUT, {"join": "main"}
    yield say.NO_SHORTCUT, {"join": "main", "end": ()}
    yield say.ONLY_SHORTCUT, {"join": "side"}
    yield say.CONCATENATED, {"join": "concatenate"}
    for join in ("multiply", "subtract", "subtract from", "average", "maximum"):
        yield say.WRONG_JOIN, {"join": join}
    for start in (1, 2, 3):
        yield say.WRONG_SHORTCUT, {"start": start}
        yield say.WRONG_SHORTCUT, {"start": start, "project": False}
    yield say.NO_PROJECTION, {"project": False}
    yield say.NEEDLESS_PROJECTION, {"project": True}
    yield say.NEEDLESS_PROJECTION, {"project": True, "norms": (1, 1, 1, 0)}


def _relus() -> Iterator[tuple]:
    for *inner, third, side, last in product((1, 0), repeat=5):
        change = {"relus": (*inner, third, side), "end": ("relu",) if last else ()}
        if third:
            yield say.RELU_BEFORE_SUM, change
        elif side:
            yield say.SHORTCUT_RELU, change
        elif not last:
            yield say.LAST_RELU, change
        elif inner != [1, 1]:
            yield say.INNER_RELU, change
    for activation in ACTIVATIONS:
        yield say.ACTIVATION, {"activation": activation}
    yield say.NORM_ORDER, {"order": "relu, norm"}
    yield say.NORM_ORDER, {"order": "relu, norm", "relus": (1, 1, 1, 0)}
    yield say.PREACTIVATION, {"order": "before", "relus": (1, 1, 1, 0), "end": ()}
    yield say.PREACTIVATION, {"order": "before", "relus": (1, 1, 1, 0)}


def _norms() -> Iterator[tuple]:
    yield say.SHORTCUT_NORM, {"norms": (1, 1, 1, 0)}
    for norms in product((0, 1), repeat=4):
        if 0 in norms[:MAIN]:
            yield say.NORM_MISSING, {"norms": norms}
    yield say.EXTRA_NORM, {"norms": (1, 1, 0, 1), "end": ("norm", "relu")}
    yield say.EXTRA_NORM, {"norms": (1, 1, 0, 0), "end": ("norm", "relu")}
    yield say.EXTRA_NORM, {"end": ("norm", "relu")}
    yield say.EXTRA_NORM, {"end": ("relu", "norm")}
    yield say.EXTRA_NORM, {"norms": (1, 1, 1, "identity")}
    for axis in (1, 2):
        for wrong in product((1, 0), repeat=4):
            yield say.NORM_AXIS, {"axes": tuple(axis if flag else 3 for flag in wrong)}


def _trainings() -> Iterator[tuple]:
    yield say.TRAINING_OF_SHORTCUT, {"training": ("passed",) * MAIN + ("never",)}
    misconceptions = {
        "never": say.TRAINING_IGNORED,
        "always": say.TRAINING_FIXED,
        "inverted": say.TRAINING_INVERTED,
        "frozen": say.NORM_FROZEN,
    }
    for how, misconception in misconceptions.items():
        for wrong in product((1, 0), repeat=4):
            yield misconception, {"training": tuple(how if flag else "passed" for flag in wrong)}


def _convolutions() -> Iterator[tuple]:
    for middle in (3, 1, 2, 5):
        yield say.KERNEL_FIXED, {"kernels": (1, middle, 1, 1)}
    for kernels in product((1, "f"), repeat=4):
        yield say.KERNEL_PLACE, {"kernels": kernels}
    for kernels in product((1, 3), ("f", 3, 1), (1, 3), (1, 3)):
        yield say.KERNEL_PLACE, {"kernels": kernels}
    for kernels in product((1, "f"), repeat=4):
        valid = tuple("same" if size == 1 else "valid" for size in kernels)
        yield say.VALID_PADDING, {"kernels": kernels, "padding": valid}
    for bias in product((0, 1), repeat=4):
        yield say.BIAS_MISSING, {"bias": bias}
    for widths in product((0, 1, 2), repeat=3):
        yield say.FILTERS_SWAPPED, {"widths": (*widths, 2)}
    for side in (0, 1):
        yield say.CHANNELS_DIFFER, {"widths": (0, 1, 2, side)}


def _counts() -> Iterator[tuple]:
    for times in product((1, 0, 2), repeat=3):
        if any(times):
            yield say.CONV_COUNT, {"times": times}


def _strides() -> Iterator[tuple]:
    yield say.STRIDE_FIXED, {"strides": (1, 1, 1, 1)}
    yield say.STRIDE_FIXED, {"default": 1}
    for pooled in product(("max", "avg"), ("same", "valid")):
        yield say.POOLED_SHORTCUT, {"pooled": pooled, "strides": ("s", 1, 1, 1)}
    yield say.ONE_STRIDE, {"strides": ("s", 1, 1, 1)}
    yield say.ONE_STRIDE, {"strides": (1, 1, 1, "s")}
    for strides in product((1, "s"), repeat=4):
        yield say.STRIDE_PLACE, {"strides": strides}
    for main, side in product(
        ((2, 1, 1), (1, 2, 1), (1, 1, 2), ("s", 1, 1), (1, 1, 1), (2, 2, 1), (2, 2, 2)), (1, 2, "s")
    ):
        yield say.STRIDE_FIXED, {"strides": (*main, side)}


def pairs() -> Iterator[tuple[Misconception, dict]]:
    """Two mistakes at once, named by the first: one row of each misconception, joined in pairs."""
    each = {
        misconception.name: (misconception, change) for misconception, change in reversed(rows())
    }
    for (named, change), (_, other) in combinations(each.values(), 2):
        if not change.keys() & other.keys():
            yield named, {**change, **other}
