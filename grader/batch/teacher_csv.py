"""CSV for teachers: what they have made, in any encoding, and what spreadsheets read safely."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from grader.errors import GraderError

LARGEST = 50_000_000
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# In GBK both bytes of a usual character are high; in Latin 1 a high byte stands between low ones.
_PAIR, _HALF = re.compile(rb"[\x81-\xfe][\xa1-\xfe]"), re.compile(rb"[\x81-\xfe][\x40-\x7e]")
SEPARATORS = ",;\t|"
# What a spreadsheet may take for the beginning of a formula, also in the wide form of Chinese.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The titles of the columns, and the rows by title; empty rows are left out.

    Raises GraderError as `numbered` does.
    """
    titles, rows = numbered(path)
    return titles, [row for _, row in rows]


def numbered(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The titles of the columns, and each row that is not empty with its last line in the file.

    Raises:
        GraderError: There is no such file, or it is no table with titles.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise GraderError(f"{path}: expected a CSV, received: {error.strerror}") from None
    if len(raw) > LARGEST or b"\0" in raw and not raw.startswith(tuple(_MARKS)):
        raise GraderError(f"{path}: expected a CSV, received another kind of file")
    text = _text(raw)
    lines = text.splitlines(keepends=True)
    first = next((line for line in lines if line.strip()), "")
    separator = max(SEPARATORS, key=first.count) if first else ","
    try:
        # Strict: a quote that is never closed swallows no rows in silence.
        reader = csv.reader(lines, delimiter=separator, strict=True)
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise GraderError(
            f"{path}: expected a CSV, found an error up to line {reader.line_num}: {error}; "
            "is a quotation mark missing?"
        ) from None
    rows = [(number, row) for number, row in rows if any(row)]
    if not rows:
        raise GraderError(f"{path}: expected a CSV with titles in its first line, found it empty")
    (_, titles), *rest = rows

    def by_title(row: list[str]) -> dict[str, str]:
        # Of two columns with the same title the first counts.
        return dict(reversed([*zip(titles, [*row, *[""] * len(titles)], strict=False)]))

    return titles, [(number, by_title(row)) for number, row in rest]


def _text(raw: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if raw.startswith(mark):
            return raw.decode(encoding, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pairs = len(_PAIR.findall(raw))
        encoding = "gb18030" if pairs > len(_HALF.findall(raw)) else "cp1252"
        return raw.decode(encoding, "replace")


def written(titles: Sequence[str], rows: Iterable[Sequence]) -> Iterator[bytes]:
    """The lines of a CSV in UTF-8, with a mark at its start by which Excel knows UTF-8."""
    yield codecs.BOM_UTF8
    for row in chain([titles], rows):
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow(map(cell, row))
        yield buffer.getvalue().encode()


def cell(value: str | float | None) -> str:
    """A value as a cell: a text that a spreadsheet could run begins with an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, float | int):
        return f"{value:g}"
    return f"'{value}" if value.startswith(FORMULA) else value
