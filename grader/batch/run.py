"""Grade a class: every submission in a folder, by several workers (`python -m grader batch`).

How it scales. One pass reads one submission at a time, the store holds the results, and a worker
takes a submission when it is free. Memory grows by two kilobytes a submission, for the list of the
class, and time in proportion to their number. For a million submissions, put the workers on a
cluster (--cluster, any number of machines with this checkout). Only texts go out and results of a
few kilobytes come back, so one scheduler feeds hundreds of workers, and the store commits thousands
of results per second. Take folders of 100,000 submissions, each with its own RESULTS: file systems
and spreadsheets can handle that many. Within a folder, identical submissions are graded once.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from grader import assignments
from grader.batch import (
    behaviour,
    class_list,
    class_report,
    gradebooks,
    learner_page,
    near_duplicates,
    overrides,
    roster,
    scores,
    submissions,
)
from grader.batch.class_list import Line
from grader.batch.learner_page import Pages
from grader.batch.server import Result, Settings, Task
from grader.batch.store import Entry, Store
from grader.errors import GraderError
from grader.files import replacing, write_whole
from grader.i18n.language import say
from grader.judging import checks, digest, key


@dataclass
class Counts:
    """How many of `total` submissions a run has graded, and how many not.

    known: graded in an earlier run. identical: to another submission. failed: not gradable.
    """

    total: int = 0
    graded: int = 0
    known: int = 0
    identical: int = 0
    failed: int = 0


class Batch:
    """One run over a class. A context manager, which holds the store.

    Args:
        folder: The folder of submissions.
        out: The folder of results.
        settings: How to grade.
        roster_file: The roster of the class, if there is one.
        regrade: Grade results of another grader again. The moves are only said, unless `accept`.
        accept: Let them count.

    `said` has sentences for the teacher, `unusable` how many of her overrides cannot be used.

    Raises:
        GraderError: There are no submissions, a file of the teacher's is no table, or the store
            refuses the folder of results.
    """

    def __init__(
        self,
        folder: Path,
        out: Path,
        settings: Settings,
        roster_file: Path | None = None,
        regrade: bool = False,
        accept: bool = False,
    ):
        self.folder, self.out, self.settings, self.accept = folder, out, settings, accept
        self.said: list[str] = []
        self.unusable = 0
        self.roster = roster.read(roster_file) if roster_file else None
        names = submissions.scan(folder, without=out)
        first = next(names, None)
        if first is None:
            raise GraderError(
                f"{folder}: expected submissions, .py, .ipynb or .zip files or a "
                "folder each, found none"
            )
        assignment = assignments.find(settings.assignment)
        self.checks = checks.collect(assignment.checks)
        self.grader_hash = digest.of_grader(assignment, vars(settings))
        with ExitStack() as opened:
            store = Store(out, settings.assignment, self.grader_hash, key.fingerprint(), regrade)
            self.store = opened.enter_context(store)
            self.counts = Counts(self.store.register(chain([first], names)))
            self.overrides = overrides.read(out)
            self.comments = behaviour.comments(out)
            opened.pop_all()
        self._running: set[str] = set()

    def __enter__(self) -> Batch:
        return self

    def __exit__(self, *error) -> None:
        self.store.__exit__(*error)

    def run(self, pool, advance=lambda: None) -> Counts:
        """Grade what has no result yet, then write the CSV, the page and the missing files.

        Args:
            pool: Its run(tasks) yields results.
            advance: Called once per submission.
        """
        if not self.store.moving and any(row.regrade for row in self.overrides):
            lines = class_list.of(self.store)
            self._join(lines)
            for line, word in overrides.regrades(self.overrides, lines):
                self.store.forget(line.path, word)
        for result in pool.run(self._tasks(advance)):
            self._take(result)
            advance()
        if not self.store.moving or self._moved():
            self._finish()
        return self.counts

    def _moved(self) -> bool:
        """Say whose score moves under the new grader, and why. Returns whether it may count now."""
        count = moved = 0
        for name, before, after in self.store.proposals():
            count += 1
            if told := _move(self.store.document(before), self.store.document(after)):
                moved += 1
                self.said.append(f"{name}: {told}")
        self.said.append(
            say(
                "{moved} of {count} scores move under the changed checks.", moved=moved, count=count
            )
        )
        self.counts.failed = self.counts.total - count
        if self.counts.failed or not self.accept:
            self.said.append(
                say("Nothing is written yet: the same command with --accept lets them count.")
            )
            return False
        self.counts.failed = 0
        self.store.accept(self.grader_hash)
        return True

    def _join(self, lines: list[Line]) -> list[str]:
        """Find the learner of each submission and the one of hers that counts; say what is odd."""
        said = roster.join(lines, self.roster) if self.roster else []
        times = {}
        for line in lines:
            with suppress(OSError):
                times[line.path] = (self.folder / line.path).lstat().st_mtime
        return [*said, *roster.later_ones(lines, times)]

    def _tasks(self, advance) -> Iterator[Task]:
        for entry in self.store.entries():
            source = submissions.read(self.folder / entry.path, self.settings.assignment)
            own = source.filename
            if source.text:
                # Identical texts share a result, so it names no learner's file.
                source = replace(source, filename=self._shared_name(own))
            key = digest.of_submission(source, self.grader_hash)
            if self.store.moving:
                self.store.propose(entry.path, key)
            elif key != entry.key or own != entry.file:
                self.store.point(entry.path, key, own)
            if self.store.has_result(key):
                self.counts.known += key == entry.key
                self.counts.identical += key != entry.key
                advance()
            elif key in self._running or self.store.reason(key):
                self.counts.identical += 1
                advance()
            else:
                self._running.add(key)
                yield Task(key, source)

    def _take(self, result: Result) -> None:
        if result.document is None:
            self.store.fail(result.key, result.reason or "no reason was given")
        else:
            bands = near_duplicates.bands(result.sketch)
            self.store.record(result.key, result.document, result.sketch, bands)
            self.counts.graded += 1
            for entry in self.store.holders(result.key):
                self._write(entry, result.document)
        self._running.discard(result.key)

    def _write(self, entry: Entry, document: dict) -> None:
        if entry.file:
            document = _renamed(document, self._shared_name(entry.file), entry.file)
        document["extra_data"]["submission"] = os.fsencode(entry.path).decode("utf-8", "replace")
        write_whole(self._json(entry.name), json.dumps(document, indent=2) + "\n")
        if self.store.has_result(entry.key):
            self.store.wrote(entry.path, entry.key)

    def _shared_name(self, own: str) -> str:
        """The name of the file in a result that identical submissions share."""
        return f"{self.settings.assignment}{Path(own).suffix.lower()}"

    def _json(self, name: str) -> Path:
        return self.out / "json" / f"{name}.json"

    def _finish(self) -> None:
        for entry in self.store.entries():
            if entry.written == entry.key and self._json(entry.name).exists():
                continue
            document = self.store.document(entry.key)
            if document is None:
                self.counts.failed += 1
                document = _not_graded(self.store.reason(entry.key), self.settings.assignment)
            self._write(entry, document)
        self._prune()
        again = self.store.graded_again()
        lines = class_list.of(self.store)
        self.said += self._join(lines)
        exercises = list(dict.fromkeys(check.exercise for check in self.checks))
        for line in lines:
            line.notes += _again(again.get(line.path, ()), line.score)
        unusable = overrides.apply(self.overrides, lines, exercises)
        self.said, self.unusable = [*self.said, *unusable], len(unusable)
        for line in lines:
            line.comments = {
                one.exercise: self.comments[one.group]
                for one in line.behaviours
                if one.group in self.comments
            }
        alike = behaviour.groups(lines, self.comments)
        behaviour.write(alike, self.out)
        self._write_pages(lines, exercises)
        with replacing(self.out / "scores.csv") as file:
            for written in scores.lines(lines, self.checks):
                file.write(written)
        title, index = class_report.title(self.settings.assignment), self.out / "index.html"
        if self.roster:
            most = max((line.max_score or 0 for line in lines), default=0)
            gradebooks.write(self.roster, lines, title, most, self.out)
        name = self.settings.assignment
        class_report.write(self.store, self.folder, name, lines, index, self.said, alike)

    def _write_pages(self, lines: list[Line], exercises: list[str]) -> None:
        """Write the pages of learners that are not there yet, or whose stamp has changed."""
        pages = Pages(self.out / "learners", self.settings.assignment, exercises)
        for line in lines:
            stamp = learner_page.stamp(line, exercises)
            if line.page == stamp and (pages.folder / f"{line.name}.html").exists():
                continue
            source = submissions.read(self.folder / line.path, self.settings.assignment)
            document = self.store.document(line.key)
            if document and source.text:
                document = _renamed(document, self._shared_name(source.filename), source.filename)
            pages.write(line, document, source)
            self.store.paged(line.path, stamp)

    def _prune(self) -> None:
        """Remove the files of submissions that have gone, and those that a killed run left."""
        for folder, ending in (("json", ".json"), ("learners", ".html")):
            (self.out / folder).mkdir(exist_ok=True)
            with os.scandir(self.out / folder) as files:
                for file in files:
                    if not self.store.named(file.name.removesuffix(ending)):
                        os.unlink(file.path)


def _again(words: Iterable[tuple[str, float | None]], now: float | None) -> list[str]:
    return [
        say(
            "Graded again ({word}): {before:g} points before, {now:g} then.",
            word=word,
            before=before,
            now=now,
        )
        for word, before in words
        if before is not None and now is not None
    ]


def _move(before: dict | None, after: dict | None) -> str:
    """How a score moves, with the checks in which it does; nothing if it stays."""
    old, new = ({} if one is None else one for one in (before, after))
    if old.get("score") == new.get("score"):
        return ""
    points = [
        {test["extra_data"]["check"]: test["score"] for test in one.get("tests", [])}
        for one in (old, new)
    ]
    checks = [
        f"{check} {points[0].get(check, 0):g} -> {points[1].get(check, 0):g}"
        for check in dict.fromkeys([*points[0], *points[1]])
        if points[0].get(check, 0) != points[1].get(check, 0)
    ]
    return f"{old.get('score', 0):g} -> {new.get('score', 0):g} ({', '.join(checks)})"


def _renamed(document: dict, shared: str, own: str) -> dict:
    """The document with the learner's own file name in its texts."""
    shared_name = re.compile(rf"(?<![\w./-]){re.escape(shared)}\b")

    def own_text(value):
        if isinstance(value, str):
            return shared_name.sub(lambda _: own, value)
        if isinstance(value, list):
            return [own_text(one) for one in value]
        return {key: own_text(one) for key, one in value.items()} if value else value

    def renamed(test: dict) -> dict:
        more = {**test["extra_data"], "told": own_text(test["extra_data"].get("told"))}
        return {**test, "output": own_text(test["output"]), "extra_data": more}

    own_output = {"output": own_text(document["output"])} if "output" in document else {}
    tests = [renamed(test) for test in document["tests"]]
    more = dict(document["extra_data"])
    return {**document, **own_output, "tests": tests, "extra_data": more}


