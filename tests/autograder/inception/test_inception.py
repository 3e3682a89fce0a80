"""The checks of Inception: 100 points. They compare what a block computes, and a count.

Those of nets run on the same inputs and weights. Dropout, which draws at random, is graded only by
how far training mode strays from inference mode.
"""

from __future__ import annotations

import numpy as np

from grader.errors import CheckFailed
from grader.judging.checks import check, drawn, hidden, lent, request, variants_file
from grader.judging.compare import (
    alike,
    compare_number_types,
    compare_numbers,
    compare_shapes,
    described,
    require_alike,
    require_counts,
    require_probabilities,
    require_shape,
    require_trained,
)
from grader.judging.cuts import (
    NOTHING,
    answers_after,
    compare_another_input,
    compare_stages_apart,
)
from grader.judging.messages import asked

MODULE = variants_file(__file__)
BOTH = ["eval", "train"]
# For dropout: so many projections of the features that 0.5 is told from 0.4 and 0.7.
MANY, IMAGES = 120, 24

LENT = lent(__file__)


def _count(shape, filters, size):
    return {
        "call": "multiplications",
        "gives": "number",
        "kwargs": {"input_shape": shape, "filters": filters, "kernel_size": size},
    }


def _block(call, size, argument, **more):
    return {"call": call, "input": size, "args": [argument], "batch": 3, "modes": ["eval"], **more}


def _network(shape, classes, **more):
    return {
        "call": "GoogLeNet",
        "kwargs": {"input_shape": shape, "classes": classes},
        "outputs": 3,
        "lent": LENT,
        **more,
    }


REQUESTS = {
    "multiplications": request(
        MODULE,
        lecture=[
            _count([28, 28, 192], 32, 5),
            _count([28, 28, 192], 16, 1),
            _count([28, 28, 16], 32, 5),
            *hidden(_count([30, 30, drawn(2, 99)], drawn(2, 99), drawn(2, 7)), 2),
        ],
        oblong_map=[
            _count([20, 35, 24], 40, 3),
            *hidden(_count([drawn(9, 19), drawn(20, 40), 24], drawn(2, 99), 3), 2),
        ],
        oblong_kernel=[
            _count([17, 18, 6], 9, [1, 7]),
            _count([18, 17, 8], 5, [7, 1]),
            *hidden(_count([17, 18, drawn(2, 99)], 9, [drawn(4, 9), drawn(1, 3)]), 2),
        ],
    ),
    "inception_module_naive": request(
        MODULE,
        first=_block("inception_module_naive", [7, 9, 6], [4, 5, 3], modes=BOTH),
        second=_block("inception_module_naive", [6, 6, 3], [2, 7, 5]),
        unseen=hidden(_block("inception_module_naive", [drawn(5, 9), drawn(5, 9), 3], [2, 7, 5])),
    ),
    "inception_module": request(
        MODULE,
        first=_block("inception_module", [7, 9, 10], [4, 7, 5, 6, 3, 8], modes=BOTH),
        second=_block("inception_module", [6, 6, 4], [3, 2, 9, 5, 6, 7]),
        unseen=hidden(
            _block("inception_module", [drawn(5, 9), drawn(5, 9), 4], [3, 2, 9, 5, 6, 7])
        ),
    ),
    "auxiliary_head": request(
        MODULE,
        large=_block("auxiliary_head", [14, 14, 6], 5, graph=True),
        small=[
            _block("auxiliary_head", [4, 4, 8], 3),
            _block("auxiliary_head", [17, 9, 5], 3),
            _block("auxiliary_head", [17, 14, 5], 4),
        ],
        random=_block("auxiliary_head", [2, 2, 6], MANY, batch=IMAGES, modes=BOTH),
    ),
    "GoogLeNet": request(
        MODULE,
        main=_network([64, 64, 3], 6, batch=3, level=4, modes=["eval"], graph=True),
        other=_network([32, 48, 1], MANY, batch=IMAGES, level=4, modes=BOTH),
    ),
}


# Exercise 1 ------------------------------------------------------------------------------------


def _counts(submission, cases, message):
    compare_numbers(submission, REQUESTS["multiplications"], cases, message)


@check(points=5, exercise="multiplications", concept="each number that comes out costs a window")
def test_multiplications_of_the_lecture(submission):
    """multiplications counts the lecture's convolutions: 120 million, and 12.4 million in two."""
    _counts(
        submission,
        "lecture",
        "The output has height x width x filters numbers. Each costs one multiplication per "
        "place in the window and per channel of the input.",
    )


