"""Wrong identity and convolutional blocks as a table: how each departs from the right one.

`block` computes any of them in NumPy. A submission is recognised where it gives, in every case that
a check looked at, what a row of the table gives: its numbers, or the error about two shapes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import combinations, product

import numpy as np

from grader import checks, rule
from grader.evidence import Evidence
from grader.judge import alike
from grader.misconceptions import Misconception, Seen, first, is_misfit, shapes_in
from grader.numerics import Layers, Misfit, joined, relu

say = checks.beside(__file__, "misconceptions_residual_networks")
MAIN, SIDE = 3, 3  # convolutions on the main path; the place of the shortcut's in a row of flags


@dataclass(frozen=True)
class Block:
    """A block, right as it stands. Each tuple holds the convolutions of the main path in turn, and
    where there are four the one on the shortcut.

    kernels, strides: numbers, or the arguments "f" and "s". widths: which of `filters`. times: how
    often each convolution stands there. training: what its batch norm gets when it is called:
    "passed", "never", "always", "inverted" or "frozen". start: where the shortcut begins, 0 at the
    block's input, 1 after the first convolution and so on. project: None where the block says.
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
    bias: bool = True
    order: str = "norm, relu"
    project: bool | None = None
    start: int = 0
    join: str = "add"
    end: tuple = ("relu",)


@cache
def _rows() -> list[tuple[Misconception, dict]]:
    """All that can be wrong in one way: the misconception, and what of Block it changes."""
    return [*_relus(), *_norms(), *_trainings(), *_convolutions(), *_strides(), *_sums(),
            *_counts()]


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
        for wrong in product((0, 1), repeat=4):
            yield say.NORM_AXIS, {"axes": tuple(axis if one else 3 for one in wrong)}


def _trainings() -> Iterator[tuple]:
    known = {"never": say.TRAINING_IGNORED, "always": say.TRAINING_FIXED,
             "inverted": say.TRAINING_INVERTED, "frozen": say.NORM_FROZEN}
    for how, misconception in known.items():
        for wrong in sorted(product((0, 1), repeat=4), reverse=True):
            yield misconception, {"training": tuple(how if one else "passed" for one in wrong)}


def _convolutions() -> Iterator[tuple]:
    for kernels in ((1, 3, 1, 1), (1, 1, 1, 1), (1, 2, 1, 1), (3, 3, 3, 1)):
        yield say.KERNEL_FIXED, {"kernels": kernels}
    for kernels in product((1, "f"), repeat=4):
        yield say.KERNEL_PLACE, {"kernels": kernels}
    for kernels in product((1, "f"), repeat=4):
        valid = tuple("same" if size == 1 else "valid" for size in kernels)
        yield say.VALID_PADDING, {"kernels": kernels, "padding": valid}
    yield say.BIAS_MISSING, {"bias": False}
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
    yield say.ONE_STRIDE, {"strides": ("s", 1, 1, 1)}
    yield say.ONE_STRIDE, {"strides": (1, 1, 1, "s")}
    for strides in product((1, "s"), repeat=4):
        yield say.STRIDE_PLACE, {"strides": strides}
    for main, side in product(((2, 1, 1), (1, 2, 1), (1, 1, 2), ("s", 1, 1), (1, 1, 1), (2, 2, 1),
                               (2, 2, 2)), (1, 2, "s")):
        yield say.STRIDE_FIXED, {"strides": (*main, side)}


def block(net: Layers, X: np.ndarray, f: int, filters, s: int, project: bool, how: Block,
          given: bool | None = None) -> np.ndarray:
    """The block `how` on a map; raises Misfit where its parts do not fit together.

    given: the block's argument `training`, None where it had none and the network is run in a mode.
    """
    def conv(X, i):
        size, stride = ({"f": f, "s": s}.get(one, one) for one in (how.kernels[i], how.strides[i]))
        return net.conv(X, filters[how.widths[i]], size, stride, how.padding[i], how.bias)

    def norm(X, i):
        return net.norm(X, how.axes[i], _training(how.training[i], given)) if how.norms[i] else X

    def step(X, i):
        steps = {"norm, relu": (conv, norm, rectified), "relu, norm": (conv, rectified, norm),
                 "before": (norm, rectified, conv)}[how.order]
        for one in steps:
            X = one(X, i)
        return X

    def rectified(X, i):
        return relu(X) if how.relus[i] else X

    trail = [X]
    for i in range(MAIN):
        Y = trail[-1]
        for _ in range(how.times[i]):
            Y = step(Y, i)
        trail.append(Y)
    side = trail[how.start]
    if project if how.project is None else how.project:
        after = (conv,) if how.order == "before" else (conv, norm)
        for one in after:
            side = one(side, SIDE)
    elif how.norms[SIDE] == "identity":
        side = norm(side, SIDE)
    side = rectified(side, SIDE)
    Y = {"main": trail[-1], "side": side}.get(how.join)
    Y = joined(how.join, side, trail[-1]) if Y is None else Y
    for kind in how.end:
        Y = relu(Y) if kind == "relu" else net.norm(Y, training=_training("passed", given))
    return Y


