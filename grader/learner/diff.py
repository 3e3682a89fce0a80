"""What differs between two versions of an exercise: the learner's lines and the worked ones."""

from __future__ import annotations

import difflib
import textwrap

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.assignments import Assignment
from grader.authoring import regions, translate
from grader.errors import GraderError
from grader.i18n.language import say
from grader.runner.loader import UNFILLED


def worked(assignment: Assignment, exercise: str) -> str:
    """The worked lines of an exercise, its steps in the spoken language."""
    text = assignment.file("solutions").read_text(encoding="utf-8")
    return of(translate.exercise(text, say), exercise)


def of(text: str, exercise: str) -> str:
    """The lines of an exercise in a file, dedented; "" if the file does not have it."""
    try:
        by_name = {region.name: region for region in regions.find(text)}
    except GraderError:
        return ""
    inside = regions.inside(text, by_name[exercise]) if exercise in by_name else ""
    return textwrap.dedent(inside).strip("\n")


def rows(mine: str, theirs: str) -> list[tuple[str, str, str]]:
    """(left, mark, right) line by line; the marks are those of `sdiff`: " ", "|", "<" and ">"."""
    left, right = mine.splitlines(), theirs.splitlines()
    rows: list[tuple[str, str, str]] = []
    for tag, i, i_end, j, j_end in difflib.SequenceMatcher(
        None, [line.strip() for line in left], [line.strip() for line in right], autojunk=False
    ).get_opcodes():
        for k in range(max(i_end - i, j_end - j)):
            mine_line = left[i + k] if i + k < i_end else None
            theirs_line = right[j + k] if j + k < j_end else None
            if tag == "equal":
                mark = " "
            elif theirs_line is None:
                mark = "<"
            else:
                mark = ">" if mine_line is None else "|"
            rows.append((mine_line or "", mark, theirs_line or ""))
    return rows


def marked(mine: str, theirs: str) -> list[tuple[str, str]]:
    """(mark, line) for each worked line: ">" where the learner has no such line of code."""
    lines = theirs.splitlines()
    code = [i for i, line in enumerate(lines) if _is_code(line)]
    same = difflib.SequenceMatcher(
        None, _code(mine), [lines[i].strip() for i in code], autojunk=False
    ).get_matching_blocks()
    known = {code[block.b + k] for block in same for k in range(block.size)}
    return [(">" if i in code and i not in known else " ", line) for i, line in enumerate(lines)]


def show(mine: str, theirs: str, console: Console) -> None:
    """Print both side by side if no line of them must be folded, else the worked lines, marked."""
    mine = "" if UNFILLED in mine else mine
    width = (console.width - 5) // 2
    if _code(mine) == _code(theirs):
        console.print(say("Line for line the worked solution."))
    elif not mine:
        console.print(Text(say("worked solution"), "bold"))
        console.print(_block([(" ", line) for line in theirs.splitlines()], dim=False))
    elif max(map(cell_len, f"{mine}\n{theirs}".splitlines())) <= width:
        console.print(_side_by_side(mine, theirs, width))
    else:
        title = say("worked solution; > marks the lines that differ from yours")
        console.print(Text(title, "bold"))
        console.print(_block(marked(mine, theirs), dim=True))


def _code(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if _is_code(line)]


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.strip().startswith("#")


def _side_by_side(mine: str, theirs: str, width: int) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column(say("yours"), width=width)
    table.add_column("", width=1)
    table.add_column(say("worked solution"), width=width)
    for left, mark, right in rows(mine, theirs):
        style = "" if mark == " " else "yellow"
        table.add_row(Text(left, style), Text(mark, "bold"), Text(right, style))
    return table


def _block(lines: list[tuple[str, str]], dim: bool) -> Table:
    """The lines with their marks; what is too long goes on below, as far in as it began."""
    table = Table.grid(padding=(0, 1, 0, 0))
    for mark, line in lines:
        text = line.lstrip()
        style = "yellow" if mark == ">" else "dim" if dim else ""
        inset = (0, 0, 0, len(line) - len(text))
        table.add_row(Text(mark, "bold"), Padding(Text(text, style), inset, expand=False))
    return table
