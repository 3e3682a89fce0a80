"""The checks of the Happy House: 100 points. They compare what the network computes, in both modes.

The right network of variants.py runs on the same images and weights. It is one function, but each
stage earns its own points: if the network as a whole is wrong, its stages are looked at one by one,
each on inputs of its own, as if the stages before it were right.
"""

from __future__ import annotations

from grader.errors import CheckFailed
from grader.judging.checks import check, request, variants_file
from grader.judging.compare import (
    require_alike,
    require_averages,
    require_counts,
    require_shape,
)
from grader.judging.cuts import compare_another_input, compare_stages_apart


def _network(height, width, channels, **more):
    # Bright and dark images, so no activation with a ceiling passes for ReLU.
    return {
        "call": "happy_model",
        "kwargs": {"input_shape": [height, width, channels]},
        "batch": 4,
        "level": 8,
        "graph": True,
        **more,
    }


MODULE = variants_file(__file__)
REQUESTS = {
    "door": request(MODULE, door=_network(64, 64, 3, modes=["eval", "train"])),
    "other": request(MODULE, other=_network(27, 38, 1, modes=["eval"])),
}


# What ends the stages.
KINDS = ["Conv2D", "BatchNormalization", "MaxPooling2D", "Flatten", "Dense"]


def _ask(submission):
    [answer] = submission.ask(REQUESTS["door"])
    return answer


def _ends(graph):
    """stage -> the oracle's operation that ends it."""
    return {
        stage: [row for row in graph if row["kind"] == kind] for stage, kind in enumerate(KINDS, 1)
    }


def _stages(submission, mode="eval"):
    """The stages, each with whether it is right, in the network or by itself."""
    return compare_stages_apart(submission, REQUESTS["door"], "door", _ends, mode)


def _require_stage(submission, stage, message):
    """Raise CheckFailed with `message` unless the stage is right."""
    _stages(submission).require(stage, message)


def _batch_norm_is_right(submission):
    """Stage 2: batch norm over the channels, directly after the convolution."""
    _require_stage(submission, 2, "")


@check(points=10, exercise="happy_model", concept="one probability per image")
def test_happy_model_gives_one_probability(submission):
    """happy_model gives one number between 0 and 1 per image."""
    case, received, expected = _ask(submission)
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
    _require_stage(
        submission,
        1,
        "Stage 1 is a frame of 3 zeros on each side and a convolution with 32 filters of 7x7 and "
        "stride 1: from 64x64x3 to 64x64x32.",
    )


@check(points=15, exercise="happy_model", concept="batch norm of each channel")
def test_happy_model_stage_2(submission):
    """Stage 2: batch norm over the channels, directly after the convolution."""
    _require_stage(
        submission,
        2,
        "Stage 2 is batch norm of the convolution's output, over the channels, the last axis.",
    )


@check(points=15, exercise="happy_model", concept="ReLU and max pooling")
def test_happy_model_stage_3(submission):
    """Stage 3: ReLU, and max pooling in windows of 2x2."""
    _require_stage(
        submission,
        3,
        "Stage 3 is ReLU of the normalised map, and the largest number of each 2x2 window: from "
        "64x64x32 to 32x32x32.",
    )


@check(points=10, exercise="happy_model", concept="the dense unit sees the whole map")
def test_happy_model_stage_4(submission):
    """Stage 4: the map is flattened."""
    _require_stage(
        submission, 4, "Stage 4 flattens the whole map: 32,768 numbers per image of 64x64x3."
    )


@check(points=10, exercise="happy_model", concept="one unit with a sigmoid")
def test_happy_model_output(submission):
    """Stage 5: one unit with a sigmoid reads the whole row, and ends the network."""
    _require_stage(
        submission,
        5,
        "One dense layer follows the flattened map, with one unit and a sigmoid, and nothing else.",
    )


@check(
    points=10,
    exercise="happy_model",
    concept="batch norm while it trains",
    after=_batch_norm_is_right,
)
def test_happy_model_in_training_mode(submission):
    """happy_model normalises by the batch in training mode, and all its layers are trained."""
    case, received, expected = _ask(submission)
    message = (
        "In training mode, batch norm normalises the map of the convolution by its mean and "
        "variance over the batch. Nothing else changes, and every layer learns."
    )
    if _stages(submission).whole:
        require_shape(received, expected, case, message)
        require_alike(received, expected, case, "train", message)
        require_counts(received, expected, message)
        require_averages(
            received,
            expected,
            "Each batch moves the moving averages by a hundredth of the way, which is Keras' own "
            "momentum of 0.99: leave it as it is.",
            misconception="another momentum",
        )
        return
    changed = _stages(submission).loses(_stages(submission, mode="train"))
    random = any("Dropout" in str(row.get("kind")) for row in received.graph)
    frozen = _untrained(received.record) - _moving_averages(received.graph)
    if changed or random or frozen:
        raise CheckFailed(message)


def _untrained(record):
    """How many numbers of a network no gradient changes."""
    return record.get("parameters", 0) - record.get("trainable", 0)


def _moving_averages(graph):
    """How many numbers its layers of batch norm keep as moving averages: half of theirs."""
    return sum(row["parameters"] // 2 for row in graph if row["kind"] == "BatchNormalization")


@check(
    points=10,
    exercise="happy_model",
    concept="the input's shape is an argument",
    needs=("input_shape",),
)
def test_happy_model_for_other_images(submission):
    """happy_model works for images of another shape."""
    message = (
        "input_shape is an argument: no height, width or number of channels may be written into "
        "the network."
    )
    main, other = ((REQUESTS[name], name) for name in ("door", "other"))
    compare_another_input(submission, main, other, _ends, message)
