"""The checks of LeNet-5: 100 points. They compare what a network computes, and a count.

The network of nets runs on the same inputs and weights. The count is asked for small
models, each of which holds one thing that a count can miss.
"""

from __future__ import annotations

from grader.judging.checks import check, request, variants_file
from grader.judging.compare import (
    compare_numbers,
    compare_outputs,
    require_alike,
    require_counts,
    require_probabilities,
    require_shape,
)
from grader.judging.stages import compare_stages

MODULE = variants_file(__file__)


def _network(input_shape, classes, **more):
    return {
        "call": "lenet5",
        "kwargs": {"input_shape": input_shape, "classes": classes},
        "batch": 3,
        **more,
    }


def _model(title, size, *rows):
    return {
        "call": "count_parameters",
        "gives": "number",
        "model": {"title": title, "input": size, "layers": list(rows)},
    }


def _layer(kind, *values, **more):
    first = {"Dense": ("units",), "Conv2D": ("filters", "kernel_size")}.get(kind, ())
    return {"layer": kind, **dict(zip(first, values, strict=True)), **more}


REQUESTS = {
    "paper": request(MODULE, paper=_network([32, 32, 1], 10, modes=["eval", "train"], graph=True)),
    "other": request(MODULE, other=_network([28, 36, 3], 4, modes=["eval"])),
    "count": request(
        MODULE,
        plain=[
            _model("two dense layers", [5], _layer("Dense", 4), _layer("Dense", 3)),
            _model(
                "two convolutions and a dense layer",
                [12, 12, 3],
                _layer("Conv2D", 6, 5),
                _layer("MaxPooling2D"),
                _layer("Conv2D", 8, 3),
                _layer("Flatten"),
                _layer("Dense", 4),
            ),
        ],
        shared=_model(
            "a dense layer that is used three times",
            [6],
            _layer("Dense", 6),
            {"again": 0},
            {"again": 0},
            _layer("Dense", 2),
        ),
        untrained=[
            _model(
                "a frozen convolution, and a dense layer",
                [7, 7, 2],
                _layer("Conv2D", 4, 3, frozen=True),
                _layer("Flatten"),
                _layer("Dense", 3),
            ),
            _model(
                "a convolution with batch norm",
                [6, 6, 3],
                _layer("Conv2D", 5, 3),
                _layer("BatchNormalization"),
                _layer("Flatten"),
                _layer("Dense", 2),
            ),
        ],
        nested=[
            _model(
                "a model within a model",
                [8, 8, 1],
                _layer("Conv2D", 3, 3),
                {"input": [6, 6, 3], "layers": [_layer("Conv2D", 4, 3), _layer("Flatten")]},
                _layer("Dense", 2),
            ),
            _model(
                "a frozen model within a model",
                [9],
                {"input": [9], "layers": [_layer("Dense", 5), _layer("Dense", 4)], "frozen": True},
                _layer("Dense", 3),
            ),
        ],
    ),
}


def _paper(submission):
    [answer] = submission.ask(REQUESTS["paper"])
    return answer


def _ends(graph):
    """stage -> the oracle's operations that end it: each pooling, and both hidden dense layers."""
    pools = [row for row in graph if row["kind"] == "AveragePooling2D"]
    dense = [row for row in graph if row["kind"] == "Dense"]
    return {1: [pools[0]], 2: [pools[1]], 3: dense[:2]}


def _stages(submission):
    _, received, expected = _paper(submission)
    return compare_stages(received, expected, _ends(expected.graph))


def _stage(submission, stage, message):
    _stages(submission).require(stage, message)


def _all_stages(submission):
    """All stages are right."""
    _stages(submission).require_all()


# Exercise 1 ------------------------------------------------------------------------------------


@check(points=8, exercise="lenet5", concept="a network maps images to probabilities")
def test_lenet5_gives_probabilities(submission):
    """lenet5 gives one probability per class."""
    case, received, expected = _paper(submission)
    message = (
        "The network ends in a dense layer with one unit per class and softmax: the "
        "probabilities of each image sum to 1."
    )
    require_probabilities(received, expected, case, message)


