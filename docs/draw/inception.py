"""The figures of solutions/inception.py."""

from __future__ import annotations

from docs.draw.svg import SMALL, Figure

# Module 3a of the paper's table 1, on 192 channels: F1, R3, F3, R5, F5, FP.
CHANNELS, ROW = 192, (64, 96, 128, 16, 32, 32)
SCALE = 0.62  # pixels for one channel
MAP = 28  # the side of the map


def module(say) -> Figure:
    """The naive module and the one with bottlenecks; the width of a box is its channels."""
    F1, R3, F3, R5, F5, FP = ROW
    naive = F1 + F3 + F5 + CHANNELS
    figure = Figure(
        544,
        say(
            "Module 3a without and with bottlenecks; the width of a box is its number of channels. "
            "Without: {many} channels come out, for {cost:,} multiplications. With 1x1 "
            "bottlenecks: {few} channels, {less:,} multiplications.",
            many=naive,
            cost=cost(False),
            few=F1 + F3 + F5 + FP,
            less=cost(True),
        ),
    )
    pool = say("pool")
    panel(
        figure,
        say,
        24,
        290,
        say("naive"),
        [
            [("1x1", F1, "blue")],
            [("3x3", F3, "blue")],
            [("5x5", F5, "blue")],
            [(pool, CHANNELS, "grey")],
        ],
        cost(False),
    )
    panel(
        figure,
        say,
        334,
        282,
        say("with bottlenecks"),
        [
            [("1x1", F1, "blue")],
            [("1x1", R3, "orange"), ("3x3", F3, "blue")],
            [("1x1", R5, "orange"), ("5x5", F5, "blue")],
            [(pool, CHANNELS, "grey"), ("1x1", FP, "blue")],
        ],
        cost(True),
    )
    told = say("The width of a box is its number of channels. Orange: the bottlenecks.")
    figure.text(24, 526, told, SMALL, fill="soft")
    return figure


def panel(figure: Figure, say, left, width, title, branches, multiplications) -> None:
    """One module from top to bottom: the input, its branches side by side, what comes out."""
    figure.text(left, 34, title, bold=True)
    middle, top = left + width / 2, 60
    figure.rect(middle - CHANNELS * SCALE / 2, top, CHANNELS * SCALE, 24, "green-tint", "green", 3)
    figure.text(middle, top + 17, say("{n} channels", n=CHANNELS), SMALL, "middle")
    # Each branch has the room of its widest box, and the rest is shared out between them.
    widths = [max(max(n for _, n, _ in boxes) * SCALE, 26) for boxes in branches]
    gap = (width - sum(widths)) / (len(branches) - 1)
    x, out = left, sum(boxes[-1][1] for boxes in branches)
    at = middle - out * SCALE / 2  # where the branch's channels begin in the output
    for boxes, room in zip(branches, widths, strict=True):
        centre = x + room / 2
        figure.line([(middle, top + 24), (centre, 138)], arrow=False)
        end = 138
        for number, (name, channels, colour) in enumerate(boxes):
            y = 160 + 110 * number if len(boxes) > 1 else 270
            figure.line([(centre, end), (centre, y)])
            half = channels * SCALE / 2
            figure.rect(centre - half, y, 2 * half, 26, f"{colour}-tint", colour, 3)
            figure.text(centre, y + 44, f"{name}", SMALL, "middle")
            figure.text(centre, y + 61, f"{channels}", SMALL, "middle", "soft")
            end = y + 68
        end_at = at + boxes[-1][1] * SCALE / 2
        figure.line([(centre, end), (centre, 362), (end_at, 412)], arrow=True)
        figure.rect(at, 414, boxes[-1][1] * SCALE, 24, f"{boxes[-1][2]}-tint", boxes[-1][2], 3)
        at += boxes[-1][1] * SCALE
        x += room + gap
    figure.text(middle, 458, say("{n} channels", n=out), SMALL, "middle")
    text = say("{n:,} multiplications\non a {map} map", n=multiplications, map="28x28")
    figure.text(middle, 482, text, SMALL, "middle", "soft")


