"""The ledger of a batch: which submissions there are, and every result, each committed as it comes.

SQLite in WAL mode: a process that is killed at any moment leaves every committed result behind.
Results are keyed by the hash of submission and grader, so that none is worked out twice, and
identical submissions share one. Nothing here is held in memory as a whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.errors import GraderError

NAME = "ledger.sqlite"
NOT_GRADED = "not graded"
_PAGE = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS submissions (
    path BLOB PRIMARY KEY, stem TEXT COLLATE NOCASE, name TEXT, key TEXT, written TEXT,
    present INTEGER);
CREATE INDEX IF NOT EXISTS by_stem ON submissions (stem);
CREATE INDEX IF NOT EXISTS by_name ON submissions (name);
CREATE INDEX IF NOT EXISTS by_key ON submissions (key);
CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, score REAL, max_score REAL, status TEXT, seconds REAL, concepts TEXT,
    document BLOB, sketch BLOB);
CREATE TABLE IF NOT EXISTS failures (key TEXT PRIMARY KEY, reason TEXT);
CREATE TABLE IF NOT EXISTS misses (key TEXT, sort TEXT, what TEXT, exercise TEXT);
CREATE INDEX IF NOT EXISTS misses_by_key ON misses (key);
CREATE TABLE IF NOT EXISTS bands (
    band INTEGER, hash INTEGER, key TEXT, PRIMARY KEY (band, hash, key)) WITHOUT ROWID;
"""
_NAMED = (
    "CASE WHEN (SELECT count(*) FROM submissions AS other WHERE other.stem = submissions.stem) = 1 "
    "THEN stem ELSE apart(path) END"
)
_ROWS = (
    "SELECT s.path, s.name, r.score, r.max_score, coalesce(r.status, ?), r.seconds, "
    "coalesce(r.concepts, f.reason, '') FROM submissions AS s "
    "LEFT JOIN results AS r ON r.key = s.key LEFT JOIN failures AS f ON f.key = s.key "
)


@dataclass(frozen=True)
class Entry:
    """A submission: its path in FOLDER, its name among the results, and the key of its result.

    written: the key of the result that its JSON file holds.
    """

    path: str
    name: str
    key: str | None
    written: str | None


@dataclass(frozen=True)
class Row:
    """A submission's line in scores.csv; score is None where it could not be graded."""

    path: str
    name: str
    score: float | None
    max_score: float | None
    status: str
    seconds: float | None
    concepts: str


