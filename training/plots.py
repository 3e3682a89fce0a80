"""The pictures of a run, as matplotlib figures: legible at 800 pixels, drawn without a screen."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from datasets.files import whole

DPI = 100  # 8 inches are 800 pixels


def save(figure: Figure, path: str | os.PathLike) -> None:
    """Write `figure` as a picture, whole or not at all; raises DataError."""
    with whole(path) as temporary:
        figure.savefig(temporary, dpi=DPI)


def curves(
    history: Sequence[Mapping[str, float]], title: str, score: tuple[str, float] | None = None
) -> Figure:
    """Loss and accuracy (%) by epoch. history: one dict per epoch; score: (text, accuracy of 1)."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    figure.suptitle(title)
    left, right = figure.subplots(1, 2)
    epochs = [int(row["epoch"]) + 1 for row in history]
    for axes, figure_name, scale in ((left, "loss", 1), (right, "accuracy", 100)):
        for prefix, label in (("", "train"), ("val_", "held out")):
            values = [scale * row.get(prefix + figure_name, np.nan) for row in history]
            if not np.isnan(values).all():
                axes.plot(epochs, values, marker="o", markersize=4, label=label)
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
        axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
    left.set_ylabel("cross-entropy (nats)")
    left.set_ylim(bottom=0)
    right.set_ylabel("accuracy (%)")
    right.set_ylim(0, 102)
    if score is not None:
        text, value = score
        right.axhline(100 * value, color="tab:green", linestyle="--", label=text)
    for axes in (left, right):
        axes.legend()
    return figure


Histories = Mapping[str, Sequence[Sequence[Mapping[str, float]]]]


def losses(histories: Histories, title: str) -> Figure:
    """Training loss by epoch. histories: network -> one history per seed, one dict per epoch."""
    figure, axes = _by_epoch(histories, "loss", 1, title)
    axes.set_ylabel("training loss: cross-entropy (nats)")
    axes.set_ylim(bottom=0)
    return figure


def accuracies(histories: Histories, title: str) -> Figure:
    """Training accuracy (%) by epoch. histories: as in `losses`."""
    figure, axes = _by_epoch(histories, "accuracy", 100, title)
    axes.set_ylabel("training accuracy (%)")
    axes.set_ylim(0, 102)
    return figure


def _by_epoch(histories: Histories, key: str, scale: float, title: str) -> tuple:
    """A line per network, the mean over seeds; each seed is a pale line."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for number, (name, runs) in enumerate(histories.items()):
        epochs = [int(row["epoch"]) + 1 for row in runs[0]]
        values = scale * np.array([[row[key] for row in run] for run in runs])
        colour = f"C{number}"
        if len(runs) > 1:
            axes.plot(epochs, values.T, color=colour, alpha=0.25, linewidth=1)
        axes.plot(epochs, values.mean(0), marker="o", markersize=4, color=colour, label=name)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.legend()
    return figure, axes


def by_step(losses: Mapping[str, Sequence[float]], title: str, width: int = 9) -> Figure:
    """Training loss by step, one line per run: name -> its losses, pale, and a running median."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes, reach = figure.subplots(), width // 2
    for number, (name, values) in enumerate(losses.items()):
        steps = np.arange(1, len(values) + 1)
        middle = [np.median(values[max(0, i - reach) : i + reach + 1]) for i in range(len(values))]
        axes.plot(steps, values, color=f"C{number}", alpha=0.25, linewidth=1)
        axes.plot(steps, middle, color=f"C{number}", label=name)
    axes.set_xlabel(f"step; lines are medians of {width} steps")
    axes.set_ylabel("training loss: cross-entropy (nats)")
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def divided(maps: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]], title: str) -> Figure:
    """Of the first image, the channel with the largest value: before, after, and what it was
    divided by. maps: a row's name -> three arrays (n, h, w, c), NaN without division.
    """
    figure = Figure(figsize=(8, 2.7 * len(maps) + 0.5), layout="constrained")
    rows = figure.subplots(len(maps), 3, squeeze=False)
    headings = ("response before", "response after", "divided by")
    for axes, (name, arrays) in zip(rows, maps.items(), strict=True):
        channel = int(arrays[0][0].max(axis=(0, 1)).argmax())
        for panel, array, heading in zip(axes, arrays, headings, strict=True):
            figure.colorbar(panel.imshow(array[0, ..., channel], cmap="viridis"), ax=panel)
            panel.set_title(heading)
            panel.set_xticks([])
            panel.set_yticks([])
        axes[0].set_ylabel(f"{name}\nchannel {channel}")
    figure.suptitle(title)
    return figure


