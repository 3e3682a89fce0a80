"""The checks of Residual Networks: 100 points. They compare what networks compute.

Every check runs the submission and nets on the same inputs and weights, which follow a rule that
knows a weight's shape and role alone, and compares the numbers. ResNet50 is lent stand-ins
for its blocks, so that a wrong one costs its own points only.
"""

from __future__ import annotations

from grader.errors import CheckFailed
from grader.judging.checks import check, drawn, hidden, lent, request
from grader.judging.compare import (
    alike,
    compare_names,
    compare_outputs,
    compare_shapes,
    require_alike,
    require_counts,
    require_probabilities,
    require_shape,
)
from grader.judging.cuts import compare_another_input, compare_stages_apart

MODULE = "nets.resnet"
NUMBERS = ["eval", "train"]
LENT = lent(__file__)


def _identity(size, f, filters, **more):
    return {"call": "identity_block", "input": size, "args": [f, filters], "batch": 3, **more}


def _convolutional(size, f, filters, **more):
    return {"call": "convolutional_block", "input": size, "args": [f, filters], "batch": 3, **more}


def _network(input_shape, classes, **more):
    kwargs = {"input_shape": input_shape, "classes": classes}
    return {"call": "ResNet50", "kwargs": kwargs, "level": 8, "lent": LENT, **more}


def _training(block, size, filters):
    return [
        block(size, 3, filters, kwargs={"training": training}, modes=["as built"])
        for training in (True, False)
    ]


def _arrays(call, filters, given):
    case = {"call": call, "array": [3, 6, 6, 8], "args": [3, filters]}
    return [
        {**case, "kwargs": {"training": training}, "initializer": initializer}
        for training, initializer in given
    ]


# For arrays: the argument training, and the initializer.
INFERENCE, TRAINING = ((False, "reference"), (False, 0.1)), ((True, "reference"),)


# Each request is a process: a block's numbers and names, and beside them what it gives for arrays.
REQUESTS = {
    "identity_block": request(
        MODULE,
        plain=[
            _identity([7, 7, 12], 3, [4, 6, 12], modes=NUMBERS),
            _identity([5, 8, 10], 5, [6, 6, 10], modes=NUMBERS),
            *hidden(_identity([drawn(5, 9), drawn(5, 9), 10], 3, [6, 6, 10], modes=NUMBERS)),
        ],
        named=_identity([4, 4, 8], 3, [2, 3, 8], kwargs={"stage": 3, "block": "b"}, graph=True),
        training=_training(_identity, [6, 6, 9], [4, 5, 9]),
    ),
    "identity_block arrays": request(
        MODULE,
        arrays=_arrays("identity_block", [4, 5, 8], INFERENCE),
        arrays_in_training=_arrays("identity_block", [4, 5, 8], TRAINING),
    ),
    "convolutional_block": request(
        MODULE,
        plain=[
            _convolutional([8, 8, 5], 3, [4, 6, 12], modes=NUMBERS),
            _convolutional([9, 7, 5], 5, [6, 6, 10], kwargs={"s": 2}, modes=NUMBERS),
        ],
        strides=[
            _convolutional([6, 6, 7], 3, [4, 5, 9], kwargs={"s": 1}, modes=["eval"]),
            _convolutional([10, 11, 7], 3, [4, 5, 9], kwargs={"s": 3}, modes=["eval"]),
            *hidden(
                _convolutional(
                    [drawn(8, 12), drawn(8, 12), 7], 3, [4, 5, 9], kwargs={"s": 3}, modes=["eval"]
                )
            ),
        ],
        named=_convolutional(
            [4, 4, 6], 3, [2, 3, 8], kwargs={"stage": 4, "block": "a"}, graph=True
        ),
        training=_training(_convolutional, [6, 6, 7], [4, 5, 9]),
    ),
    "convolutional_block arrays": request(
        MODULE,
        arrays=_arrays("convolutional_block", [4, 5, 9], INFERENCE),
        arrays_in_training=_arrays("convolutional_block", [4, 5, 9], TRAINING),
    ),
    "ResNet50": request(
        MODULE,
        signs=_network([64, 64, 3], 6, batch=3, modes=NUMBERS, graph=True),
        other=_network([40, 72, 1], 3, modes=["eval"]),
    ),
}


