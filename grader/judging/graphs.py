"""A network's graph as tensors that are found in another graph by what they hold."""

from __future__ import annotations

from functools import cached_property

from grader.judging.compare import shape, shown
from grader.judging.stages import prints, same_prints
from grader.judging.steps import RANDOM, SENTENCES, Step, gathered, phrase, steps

# The most steps of a path: the same edit in each block of a deep network is seen in one.
WINDOW = 40


class Graph:
    """A graph of the runner with its tensors as places: -1 is the input."""

    def __init__(self, rows: list[dict], mode: str):
        self.rows, self.mode = rows, mode
        self.inputs = [_inputs(row, i) for i, row in enumerate(rows)]
        self.takers: list[list[int]] = [[] for _ in rows]
        for i, sources in enumerate(self.inputs):
            for source in sources:
                if source >= 0:
                    self.takers[source].append(i)

    @cached_property
    def depth(self) -> list[int]:
        """How many operations follow each one, on the longest way to an end."""
        depth = [0] * len(self.rows)
        for i in reversed(range(len(self.rows))):
            depth[i] = 1 + max((depth[taker] for taker in self.takers[i]), default=0)
        return depth

    def find(self, row: dict, mode: str | None = None) -> int | None:
        """The first tensor here with the values of `row`, None if there is none."""
        mode = mode or self.mode
        right = prints(row, mode)
        for i, own in enumerate(self.rows):
            if right and shape(own) == shape(row) and same_prints(prints(own, mode), right):
                return i
        return None

    def differing(self, other: Graph, same_outputs: bool) -> list[int]:
        """The operations without a counterpart in `other`, from which all of the rest follows.

        A tensor that only one graph has is no difference if all that follows from it is shared at
        once, before a second layer with weights: a graph may be cut into layers in several ways.
        Probabilities look alike in any network, so the outputs are compared by themselves.
        """
        bad, weights = [False] * len(self.rows), [0] * len(self.rows)
        for i in reversed(range(len(self.rows))):
            takers, there = self.takers[i], other.find(self.rows[i])
            if there is not None and (same_outputs or takers or other.takers[there]):
                continue
            weights[i] = bool(self.rows[i].get("parameters"))
            weights[i] += max((weights[taker] for taker in takers), default=0)
            bad[i] = not takers or weights[i] > 1 or any(bad[taker] for taker in takers)
        return [
            i
            for i, is_bad in enumerate(bad)
            if is_bad and not any(source >= 0 and bad[source] for source in self.inputs[i])
        ]

    def path(self, start: int, framed: bool = False) -> list[Step]:
        """The steps from an operation on, along the longest way to an end.

        framed: whether a frame of zeros before a convolution stays a step of its own.
        """
        path: list[Step] = []
        place: int | None = start
        while place is not None:
            path += steps(self.rows[place], place)
            place = max(self.takers[place], key=lambda i: self.depth[i], default=None)
        return gathered(path, framed)[:WINDOW]

    def words(self, place: int) -> str:
        """What gives a tensor, in words, and its size; of an activation with its layer too."""
        step = self._step(place)
        if step is None:
            return phrase(None)
        words, source = phrase(step), self._source(step.row)
        while source is not None and step.kind in ("Activation", "BatchNormalization"):
            if source.kind not in ("Activation", "BatchNormalization"):
                words = SENTENCES["after"].format(step=words, layer=phrase(source))
                break
            source = self._source(source.row)
        return SENTENCES["map"].format(step=words, size=shown(shape(self.rows[step.row])))

    def _source(self, place: int) -> Step | None:
        return self._step(self.inputs[place][0]) if self.inputs[place] else None

    def _step(self, place: int) -> Step | None:
        """The first step of an operation, or of the one before that does something."""
        while place >= 0:
            here = steps(self.rows[place], place)
            if here and here[0].kind not in RANDOM:
                return here[0]
            place = self.inputs[place][0] if self.inputs[place] else -1
        return None


def _inputs(row: dict, place: int) -> list[int]:
    """The operations that a row takes its tensors from; a forged row takes the input."""
    listed = row.get("inputs")
    places = listed if isinstance(listed, list) else []
    return [i if isinstance(i, int) and -1 <= i < place else -1 for i in places]
