"""The figures of solutions/lenet.py."""

from __future__ import annotations

import numpy as np

from docs.draw import numbers, png, shades
from docs.draw.svg import SMALL, Figure

DIGIT = """
..######..
.########.
###....###
.......###
....#####.
....#####.
.......###
.......###
###....###
.########.
..######..
"""
# It answers where a stroke of two or three pixels goes up and down.
STROKE = np.array([[-2, 1, 2, 1, -2]] * 5)
SHIFT = 3


def shift(say) -> Figure:
    """A digit and the same digit three pixels further right, their maps, and these pooled."""
    figure = Figure(
        540,
        say(
            "A digit 3, and below it the same digit moved three pixels to the right. The map of a "
            "5x5 convolution moves by the same three pixels. After 2x2 pooling the move is one and "
            "a half cells, so the numbers themselves change."
        ),
    )
    cell, columns = 8, (24, 264, 472)
    titles = (
        (say("image"), say("{size} pixels", size="20x20")),
        (say("map"), say("of a 5x5 window: {size}", size="16x16")),
        (say("pooled map"), say("means of 2x2: {size}", size="8x8")),
    )
    for x, (title, size) in zip(columns, titles, strict=True):
        figure.text(x, 34, title, bold=True)
        figure.text(x, 53, size, SMALL, fill="soft")
    at = np.unravel_index(np.argmax(read(digit(0))), (16, 16))
    for y, move in ((94, 0), (288, SHIFT)):
        found = read(digit(move))
        ink = np.rint(255 - 200 * digit(move))[..., None].repeat(3, 2).astype(np.uint8)
        pictures = (
            (columns[0], y, cell, ink),
            (columns[1], y + 16, cell, shades.rising(found / found.max())),
            (columns[2], y + 16, 2 * cell, shades.rising(pool(found) / found.max())),
        )
        for x, top, size, colours in pictures:
            side = size * len(colours)
            figure.square(x, top, side, "#ffffff")
            shades.cells(figure, x, top, size, colours)
            figure.rect(x, top, side, side, stroke="grey")
        row, column = int(at[0]), int(at[1]) + move
        left, top = columns[0] + column * cell, y + row * cell
        figure.rect(left, top, 5 * cell, 5 * cell, stroke="mark")
        end = columns[1] + column * cell, y + 16 + row * cell
        figure.rect(*end, cell, cell, stroke="mark")
        start = left + 5 * cell, top + 2.5 * cell
        figure.line([start, (end[0] - 3, end[1] + cell / 2)], "mark", arrow=True)
        label = say("at its place") if move == 0 else say("moved by {n} pixels", n=move)
        figure.text(columns[0], y - 9, label, SMALL, fill="soft")
    for y, text in zip((476, 498, 520), told(say), strict=True):
        figure.text(24, y, text, SMALL)
    return figure


def told(say) -> tuple[str, str, str]:
    """What the maps of the digit show, counted."""
    maps = [read(digit(move)) for move in (0, 1, SHIFT)]
    assert np.array_equal(maps[0][:, :-SHIFT], maps[2][:, SHIFT:])
    map_change, pool_change = (
        np.abs(one - two).sum() / one.sum()
        for one, two in (maps[:2], [pool(map_) for map_ in maps[:2]])
    )
    return (
        say("The map moves with the digit: the same numbers, {n} columns further right.", n=SHIFT),
        say("Pooled, {n} pixels are 1.5 cells: which of four pixels it was is forgotten.", n=SHIFT),
        say(
            "By 1 pixel, the map changes by {map:.0%} of its sum, the pooled map by {pool:.0%}.",
            map=map_change,
            pool=pool_change,
        ),
    )


def digit(move: int) -> np.ndarray:
    """A 3 on 20x20 pixels, `move` pixels right of its place: 0 and 1."""
    rows = DIGIT.split()
    image = np.zeros((20, 20), int)
    image[4 : 4 + len(rows), 3 + move : 3 + move + len(rows[0])] = [
        [letter == "#" for letter in row] for row in rows
    ]
    return image


def read(image: np.ndarray) -> np.ndarray:
    """The map of a window that moves over the image, with ReLU: (n, n) -> (n - 4, n - 4)."""
    return np.maximum(convolved(image, STROKE), 0)


