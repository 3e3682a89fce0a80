"""The checks of VGG: 100 points, for what a block, a network and a batch norm compute.

The block and the network of nets run on the same inputs and weights. The batch norm of variants.py,
which is Keras' own, gets the same arrays. The network gets a stand-in for the block,
so a mistake in vgg_block costs only the points of vgg_block. On 64x32 pixels it has 36 million
parameters, of which the first dense layer has 4 and the second 17: small images make it quick.
"""

from __future__ import annotations

import numpy as np

from grader.errors import CheckFailed
from grader.judging.checks import check, drawn, hidden, lent, request, sibling, variants_file
from grader.judging.compare import (
    compare_outputs,
    compare_shapes,
    require_alike,
    require_arrays,
    require_counts,
    require_probabilities,
    require_shape,
    require_trained,
    require_unchanged,
)
from grader.judging.cuts import answers_after, compare_another_input, compare_stages_apart

MODULE = "nets.vgg"
# Without normalisation the signal fades on its way; this loud, the answer depends on the image.
LEVEL = 300
LENT = lent(__file__)
noise = sibling(__file__, "dropout")


def _block(size, convolutions, filters, **more):
    return {
        "call": "vgg_block",
        "input": size,
        "args": [convolutions, filters],
        "batch": 3,
        "modes": ["eval"],
        "graph": True,
        **more,
    }


def _network(input_shape, classes, **more):
    return {
        "call": "VGG16",
        "kwargs": {"input_shape": input_shape, "classes": classes},
        "lent": LENT,
        "batch": 3,
        "level": LEVEL,
        "modes": ["eval"],
        **more,
    }


def _norm(shape, training, *, gamma="gamma", beta="beta", **kwargs):
    """A case: which values gamma and beta have; the moving averages have those of their roles."""
    values = (gamma, beta, "moving_mean", "moving_variance")
    return {
        "call": "batch_norm",
        "array": shape,
        "arrays": [{"array": shape[-1:], "values": name} for name in values],
        "args": [training],
        "kwargs": kwargs,
        "gives": ["Y", *AVERAGES],
        "after": True,
    }


AVERAGES = ("moving_mean", "moving_variance")
REQUESTS = {
    "block": request(
        MODULE,
        two=_block([8, 8, 3], 2, 4, modes=["eval", "train"]),
        two_loud=_block([9, 7, 5], 2, 6, level=20),  # ReLU has no ceiling
        unseen=hidden(_block([drawn(6, 12), drawn(6, 12), 5], 2, 6)),
        other_numbers=[
            _block([6, 6, 4], 3, 5),
            _block([8, 6, 3], 1, 7),
            _block([5, 5, 2], 4, 3),
        ],
    ),
    "network": request(
        MODULE,
        main=_network([64, 32, 3], 10, graph=True),
        other=_network([40, 64, 1], 4, graph=True),
        # Many classes: training mode draws at random, and is graded by its noise.
        noisy=_network([32, 32, 3], 1000, batch=16, modes=["eval", "train"], graph=True),
    ),
    # Few numbers per channel: one less in the divisor of the variance shows.
    "norm": request(
        variants_file(__file__),
        plain=[
            _norm([2, 2, 3, 4], True, gamma="ones", beta="zeros"),
            *hidden(_norm([2, drawn(2, 6), drawn(2, 6), 4], True, gamma="ones", beta="zeros")),
        ],
        scaled=_norm([3, 2, 2, 5], True),
        epsilon=_norm([2, 3, 2, 4], True, epsilon=0.3),
        inference=_norm([2, 4, 3, 5], False),
        averages=[
            _norm([3, 2, 2, 4], True, momentum=0.9),
            _norm([2, 3, 2, 6], True, momentum=0.7),
            *hidden(_norm([2, drawn(2, 6), drawn(2, 6), 5], True, momentum=0.8)),
        ],
    ),
}
TWO = ("two", "two_loud")
MAIN = REQUESTS["network"], "main"


def _main(submission):
    [answer] = submission.ask(*MAIN)
    return answer


def _ends(graph):
    """stage -> the oracle's operations that end it: each pooling, and both hidden dense layers."""
    pools = [row for row in graph if row["kind"] == "MaxPooling2D"]
    dense = [row for row in graph if row["kind"] == "Dense"]
    ends = {stage: [pool] for stage, pool in enumerate(pools, 1)}
    return {**ends, 6: dense[:2], 7: dense[2:]}


def _stages(submission):
    _main(submission)
    return compare_stages_apart(submission, *MAIN, _ends)


