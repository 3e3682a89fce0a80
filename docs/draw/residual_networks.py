"""The figures of solutions/residual_networks.py."""

from __future__ import annotations

from docs.draw.svg import SMALL, Figure


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


FIGURES = {
    "residual_networks_blocks": blocks,
}
