"""Wrong GoogLeNets: a network as a list of steps, walked in NumPy, and the known edits of the list.

The right walk says at which step a submission departs from it, by the maps that appear in its
graph, as in grader.judging.stages. Only edits of that step are tried, and walks share what their
lists have in common.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from grader.judging import checks
from grader.judging.compare import alike, shape
from grader.judging.misconceptions import Misconception, Seen, first
from grader.judging.numpy_layers import Layers, Misfit, pool, relu, softmax
from grader.judging.stages import appears
from grader.runner import reference_weights
from grader.runner.result_files import Evidence

say = checks.sibling(__file__, "misconceptions")
# The rows of the exercises that the network is made of.
of_module = {row.name: row for row in say.BANK["inception_module"]}
of_head = {row.name: row for row in say.BANK["auxiliary_head"]}

HEADS_MISSING = Misconception(
    "outputs of the model",
    "The model has three outputs: keras.Model(images, [...]), first that of the network, then "
    "that of the head after 4a, then that of the head after 4d.",
)
HEADS_PLACE = Misconception(
    "heads in other places",
    "One head takes the output of module 4a and another that of module 4d: here at least one "
    "takes another map.",
)
HEADS_ORDER = Misconception(
    "order of the outputs",
    "The outputs come in the order network, head after 4a, head after 4d: here they are "
    "interchanged.",
)
STEM_KERNEL = Misconception(
    "convolutions of the stem",
    "The stem has three convolutions: 7x7 to 64 channels with stride 2, 1x1 to 64 and 3x3 to "
    "192. Here one is missing, or has another size, stride or number of filters.",
)
STEM_POOL = Misconception(
    "pooling of the stem",
    "A 3x3 max pooling with stride 2 follows the first convolution, and another the third: here "
    "one is missing or of another kind.",
)
STAGE_POOL = Misconception(
    "pooling between stages",
    "Stages 4 and 5 each begin with a 3x3 max pooling with stride 2, before their first module: "
    "here one is missing, in another place, or of another kind.",
)
MODULE_MISSING = Misconception(
    "module missing",
    "MODULES has nine rows, and each is a module, one after another: here at least one is left "
    "out.",
)
MODULE_EXTRA = Misconception(
    "module too many", "MODULES has nine rows, and each is one module: here one is there twice."
)
MODULE_ORDER = Misconception(
    "order of the modules",
    "The modules follow each other as in the table, from 3a to 5b: here two are interchanged.",
)
GLOBAL_POOLING = Misconception(
    "end of the network",
    "After 5b the whole map is averaged, to one number per channel: no maximum, no smaller "
    "window, and no flattening.",
)
HIDDEN = Misconception(
    "hidden dense layer",
    "There is no other dense layer between global pooling and softmax: this is how GoogLeNet "
    "needs far fewer weights than AlexNet.",
)
HEADS_INSIDE = Misconception(
    "heads in the main path",
    "A head is a branch that ends: the next module takes the same map as the head, not the "
    "output of the head.",
)
NORMALISED = Misconception(
    "local response normalisation",
    "The paper's network normalises over neighbouring channels twice, as AlexNet does. This "
    "exercise leaves that out, and here it is still in the stem.",
)
INPUT_FIXED = Misconception(
    "input shape fixed",
    "The shape of the images is an argument: keras.Input gets `input_shape`, and no size that "
    "depends on it is written into a later layer.",
)

ROWS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
# A convolution: filters, size, stride, padding, activation. A pooling: kind, size, stride, padding.
CONV1, CONV2, CONV3 = (
    ("conv", 64, 7, 2, "same", "relu"),
    ("conv", 64, 1, 1, "same", "relu"),
    ("conv", 192, 3, 1, "same", "relu"),
)
POOL, HEAD = ("pool", "max", 3, 2, "same"), ("head",)
STEM = (CONV1, POOL, CONV2, CONV3, POOL)
END = (("mean",), ("dense", "softmax"))


def right() -> tuple:
    """The steps of the right network."""
    body = []
    for name in ROWS:
        body += [POOL] if name in ("4a", "5a") else []
        body += [("module", name)]
        body += [HEAD] if name in ("4a", "4d") else []
    return (*STEM, *body, *END)


def wrong() -> Iterator[tuple[Misconception, tuple]]:
    """(misconception, steps of a network that shows it), those of the end first."""
    steps = right()
    yield from ((misconception, (*steps[:-2], *end)) for misconception, end in _ends())
    yield from _heads(steps)
    yield from _modules(steps)
    yield from _pools(steps)
    yield from ((misconception, (*stem, *steps[len(STEM) :])) for misconception, stem in _stems())


def _ends():
    score = END[1]
    for last in ("", "sigmoid", "relu"):
        yield of_head["softmax missing"], (END[0], ("dense", last))
    yield of_head["softmax twice"], (*END, ("softmax",))
    yield of_head["ReLU before softmax"], (END[0], ("dense", "relu"), ("softmax",))
    for before in (
        (("maximum",),),
        (("flat",),),
        (("pool", "avg", 2, 2, "same"), ("flat",)),
        (("pool", "avg", 2, 1, "same"), ("flat",)),
        (("pool", "max", 2, 2, "same"), ("flat",)),
        (),
    ):
        yield GLOBAL_POOLING, (*before, score)
    for units in (1024, 512, 256, 128):
        yield HIDDEN, (END[0], ("hidden", units), score)
        yield HIDDEN, (("flat",), ("hidden", units), score)


def _heads(steps):
    bare = tuple(step for step in steps if step != HEAD)
    at = {name: bare.index(("module", name)) for name in ROWS}
    for i, early in enumerate(ROWS):
        for late in list(ROWS)[i:]:
            places = sorted((at[early] + 1, at[late] + 1), reverse=True)
            moved = list(bare)
            for place in places:
                moved.insert(place, HEAD)
            if tuple(moved) != steps:
                yield HEADS_PLACE, tuple(moved)


def _modules(steps):
    for name in ROWS:
        i = steps.index(("module", name))
        yield MODULE_MISSING, steps[:i] + steps[i + 1 :]
        yield MODULE_EXTRA, steps[:i] + steps[i : i + 1] + steps[i:]
    pairs = list(zip(ROWS, list(ROWS)[1:], strict=False))
    for early, late in pairs:
        names = {("module", early): ("module", late), ("module", late): ("module", early)}
        yield MODULE_ORDER, tuple(names.get(step, step) for step in steps)
    backwards = dict(zip(ROWS, reversed(ROWS), strict=True))
    yield (
        MODULE_ORDER,
        tuple(("module", backwards[step[1]]) if step[0] == "module" else step for step in steps),
    )


def _pools(steps):
    places = [i for i, step in enumerate(steps) if step == POOL and i >= len(STEM)]
    others = [
        ("pool", "avg", 3, 2, "same"),
        ("pool", "max", 3, 1, "same"),
        ("pool", "max", 3, 2, "valid"),
        ("pool", "max", 2, 2, "same"),
        ("pool", "max", 3, 3, "same"),
    ]
    for other in others:
        yield STAGE_POOL, tuple(other if step == POOL else step for step in steps)
    for which in (places, places[:1], places[1:]):
        yield STAGE_POOL, tuple(step for i, step in enumerate(steps) if i not in which)
        for other in others:
            yield STAGE_POOL, tuple(other if i in which else step for i, step in enumerate(steps))
    bare = [step for i, step in enumerate(steps) if i not in places]
    names = list(ROWS)
    for early, late in (
        ("3b", "4e"),
        ("4b", "5b"),
        ("3a", "4d"),
        ("4a", "5b"),
        ("4b", "5a"),
        ("4a", "4e"),
        ("3b", "5a"),
    ):
        moved = list(bare)
        for name in (late, early):
            moved.insert(moved.index(("module", name)), POOL)
        yield STAGE_POOL, tuple(moved)
    for name in names:  # a third one
        i = steps.index(("module", name))
        if i not in [place + 1 for place in places]:
            yield STAGE_POOL, (*steps[:i], POOL, *steps[i:])


def _stems():
    def with_(i, step):
        return (*STEM[:i], *([step] if step else []), *STEM[i + 1 :])

    def changed(step, i, value):
        return (*step[:i], value, *step[i + 1 :])

    for i in (0, 2, 3):
        yield of_module["activation missing"], with_(i, changed(STEM[i], 5, ""))
        yield STEM_KERNEL, with_(i, None)
        for size in {1, 3, 5, 7} - {STEM[i][2]}:
            yield STEM_KERNEL, with_(i, changed(STEM[i], 2, size))
        for filters in {32, 64, 96, 128, 192, 256} - {STEM[i][1]}:
            yield STEM_KERNEL, with_(i, changed(STEM[i], 1, filters))
        yield STEM_KERNEL, with_(i, changed(STEM[i], 3, 1 if i == 0 else 2))
        yield of_module["valid for same"], with_(i, changed(STEM[i], 4, "valid"))
        for activation in ("tanh", "sigmoid"):
            yield of_module["another activation"], with_(i, changed(STEM[i], 5, activation))
    yield (
        of_module["activation missing"],
        tuple(changed(step, 5, "") if step[0] == "conv" else step for step in STEM),
    )
    yield STEM_KERNEL, (CONV1, POOL, CONV3, CONV2, POOL)
    for i in (1, 4):
        yield STEM_POOL, with_(i, None)
        for other in (
            ("pool", "avg", 3, 2, "same"),
            ("pool", "max", 2, 2, "same"),
            ("pool", "max", 3, 1, "same"),
            ("pool", "max", 3, 3, "same"),
        ):
            yield STEM_POOL, with_(i, other)
        yield of_module["valid for same"], with_(i, ("pool", "max", 3, 2, "valid"))
    yield STEM_POOL, (CONV1, CONV2, CONV3)
    for kind, size in (("avg", 3), ("max", 2)):
        other = ("pool", kind, size, 2, "same")
        yield STEM_POOL, (CONV1, other, CONV2, CONV3, other)


# The walk ----------------------------------------------------------------------------------------

ACTIVATIONS = {
    "relu": relu,
    "": lambda X: X,
    "tanh": np.tanh,
    "sigmoid": lambda X: 1 / (1 + np.exp(-X)),
    "softmax": softmax,
}


def outputs(case: dict, steps: tuple) -> list[np.ndarray]:
    """What the network of these steps gives: its own output, then those of its heads."""
    settings = _settings(case)
    heads = [_head(settings, _bare(steps[:i])) for i, step in enumerate(steps) if step == HEAD]
    return [_walked(settings, _bare(steps)), *heads]


def _settings(case: dict) -> tuple:
    """What a walk depends on besides its steps: seed, images, level, classes, what is lent."""
    size = (case.get("batch", 2), *case["kwargs"]["input_shape"])
    lent = tuple(sorted(case.get("lent", {})))
    return case["seed"], size, case.get("level", 1.0), case["kwargs"]["classes"], lent


def _bare(steps: tuple) -> tuple:
    """The steps of the network itself, without its heads."""
    return tuple(step for step in steps if step != HEAD)


# The right walk has 17 maps, the largest of 0.8 MB; some edits come and go.
@lru_cache(maxsize=96)
def _walked(settings: tuple, steps: tuple) -> np.ndarray:
    seed, size, level, classes, lent = settings
    if not steps:
        return reference_weights.inputs(size, seed, level)
    X, net, (kind, *how) = _walked(settings, steps[:-1]), Layers(seed), steps[-1]
    if kind == "conv":
        return ACTIVATIONS[how[4]](net.conv(X, *how[:4]))
    if kind == "pool":
        return pool(X, *how)
    if kind == "module":
        return module(net, X, ROWS[how[0]], "inception_module" in lent)
    if kind == "mean":
        return X.mean(axis=(1, 2))
    if kind == "maximum":
        return X.max(axis=(1, 2))
    if kind == "flat":
        return X.reshape(len(X), -1)
    if kind == "softmax":
        return softmax(X)
    if kind == "hidden":
        return relu(net.dense(X, how[0]))
    return ACTIVATIONS[how[0]](net.dense(X, classes))


def module(net: Layers, X: np.ndarray, row: tuple, lent: bool) -> np.ndarray:
    """The module with bottlenecks, or the stand-in that lent.py has for it."""

    def to(Y, filters, size):
        Y = net.conv(Y, filters, size)
        return Y if lent else relu(Y)

    X = relu(X) if lent else X

    F1, R3, F3, R5, F5, FP = row
    return np.concatenate(
        [
            to(X, F1, 1),
            to(to(X, R3, 1), F3, 3),
            to(to(X, R5, 1), F5, 5),
            to(pool(X, "max", 3, 1, "same"), FP, 1),
        ],
        axis=-1,
    )


@lru_cache(maxsize=64)
def _head(settings: tuple, steps: tuple) -> np.ndarray:
    """The head that hangs on the map after these steps, of less than 14 pixels; or its stand-in."""
    X, net, lent = _walked(settings, steps), Layers(settings[0]), "auxiliary_head" in settings[4]
    X = relu(X) if lent else X
    for axis in (1, 2):
        size = X.shape[axis]
        parts = [
            X.take(range(i * size // 4, -(-(i + 1) * size // 4)), axis=axis).mean(axis=axis)
            for i in range(4)
        ]
        X = np.stack(parts, axis=axis)
    X = net.conv(X, 128, 1)
    X = (X if lent else relu(X)).reshape(len(X), -1)
    return softmax(net.dense(relu(net.dense(X, 1024)), settings[3]))


# Names -------------------------------------------------------------------------------------------


def recognise(seen: Seen) -> Misconception | None:
    """The misconception of a GoogLeNet that a check has failed."""
    if seen.trouble:
        return _trouble(seen.trouble)
    [(case, evidence)] = seen.cases
    if case.get("graph"):
        if "walk" not in seen.notes:
            seen.notes["walk"] = _recognised(case, evidence)
        return seen.notes["walk"]
    if "training_mode" in seen.check:
        if say.unmoved(evidence):
            return of_head["dropout missing"]
        counts = {evidence.record.get(name) for name in ("parameters", "trainable")}
        return say.DROPOUT_RATE if len(counts) == 1 else say.FROZEN
    if shape(evidence.record)[-1:] != (case["kwargs"]["classes"],):
        return of_head["classes fixed"]
    return INPUT_FIXED


def _trouble(trouble: dict) -> Misconception | None:
    text = str(trouble.get("text", ""))
    if trouble.get("kind") == "ends" or "list" in str(trouble.get("received", "")):
        return HEADS_MISSING
    if trouble.get("kind") == "run":
        return INPUT_FIXED
    if "expected min_ndim" in text or "ndim" in text:
        return HEADS_INSIDE
    return of_module["valid for same"] if "egative" in text else None


def _recognised(case: dict, evidence: Evidence) -> Misconception | None:
    answers = [evidence.arrays.get(name) for name in ("eval", "eval 2", "eval 3")]
    if any(answer is None for answer in answers):
        return None
    expected = outputs(case, right())
    if all(any(alike(answer, output) for output in expected) for answer in answers):
        return HEADS_ORDER

    if answers[0].shape[-1] != case["kwargs"]["classes"]:
        return of_head["classes fixed"]
    body, settings = _bare(right()), _settings(case)
    count = next(
        (i for i in range(len(body)) if not _shows(evidence, settings, body[: i + 1])), len(body)
    )

    def fits(steps):
        bare = _bare(steps)
        at = next(
            (i for i, (step, other) in enumerate(zip(bare, body, strict=False)) if step != other),
            len(body),
        )
        try:
            return (
                at == count
                and (bare == body or _shows(evidence, settings, bare[: at + 1]))
                and (
                    all(
                        alike(answer, output)
                        for answer, output in zip(answers, outputs(case, steps), strict=True)
                    )
                )
            )
        except Misfit:
            return False

    recognised = first(misconception for misconception, steps in wrong() if fits(steps))
    return recognised or (NORMALISED if _normalises(evidence.graph) else None)


def _normalises(graph: list[dict]) -> bool:
    """Whether the stem has a step over channels that keeps the shape and has no weights.

    It is a power of what is computed there, a function in a Lambda, or a layer of its own class.
    """
    for row in graph:
        if row.get("kind") == "Concatenate":
            return False
        inputs = row.get("inputs") or [-1]
        same = inputs[0] >= 0 and shape(graph[inputs[0]]) == shape(row) and not row["parameters"]
        if same and (row.get("own") or row.get("kind") in ("Lambda", "Power")):
            return True
    return False


def _shows(evidence: Evidence, settings: tuple, steps: tuple) -> bool:
    """Whether the map after these steps appears in the submission's graph."""
    value = _walked(settings, steps)
    row = {
        "shape": list(value.shape),
        "prints": {"eval": reference_weights.fingerprint(value, settings[0])},
    }
    return appears(row, evidence.graph, "eval")
