"""A learner's page: the points, a sentence for each that is missing, and what was handed in."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup, escape

from grader.batch import class_report
from grader.batch.class_list import Line
from grader.batch.words import GRADED, in_words
from grader.files import write_whole
from grader.i18n import pages
from grader.i18n.language import say, spoken
from grader.judging.messages import TRACES
from grader.judging.source import Source
from grader.plain_text import plain
from grader.runner.signatures import ALSO_CALLED

# Of a submission, what its page shows: lines, and letters of a line.
MOST_LINES, MOST_LETTERS = 3000, 500


@dataclass(frozen=True)
class Block:
    """Some lines of a submission: one graded function, or what stands between two of them.

    first: the number of its first line in the file or the cell. lines: ready for the page.
    """

    title: str
    exercise: str | None
    first: int
    lines: Markup


@dataclass(frozen=True)
class _Checked:
    """A check on the page, with what its failure tells."""

    name: str
    earned: float
    points: float
    misconception: str | None
    sentence: str
    table: list[list[str]]
    trace: str


def stamp(line: Line, exercises: Sequence[str]) -> str:
    """Of all that a page depends on: with the same stamp it is the same page."""
    told = [line.key, line.learner, line.file, line.score, line.notes, line.comments, [*exercises]]
    text = json.dumps([told, spoken(), _made_by()], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def _made_by() -> str:
    paths = [Path(__file__), *sorted(pages.TEMPLATES.glob("*.*ml"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


class Pages:
    """Writes the pages of learners. exercises: of the assignment, in their order."""

    def __init__(self, folder: Path, assignment: str, exercises: Sequence[str]):
        self.folder, self.exercises = folder, exercises
        self.title = class_report.title(assignment)
        self.template = pages.environment().get_template("learner.html")

    def write(self, line: Line, document: dict | None, source: Source) -> None:
        """Write one page. document: the result. source: what was handed in."""
        document = document or {"tests": []}
        checked = [_checked(test) for test in document["tests"]]
        failed = [
            one for one, test in zip(checked, document["tests"], strict=True) if not _ok(test)
        ]
        passed = [one for one, test in zip(checked, document["tests"], strict=True) if _ok(test)]
        named = {number for one in failed for number in _named(one.trace)}
        blocks, left_out = blocks_of(source, self.exercises, named)
        most: dict[str, float] = {}
        for test in document["tests"]:
            exercise = test["extra_data"]["exercise"]
            most[exercise] = most.get(exercise, 0) + test["max_score"]
        text = self.template.render(
            learner=plain(line.learner, 300),
            file=plain(line.file, 300),
            title=self.title,
            notes=line.notes,
            comments=line.comments,
            status="" if line.status == GRADED else in_words(line.status),
            score=class_report.number(line.score),
            most=class_report.number(line.max_score),
            exercises=[
                (name, *map(class_report.number, (line.by_exercise.get(name), most.get(name))))
                for name in self.exercises
                if name in most
            ],
            failed=_each_once(failed),
            passed=passed,
            output=document.get("output", "").splitlines(),
            blocks=blocks,
            lines_left_out=left_out,
        )
        write_whole(self.folder / f"{line.name}.html", text.encode("utf-8", "replace"))


def _ok(test: dict) -> bool:
    return test["status"] == "passed"


def _checked(test: dict) -> _Checked:
    more = test["extra_data"]
    told = more.get("told") or {"sentence": test["output"], "table": [], "trace": ""}
    return _Checked(
        test["name"], test["score"], test["max_score"], more.get("misconception"), **told
    )


def _each_once(failed: list[_Checked]) -> list[_Checked]:
    """The failures; a table or trace that an earlier one has with the same sentence is left out."""
    seen: set[str] = set()
    shown = []
    for one in failed:
        told = f"{one.sentence}\n{one.table}\n{one.trace}"
        if told in seen:
            one = _Checked(
                one.name, one.earned, one.points, one.misconception, one.sentence, [], ""
            )
        seen.add(told)
        shown.append(one)
    return shown


def _named(trace: str) -> Iterator[tuple[int | None, int]]:
    """The lines that a trace names, each with its cell, None in a script."""
    for line in trace.splitlines():
        for form in ("cell", "line"):  # what fits the first fits the second too
            pattern = re.escape(say(TRACES[form]))
            for field in ("file", "cell", "number", "where", "code"):
                group = rf"(?P<{field}>\d+)" if field in ("cell", "number") else ".*?"
                pattern = pattern.replace(re.escape(f"{{{field}}}"), group)
            if match := re.fullmatch(pattern, line):
                found = match.groupdict()
                yield int(found["cell"]) if "cell" in found else None, int(found["number"])
                break


def blocks_of(
    source: Source, exercises: Sequence[str], named: set[tuple[int | None, int]]
) -> tuple[list[Block], int]:
    """A submission in blocks, and how many lines are left out.

    named: the lines that a message names, each with its cell, None in a script.
    """
    found: list[Block] = []
    room = MOST_LINES
    left_out = 0
    for part in source.parts:
        lines = re.split(r"\r\n|\r|\n", part["code"])
        told = {number for cell, number in named if cell == part["number"]}
        cell = say("cell {cell}", cell=part["number"]) if part["number"] is not None else ""
        start = 0
        end = len(lines) + 1
        for exercise, first, last in [*_functions(part["code"], exercises), ("", end, end)]:
            between = lines[start : first - 1]
            if any(map(str.strip, between)):
                found.append(Block(cell, None, start + 1, _marked(between[:room], start + 1, told)))
                cell = ""
            left_out += max(0, len(between) - room)
            room = max(0, room - len(between))
            if exercise:
                # A graded function is shown, however long the rest is.
                body = lines[first - 1 : last]
                title = f"{cell}, {exercise}" if cell else exercise
                shown = _marked(body[:MOST_LINES], first, told)
                found.append(Block(title, exercise, first, shown))
                cell, start = "", last
    return [block for block in found if block.lines], left_out


def _functions(code: str, exercises: Sequence[str]) -> list[tuple[str, int, int]]:
    """The graded functions in a text: exercise, first line with its decorators, last line."""
    called = {other: name for name in exercises for other in (name, *ALSO_CALLED.get(name, ()))}
    # Magics and shell lines of a notebook are no Python.
    code = re.sub(r"^[ \t]*[%!].*$", "", code, flags=re.MULTILINE)
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [
        (
            called[node.name],
            min([node.lineno, *(one.lineno for one in node.decorator_list)]),
            node.end_lineno or node.lineno,
        )
        for node in body
        if isinstance(node, ast.FunctionDef) and node.name in called
    ]


def _marked(lines: Sequence[str], first: int, told: set[int]) -> Markup:
    return Markup("").join(
        Markup("<span{}>{}</span>").format(
            Markup(' class="told"') if number in told else "", escape(plain(line, MOST_LETTERS))
        )
        for number, line in enumerate(lines, first)
    )
