"""The first edit that leads from the right network to a submission's, where no bank names it.

Two graphs are aligned by what their tensors hold: where values are the same, the networks are. From
the first tensor that only one of them has, the steps of both are compared, as lines of a text are:
what was added, left out, replaced or moved, which setting differs, which map is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.judging.compare import alike
from grader.judging.graphs import WINDOW, Graph
from grader.judging.steps import RANDOM, Step, differing, phrase, steps, written
from grader.runner.result_files import Evidence

SENTENCES = {
    "added": "After {place}, remove {what}: the exercise has no such step there.",
    "missing": "After {place}, {what} is missing.",
    "replaced": "After {place}, {what} replaces {other}.",
    "moved": "After {place}, {what} comes before {other}: the exercise has the other order.",
    "setting": "After {place}, {what} has `{received}`: the exercise asks for `{expected}`.",
    "wiring": "Look at {what}. In the exercise it takes the output of {place}. Here it takes that"
    " of {other}.",
    "inputs": "Look at {what}, after {place}. In the exercise it takes {expected} maps. Here it "
    "takes {received}.",
    "with": "{sentence} In your network: {edit}",
}
NAMES = {
    "added": "a step added",
    "missing": "a step left out",
    "replaced": "another step",
    "moved": "another order of steps",
    "setting": "another setting",
    "wiring": "another map taken",
    "inputs": "another number of maps",
}
NOWHERE = -2
FRAME = "ZeroPadding2D"
# How much later the steps of both may still differ: with more, the first edit tells nothing.
MOST_EDITS = 5.0


@dataclass(frozen=True)
class Edit:
    """One edit: its kind, a key of SENTENCES, and the words for its fields."""

    kind: str
    words: dict[str, str]

    @property
    def name(self) -> str:
        """The edit as the name of a misconception."""
        return NAMES[self.kind]

    @property
    def sentence(self) -> str:
        """The edit in words."""
        return SENTENCES[self.kind].format(**self.words)


def first_edit(received: Evidence, expected: Evidence, modes: list[str]) -> Edit | None:
    """The first edit from the right network to a submission's, None if it is not clear.

    Args:
        received: What a submission's network gave, with its graph.
        expected: What the right network gave.
        modes: In which both were run. In training mode only a network that is right otherwise is
            looked at.
    """
    for mode in modes:
        own, right = Graph(received.graph, mode), Graph(expected.graph, mode)
        pairs = _pairs(own, right, _same_outputs(received, expected, mode))
        if pairs:
            return next((edit for pair in pairs if (edit := _edit(own, right, *pair))), None)
        edit = _random(own, right) or _frozen(own, right)
        if edit:
            return edit
    return None


def _same_outputs(received: Evidence, expected: Evidence, mode: str) -> bool:
    names = [name for name in expected.arrays if name == mode or name.startswith(f"{mode} ")]
    return all(
        name in received.arrays and alike(received.arrays[name], expected.arrays[name])
        for name in names
    )


def _pairs(own: Graph, right: Graph, same_outputs: bool) -> list[tuple[int | None, int | None]]:
    """Where both begin to differ: places in `own` and in `right`, in the right graph's order."""
    there, here = right.differing(own, same_outputs), own.differing(right, same_outputs)
    if not there or not here:
        return [(here[0] if here else None, there[0] if there else None)] if there or here else []

    def cost(pair):
        edits = sum(cost for cost, _, _ in _script(own.path(pair[0]), right.path(pair[1])))
        return edits + (_anchors(own, right, pair[0]) != _anchors(right, right, pair[1]))

    # Where random layers differ nothing is wrong: then a later place is looked at.
    return [min(((i, j) for i in here[:6]), key=cost) for j in there[:8]]


def _anchors(graph: Graph, right: Graph, place: int) -> list[int]:
    """The tensors that an operation takes, as places in the right graph; NOWHERE for no tensor."""
    found = [right.find(graph.rows[i]) if i >= 0 else i for i in graph.inputs[place]]
    return sorted(NOWHERE if i is None else i for i in found)


def _edit(own: Graph, right: Graph, here: int | None, there: int | None) -> Edit | None:
    """The first edit from `there` in the right graph to `here` in a submission's."""
    ways = []
    for framed in (False, True):
        mine = own.path(here, framed) if here is not None else []
        its = right.path(there, framed) if there is not None else []
        ways.append((mine, its))
    # Where both have a frame of zeros it is a step in both, wherever it stands.
    mine, its = ways[all(any(s.kind == FRAME for s in path) for path in ways[True])]
    script = _script(mine, its)
    cost = sum(cost for cost, _, _ in script)
    if cost > MOST_EDITS:
        return None
    if there is None or here is None:
        graph, place = (own, here) if here is not None else (right, there)
        assert place is not None
        return _described(
            script, graph.words(graph.inputs[place][0]) if graph.inputs[place] else ""
        )
    ours, theirs = _anchors(own, right, here), _anchors(right, right, there)
    if mine[0].same(its[0]) and ours != theirs:
        return _wired(right, its[0], ours, theirs)
    return _described(script, right.words(right.inputs[there][0]))


