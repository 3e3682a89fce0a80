"""Wrong ResNet50s: where a network departs from the right one, and into which of the known ways.

A walk in NumPy along the right network, as long as its maps appear in the submission's graph; at
the first that does not, what could have come in its place is computed and looked for in turn. Maps
are found by what they hold, as in grader.judging.stages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import product

import numpy as np

from grader.judging import checks
from grader.judging.compare import alike, shape
from grader.judging.misconceptions import Misconception, Seen, first, shapes_in
from grader.judging.numpy_layers import Layers, Misfit
from grader.judging.stages import appears
from grader.runner import reference_weights
from grader.runner.result_files import Evidence

say = checks.sibling(__file__, "misconceptions")
blocks = checks.sibling(__file__, "blocks")
ends = checks.sibling(__file__, "ends")

STEM = 1
TABLE = {2: (64, 3), 3: (128, 4), 4: (256, 6), 5: (512, 3)}
WIDTHS = (64, 128, 256, 512, 1024, 2048, 32, 16)
# What the stand-ins of lent.py are among the blocks that can be computed.
STAND_IN = blocks.Block(order="relu, norm", relus=(1, 1, 1, 1))
NORM_STATISTICS = 53_120  # weights of the right network that no gradient trains


def block(
    walk: Walk, X, stage: int, first: bool, filters=None, f: int = 3, s: int | None = None
) -> np.ndarray:
    """A block of a stage, right unless told otherwise; `first` is convolutional.

    Where the case lends a block, its stand-in is the right one.
    """
    name = "convolutional_block" if first else "identity_block"
    how = STAND_IN if name in walk.case.get("lent", {}) else blocks.Block()
    width = TABLE[stage][0]
    filters = filters or (width, width, 4 * width)
    s = s or ((1 if stage == 2 else 2) if first else 1)
    return blocks.block(walk.net, X, f, filters, s, first, how)


class Walk:
    """One submission compared with the right network, map by map."""

    def __init__(self, case: dict, evidence: Evidence, mode: str = "eval"):
        self.case, self.evidence, self.mode = case, evidence, mode
        self.net = Layers(case["seed"], mode == "train")
        size = (case.get("batch", 2), *case["kwargs"]["input_shape"])
        self.images = reference_weights.inputs(size, case["seed"], case.get("level", 1.0))

    def shows(self, make) -> bool:
        """Whether the map that `make` makes appears in the submission's graph."""
        try:
            value = make()
        except Misfit:
            return False
        row = {
            "shape": list(value.shape),
            "prints": {self.mode: reference_weights.fingerprint(value, self.case["seed"])},
        }
        return appears(row, self.evidence.graph, self.mode)

    def gives(self, make) -> bool:
        """Whether the submission's output is what `make` makes."""
        received = self.evidence.arrays.get(self.mode)
        try:
            return received is not None and alike(received, make())
        except Misfit:
            return False

    def right(self, stage: int) -> list[np.ndarray]:
        """The maps that the right network's blocks give in a stage."""
        return right_maps(json.dumps(self.case, sort_keys=True), self.mode, stage)

    def find(self) -> Misconception | None:
        """The misconception at the first place at which the networks differ."""
        [X] = self.right(STEM)
        if not self.shows(lambda: X):
            return self._stem()
        for stage, (_, count) in TABLE.items():
            maps = [X, *self.right(stage)]
            if not self.shows(lambda maps=maps: maps[-1]):
                right = next(
                    i for i in range(count) if not self.shows(lambda i=i, maps=maps: maps[i + 1])
                )
                return self._block(maps[: right + 1], stage)
            X = maps[-1]
        return self._head(X)

    def _stem(self) -> Misconception | None:
        for misconception, change in ends.stems():

            def make(change=change):
                return ends.stem(self.net, self.images, replace(ends.Stem(), **change))

            # What follows tells a last step that is missing from one that is there.
            if self.shows(make) and self.shows(lambda: block(self, make(), 2, first=True)):
                return misconception
        return None

    def _block(self, maps: list, stage: int) -> Misconception | None:
        classes, begins = self.case["kwargs"]["classes"], len(maps) == 1
        if self.gives(lambda: ends.head(self.net, maps[-1], classes)):
            return (say.MISSING_STAGE if begins else say.MISSING_BLOCK).of(stage=stage - begins)
        return first(
            misconception for misconception, make in self._instead(maps, stage) if self.shows(make)
        )

    def _instead(self, maps: list, stage: int) -> Iterator[tuple]:
        """What may stand in place of the next block, most likely first."""
        X, begins = maps[-1], len(maps) == 1
        if begins and stage > 2:
            yield (say.EXTRA_BLOCK.of(stage=stage - 1), lambda: block(self, X, stage - 1, False))
        for s in (1, 2, 3) if begins else ():
            yield say.STAGE_STRIDE, lambda s=s: block(self, X, stage, True, s=s)
        if stage < max(TABLE):
            misconception = say.MISSING_STAGE if begins else say.MISSING_BLOCK
            for s in (1, 2) if begins else (2,):
                yield (
                    misconception.of(stage=stage - begins),
                    (lambda s=s: block(self, X, stage + 1, True, s=s)),
                )
        for s in (1, 2) if not begins else ():
            yield (
                say.PROJECTED_EVERYWHERE.of(stage=stage),
                lambda s=s: block(self, X, stage, True, s=s),
            )
        for f in (1, 2, 5, 7):
            yield say.STAGE_KERNEL.of(stage=stage), lambda f=f: block(self, X, stage, begins, f=f)
        for a, b, c in self._filters(X, stage, begins):
            misprint = stage == 5 and (a, b, c) == (256, 256, 2048)
            misconception = say.MISPRINT if misprint else say.STAGE_FILTERS.of(stage=stage)
            yield misconception, lambda abc=(a, b, c): block(self, X, stage, begins, abc)

    def _filters(self, X, stage: int, begins: bool) -> Iterator[tuple]:
        """Other filters than the stage's, of the widths that occur in the submission."""
        own, s = TABLE[stage][0], 2 if begins and stage > 2 else 1
        rows = [row for row in self.evidence.graph if row.get("kind") == "Conv2D"]
        used = {shape(row)[-1] for row in rows if len(shape(row)) == 3}
        widths = sorted(used & set(WIDTHS) or WIDTHS, key=lambda width: abs(width - own))
        if used:
            firsts = [a for a in widths if self.shows(lambda a=a: self.net.conv(X, a, 1, s))]
        else:
            firsts = widths = widths[:4]  # where no convolution shows, a few
        yield from product(firsts, widths, (4 * own,))
        if begins:
            yield from ((a, a, c) for a, c in product(firsts, widths) if c != 4 * own)

    def _head(self, X) -> Misconception | None:
        if self.shows(lambda: block(self, X, 5, False)):
            return say.EXTRA_BLOCK.of(stage=5)
        classes = self.case["kwargs"]["classes"]
        if self.gives(lambda: ends.head(self.net, X, classes)):
            return None
        kinds = [row.get("kind") for row in self.evidence.graph]
        recognised = first(
            misconception
            for misconception, change in ends.heads()
            if self.gives(lambda change=change: ends.head(self.net, X, classes, **change))
        )
        if recognised is None and kinds.count("Dense") > 1:
            return say.DENSE_LAYERS
        return recognised


