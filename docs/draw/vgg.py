"""The figures of solutions/vgg.py."""

from __future__ import annotations

from docs.draw.svg import SMALL, Figure

# The convolutions of VGG-16 at 224x224x3, block by block, and the units of its dense layers.
BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
SIDE, CLASSES = 224, 1000


def receptive_field(say) -> Figure:
    """Three 3x3 convolutions, one above the other, and what one number at the top sees."""
    figure = Figure(
        520,
        say(
            "Four grids, one above the other: one number of the third 3x3 convolution is computed "
            "from 3x3 numbers of the second, these from 5x5 of the first, and these from 7x7 "
            "pixels of the input."
        ),
    )
    labels = (
        (1, say("third convolution"), say("one number")),
        (3, say("second convolution"), say("3x3 of its numbers")),
        (5, say("first convolution"), say("5x5 of its numbers")),
        (7, say("input"), say("7x7 pixels")),
    )
    centre, tops = 210, (62, 152, 264, 398)
    floors = [(centre, top) for top in tops]
    for i in reversed(range(4)):
        cells = labels[i][0]
        if i < 3:  # light falls from the window above on what it reads
            upper, lower = corners(floors[i], cells), corners(floors[i + 1], cells + 2)
            for start, end in ((3, 0), (0, 1)):  # left and right faces lie behind
                side = [upper[start], upper[end], lower[end], lower[start]]
                figure.polygon(side, "blue-tint", opacity=0.35)
    for i in reversed(range(4)):
        cells, name, size = labels[i]
        colour = ("orange", "blue", "blue", "green")[i]
        plane(figure, floors[i], cells, colour)
        if i < 3:
            upper, lower = corners(floors[i], cells), corners(floors[i + 1], cells + 2)
            for number in (1, 3):
                figure.line([upper[number], lower[number]], "soft", dashed=True)
        y = floors[i][1]
        figure.text(420, y - 2, name, bold=True)
        figure.text(420, y + 17, size, SMALL, fill="soft")
    figure.text(24, 34, say("What one number sees"), bold=True)
    figure.text(
        24, 500, say("Each 3x3 convolution adds one pixel on every side: 1, 3, 5, 7."), SMALL
    )
    return figure


STEP = 25, 9.5  # of one cell along a side of the grid, in pixels


def spot(centre, i: float, j: float) -> tuple[float, float]:
    """Where the point (i, j) of a grid lies that is seen from above and aside."""
    return centre[0] + (i - j) * STEP[0], centre[1] + (i + j) * STEP[1]


def corners(centre, cells: int) -> list[tuple[float, float]]:
    """The corners of a grid: back, right, front, left."""
    half = cells / 2
    return [
        spot(centre, *at) for at in ((-half, -half), (half, -half), (half, half), (-half, half))
    ]


def plane(figure: Figure, centre, cells: int, colour: str) -> None:
    """A grid of cells x cells."""
    figure.polygon(corners(centre, cells), f"{colour}-tint", colour)
    half = cells / 2
    for number in range(1, cells):
        at = number - half
        figure.line([spot(centre, at, -half), spot(centre, at, half)], colour)
        figure.line([spot(centre, -half, at), spot(centre, half, at)], colour)


def layers(say) -> Figure:
    """Parameters and multiplications of each layer of VGG-16, as two bars."""
    rows = counts()
    figure = Figure(
        568,
        say(
            "Two bars for each of the 16 layers of VGG-16 at 224x224. The first dense layer has "
            "{share:.0%} of all parameters; the convolutions do {work:.0%} of all multiplications.",
            share=rows[13][1] / sum(row[1] for row in rows),
            work=sum(row[2] for row in rows[:13]) / sum(row[2] for row in rows),
        ),
    )
    left, right, room = 150, 408, 150
    figure.text(left, 34, say("parameters"), bold=True, fill="blue")
    figure.text(right, 34, say("multiplications"), bold=True, fill="orange")
    figure.text(
        left, 53, say("in millions; in all {n:.1f}", n=million(rows, 1)), SMALL, fill="soft"
    )
    figure.text(
        right, 53, say("in millions; in all {n:,.0f}", n=million(rows, 2)), SMALL, fill="soft"
    )
    most = [max(row[column] for row in rows) for column in (1, 2)]
    for number, (name, *values) in enumerate(rows):
        y = 70 + 28 * number + (8 if number >= 13 else 0)
        figure.text(24, y + 15, name.format(dense=say("dense")), SMALL)
        for x, colour, value, largest in (
            (left, "blue", values[0], most[0]),
            (right, "orange", values[1], most[1]),
        ):
            width = max(value / largest * room, 1)
            figure.rect(x, y + 2, width, 17, colour)
            figure.text(x + width + 6, y + 15, short(value), SMALL, fill="soft")
    figure.text(
        24, 552, say("VGG-16 for images of 224x224x3 and 1,000 classes."), SMALL, fill="soft"
    )
    return figure


def counts() -> list[tuple[str, int, int]]:
    """(name, parameters, multiplications of one image) of each layer with weights."""
    rows, side, channels = [], SIDE, 3
    for block, (convolutions, filters) in enumerate(BLOCKS, 1):
        for number in range(1, convolutions + 1):
            weights = 9 * channels * filters
            rows.append((f"conv{block}_{number}, {filters}", weights + filters, weights * side**2))
            channels = filters
        side //= 2
    inputs = channels * side**2
    for units in (4096, 4096, CLASSES):
        rows.append((f"{{dense}}, {units}", inputs * units + units, inputs * units))
        inputs = units
    return rows


def million(rows, column: int) -> float:
    """The sum of a column in millions."""
    return sum(row[column] for row in rows) / 1e6


def short(value: int) -> str:
    """In millions, with three digits at most after the point."""
    millions = value / 1e6
    return f"{millions:,.{0 if millions >= 10 else 2 if millions >= 0.01 else 3}f}"


FIGURES = {"vgg_receptive_field": receptive_field, "vgg_layers": layers}
