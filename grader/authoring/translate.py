"""An exercise's text in another language, paragraph by paragraph: cells, docstrings and steps.

Code stays as it is. A paragraph's key in the catalogue is its text on one line; that of a table
keeps its lines.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from rich.cells import cell_len

from grader.authoring import regions

WIDTH = 96
QUOTES = '"""'
_CELL = "# %% [markdown]"
_ITEM = re.compile(r"^(- |\d+\. )")
_STEP = re.compile(r"^( *)# (\d+\. .*)$")
# A line of Chinese may end after these; elsewhere a break would read as a space.
_PIECES = re.compile(r"(?<=[，。；：、！？])|(?<= )")
_FORMULA = re.compile(r"\$[^$]+\$|`[^`]+`")
_UNBROKEN = "\0"


@dataclass(frozen=True)
class Paragraph:
    """The lines start to end of a text.

    first, rest: what stands before its first line and before the others. last: what stands after
    it. kept: its line breaks stay, as in a table.
    """

    start: int
    end: int
    key: str
    first: str
    rest: str
    last: str = ""
    kept: bool = False


def exercise(text: str, translate: Callable[[str], str]) -> str:
    """The text of an exercise with every paragraph that `translate` changes put in its place."""
    lines = text.splitlines()
    for paragraph in sorted(paragraphs(text), key=lambda paragraph: -paragraph.start):
        translation = translate(paragraph.key)
        if translation != paragraph.key:
            lines[paragraph.start : paragraph.end] = _laid_out(paragraph, translation)
    return "\n".join(lines) + "\n"


def paragraphs(text: str) -> list[Paragraph]:
    """All paragraphs of an exercise's text that are for reading."""
    return [*_cells(text.splitlines()), *_docstrings(text), *_steps(text)]


def _cells(lines: list[str]) -> Iterator[Paragraph]:
    """The paragraphs of the markdown cells."""
    i = 0
    while i < len(lines):
        i += 1
        if lines[i - 1] != _CELL:
            continue
        start = i
        while i < len(lines) and lines[i].startswith("#") and not lines[i].startswith("# %%"):
            i += 1
        texts = [line.removeprefix("#").removeprefix(" ") for line in lines[start:i]]
        yield from _split(texts, start, "# ")


def _split(texts: list[str], start: int, prefix: str) -> Iterator[Paragraph]:
    """Paragraphs end at empty lines, list items and the borders of tables; code is left out."""
    group: list[str] = []
    for i, text in enumerate([*texts, ""]):
        table = text.startswith("|")
        begins = _ITEM.match(text) or (group and table != group[0].startswith("|"))
        if group and (not text or begins):
            where = start + i - len(group)
            if not group[0].startswith("    "):
                yield _paragraph(group, where, prefix)
            group = []
        if text:
            group.append(text)


def _paragraph(group: list[str], start: int, prefix: str, last: str = "") -> Paragraph:
    kept = group[0].startswith("|")
    key = "\n".join(group) if kept else " ".join(line.strip() for line in group)
    mark = _ITEM.match(key)
    rest = prefix + " " * len(mark[1]) if mark and not kept else prefix
    return Paragraph(start, start + len(group), key, prefix, rest, last, kept)


def _docstrings(text: str) -> Iterator[Paragraph]:
    """The paragraphs of the docstrings of the module and its functions."""
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Module | ast.FunctionDef) or not ast.get_docstring(node):
            continue
        text_node = node.body[0]
        indent = " " * text_node.col_offset
        start, end = text_node.lineno - 1, text_node.end_lineno or text_node.lineno
        last = QUOTES if lines[end - 1].strip() != QUOTES else ""
        texts = [line.removeprefix(indent) for line in lines[start : end - (not last)]]
        texts[0] = texts[0].removeprefix(QUOTES)
        texts[-1] = texts[-1].removesuffix(last)
        parts = list(_split(texts, start, indent))
        for part in parts:
            first = indent + QUOTES if part is parts[0] else indent
            yield replace(part, first=first, last=last if part is parts[-1] else "")


def _steps(text: str) -> Iterator[Paragraph]:
    """The instructions inside the exercises: comments that begin with a number."""
    lines = text.splitlines()
    for region in regions.find(text):
        i = region.start
        while i < region.end:
            i += 1
            step = _STEP.match(lines[i - 1])
            if step is None:
                continue
            start, comment = i - 1, f"{step[1]}# "
            while i < region.end and lines[i].startswith(comment) and not _STEP.match(lines[i]):
                i += 1
            group = [line.removeprefix(comment) for line in lines[start:i]]
            yield _paragraph(group, start, comment)


def _laid_out(paragraph: Paragraph, translation: str) -> list[str]:
    if paragraph.kept:
        return [paragraph.first + line for line in translation.splitlines()]
    lines = wrapped(translation, WIDTH - len(paragraph.rest))
    prefixes = [paragraph.first, *[paragraph.rest] * (len(lines) - 1)]
    laid_out = [prefix + line for prefix, line in zip(prefixes, lines, strict=True)]
    laid_out[-1] += paragraph.last
    return laid_out


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns where it has places to break: after a space or
    a full-width mark, never inside a formula or code.
    """
    text = _FORMULA.sub(lambda match: match[0].replace(" ", _UNBROKEN), text)
    lines = [""]
    for piece in _PIECES.split(text):
        if lines[-1] and cell_len(lines[-1]) + cell_len(piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip().replace(_UNBROKEN, " ") for line in lines]
