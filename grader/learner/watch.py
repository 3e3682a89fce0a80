"""The watch loop: check at every save, and show the first concept that fails.

Only exercises whose code has changed are checked. The learner works on the first that fails: hints
and reset are about it. A check runs in the background: a new save, x or q stops it.
"""

from __future__ import annotations

import shlex
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from datasets.invocation import typed
from grader.assignments import Assignment
from grader.errors import GraderError
from grader.i18n.language import localised, say, translated
from grader.judging.grade import Grader, Report
from grader.judging.source import Source, read
from grader.judging.stop import Stop
from grader.learner import diff, hints, precompute, reset, status, terminal
from grader.learner.background import Background, Graded
from grader.learner.events import END, SAVED, events
from grader.learner.fingerprint import fingerprints
from grader.learner.progress import Progress
from grader.runner.limits import Limits

# Five seconds that a request computes or sleeps, from the moment its own code begins. Waiting for a
# core does not count, nor do imports and the queue: on a quiet machine an endless loop ends after
# five seconds by the clock, and on a busy one a slow but right answer does not end too soon. The
# slowest worked ones, VGG16 and ResNet50, take 2.1 to 2.6 of them on two cores at a load of 15.
LIMITS = Limits(seconds=5, one_ends_all=True)
# An editor may empty a file before it writes it.
SAVING = 0.1


@dataclass
class Round:
    """The checks of one save: exercises are graded in `order` until one is not passed.

    number: of the check that runs. codes: exercise -> digest of its code, {} if it is not Python.
    """

    source: Source
    codes: dict[str, str]
    order: list[str]
    number: int = 0


class Session:
    """One learner at one file.

    background: see grader.learner.background. interactive: a person at a terminal, who gets tables
    and keys; otherwise every result is one line.
    """

    def __init__(
        self,
        assignment: Assignment,
        path: Path,
        background: Background,
        progress: Progress,
        console: Console,
        interactive: bool,
    ):
        self.assignment, self.path, self.background = assignment, path, background
        self.progress, self.console, self.interactive = progress, console, interactive
        own = path == assignment.file("assignments").absolute()
        elsewhere = "" if own else f"--submission {shlex.quote(str(path))} "
        self._unfolding = typed(f"check {assignment.name} {elsewhere}--traceback")
        self.names = [region.name for region in status.exercises(assignment)]
        self.current: str | None = None
        self.round: Round | None = None
        self._text: str | None = None
        self._seen: dict[str, str] = {}
        self._reports: dict[str, tuple[str, Report]] = {}
        self._shown = self._asked = self._stopped = False
        self._spinner: Status | None = None

    def happened(self, event: str | Graded) -> bool:
        """Do what an event asks for; False ends the session."""
        if isinstance(event, Graded):
            self.graded(event)
        elif event == SAVED:
            self.saved()
        else:
            return self.press(event)
        return True

    def saved(self) -> None:
        """Check what has changed since the last check that came to its end."""
        source = self._read()
        if source is None or source.text == self._text:
            return
        self.stop()
        self._text = source.text
        codes = fingerprints(source.text, self.names)
        changed = [name for name in self.names if codes.get(name, "") != self._seen.get(name)]
        if not changed and self._shown:
            self._line(say("Saved; the code of the exercises is the same."))
            return
        order = changed + [name for name in self.names if name not in changed]
        self.round = Round(source, codes, order)
        self._proceed(self.round)

    def stop(self) -> bool:
        """Stop the check that runs; whether there was one."""
        running, self.round = self.round, None
        self._wait_for(None)
        if running is None:
            return False
        self.background.stop()
        self._shown = False
        return True

    def graded(self, event: Graded) -> None:
        """Note and show a report, and go on."""
        if self.round is None or event.number != self.round.number:
            return  # of a check that was stopped as it ended
        if isinstance(event.report, Exception):
            raise event.report
        running, name, report = self.round, self.round.order.pop(0), event.report
        self._wait_for(None)
        if running.codes:
            self._reports[name] = (running.codes[name], report)
        new = self._note(name, report, running.codes)
        if report.score == report.max_score:
            self._passed(name, report, new)
            self._proceed(running)
        else:
            self._end(running, name, report)

    def press(self, key: str) -> bool:
        """Do what a key asks for; False ends the session."""
        try:
            self._do(key)
        except GraderError as error:
            self._line(translated(str(error)))
        return key != END

    def _do(self, key: str) -> None:
        if self._asked and key != END:
            self._asked = False
            try:
                if key == "y":
                    self._line(reset.reset(self.assignment, self._exercise(), self.path))
                else:
                    self._line(say("Nothing was reset."))
            finally:
                if self._stopped:
                    self._stopped, self._text = False, None
                    self.saved()
        elif key == "h":
            name = self._exercise()
            ladder, shown = hints.climb(self.progress, self.assignment.name, name)
            terminal.hint(name, ladder, shown, self.console)
        elif key == "l":
            self._list()
        elif key == "x":
            self._asked, self._stopped = True, self.stop()
            self._line(
                say(
                    "Put the released lines of {exercise} back? A dated copy of your file "
                    "stays. y/n",
                    exercise=self._exercise(),
                )
            )
        elif key != END:
            self._keys()

    def _list(self) -> None:
        """Print all checks, with what is known of them."""
        codes = fingerprints(self._text or "", self.names)
        known = [
            outcome
            for name, (code, report) in self._reports.items()
            if code == codes.get(name)
            for outcome in report.outcomes
        ]
        rows = status.standings(self.assignment, self.progress, self.path)
        for table in status.tables_of_checks(self.assignment, rows, known):
            self.console.print(table)

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

    def _proceed(self, running: Round) -> None:
        """Go to the next exercise without a report on its code, or to one that is not passed."""
        while running.order:
            name = running.order[0]
            code, report = self._reports.get(name, ("", None))
            if report is None or not running.codes or code != running.codes[name]:
                self._wait_for(name)
                running.number = self.background.start(self.assignment, running.source, name)
                return
            if report.score != report.max_score:
                self._end(running, name, report)
                return
            running.order.pop(0)
        self._end(running)

    def _end(self, running: Round, name: str | None = None, report: Report | None = None) -> None:
        """Show the exercise that is not passed, if there is one."""
        self.round, self.current = None, name
        # Code that is no Python has no digests: what was checked before stays.
        self._seen, self._shown = running.codes or self._seen, bool(running.codes)
        if name is None or report is None:
            self._line(say("{name} is done.", name=self.assignment.name))
            self._line(status.next_step(self.progress))
        else:
            self._failed(name, report)

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
        terminal.explain(failure, self.console, unfolding=self._unfolding)
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

    def _wait_for(self, exercise: str | None) -> None:
        """Say what is being checked until the next call, or from now on nothing."""
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None
        if exercise is None:
            return
        text = say("checking {exercise}", exercise=exercise)
        if self.interactive:
            self._spinner = self.console.status(escape(text), spinner="line", refresh_per_second=4)
            self._spinner.start()
        else:
            self._line(text)

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
    if interactive:
        terminal.isolation(console)
    with (
        closing(Stop()) as stop,
        Grader(LIMITS, stop=stop) as grader,
        events(path, interactive) as queue,
    ):
        background = Background(grader, stop, queue.put)
        session = Session(assignment, path, background, progress, console, interactive)
        helper: subprocess.Popen | None = None
        try:
            session.saved()
            while session.happened(queue.get()):
                # The first check has the machine for itself.
                if helper is None and session.round is None:
                    helper = precompute.start(assignment)
        finally:
            session.stop()
            if helper is not None:
                helper.terminate()
                helper.wait()