@check(
    points=3,
    exercise="multiplications",
    concept="height and width count both",
    after=test_multiplications_of_the_lecture,
)
def test_multiplications_on_an_oblong_map(submission):
    """multiplications is right for a map whose height and width differ."""
    _counts(
        submission,
        "oblong_map",
        "A map has height x width places, and padding keeps all of them: height and width may be "
        "different.",
    )


@check(
    points=3,
    exercise="multiplications",
    concept="a window has two sides",
    after=test_multiplications_of_the_lecture,
)
def test_multiplications_of_a_kernel_that_is_no_square(submission):
    """multiplications is right for kernels such as 1x7 and 7x1."""
    _counts(
        submission,
        "oblong_kernel",
        "kernel_size is one number, for a square, or a pair (height, width), as in "
        "layers.Conv2D: a 1x7 window has 7 places.",
    )


@check(
    points=1,
    exercise="multiplications",
    concept="a count is a whole number",
    after=test_multiplications_of_the_lecture,
)
def test_multiplications_is_a_whole_number(submission):
    """multiplications returns a whole number, not a float."""
    compare_number_types(
        submission,
        REQUESTS["multiplications"],
        "lecture",
        "A count is a whole number: expected an int, received a float. Multiply whole numbers "
        "alone; /, 2.0 and np.float64 make floats.",
    )


# Exercises 2 and 3 -----------------------------------------------------------------------------


def _widths(case):
    """The channels of the branches in the order of the concatenation."""
    filters = case["args"][0]
    if len(filters) == 3:
        return [*filters, case["input"][-1]]
    return [filters[0], filters[2], filters[4], filters[5]]


def _branches(submission, block, which, message):
    """Raise CheckFailed with `message` unless these branches' channels are right in all cases."""
    for case, received, expected in submission.ask(REQUESTS[block]):
        require_shape(received, expected, case, message)
        ends = np.cumsum([0, *_widths(case)])
        for i in which:
            right, actual = (
                evidence.arrays["eval"][..., ends[i] : ends[i + 1]]
                for evidence in (expected, received)
            )
            if not alike(actual, right):
                raise CheckFailed(
                    message,
                    [
                        ["called", asked(case)],
                        ["branch", str(i + 1)],
                        ["expected", described(right)],
                        ["received", described(actual)],
                    ],
                )


def _same_while_training(submission, block, message):
    """Raise CheckFailed unless the block computes in training mode what it computes otherwise."""
    [(case, received, expected)] = submission.ask(REQUESTS[block], "first")
    require_alike(received, expected, case, "train", message)
    require_counts(received, expected, message)


def _naive_branches(submission):
    """All branches of inception_module_naive compute the right numbers."""
    _branches(submission, "inception_module_naive", range(4), "")


def _module_branches(submission):
    """All branches of inception_module compute the right numbers."""
    _branches(submission, "inception_module", range(4), "")


@check(points=3, exercise="inception_module_naive", concept="every branch keeps the size")
def test_inception_module_naive_shape(submission):
    """inception_module_naive keeps height and width, and gives F1 + F3 + F5 + c channels."""
    compare_shapes(
        submission,
        REQUESTS["inception_module_naive"],
        (),
        'Padding "same" and stride 1 in every branch keep height and width. The channels of all '
        "four are concatenated.",
    )


@check(points=6, exercise="inception_module_naive", concept="convolutions side by side")
def test_inception_module_naive_convolutions(submission):
    """inception_module_naive begins with the 1x1, 3x3 and 5x5 convolutions of X."""
    _branches(
        submission,
        "inception_module_naive",
        (0, 1, 2),
        "The first F1 + F3 + F5 channels are three convolutions of the input, 1x1, 3x3 and 5x5 "
        "in this order, each with its own ReLU.",
    )


@check(points=3, exercise="inception_module_naive", concept="a pooling that keeps the size")
def test_inception_module_naive_pooling(submission):
    """inception_module_naive ends with the 3x3 max pooling of X."""
    _branches(
        submission,
        "inception_module_naive",
        (3,),
        "The last channels are those of the input after the 3x3 max pooling.",
    )


@check(
    points=2,
    exercise="inception_module_naive",
    concept="nothing but the four branches",
    after=_naive_branches,
)
def test_inception_module_naive_in_training_mode(submission):
    """inception_module_naive computes the same in training mode, and all its layers are trained."""
    _same_while_training(
        submission,
        "inception_module_naive",
        "The module has four branches and computes the same in training mode, and all its "
        "weights are trained.",
    )


