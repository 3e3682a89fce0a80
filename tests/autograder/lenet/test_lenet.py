"""The checks of LeNet-5: 100 points, for what a convolution and a network compute.

The convolution of variants.py, which is Keras' own, gets the same arrays. The network of nets runs
on the same inputs and weights.
"""

from __future__ import annotations

from grader.errors import CheckFailed
from grader.judging.checks import check, drawn, hidden, request, variants_file
from grader.judging.compare import (
    alike,
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
from grader.judging.cuts import compare_another_input, compare_stages_apart

MODULE = variants_file(__file__)


def _convolution(images, kernel, *, values="noise", weights="kernel", bias="zeros", **more):
    """A case: the shapes of images and kernel, and which values both and the bias have."""
    return {
        "call": "convolution",
        "array": images,
        "values": values,
        "arrays": [
            {"array": kernel, "values": weights},
            {"array": kernel[-1:], "values": bias},
        ],
        **more,
    }


def _network(input_shape, classes, **more):
    return {
        "call": "lenet5",
        "kwargs": {"input_shape": input_shape, "classes": classes},
        "batch": 3,
        "graph": True,
        **more,
    }


REQUESTS = {
    "convolution": request(
        MODULE,
        sizes=[
            _convolution([2, 6, 9, 1], [3, 2, 1, 2]),
            _convolution([1, 5, 4, 2], [4, 1, 2, 3]),
            *hidden(_convolution([2, drawn(5, 9), drawn(5, 9), 2], [drawn(1, 5), 3, 2, 3])),
        ],
        products=[
            _convolution([2, 6, 7, 1], [3, 2, 1, 1]),
            *hidden(_convolution([2, drawn(5, 9), drawn(5, 9), 1], [3, drawn(2, 5), 1, 1])),
        ],
        filters=[
            _convolution([3, 5, 6, 3], [2, 3, 3, 4]),
            *hidden(_convolution([2, drawn(5, 9), 6, 3], [2, drawn(2, 5), 3, 4])),
        ],
        bias=_convolution([2, 5, 5, 2], [3, 3, 2, 3], bias="bias"),
        stride=[
            _convolution([2, 9, 8, 2], [3, 2, 2, 3], kwargs={"stride": 2}),
            _convolution([2, 11, 7, 1], [2, 3, 1, 2], kwargs={"stride": 3}),
            *hidden(_convolution([2, 11, 9, 1], [2, 3, 1, 2], kwargs={"stride": drawn(2, 4)})),
        ],
        pixels=[
            _convolution([2, 6, 6, 3], [3, 3, 3, 2], values="pixels", after=True),
            _convolution([2, 6, 6, 3], [3, 3, 3, 2], values="pixels", weights="whole", after=True),
        ],
    ),
    "paper": request(MODULE, paper=_network([32, 32, 1], 10, modes=["eval", "train"])),
    "other": request(MODULE, other=_network([31, 37, 3], 4, modes=["eval"])),
}


def _ask(submission):
    [answer] = submission.ask(REQUESTS["paper"])
    return answer


def _ends(graph):
    """stage -> the oracle's operations that end it."""
    pools, dense = (
        [row for row in graph if row["kind"] == kind] for kind in ("AveragePooling2D", "Dense")
    )
    return {1: pools[:1], 2: pools[1:], 3: dense[:2], 4: dense[2:]}


def _stages(submission):
    """The stages, each with whether it is right, in the network or by itself."""
    return compare_stages_apart(submission, REQUESTS["paper"], "paper", _ends)


def _stage(submission, stage, message):
    _stages(submission).require(stage, message)


# Exercise 1 ------------------------------------------------------------------------------------


@check(points=5, exercise="convolution", concept="how often the window fits")
def test_convolution_sizes(submission):
    """convolution gives maps of the right height and width."""
    compare_shapes(
        submission,
        REQUESTS["convolution"],
        "sizes",
        "A window of f pixels fits n - f + 1 times into n pixels, if it moves by one. Height and "
        "width are counted separately, and so are those of the kernel.",
    )


@check(points=8, exercise="convolution", concept="one number is a sum of products")
def test_convolution_of_one_channel(submission):
    """convolution sums the products of window and kernel at every position."""
    compare_outputs(
        submission,
        REQUESTS["convolution"],
        "products",
        "as built",
        "Each number of the map is the sum of the products of the window's numbers with the "
        "kernel's, each with the one at the same place, without a flip. Each image of the batch "
        "has a map of its own.",
    )


@check(
    points=7,
    exercise="convolution",
    concept="a filter reads all channels and makes one map",
    after=test_convolution_of_one_channel,
)
def test_convolution_of_channels_and_filters(submission):
    """convolution sums over all channels, and makes one map per filter."""
    compare_outputs(
        submission,
        REQUESTS["convolution"],
        "filters",
        "as built",
        "Each filter, kernel[..., k], has weights for every channel. The products of all "
        "channels go into one sum, and each filter makes one map: (n, h', w', k).",
    )


@check(
    points=3,
    exercise="convolution",
    concept="one bias per filter",
    after=test_convolution_of_channels_and_filters,
)
def test_convolution_bias(submission):
    """convolution adds the bias of each filter to its whole map."""
    compare_outputs(
        submission,
        REQUESTS["convolution"],
        "bias",
        "as built",
        "Each sum gets the bias of its filter added, once.",
    )


@check(
    points=5,
    exercise="convolution",
    concept="the stride moves the window",
    after=test_convolution_of_one_channel,
)
def test_convolution_stride(submission):
    """convolution moves the window by `stride` pixels, down and to the right."""
    compare_outputs(
        submission,
        REQUESTS["convolution"],
        "stride",
        "as built",
        "The window begins at the rows 0, stride, 2 * stride and so on, and at the same columns. "
        "It fits (n - f) // stride + 1 times.",
    )


@check(
    points=2,
    exercise="convolution",
    concept="the result is in floats",
    after=test_convolution_of_channels_and_filters,
)
def test_convolution_of_pixels(submission):
    """convolution works for pixels in uint8, and changes none of its arguments."""
    request = REQUESTS["convolution"]
    compare_outputs(
        submission,
        request,
        "pixels",
        "as built",
        "Pixels are often uint8, whole numbers from 0 to 255: larger products, negative numbers "
        "and fractions do not fit. Compute in floats.",
    )
    for case, received, expected in submission.ask(request, "pixels"):
        require_arrays(
            received,
            case,
            "The maps are one array of floats, of shape (n, h', w', k): not a list of lists, and "
            "no whole numbers.",
            "float",
        )
        require_unchanged(
            received,
            expected,
            case,
            "The arrays that are passed stay as they are: statements such as images /= 255 change "
            "those of the caller. Compute new arrays.",
        )


# Exercise 2 ------------------------------------------------------------------------------------


@check(points=8, exercise="lenet5", concept="a network maps images to probabilities")
def test_lenet5_gives_probabilities(submission):
    """lenet5 gives one probability per class."""
    case, received, expected = _ask(submission)
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


@check(points=8, exercise="lenet5", concept="softmax over the classes")
def test_lenet5_output(submission):
    """lenet5 ends in a dense layer with softmax, and computes the right probabilities."""
    _stage(
        submission,
        4,
        "One more dense layer follows the two hidden ones, with one unit per class and softmax, "
        "and nothing else.",
    )


@check(points=6, exercise="lenet5", concept="training mode changes nothing here")
def test_lenet5_in_training_mode(submission):
    """lenet5 computes the same in training mode, and all its layers are trained."""
    case, received, expected = _ask(submission)
    message = (
        "LeNet-5 has no dropout and no batch norm, and all its layers learn: it computes the "
        "same in training mode and in inference mode."
    )
    if _stages(submission).whole:
        require_shape(received, expected, case, message)
        require_alike(received, expected, case, "train", message)
        require_counts(received, expected, message)
        return
    require_trained(received, message)
    if not alike(received.arrays["train"], received.arrays["eval"]):
        raise CheckFailed(message)


@check(points=10, exercise="lenet5", concept="the input's shape and the classes are arguments")
def test_lenet5_for_another_input(submission):
    """lenet5 works for other images and other numbers of classes."""
    message = (
        "input_shape and classes are arguments: no size of an image and no number of classes may "
        "be written into the network."
    )
    main, other = ((REQUESTS[name], name) for name in ("paper", "other"))
    compare_another_input(submission, main, other, _ends, message)
