"""Gradebooks that Canvas and Moodle import, made from the roster and the scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.batch.class_list import Line
from grader.batch.roster import Roster
from grader.batch.teacher_csv import cell, written
from grader.files import replacing

CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = ("Full name", "ID number", "Email address", "Grade", "Feedback comments")


def write(roster: Roster, lines: Sequence[Line], title: str, most: float, folder: Path) -> None:
    """Write gradebook_canvas.csv and gradebook_moodle.csv; who has no score has an empty cell.

    title: of the assignment. most: its points.
    """
    own = {line.person: line for line in lines if line.person is not None and line.counts}
    rows = [(person, own.get(person)) for person in roster.people]
    canvas = _canvas(rows, most)
    moodle_titles = list(roster.titles) if "Grade" in roster.titles else list(MOODLE)
    for name, titles, table in (
        ("gradebook_canvas.csv", [*CANVAS, title], canvas),
        ("gradebook_moodle.csv", moodle_titles, _moodle(rows, moodle_titles)),
    ):
        with replacing(folder / name) as file:
            for line in written(titles, table):
                file.write(line)


def _canvas(rows: Sequence[tuple], most: float) -> Iterator[list]:
    yield ["    Points Possible", "", "", "", "", most]
    for person, line in rows:
        row = person.row
        known = "SIS User ID" in row or "SIS Login ID" in row
        name = row.get("Student") or person.name
        ids = [row.get(title, "") for title in CANVAS[1:4]]
        if not known:
            mail = next((one for one in person.ids if "@" in one), "")
            ids = ["", person.id, mail]
        yield [name, *ids, row.get("Section", ""), line.score if line else None]


def _moodle(rows: Sequence[tuple], titles: Sequence[str]) -> Iterator[list]:
    for person, line in rows:
        mail = next((one for one in person.ids if "@" in one), "")
        number = "" if "@" in person.id else person.id
        values = {"Full name": person.name, "ID number": number, "Email address": mail}
        values |= {title: person.row[title] for title in titles if title in person.row}
        values["Grade"] = cell(line.score if line else None)
        if "Feedback comments" in titles and line:
            values["Feedback comments"] = " ".join([*line.notes, *line.comments.values()])
        yield [values.get(title, "") for title in titles]