@check(points=3, exercise="inception_module", concept="every branch keeps the size")
def test_inception_module_shape(submission):
    """inception_module keeps height and width, and gives F1 + F3 + F5 + FP channels."""
    compare_shapes(
        submission,
        REQUESTS["inception_module"],
        (),
        "Every branch keeps height and width. R3 and R5 are channels between two convolutions "
        "and are not in the output.",
    )


@check(points=3, exercise="inception_module", concept="the 1x1 branch")
def test_inception_module_1x1(submission):
    """inception_module begins with a 1x1 convolution to F1 channels."""
    _branches(
        submission,
        "inception_module",
        (0,),
        "The first F1 channels are a 1x1 convolution of the input with ReLU.",
    )


@check(points=5, exercise="inception_module", concept="a bottleneck before the 3x3")
def test_inception_module_3x3(submission):
    """inception_module has a 1x1 convolution to R3 channels, then a 3x3 convolution to F3."""
    _branches(
        submission,
        "inception_module",
        (1,),
        "The second branch is two convolutions, each with ReLU: 1x1 to R3 channels, then 3x3 to "
        "F3 channels.",
    )


@check(points=5, exercise="inception_module", concept="a bottleneck before the 5x5")
def test_inception_module_5x5(submission):
    """inception_module has a 1x1 convolution to R5 channels, then a 5x5 convolution to F5."""
    _branches(
        submission,
        "inception_module",
        (2,),
        "The third branch is two convolutions, each with ReLU: 1x1 to R5 channels, then 5x5 to "
        "F5 channels.",
    )


@check(points=4, exercise="inception_module", concept="pooling, then its projection")
def test_inception_module_pooling(submission):
    """inception_module ends with a max pooling and a 1x1 convolution of it to FP channels."""
    _branches(
        submission,
        "inception_module",
        (3,),
        "The last branch first pools the input. A 1x1 convolution with ReLU then gives FP "
        "channels.",
    )


@check(
    points=2,
    exercise="inception_module",
    concept="nothing but the four branches",
    after=_module_branches,
)
def test_inception_module_in_training_mode(submission):
    """inception_module computes the same in training mode, and all its layers are trained."""
    _same_while_training(
        submission,
        "inception_module",
        "The module has four branches and computes the same in training mode, and all its "
        "weights are trained.",
    )


# Dropout ---------------------------------------------------------------------------------------


def _strays(evidence):
    """How far training mode strays from inference mode: the mean square over all scores.

    The scores are the logarithms of the probabilities about their mean over the classes, which are
    what softmax was given, up to that mean.
    """
    logs = [np.log(np.maximum(evidence.arrays[mode].astype(np.float64), 1e-45)) for mode in BOTH]
    scores = [log - log.mean(axis=-1, keepdims=True) for log in logs]
    return float(np.mean((scores[1] - scores[0]) ** 2))


def _require_dropout(received, expected, message):
    """Raise CheckFailed with `message` unless training mode strays as far as the oracle's.

    A rate r gives a mean square in proportion to r / (1 - r); drawing both again changes their
    ratio by 5%, one standard deviation, where 0.4 and 0.5 are a half apart.
    """
    right, actual = _strays(expected), _strays(received)
    if not 0.78 * right < actual < 1.28 * right:
        raise CheckFailed(
            message,
            [
                ["mean square of what dropout changes in a score", ""],
                ["expected", f"{right:.3g}"],
                ["received", f"{actual:.3g}"],
            ],
        )


# Exercise 4 ------------------------------------------------------------------------------------

HEAD = REQUESTS["auxiliary_head"], "large"
POOLED = "AdaptiveAveragePooling2D"


def _head(submission):
    [answer] = submission.ask(*HEAD)
    return answer


def _head_ends(graph):
    """stage -> the oracle's operation that ends it."""
    kinds = [row["kind"] for row in graph]

    def last(kind, i=0):
        return [[row for row in graph if row["kind"] == kind][i]]

    pooling = last("AveragePooling2D" if "AveragePooling2D" in kinds else POOLED)
    return {1: pooling, 2: last("Conv2D"), 3: last("Dense"), 4: last("Dense", 1)}


def _head_stages(submission):
    _head(submission)
    return compare_stages_apart(submission, *HEAD, _head_ends)


@check(points=3, exercise="auxiliary_head", concept="a head is a classifier")
def test_auxiliary_head_gives_probabilities(submission):
    """auxiliary_head gives one probability per class."""
    case, received, expected = _head(submission)
    require_probabilities(
        received,
        expected,
        case,
        "A head ends in a dense layer with one unit per class and softmax: the probabilities of "
        "each image sum to 1.",
    )


