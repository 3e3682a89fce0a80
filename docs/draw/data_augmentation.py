"""The figures of solutions/data_augmentation.py."""

from __future__ import annotations

from docs.draw import numbers, png
from docs.draw.svg import SMALL, Figure

SIDE = 64


def hands(say) -> Figure:
    """One drawn hand, each change alone, and all of them at once with five seeds."""
    found = numbers.load()
    pictures = [png.indexed(one, found["augmentation_palette"]) for one in shown(found)]
    figure = Figure(
        414,
        say(
            "Ten pictures of one drawn hand that shows 3: as it is, mirrored, cropped, rotated "
            "with shear and warp, with its colours shifted; and five times with all four changes "
            "at once, each time differently."
        ),
    )
    size, step = 112, 120
    titles = (
        say("as it is"),
        say("mirror"),
        say("crop"),
        say("rotate, warp"),
        say("colour shift"),
    )
    figure.text(24, 34, say("each change alone"), bold=True)
    figure.text(24, 218, say("all four at once, as in training"), bold=True)
    for number, picture in enumerate(pictures):
        x, y = 24 + step * (number % 5), 48 + 184 * (number // 5)
        figure.image(x, y, size, size, picture)
        figure.rect(x, y, size, size, stroke="grey")
        text = titles[number] if number < 5 else say("seed {n}", n=number - 4)
        figure.text(x, y + size + 19, text, SMALL, fill="soft")
    figure.text(24, 396, say("A drawn hand. It shows 3 in every picture."), SMALL, fill="soft")
    return figure


def shown(found):
    """The ten pictures as rows of the palette."""
    return found["augmentation_images"]


def grid(say) -> Figure:
    """Where the pixels of the result come from: a straight grid, and the same grid in the input."""
    found = numbers.load()
    down, across = found["augmentation_places"]
    before, after = (
        png.indexed(shown(found)[number], found["augmentation_palette"]) for number in (0, 3)
    )
    figure = Figure(
        420,
        say(
            "On the right the result with a straight grid, on the left the input with the same "
            "grid rotated, sheared and warped. An arrow leads from a pixel of the result back to "
            "the place in the input where its value is read."
        ),
    )
    scale = 3.75
    side = SIDE * scale
    left, right, top = 36, 364, 92
    figure.text(left, 34, say("input"), bold=True)
    figure.text(left, 53, say("where the values are read"), SMALL, fill="soft")
    figure.text(right, 34, say("result"), bold=True)
    figure.text(right, 53, say("one value for each pixel (x, y)"), SMALL, fill="soft")
    lines = len(down)
    spacing = (SIDE - 1) / (lines - 1)
    for x0, picture, rows, columns in (
        (left, before, down, across),
        (right, after, None, None),
    ):
        figure.image(x0, top, side, side, picture)
        figure.rect(x0, top, side, side, stroke="grey")
        for i in range(lines):
            for turned in (False, True):
                points = []
                for j in range(lines):
                    row, column = (j, i) if turned else (i, j)
                    y = row * spacing if rows is None else rows[row, column]
                    x = column * spacing if columns is None else columns[row, column]
                    points.append((x0 + (x + 0.5) * scale, top + (y + 0.5) * scale))
                figure.line(points, "net")
    row, column = 2, 2
    start = right + (column * spacing + 0.5) * scale, top + (row * spacing + 0.5) * scale
    end = left + (across[row, column] + 0.5) * scale, top + (down[row, column] + 0.5) * scale
    figure.circle(*start, 5, "mark")
    figure.circle(*end, 5, stroke="mark")
    figure.line(
        [start, (end[0] + 8, end[1] + 8 * (start[1] - end[1]) / (start[0] - end[0]))],
        "mark",
        arrow=True,
        wide=True,
    )
    told = say(
        "The arrow goes backwards: each pixel of the result asks where it comes from.\n"
        "Outside the input its edge is repeated. A drawn hand."
    )
    figure.text(24, 374, told, SMALL, fill="soft")
    return figure


FIGURES = {"data_augmentation_hands": hands, "data_augmentation_grid": grid}
