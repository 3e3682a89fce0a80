"""The checks of AlexNet: 100 points. They compare what each function computes.

alexnet gets a stand-in for the normalisation, so a wrong one costs only its own points. A
convolution in two towers may be two convolutions or one in groups: at the reference weights these
compute different numbers, and variants.py has both.
"""

from __future__ import annotations

import numpy as np

from grader.errors import CheckFailed
from grader.judging.checks import check, drawn, hidden, lent, request, sibling, variants_file
from grader.judging.compare import (
    compare_outputs,
    compare_shapes,
    require_alike,
    require_counts,
    require_probabilities,
    require_shape,
    require_trained,
    same,
)
from grader.judging.cuts import answers_after, compare_another_input, compare_stages_apart
from grader.judging.misconceptions import wrong

MODULE = variants_file(__file__)
LENT = lent(__file__)
bank = sibling(__file__, "misconceptions")


def _lrn(radius, bias, alpha, beta, **more):
    return {
        "call": "local_response_normalization",
        **more,
        "kwargs": {"radius": radius, "bias": bias, "alpha": alpha, "beta": beta},
    }


def _towers(shape, filters, kernel_size):
    return {
        "call": "two_tower_convolution",
        "input": shape,
        "modes": ["eval", "train"],
        "kwargs": {"filters": filters, "kernel_size": kernel_size},
    }


def _network(input_shape, classes, **more):
    return {
        "call": "alexnet",
        "kwargs": {"input_shape": input_shape, "classes": classes},
        "batch": 3,
        "modes": ["eval"],
        "lent": LENT,
        **more,
    }


REQUESTS = {
    "lrn": request(
        MODULE,
        formula=[
            _lrn(2, 2.0, 0.3, 0.75, array=[2, 3, 4, 7]),
            *hidden(_lrn(drawn(1, 3), 2.0, 0.3, 0.75, array=[2, 3, drawn(2, 5), drawn(7, 12)])),
        ],
        other_constants=[
            _lrn(3, 1.0, 1.5, 0.5, array=[2, 3, 2, 9]),
            *hidden(_lrn(drawn(1, 3), drawn(1, 3), drawn(1, 2), 0.5, array=[2, 3, 2, 9])),
        ],
        wide_window=_lrn(4, 2.0, 0.5, 1.0, array=[2, 2, 3, 3]),
        no_neighbours=_lrn(0, 0.5, 0.8, 1.5, array=[2, 2, 2, 5]),
    ),
    "symbolic": request(
        MODULE,
        symbolic=_lrn(2, 2.0, 0.01, 0.75, input=[4, 5, 8], level=10, modes=["eval", "train"]),
    ),
    "towers": request(
        MODULE,
        first=_towers([7, 6, 8], 12, 3),
        unseen=hidden(_towers([drawn(5, 9), drawn(5, 9), 8], 12, 3)),
        other_arguments=[_towers([8, 9, 4], 10, [5, 3]), _towers([6, 6, 12], 4, 1)],
    ),
    # In one request, because most of its time is the making of 16 million weights. At a level of a
    # hundred the neighbours' squares matter beside the bias.
    "network": request(
        MODULE,
        main=_network([99, 99, 3], 10, level=100, graph=True),
        # Of the last map one side is shorter than the pooling's window: the width, the height.
        others=[_network([99, 40, 1], 4, level=30), _network([40, 99, 3], 6)],
        # The last map is just as large as the window.
        edge=_network([67, 67, 3], 5, level=30),
        # Many images and classes: what is drawn at random is known by its spread alone.
        training=_network([64, 64, 3], 400, level=100, batch=32, modes=["eval", "train"]),
    ),
}

MAIN = REQUESTS["network"], "main"

# Exercise 1 ------------------------------------------------------------------------------------


@check(
    points=10,
    exercise="local_response_normalization",
    concept="each value is divided by a term from its neighbours",
)
def test_local_response_normalization_by_its_formula(submission):
    """local_response_normalization divides each value by a power of its neighbours' squares."""
    compare_outputs(
        submission,
        REQUESTS["lrn"],
        "formula",
        "as built",
        "Each value is divided by (bias + alpha * S) to the power of beta. S is the sum of the "
        "squares in the same pixel, over the channels at most radius away, including the value's "
        "own channel.",
    )


@check(
    points=7,
    exercise="local_response_normalization",
    concept="the four constants are arguments",
    after=test_local_response_normalization_by_its_formula,
)
def test_local_response_normalization_with_other_constants(submission):
    """local_response_normalization uses its arguments radius, bias, alpha and beta."""
    message = (
        "radius, bias, alpha and beta are arguments: do not write the paper's 2, 2, 0.0001 and "
        "0.75 into the function."
    )
    for case in ("other_constants", "no_neighbours"):
        compare_outputs(submission, REQUESTS["lrn"], case, "as built", message)


