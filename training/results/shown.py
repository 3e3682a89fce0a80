"""A prediction in the terminal: the picture that the network saw, and its answer as bars."""

from __future__ import annotations

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table
from rich.text import Text

from training.command_line import short
from training.results.predict import Answer

SIDE, BAR = 32, 24  # characters


def answer(shown: Answer, console: Console) -> None:
    """Print one answer; in a terminal with colours also the picture, at half its size."""
    console.print(f"[bold]{short(shown.path)}: {shown.name}[/bold]", soft_wrap=True)
    if console.is_terminal and console.color_system and _draws(console):
        beside = Table.grid(padding=(0, 3, 0, 0))
        beside.add_row(blocks(shown.pixels), bars(shown, console))
        console.print(beside)
    else:
        console.print(bars(shown, console))
    for note in shown.notes:
        console.print(f"- {note}")
    saw = "not written: no permission" if shown.crop is None else str(short(shown.crop))
    console.print(f"- what the network saw: {saw}", soft_wrap=True)


def _draws(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")


def bars(shown: Answer, console: Console) -> Text:
    """The probability of every class as a bar."""
    full, width = ("█" if _draws(console) else "#"), max(map(len, shown.chances))
    lines = [
        Text(
            f"{name:>{width}}  {full * round(BAR * chance):<{BAR}}  {100 * chance:5.1f}%",
            style="bold" if name == shown.name else "",
        )
        for name, chance in shown.chances.items()
    ]
    return Text("\n").join(lines)


def blocks(pixels: np.ndarray) -> Text:
    """An image as characters, each the upper and the lower of two pixels."""
    image = Image.fromarray(pixels.squeeze()).convert("RGB")
    small = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX))
    lines = []
    for upper, lower in zip(small[::2], small[1::2], strict=True):
        line = Text()
        for top, bottom in zip(upper, lower, strict=True):
            line.append("▀", style=f"rgb({_rgb(top)}) on rgb({_rgb(bottom)})")
        lines.append(line)
    return Text("\n").join(lines)


def _rgb(pixel: np.ndarray) -> str:
    return ",".join(map(str, pixel))
