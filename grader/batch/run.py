"""A class's submissions, graded by warm workers: `python -m grader batch`.

How far it goes. One pass reads a submission at a time, the ledger holds what is known, and workers
take a submission when they are free: memory does not grow with the number of submissions, and time
grows in proportion to it. For a million, put the workers on a cluster (--cluster, any number of
machines with this checkout): only texts go out and results of a few kilobytes come back, so that
one scheduler feeds hundreds of workers, and the ledger commits thousands of results a second.
Folders of a hundred thousand submissions each, with a RESULTS of their own, keep every folder at a
size that file systems and spreadsheets bear; identical submissions cost nothing within each.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from grader import assignments
from grader.batch import class_report, near_duplicates, submissions
from grader.batch.server import Answer, Job, Settings
from grader.batch.store import Entry, Ledger
from grader.errors import GraderError
from grader.files import whole, write_whole
from grader.judging import digest

COLUMNS = ("submission", "score", "max_score", "status", "seconds", "concepts")


@dataclass
class Counts:
    """What a run has done: of `total` submissions, how many were graded now, known from an earlier
    run, identical to another one, and could not be graded."""

    total: int = 0
    graded: int = 0
    known: int = 0
    identical: int = 0
    failed: int = 0


class Batch:
    """One run over FOLDER into RESULTS. A context manager, which holds the ledger.

    folder: of the submissions. out: of the results. settings: how they are graded. Raises
    GraderError for a folder without submissions, and as Ledger does.
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
        self.edition = digest.grader(assignment, vars(settings))
        self.ledger = Ledger(out, settings.assignment, self.edition)
        self.counts = Counts(self.ledger.register(_chained(first, names)))
        self._running: set[str] = set()

    def __enter__(self) -> Batch:
        return self

    def __exit__(self, *_) -> None:
        self.ledger.__exit__()

    def run(self, pool, advance=lambda: None) -> Counts:
        """Grade what is not known yet, then write the CSV, the page and what files are missing.

        pool: has run(jobs), an iterator of answers. advance: called once a submission.
        """
        for answer in pool.run(self._jobs(advance)):
            self._take(answer)
            advance()
        self._finish()
        return self.counts

    def _jobs(self, advance) -> Iterator[Job]:
        for entry in self.ledger.entries():
            source = submissions.read(self.folder / entry.path, self.settings.assignment)
            if source.text:
                # Identical texts share a result, which must then name nobody's file.
                source = replace(source, filename=f"{self.settings.assignment}.py")
            key = digest.submission(source, self.edition)
            if key != entry.key:
                self.ledger.point(entry.path, key)
            if self.ledger.known(key):
                self.counts.known += key == entry.key
                self.counts.identical += key != entry.key
                advance()
            elif key in self._running or self.ledger.reason(key):
                self.counts.identical += 1
                advance()
            else:
                self._running.add(key)
                yield Job(key, source)

    def _take(self, answer: Answer) -> None:
        if answer.document is None:
            self.ledger.fail(answer.key, answer.reason or "no reason was given")
        else:
            bands = near_duplicates.bands(answer.sketch)
            self.ledger.record(answer.key, answer.document, answer.sketch, bands)
            self.counts.graded += 1
            for entry in self.ledger.holders(answer.key):
                self._write(entry, answer.document)
        self._running.discard(answer.key)

    def _write(self, entry: Entry, document: dict) -> None:
        document["extra_data"]["submission"] = os.fsencode(entry.path).decode("utf-8", "replace")
        write_whole(self._json(entry.name), json.dumps(document, indent=2) + "\n")
        if self.ledger.known(entry.key):
            self.ledger.wrote(entry.path, entry.key)

    def _json(self, name: str) -> Path:
        return self.out / "json" / f"{name}.json"

    def _finish(self) -> None:
        for entry in self.ledger.entries():
            if entry.written == entry.key and self._json(entry.name).exists():
                continue
            document = self.ledger.document(entry.key)
            if document is None:
                self.counts.failed += 1
                document = _not_graded(self.ledger.reason(entry.key), self.settings.assignment)
            self._write(entry, document)
        self._prune()
        with whole(self.out / "scores.csv") as file:
            for line in self._lines():
                file.write(line)
        class_report.write(
            self.ledger, self.folder, self.settings.assignment, self.out / "index.html"
        )

    def _prune(self) -> None:
        """Remove the files of submissions that have gone, and what a killed run left half done."""
        with os.scandir(self.out / "json") as files:
            for file in files:
                if not self.ledger.named(file.name.removesuffix(".json")):
                    os.unlink(file.path)

    def _lines(self) -> Iterator[bytes]:
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in self.ledger.rows():
            values = [row.score, row.max_score, row.status, row.seconds, row.concepts]
            writer.writerow(
                [
                    row.name,
                    *(f"{value:g}" if isinstance(value, float) else value for value in values),
                ]
            )
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()


def _chained(first: str, names: Iterator[str]) -> Iterator[str]:
    yield first
    yield from names


def _not_graded(reason: str, assignment: str) -> dict:
    """Gradescope's document for a submission that the grader failed on: no score, which would look
    like the learner's."""
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
    """Grade all submissions in `folder`, with progress on the standard error.

    workers: how many on this machine, by default one a core. cluster: a dask scheduler's address,
    in their place.
    """
    with Batch(folder, out, settings) as batch, _pool(settings, workers, cluster) as pool:
        with _progress(batch.counts.total) as advance:
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