@check(points=4, exercise="auxiliary_head", concept="the paper's pooling")
def test_auxiliary_head_stage_1(submission):
    """Stage 1: average pooling of 5x5 windows that move by 3."""
    _head_stages(submission).require(
        1,
        "Stage 1 is average pooling with a window of 5x5 and a stride of 3, without padding: "
        "from 14x14 to 4x4.",
    )


@check(points=3, exercise="auxiliary_head", concept="a 1x1 convolution shrinks the channels")
def test_auxiliary_head_stage_2(submission):
    """Stage 2: a 1x1 convolution to 128 channels, ReLU."""
    _head_stages(submission).require(
        2, "Stage 2 is a 1x1 convolution to 128 channels with ReLU, after the pooling."
    )


@check(points=3, exercise="auxiliary_head", concept="dense layers of a head")
def test_auxiliary_head_stage_3(submission):
    """Stage 3: flattened, then a dense layer of 1024 units with ReLU; the output follows."""
    message = (
        "Stage 3 flattens the map and has one dense layer of 1024 units with ReLU. Dropout and "
        "the dense layer with softmax follow, and nothing else."
    )
    stages = _head_stages(submission)
    stages.require(3, message)
    stages.require(4, message)


@check(points=4, exercise="auxiliary_head", concept="maps of any size")
def test_auxiliary_head_on_small_maps(submission):
    """auxiliary_head pools maps with a side below 14 to 4x4, and others as the paper does."""
    compare_another_input(
        submission,
        HEAD,
        (REQUESTS["auxiliary_head"], "small"),
        _head_ends,
        "If height or width is below 14, AdaptiveAveragePooling2D(4) pools the map to 4x4. If "
        "both are at least 14, the 5x5 window is used, whatever the size of its result.",
    )


@check(
    points=3,
    exercise="auxiliary_head",
    concept="dropout while training",
    after=test_auxiliary_head_on_small_maps,
)
def test_auxiliary_head_in_training_mode(submission):
    """auxiliary_head drops 0.7 of its 1024 features, and only in training mode."""
    stages = _head_stages(submission)
    stages.require_all(3, 4)
    [(_, received, expected)] = submission.ask(REQUESTS["auxiliary_head"], "random")
    message = (
        "Dropout with rate 0.7 comes between the dense layer of 1024 units and the last one: "
        "only in training mode, it sets 70% of the features to zero."
    )
    if not stages.whole:
        received, expected = answers_after(submission, *HEAD, stages, 2, "random")
    _require_dropout(received, expected, message)


# Exercise 5 ------------------------------------------------------------------------------------

OUTPUTS = ("eval", "eval 2", "eval 3")
MAIN = REQUESTS["GoogLeNet"], "main"


def _googlenet(submission):
    [answer] = submission.ask(*MAIN)
    return answer


def _ends(graph):
    """stage -> the oracle's operations that end its parts: poolings, then each module's end."""
    pools = [row for row in graph if row["kind"] == "MaxPooling2D"]
    joints = [row for row in graph if row["kind"] == "Concatenate"]

    def averaged(row):
        """Whether it reads the average of a map, through dropout."""
        kinds = []
        while row["inputs"][0] >= 0 and len(kinds) < 2:
            row = graph[row["inputs"][0]]
            kinds.append(row["kind"])
        return "GlobalAveragePooling2D" in kinds

    halving = [
        row
        for row in pools
        if not any(row["shape"] == graph[i]["shape"] for i in row["inputs"] if i >= 0)
    ]
    return {
        1: [halving[0]],
        2: [halving[1]],
        3: joints[:2],
        4: [halving[2], *joints[2:7]],
        5: [halving[3], *joints[7:]],
        6: [row for row in graph if row["kind"] == "Dense" and averaged(row)],
    }


def _stages(submission):
    _googlenet(submission)
    return compare_stages_apart(submission, *MAIN, _ends)


def _stage(submission, stage, message):
    _stages(submission).require(stage, message)


@check(points=2, exercise="GoogLeNet", concept="three outputs, all of them probabilities")
def test_googlenet_gives_probabilities(submission):
    """GoogLeNet gives one probability per class in each of its three outputs."""
    case, received, expected = _googlenet(submission)
    require_probabilities(
        received,
        expected,
        case,
        "The model has three outputs, first that of the network and then those of the two heads. "
        "In each of them the probabilities of an image sum to 1.",
        OUTPUTS,
    )


