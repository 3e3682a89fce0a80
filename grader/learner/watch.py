"""The watch loop: check at every save, and show the first concept that fails.

Only exercises whose code has changed are checked. The learner works on the first that fails: hints
and reset are about it.
"""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from grader.assignments import Assignment
from grader.errors import GraderError
from grader.i18n.language import localised, say, translated
from grader.judging.grade import Grader, Report
from grader.judging.source import Source, read
from grader.learner import diff, hints, precompute, reset, status, terminal
from grader.learner.events import END, SAVED, events
from grader.learner.fingerprint import fingerprints
from grader.learner.progress import Progress

# An editor may empty a file before it writes it.
SAVING = 0.1


class Session:
    """One learner at one file.

    grader: has `grade`, see grader.judging.grade. interactive: a person at a terminal, who gets
    tables and keys; otherwise every result is one line.
    """

    def __init__(
        self,
        assignment: Assignment,
        path: Path,
        grader,
        progress: Progress,
        console: Console,
        interactive: bool,
    ):
        self.assignment, self.path, self.grader = assignment, path, grader
        self.progress, self.console, self.interactive = progress, console, interactive
        self.names = [region.name for region in status.exercises(assignment)]
        self.current: str | None = None
        self._text: str | None = None
        self._seen: dict[str, str] = {}
        self._reports: dict[str, tuple[str, Report]] = {}
        self._shown = self._asked = False

    def saved(self) -> None:
        """Check what has changed with the last save."""
        source = self._read()
        if source is None or source.text == self._text:
            return
        self._text = source.text
        codes = fingerprints(source.text, self.names)
        changed = [name for name in self.names if codes.get(name, "") != self._seen.get(name)]
        if not changed and self._shown:
            self._line(say("Saved; the code of the exercises is the same."))
            return
        # Code that is no Python has no digests: what was checked before stays.
        self._seen, self._shown = codes or self._seen, bool(codes)
        self._check(source, codes, changed + [n for n in self.names if n not in changed])

    def press(self, key: str) -> bool:
        """Do what a key asks for; False ends the session."""
        try:
            self._do(key)
        except GraderError as error:
            self._line(translated(str(error)))
        return key != END

    def _do(self, key: str) -> None:
        if self._asked:
            self._asked = False
            if key == "y":
                self._line(reset.reset(self.assignment, self._exercise(), self.path))
            else:
                self._line(say("Nothing was reset."))
        elif key == "h":
            name = self._exercise()
            ladder, shown = hints.climb(self.progress, self.assignment.name, name)
            terminal.hint(name, ladder, shown, self.console)
        elif key == "l":
            rows = status.standings(self.assignment, self.progress, self.path)
            self.console.print(status.table(self.assignment.name, rows))
        elif key == "x":
            self._asked = True
            self._line(
                say(
                    "Put the released lines of {exercise} back? A dated copy of your file "
                    "stays. y/n",
                    exercise=self._exercise(),
                )
            )
        elif key != END:
            self._keys()

    def _read(self) -> Source | None:
        try:
            source = read(self.path)
            if not source.text and self._text:
                time.sleep(SAVING)
                source = read(self.path)
            return source
        except GraderError as error:
            self._line(translated(str(error)))
            return None

    def _check(self, source: Source, codes: dict[str, str], order: list[str]) -> None:
        """Check one exercise after another until one fails; unchanged code keeps its report."""
        for name in order:
            code, report = self._reports.get(name, ("", None))
            fresh = report is None or not codes or code != codes[name]
            if report is None or fresh:
                report = self.grader.grade(self.assignment, source, [name])
                if codes:
                    self._reports[name] = (codes[name], report)
            passed = report.score == report.max_score
            if fresh:
                new = self._note(name, report, codes)
                if passed:
                    self._passed(name, report, new)
            if not passed:
                self.current = name
                self._failed(name, report)
                return
        self.current = None
        self._line(say("Everything is done."))

    def _note(self, name: str, report: Report, codes: dict[str, str]) -> bool:
        """Record a report, unless the file is no Python at the moment.

        Returns whether the exercise was not passed before.
        """
        before = self.progress.of(self.assignment.name, name)
        if codes:
            self.progress.note(report, codes)
        return bool(not before.passed or before.failing)

    def _passed(self, name: str, report: Report, new: bool) -> None:
        self._head(name, report)
        if not self.interactive or not new:
            return
        explanation = hints.explanation(self.assignment.name, name)
        terminal.prose(translated(explanation), self.console)
        mine = diff.of(self._text or "", name)
        diff.show(mine, diff.worked(self.assignment, name), self.console)

    def _failed(self, name: str, report: Report) -> None:
        check, failure = next(
            (outcome.check, outcome.failure) for outcome in report.outcomes if outcome.failure
        )
        compared = failure.kind in ("wrong", "follows")
        concept = translated(check.concept) if compared else ""
        if not self.interactive:
            sentence = " ".join(localised(failure).message.split())
            self._line(": ".join(filter(None, (name, self._score(report), concept, sentence))))
            return
        self._head(name, report)
        if concept:
            self.console.print(f"[bold red]{escape(concept)}[/bold red]")
        terminal.explain(failure, self.console)
        self._keys()

    def _head(self, name: str, report: Report) -> None:
        if not self.interactive:
            self._line(f"{name}: {self._score(report)}")
            return
        clock = datetime.now().strftime("%H:%M:%S")
        self.console.rule(
            f"{clock} {escape(name)}: {self._score(report)}", align="left", characters="-"
        )

    def _score(self, report: Report) -> str:
        return say("{earned:g} of {points:g} points", earned=report.score, points=report.max_score)

    def _exercise(self) -> str:
        """The exercise for hints and reset: what failed last, or the next one to do."""
        standing = status.following(status.standings(self.assignment, self.progress, self.path))
        return self.current or (standing.exercise.name if standing else self.names[-1])

    def _keys(self) -> None:
        self._line(say("h hint, l list, x reset, q quit"), "dim")

    def _line(self, text: str, style: str | None = None) -> None:
        self.console.print(escape(text), style=style, soft_wrap=True)


def watch(
    assignment: Assignment, path: Path, progress: Progress, console: Console, interactive: bool
) -> None:
    """Check the file at `path` now and at every save, until `q`, Ctrl-C or a hang-up."""
    with Grader() as grader, events(path, interactive) as happened:
        session = Session(assignment, path, grader, progress, console, interactive)
        session.saved()
        if interactive:
            terminal.isolation(console)
        helper = precompute.start(assignment)
        try:
            for event in happened:
                if event == SAVED:
                    session.saved()
                elif not session.press(event):
                    break
        finally:
            helper.terminate()
            helper.wait()
