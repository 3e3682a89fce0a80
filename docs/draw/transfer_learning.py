"""The figures of solutions/transfer_learning.py."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from docs.draw import numbers, png, shades
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


def filters(say) -> Figure:
    """The first layer before and after fine-tuning, and by how much each filter has changed."""
    found = numbers.load()
    before, after = (found[f"transfer_{when}"].astype(float) for when in ("before", "after"))
    changes = size(after - before) / size(before)
    figure = Figure(
        324,
        say(
            "The {n} filters of the first layer, 3x3 pixels in three colours, before and after "
            "fine-tuning on photographs. They look almost the same. Beside them the size of the "
            "change of each: from {least:.0%} to {most:.0%} of the filter, {middle:.0%} in the "
            "middle.",
            n=len(before),
            least=changes.min(),
            most=changes.max(),
            middle=np.median(changes),
        ),
    )
    side, step, columns, top = 40, 44, 4, 50
    titles = say("from drawn hands"), say("fine-tuned"), say("size of the change")
    for left, title in zip((24, 234, 444), titles, strict=True):
        figure.text(left, 34, title, bold=True)
        for number, change in enumerate(changes):
            x, y = left + step * (number % columns), top + step * (number // columns)
            if left < 444:
                values = (before if left == 24 else after)[number]
                figure.image(x, y, side, side, png.colours(shades.filter_colours(values)))
            else:
                height = side * change / changes.max()
                figure.rect(x, y + side - height, side, height, "orange-tint")
                figure.text(x + side / 2, y + 25, f"{change:.0%}", SMALL, "middle")
            figure.rect(x, y, side, side, stroke="frame")
    first, then = (int(count) for count in found["transfer_epochs"])
    learnt, others = (int(count) for count in found["transfer_photographs"])
    told = say(
        "Grey is 0; each square has its own scale. The size of a change or of a filter is\nthe "
        "root of the sum of its squares. Fine-tuned on {learnt} photographs: the softmax for\n"
        "{first} epochs, then all layers for {then} at a tenth of the learning rate. After that\n"
        "the network reads {right} of {others} other photographs right.",
        learnt=learnt,
        first=first,
        then=then,
        right=int(found["transfer_right"]),
        others=others,
    )
    figure.text(24, 258, told, SMALL, fill="soft")
    return figure


def size(filters: np.ndarray) -> np.ndarray:
    """The root of the sum of squares of each filter: (n, height, width, channels) -> (n,)."""
    return np.sqrt(np.square(filters).sum((1, 2, 3)))


FIGURES = {"transfer_learning_freezing": freezing, "transfer_learning_filters": filters}