@check(points=4, exercise="GoogLeNet", concept="the stem halves the map twice")
def test_googlenet_stage_1(submission):
    """Stage 1: a 7x7 convolution to 64 channels with stride 2, ReLU, 3x3 max pooling."""
    _stage(
        submission,
        1,
        "Stage 1 is a 7x7 convolution to 64 channels with stride 2 and ReLU, and 3x3 max pooling "
        "with stride 2, both padded: from 64x64x3 to 16x16x64.",
    )


@check(points=3, exercise="GoogLeNet", concept="the stem ends in 192 channels")
def test_googlenet_stage_2(submission):
    """Stage 2: a 1x1 convolution to 64 channels, a 3x3 one to 192, 3x3 max pooling."""
    _stage(
        submission,
        2,
        "Stage 2 is a 1x1 convolution to 64 channels and a 3x3 convolution to 192, each with "
        "ReLU, and 3x3 max pooling with stride 2: from 16x16x64 to 8x8x192.",
    )


@check(points=4, exercise="GoogLeNet", concept="modules one after another")
def test_googlenet_stage_3(submission):
    """Stage 3: the modules 3a and 3b."""
    _stage(
        submission,
        3,
        "Stage 3 is the modules 3a and 3b, with their rows of MODULES: from 8x8x192 to 8x8x480.",
    )


@check(points=5, exercise="GoogLeNet", concept="a stage begins with a pooling")
def test_googlenet_stage_4(submission):
    """Stage 4: 3x3 max pooling, then the modules 4a to 4e."""
    _stage(
        submission,
        4,
        "Stage 4 is 3x3 max pooling with stride 2 and the modules 4a to 4e, one after another: "
        "from 8x8x480 to 4x4x832.",
    )


@check(points=3, exercise="GoogLeNet", concept="the last stage has two modules")
def test_googlenet_stage_5(submission):
    """Stage 5: 3x3 max pooling, then the modules 5a and 5b."""
    _stage(
        submission,
        5,
        "Stage 5 is 3x3 max pooling with stride 2 and the modules 5a and 5b: from 4x4x832 to "
        "2x2x1024.",
    )


@check(points=3, exercise="GoogLeNet", concept="global average pooling and one dense layer")
def test_googlenet_output(submission):
    """The output: global average pooling, dropout, a dense layer with softmax."""
    _stage(
        submission,
        6,
        "Global average pooling, dropout, and one dense layer with softmax and one unit per class "
        "come after 5b.",
    )


@check(points=4, exercise="GoogLeNet", concept="heads after 4a and 4d")
def test_googlenet_heads(submission):
    """The second output is the head after 4a, the third the head after 4d."""
    stages = _stages(submission)
    stages.require_all(4)
    case, received, expected = _googlenet(submission)
    if not stages.whole:
        received, expected = answers_after(submission, *MAIN, stages, 3, "main")
    for name in OUTPUTS[1:]:
        right, actual = expected.arrays[name], received.arrays.get(name, NOTHING)
        if not alike(actual, right):
            raise CheckFailed(
                "One head takes the output of module 4a, the other that of module 4d. They are "
                "the second and the third output of the model, in this order.",
                [
                    ["called", asked(case)],
                    ["output", str(OUTPUTS.index(name) + 1)],
                    ["expected", described(right)],
                    ["received", described(actual)],
                ],
            )


@check(points=2, exercise="GoogLeNet", concept="the input's shape and the classes are arguments")
def test_googlenet_for_another_input(submission):
    """GoogLeNet works for other images and other numbers of classes."""
    compare_another_input(
        submission,
        MAIN,
        (REQUESTS["GoogLeNet"], "other"),
        _ends,
        "input_shape and classes are arguments: no size of an image and no number of classes may "
        "be written into the network.",
    )


@check(
    points=2,
    exercise="GoogLeNet",
    concept="dropout while training",
    after=test_googlenet_for_another_input,
)
def test_googlenet_in_training_mode(submission):
    """GoogLeNet drops 0.4 of its last features in training mode, and all its layers are trained."""
    stages = _stages(submission)
    stages.require_all(6)
    [(_, received, expected)] = submission.ask(REQUESTS["GoogLeNet"], "other")
    message = (
        "Dropout with rate 0.4 comes between global pooling and the last dense layer, active "
        "only in training mode. All weights of the network are trained."
    )
    require_trained(received, message)
    if not stages.whole:
        received, expected = answers_after(submission, *MAIN, stages, 5, "other")
    _require_dropout(received, expected, message)