def _outputs(submission, function, cases, mode, message):
    compare_outputs(submission, REQUESTS[function], cases, mode, message)


def _names(submission, block):
    compare_names(
        submission,
        REQUESTS[block],
        "named",
        {"Conv2D": "kernel", "BatchNormalization": "gamma"},
        "Names tell the layers of a deep network apart: if stage and block are given, each "
        "convolution and batch norm has the name that the text of the exercise says.",
    )


def _obeys(submission, block, message=""):
    """Raise CheckFailed unless every batch norm of the block gets the argument `training`.

    In a model one batch norm that gets it decides for all that get nothing; on arrays each is
    alone. Arrays tell only what draws its kernels from the initialiser. An edition without the
    argument has nothing to obey.
    """
    if not submission.takes(block, "training"):
        return
    _outputs(submission, block, "training", "as built", message)
    try:
        still, _, training = submission.ask(REQUESTS[f"{block} arrays"])
    except CheckFailed:
        return  # a check of its own says what is wrong with arrays
    if alike(still[1].arrays["as built"], still[2].arrays["as built"]):
        case, received, expected = training
        require_alike(received, expected, case, "as built", message)


def _on_arrays(submission, block, message):
    training = ("arrays_in_training",) if submission.takes(block, "training") else ()
    _outputs(submission, f"{block} arrays", ("arrays", *training), "as built", message)


def _identity_obeys(submission):
    """identity_block obeys its argument `training`."""
    _obeys(submission, "identity_block")


def _convolutional_obeys(submission):
    """convolutional_block obeys its argument `training`."""
    _obeys(submission, "convolutional_block")


# Exercise 1 ------------------------------------------------------------------------------------


@check(points=2, exercise="identity_block", concept="the identity shortcut keeps the shape")
def test_identity_block_keeps_the_shape(submission):
    """identity_block keeps the shape of its input."""
    compare_shapes(
        submission,
        REQUESTS["identity_block"],
        "plain",
        "An identity shortcut can only be added to a main path that ends in the shape of the "
        "input: no stride, and padding 'same' in the f x f convolution.",
    )


@check(points=12, exercise="identity_block", concept="main path, shortcut, then the last ReLU")
def test_identity_block_in_inference_mode(submission):
    """identity_block computes ReLU(F(X) + X) with the moving statistics."""
    _outputs(
        submission,
        "identity_block",
        "plain",
        "eval",
        "An identity block is ReLU(F(X) + X). F is 1x1, f x f and 1x1 convolutions to F1, F2 and "
        "F3 channels, with batch norm after each and ReLU after the first two only. The input "
        "itself is added before the last ReLU.",
    )


@check(
    points=6,
    exercise="identity_block",
    concept="batch norm in training mode",
    after=test_identity_block_in_inference_mode,
)
def test_identity_block_in_training_mode(submission):
    """identity_block normalises by the batch in training mode, and obeys `training`."""
    _outputs(
        submission,
        "identity_block",
        "plain",
        "train",
        "In training mode every batch norm of the block normalises by the batch: there is one "
        "after each convolution, over the channels (axis 3).",
    )
    _obeys(
        submission,
        "identity_block",
        "The argument `training` decides the mode of every batch norm of the block: pass it to "
        "the call of each, BatchNormalization(...)(X, training=training).",
    )


@check(
    points=5,
    exercise="identity_block",
    concept="the initialiser is a factory",
    after=(test_identity_block_in_inference_mode, _identity_obeys),
    needs=("initializer",),
)
def test_identity_block_on_arrays(submission):
    """identity_block takes arrays, and draws every kernel from initializer(seed=0)."""
    _on_arrays(
        submission,
        "identity_block",
        "`initializer(seed=0)` returns what draws each of the three kernels: pass it as "
        "kernel_initializer to every convolution.",
    )


