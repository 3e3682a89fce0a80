"""The checks of Residual Networks: 100 points. They judge what a network computes.

Every check runs the submission and nets on the same inputs and weights, which follow a rule that
knows a weight's shape and role alone, and compares the numbers. ResNet50 is lent right blocks, so
that a wrong one costs its own points only.
"""

from __future__ import annotations

from grader.judging.checks import check, lent
from grader.judging.compare import (
    judged,
    names,
    numbers,
    require_alike,
    require_counts,
    require_probabilities,
    require_shape,
    shapes,
)
from grader.judging.stages import compare

NUMBERS = ["eval", "train"]
LENT = lent(__file__)


def _identity(size, f, filters, **more):
    return {"call": "identity_block", "input": size, "args": [f, filters], "batch": 3, **more}


def _convolutional(size, f, filters, **more):
    return {"call": "convolutional_block", "input": size, "args": [f, filters], "batch": 3, **more}


def _request(*cases):
    return {"module": "nets.resnet", "cases": list(cases)}


def _baked(block, size, filters):
    return [
        block(size, 3, filters, kwargs={"training": training}, modes=["as built"])
        for training in (True, False)
    ]


def _arrays(call, filters):
    one = {"call": call, "array": [3, 6, 6, 8], "args": [3, filters]}
    return [
        {**one, "kwargs": {"training": training}, "initializer": initializer}
        for training, initializer in ((False, "reference"), (True, "reference"), (False, 0.1))
    ]


# Each exercise is one process: a function's numbers and names, then how it is called otherwise.
PROBES = {
    "identity_block": _request(
        _identity([7, 7, 12], 3, [4, 6, 12], modes=NUMBERS),
        _identity([5, 8, 10], 5, [6, 3, 10], modes=NUMBERS),
        _identity([4, 4, 8], 3, [2, 3, 8], kwargs={"stage": 3, "block": "b"}, graph=True),
        *_baked(_identity, [6, 6, 9], [4, 5, 9]),
        *_arrays("identity_block", [4, 5, 8]),
    ),
    "convolutional_block": _request(
        _convolutional([8, 8, 5], 3, [4, 6, 12], modes=NUMBERS),
        _convolutional([9, 7, 5], 5, [6, 3, 10], kwargs={"s": 2}, modes=NUMBERS),
        _convolutional([6, 6, 7], 3, [4, 5, 9], kwargs={"s": 1}, modes=["eval"]),
        _convolutional([10, 11, 7], 3, [4, 5, 9], kwargs={"s": 3}, modes=["eval"]),
        _convolutional([4, 4, 6], 3, [2, 3, 8], kwargs={"stage": 4, "block": "a"}, graph=True),
        *_baked(_convolutional, [6, 6, 7], [4, 5, 9]),
        *_arrays("convolutional_block", [4, 5, 9]),
    ),
    "ResNet50": _request(
        {
            "call": "ResNet50",
            "kwargs": {"input_shape": [64, 64, 3], "classes": 6},
            "batch": 3,
            "level": 8,
            "modes": NUMBERS,
            "graph": True,
            "lent": LENT,
        },
        {
            "call": "ResNet50",
            "kwargs": {"input_shape": [40, 72, 1], "classes": 3},
            "level": 8,
            "modes": ["eval"],
            "lent": LENT,
        },
    ),
}
# Which cases a check looks at: two in both modes, the one with names, `training` fixed, arrays.
BOTH = (0, 2)
NAMED = {"identity_block": (2, 3), "convolutional_block": (4, 5)}
BAKED = {"identity_block": (3, 5), "convolutional_block": (5, 7)}
ARRAYS = {"identity_block": (5, 8), "convolutional_block": (7, 10)}
SIGNS, OTHER = (0, 1), (1, 2)


def _right(submission, block):
    """Raise CheckFailed, of the kind "follows", unless the block is right in inference mode."""
    judged(
        lambda: _numbers(submission, block, BOTH, "eval", ""),
        f"This is judged once {block} computes the right numbers in inference mode.",
    )


def _obedient(submission, block):
    """Raise CheckFailed, of the kind "follows", unless the block obeys its argument training."""
    judged(
        lambda: _numbers(submission, block, BAKED[block], "as built", ""),
        f"This is judged once {block} obeys its argument `training`.",
    )


def _numbers(submission, function, cases, mode, message):
    numbers(submission, PROBES[function], cases, mode, message)


def _names(submission, block):
    names(
        submission,
        PROBES[block],
        NAMED[block],
        {"Conv2D": "kernel", "BatchNormalization": "gamma"},
        "Names tell two layers of a deep network apart: with stage and block given, the "
        "exercise's text says what each convolution and batch norm is called.",
    )


# Exercise 1 ------------------------------------------------------------------------------------


@check(points=2, exercise="identity_block", concept="the identity shortcut keeps the shape")
def test_identity_block_keeps_the_shape(submission):
    """identity_block gives a tensor of its input's shape."""
    shapes(
        submission,
        PROBES["identity_block"],
        BOTH,
        "An identity shortcut can only be added to a main path that ends in the input's own "
        "shape: no stride, and padding 'same' in the f x f convolution.",
    )


