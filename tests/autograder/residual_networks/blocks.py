"""Wrong blocks, computed: `block` makes any row of the table in NumPy.

A submission is recognised where it gives, in every case that a check looked at, what a row gives:
its numbers, or the error about two shapes.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache

import numpy as np

from grader.judging import checks
from grader.judging.compare import alike
from grader.judging.misconceptions import Misconception, Seen, first, is_misfit, shapes_in
from grader.judging.numpy_layers import ACTIVATIONS, Layers, Misfit, joined, pool
from grader.runner import reference_weights
from grader.runner.result_files import Evidence

say = checks.sibling(__file__, "misconceptions")
table = checks.sibling(__file__, "table")
Block, MAIN, SIDE = table.Block, table.MAIN, table.SIDE


def block(
    net: Layers,
    X: np.ndarray,
    f: int,
    filters,
    s: int,
    project: bool,
    how: Block,
    training: bool | None = None,
) -> np.ndarray:
    """The block `how` on a map; raises Misfit where its parts do not fit together.

    training: the block's argument, None where it had none and the network is run in a mode.
    """

    def conv(X, i):
        size, stride = (
            {"f": f, "s": s}.get(value, value) for value in (how.kernels[i], how.strides[i])
        )
        return net.conv(X, filters[how.widths[i]], size, stride, how.padding[i], bool(how.bias[i]))

    def norm(X, i):
        return net.norm(X, how.axes[i], _training(how.training[i], training)) if how.norms[i] else X

    def step(X, i):
        steps = {
            "norm, relu": (conv, norm, rectified),
            "relu, norm": (conv, rectified, norm),
            "before": (norm, rectified, conv),
        }[how.order]
        for layer in steps:
            X = layer(X, i)
        return X

    def rectified(X, i):
        return activate(X) if how.relus[i] else X

    activate = ACTIVATIONS[how.activation]
    trail = [X]
    for i in range(MAIN):
        Y = trail[-1]
        for _ in range(how.times[i]):
            Y = step(Y, i)
        trail.append(Y)
    side = trail[how.start]
    if project if how.project is None else how.project:
        side = pool(side, how.pooled[0], s, s, how.pooled[1]) if how.pooled else side
        after = (conv,) if how.order == "before" else (conv, norm)
        for layer in after:
            side = layer(side, SIDE)
    elif how.norms[SIDE] == "identity":
        side = norm(side, SIDE)
    side = rectified(side, SIDE)
    Y = {"main": trail[-1], "side": side}.get(how.join)
    Y = joined(how.join, side, trail[-1]) if Y is None else Y
    for kind in how.end:
        Y = activate(Y) if kind == "relu" else net.norm(Y, training=_training("passed", training))
    return Y


def _training(how: str, training: bool | None) -> bool | None:
    """What a batch norm works by; None: as the network is run, which overrides what is fixed."""
    if how == "frozen":
        return False
    if training is None:
        return None
    return {"passed": training, "never": False, "always": True, "inverted": not training}[how]


def predicted(case: dict, mode: str, how: Block) -> np.ndarray | Misfit:
    """What the block `how` gives in a case of a check, or the shapes that do not fit."""
    return _predicted(json.dumps(case, sort_keys=True), mode, how)


# A class makes the same mistakes: what they give is kept, some 30 MB of it.
@lru_cache(maxsize=4096)
def _predicted(text: str, mode: str, how: Block) -> np.ndarray | Misfit:
    case = json.loads(text)
    seed, project = case["seed"], case["call"] == "convolutional_block"
    f, filters = case["args"]
    training = case.get("kwargs", {}).get("training")
    s = case.get("kwargs", {}).get("s", how.default if project else 1)
    shape = case.get("array") or [case.get("batch", 2), *case["input"]]
    net = Layers(seed, mode == "train", case.get("initializer"))
    try:
        X = reference_weights.inputs(tuple(shape), seed, case.get("level", 1.0))
        return block(net, X, f, filters, s, project, how, training)
    except Misfit as misfit:
        return misfit


def _agrees(prediction: np.ndarray | Misfit, evidence: Evidence, mode: str) -> bool:
    if evidence.trouble:
        return isinstance(prediction, Misfit) and is_misfit(prediction, evidence.trouble)
    received = evidence.arrays.get(mode)
    return (
        received is not None and isinstance(prediction, np.ndarray) and alike(received, prediction)
    )


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
        rows = [
            (case, evidence)
            for case, evidence in seen.cases
            if evidence.trouble or mode in evidence.arrays
        ]

        def fits(change, rows=rows, mode=mode):
            how = replace(Block(), **change)
            return all(
                _agrees(predicted(case, mode, how), evidence, mode) for case, evidence in rows
            )

        if fits({}):
            continue
        misconception = _matching(fits, bool(seen.trouble))
        if misconception:
            return _for(misconception, seen)
    return _without_numbers(seen)


def _matching(fits, trouble: bool) -> Misconception | None:
    if not trouble:
        return first(
            misconception
            for rows in (table.rows(), table.pairs())
            for misconception, change in rows
            if fits(change)
        )
    # Two shapes that do not fit tell less than numbers: there may be more than one explanation.
    fitting = {misconception: None for misconception, change in table.rows() if fits(change)}
    return say.CHANNELS_DIFFER if say.FILTERS_SWAPPED in fitting else first(fitting)


def _for(misconception: Misconception, seen: Seen) -> Misconception:
    """A stride in a block that has none is a misconception of its own."""
    identity = seen.cases[0][0]["call"] == "identity_block"
    strides = (say.STRIDE_PLACE, say.ONE_STRIDE, say.STRIDE_FIXED)
    return say.STRIDE_IN_IDENTITY if identity and misconception in strides else misconception


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