@check(
    points=3,
    exercise="identity_block",
    concept="layer names of 2017",
    after=test_identity_block_in_inference_mode,
    needs=("stage", "block"),
)
def test_identity_block_names_its_layers(submission):
    """identity_block names its layers if stage and block are given."""
    _names(submission, "identity_block")


# Exercise 2 ------------------------------------------------------------------------------------


@check(points=2, exercise="convolutional_block", concept="the stride shrinks both paths")
def test_convolutional_block_shape(submission):
    """convolutional_block gives a map s times smaller with F3 channels."""
    compare_shapes(
        submission,
        REQUESTS["convolutional_block"],
        ("plain", "strides"),
        "The stride s belongs to the first 1x1 convolution and to the one on the shortcut. Both "
        "paths then end with height and width divided by s, rounded up, and F3 channels.",
    )


@check(points=8, exercise="convolutional_block", concept="projection on the shortcut")
def test_convolutional_block_in_inference_mode(submission):
    """convolutional_block computes ReLU(F(X) + projection of X) in inference mode."""
    _outputs(
        submission,
        "convolutional_block",
        "plain",
        "eval",
        "A convolutional block is ReLU(F(X) + P(X)). F is as in the identity block, with stride "
        "s in its first convolution. P is a 1x1 convolution to F3 channels with stride s and a "
        "batch norm, without ReLU.",
    )


@check(
    points=4,
    exercise="convolutional_block",
    concept="the stride is an argument",
    after=test_convolutional_block_in_inference_mode,
)
def test_convolutional_block_strides(submission):
    """convolutional_block is right for strides 1 and 3."""
    _outputs(
        submission,
        "convolutional_block",
        "strides",
        "eval",
        "The stride is the argument s, the same in the first convolution and on the shortcut. It "
        "must work for s = 1 and s = 3, not only for 2.",
    )


@check(
    points=6,
    exercise="convolutional_block",
    concept="batch norm in training mode",
    after=test_convolutional_block_in_inference_mode,
)
def test_convolutional_block_in_training_mode(submission):
    """convolutional_block normalises by the batch in training mode, on the shortcut too."""
    _outputs(
        submission,
        "convolutional_block",
        "plain",
        "train",
        "In training mode all four batch norms normalise by the batch: three on the main path "
        "and one on the shortcut, over the channels (axis 3).",
    )
    _obeys(
        submission,
        "convolutional_block",
        "The argument `training` goes to the call of all four batch norms, also the one on the "
        "shortcut.",
    )


@check(
    points=5,
    exercise="convolutional_block",
    concept="the initialiser is a factory",
    after=(test_convolutional_block_in_inference_mode, _convolutional_obeys),
    needs=("initializer",),
)
def test_convolutional_block_on_arrays(submission):
    """convolutional_block takes arrays, and draws every kernel from initializer(seed=0)."""
    _on_arrays(
        submission,
        "convolutional_block",
        "`initializer(seed=0)` returns what draws each of the four kernels: pass it as "
        "kernel_initializer to every convolution, also the one on the shortcut.",
    )


@check(
    points=3,
    exercise="convolutional_block",
    concept="layer names of 2017",
    after=test_convolutional_block_in_inference_mode,
    needs=("stage", "block"),
)
def test_convolutional_block_names_its_layers(submission):
    """convolutional_block names its layers if stage and block are given."""
    _names(submission, "convolutional_block")


# Exercise 3 ------------------------------------------------------------------------------------

STAGES = {2: 3, 3: 4, 4: 6, 5: 3}
HEAD = 6
MAIN = REQUESTS["ResNet50"], "signs"


def _resnet(submission):
    [answer] = submission.ask(*MAIN)
    return answer


def _ends(graph):
    """stage -> the oracle's operations that end its blocks: the ReLU after each sum."""
    sums = [i for i, row in enumerate(graph) if row["kind"] == "Add"]
    ends = iter([row for i in sums for row in graph if i in row["inputs"]])
    stem = [row for row in graph if row["kind"] == "MaxPooling2D"]
    blocks = {stage: [next(ends) for _ in range(n)] for stage, n in STAGES.items()}
    return {1: stem, **blocks, HEAD: [row for row in graph if row["kind"] == "Dense"]}