def _stage(submission, first, last, message):
    stages = _stages(submission)
    for stage in range(first, last + 1):
        stages.require(stage, message)


# Exercise 1 ------------------------------------------------------------------------------------


@check(points=6, exercise="vgg_block", concept="a block halves the map")
def test_vgg_block_shape(submission):
    """vgg_block halves height and width, and gives `filters` channels."""
    compare_shapes(
        submission,
        REQUESTS["block"],
        (*TWO, "unseen"),
        "The convolutions of a block keep height and width, and the pooling at the end halves "
        "them, rounded down. All convolutions give `filters` channels.",
    )


@check(points=15, exercise="vgg_block", concept="3x3 convolutions with ReLU, then max pooling")
def test_vgg_block_numbers(submission):
    """vgg_block computes two 3x3 convolutions with ReLU, then 2x2 max pooling."""
    compare_outputs(
        submission,
        REQUESTS["block"],
        TWO,
        "eval",
        "A block is a row of 3x3 convolutions with padding 'same', each with a ReLU, and then "
        "one max pooling of 2x2 with stride 2.",
    )


@check(
    points=8,
    exercise="vgg_block",
    concept="how many convolutions is an argument",
    after=test_vgg_block_numbers,
)
def test_vgg_block_for_other_numbers_of_convolutions(submission):
    """vgg_block has as many convolutions as it is asked for."""
    compare_outputs(
        submission,
        REQUESTS["block"],
        "other_numbers",
        "eval",
        "`convolutions` is the number of convolutions, one after another: the VGG networks have "
        "blocks of 1 to 4, all built by this function.",
    )
    for _, received, expected in submission.ask(REQUESTS["block"], "other_numbers"):
        require_counts(
            received,
            expected,
            "Each convolution has weights of its own: make a new layer for each, and do not call "
            "one layer again.",
            ("parameters",),
            misconception="one layer for several convolutions",
        )


@check(
    points=3,
    exercise="vgg_block",
    concept="training mode changes nothing here",
    after=test_vgg_block_numbers,
)
def test_vgg_block_in_training_mode(submission):
    """vgg_block computes the same in training mode, and all its layers are trained."""
    [(case, received, expected)] = submission.ask(REQUESTS["block"], "two")
    message = (
        "A block has no dropout and no batch norm, and all its layers learn: it computes the "
        "same in training mode and in inference mode."
    )
    require_alike(received, expected, case, "train", message)
    require_counts(received, expected, message)


# Exercise 2 ------------------------------------------------------------------------------------


@check(points=4, exercise="VGG16", concept="a network maps images to probabilities")
def test_vgg16_gives_probabilities(submission):
    """VGG16 gives one probability per class."""
    case, received, expected = _main(submission)
    message = (
        "The network ends in a dense layer with one unit per class and softmax: the "
        "probabilities of each image sum to 1."
    )
    require_probabilities(received, expected, case, message)


@check(points=7, exercise="VGG16", concept="blocks of two convolutions")
def test_vgg16_stages_1_and_2(submission):
    """Stages 1 and 2: blocks of two convolutions, to 64 and 128 channels."""
    _stage(
        submission,
        1,
        2,
        "Stages 1 and 2 are blocks of two convolutions each, with 64 and then 128 channels: from "
        "64x32 to 32x16x64 and 16x8x128.",
    )


@check(points=9, exercise="VGG16", concept="blocks of three convolutions")
def test_vgg16_stages_3_to_5(submission):
    """Stages 3 to 5: blocks of three convolutions, to 256, 512 and 512 channels."""
    _stage(
        submission,
        3,
        5,
        "Stages 3, 4 and 5 are blocks of three convolutions each, with 256, 512 and 512 "
        "channels: from 16x8x128 to 8x4x256, 4x2x512 and 2x1x512.",
    )


@check(points=7, exercise="VGG16", concept="dense layers see the whole map")
def test_vgg16_stage_6(submission):
    """Stage 6: flattened, then two dense layers of 4096 units with ReLU."""
    _stage(
        submission,
        6,
        6,
        "Stage 6 flattens the map, whatever its size, and has two dense layers with 4096 units "
        "each and ReLU.",
    )


@check(points=5, exercise="VGG16", concept="softmax over the classes")
def test_vgg16_output(submission):
    """VGG16 computes the right probabilities, and all its layers are trained."""
    _, received, expected = _main(submission)
    message = (
        "One more dense layer follows the two hidden ones, with one unit per class and softmax, "
        "and nothing else. All layers learn."
    )
    _stage(submission, 7, 7, message)
    require_trained(received, message)


