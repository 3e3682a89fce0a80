"""The figure of solutions/transfer_learning.py."""

from __future__ import annotations

from itertools import pairwise

from docs.draw.svg import SMALL, Figure

FILTERS = (16, 32, 64, 128)
CLASSES = 6


def freezing(say) -> Figure:
    """Three columns of the same network; what is frozen is grey."""
    figure = Figure(
        512,
        say(
            "Three columns of the same network: four stages, the mean over the map, a new softmax. "
            "With fewer than 20 photographs per class all but the softmax is frozen; with 20 to 99 "
            "the last stage is trained too; with 100 or more everything is trained."
        ),
    )
    weights = stage_weights()
    columns = (
        (say("fewer than 20"), 4),
        (say("20 to 99"), 3),
        (say("100 or more"), 0),
    )
    for number, (title, frozen) in enumerate(columns):
        x, middle = 24 + 204 * number, 24 + 204 * number + 92
        figure.text(middle, 34, title, anchor="middle", bold=True)
        figure.text(middle, 53, say("photographs per class"), SMALL, "middle", "soft")
        y = 74
        for stage, filters in enumerate(FILTERS):
            colour = "grey" if stage < frozen else "blue"
            figure.box(x, y, 184, 46, say("stage {n}", n=stage + 1) + f"\n3x3, {filters}", colour)
            figure.line([(middle, y + 46), (middle, y + 62)], arrow=True)
            y += 64
        figure.box(x, y, 184, 30, say("mean over the map"), "grey" if frozen else "blue")
        figure.line([(middle, y + 30), (middle, y + 46)], arrow=True)
        figure.box(x, y + 48, 184, 34, say("new softmax, {n}", n=CLASSES), "orange")
        trained = sum(weights[frozen:])
        text = say("{n:,} weights are trained", n=trained)
        figure.text(middle, y + 106, text, SMALL, "middle")
    for x, colour, text in (
        (24, "grey", say("frozen")),
        (144, "blue", say("trained, from old weights")),
        (384, "orange", say("trained, from new weights")),
    ):
        figure.rect(x, 472, 14, 14, f"{colour}-tint", colour, 2)
        figure.text(x + 21, 484, text, SMALL)
    return figure


def stage_weights() -> list[int]:
    """The weights that gradients change, of each stage and of the softmax."""
    channels = pairwise((3, *FILTERS))
    stages = [9 * before * after + 3 * after for before, after in channels]
    return [*stages, FILTERS[-1] * CLASSES + CLASSES]


FIGURES = {"transfer_learning_freezing": freezing}