@check(
    points=6,
    exercise="local_response_normalization",
    concept="the window ends with the channels",
    after=test_local_response_normalization_by_its_formula,
)
def test_local_response_normalization_at_the_edges(submission):
    """local_response_normalization has fewer neighbours where the channels end."""
    compare_outputs(
        submission,
        REQUESTS["lrn"],
        "wide_window",
        "as built",
        "The first and the last channels have fewer neighbours: outside the channels everything "
        "counts as zero, for every radius.",
    )


@check(
    points=7,
    exercise="local_response_normalization",
    concept="the same inside a network",
    after=test_local_response_normalization_by_its_formula,
)
def test_local_response_normalization_in_a_network(submission):
    """local_response_normalization works on a Keras tensor, between two layers."""
    message = (
        "In a network x is a Keras tensor, which has no numbers yet: the operations of keras.ops "
        "work on tensors and on arrays."
    )
    for mode in ("eval", "train"):
        compare_outputs(submission, REQUESTS["symbolic"], (), mode, message)


# Exercise 2 ------------------------------------------------------------------------------------


def _compare_towers(submission, cases, message):
    """Raise CheckFailed with `message` unless the numbers are right, in one of the two forms."""
    answers = submission.ask(REQUESTS["towers"], cases)
    others = submission.foretold("two_tower_convolution", MODULE, [wrong("grouped")])
    for (case, received, expected), (_, [grouped]) in zip(answers, others, strict=True):
        require_shape(received, expected, case, message)
        right = grouped if same(received, grouped) else expected
        for mode in ("eval", "train"):
            require_alike(received, right, case, mode, message)


@check(points=5, exercise="two_tower_convolution", concept="the map keeps its size")
def test_two_tower_convolution_keeps_the_size(submission):
    """two_tower_convolution keeps height and width, and gives as many channels as filters."""
    compare_shapes(
        submission,
        REQUESTS["towers"],
        ("first", "unseen"),
        "The towers use padding, so height and width do not change, and together they give as "
        "many channels as there are filters.",
    )


@check(
    points=10,
    exercise="two_tower_convolution",
    concept="a tower sees half of the channels",
    after=test_two_tower_convolution_keeps_the_size,
)
def test_two_tower_convolution_sees_halves(submission):
    """two_tower_convolution: each half of the filters reads its own half of the channels."""
    _compare_towers(
        submission,
        "first",
        "The first half of the filters reads the first half of the channels, the second half "
        "reads the second half. Then both maps are joined, and nothing else follows.",
    )


@check(
    points=5,
    exercise="two_tower_convolution",
    concept="half of the weights",
    after=test_two_tower_convolution_sees_halves,
)
def test_two_tower_convolution_has_half_of_the_weights(submission):
    """two_tower_convolution has one kernel per tower and one bias per filter."""
    for _, received, expected in submission.ask(REQUESTS["towers"], "first"):
        require_counts(
            received,
            expected,
            "Each tower has its own weights, and all of them are trained: per filter a kernel of "
            "height x width x half of the channels, and a bias.",
            ("parameters", "trainable"),
        )


@check(
    points=5,
    exercise="two_tower_convolution",
    concept="filters and kernel are arguments",
    after=test_two_tower_convolution_sees_halves,
)
def test_two_tower_convolution_with_other_arguments(submission):
    """two_tower_convolution is right for other filters, and for kernels that are not square."""
    _compare_towers(
        submission,
        "other_arguments",
        "filters and kernel_size are arguments, and kernel_size may be a number or a pair.",
    )


# Exercise 3 ------------------------------------------------------------------------------------


def _main(submission):
    [answer] = submission.ask(*MAIN)
    return answer


def _ends(graph):
    """stage -> the oracle's operations that end it."""
    pools, convolutions, dense = (
        [row for row in graph if row["kind"] == kind]
        for kind in ("MaxPooling2D", "Conv2D", "Dense")
    )
    # A map smaller than the pooling's window has no third pooling.
    third = [*convolutions[2:4], *(pools[2:] or convolutions[4:])]
    return {1: pools[:1], 2: pools[1:2], 3: third, 4: dense[:2], 5: dense[2:]}


def _stages(submission):
    _main(submission)
    return compare_stages_apart(submission, *MAIN, _ends)


def _stage(submission, stage, message):
    _stages(submission).require(stage, message)