@check(points=6, exercise="VGG16", concept="dropout works in training mode")
def test_vgg16_dropout(submission):
    """VGG16 drops half of each hidden dense layer while it trains."""
    stages = _stages(submission)
    stages.require_all(6, 7)
    message = (
        "Dropout with rate 0.5 follows each of the two dense layers of 4096 units and nothing "
        "else. The answers in training mode must vary exactly as much as this makes them vary."
    )
    early = False
    if stages.whole:
        [(case, received, expected)] = submission.ask(REQUESTS["network"], "noisy")
        require_shape(received, expected, case, message)
        require_alike(received, expected, case, "eval", message)
        early = noise.is_early(received, _ends(expected.graph)[5][0])
    else:
        received, expected = answers_after(submission, *MAIN, stages, 5, "noisy")
    variations = noise.of(received.arrays), noise.of(expected.arrays)
    if early or not abs(np.log(variations[0] / variations[1])) < noise.TOLERANCE:
        raise CheckFailed(
            message,
            [
                ["", "expected", "received"],
                ["variation", *(f"{variation:.3g}" for variation in reversed(variations))],
            ],
        )


@check(points=6, exercise="VGG16", concept="the input's shape and the classes are arguments")
def test_vgg16_for_another_input(submission):
    """VGG16 works for other images and other numbers of classes."""
    compare_another_input(
        submission,
        MAIN,
        (REQUESTS["network"], "other"),
        _ends,
        "input_shape and classes are arguments: no size of an image and no number of classes may "
        "be written into the network.",
    )


# Exercise 3 ------------------------------------------------------------------------------------


def _alike(submission, cases, names, message):
    for case, received, expected in submission.ask(REQUESTS["norm"], cases):
        for name in names:
            require_alike(received, expected, case, name, message)


@check(points=7, exercise="batch_norm", concept="each channel by its own mean and variance")
def test_batch_norm_of_channels(submission):
    """batch_norm gives each channel mean 0 and variance 1 in training mode."""
    _alike(
        submission,
        "plain",
        ["Y"],
        "In training mode each channel is normalised by its own mean and variance, over all "
        "images, rows and columns of the batch. Subtract the mean, divide by the square root of "
        "the variance.",
    )


@check(
    points=3,
    exercise="batch_norm",
    concept="gamma scales and beta shifts",
    after=test_batch_norm_of_channels,
)
def test_batch_norm_scales_and_shifts(submission):
    """batch_norm multiplies by gamma and adds beta."""
    _alike(
        submission,
        "scaled",
        ["Y"],
        "The normalised numbers of a channel are multiplied by its gamma, and then its beta is "
        "added.",
    )


@check(
    points=2,
    exercise="batch_norm",
    concept="epsilon is under the root",
    after=test_batch_norm_scales_and_shifts,
)
def test_batch_norm_epsilon(submission):
    """batch_norm adds epsilon to the variance."""
    _alike(
        submission,
        "epsilon",
        ["Y"],
        "The divisor is the square root of variance + epsilon, and epsilon is an argument.",
    )


@check(
    points=5,
    exercise="batch_norm",
    concept="the averages answer in inference mode",
    after=test_batch_norm_scales_and_shifts,
)
def test_batch_norm_in_inference_mode(submission):
    """batch_norm uses the moving averages in inference mode, and keeps them."""
    _alike(
        submission,
        "inference",
        ["Y", *AVERAGES],
        "In inference mode moving_mean and moving_variance replace the batch's mean and variance,"
        " and they are returned as they were passed.",
    )


@check(points=5, exercise="batch_norm", concept="the averages follow the batches")
def test_batch_norm_moves_the_averages(submission):
    """batch_norm moves both averages towards the batch in training mode."""
    _alike(
        submission,
        "averages",
        AVERAGES,
        "In training mode a new average is momentum times the old one, plus 1 - momentum times the "
        "batch's value: its mean for moving_mean, its variance for moving_variance.",
    )


@check(
    points=2,
    exercise="batch_norm",
    concept="the arguments stay as they are",
    after=(test_batch_norm_of_channels, test_batch_norm_moves_the_averages),
)
def test_batch_norm_changes_no_argument(submission):
    """batch_norm returns new arrays and changes none of its arguments."""
    for case, received, expected in submission.ask(REQUESTS["norm"], ("averages", "inference")):
        require_arrays(
            received,
            case,
            "Y and both averages are arrays, as the arguments are: not lists. np.array makes an "
            "array of a list.",
        )
        require_unchanged(
            received,
            expected,
            case,
            "The arrays that are passed stay as they are: statements such as X -= mean change "
            "those of the caller. Compute new arrays, and return them.",
        )