def cost(bottleneck: bool) -> int:
    """The multiplications of the module's convolutions for one image."""
    F1, R3, F3, R5, F5, FP = ROW
    if bottleneck:
        inside = CHANNELS * (F1 + R3 + R5 + FP) + 9 * R3 * F3 + 25 * R5 * F5
    else:
        inside = CHANNELS * (F1 + 9 * F3 + 25 * F5)
    return MAP**2 * inside


# name, kind, side of the map that comes out for 64x64 photographs
NETWORK = (
    ("7x7", "conv", 32),
    ("pool", "pool", 16),
    ("1x1", "conv", 16),
    ("3x3", "conv", 16),
    ("pool", "pool", 8),
    ("3a", "module", 8),
    ("3b", "module", 8),
    ("pool", "pool", 4),
    ("4a", "module", 4),
    ("4b", "module", 4),
    ("4c", "module", 4),
    ("4d", "module", 4),
    ("4e", "module", 4),
    ("pool", "pool", 2),
    ("5a", "module", 2),
    ("5b", "module", 2),
)
COLOURS = {"conv": "green", "pool": "grey", "module": "blue"}


def network(say) -> Figure:
    """GoogLeNet from left to right, with both heads below."""
    figure = Figure(
        420,
        say(
            "GoogLeNet from left to right: 7x7 convolution, pooling, 1x1 and 3x3 convolution, "
            "pooling, modules 3a and 3b, pooling, modules 4a to 4e, pooling, modules 5a and 5b, "
            "then the network's own softmax. Two heads follow 4a and 4d; the loss of each "
            "counts 0.3."
        ),
    )
    figure.text(24, 34, say("GoogLeNet with both heads"), bold=True)
    step, width, middle = 37.6, 29, 152
    heads = []
    for number, (name, kind, side) in enumerate(NETWORK):
        x, height = 24 + step * number, 34 + 3.4 * side
        if number:
            figure.line([(x - step + width, middle), (x - 1, middle)])
        figure.rect(
            x, middle - height / 2, width, height, f"{COLOURS[kind]}-tint", COLOURS[kind], 4
        )
        if kind != "pool":
            figure.text(x + width / 2, middle + 5, name, SMALL, "middle")
        if name in ("4a", "4d"):
            heads.append((x + width / 2, middle + height / 2))
        last = x + width
    figure.line([(last - width / 2, middle + 21), (last - width / 2, 242)], arrow=True)
    for x, start in heads:
        figure.line([(x, start), (x, 242)], "orange", arrow=True)
    for x, title, weight, colour in (
        (heads[0][0], say("after {name}", name="4a"), "0.3", "orange"),
        (heads[1][0], say("after {name}", name="4d"), "0.3", "orange"),
        (last - width / 2, say("network"), "1", "blue"),
    ):
        left = min(x - 49, 616 - 98)
        figure.box(left, 244, 98, 44, f"{title}\nsoftmax", colour)
        figure.text(left + 49, 310, say("loss x {n}", n=weight), SMALL, "middle")
    # What the maps' sides are, under the stages.
    for first, count, side in ((0, 1, 32), (1, 3, 16), (4, 3, 8), (7, 6, 4), (13, 3, 2)):
        x = 24 + step * first
        end = x + step * (count - 1) + width
        figure.line([(x, 80), (x, 74), (end, 74), (end, 80)], "frame")
        figure.text((x + end) / 2, 68, f"{side}x{side}", SMALL, "middle", "soft")
    for x, colour, text in (
        (24, "green", say("convolution")),
        (164, "grey", say("pooling")),
        (284, "blue", say("inception module")),
        (464, "orange", say("only in training")),
    ):
        figure.rect(x, 346, 14, 14, f"{colour}-tint", colour, 2)
        figure.text(x + 21, 358, text, SMALL)
    told = say("Above: the map's side for 64x64 photographs. After training the heads are removed.")
    figure.text(24, 394, told, SMALL, fill="soft")
    return figure


FIGURES = {"inception_module": module, "inception_network": network}
