"""The page about a class: what it has not understood yet, its submissions, and who are alike.

One HTML file that needs no network. A small script in it sorts and filters the table of
submissions; without it the table is whole. Long lists are cut, and the page says how much is left
out.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader import assignments
from grader.batch import behaviour, near_duplicates, submissions
from grader.batch.class_list import Line
from grader.batch.server import released
from grader.batch.store import Store
from grader.batch.words import GRADED, in_words
from grader.files import replacing
from grader.i18n.language import say, translated
from grader.i18n.pages import environment
from grader.judging import checks
from grader.plain_text import plain

MOST_ROWS, MOST_GROUPS, MOST_NAMES, MOST_LINES = 10_000, 40, 12, 200
MOST_BEHAVIOURS = 100
# Rows that are there at once: a browser takes seconds to lay out ten thousand.
FEW_ROWS = 200
# Letters of a line.
WIDEST = 200
# What a row says is missing; the learner's own page says all of it.
MOST_MISSED = 2
BINS = 10


@dataclass(frozen=True)
class HeatMap:
    """A heat map: of `of` submissions, `cells[row][column]` have missed the row in the column.

    kind: of the misses, see grader.batch.store.misses.
    """

    kind: str
    rows: list[str]
    columns: list[str]
    cells: list[list[int]]
    of: int

    def share(self, count: int) -> float:
        """A count as a part of the submissions, 0 to 1."""
        return count / self.of if self.of else 0.0


@dataclass(frozen=True)
class Group:
    """Near-identical submissions, and two of them line by line: (left, right, whether equal).

    alike: the Jaccard index of the two, 1 for identical texts. more: how many names are left out.
    """

    names: list[str]
    more: int
    alike: float
    pair: tuple[str, str]
    lines: list[tuple[str, str, bool]]


@dataclass(frozen=True)
class _Row:
    """A row of the table of submissions, ready to be shown.

    marks: the codes by which a link finds it: of what is missing, a dot, and the exercise's place.
    """

    name: str
    learner: str
    file: str
    score: str
    points: list[str]
    status: str
    notes: str
    missed: str
    marks: str


def write(
    store: Store,
    folder: Path,
    assignment: str,
    lines: Sequence[Line],
    path: Path,
    said: Sequence[str] = (),
    behaviours: Sequence[behaviour.Group] = (),
) -> None:
    """Write the page about the list of a class.

    folder: of the submissions. said: sentences about the class that its teacher should read.
    behaviours: the groups of wrong answers that behave alike.
    """
    order = [check.exercise for check in checks.collect(assignments.find(assignment).checks)]
    exercises = list(dict.fromkeys(order))
    counted = [line for line in lines if line.counts]
    ran = [line for line in counted if line.status == GRADED]
    kinds = ("concept", "misconception", "trouble")
    concepts, misconceptions, troubles = (heat(ran, kind, exercises) for kind in kinds)
    every = [(map_.kind, row) for map_ in (concepts, misconceptions, troubles) for row in map_.rows]
    shown = [one for one in behaviours if one.count][:MOST_BEHAVIOURS]
    every += [("group", one.behaviour.group) for one in shown]
    codes = {what: number for number, what in enumerate(every)}
    statuses = Counter(in_words(line.status) for line in lines)
    stopped = Counter(in_words(line.status) for line in counted if line.status != GRADED)
    scores = [line.score for line in counted if line.score is not None]
    alike, left_out = groups(store, folder, assignment)
    pieces = (
        environment()
        .get_template("page.html")
        .stream(
            title=title(assignment),
            said=said,
            behaviours=shown,
            behaviours_left_out=sum(1 for one in behaviours if one.count) - len(shown),
            total=len(counted),
            ran=len(ran),
            most=max((line.max_score or 0 for line in lines), default=0),
            mean=_mean(scores),
            mean_without=_mean([score for score in scores if score]),
            bins=_bins(counted),
            statuses=stopped.most_common(),
            all_statuses=sorted(statuses),
            concepts=concepts,
            troubles=troubles,
            misconceptions=misconceptions,
            codes=codes,
            named=named,
            exercises=exercises,
            groups=alike,
            groups_left_out=left_out,
            alone=_alone(store),
            rows=(_row(line, exercises, codes) for line in lines[:MOST_ROWS]),
            few=FEW_ROWS,
            rows_left_out=max(0, len(lines) - MOST_ROWS),
            words={"shown": say("{count} of {total} are shown", count="{count}", total="{total}")},
        )
    )
    pieces.enable_buffering(100)
    with replacing(path) as file:
        for piece in pieces:
            file.write(piece.encode("utf-8", "replace"))


def title(assignment: str) -> str:
    """The name of an assignment as a title."""
    return assignment.replace("_", " ").capitalize()


def named(kind: str, what: str) -> str:
    """What is missing, in the spoken language; the name of a misconception is its code."""
    if kind == "concept":
        return translated(what)
    return in_words(what) if kind == "trouble" else what


def _row(line: Line, exercises: Sequence[str], codes: dict[tuple[str, str], int]) -> _Row:
    wanted = dict.fromkeys(
        what
        for kind in ("misconception", "trouble", "concept")
        for what in line.missed
        if what[0] == kind
    )
    said = list(dict.fromkeys(named(kind, what) for kind, what, _ in wanted))
    more = len(said) - MOST_MISSED
    missed = "; ".join(said[:MOST_MISSED])
    return _Row(
        line.name,
        plain(line.learner, 300),
        "" if line.file == line.learner else plain(line.file, 300),
        number(line.score),
        [number(line.by_exercise.get(exercise)) for exercise in exercises],
        in_words(line.status),
        plain(" ".join(line.notes), 300),
        say("{what}; and {count} more", what=missed, count=more) if more > 0 else missed,
        " ".join(_marks(line, exercises, codes) if line.counts else ()),
    )


def _marks(
    line: Line, exercises: Sequence[str], codes: dict[tuple[str, str], int]
) -> Iterator[str]:
    for kind, what, exercise in line.missed:
        yield f"{codes[kind, what]}.{exercises.index(exercise)}"
    for group in dict.fromkeys(one.group for one in line.behaviours):
        if ("group", group) in codes:
            yield str(codes["group", group])


def number(value: float | None) -> str:
    """Points as text; nothing for None."""
    return "" if value is None else f"{value:g}"


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def heat(lines: Sequence[Line], kind: str, order: Sequence[str]) -> HeatMap:
    """How many submissions have missed what, per exercise.

    lines: those that could be run. kind: of the misses. order: of the exercises.
    """
    counts = Counter((what, e) for line in lines for k, what, e in line.missed if k == kind)
    totals: Counter[str] = Counter()
    for (what, _), count in counts.items():
        totals[what] += count
    rows = sorted(totals, key=lambda what: (-totals[what], what))
    columns = [exercise for exercise in order if any(e == exercise for _, e in counts)]
    return HeatMap(kind, rows, columns, [[counts[r, c] for c in columns] for r in rows], len(lines))


def _bins(lines: Sequence[Line]) -> list[int]:
    """How many submissions have each tenth of the points; the last number is of full marks."""
    found = Counter(
        min(BINS, int(BINS * line.score / line.max_score))
        for line in lines
        if line.score is not None and line.max_score
    )
    return [found[number] for number in range(BINS + 1)]


def _alone(store: Store) -> list[str]:
    """The submissions that earned points with code that cannot be compared."""
    rows = store.base.execute(
        "SELECT s.name FROM submissions AS s JOIN results AS r ON r.key = s.key "
        "WHERE r.score > 0 AND length(r.sketch) = 0 ORDER BY s.name LIMIT ?",
        (MOST_ROWS,),
    )
    return [name for [name] in rows]


def groups(store: Store, folder: Path, assignment: str) -> tuple[list[Group], int]:
    """The groups of near-identical submissions, most alike first, and how many are left out."""
    all_keys = near_duplicates.groups(store)
    groups = (_group(store, folder, assignment, keys) for keys in all_keys[:MOST_GROUPS])
    shown = [group for group in groups if group is not None]
    return sorted(shown, key=lambda group: (-group.alike, group.names)), len(all_keys) - len(shown)


def _group(store: Store, folder: Path, assignment: str, keys: list[str]) -> Group | None:
    marks = ", ".join("?" * len(keys[:MOST_NAMES]))
    members = store.base.execute(
        f"SELECT name, path, key FROM submissions WHERE key IN ({marks}) ORDER BY name",
        keys[:MOST_NAMES],
    ).fetchall()
    if len(members) < 2:
        return None
    first = members[0]
    second = next((other for other in members if other[2] != first[2]), members[1])
    common = released(assignment)
    texts = [
        submissions.read(folder / path.decode("utf-8", "surrogateescape"), assignment).text
        for _, path, _ in (first, second)
    ]
    left, right = (near_duplicates.shingles(text) - common for text in texts)
    names = [name for name, *_ in members]
    return Group(
        names[:MOST_NAMES],
        max(0, len(names) - MOST_NAMES) + max(0, len(keys) - MOST_NAMES),
        len(left & right) / (len(left | right) or 1),
        (first[0], second[0]),
        list(side_by_side(*(_own(text, common) for text in texts)))[:MOST_LINES],
    )


def _own(text: str, common: frozenset[int]) -> list[str]:
    """The lines of the definitions that differ from the released exercise's."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text.splitlines()
    lines = text.splitlines()
    own: list[str] = []
    for node in tree.body:
        part = lines[node.lineno - 1 : node.end_lineno]
        if near_duplicates.shingles("\n".join(part)) - common:
            own += [*part, ""]
    return own


def side_by_side(left: list[str], right: list[str]) -> Iterator[tuple[str, str, bool]]:
    """The lines of two texts side by side, aligned by what renaming does not change.

    Of each text no more than `MOST_LINES` are compared, and no more of a line than is shown.
    """
    left, right = ([plain(line, WIDEST) for line in lines[:MOST_LINES]] for lines in (left, right))
    bare = [
        [re.sub(r"[^\W\d]\w*", "v", re.sub(r"#.*|\s+", "", line)) for line in lines]
        for lines in (left, right)
    ]
    for _, a, b, c, d in difflib.SequenceMatcher(
        a=bare[0], b=bare[1], autojunk=False
    ).get_opcodes():
        for i in range(max(b - a, d - c)):
            left_line = left[a + i] if a + i < b else ""
            right_line = right[c + i] if c + i < d else ""
            yield left_line, right_line, left_line == right_line
