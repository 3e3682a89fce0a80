"""The figures of solutions/residual_networks.py."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from docs.draw import numbers
from docs.draw.svg import SMALL, Figure

DEPTHS = 20, 56  # of the networks that were trained
HIGHEST = 2.0  # the largest loss that is shown


def blocks(say) -> Figure:
    """The identity block and the convolutional block side by side."""
    figure = Figure(
        520,
        say(
            "Two blocks side by side. In both, X goes through three convolutions on the main path, "
            "and a shortcut goes around them; both are added, then ReLU follows. In the identity "
            "block the shortcut is X itself; in the convolutional block it is a 1x1 convolution "
            "with stride s and batch norm."
        ),
    )
    block(figure, say, 24, say("identity block"), ("n, h, w, F3", "n, h, w, F3"), False)
    shapes = "n, h, w, c", "n, ceil(h/s), ceil(w/s), F3"
    block(figure, say, 336, say("convolutional block"), shapes, True)
    return figure


def block(figure: Figure, say, left, title, shapes, projected: bool) -> None:
    """One block, 280 pixels wide, from the top down."""
    path, short = left + 82, left + 222  # the middles of both paths
    figure.text(left, 34, title, bold=True)
    figure.text(path, 70, f"X  ({shapes[0]})", SMALL, "middle")
    normed, active = say("batch norm"), say("batch norm, ReLU")
    stride = f", {say('stride s')}" if projected else ""
    boxes = (
        (104, f"1x1, F1{stride}\n{active}"),
        (186, f"f x f, F2\n{active}"),
        (268, f"1x1, F3\n{normed}"),
    )
    end = 78
    for y, text in boxes:
        figure.line([(path, end), (path, y - 2)], arrow=True)
        figure.box(left, y, 164, 50, text, "blue")
        end = y + 50
    figure.line([(path, end), (path, 362)], arrow=True)
    figure.text(path - 10, 346, "F(X)", SMALL, "end", "soft")
    figure.circle(path, 376, 12, "page", "ink")
    figure.line([(path - 6, 376), (path + 6, 376)], "ink")
    figure.line([(path, 370), (path, 382)], "ink")
    figure.line([(path, 388), (path, 412)], arrow=True)
    figure.box(path - 40, 414, 80, 28, "ReLU", "grey")
    figure.line([(path, 442), (path, 468)], arrow=True)
    figure.text(path, 488, f"({shapes[1]})", SMALL, "middle")
    # The shortcut: from X to the sum, around the main path.
    start = [(path, 88), (short, 88)]
    last = [(short, 376), (path + 14, 376)]
    if projected:
        figure.line([*start, (short, 184)], "orange", arrow=True, wide=True)
        figure.box(short - 52, 186, 104, 66, f"1x1, F3\n{say('stride s')}\n{normed}", "orange")
        figure.line([(short, 252), *last], "orange", arrow=True, wide=True)
    else:
        figure.line([*start, *last], "orange", arrow=True, wide=True)
        figure.text(short + 10, 216, say("X itself"), SMALL, fill="orange")
    figure.text(short + 4, 80, say("shortcut"), SMALL, "middle", "orange")


def training(say) -> Figure:
    """Training loss of plain and residual networks of 20 and 56 layers over the epochs."""
    found = numbers.load()
    names = [f"{kind}{depth}" for kind in ("plain", "residual") for depth in DEPTHS]
    losses = {name: found[f"residual_loss_{name}"] for name in names}
    seeds, epochs = losses["plain20"].shape
    figure = Figure(
        418,
        say(
            "Training loss by epoch, on the left of plain networks, on the right of residual "
            "networks. At the end: plain, 20 layers {plain20:.2f}, 56 layers {plain56:.2f}; "
            "residual, 20 layers {residual20:.2f}, 56 layers {residual56:.2f}.",
            **{name: rows[:, -1].mean() for name, rows in losses.items()},
        ),
    )
    for left, kind, title in ((52, "plain", say("plain")), (360, "residual", say("residual"))):
        figure.text(left, 34, title, bold=True)
        axes = Axes(left, left + 190, 64, 300, epochs)
        axes.draw(figure, say)
        ends = []
        for depth, colour in zip(DEPTHS, ("blue", "orange"), strict=True):
            rows = losses[f"{kind}{depth}"]
            figure.polygon(
                [*axes.curve(rows.min(0)), *axes.curve(rows.max(0))[::-1]], colour, None, 0.2
            )
            figure.line(axes.curve(rows.mean(0)), colour, wide=True)
            ends.append((axes.curve(rows.mean(0))[-1][1] + 4, depth, colour))
        # The label of the lower curve stands at its end, the other one above.
        (high, *upper), (low, *lower) = sorted(ends)
        for y, (depth, colour) in ((min(high, low - 18), upper), (low, lower)):
            text = say("{n} layers", n=depth)
            figure.text(left + 196, y, text, SMALL, fill=colour, bold=True)
    told = say(
        "Training loss; line: mean of {seeds} seeds, area: lowest to highest. Small networks as\n"
        "in the paper's section 4.2, with half of its channels, on 1,080 drawn hands of\n"
        "32x32 pixels; Adam, batches of 32, he_normal, batch norm everywhere.",
        seeds=seeds,
    )
    figure.text(24, 366, told, SMALL, fill="soft")
    return figure


@dataclass(frozen=True)
class Axes:
    """Epochs from 1, and a loss from 0 to 2, between these pixels."""

    left: float
    right: float
    top: float
    bottom: float
    epochs: int

    def place(self, epoch: float, loss: float) -> tuple[float, float]:
        """Where a loss lies; one above 2 lies at the top."""
        x = self.left + (epoch - 1) / (self.epochs - 1) * (self.right - self.left)
        return x, self.bottom - min(loss, HIGHEST) / HIGHEST * (self.bottom - self.top)

    def curve(self, values) -> list[tuple[float, float]]:
        """The points of one value for each epoch."""
        return [self.place(epoch, value) for epoch, value in enumerate(values, 1)]

    def draw(self, figure: Figure, say) -> None:
        """Lines and labels."""
        for tick in (0, 0.5, 1, 1.5, 2):
            ends = self.place(1, tick), self.place(self.epochs, tick)
            figure.line(ends, "frame" if tick else "grey")
            figure.text(self.left - 8, ends[0][1] + 5, f"{tick:g}", SMALL, "end", "soft")
        for tick in (1, *range(4, self.epochs + 1, 4)):
            x = self.place(tick, 0)[0]
            figure.text(x, self.bottom + 20, f"{tick}", SMALL, "middle", "soft")
        middle = (self.left + self.right) / 2
        figure.text(middle, self.bottom + 40, say("epoch"), SMALL, "middle", "soft")


def shares(say) -> Figure:
    """|F| / |X| of each block of a trained residual network of 56 layers."""
    rows = numbers.load()["residual_shares"]
    blocks = rows.shape[1] // 3  # of each stage
    mean = rows.mean(0)
    figure = Figure(
        400,
        say(
            "A bar for each of the {blocks} blocks of a trained residual network of 56 layers: the "
            "size of F(X), divided by the size of what the shortcut brings. Their mean is "
            "{mean:.2f}; in {small} of the blocks it is below 1.",
            blocks=rows.shape[1],
            mean=mean.mean(),
            small=int((mean < 1).sum()),
        ),
    )
    figure.text(24, 34, say("size of F(X), divided by the size of the shortcut"), bold=True)
    left, top, bottom = 56, 60, 280
    high = float(np.ceil(rows.max() * 4) / 4)
    for tick in np.arange(0, high + 0.01, 0.25 if high <= 1.25 else 0.5):
        y = bottom - tick / high * (bottom - top)
        figure.line([(left, y), (616, y)], "frame" if tick else "grey")
        figure.text(left - 8, y + 5, f"{tick:g}", SMALL, "end", "soft")
    for stage in range(3):
        start = left + 8 + 186 * stage
        for number in range(blocks):
            values = rows[:, stage * blocks + number]
            x, height = start + 20 * number, values.mean() / high * (bottom - top)
            projected = stage > 0 and number == 0
            figure.rect(x, bottom - height, 14, height, "orange" if projected else "blue")
            reach = values.min(), values.max()
            ends = [(x + 7, bottom - value / high * (bottom - top)) for value in reach]
            figure.line(ends, "ink")
        text = say("stage {n}", n=stage + 1)
        figure.text(start + 10 * blocks - 3, bottom + 22, text, SMALL, "middle")
    for x, colour, text in (
        (24, "blue", say("identity on the shortcut")),
        (264, "orange", say("1x1 convolution on the shortcut")),
    ):
        figure.rect(x, 326, 12, 12, colour)
        figure.text(x + 18, 337, text, SMALL)
    told = say(
        "A small residual network of 56 layers (the paper's section 4.2) after {epochs} epochs on\n"
        "drawn hands. Bar: mean of {seeds} seeds; line: lowest to highest.",
        seeds=len(rows),
        epochs=numbers.load()["residual_loss_residual56"].shape[1],
    )
    figure.text(24, 364, told, SMALL, fill="soft")
    return figure


FIGURES = {
    "residual_networks_blocks": blocks,
    "residual_networks_training": training,
    "residual_networks_shares": shares,
}
