"""Read a CSV that a teacher has made: whatever separator, encoding and mark at its start it has."""

from __future__ import annotations

import codecs
import csv
import re
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


def read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The titles of the columns, and the rows by title; empty rows are left out.

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
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    except csv.Error as error:
        raise GraderError(f"{path}: expected a CSV, received: {error}") from None
    rows = [row for row in rows if any(row)]
    if not rows:
        raise GraderError(f"{path}: expected a CSV with titles in its first line, found it empty")
    titles, *rest = rows
    return titles, [dict(zip(titles, [*row, *[""] * len(titles)], strict=False)) for row in rest]


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