def _training(how: str, given: bool | None) -> bool | None:
    """What a batch norm works by; None: as the network is run, which overrides what is fixed."""
    if how == "frozen":
        return False
    if given is None:
        return None
    return {"passed": given, "never": False, "always": True, "inverted": not given}[how]


def predicted(case: dict, mode: str, how: Block) -> np.ndarray | Misfit:
    """What the block `how` gives in a case of a check, or the shapes that do not fit."""
    return _predicted(json.dumps(case, sort_keys=True), mode, how)


# A class makes the same mistakes: what they give is kept, some 30 MB of it.
@lru_cache(maxsize=4096)
def _predicted(text: str, mode: str, how: Block) -> np.ndarray | Misfit:
    case = json.loads(text)
    seed, project = case["seed"], case["call"] == "convolutional_block"
    f, filters = case["args"]
    given = case.get("kwargs", {}).get("training")
    s = case.get("kwargs", {}).get("s", 2 if project else 1)
    shape = case.get("array") or [case.get("batch", 2), *case["input"]]
    net = Layers(seed, mode == "train", case.get("initializer"))
    try:
        X = rule.inputs(tuple(shape), seed, case.get("level", 1.0))
        return block(net, X, f, filters, s, project, how, given)
    except Misfit as misfit:
        return misfit


def _agrees(found: np.ndarray | Misfit, evidence: Evidence, mode: str) -> bool:
    if evidence.trouble:
        return isinstance(found, Misfit) and is_misfit(found, evidence.trouble)
    received = evidence.arrays.get(mode)
    return received is not None and isinstance(found, np.ndarray) and alike(received, found)


def _pairs() -> Iterator[tuple[Misconception, dict]]:
    """Two mistakes at once, named by the first: one row of each misconception, joined in pairs."""
    rows = {misconception.name: (misconception, change)
            for misconception, change in reversed(_rows()) if change}
    for (named, one), (_, other) in combinations(rows.values(), 2):
        if not one.keys() & other.keys():
            yield named, {**one, **other}


def recognise(seen: Seen) -> Misconception | None:
    """The misconception of a block that a check has failed."""
    if "name" in seen.check and not seen.trouble:
        return _naming(seen.cases)
    # The first check that an error stops sees the most cases, and so tells the most.
    key = str((seen.trouble or {}).get("text")), seen.cases[0][0]["call"]
    if not seen.trouble or key not in seen.notes:
        seen.notes[key] = _recognised(seen)
    return seen.notes[key]


def _recognised(seen: Seen) -> Misconception | None:
    for mode in seen.modes():
        rows = [(case, evidence) for case, evidence in seen.cases
                if evidence.trouble or mode in evidence.arrays]

        def fits(change, rows=rows, mode=mode):
            how = replace(Block(), **change)
            return all(_agrees(predicted(case, mode, how), evidence, mode)
                       for case, evidence in rows)

        if fits({}):
            continue
        found = _matching(fits, bool(seen.trouble))
        if found:
            return _for(found, seen)
    return _without_numbers(seen)


def _matching(fits, trouble: bool) -> Misconception | None:
    if not trouble:
        return first(known for rows in (_rows(), _pairs()) for known, change in rows
                     if fits(change))
    # Two shapes that do not fit tell less than numbers: there may be more than one explanation.
    found = {known: None for known, change in _rows() if fits(change)}
    return say.CHANNELS_DIFFER if say.FILTERS_SWAPPED in found else first(found)


def _for(found: Misconception, seen: Seen) -> Misconception:
    """A stride in a block that has none is a misconception of its own."""
    identity = seen.cases[0][0]["call"] == "identity_block"
    strides = (say.STRIDE_PLACE, say.ONE_STRIDE, say.STRIDE_FIXED)
    return say.STRIDE_IN_IDENTITY if identity and found in strides else found


def _naming(cases) -> Misconception:
    names = [str(name) for _, evidence in cases for name in evidence.record.get("names", [])]
    return say.MISNAMED if any(name.startswith(("res", "bn")) for name in names) else say.UNNAMED


def _without_numbers(seen: Seen) -> Misconception | None:
    """What an error's text or the way of the call tells."""
    text = str((seen.trouble or {}).get("text", ""))
    arrays = all("array" in case for case, _ in seen.cases)
    if seen.trouble and "initializer" in text and ("dtype" in text or "shape" in text):
        return say.INITIALISER_NOT_CALLED
    if arrays and not seen.trouble:
        return say.INITIALISER_IGNORED  # random kernels cannot be foretold
    shapes = sorted(shapes_in(seen.trouble))
    if len(shapes) == 2 and shapes[0][:2] == shapes[1][:2]:
        return say.CHANNELS_DIFFER
    return None
