"""The checks of AlexNet: 100 points. They judge what a function computes, each by itself.

alexnet is lent the right normalisation, so that a wrong one costs its own points only. A
convolution in two towers may be two convolutions or one in groups: by the rule's weights these
compute different numbers, and the oracle knows both.
"""

from __future__ import annotations

import numpy as np

from grader.errors import CheckFailed
from grader.judging.checks import beside, check, lent, variants
from grader.judging.compare import (
    judged,
    numbers,
    require_alike,
    require_counts,
    require_probabilities,
    require_shape,
    same,
    shapes,
)
from grader.judging.stages import compare

MODULE = variants(__file__)
LENT = lent(__file__)
bank = beside(__file__, "misconceptions")


def _lrn(radius, bias, alpha, beta, **given):
    return {
        "call": "local_response_normalization",
        **given,
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


PROBES = {
    "lrn": {
        "module": MODULE,
        "cases": [
            _lrn(2, 2.0, 0.3, 0.75, array=[2, 3, 4, 7]),
            _lrn(3, 1.0, 1.5, 0.5, array=[2, 3, 2, 9]),
            _lrn(4, 2.0, 0.5, 1.0, array=[2, 2, 3, 3]),
            _lrn(0, 0.5, 0.8, 1.5, array=[2, 2, 2, 5]),
        ],
    },
    "symbolic": {
        "module": MODULE,
        "cases": [_lrn(2, 2.0, 0.01, 0.75, input=[4, 5, 8], level=10, modes=["eval", "train"])],
    },
    "towers": {
        "module": MODULE,
        "cases": [
            _towers([7, 6, 8], 12, 3),
            _towers([8, 9, 4], 10, [5, 3]),
            _towers([6, 6, 12], 4, 1),
        ],
    },
    # In one request, for most of its time is the making of 16 million weights. At a level of a
    # hundred the neighbours' squares matter beside the bias. The last case has many images and
    # classes: what is drawn at random is known by its spread alone.
    "network": {
        "module": MODULE,
        "cases": [
            _network([99, 99, 3], 10, level=100, graph=True),
            _network([64, 64, 3], 6),
            _network([99, 67, 1], 4, level=30),
            _network([64, 64, 3], 400, level=100, batch=32, modes=["eval", "train"]),
        ],
    },
}
# Which cases of the last probe a check looks at.
WHOLE, OTHER, TRAINING = (0, 1), (1, 3), (3, 4)

# Exercise 1 ------------------------------------------------------------------------------------


def _formula(submission):
    judged(
        lambda: numbers(submission, PROBES["lrn"], (0, 1), "as built", ""),
        "This is judged once the normalisation itself is right.",
    )


@check(
    points=10,
    exercise="local_response_normalization",
    concept="each value is divided by what its neighbours say",
)
def test_local_response_normalization_by_its_formula(submission):
    """local_response_normalization divides each value by a power of its neighbours' squares."""
    numbers(
        submission,
        PROBES["lrn"],
        (0, 1),
        "as built",
        "Each value is divided by (bias + alpha * S) to the power of beta, where S is the sum "
        "of the squares in the same pixel, over the channels at most radius away, its own "
        "among them.",
    )


@check(
    points=7, exercise="local_response_normalization", concept="the four constants are arguments"
)
def test_local_response_normalization_with_other_constants(submission):
    """local_response_normalization takes radius, bias, alpha and beta as they are given."""
    submission.ask(PROBES["lrn"], 1, 2)
    _formula(submission)
    message = (
        "radius, bias, alpha and beta are arguments: the paper's 2, 2, 0.0001 and 0.75 may "
        "not be written into the function."
    )
    numbers(submission, PROBES["lrn"], (1, 2), "as built", message)
    numbers(submission, PROBES["lrn"], (3, 4), "as built", message)


@check(
    points=6, exercise="local_response_normalization", concept="the window ends with the channels"
)
def test_local_response_normalization_at_the_edges(submission):
    """local_response_normalization has fewer neighbours where the channels end."""
    submission.ask(PROBES["lrn"], 2, 3)
    _formula(submission)
    numbers(
        submission,
        PROBES["lrn"],
        (2, 3),
        "as built",
        "The first and the last channels have fewer neighbours: what lies beyond counts as "
        "zero, however large the radius is.",
    )


@check(points=7, exercise="local_response_normalization", concept="the same inside a network")
def test_local_response_normalization_in_a_network(submission):
    """local_response_normalization works on a Keras tensor, between two layers."""
    submission.ask(PROBES["symbolic"])
    _formula(submission)
    message = (
        "In a network x is a Keras tensor, which has no numbers yet: operations of "
        "keras.ops work on it and on arrays alike."
    )
    for mode in ("eval", "train"):
        numbers(submission, PROBES["symbolic"], (0, 1), mode, message)


# Exercise 2 ------------------------------------------------------------------------------------


def _right(submission, cases, message):
    """Raise CheckFailed with `message` unless the numbers are right, in one of the two forms."""
    asked = submission.ask(PROBES["towers"], *cases)
    others = submission.foretold("two_tower_convolution", MODULE, ["_grouped"])
    for (case, received, expected), (_, [grouped]) in zip(asked, others, strict=True):
        require_shape(received, expected, case, message)
        right = grouped if same(received, grouped) else expected
        for mode in ("eval", "train"):
            require_alike(received, right, case, mode, message)


def _first(submission):
    judged(
        lambda: _right(submission, (0, 1), ""),
        "This is judged once each tower gives the right map.",
    )


@check(points=5, exercise="two_tower_convolution", concept="the map keeps its size")
def test_two_tower_convolution_keeps_the_size(submission):
    """two_tower_convolution keeps height and width, and gives as many channels as filters."""
    shapes(
        submission,
        PROBES["towers"],
        (0, 1),
        "The towers pad their maps, so that height and width stay, and together they give as "
        "many channels as there are filters.",
    )


@check(points=10, exercise="two_tower_convolution", concept="a tower sees half of the channels")
def test_two_tower_convolution_sees_halves(submission):
    """two_tower_convolution: each half of the filters reads its own half of the channels."""
    judged(
        lambda: shapes(submission, PROBES["towers"], (0, 1), ""),
        "This is judged once the map has the right size.",
    )
    _right(
        submission,
        (0, 1),
        "The first half of the filters reads the first half of the channels, the second half "
        "the second, and nothing follows but the joining of both maps.",
    )


@check(points=5, exercise="two_tower_convolution", concept="half of the weights")
def test_two_tower_convolution_has_half_of_the_weights(submission):
    """two_tower_convolution has a kernel of its own in each tower, and a bias for each filter."""
    _first(submission)
    for _, received, expected in submission.ask(PROBES["towers"], 0, 1):
        require_counts(
            received,
            expected,
            "Each tower has weights of its own, and all of them are trained: a kernel "
            "of height x width x half of the channels for each filter, and a bias.",
            ("parameters", "trainable"),
        )


@check(points=5, exercise="two_tower_convolution", concept="filters and kernel are arguments")
def test_two_tower_convolution_with_other_arguments(submission):
    """two_tower_convolution is right for other kernels, oblong ones too, and other filters."""
    submission.ask(PROBES["towers"], 1, 3)
    _first(submission)
    _right(
        submission,
        (1, 3),
        "filters and kernel_size are arguments, and kernel_size may be a number or a pair.",
    )


# Exercise 3 ------------------------------------------------------------------------------------


def _whole(submission):
    [one] = submission.ask(PROBES["network"], *WHOLE)
    return one


def _ends(graph):
    """stage -> the oracle's operations that end it."""
    pools, convolutions, dense = (
        [row for row in graph if row["kind"] == kind]
        for kind in ("MaxPooling2D", "Conv2D", "Dense")
    )
    return {1: pools[:1], 2: pools[1:2], 3: [*convolutions[2:4], pools[2]], 4: dense[:2]}


def _stages(submission):
    _, received, expected = _whole(submission)
    return compare(received, expected, _ends(expected.graph))


def _stage(submission, stage, message):
    _stages(submission).require(stage, message)


@check(points=4, exercise="alexnet", concept="a network maps images to probabilities")
def test_alexnet_gives_probabilities(submission):
    """alexnet gives one probability a class."""
    case, received, expected = _whole(submission)
    message = (
        "The network ends in a dense layer with one unit a class and softmax: the "
        "probabilities of each image sum to 1."
    )
    require_probabilities(received, expected, case, message)


@check(points=9, exercise="alexnet", concept="a large kernel with a large stride comes first")
def test_alexnet_stage_1(submission):
    """Stage 1: an 11x11 convolution with stride 4, ReLU, normalisation, overlapping pooling."""
    _stage(
        submission,
        1,
        "Stage 1 is an 11x11 convolution to 96 channels with stride 4 and no "
        "padding, ReLU, local response normalisation, and 3x3 max pooling with stride 2.",
    )


@check(points=7, exercise="alexnet", concept="the second stage widens")
def test_alexnet_stage_2(submission):
    """Stage 2: a 5x5 convolution, ReLU, normalisation, overlapping pooling."""
    _stage(
        submission,
        2,
        "Stage 2 is a padded 5x5 convolution to 256 channels, ReLU, local "
        "response normalisation, and 3x3 max pooling with stride 2.",
    )


@check(points=7, exercise="alexnet", concept="three convolutions in a row")
def test_alexnet_stage_3(submission):
    """Stage 3: three 3x3 convolutions with ReLU, and a pooling behind the last."""
    _stage(
        submission,
        3,
        "Stage 3 has three padded 3x3 convolutions with ReLU, to 384, 384 and "
        "256 channels, no normalisation, and 3x3 max pooling with stride 2 behind the last.",
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
    case, received, expected = _whole(submission)
    _stages(submission).require_all()
    require_alike(
        received,
        expected,
        case,
        "eval",
        "After the two hidden dense layers comes one more, with one unit a class and "
        "softmax, and nothing else.",
    )


@check(points=5, exercise="alexnet", concept="dropout in the dense layers")
def test_alexnet_in_training_mode(submission):
    """alexnet drops half of the units of both hidden dense layers while it trains."""
    _stages(submission).require_all()
    [(case, received, expected)] = submission.ask(PROBES["network"], *TRAINING)

    def compared():
        require_shape(received, expected, case, "")
        require_alike(received, expected, case, "eval", "")

    judged(compared, "This is judged once the network's outputs are right.")
    require_counts(received, expected, bank.FROZEN.sentence, misconception=bank.FROZEN.name)
    ratio = _spread(received) / _spread(expected)
    if not 1 / ALIKE < ratio < ALIKE:
        known = bank.LITTLE_DROPOUT if ratio < 1 else bank.MUCH_DROPOUT
        known = known if ratio else bank.NO_DROPOUT
        raise CheckFailed(
            known.sentence,
            [["expected", "received"], ["1", f"{ratio:.2f}"]],
            misconception=known.name,
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
    """alexnet can be built for other images and other numbers of classes."""
    _stages(submission).require_all()
    numbers(
        submission,
        PROBES["network"],
        OTHER,
        "eval",
        "input_shape and classes are arguments: no size of an image and no number of classes "
        "may be written into the network. Where the last map is smaller than the window of "
        "the pooling, it is flattened as it is.",
    )
