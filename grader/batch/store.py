"""The store of a batch: a database of its submissions and results, which survives any crash.

SQLite in WAL mode: a process that is killed at any moment keeps every committed result. The key of
a result is the hash of submission and grader: nothing is graded twice, and identical submissions
share a result.
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
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from grader.batch.words import NOT_GRADED
from grader.errors import GraderError
from grader.plain_text import plain

NAME = "results.sqlite"
_PAGE = 500
# Of the tables below: another number, and an older program made the database.
_VERSION = 3
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS submissions (
    path BLOB PRIMARY KEY, stem TEXT COLLATE NOCASE, name TEXT, key TEXT, written TEXT,
    file TEXT, page TEXT, next TEXT, present INTEGER);
CREATE INDEX IF NOT EXISTS by_stem ON submissions (stem);
CREATE INDEX IF NOT EXISTS by_name ON submissions (name);
CREATE INDEX IF NOT EXISTS by_key ON submissions (key);
CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, score REAL, max_score REAL, status TEXT, seconds REAL, document BLOB,
    sketch BLOB);
CREATE TABLE IF NOT EXISTS failures (key TEXT PRIMARY KEY, reason TEXT);
CREATE TABLE IF NOT EXISTS regrades (
    path BLOB, word TEXT, before REAL, PRIMARY KEY (path, word));
CREATE TABLE IF NOT EXISTS misses (key TEXT, kind TEXT, what TEXT, exercise TEXT);
CREATE INDEX IF NOT EXISTS misses_by_key ON misses (key);
CREATE TABLE IF NOT EXISTS bands (
    band INTEGER, hash INTEGER, key TEXT, PRIMARY KEY (band, hash, key)) WITHOUT ROWID;
"""
_NAMED = (
    "CASE WHEN (SELECT count(*) FROM submissions AS other WHERE other.stem = submissions.stem) = 1 "
    "THEN stem ELSE apart(path) END"
)
_ROWS = (
    "SELECT s.path, s.name, s.key, r.score, r.max_score, coalesce(r.status, ?), r.seconds, "
    "coalesce(f.reason, ''), s.page, r.document FROM submissions AS s "
    "LEFT JOIN results AS r ON r.key = s.key LEFT JOIN failures AS f ON f.key = s.key "
    "ORDER BY s.name"
)


@dataclass(frozen=True)
class Entry:
    """A submission: its path in FOLDER, its name among the results, and the key of its result.

    written: the key of the result that its JSON file holds. file: the name of the script or
    notebook in it.
    """

    path: str
    name: str
    key: str | None
    written: str | None
    file: str | None = None


@dataclass(frozen=True)
class Row:
    """A submission with its result; score is None if it could not be graded, for this `reason`.

    page: the stamp of the learner's page, see learner_page. tests: of the result, in Gradescope's
    schema.
    """

    path: str
    name: str
    key: str | None
    score: float | None
    max_score: float | None
    status: str
    seconds: float | None
    reason: str
    page: str | None
    tests: list[dict]


