"""What a measurement says about a claim, in one sentence: the verdicts of all lessons.

Test accuracies are shares of the same few photographs, from one run or a few. A difference counts
only if it is more than two standard errors of two such shares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

WITHIN = "Supported as far as this can tell: the difference is within what chance makes."


@dataclass(frozen=True)
class Difference:
    """Two accuracies on `tested` photographs: by how much the second is better than the first."""

    first: float
    second: float
    tested: int

    @property
    def points(self) -> float:
        """The difference in percentage points."""
        return 100 * (self.second - self.first)

    @property
    def least(self) -> float:
        """Two standard errors, in percentage points."""
        mean = (self.first + self.second) / 2
        return 200 * (2 * mean * (1 - mean) / self.tested) ** 0.5

    @property
    def sign(self) -> int:
        """1 or -1 for a difference that counts, 0 for one that chance makes."""
        if abs(self.points) <= self.least:
            return 0
        return 1 if self.points > 0 else -1


def on_depth(measured: Difference, classes: int) -> str:
    """VGG: whether 19 layers, the second, are about as good as 16."""
    # What guesses is as good as anything else that guesses.
    if min(measured.first, measured.second) < 2 / classes:
        return (
            f"Not tested: guessing is right once in {classes}, and not both are twice as good. "
            "A longer run may tell."
        )
    if measured.sign == 0:
        return WITHIN
    better = "19" if measured.sign > 0 else "16"
    return f"Not supported: the network with {better} layers did better by more than chance makes."


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


def on_relu_by_epochs(passed: list[int | None], epochs: list[int]) -> str:
    """LeNet-5: whether ReLU learns much faster than sigmoid, in grey and in colour.

    passed: the epoch in which ReLU came to the last loss of sigmoid, or None. epochs: of all.
    """
    faster = [
        epoch is not None and 2 * epoch <= count
        for epoch, count in zip(passed, epochs, strict=True)
    ]
    return {
        2: "Supported: with ReLU half of the epochs or fewer were enough, in grey and in colour.",
        1: "Supported in part: half of the epochs were enough for one of the two inputs only.",
        0: "Not supported here: in neither input were half of the epochs enough.",
    }[sum(faster)]


def on_colour(measured: Difference) -> str:
    """LeNet-5: whether grey, the first, is enough beside colour."""
    return {
        0: WITHIN,
        1: "Not supported: colour helped by more than chance makes.",
        -1: "Supported: grey did better by more than chance makes.",
    }[measured.sign]


def on_alexnet_parameters(total: int) -> str:
    """AlexNet: whether it has about 60 million parameters."""
    return "Supported." if abs(total - 60e6) <= 0.05 * 60e6 else "Not supported."


def on_relu_by_steps(fast: int | None, slow: int | None) -> str:
    """AlexNet: whether ReLU learns several times faster than tanh; the steps that each took."""
    if fast is None and slow is None:
        return "Not tested here: neither came so far."
    if fast is None:
        return "Not supported here: with ReLU the loss did not come so far."
    if slow is None or slow >= 2 * fast:
        return "Supported: tanh took at least twice as many steps."
    if slow > fast:
        return f"Not supported here: ReLU was faster, but only {slow / fast:.1f} times."
    return "Not supported here: tanh was no slower."


def on_normalisation(measured: Difference) -> str:
    """AlexNet: whether normalisation does not help; the first accuracy is without it."""
    return {
        0: WITHIN,
        1: "Not supported: it helped by more than chance makes.",
        -1: "Supported: without it the network did better by more than chance makes.",
    }[measured.sign]


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


def on_gradients(plain: float, helped: float) -> str:
    """Inception: whether heads bring a gradient to the first layer; its norm without and with."""
    if helped >= 2 * plain:
        return "Supported: the first layer's gradient is at least twice as large with heads."
    return "Not supported here: the heads do not double the first layer's gradient."


def on_heads(begun: Sequence[int | None], measured: Difference) -> str:
    """Inception: whether heads help to learn, and regularise.

    begun: the epochs in which learning began with heads and without, None for never. measured: the
    test accuracy without heads, then with them.
    """
    with_heads, without = (float("inf") if epoch is None else epoch for epoch in begun)
    if with_heads == without == float("inf"):
        return "Not decided here: neither network began to learn in these epochs."
    learning = (
        "Supported for learning: with heads it began earlier."
        if with_heads < without
        else "Not supported for learning: without heads it began no later."
    )
    if measured.sign == 0:
        return (
            f"{learning} Regularising is undecided: the difference on test photographs "
            "is within what chance makes."
        )
    if measured.sign < 0:
        return f"{learning} Not supported for regularising: without heads the test went better."
    if None in begun:
        return f"{learning} Regularising is undecided: a network that did not learn cannot show it."
    return f"{learning} Supported for regularising: the test went better by more than chance makes."


def on_freezing(measured: Difference, source: str) -> str:
    """Transfer learning: whether a way to freeze, the second accuracy, beats its best rival."""
    if source == "synthetic":
        return "Cannot be tested here: both are drawn hands, so nothing is transferred."
    return {
        0: "Neither supported nor contradicted: the difference is within what chance makes.",
        1: "Supported.",
        -1: "Not supported here: another way was better by more than chance makes.",
    }[measured.sign]


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


def on_augmentation(by_size: Mapping[int, Difference]) -> list[str]:
    """Augmentation: whether it helps; photographs -> accuracy without it, then with it."""
    helped = [f"{size:,}" for size, measured in by_size.items() if measured.sign > 0]
    harmed = [f"{size:,}" for size, measured in by_size.items() if measured.sign < 0]
    if len(helped) == len(by_size):
        lines = ["Supported: it helped by more than chance makes at every size."]
    elif helped:
        lines = [
            f"Supported in part: it helped by more than chance makes on {' and '.join(helped)} "
            "photographs."
        ]
    else:
        lines = ["Not supported here: at no size did it help by more than chance makes."]
    if harmed:
        lines.append(f"It did harm on {' and '.join(harmed)} photographs.")
    return lines


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


def on_batch_norm(passed: int | None, epochs: int) -> str:
    """Happy House: whether batch norm learns faster.

    passed: the epoch in which it came to the other network's last loss, or None.
    """
    if passed is not None and 2 * passed <= epochs:
        return "Supported: half of the epochs or fewer were enough."
    return "Not supported here: half of the epochs were not enough."