@check(points=4, exercise="alexnet", concept="a network maps images to probabilities")
def test_alexnet_gives_probabilities(submission):
    """alexnet gives one probability per class."""
    case, received, expected = _main(submission)
    message = (
        "The network ends in a dense layer with one unit per class and softmax: the "
        "probabilities of each image sum to 1."
    )
    require_probabilities(received, expected, case, message)


@check(points=9, exercise="alexnet", concept="a large kernel with a large stride comes first")
def test_alexnet_stage_1(submission):
    """Stage 1: an 11x11 convolution with stride 4, ReLU, normalisation, overlapping pooling."""
    _stage(
        submission,
        1,
        "Stage 1 is an 11x11 convolution to 96 channels with stride 4 and no padding, ReLU, "
        "local response normalisation, and 3x3 max pooling with stride 2.",
    )


@check(points=7, exercise="alexnet", concept="the second stage has more channels")
def test_alexnet_stage_2(submission):
    """Stage 2: a 5x5 convolution, ReLU, normalisation, overlapping pooling."""
    _stage(
        submission,
        2,
        "Stage 2 is a padded 5x5 convolution to 256 channels, ReLU, local response "
        "normalisation, and 3x3 max pooling with stride 2.",
    )


@check(points=7, exercise="alexnet", concept="three convolutions in a row")
def test_alexnet_stage_3(submission):
    """Stage 3: three 3x3 convolutions with ReLU, and a pooling after the last."""
    _stage(
        submission,
        3,
        "Stage 3 has three padded 3x3 convolutions with ReLU, to 384, 384 and 256 channels, no "
        "normalisation, and 3x3 max pooling with stride 2 after the last.",
    )


@check(points=5, exercise="alexnet", concept="most weights sit in the dense layers")
def test_alexnet_stage_4(submission):
    """Stage 4: flattened, then two dense layers of 4096 units with ReLU."""
    _stage(
        submission, 4, "Stage 4 flattens the map and has two dense layers of 4096 units with ReLU."
    )


@check(points=4, exercise="alexnet", concept="softmax over the classes")
def test_alexnet_output(submission):
    """alexnet computes the right probabilities."""
    _stage(
        submission,
        5,
        "One more dense layer follows the two hidden ones, with one unit per class and softmax, "
        "and nothing else.",
    )


def _right_outputs(submission):
    """alexnet computes the right probabilities in inference mode."""
    if _stages(submission).whole:
        compare_outputs(submission, REQUESTS["network"], "training", "eval", "")


@check(points=5, exercise="alexnet", concept="dropout in the dense layers", after=_right_outputs)
def test_alexnet_dropout(submission):
    """alexnet drops half of the units of both hidden dense layers in training mode."""
    stages = _stages(submission)
    stages.require_all(4, 5)
    _, received, _ = _main(submission)
    require_trained(received, bank.FROZEN.sentence, misconception=bank.FROZEN.name)
    if stages.whole:
        [(_, received, expected)] = submission.ask(REQUESTS["network"], "training")
    else:
        received, expected = answers_after(submission, *MAIN, stages, 3, "training")
    ratio = _spread(received) / _spread(expected)
    if not 1 / ALIKE < ratio < ALIKE:
        misconception = bank.LITTLE_DROPOUT if ratio < 1 else bank.MUCH_DROPOUT
        submission.notes["dropout"] = misconception if ratio else bank.NO_DROPOUT
        raise CheckFailed(
            submission.notes["dropout"].sentence,
            [["expected", "received"], ["1", f"{ratio:.2f}"]],
        )


# Two draws differ by 1% or so, at 32 images and 400 classes; dropout before each dense layer in
# place of after it is off by 14% or more, a rate of 0.4 by 23%.
ALIKE = 1.08


def _spread(evidence) -> float:
    """How far training mode strays from inference, in logarithms of probabilities: the geometric
    mean over the images; 0 where nothing is drawn at random.
    """
    train, inference = (
        np.log(np.maximum(evidence.arrays[mode].astype(np.float64), 1e-30))
        for mode in ("train", "eval")
    )
    strays = train - inference
    strays -= strays.mean(axis=-1, keepdims=True)
    each = np.sqrt((strays**2).mean(axis=-1))
    return float(np.exp(np.log(each).mean())) if (each > 1e-5).all() else 0.0


@check(points=4, exercise="alexnet", concept="the input's shape and the classes are arguments")
def test_alexnet_for_another_input(submission):
    """alexnet works for other images and other numbers of classes."""
    compare_another_input(
        submission,
        MAIN,
        (REQUESTS["network"], "others"),
        _ends,
        "input_shape and classes are arguments: no size of an image and no number of classes may "
        "be written into the network. If the last map is smaller than the window of the "
        "pooling, flatten it without the pooling.",
        edge="edge",
    )
