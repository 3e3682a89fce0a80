"""The page about a class: what it has not understood yet, and who handed in the same.

One HTML file that needs no network and no script. The store's database counts for its tables. Long
lists are cut, and the page says how much is left out.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader import assignments
from grader.assignments import ROOT
from grader.batch import near_duplicates, scores, submissions
from grader.batch.server import released
from grader.batch.store import Store
from grader.batch.words import in_words
from grader.files import replacing
from grader.judging import checks

TEMPLATES = ROOT / "grader" / "templates"
MOST_ROWS, MOST_GROUPS, MOST_NAMES, MOST_LINES = 1000, 40, 12, 200
BINS = 10


@dataclass(frozen=True)
class HeatMap:
    """A heat map: of `of` submissions, `cells[row][column]` have missed the row in the column."""

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


def write(store: Store, folder: Path, assignment: str, path: Path) -> None:
    """Write the page about the store's results; `folder` holds the submissions."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    total, graded, mean = store.base.execute(
        "SELECT count(*), count(r.score), avg(r.score) FROM submissions AS s "
        "LEFT JOIN results AS r ON r.key = s.key"
    ).fetchone()
    rows = store.rows()
    order = [check.exercise for check in checks.collect(assignments.find(assignment).checks)]
    alike, left_out = groups(store, folder, assignment)
    pieces = environment.get_template("page.html").stream(
        title=assignment.replace("_", " ").capitalize(),
        total=total,
        graded=graded,
        mean=mean,
        bins=_bins(store),
        statuses=_statuses(store),
        concepts=heat(store, "concept", order),
        troubles=heat(store, "trouble", order),
        misconceptions=heat(store, "misconception", order),
        groups=alike,
        groups_left_out=left_out,
        rows=(row for row, _ in zip(rows, range(MOST_ROWS), strict=False)),
        missing=scores.missing,
        in_words=in_words,
        rows_left_out=max(0, total - MOST_ROWS),
    )
    with replacing(path) as file:
        for piece in pieces:
            file.write(piece.encode("utf-8", "replace"))


def heat(store: Store, kind: str, order: Sequence[str]) -> HeatMap:
    """How many submissions have missed what, per exercise.

    kind: of the misses in the store. order: of the exercises.
    """
    counted = store.base.execute(
        "SELECT m.what, m.exercise, count(*) FROM misses AS m JOIN submissions AS s "
        "ON s.key = m.key WHERE m.kind = ? GROUP BY m.what, m.exercise",
        (kind,),
    ).fetchall()
    [of] = store.base.execute(
        "SELECT count(*) FROM submissions AS s JOIN results AS r ON r.key = s.key "
        "WHERE r.status = 'graded'"
    ).fetchone()
    totals: dict[str, int] = {}
    for what, _, count in counted:
        totals[what] = totals.get(what, 0) + count
    rows = sorted(totals, key=lambda what: (-totals[what], what))
    columns = sorted({exercise for _, exercise, _ in counted}, key=order.index)
    counts = {(what, exercise): count for what, exercise, count in counted}
    return HeatMap(rows, columns, [[counts.get((r, c), 0) for c in columns] for r in rows], of)


def _bins(store: Store) -> list[int]:
    """How many submissions have each tenth of the points; the last number is of full marks."""
    counts = dict(
        store.base.execute(
            "SELECT min(?, cast(? * r.score / r.max_score AS INTEGER)), count(*) "
            "FROM submissions AS s JOIN results AS r ON r.key = s.key "
            "WHERE r.max_score > 0 GROUP BY 1",
            (BINS, BINS),
        ).fetchall()
    )
    return [counts.get(number, 0) for number in range(BINS + 1)]


def _statuses(store: Store) -> list[tuple[str, int]]:
    return store.base.execute(
        "SELECT r.status, count(*) FROM submissions AS s JOIN results AS r ON r.key = s.key "
        "WHERE r.status != 'graded' GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()


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
    """The lines of two texts side by side, aligned by what renaming does not change."""
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