def convolved(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The sums of products of whole numbers, at each place where the kernel fits."""
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(np.int64), kernel.shape)
    return (windows * kernel.astype(np.int64)).sum((2, 3))


def pool(values: np.ndarray) -> np.ndarray:
    """The mean of each 2x2 window."""
    side = len(values) // 2
    return values.reshape(side, 2, side, 2).mean((1, 3))


def activations(say) -> Figure:
    """Sigmoid, tanh and ReLU, and their slopes."""
    figure = Figure(
        340,
        say(
            "Sigmoid, tanh and ReLU for inputs from -5 to 5, and their slopes. The slope of the "
            "sigmoid is at most 0.25 and that of tanh at most 1; both go to 0 on either side. The "
            "slope of ReLU is 1 for every positive input."
        ),
    )
    z = np.linspace(-5, 5, 201)
    sigmoid, tanh = 1 / (1 + np.exp(-z)), np.tanh(z)
    axes = (24, 292, -1.0, 2.0), (348, 616, 0.0, 1.2)
    curves = (
        ("orange", "sigmoid", sigmoid, sigmoid * (1 - sigmoid)),
        ("green", "tanh", tanh, 1 - tanh**2),
        ("blue", "ReLU", np.maximum(z, 0), (z > 0) * 1.0),
    )
    for side, (left, right, low, high) in enumerate(axes):

        def place(x, y, left=left, right=right, low=low, high=high):
            return left + (x + 5) / 10 * (right - left), 290 - (y - low) / (high - low) * 220

        figure.text(left, 34, (say("activation"), say("its slope"))[side], bold=True)
        for tick in ((-1, 0, 1, 2), (0, 0.25, 0.5, 0.75, 1))[side]:
            ends = place(-5, tick), place(5, tick)
            figure.line(ends, "grey" if tick == 0 else "frame")
            figure.text(ends[0][0], ends[0][1] - 4, f"{tick:g}", SMALL, fill="soft")
        for tick in (-4, -2, 0, 2, 4):
            x = place(tick, 0)[0]
            figure.text(x, 310, f"{tick}", SMALL, "middle", "soft")
        figure.text((left + right) / 2, 328, say("input"), SMALL, "middle", "soft")
        for colour, name, *both in curves:
            shown = z <= high if name == "ReLU" and side == 0 else z < 9
            if name == "ReLU" and side == 1:
                points = [(-5, 0), (0, 0), (0, 1), (5, 1)]
            else:
                points = list(zip(z[shown], both[side][shown], strict=True))
            figure.line([place(*point) for point in points], colour, wide=True)
        labels = (
            (("sigmoid", 1.8, 0.55), ("tanh", -3.2, -0.72), ("ReLU", -0.6, 1.6)),
            (("sigmoid", 1.9, 0.16), ("tanh", -2.6, 0.5), ("ReLU", 2.4, 1.06)),
        )[side]
        for name, x, y in labels:
            colour = next(curve[0] for curve in curves if curve[1] == name)
            figure.text(*place(x, y), name, fill=colour, bold=True)
    return figure


def filters(say) -> Figure:
    """The six learnt filters of layer 1, and the map of each for one drawn hand."""
    found = numbers.load()
    hand, kernels, bias = found["lenet_hand"], found["lenet_filters"], found["lenet_bias"]
    figure = Figure(
        330,
        say(
            "A drawn hand in grey, the six 5x5 filters that a LeNet-5 learnt from drawn hands, and "
            "the map of each filter for this hand. Different filters find different edges."
        ),
    )
    figure.text(20, 34, say("one drawn hand"), bold=True)
    figure.image(20, 92, 128, 128, png.grey(hand))
    figure.rect(20, 92, 128, 128, stroke="grey")
    figure.text(20, 238, say("{n} pixels, grey", n="64x64"), SMALL, fill="soft")
    figure.text(168, 34, say("six learnt filters, 5x5"), bold=True)
    figure.text(168, 150, say("their maps, 60x60, after ReLU"), bold=True)
    largest = np.abs(kernels).max()
    for i, kernel in enumerate(kernels):
        x = 168 + 76 * i
        figure.square(x, 48, 70, "#ffffff")
        shades.cells(figure, x, 48, 14, shades.signed(kernel / largest))
        figure.rect(x, 48, 70, 70, stroke="grey")
        # Whole numbers: weights in thousandths, pixels in 255ths.
        answers = np.maximum(convolved(hand, kernel) + 255 * int(bias[i]), 0)
        shown = answers * 255 // max(int(answers.max()), 1)
        figure.image(x, 162, 70, 70, png.grey(shown.astype(np.uint8)))
        figure.rect(x, 162, 70, 70, stroke="grey")
    for i, (value, label) in enumerate(((-1.0, "−"), (0.0, "0"), (1.0, "+"))):
        x = 530 + 32 * i
        figure.square(x, 22, 14, shades.name(shades.signed(np.array(value))))
        figure.rect(x, 22, 14, 14, stroke="grey")
        figure.text(x + 18, 34, label, SMALL, fill="soft")
    for y, text in (
        (270, say("Filter: orange weights are positive, blue ones negative.")),
        (290, say("Map: white where the filter answers most, black where it answers 0.")),
        (
            310,
            say(
                "Learnt in 30 epochs from 1,080 drawn hands; it reads {right} of 120 others right.",
                right=round(float(found["lenet_accuracy"]) * 120),
            ),
        ),
    ):
        figure.text(20, y, text, SMALL, fill="soft")
    return figure


FIGURES = {"lenet_shift": shift, "lenet_activations": activations, "lenet_filters": filters}