class Store:
    """The store in the folder of results. A context manager; one process holds it at a time.

    Args:
        folder: The folder of results.
        assignment: The name of the assignment.
        grader_hash: Of grader.judging.digest.
        key: The fingerprint of the key that cases are drawn with.
        regrade: Take results of another grader too, to be replaced: `moving` is then true.

    Raises:
        GraderError: The folder holds something else, or results of another assignment or grader.
    """

    def __init__(
        self,
        folder: Path,
        assignment: str,
        grader_hash: str,
        key: str = "",
        regrade: bool = False,
    ):
        self.path = folder / NAME
        with ExitStack() as opened:
            self.base = _database(folder, opened)
            self._require_same(
                "assignment",
                assignment,
                f"{folder}: expected results of {assignment}, "
                "found those of another assignment; name another folder with --out",
            )
            self._require_same(
                "key",
                key,
                f"{folder}: expected results of this key, found those of another, which drew other "
                "cases; name that key with --key, or another folder with --out",
            )
            self.moving = regrade and self._about("grader", grader_hash) != grader_hash
            if not self.moving:
                self._require_same(
                    "grader",
                    grader_hash,
                    f"{folder}: expected results of this version of the grader, found those of "
                    "another: its code, checks, settings or Keras have changed since; --regrade "
                    "grades again and shows whose score moves, or name another folder with --out",
                )
            self._opened = opened.pop_all()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind, error: BaseException | None, trace) -> None:
        self.close()
        if isinstance(error, _OF_DAMAGE):
            raise _damaged(self.path, error) from None

    def close(self) -> None:
        """Close the database and release the lock."""
        self._opened.close()

    def _require_same(self, key: str, value: str, message: str) -> None:
        if self._about(key, value) != value:
            raise GraderError(message)

    def _about(self, key: str, value: str) -> str:
        """What is stored about the results; `value` if nothing is yet."""
        try:
            self.base.execute("INSERT OR IGNORE INTO about VALUES (?, ?)", (key, value))
            [stored] = self.base.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()
        except _OF_DAMAGE as error:
            raise _damaged(self.path, error) from None
        return stored

    def register(self, paths: Iterable[str]) -> int:
        """Make `paths` the submissions, and return how many; known submissions keep their results.

        Results are named by the paths without their suffix, if that tells them apart.
        """
        base = self.base
        base.execute("BEGIN IMMEDIATE")
        base.execute("UPDATE submissions SET present = 0, next = NULL")
        base.executemany(
            "INSERT INTO submissions (path, stem, present) VALUES (?, ?, 1) "
            "ON CONFLICT (path) DO UPDATE SET present = 1",
            ((os.fsencode(path), safe(_stem(path))) for path in paths),
        )
        base.execute("DELETE FROM submissions WHERE present = 0")
        base.execute("DELETE FROM failures")
        for change in ("written = NULL, page = NULL WHERE name IS NOT", "name ="):
            base.execute(f"UPDATE submissions SET {change} {_NAMED}")
        base.execute("COMMIT")
        return base.execute("SELECT count(*) FROM submissions").fetchone()[0]

    def entries(self) -> Iterator[Entry]:
        """All submissions in the order of their paths; results may be added meanwhile."""
        last = b""
        while True:
            rows = self.base.execute(
                "SELECT path, name, key, written, file FROM submissions WHERE path > ? "
                "ORDER BY path LIMIT ?",
                (last, _PAGE),
            ).fetchall()
            for path, *rest in rows:
                yield Entry(os.fsdecode(path), *rest)
            if len(rows) < _PAGE:
                return
            last = rows[-1][0]

    def point(self, path: str, key: str, file: str | None = None) -> None:
        """Note that the submission at `path` has the result `key`, which may come later.

        file: the name of the script or notebook in it.
        """
        self.base.execute(
            "UPDATE submissions SET key = ?, file = ? WHERE path = ?",
            (key, file, os.fsencode(path)),
        )

    def propose(self, path: str, key: str) -> None:
        """Note that the submission at `path` has the result `key` under the new grader."""
        self.base.execute(
            "UPDATE submissions SET next = ? WHERE path = ?", (key, os.fsencode(path))
        )

    def proposals(self) -> Iterator[tuple[str, str | None, str]]:
        """The submissions that have a result under the new grader: their names and both keys."""
        yield from self.base.execute(
            "SELECT s.name, s.key, s.next FROM submissions AS s "
            "JOIN results AS r ON r.key = s.next ORDER BY s.name"
        )

    def accept(self, grader_hash: str) -> None:
        """Let the results under the new grader count from now on."""
        self.base.execute("BEGIN IMMEDIATE")
        self.base.execute("UPDATE submissions SET key = next WHERE next IS NOT NULL")
        self.base.execute("UPDATE about SET value = ? WHERE key = 'grader'", (grader_hash,))
        self.base.execute("COMMIT")
        self.moving = False

    def forget(self, path: str, word: str) -> None:
        """Remove the result of the submission at `path`: it is graded again, once for each word."""
        given = (os.fsencode(path), word)
        base = self.base
        base.execute("BEGIN IMMEDIATE")
        if not base.execute("SELECT 1 FROM regrades WHERE path = ? AND word = ?", given).fetchone():
            before = base.execute(
                "SELECT s.key, r.score FROM submissions AS s "
                "LEFT JOIN results AS r ON r.key = s.key WHERE s.path = ?",
                given[:1],
            ).fetchone()
            key, score = before or (None, None)
            base.execute("INSERT INTO regrades VALUES (?, ?, ?)", (*given, score))
            for table in ("results", "misses", "bands"):
                base.execute(f"DELETE FROM {table} WHERE key = ?", (key,))
            base.execute("UPDATE submissions SET written = NULL, page = NULL WHERE key = ?", (key,))
        base.execute("COMMIT")

    def graded_again(self) -> dict[str, list[tuple[str, float | None]]]:
        """Path -> the words for which its submission was graded again, and the score before."""
        found: dict[str, list[tuple[str, float | None]]] = {}
        for path, word, before in self.base.execute("SELECT * FROM regrades ORDER BY rowid"):
            found.setdefault(os.fsdecode(path), []).append((word, before))
        return found

    def wrote(self, path: str, key: str | None) -> None:
        """Note that the submission's JSON file holds the result `key`."""
        self.base.execute(
            "UPDATE submissions SET written = ? WHERE path = ?", (key, os.fsencode(path))
        )

    def paged(self, path: str, stamp: str) -> None:
        """Note the stamp of the learner's page for the submission at `path`."""
        self.base.execute(
            "UPDATE submissions SET page = ? WHERE path = ?", (stamp, os.fsencode(path))
        )

    def holders(self, key: str) -> list[Entry]:
        """The submissions whose result is `key` and whose JSON file is not."""
        rows = self.base.execute(
            "SELECT path, name, key, written, file FROM submissions "
            "WHERE key = ? AND written IS NOT key",
            (key,),
        )
        return [Entry(os.fsdecode(path), *rest) for path, *rest in rows]

    def named(self, name: str) -> bool:
        """Whether a submission has this name among the results."""
        row = self.base.execute("SELECT 1 FROM submissions WHERE name = ?", (name,)).fetchone()
        return row is not None

    def has_result(self, key: str | None) -> bool:
        """Whether the result `key` is there."""
        row = self.base.execute("SELECT 1 FROM results WHERE key = ?", (key,)).fetchone()
        return row is not None

    def record(
        self, key: str, document: dict, sketch: bytes = b"", bands: Iterable[int] = ()
    ) -> None:
        """Commit a result: Gradescope's document, and its sketch, see near_duplicates."""
        base = self.base
        base.execute("BEGIN IMMEDIATE")
        base.execute(
            "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                document["score"],
                document["max_score"],
                document["extra_data"]["status"],
                document["execution_time"],
                zlib.compress(json.dumps(document).encode()),
                sketch,
            ),
        )
        base.executemany(
            "INSERT INTO misses VALUES (?, ?, ?, ?)",
            ((key, *miss) for miss in misses(document["tests"], document["extra_data"]["status"])),
        )
        base.executemany(
            "INSERT OR IGNORE INTO bands VALUES (?, ?, ?)",
            ((number, value, key) for number, value in enumerate(bands)),
        )
        base.execute("COMMIT")

    def fail(self, key: str, reason: str) -> None:
        """Note why a submission could not be graded in this run; the next run tries it again."""
        self.base.execute("INSERT OR REPLACE INTO failures VALUES (?, ?)", (key, reason))

    def document(self, key: str | None) -> dict | None:
        """The result `key` in Gradescope's schema; None if there is none."""
        row = self.base.execute("SELECT document FROM results WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(zlib.decompress(row[0]))

    def reason(self, key: str | None) -> str:
        """Why the submissions of this key could not be graded."""
        row = self.base.execute("SELECT reason FROM failures WHERE key = ?", (key,)).fetchone()
        return row[0] if row else ""

    def rows(self) -> Iterator[Row]:
        """One row per submission, in the order of names."""
        for path, *rest, document in self.base.execute(_ROWS, (NOT_GRADED,)):
            tests = json.loads(zlib.decompress(document))["tests"] if document else []
            yield Row(*(os.fsdecode(path), *rest, tests))


def _database(folder: Path, opened: ExitStack) -> sqlite3.Connection:
    """Lock the folder of results and open its database; `opened` holds what has to be closed."""
    path = folder / NAME
    if folder.exists() and not folder.is_dir():
        raise GraderError(
            f"{folder}: expected a folder for the results, found a file; name another with --out"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists() and any(folder.iterdir()):
            raise GraderError(
                f"{folder}: expected a new folder or the results of an earlier batch, found other "
                "files; name another folder with --out"
            )
        opened.callback(os.close, _locked(folder))
        base = opened.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = NORMAL")
        # The version comes first, so that a process that is killed here leaves no nameless tables.
        [version] = base.execute("PRAGMA user_version").fetchone()
        if version != _VERSION and base.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise GraderError(
                f"{folder}: expected results of this version of the program, found those of "
                "another; name another folder with --out, and every submission is graded again"
            )
        base.execute(f"PRAGMA user_version = {_VERSION}")
        base.executescript(_SCHEMA)
    except (OSError, *_OF_DAMAGE) as error:
        raise GraderError(
            f"{path}: expected to open this database, received: {_in_line(error)}; name another "
            "folder with --out"
        ) from None
    base.create_function("apart", 1, _apart, deterministic=True)
    return base


# What SQLite, and the reading of what it gives, raise over a file in which bytes are wrong.
_OF_DAMAGE = (sqlite3.Error, zlib.error, UnicodeError)
_OF_THE_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY)


def _damaged(path: Path, error: BaseException) -> GraderError:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _OF_THE_DISK:
        return GraderError(
            f"{path}: cannot write there: {error}; the results so far are kept: make room, and the "
            "same command goes on"
        )
    return GraderError(
        f"{path}: expected the results of an earlier batch, found a damaged file "
        f"({_in_line(error)}); name another folder with --out, and every submission is graded again"
    )


def _in_line(error: BaseException) -> str:
    return plain(" ".join(str(error).split()), 200)


def safe(name: str) -> str:
    """A name that every file system takes, and that no spreadsheet reads as a formula."""
    kept = re.sub(r"[^\w.@ +-]", "_", os.fsencode(name).decode("utf-8", "replace"))
    # File systems count bytes, and a suffix comes after the name.
    cut = kept.lstrip("=+-@. ").encode()[:200].decode("utf-8", "ignore")
    return cut.rstrip(". ") or "submission"


def _stem(path: str) -> str:
    name, suffix = os.path.splitext(path)
    return name if suffix.lower() in (".py", ".ipynb", ".zip") else path


def _apart(path: bytes) -> str:
    return f"{safe(os.fsdecode(path))}-{hashlib.sha256(path).hexdigest()[:6]}"


def _locked(folder: Path) -> int:
    """A lock that the system releases when the process ends, however it ends."""
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


def misses(tests: list[dict], status: str) -> list[tuple[str, str, str]]:
    """(kind, what, exercise) of each mistake among the tests of a submission that could be run.

    kind: "concept"; "misconception"; or "trouble" for a function that could not be checked, and
    then `what` is the trouble's kind. What only follows from another failure is left out.
    """
    if status != "graded":
        return []
    found: dict[tuple[str, str, str], None] = {}  # each once, in order
    for test in tests:
        more = test["extra_data"]
        if test["status"] == "passed" or more["kind"] == "follows":
            continue
        kind, what = (
            ("concept", more["concept"]) if more["kind"] == "wrong" else ("trouble", more["kind"])
        )
        found[kind, str(what), more["exercise"]] = None
        if more.get("misconception"):
            found["misconception", str(more["misconception"]), more["exercise"]] = None
    return list(found)