@check(points=14, exercise="lenet5", concept="convolution, ReLU, pooling")
def test_lenet5_stage_1(submission):
    """Stage 1: a 5x5 convolution to 6 channels, ReLU, 2x2 average pooling."""
    _stage(
        submission,
        1,
        "Stage 1 is a 5x5 convolution to 6 channels without padding, ReLU, and 2x2 average "
        "pooling: from 32x32x1 to 14x14x6.",
    )


@check(points=12, exercise="lenet5", concept="the map shrinks and gains channels")
def test_lenet5_stage_2(submission):
    """Stage 2: a 5x5 convolution to 16 channels, ReLU, 2x2 average pooling."""
    _stage(
        submission,
        2,
        "Stage 2 is a 5x5 convolution to 16 channels without padding, ReLU, and 2x2 average "
        "pooling: from 14x14x6 to 5x5x16.",
    )


@check(points=12, exercise="lenet5", concept="dense layers see the whole map")
def test_lenet5_stage_3(submission):
    """Stage 3: flattened, then dense layers of 120 and 84 units with ReLU."""
    _stage(
        submission,
        3,
        "Stage 3 flattens the map, to 400 numbers for an image of 32x32, and has two dense "
        "layers with ReLU, with 120 and 84 units.",
    )


@check(points=8, exercise="lenet5", concept="softmax over the classes", after=_all_stages)
def test_lenet5_output(submission):
    """lenet5 computes the right probabilities."""
    case, received, expected = _paper(submission)
    require_alike(
        received,
        expected,
        case,
        "eval",
        "One more dense layer follows the two hidden ones, with one unit per class and softmax, "
        "and nothing else.",
    )


@check(points=6, exercise="lenet5", concept="training mode changes nothing here", after=_all_stages)
def test_lenet5_in_training_mode(submission):
    """lenet5 computes the same in training mode, and all its layers are trained."""
    case, received, expected = _paper(submission)
    message = (
        "LeNet-5 has no dropout and no batch norm, and all its layers learn: it computes the "
        "same in training mode and in inference mode."
    )
    require_shape(received, expected, case, message)
    require_alike(received, expected, case, "train", message)
    require_counts(received, expected, message)


@check(
    points=10,
    exercise="lenet5",
    concept="the input's shape and the classes are arguments",
    after=_all_stages,
)
def test_lenet5_for_another_input(submission):
    """lenet5 works for other images and other numbers of classes."""
    compare_outputs(
        submission,
        REQUESTS["other"],
        "other",
        "eval",
        "input_shape and classes are arguments: no size of an image and no number of classes may "
        "be written into the network.",
    )


# Exercise 2 ------------------------------------------------------------------------------------


def _count(submission, cases, message):
    compare_numbers(submission, REQUESTS["count"], cases, message)


@check(points=12, exercise="count_parameters", concept="kernels and biases")
def test_count_parameters_of_plain_layers(submission):
    """count_parameters counts the kernels and biases of dense layers and convolutions."""
    _count(
        submission,
        "plain",
        "A dense layer has inputs x units numbers in its kernel and one bias per unit. A "
        "convolution has height x width x channels x filters numbers and one bias per filter. "
        "Pooling and flattening have none.",
    )


@check(
    points=6,
    exercise="count_parameters",
    concept="shared weights count once",
    after=test_count_parameters_of_plain_layers,
)
def test_count_parameters_of_a_shared_layer(submission):
    """count_parameters counts a layer once, however often it is used."""
    _count(
        submission,
        "shared",
        "A layer that is used several times has its weights only once, and they count once.",
    )


@check(
    points=6,
    exercise="count_parameters",
    concept="trained or not, a parameter counts",
    after=test_count_parameters_of_plain_layers,
)
def test_count_parameters_that_are_not_trained(submission):
    """count_parameters counts frozen layers, and the moving statistics of batch norm."""
    _count(
        submission,
        "untrained",
        "Everything that the model stores counts, even if no gradient changes it: a frozen "
        "kernel, and the moving mean and variance of batch norm.",
    )


@check(
    points=6,
    exercise="count_parameters",
    concept="layers within layers",
    after=test_count_parameters_of_plain_layers,
)
def test_count_parameters_of_a_nested_model(submission):
    """count_parameters counts the layers of a model inside the model."""
    _count(
        submission,
        "nested",
        "A model can be a layer of another model: the weights of its own layers count too.",
    )
