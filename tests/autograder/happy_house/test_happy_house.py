"""The checks of the Happy House: 100 points. They compare what the network computes, in both modes.

The right network of variants.py runs on the same images and weights.
"""

from __future__ import annotations

from grader.errors import CheckFailed
from grader.judging.checks import check, request, variants_file
from grader.judging.compare import compare_outputs, require_alike, require_counts, require_shape
from grader.judging.stages import compare_stages


def _network(*input_shape, **more):
    # Bright and dark images, so no activation with a ceiling passes for ReLU.
    return {
        "call": "happy_model",
        "kwargs": {"input_shape": list(input_shape)},
        "batch": 4,
        "level": 8,
        **more,
    }


MODULE = variants_file(__file__)
REQUESTS = {
    "door": request(MODULE, door=_network(64, 64, 3, modes=["eval", "train"], graph=True)),
    "other": request(MODULE, other=_network(27, 38, 1, modes=["eval"])),
}


def _door(submission):
    [answer] = submission.ask(REQUESTS["door"])
    return answer


def _ends(graph):
    """stage -> the oracle's operation that ends it."""
    kinds = {1: "Conv2D", 2: "BatchNormalization", 3: "MaxPooling2D", 4: "Flatten"}
    return {stage: [row for row in graph if row["kind"] == kind] for stage, kind in kinds.items()}


def _stages(submission):
    _, received, expected = _door(submission)
    return compare_stages(received, expected, _ends(expected.graph))


def _all_stages(submission):
    """All stages are right."""
    _stages(submission).require_all()


@check(points=10, exercise="happy_model", concept="one probability per image")
def test_happy_model_gives_one_probability(submission):
    """happy_model gives one number between 0 and 1 per image."""
    case, received, expected = _door(submission)
    message = (
        "The network ends in one unit: its output of shape (n, 1) is the probability that an "
        "image belongs to class 1."
    )
    require_shape(received, expected, case, message)
    answers = received.arrays["eval"]
    if not ((answers >= 0) & (answers <= 1)).all():
        raise CheckFailed(
            message,
            [["expected", "received"], ["0 to 1", f"{answers.min():.4g} to {answers.max():.4g}"]],
        )


@check(points=20, exercise="happy_model", concept="a frame of zeros, then a convolution")
def test_happy_model_stage_1(submission):
    """Stage 1: 3 zeros on each side, and a convolution with 32 filters of 7x7."""
    _stages(submission).require(
        1,
        "Stage 1 is a frame of 3 zeros on each side and a convolution with 32 filters of 7x7 and "
        "stride 1: from 64x64x3 to 64x64x32.",
    )


@check(points=15, exercise="happy_model", concept="batch norm of each channel")
def test_happy_model_stage_2(submission):
    """Stage 2: batch norm over the channels, directly after the convolution."""
    _stages(submission).require(
        2, "Stage 2 is batch norm of the convolution's output, over the channels, the last axis."
    )


@check(points=15, exercise="happy_model", concept="ReLU and max pooling")
def test_happy_model_stage_3(submission):
    """Stage 3: ReLU, and max pooling in windows of 2x2."""
    _stages(submission).require(
        3,
        "Stage 3 is ReLU of the normalised map, and the largest number of each 2x2 window: from "
        "64x64x32 to 32x32x32.",
    )


@check(points=10, exercise="happy_model", concept="the dense unit sees the whole map")
def test_happy_model_stage_4(submission):
    """Stage 4: the map is flattened."""
    _stages(submission).require(
        4, "Stage 4 flattens the whole map: 32,768 numbers per image of 64x64x3."
    )


@check(points=10, exercise="happy_model", concept="one unit with a sigmoid", after=_all_stages)
def test_happy_model_output(submission):
    """happy_model computes the right probabilities."""
    case, received, expected = _door(submission)
    require_alike(
        received,
        expected,
        case,
        "eval",
        "One dense layer follows the flattened map, with one unit and a sigmoid, and nothing else.",
    )


@check(points=10, exercise="happy_model", concept="batch norm while it trains", after=_all_stages)
def test_happy_model_in_training_mode(submission):
    """happy_model normalises by the batch in training mode, and all its layers are trained."""
    case, received, expected = _door(submission)
    message = (
        "In training mode, batch norm normalises the map of the convolution by its mean and "
        "variance over the batch. Nothing else changes, and every layer learns."
    )
    require_shape(received, expected, case, message)
    require_alike(received, expected, case, "train", message)
    require_counts(received, expected, message)


@check(
    points=10,
    exercise="happy_model",
    concept="the input's shape is an argument",
    after=_all_stages,
    needs=("input_shape",),
)
def test_happy_model_for_other_images(submission):
    """happy_model works for images of another shape."""
    compare_outputs(
        submission,
        REQUESTS["other"],
        "other",
        "eval",
        "input_shape is an argument: no height, width or number of channels may be written into "
        "the network.",
    )