class Ledger:
    """The ledger in the folder of results. A context manager; one process holds it at a time.

    edition: the hash of the grader. Raises GraderError for a folder that holds something else, or
    the results of another assignment or grader.
    """

    def __init__(self, folder: Path, assignment: str, edition: str):
        self._lock = self.base = None
        try:
            self._open(folder, folder / NAME)
            self._same(
                "assignment",
                assignment,
                f"{folder}: expected results of {assignment}, "
                "found those of another assignment; name another folder with --out",
            )
            self._same(
                "grader",
                edition,
                f"{folder}: expected results of this version of the "
                "grader, found those of another: its code, checks, settings or Keras have "
                "changed since; name another folder with --out, and every submission is "
                "graded anew",
            )
        except BaseException:
            self.__exit__()
            raise

    def _open(self, folder: Path, path: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not path.exists() and any(folder.iterdir()):
                raise GraderError(
                    f"{folder}: expected a new folder or the results of an earlier "
                    "batch, found other files; name another folder with --out"
                )
            self._lock = _locked(folder)
            self.base = sqlite3.connect(path, isolation_level=None)
            self.base.execute("PRAGMA journal_mode = WAL")
            self.base.execute("PRAGMA synchronous = NORMAL")
            self.base.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise GraderError(
                f"{path}: expected to open the ledger, received: {error}; name "
                "another folder with --out"
            ) from None
        self.base.create_function("apart", 1, _apart, deterministic=True)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_) -> None:
        if self.base is not None:
            self.base.close()
        if self._lock is not None:
            os.close(self._lock)

    def _same(self, key: str, value: str, otherwise: str) -> None:
        self.base.execute("INSERT OR IGNORE INTO about VALUES (?, ?)", (key, value))
        [found] = self.base.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()
        if found != value:
            raise GraderError(otherwise)

    def register(self, paths: Iterable[str]) -> int:
        """Make `paths` the submissions, and return how many; known ones keep their results.

        Results are named by the paths without their suffix, where that tells them apart.
        """
        base = self.base
        base.execute("BEGIN IMMEDIATE")
        base.execute("UPDATE submissions SET present = 0")
        base.executemany(
            "INSERT INTO submissions (path, stem, present) VALUES (?, ?, 1) "
            "ON CONFLICT (path) DO UPDATE SET present = 1",
            ((os.fsencode(path), safe(_stem(path))) for path in paths),
        )
        base.execute("DELETE FROM submissions WHERE present = 0")
        base.execute("DELETE FROM failures")
        for change in ("written = NULL WHERE name IS NOT", "name ="):
            base.execute(f"UPDATE submissions SET {change} {_NAMED}")
        base.execute("COMMIT")
        return base.execute("SELECT count(*) FROM submissions").fetchone()[0]

    def entries(self) -> Iterator[Entry]:
        """All submissions in the order of their paths; results may be added on the way."""
        last = b""
        while True:
            rows = self.base.execute(
                "SELECT path, name, key, written FROM submissions WHERE path > ? ORDER BY path "
                "LIMIT ?",
                (last, _PAGE),
            ).fetchall()
            for path, *rest in rows:
                yield Entry(os.fsdecode(path), *rest)
            if len(rows) < _PAGE:
                return
            last = rows[-1][0]

    def point(self, path: str, key: str) -> None:
        """Note that the submission at `path` has the result `key`, be it there yet or not."""
        self.base.execute("UPDATE submissions SET key = ? WHERE path = ?", (key, os.fsencode(path)))

    def wrote(self, path: str, key: str) -> None:
        """Note that the submission's JSON file holds the result `key`."""
        self.base.execute(
            "UPDATE submissions SET written = ? WHERE path = ?", (key, os.fsencode(path))
        )

    def holders(self, key: str) -> list[Entry]:
        """The submissions whose result is `key` and whose JSON file is not."""
        rows = self.base.execute(
            "SELECT path, name, key, written FROM submissions WHERE key = ? AND written IS NOT key",
            (key,),
        )
        return [Entry(os.fsdecode(path), *rest) for path, *rest in rows]

    def named(self, name: str) -> bool:
        """Whether a submission has this name among the results."""
        found = self.base.execute("SELECT 1 FROM submissions WHERE name = ?", (name,)).fetchone()
        return found is not None

    def known(self, key: str) -> bool:
        """Whether the result `key` is there."""
        found = self.base.execute("SELECT 1 FROM results WHERE key = ?", (key,)).fetchone()
        return found is not None

    def record(
        self, key: str, document: dict, sketch: bytes = b"", bands: Iterable[int] = ()
    ) -> None:
        """Commit a result: Gradescope's document, and the sketch by which it is compared."""
        misses = _misses(document)
        concepts = "; ".join(f"{exercise}: {what}" for _, what, exercise in misses)
        base = self.base
        base.execute("BEGIN IMMEDIATE")
        base.execute(
            "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                document["score"],
                document["max_score"],
                document["extra_data"]["status"],
                document["execution_time"],
                concepts,
                zlib.compress(json.dumps(document).encode()),
                sketch,
            ),
        )
        base.executemany(
            "INSERT INTO misses VALUES (?, ?, ?, ?)", ((key, *miss) for miss in misses)
        )
        base.executemany(
            "INSERT OR IGNORE INTO bands VALUES (?, ?, ?)",
            ((number, value, key) for number, value in enumerate(bands)),
        )
        base.execute("COMMIT")

    def fail(self, key: str, reason: str) -> None:
        """Note why a submission could not be graded in this run; the next run tries it again."""
        self.base.execute("INSERT OR REPLACE INTO failures VALUES (?, ?)", (key, reason))

    def document(self, key: str) -> dict | None:
        """The result `key` in Gradescope's schema; None where there is none."""
        found = self.base.execute("SELECT document FROM results WHERE key = ?", (key,)).fetchone()
        return None if found is None else json.loads(zlib.decompress(found[0]))

    def reason(self, key: str | None) -> str:
        """Why the submissions of this key could not be graded."""
        found = self.base.execute("SELECT reason FROM failures WHERE key = ?", (key,)).fetchone()
        return found[0] if found else ""

    def rows(self, order: str = "s.name") -> Iterator[Row]:
        """All submissions' lines, by their names unless another order is asked for."""
        for path, *rest in self.base.execute(f"{_ROWS} ORDER BY {order}", (NOT_GRADED,)):
            yield Row(os.fsdecode(path), *rest)


def safe(name: str) -> str:
    """A name that is a file's on every system, and no formula in a spreadsheet."""
    kept = re.sub(r"[^\w.@ +-]", "_", os.fsencode(name).decode("utf-8", "replace"))
    # File systems count bytes, and a suffix has yet to come.
    cut = kept.lstrip("=+-@. ").encode()[:200].decode("utf-8", "ignore")
    return cut.rstrip(". ") or "submission"


def _stem(path: str) -> str:
    name, suffix = os.path.splitext(path)
    return name if suffix.lower() in (".py", ".ipynb", ".zip") else path


def _apart(path: bytes) -> str:
    return f"{safe(os.fsdecode(path))}-{hashlib.sha256(path).hexdigest()[:6]}"


def _locked(folder: Path) -> int:
    """A lock that the system gives back when the process ends, however it ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise GraderError(
            f"{folder}: another batch is writing there; wait for it, or name another "
            "folder with --out"
        ) from None
    return descriptor


def _misses(document: dict) -> list[tuple[str, str, str]]:
    """(sort, what, exercise) of what a submission that could be run has got wrong, each once.

    sort: "concept", "misconception", or "trouble" for a function with nothing to judge, what its
    kind. What only follows from another failure is left out.
    """
    if document["extra_data"]["status"] != "graded":
        return []
    found = {}
    for test in document["tests"]:
        more = test["extra_data"]
        if test["status"] == "passed" or more["kind"] == "follows":
            continue
        sort, what = (
            ("concept", more["concept"]) if more["kind"] == "wrong" else ("trouble", more["kind"])
        )
        found[sort, str(what), more["exercise"]] = None
        if more.get("misconception"):
            found["misconception", str(more["misconception"]), more["exercise"]] = None
    return list(found)