def filters(kernel: np.ndarray, title: str) -> Figure:
    """Filters of a first convolution, (height, width, 3, n), in rows of 16; grey is zero."""
    wall = filter_wall(kernel)
    figure = Figure(figsize=(8, 1 + 8 * wall.shape[0] / wall.shape[1]), layout="constrained")
    axes = figure.subplots()
    axes.imshow(wall, interpolation="nearest")
    axes.set_axis_off()
    axes.set_title(title)
    return figure


def filter_wall(kernel: np.ndarray, columns: int = 16) -> np.ndarray:
    """Filters, (height, width, 3, n), side by side: colours from 0 to 1, zero is grey."""
    height, width, _, count = kernel.shape
    gap = 1
    rows = -(-count // columns)
    wall = np.ones((rows * (height + gap), columns * (width + gap), 3), "float32")
    for number in range(count):
        y, x = (height + gap) * (number // columns), (width + gap) * (number % columns)
        values = kernel[..., number]
        wall[y : y + height, x : x + width] = 0.5 + values / (2 * np.abs(values).max() or 1)
    return wall


def confusion(counts: np.ndarray, classes: Sequence, title: str) -> Figure:
    """Images by true class (row) and answer (column); counts: int (classes, classes)."""
    figure = Figure(figsize=(8, 6.5), layout="constrained")
    axes = figure.subplots()
    picture = axes.imshow(counts, cmap="Blues", vmin=0)
    figure.colorbar(picture, label="images")
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if count > counts.max() / 2 else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=13)
    axes.set_xticks(range(len(classes)), [str(name) for name in classes])
    axes.set_yticks(range(len(classes)), [str(name) for name in classes])
    axes.set_xlabel("answer")
    axes.set_ylabel("true class")
    axes.set_title(title)
    return figure


def gradients(
    norms: Mapping[str, Sequence[tuple[str, float]]], title: str, place: str = "layer with a kernel"
) -> Figure:
    """Gradient norm by depth, one line per network: name -> [(layer, norm)] from the input on.

    place: what is counted along the horizontal axis.
    """
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, pairs in norms.items():
        depth = np.arange(1, len(pairs) + 1)
        axes.semilogy(depth, [norm for _, norm in pairs], marker="o", markersize=3, label=name)
    axes.set_xlabel(f"{place}, counted from the input")
    axes.set_ylabel("norm of the loss's gradient (log scale)")
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def by_size(lines: Mapping[tuple[str, str], Mapping[int, Sequence[float]]], title: str) -> Figure:
    """Accuracy (%) by images per class, one line per (source, policy): mean and range over seeds.

    lines: (source, policy) -> images per class -> accuracies from 0 to 1, one per seed. A colour is
    a policy, a dash a source. Points are a little apart, so no bar hides another.
    """
    sources = list(dict.fromkeys(source for source, _ in lines))
    # Below the axes, one column per source: inside, a legend would hide a line.
    columns = max(1, len(sources) if len(sources) > 1 else min(len(lines), 4))
    figure = Figure(figsize=(8, 5 + 0.2 * -(-len(lines) // columns)), layout="constrained")
    axes = figure.subplots()
    policies = list(dict.fromkeys(policy for _, policy in lines))
    sizes = sorted({size for line in lines.values() for size in line})
    for place, ((source, policy), line) in enumerate(lines.items()):
        apart = 1 + 0.02 * (place - (len(lines) - 1) / 2)
        values = [100 * np.asarray(line[size]) for size in sorted(line)]
        means = np.array([value.mean() for value in values])
        low, high = (np.array([f(value) for value in values]) for f in (np.min, np.max))
        axes.errorbar(
            [size * apart for size in sorted(line)], means, [means - low, high - means],
            marker="o", markersize=4, capsize=3, color=f"C{policies.index(policy)}",
            linestyle=("--", "-", ":", "-.")[sources.index(source) % 4],
            label=f"{source}, {policy}",
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("images per class (log scale)")
    axes.set_ylabel("accuracy (%), mean and range over seeds")
    axes.set_ylim(0, 102)
    axes.set_title(title)
    axes.grid(alpha=0.3)
    figure.legend(title="weights, policy", fontsize=8, ncols=columns, loc="outside lower center")
    return figure
