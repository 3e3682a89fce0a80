"""A report in the terminal: the message first, the numbers as a small table, points by exercise."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from grader.check import Outcome, Report


def show(report: Report, console: Console) -> None:
    """Print every exercise with its points, and why points are missing."""
    said: set[str] = set()
    for exercise, group in groupby(report.outcomes, lambda outcome: outcome.check.exercise):
        outcomes = list(group)
        earned = sum(outcome.earned for outcome in outcomes)
        points = sum(outcome.check.points for outcome in outcomes)
        console.print(f"[bold]{exercise}[/bold]  {earned:g} of {points:g} points")
        for outcome in outcomes:
            _show(outcome, console, said)
    console.print(f"[bold]{report.assignment}: {report.score:g} of {report.max_score:g}[/bold]")


def _show(outcome: Outcome, console: Console, said: set[str]) -> None:
    check, failure = outcome.check, outcome.failure
    mark = "[green]pass[/green]" if outcome.passed else "[red]miss[/red]"
    title = f"{mark} {outcome.earned:g}/{check.points:g} {escape(check.title)}"
    console.print(_indented(title, 2))
    if failure is None or failure.message in said:
        return
    if failure.kind not in ("wrong", "follows"):
        said.add(failure.message)  # one trouble keeps many checks from running: once is enough
    console.print(_indented(escape(failure.message), 7))
    if failure.table:
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for row in failure.table:
            table.add_row(*map(escape, row))
        console.print(_indented(table, 7))
    if failure.trace:
        console.print(_indented(f"[dim]{escape(failure.trace)}[/dim]", 7))


def _indented(what, columns: int) -> Padding:
    return Padding(what, (0, 0, 0, columns), expand=False)
