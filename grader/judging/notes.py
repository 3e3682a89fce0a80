"""What a reader of a report should know besides the verdicts: one sentence for each thing.

What a submission's process tells may have any shape; what is not as grader.runner.cells makes it
is left out. The sentences are the keys of translations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from grader.errors import MESSAGE
from grader.judging.editions import Edition
from grader.judging.source import Source
from grader.plain_text import plain

SENTENCES = {
    "edition": "Graded as the homework of {year}: {functions}.",
    "lacks": "In that edition {function} has no argument {arguments}: what is checked about it "
    "does not count, and its points go to the other checks.",
    "missing": "Modules that are not here: {modules}.",
    "failed": "Left out, because it failed: {places}.",
    "left_out": "Not run, because no graded function needs it: {places}.",
    "large_cell": "Not read, because it is larger than {limit:,} bytes: cell {cell}.",
    "chosen": "Graded: {file}. Not graded: {others}.",
    "elsewhere": "Not graded here: {function}, of the homework {homework}.",
    "moved": "{name} (its names come from {place})",
    "absent": "{name} (an empty module replaces it)",
    "because": "{place}: {reason}",
    "cell": "cell {cell}",
    "cell_line": "cell {cell}, line {line}",
    "cell_lines": "cell {cell}, lines {line} to {last}",
    "line": "line {line}",
    "lines": "lines {line} to {last}",
    "file_line": "{file}, line {line}",
    "more": "and {count} more",
}
# How many things a sentence lists.
MOST = 30


@dataclass(frozen=True)
class Note:
    """A sentence of SENTENCES with its values; a value that is a list of notes is a list there."""

    kind: str
    values: dict[str, Any] = field(default_factory=dict)

    def said(self, say) -> str:
        """The sentence. say(sentence, **values): translates it and fills it in."""
        values = {
            key: "; ".join(part.said(say) if isinstance(part, Note) else part for part in value)
            if isinstance(value, list)
            else value
            for key, value in self.values.items()
        }
        return plain(say(SENTENCES[self.kind], **values), MESSAGE)

    def __str__(self) -> str:
        return self.said(lambda sentence, **values: sentence.format(**values))


def notes(
    source: Source, edition: Edition, loaded: Iterable[Any], other: dict[str, str]
) -> list[Note]:
    """The notes of a report.

    Args:
        source: The submission.
        edition: What its text says about it.
        loaded: What its processes tell about how it was loaded.
        other: Functions of other homework in it -> that homework.
    """
    told = [record for record in loaded if isinstance(record, dict)]
    found = [*_of_edition(edition), *_remarks(source)]
    found += [Note("elsewhere", {"function": f, "homework": h}) for f, h in other.items()]
    for kind, listed, read in (
        ("missing", "modules", _module),
        ("failed", "places", _failed),
        ("left_out", "places", None),
    ):
        rows = _rows(told, kind)
        parts = _ranges(rows) if read is None else [part for row in rows if (part := read(row))]
        if parts:
            found.append(Note(kind, {listed: _cut(parts)}))
    return found


def _of_edition(edition: Edition) -> list[Note]:
    found = []
    for year in dict.fromkeys(edition.years.values()):
        functions = [name for name, its in edition.years.items() if its == year]
        found.append(Note("edition", {"year": year, "functions": ", ".join(functions)}))
        for name in functions:
            if edition.lacks[name]:
                lacking = ", ".join(sorted(edition.lacks[name]))
                found.append(Note("lacks", {"function": name, "arguments": lacking}))
    return found


def _remarks(source: Source) -> list[Note]:
    known = ("large_cell", "chosen")
    return [
        Note(remark["kind"], {key: value for key, value in remark.items() if key != "kind"})
        for remark in source.remarks
        if remark.get("kind") in known
    ]


def _rows(told: list[dict], kind: str) -> list[list]:
    """The rows of this kind, of all processes, each once."""
    every = [row for record in told for row in _listed(record.get(kind)) if isinstance(row, list)]
    return list({str(row): row for row in every}.values())


def _listed(value: Any) -> list:
    return value if isinstance(value, list) else []


def _module(row: list) -> Note | None:
    if len(row) != 2:
        return None
    name, place = map(_text, row)
    return (
        Note("moved", {"name": name, "place": place}) if place else Note("absent", {"name": name})
    )


def _failed(row: list) -> Note | None:
    if len(row) != 4:
        return None
    file, cell, line, reason = row
    place = _place(_number(cell), _number(line), file=_text(file))
    return Note("because", {"place": [place], "reason": _text(reason)}) if place else None


def _place(
    cell: int | None, line: int | None, last: int | None = None, file: str = ""
) -> Note | None:
    values = {"cell": cell, "line": line, "last": last, "file": file}
    if line is None:
        return Note("cell", values) if cell is not None else None
    kind = "lines" if last is not None and last > line else "line"
    if file:
        return Note("file_line", values)
    return Note(kind if cell is None else f"cell_{kind}", values)


def _ranges(rows: list[list]) -> list[Note]:
    """Places; statements with little between them are one range of lines."""
    ranges: list[list] = []
    for row in rows:
        if len(row) != 3:
            continue
        cell, line, last = map(_number, row)
        if line is None or last is None:
            continue
        if ranges and ranges[-1][0] == cell and 0 <= line - ranges[-1][2] <= 3:
            ranges[-1][2] = last
        else:
            ranges.append([cell, line, last])
    return [place for row in ranges if (place := _place(*row))]


def _cut(parts: list[Note]) -> list[Note]:
    rest = len(parts) - MOST
    return parts if rest <= 0 else [*parts[:MOST], Note("more", {"count": rest})]


def _number(value: Any) -> int | None:
    sound = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**7
    return value if sound else None


def _text(value: Any) -> str:
    return " ".join(str(value).split())[:200]