def recognise(seen: Seen) -> Misconception | None:
    """The misconception of a ResNet50 that a check has failed; the walk is made once."""
    [(case, evidence)] = seen.cases
    if "walk" not in seen.notes and case.get("graph"):
        seen.notes["walk"] = _first(case, evidence)
    if seen.notes.get("walk") or case.get("graph"):
        return seen.notes["walk"]
    return say.INPUT_FIXED if evidence.trouble else _other(case, evidence)


def _first(case: dict, evidence: Evidence) -> Misconception | None:
    if evidence.trouble:
        return _trouble(evidence.trouble)
    return Walk(case, evidence).find() or _training(evidence)


def _training(evidence: Evidence) -> Misconception | None:
    """What shows in training mode only, where inference mode is right."""
    counts = [evidence.record.get(name) for name in ("parameters", "trainable")]
    kinds = [str(row.get("kind")) for row in evidence.graph]
    if any(kind.endswith("Dropout") for kind in kinds):
        return say.DROPOUT
    if all(isinstance(count, int) for count in counts) and counts[0] - counts[1] > NORM_STATISTICS:
        return say.FROZEN
    return None


def _trouble(trouble: dict) -> Misconception | None:
    """What the error tells by which a network could not be built."""
    text, shapes = str(trouble.get("text", "")), sorted(shapes_in(trouble))
    if "egative" in text:
        return say.STAGE_STRIDE  # the map has no pixel left
    if len(shapes) != 2 or shapes[0][:2] != shapes[1][:2]:
        return None
    channels = {4 * width: stage for stage, (width, _) in TABLE.items()} | {64: 1}
    stages = [channels.get(size[2]) for size in shapes]
    if None not in stages and stages[1] - stages[0] == 1 and shapes[0][0] in (15, 8, 4):
        sizes = {1: 15, 2: 15, 3: 8, 4: 4}
        if shapes[0][0] == sizes[stages[0]]:
            return say.IDENTITY_FIRST
    return say.STAGE_FILTERS.of(stage=max(filter(None, stages), default=2))


def _other(case: dict, evidence: Evidence) -> Misconception | None:
    """What shows for another input and other classes only."""
    classes = case["kwargs"]["classes"]
    if shape(evidence.record)[-1:] not in ((classes,), ()):
        return say.CLASSES_FIXED
    fixed = {**case, "kwargs": {**case["kwargs"], "input_shape": [64, 64, 3]}}
    for tried, change, misconception in (
        (case, {"kind": "global"}, say.GLOBAL_POOLING),
        (case, {"kind": "global max"}, say.AVERAGE_POOLING),
        (case, {"kind": "avg, same"}, say.AVERAGE_POOLING),
        (case, {"kind": "avg, stride 1"}, say.AVERAGE_POOLING),
        (fixed, {}, say.INPUT_FIXED),
    ):
        walk = Walk(tried, evidence)
        if walk.gives(lambda walk=walk, change=change: complete(walk, classes, change)):
            return misconception
    return None


def complete(walk: Walk, classes: int, change: dict) -> np.ndarray:
    """The whole network with the right stages, and `change` in its head."""
    return ends.head(walk.net, walk.right(max(TABLE))[-1], classes, **change)


# Each stage follows from the one before, and no more of them are computed than are looked at.
@lru_cache(maxsize=64)
def right_maps(case: str, mode: str, stage: int) -> list[np.ndarray]:
    """The right network's maps in a stage: one per block, or that of the stem."""
    walk = Walk(json.loads(case), Evidence(), mode)
    if stage == STEM:
        return [ends.stem(walk.net, walk.images, ends.Stem())]
    X, maps = right_maps(case, mode, stage - 1)[-1], []
    for i in range(TABLE[stage][1]):
        X = block(walk, X, stage, first=i == 0)
        maps.append(X)
    return maps