@check(points=12, exercise="identity_block", concept="main path, shortcut, then the last ReLU")
def test_identity_block_in_inference_mode(submission):
    """identity_block computes ReLU(F(X) + X) with the moving statistics."""
    _numbers(
        submission,
        "identity_block",
        BOTH,
        "eval",
        "An identity block is ReLU(F(X) + X): F is 1x1, f x f and 1x1 convolutions to F1, F2 "
        "and F3 channels, batch norm after each, ReLU after the first two only; the input "
        "itself is added before the last ReLU.",
    )


@check(points=6, exercise="identity_block", concept="batch norm in training mode")
def test_identity_block_in_training_mode(submission):
    """identity_block normalises by the batch when training, and obeys `training`."""
    _right(submission, "identity_block")
    _numbers(
        submission,
        "identity_block",
        BOTH,
        "train",
        "In training mode every batch norm of the block normalises by the batch: there is one "
        "after each convolution, over the channels (axis 3).",
    )
    _numbers(
        submission,
        "identity_block",
        BAKED["identity_block"],
        "as built",
        "The argument `training` decides how every batch norm of the block works: pass it to "
        "the call of each, BatchNormalization(...)(X, training=training).",
    )


@check(points=5, exercise="identity_block", concept="the initialiser is a factory")
def test_identity_block_on_arrays(submission):
    """identity_block takes arrays, and draws every kernel from initializer(seed=0)."""
    _right(submission, "identity_block")
    _obedient(submission, "identity_block")
    _numbers(
        submission,
        "identity_block",
        ARRAYS["identity_block"],
        "as built",
        "Each of the three kernels is drawn by what `initializer(seed=0)` returns: pass it as "
        "kernel_initializer to every convolution.",
    )


@check(points=3, exercise="identity_block", concept="layer names of 2017")
def test_identity_block_names_its_layers(submission):
    """identity_block names its layers where stage and block are given."""
    _right(submission, "identity_block")
    _names(submission, "identity_block")


# Exercise 2 ------------------------------------------------------------------------------------


@check(points=2, exercise="convolutional_block", concept="the stride shrinks both paths")
def test_convolutional_block_shape(submission):
    """convolutional_block gives a map s times smaller with F3 channels."""
    shapes(
        submission,
        PROBES["convolutional_block"],
        (0, 4),
        "The stride s belongs to the first 1x1 convolution and to the one on the shortcut: "
        "both paths then end at height and width divided by s, rounded up, and F3 channels.",
    )


@check(points=8, exercise="convolutional_block", concept="projection on the shortcut")
def test_convolutional_block_in_inference_mode(submission):
    """convolutional_block computes ReLU(F(X) + projection of X) in inference mode."""
    _numbers(
        submission,
        "convolutional_block",
        BOTH,
        "eval",
        "A convolutional block is ReLU(F(X) + P(X)): F as in the identity block with stride s "
        "in its first convolution, P a 1x1 convolution to F3 channels with stride s and a "
        "batch norm, without ReLU.",
    )


@check(points=4, exercise="convolutional_block", concept="the stride is an argument")
def test_convolutional_block_strides(submission):
    """convolutional_block is right for strides 1 and 3."""
    _right(submission, "convolutional_block")
    _numbers(
        submission,
        "convolutional_block",
        (2, 4),
        "eval",
        "The stride is the argument s, the same in the first convolution and on the "
        "shortcut, for s = 1 and s = 3 as well as for 2.",
    )


@check(points=6, exercise="convolutional_block", concept="batch norm in training mode")
def test_convolutional_block_in_training_mode(submission):
    """convolutional_block normalises by the batch when training, on the shortcut too."""
    _right(submission, "convolutional_block")
    _numbers(
        submission,
        "convolutional_block",
        BOTH,
        "train",
        "In training mode all four batch norms normalise by the batch: three on the main "
        "path and one on the shortcut, over the channels (axis 3).",
    )
    _numbers(
        submission,
        "convolutional_block",
        BAKED["convolutional_block"],
        "as built",
        "The argument `training` goes to the call of all four batch norms, the shortcut's too.",
    )


@check(points=5, exercise="convolutional_block", concept="the initialiser is a factory")
def test_convolutional_block_on_arrays(submission):
    """convolutional_block takes arrays, and draws every kernel from initializer(seed=0)."""
    _right(submission, "convolutional_block")
    _obedient(submission, "convolutional_block")
    _numbers(
        submission,
        "convolutional_block",
        ARRAYS["convolutional_block"],
        "as built",
        "Each of the four kernels is drawn by what `initializer(seed=0)` returns: pass it as "
        "kernel_initializer to every convolution, the shortcut's too.",
    )


@check(points=3, exercise="convolutional_block", concept="layer names of 2017")
def test_convolutional_block_names_its_layers(submission):
    """convolutional_block names its layers where stage and block are given."""
    _right(submission, "convolutional_block")
    _names(submission, "convolutional_block")


# Exercise 3 ------------------------------------------------------------------------------------

