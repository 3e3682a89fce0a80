"""The figures of solutions/alexnet.py."""

from __future__ import annotations

from docs.draw.svg import SMALL, Figure


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
    "alexnet_groups": groups,
}