def _not_graded(reason: str, assignment: str) -> dict:
    """Gradescope's document for a submission that the grader failed on.

    It has no score: 0 would look like the learner's.
    """
    return {
        "output": f"This submission could not be graded: {reason}. It is tried again when the "
        "batch runs again.",
        "visibility": "visible",
        "tests": [],
        "extra_data": {"assignment": assignment, "status": "not graded"},
    }


def grade(
    folder: Path,
    out: Path,
    settings: Settings,
    workers: int | None = None,
    cluster: str | None = None,
    **more,
) -> Batch:
    """Grade all submissions in `folder`, with a progress bar on the standard error.

    Args:
        folder: The folder of submissions.
        out: The folder of results.
        settings: How to grade.
        workers: How many on this machine, by default one per core.
        cluster: The address of a dask scheduler, to use its workers instead.
        more: Further arguments of Batch.

    Returns:
        The run, closed: its `counts`, and what is to be `said`.

    Raises:
        GraderError: As Batch, and as grader.batch.dask_cluster.Cluster.
    """
    with (
        Batch(folder, out, settings, **more) as batch,
        _pool(settings, workers, cluster) as pool,
        _progress(batch.counts.total) as advance,
    ):
        batch.run(pool, advance)
    return batch


def _pool(settings: Settings, workers: int | None, cluster: str | None):
    if cluster is not None:
        from grader.batch.dask_cluster import Cluster

        return Cluster(cluster, settings)
    from grader.batch.processes import Pool

    return Pool(settings, workers or os.cpu_count() or 1)


@contextmanager
def _progress(total: int):
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("grading", total=total)
        yield lambda: bar.advance(task)