STAGES = {2: 3, 3: 4, 4: 6, 5: 3}


def _resnet(submission):
    [one] = submission.ask(PROBES["ResNet50"], *SIGNS)
    return one


@check(points=3, exercise="ResNet50", concept="a network maps images to probabilities")
def test_resnet50_gives_probabilities(submission):
    """ResNet50 gives one probability a class."""
    case, received, expected = _resnet(submission)
    message = (
        "The network ends in a dense layer with one unit a class and softmax: the "
        "probabilities of each image sum to 1."
    )
    require_probabilities(received, expected, case, message)


@check(points=5, exercise="ResNet50", concept="counting parameters")
def test_resnet50_counts(submission):
    """ResNet50 has 23,600,006 parameters, of which 23,546,886 are trained."""
    case, received, expected = _resnet(submission)
    require_counts(
        received,
        expected,
        "The number of parameters follows from the table of stages: a difference names "
        "the layer that is missing, doubled or of another size.",
        ("parameters", "trainable"),
    )
    # A count alone can be had without the network.
    require_alike(
        received,
        expected,
        case,
        "eval",
        "The count is right and earns its points once the network's outputs are right.",
    )


@check(points=4, exercise="ResNet50", concept="the stem")
def test_resnet50_stage_1(submission):
    """Stage 1: padding, a 7x7 convolution with stride 2, batch norm, ReLU, max pooling."""
    _stage(
        submission,
        1,
        "Stage 1 is zero padding of 3, a 7x7 convolution to 64 channels with "
        "stride 2, batch norm, ReLU and 3x3 max pooling with stride 2.",
    )


@check(points=4, exercise="ResNet50", concept="the first stage of blocks keeps the map's size")
def test_resnet50_stage_2(submission):
    """Stage 2: a convolutional block with s = 1 and two identity blocks."""
    _stage(
        submission,
        2,
        "Stage 2 is one convolutional block with s = 1, for the pooling has "
        "already halved the map, and two identity blocks, all [64, 64, 256].",
    )


@check(points=4, exercise="ResNet50", concept="a stage halves the map once")
def test_resnet50_stage_3(submission):
    """Stage 3: a convolutional block with s = 2 and three identity blocks."""
    _stage(
        submission,
        3,
        "Stage 3 is one convolutional block with s = 2 and three identity "
        "blocks, all [128, 128, 512].",
    )


@check(points=4, exercise="ResNet50", concept="depth sits in the fourth stage")
def test_resnet50_stage_4(submission):
    """Stage 4: a convolutional block with s = 2 and five identity blocks."""
    _stage(
        submission,
        4,
        "Stage 4 is one convolutional block with s = 2 and five identity "
        "blocks, all [256, 256, 1024].",
    )


@check(points=4, exercise="ResNet50", concept="the last stage is the widest")
def test_resnet50_stage_5(submission):
    """Stage 5: a convolutional block with s = 2 and two identity blocks."""
    _stage(
        submission,
        5,
        "Stage 5 is one convolutional block with s = 2 and two identity blocks, "
        "all [512, 512, 2048].",
    )


@check(points=4, exercise="ResNet50", concept="the head")
def test_resnet50_head(submission):
    """The head: 2x2 average pooling, flattened, a dense layer with softmax."""
    case, received, expected = _resnet(submission)
    _stages(submission).require_all()
    require_alike(
        received,
        expected,
        case,
        "eval",
        "The head is 2x2 average pooling, flattening and one dense layer with softmax.",
    )


@check(points=6, exercise="ResNet50", concept="batch norm in training mode")
def test_resnet50_in_training_mode(submission):
    """ResNet50 computes the right probabilities in training mode."""
    case, received, expected = _resnet(submission)
    _stages(submission).require_all()
    require_shape(received, expected, case, "One probability a class in training mode too.")
    require_alike(
        received,
        expected,
        case,
        "train",
        "In training mode all 53 batch norms normalise by the batch: leave `training` "
        "to the call of the model, do not fix it while the graph is built.",
    )


@check(points=6, exercise="ResNet50", concept="the input's shape and the classes are arguments")
def test_resnet50_for_another_input(submission):
    """ResNet50 can be built for other images and other numbers of classes."""
    message = (
        "input_shape and classes are arguments: no size of an image and no number of "
        "classes may be written into the network."
    )
    submission.ask(PROBES["ResNet50"], *OTHER)
    _stages(submission).require_all()
    _numbers(submission, "ResNet50", OTHER, "eval", message)


def _ends(graph):
    """stage -> the oracle's operations that end its blocks: the ReLU after each sum."""
    sums = [i for i, row in enumerate(graph) if row["kind"] == "Add"]
    ends = iter([row for i in sums for row in graph if i in row["inputs"]])
    stem = [row for row in graph if row["kind"] == "MaxPooling2D"]
    return {1: stem, **{stage: [next(ends) for _ in range(n)] for stage, n in STAGES.items()}}


def _stages(submission):
    _, received, expected = _resnet(submission)
    return compare(received, expected, _ends(expected.graph))


def _stage(submission, stage, message):
    _stages(submission).require(stage, message)
