"""What counts and times say about a claim, in one sentence: the other verdicts of the lessons.

Accuracies, and times to a goal over seeds, are judged by `training.comparison`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median


def on_first_dense_layer(first: int, total: int) -> str:
    """VGG: whether most parameters are in the first dense layer."""
    return f"{'Supported' if 2 * first > total else 'Not supported'} for these images."


def on_lenet_parameters(paper: int, ours: int) -> str:
    """LeNet-5: whether it has about 60,000 parameters; paper, ours: for both sizes of images."""
    near = abs(paper - 60_000) <= 0.05 * 60_000
    return (
        f"{'Supported' if near else 'Not supported'} for the images of its time; for ours it has "
        f"{ours / paper:.1f} times as many, as the first dense layer grows with the map."
    )


def on_alexnet_parameters(total: int) -> str:
    """AlexNet: whether it has about 60 million parameters."""
    return "Supported." if abs(total - 60e6) <= 0.05 * 60e6 else "Not supported."


def on_competition(most: float) -> str:
    """AlexNet: whether channels quieten each other; most: the largest factor of the window."""
    if most > 1.1:
        return "Supported."
    return "Not supported at this scale: all values are divided by nearly the same number."


def on_bottlenecks(direct: int, bottleneck: int, faster: float) -> str:
    """Inception: whether a bottleneck saves nine tenths; multiplications, and by the clock."""
    right = abs(direct - 120e6) < 1e6 and abs(bottleneck - 12.4e6) < 1e5
    return (
        f"{'Supported' if right else 'Not supported'} for multiplications, and "
        f"{by_the_clock(faster, direct / bottleneck)}"
    )


def by_the_clock(measured: float, predicted: float) -> str:
    """How much of the ratio `predicted` was `measured`."""
    if measured >= 0.8 * predicted:
        return "the clock sees nearly all of it."
    if measured > 1:
        return (
            "the clock sees less of it: a narrow convolution moves as many pixels for fewer "
            "products, and there are two of them to start."
        )
    return "not supported by the clock here: the bottleneck was no faster."


def on_gradients(network: float, heads: float) -> str:
    """Inception: whether heads bring a gradient to the first layer; the norms of both parts."""
    if heads >= network:
        return "Supported: the heads' part is at least as large as the network's own."
    return (
        f"Not supported here: the heads' part is {heads / network:.2f} times the network's own, "
        "less than as much again."
    )


def on_transfer(verdict: str, source: str) -> str:
    """Transfer learning: the verdict, unless there is nothing to transfer to."""
    if source == "synthetic":
        return "Not tested here: both are drawn hands, so nothing is transferred."
    return verdict


def on_feature_file(seconds: Mapping[str, Sequence[float]]) -> str:
    """Transfer learning: whether a head costs much less with its features in a file."""
    middle = {way: median(values) for way, values in seconds.items()}
    first, second = (
        middle["without a file"] / middle[way] for way in ("first head", "second head")
    )
    supported = min(seconds["without a file"]) > 2 * max(seconds["second head"])
    return (
        f"{'Supported' if supported else 'Not supported here'}: the first head is trained "
        f"{first:.1f} times as fast as without a file, the second {second:.1f} times."
    )


def on_threads(hidden: float, cores: int) -> str:
    """Augmentation: whether threads hide its cost; hidden: which part of it."""
    if hidden >= 0.9:
        return "Supported: nine tenths of it or more."
    return (
        f"{'Supported in part' if hidden >= 0.5 else 'Not supported here'}: the network "
        f"trains on the same {cores} cores that augment. Threads hide what another device "
        "leaves idle."
    )


def on_shared_weights(convolution: int, wide_convolution: int, dense: int) -> str:
    """Happy House: whether convolutions need few parameters, at twice the side as well."""
    if convolution == wide_convolution and convolution < dense:
        return (
            "Supported: a larger image costs the convolution nothing. What shares nothing is the "
            "dense unit, with a weight of its own for every place and channel."
        )
    return "Not supported here: the convolution grows with the image, or has more than the rest"
