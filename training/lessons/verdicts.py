"""What a measurement says about a claim, in one sentence: the verdicts of all lessons.

Test accuracies are shares of the same few photographs, from one run or a few. A difference counts
only if it is more than two standard errors of two such shares.
"""

from __future__ import annotations

from dataclasses import dataclass

WITHIN = "Borne out as far as this can tell: the difference is within what chance makes."


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
    return f"Not borne out: the network with {better} layers did better by more than chance makes."


def on_first_dense_layer(first: int, total: int) -> str:
    """VGG: whether most parameters are in the first dense layer."""
    return f"{'Borne out' if 2 * first > total else 'Not borne out'} for these images."


def on_lenet_parameters(paper: int, ours: int) -> str:
    """LeNet-5: whether it has about 60,000 parameters; paper, ours: for both sizes of images."""
    near = abs(paper - 60_000) <= 0.05 * 60_000
    return (
        f"{'Borne out' if near else 'Not borne out'} for the images of its time; for ours it has "
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
        2: "Borne out: with ReLU half of the epochs or fewer were enough, in grey and in colour.",
        1: "Borne out in part: half of the epochs were enough for one of the two inputs only.",
        0: "Not borne out here: in neither input were half of the epochs enough.",
    }[sum(faster)]


def on_colour(measured: Difference) -> str:
    """LeNet-5: whether grey, the first, is enough beside colour."""
    return {
        0: WITHIN,
        1: "Not borne out: colour helped by more than chance makes.",
        -1: "Borne out: grey did better by more than chance makes.",
    }[measured.sign]
