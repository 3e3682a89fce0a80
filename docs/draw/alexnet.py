"""The figures of solutions/alexnet.py."""

from __future__ import annotations

import numpy as np

from docs.draw import numbers, png, shades
from docs.draw.svg import SMALL, Figure

# What the paper divides by: (bias + alpha * sum of squares) ** beta, over 5 channels.
RADIUS, BIAS, ALPHA, BETA = 2, 2.0, 1e-4, 0.75


def filters(say) -> Figure:
    """Filters of layer 1 of our AlexNet, and what training on drawn hands changed in them."""
    found = numbers.load()
    figure = Figure(
        330,
        say(
            "24 filters of the first layer of AlexNet, 11x11 pixels in three colours. On the left "
            "after training: they still look random. On the right what training changed in each of "
            "them: edges and patches in the colours of hand and wall."
        ),
    )
    size, step, columns = 44, 48, 6
    for left, name, title in (
        (24, "filters", say("after training")),
        (336, "changes", say("what training changed")),
    ):
        figure.text(left, 34, title, bold=True)
        for number, values in enumerate(found[f"alexnet_{name}"].astype(float)):
            x, y = left + step * (number % columns), 50 + step * (number // columns)
            figure.image(x, y, size, size, png.colours(shades.filter_colours(values)))
            figure.rect(x, y, size, size, stroke="frame")
    told = say(
        "Grey is 0; each square has its own scale. The 24 of 96 filters that changed most in\n"
        "{epochs} epochs on 1,080 drawn hands; our AlexNet reads {right} of 120 others right.\nThe "
        "paper's filters, from 1.2 million photographs, show edges and patches themselves.",
        epochs=int(found["alexnet_epochs"]),
        right=round(float(found["alexnet_accuracy"]) * 120),
    )
    figure.text(24, 268, told, SMALL, fill="soft")
    return figure


def normalisation(say) -> Figure:
    """The channels of one pixel before and after local response normalisation."""
    found = numbers.load()
    values, after = normalised(found["alexnet_pixel"].astype(float) * 255)
    first = int(found["alexnet_first"]) + RADIUS + 1
    chosen = int(np.argmax(values[RADIUS:-RADIUS])) + RADIUS
    figure = Figure(
        478,
        say(
            "Bars for {n} channels of one pixel, before and after local response normalisation. "
            "Each value is divided by a term that grows with the squares of the five channels "
            "around it: the strongest channel goes from {before:.0f} to {after:.0f}.",
            n=len(values),
            before=values[chosen],
            after=after[chosen],
        ),
    )
    left, step, high = 44, 48, 110
    for top, row, colour, title in (
        (74, values, "blue", say("before")),
        (262, after, "orange", say("after")),
    ):
        figure.text(24, top - 40, title, bold=True)
        figure.line([(left - 8, top + high), (left + step * len(row), top + high)], "grey")
        for number, value in enumerate(row):
            x, height = left + step * number, value / row.max() * high
            label = f"{value:.0f}" if value >= 9.5 or value == 0 else f"{value:.1f}"
            figure.rect(x, top + high - height, 34, height, colour)
            figure.text(x + 17, top + high - height - 5, label, SMALL, "middle", "soft")
        if row is values:
            x = left + step * (chosen - RADIUS) - 6
            figure.rect(x, top - 22, 4 * step + 46, high + 28, stroke="green", radius=5)
    told = say(
        "Green: the window of channel {n}, five channels wide. Each value is divided by\n(2 + "
        "0.0001 x sum of the window's squares) to the power 0.75; pixels from 0 to 255.\nChannels "
        "{first} to {last} of one pixel in our AlexNet after training on drawn hands.",
        n=first + chosen,
        first=first,
        last=first + len(values) - 1,
    )
    figure.text(24, 404, told, SMALL, fill="soft")
    beside, away = chosen - 1, chosen - RADIUS - 1
    told = say(
        "Beside the strongest, {beside:.0f} becomes {less:.1f}; outside the window, {away:.0f} "
        "becomes {more:.0f}.",
        beside=values[beside],
        less=after[beside],
        away=values[away],
        more=after[away],
    )
    figure.text(24, 460, told, SMALL)
    return figure


def normalised(channels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The channels with a whole window, and these divided as in the paper's section 3.3."""
    windows = np.lib.stride_tricks.sliding_window_view(channels, 2 * RADIUS + 1)
    inner = channels[RADIUS:-RADIUS]
    return inner, inner / (BIAS + ALPHA * np.square(windows).sum(1)) ** BETA


def groups(say) -> Figure:
    """Which filters read which channels, with one group and with two."""
    figure = Figure(
        400,
        say(
            "Two matrices, a row for the filters and a column for the input channels. With one "
            "group every filter reads all 96 channels: 614,400 weights. With two groups the first "
            "128 filters read channels 1 to 48, the others channels 49 to 96: 307,200 weights."
        ),
    )
    inputs, outputs, window = 96, 256, 25
    cell, cells = 26, 8
    for left, count, title in ((76, 1, say("one group")), (388, 2, say("two groups"))):
        figure.text(left, 34, title, bold=True)
        weights = window * inputs * outputs // count
        figure.text(left, 53, say("{n:,} weights", n=weights), SMALL, fill="soft")
        top = 96
        places = [(row, column) for row in range(cells) for column in range(cells)]
        for joined in (False, True):  # their borders last
            for row, column in places:
                group = row * count // cells
                place = left + cell * column, top + cell * row
                if joined and group == column * count // cells:
                    tower = ("blue", "orange")[group]
                    figure.rect(*place, cell, cell, f"{tower}-tint", tower)
                elif not joined:
                    figure.rect(*place, cell, cell, stroke="frame")
        side = cell * cells
        figure.text(left + side / 2, top - 12, say("input channels"), SMALL, "middle", "soft")
        parts = range(1, inputs + 1, inputs // count)
        for number, first in enumerate(parts):
            x = left + (number + 0.5) * side / count
            label = f"{first}–{first + inputs // count - 1}"
            figure.text(x, top + side + 19, label, SMALL, "middle")
            low = number * outputs // count
            y = top + (number + 0.5) * side / count
            figure.text(left - 8, y + 5, f"{low + 1}–{low + outputs // count}", SMALL, "end")
        figure.text(left - 8, top - 12, say("filters"), SMALL, "end", "soft")
    told = say(
        "A coloured cell: these filters have a weight for these channels. Each cell stands\nfor 32 "
        "filters and 12 channels; with two groups half of the cells are empty."
    )
    figure.text(24, 358, told, SMALL, fill="soft")
    return figure


FIGURES = {
    "alexnet_filters": filters,
    "alexnet_normalisation": normalisation,
    "alexnet_groups": groups,
}
