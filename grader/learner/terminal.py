"""Print reports and hints: sentences first, numbers in a small table, tracebacks folded."""

from __future__ import annotations

import io
import sys
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.authoring.translate import wrapped
from grader.errors import CheckFailed
from grader.i18n.language import localised, say, translated
from grader.judging.grade import Outcome, Report
from grader.judging.sandbox import walls
from grader.learner.hints import STEPS, Ladder


def console() -> Console:
    """The terminal's console; a character that its encoding lacks becomes a question mark."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    return Console(highlight=False)


def show(report: Report, console: Console, unfolding: str | None = None) -> None:
    """Print every exercise with its points, and why points are missing.

    unfolding: see `explain`.
    """
    printed: set[tuple[str, str]] = set()
    for exercise, group in groupby(report.outcomes, lambda outcome: outcome.check.exercise):
        outcomes = list(group)
        earned = sum(outcome.earned for outcome in outcomes)
        points = sum(outcome.check.points for outcome in outcomes)
        score = say("{earned:g} of {points:g} points", earned=earned, points=points)
        console.print(f"[bold]{escape(exercise)}[/bold]  {score}")
        for outcome in outcomes:
            _show(outcome, console, printed, unfolding)
    score = say("{earned:g} of {points:g} points", earned=report.score, points=report.max_score)
    console.print(f"[bold]{report.assignment}: {score}[/bold]")
    for note in report.notes:
        prose(note.said(say), console)
    isolation(console)


def isolation(console: Console) -> None:
    """Say which walls are missing around a submission, if any."""
    if not walls().complete:
        prose(translated(walls().sentence), console, style="dim")


def _show(
    outcome: Outcome, console: Console, printed: set[tuple[str, str]], unfolding: str | None
) -> None:
    check, failure = outcome.check, outcome.failure
    mark = f"[green]{say('pass')}[/green]" if outcome.passed else f"[red]{say('miss')}[/red]"
    if not outcome.attempted:
        mark = f"[dim]{say('open')}[/dim]"
    title = f"{mark} {outcome.earned:g}/{check.points:g} {escape(translated(check.title))}"
    console.print(indented(title, 2))
    if failure is None:
        return
    where = check.exercise if failure.kind == "follows" else ""
    if (where, failure.message) in printed:
        return
    if failure.kind != "wrong":
        printed.add((where, failure.message))  # one trouble stops many checks: once is enough
    explain(failure, console, 7, unfolding)


def explain(
    failure: CheckFailed, console: Console, indent: int = 0, unfolding: str | None = None
) -> None:
    """Print why a check failed: the sentence, expected and received, the learner's own line.

    unfolding: the command that prints all of the learner's lines in the traceback, the innermost
    last; without it they are printed here.
    """
    failure = localised(failure)
    prose(failure.message, console, indent)
    if failure.table:
        console.print(indented(_table(failure.table), indent))
    lines = failure.trace.splitlines()
    if unfolding and len(lines) > 2:
        folded = say("({count} more lines: {command})", count=len(lines) - 1, command=unfolding)
        lines = [lines[-1], folded]
    for line in lines:
        console.print(indented(f"[dim]{escape(line)}[/dim]", indent))


def _table(rows: list[list[str]]) -> Table:
    """A table. Its first row holds titles if it has three columns or begins with "expected"."""
    titled = len(rows[0]) > 2 or rows[0][0] in (translated("expected"), "expected")
    table = Table(box=None, show_header=titled, header_style="dim", padding=(0, 2, 0, 0))
    for i in range(len(rows[0])):
        table.add_column(escape(rows[0][i]) if titled else "", overflow="fold")
    for row in rows[1:] if titled else rows:
        table.add_row(*map(escape, row))
    return table


def hint(exercise: str, ladder: Ladder, shown: int, console: Console) -> None:
    """Print the first `shown` steps of a ladder, the newest last and bright."""
    console.print(f"[bold]{escape(exercise)}[/bold]: {escape(translated(ladder.name))}")
    for i, step in enumerate(ladder.steps[:shown], 1):
        name = translated(STEPS[i - 1])
        text = f"{i}/{len(ladder.steps)} {name}: {translated(step)}"
        prose(text, console, 2, "" if i == shown else "dim")


def prose(text: str, console: Console, indent: int = 0, style: str = "") -> None:
    """Print a paragraph, wrapped by the rules of its language."""
    lines = wrapped(text, max(console.width - indent, 20))
    console.print(indented(Text("\n".join(lines), style), indent))


def indented(what, columns: int) -> Padding:
    """`what`, moved to the right by this number of columns."""
    return Padding(what, (0, 0, 0, columns), expand=False)