def _wired(right: Graph, step: Step, ours: list, theirs: list) -> Edit | None:
    """What a join or a layer takes, where it takes other tensors than it should."""
    if len(ours) != len(theirs):
        place = right.words(max(theirs))
        counts = {"expected": str(len(theirs)), "received": str(len(ours))}
        return Edit("inputs", {"what": phrase(step), "place": place} | counts)
    lost = [place for place in theirs if place not in ours]
    instead = [place for place in ours if place not in theirs]
    if not lost or not instead or NOWHERE in instead:
        return None
    place, other = right.words(lost[0]), right.words(instead[0])
    if place == other:
        return None
    return Edit("wiring", {"what": phrase(step), "place": place, "other": other})


def _script(mine: list[Step], its: list[Step]) -> list[tuple[float, Step | None, Step | None]]:
    """The cheapest edits from `its` to `mine`: (cost, own step, right step), None for no step.

    Of a path that is longer than the window its last steps may be left over.
    """
    costs: dict[tuple[int, int], float] = {(0, 0): 0.0}
    sources: dict[tuple[int, int], tuple[int, int]] = {}
    for i in range(len(mine) + 1):
        for j in range(len(its) + 1):
            ways = {}
            if i and j:
                ways[i - 1, j - 1] = costs[i - 1, j - 1] + _cost(mine[i - 1], its[j - 1])
            if i:
                ways[i - 1, j] = costs[i - 1, j] + 1
            if j:
                ways[i, j - 1] = costs[i, j - 1] + 1
            if ways:
                sources[i, j] = min(ways, key=lambda source: ways[source])
                costs[i, j] = ways[sources[i, j]]
    ends = [(len(mine), len(its))]
    if WINDOW in (len(mine), len(its)):
        ends += [(i, len(its)) for i in range(WINDOW // 2, len(mine))]
        ends += [(len(mine), j) for j in range(WINDOW // 2, len(its))]
    script, place = [], min(ends, key=lambda end: costs[end])
    while place in sources:
        i, j = sources[place]
        own = mine[i] if i < place[0] else None
        right = its[j] if j < place[1] else None
        script.append((costs[place] - costs[i, j], own, right))
        place = i, j
    return script[::-1]


def _cost(own: Step, right: Step) -> float:
    """What it costs to take one step for another: none for the same, all for another kind."""
    if not own.alike(right):
        return 1.5
    return min(0.5 + 0.2 * len(differing(own, right)), 1.4) if differing(own, right) else 0.0


def _described(script: list, place: str) -> Edit | None:
    """The first edit of a script, after the step with the words `place`."""
    edits = [(i, own, right) for i, (cost, own, right) in enumerate(script) if cost > 0]
    if not edits:
        return None
    i, own, right = edits[0]
    before = [right or own for _, own, right in script[:i]]
    place = phrase(before[-1]) if before else place
    if own and right:
        if not own.alike(right):
            return Edit("replaced", {"place": place, "what": phrase(own), "other": phrase(right)})
        name = differing(own, right)[0]
        values = {
            key: f"{name}={written(step.settings.get(name))}"
            for key, step in (("received", own), ("expected", right))
        }
        return Edit("setting", {"place": place, "what": phrase(right), **values})
    step = own or right
    later = next(
        (
            j
            for j, a, b in edits[1:]
            if (a or b) and step.same(a or b) and not (a and b) and bool(a) != bool(own)
        ),
        None,
    )
    if later is not None:
        crossed = [a for _, a, b in script[i + 1 : later] if a and b]
        if crossed:
            first, second = (step, crossed[-1]) if own else (crossed[0], step)
            return Edit("moved", {"place": place, "what": phrase(first), "other": phrase(second)})
    return Edit("added" if own else "missing", {"place": place, "what": phrase(step)})


def _random(own: Graph, right: Graph) -> Edit | None:
    """What differs in dropout, which does nothing but in training mode."""
    ours, theirs = list(_drops(own, right)), list(_drops(right, right))
    extra = [drop for drop in ours if not any(_equal(drop, other) for other in theirs)]
    lost = [drop for drop in theirs if not any(_equal(drop, other) for other in ours)]
    if not extra and not lost:
        return None
    if not extra:
        return Edit("missing", {"place": lost[0][1], "what": phrase(lost[0][2])})
    anchor, place, step = extra[0]
    for there, instead, other in lost:
        if there == anchor and step.alike(other) and differing(step, other):
            return _described([(0.5, step, other)], place)
        if step.same(other):
            words = {"what": phrase(step), "place": instead, "other": place}
            return Edit("wiring", words)
    return Edit("added", {"place": place, "what": phrase(step)})


def _frozen(own: Graph, right: Graph) -> Edit | None:
    """A layer that computes what it should, but whose weights are not trained."""
    for row in own.rows:
        mine, place = steps(row, 0), right.find(row)
        its = steps(right.rows[place], place) if place is not None else []
        if mine and its and "trainable" in differing(mine[0], its[0]):
            assert place is not None
            before = right.words(right.inputs[place][0]) if right.inputs[place] else ""
            return _described([(0.5, mine[0], its[0])], before)
    return None


def _equal(drop: tuple, other: tuple) -> bool:
    return drop[0] == other[0] and drop[2].same(other[2])


def _drops(graph: Graph, right: Graph) -> Iterator[tuple]:
    """The random steps of a graph: (the place in the right graph, its words, the step)."""
    for i, row in enumerate(graph.rows):
        if row.get("kind") in RANDOM:
            source = graph.inputs[i][0] if graph.inputs[i] else -1
            [anchor] = _anchors(graph, right, i)
            yield anchor, graph.words(source), steps(row, i)[0]
