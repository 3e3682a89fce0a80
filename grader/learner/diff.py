"""Two versions of an exercise side by side: the learner's lines and the worked ones."""

from __future__ import annotations

import difflib
import textwrap

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.assignments import Assignment
from grader.authoring import regions, translate
from grader.errors import GraderError
from grader.i18n.language import say
from grader.runner.loader import UNFILLED

# In a terminal of fewer columns the two versions are printed one after the other.
NARROW = 70


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


def show(mine: str, theirs: str, console: Console) -> None:
    """Print both, or only the worked lines if nothing is filled in yet."""
    mine = "" if UNFILLED in mine else mine
    if mine.split() == theirs.split():
        console.print(say("Line for line the worked solution."))
        return
    titles = say("yours"), say("worked solution")
    if console.width < NARROW or not mine:
        for title, text in zip(titles, (mine, theirs), strict=True):
            if text:
                console.print(Text(title, "bold"))
                console.print(Text(text))
        return
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    width = (console.width - 5) // 2
    table.add_column(titles[0], width=width, overflow="fold")
    table.add_column("", width=1)
    table.add_column(titles[1], width=width, overflow="fold")
    for left, mark, right in rows(mine, theirs):
        style = "" if mark == " " else "yellow"
        table.add_row(Text(left, style), Text(mark, "bold"), Text(right, style))
    console.print(table)
