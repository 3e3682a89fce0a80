"""Draw watch.svg, the picture of README: what `signs watch` really prints on a typical mistake.

.venv/bin/python docs/pictures/watch.py            # runs it, and writes watch.svg beside this file
.venv/bin/python docs/pictures/watch.py --check    # runs it; status 1 if watch.svg differs
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURE = Path(__file__).with_name("watch.svg")
COMMAND = "signs watch residual_networks"
# The mistake of the 2017 forums: ReLU on the main path, before the sum.
RIGHT = 'X = layers.Activation("relu")(layers.Add()([shortcut, X]))'
WRONG = 'X = layers.Add()([shortcut, layers.Activation("relu")(X)])'
PATIENCE = 300  # seconds
# Rich's own, without the font that it would load from the internet.
SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def session() -> str:
    """What a learner reads, with colours, from the first save to the first hint."""
    from tests.first_run.terminal import Terminal

    solved = (ROOT / "solutions" / "residual_networks.py").read_text(encoding="utf-8")
    assert RIGHT in solved
    with tempfile.TemporaryDirectory() as folder:
        mine = Path(folder) / "residual_networks.py"
        mine.write_text(solved.replace(RIGHT, WRONG, 1), encoding="utf-8")
        environment = {
            **os.environ,
            "GRADER_PROGRESS": str(Path(folder) / "progress.json"),
            "LANG": "C.UTF-8",
            "COLORTERM": "",
        }
        command = [sys.executable, "-m", *COMMAND.split(), "--submission", str(mine)]
        terminal = Terminal(command, ROOT, environment)
        terminal.wait_for("q quit", PATIENCE)
        terminal.press("h")
        terminal.wait_for(r"1/4 .*\.", PATIENCE)
        terminal.press("q")
        terminal.end(PATIENCE)
    return terminal.raw.decode("utf-8")


def shown(raw: str) -> str:
    """The lines of a session that stay on the screen, colours included."""
    lines, row, overwrite = [""], 0, False
    for piece in re.split(r"(\r?\n|\r|\x1b\[\d*A|\x1b\[2K)", raw):
        if piece in ("\n", "\r\n"):
            row, overwrite = row + 1, False
            lines += [""] * (row == len(lines))
        elif piece == "\r":
            overwrite = True
        elif piece == "\x1b[2K":
            lines[row] = ""
        elif re.fullmatch(r"\x1b\[\d*A", piece):
            row = max(0, row - int(piece[2:-1] or 1))
        elif piece:
            lines[row] = ("" if overwrite else lines[row]) + piece
            overwrite = False
    text = "\n".join(line for line in lines if line)
    return re.sub(r"\x1b\[[0-9;?]*[A-LN-Za-ln-z]", "", text).rstrip() + "\n"


def drawn(text: str) -> str:
    """The session as SVG."""
    from rich.console import Console
    from rich.text import Text

    console = Console(
        record=True, width=80, file=io.StringIO(), force_terminal=True, color_system="256"
    )
    console.print(Text.from_ansi(f"$ {COMMAND}\n{text}"), end="")
    return console.export_svg(title="identity_block", code_format=SVG, unique_id="watch")


def words(svg: str) -> list[str]:
    """The words of a picture: its numbers depend on the clock, and on the random input."""
    text = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg)).replace("&#160;", " ")
    return re.findall(r"[A-Za-z_]{2,}", text)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args().check
    sys.path.insert(0, str(ROOT))
    svg = drawn(shown(session()))
    if not check:
        PICTURE.write_text(svg, encoding="utf-8")
        return 0
    if words(svg) != words(PICTURE.read_text(encoding="utf-8")):
        print(f"error: {PICTURE} shows another text than {COMMAND} prints now: run {__file__}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
