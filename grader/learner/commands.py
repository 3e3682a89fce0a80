"""The learner's commands: status, watch, hint, reset and solution."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from datasets.invocation import typed
from grader import assignments
from grader.errors import GraderError
from grader.i18n.language import Lang, say, translated
from grader.judging.key import Key

if TYPE_CHECKING:
    from grader.judging.grade import Report
    from grader.learner.progress import Progress

Name = Annotated[str, typer.Argument(help="The assignment, for example residual_networks.")]
Exercise = Annotated[str | None, typer.Argument(help="One of its exercises.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (status, watch, hint, reset, solution):
        app.command()(command)


def progress() -> Progress:
    """The learner's progress file: .progress.json in the project, or $GRADER_PROGRESS."""
    from grader.learner.progress import Progress

    elsewhere = os.environ.get("GRADER_PROGRESS")
    return Progress(
        Path(elsewhere) if elsewhere else None, warn=lambda line: print(line, file=sys.stderr)
    )


def note(report: Report) -> None:
    """Record the report on the learner's own file, unless the file is no Python."""
    from grader.learner.fingerprint import fingerprints

    if report.source.trouble:
        return
    names = {outcome.check.exercise for outcome in report.outcomes}
    progress().note(report, fingerprints(report.source.text, names))


def first_screen() -> None:
    """Show the progress, what is next, and how to see every command."""
    status()
    print(say("  {command}  lists all commands", command=typed("--help")))


def status(lang: Lang = None) -> None:
    """Show the points of every exercise, and the next one to do."""
    from grader.learner import status, terminal

    status.show(progress(), terminal.console())


def watch(
    assignment: Annotated[
        str | None, typer.Argument(help="The assignment; the next one to do if left out.")
    ] = None,
    submission: Annotated[
        Path | None, typer.Option(help="A file elsewhere, instead of assignments/NAME.py.")
    ] = None,
    key: Key = None,
    lang: Lang = None,
) -> None:
    """Check at every save, and show the first concept that fails; h, l, x and q are keys."""
    print(say("starting"), flush=True)  # before the imports, which take half a second
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        _watch(assignment, submission)
    except KeyboardInterrupt:
        return
    except BrokenPipeError:  # the reader of the pipe has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _watch(assignment: str | None, submission: Path | None) -> None:
    from grader.learner import terminal
    from grader.learner.watch import watch

    record = progress()
    chosen = assignments.find(assignment) if assignment else _unfinished(record)
    path = submission or chosen.file("assignments")
    if not path.is_file():
        command = typed(f"release {chosen.name}")
        raise GraderError(
            f"{path}: expected the exercise, found nothing there; make it with {command}"
        )
    console = terminal.console()
    interactive = console.is_terminal and sys.stdin.isatty()
    watch(chosen, path.absolute(), record, console, interactive)


def hint(assignment: Name, exercise: Exercise = None, lang: Lang = None) -> None:
    """Show the next hint: the concept, then the place, the API, and nearly the line."""
    from grader.learner import hints, terminal

    record, chosen = progress(), assignments.find(assignment)
    name = _exercise(chosen, exercise, record)
    ladder, shown = hints.climb(record, chosen.name, name)
    terminal.hint(name, ladder, shown, terminal.console())


def reset(assignment: Name, exercise: Exercise = None, lang: Lang = None) -> None:
    """Put the released lines of one exercise, or of all, back; a dated copy of yours stays."""
    from grader.learner.reset import reset

    print(reset(assignments.find(assignment), exercise))


def solution(
    assignment: Name,
    exercise: Exercise = None,
    show: Annotated[
        bool, typer.Option("--show", help="Show it even before you have passed.")
    ] = False,
    lang: Lang = None,
) -> None:
    """Show the worked solution and what differs from yours; before you pass only with --show."""
    from grader.learner import diff, hints, terminal

    record, chosen = progress(), assignments.find(assignment)
    name = _exercise(chosen, exercise, record)
    if not record.of(chosen.name, name).passed:
        if not show:
            raise GraderError(
                say(
                    "{exercise} is not passed yet: {command} helps, and --show shows its solution "
                    "anyway",
                    exercise=name,
                    command=typed(f"hint {chosen.name} {name}"),
                )
            )
        with record.change(chosen.name, name) as entry:
            entry.seen = True
    path, console = chosen.file("assignments"), terminal.console()
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    terminal.prose(translated(hints.explanation(chosen.name, name)), console)
    diff.show(diff.of(text, name), diff.worked(chosen, name), console)


def _exercise(assignment: assignments.Assignment, exercise: str | None, record: Progress) -> str:
    """The named exercise; without a name the next one to do, or the first if all are done."""
    from grader.learner.reset import region
    from grader.learner.status import following, standings

    if exercise is None:
        all_standings = standings(assignment, record)
        return (following(all_standings) or all_standings[0]).exercise.name
    path = assignment.file("solutions")
    return region(path.read_text(encoding="utf-8"), exercise, assignment.name).name


def _unfinished(record: Progress) -> assignments.Assignment:
    from grader.learner.status import following, standings

    names = assignments.names()
    for assignment in map(assignments.find, names):
        if following(standings(assignment, record)):
            return assignment
    return assignments.find(names[0])
