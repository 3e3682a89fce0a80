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
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from grader import assignments
from grader.batch import (
    class_list,
    class_report,
    learner_page,
    near_duplicates,
    scores,
    submissions,
)
from grader.batch.class_list import Line
from grader.batch.learner_page import Pages
from grader.batch.server import Result, Settings, Task
from grader.batch.store import Entry, Store
from grader.errors import GraderError
from grader.files import replacing, write_whole
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

    Raises:
        GraderError: There are no submissions, or the store refuses the folder of results.
    """

    def __init__(self, folder: Path, out: Path, settings: Settings):
        self.folder, self.out, self.settings = folder, out, settings
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
            store = Store(out, settings.assignment, self.grader_hash, key.fingerprint())
            self.store = opened.enter_context(store)
            self.counts = Counts(self.store.register(chain([first], names)))
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
        for result in pool.run(self._tasks(advance)):
            self._take(result)
            advance()
        self._finish()
        return self.counts

    def _tasks(self, advance) -> Iterator[Task]:
        for entry in self.store.entries():
            source = submissions.read(self.folder / entry.path, self.settings.assignment)
            own = source.filename
            if source.text:
                # Identical texts share a result, so it names no learner's file.
                source = replace(source, filename=self._shared_name(own))
            key = digest.of_submission(source, self.grader_hash)
            if key != entry.key or own != entry.file:
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
        lines = class_list.of(self.store)
        self._write_pages(lines)
        with replacing(self.out / "scores.csv") as file:
            for line in scores.lines(lines, self.checks):
                file.write(line)
        class_report.write(
            self.store, self.folder, self.settings.assignment, lines, self.out / "index.html"
        )

    def _write_pages(self, lines: list[Line]) -> None:
        """Write the pages of learners that are not there yet, or whose stamp has changed."""
        exercises = list(dict.fromkeys(check.exercise for check in self.checks))
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
) -> Counts:
    """Grade all submissions in `folder`, with a progress bar on the standard error.

    Args:
        folder: The folder of submissions.
        out: The folder of results.
        settings: How to grade.
        workers: How many on this machine, by default one per core.
        cluster: The address of a dask scheduler, to use its workers instead.

    Returns:
        What was done.

    Raises:
        GraderError: As Batch, and as grader.batch.dask_cluster.Cluster.
    """
    with (
        Batch(folder, out, settings) as batch,
        _pool(settings, workers, cluster) as pool,
        _progress(batch.counts.total) as advance,
    ):
        return batch.run(pool, advance)


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