def _stages(submission, mode="eval"):
    _resnet(submission)
    return compare_stages_apart(submission, *MAIN, _ends, mode)


def _stage(submission, stage, message):
    _stages(submission).require(stage, message)


@check(points=3, exercise="ResNet50", concept="a network maps images to probabilities")
def test_resnet50_gives_probabilities(submission):
    """ResNet50 gives one probability per class."""
    case, received, expected = _resnet(submission)
    message = (
        "The network ends in a dense layer with one unit per class and softmax: the "
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
        "The number of parameters follows from the table of stages: the difference shows which "
        "layer is missing, doubled or of another size.",
        ("parameters", "trainable"),
    )
    # A count alone can be had without the network.
    require_alike(
        received,
        expected,
        case,
        "eval",
        "The count is right, but it earns its points only once the outputs of the network are "
        "right.",
    )


@check(points=4, exercise="ResNet50", concept="the stem")
def test_resnet50_stage_1(submission):
    """Stage 1: padding, a 7x7 convolution with stride 2, batch norm, ReLU, max pooling."""
    _stage(
        submission,
        1,
        "Stage 1 is zero padding of 3, a 7x7 convolution to 64 channels with stride 2, batch "
        "norm, ReLU and 3x3 max pooling with stride 2.",
    )


@check(points=4, exercise="ResNet50", concept="the first stage of blocks keeps the map's size")
def test_resnet50_stage_2(submission):
    """Stage 2: a convolutional block with s = 1 and two identity blocks."""
    _stage(
        submission,
        2,
        "Stage 2 is one convolutional block with s = 1, because the pooling has already halved "
        "the map, and two identity blocks, all [64, 64, 256].",
    )


@check(points=4, exercise="ResNet50", concept="a stage halves the map once")
def test_resnet50_stage_3(submission):
    """Stage 3: a convolutional block with s = 2 and three identity blocks."""
    _stage(
        submission,
        3,
        "Stage 3 is one convolutional block with s = 2 and three identity blocks, all [128, 128, "
        "512].",
    )


@check(points=4, exercise="ResNet50", concept="depth sits in the fourth stage")
def test_resnet50_stage_4(submission):
    """Stage 4: a convolutional block with s = 2 and five identity blocks."""
    _stage(
        submission,
        4,
        "Stage 4 is one convolutional block with s = 2 and five identity blocks, all [256, 256, "
        "1024].",
    )


@check(points=4, exercise="ResNet50", concept="the last stage has the most channels")
def test_resnet50_stage_5(submission):
    """Stage 5: a convolutional block with s = 2 and two identity blocks."""
    _stage(
        submission,
        5,
        "Stage 5 is one convolutional block with s = 2 and two identity blocks, all [512, 512, "
        "2048].",
    )


@check(points=4, exercise="ResNet50", concept="the head")
def test_resnet50_head(submission):
    """The head: 2x2 average pooling, flattened, a dense layer with softmax."""
    _stage(
        submission,
        HEAD,
        "The head is 2x2 average pooling, flattening and one dense layer with softmax.",
    )


@check(points=6, exercise="ResNet50", concept="batch norm in training mode")
def test_resnet50_in_training_mode(submission):
    """ResNet50 computes the right probabilities in training mode."""
    case, received, expected = _resnet(submission)
    message = (
        "In training mode all 53 batch norms normalise by the batch: the call of the model "
        "decides `training`, so do not fix it while the graph is built."
    )
    stages = _stages(submission)
    if stages.whole:
        same = "There is one probability per class in training mode too."
        require_shape(received, expected, case, same)
        require_alike(received, expected, case, "train", message)
    elif stages.loses(_stages(submission, "train")):
        raise CheckFailed(message)


@check(points=6, exercise="ResNet50", concept="the input's shape and the classes are arguments")
def test_resnet50_for_another_input(submission):
    """ResNet50 works for other images and other numbers of classes."""
    message = (
        "input_shape and classes are arguments: no size of an image and no number of classes may "
        "be written into the network."
    )
    compare_another_input(submission, MAIN, (REQUESTS["ResNet50"], "other"), _ends, message)
