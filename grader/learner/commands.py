"""The learner's commands: status, watch, hint, reset and solution."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from grader import assignments
from grader.errors import GraderError
from grader.i18n.language import Lang, say, translated

Name = Annotated[str, typer.Argument(help="The assignment, for example residual_networks.")]
Exercise = Annotated[str | None, typer.Argument(help="One of its exercises.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (status, watch, hint, reset, solution):
        app.command()(command)


def progress():
    """The learner's progress file: .progress.json in the project, or $GRADER_PROGRESS."""
    from grader.learner.progress import Progress

    elsewhere = os.environ.get("GRADER_PROGRESS")
    return Progress(
        Path(elsewhere) if elsewhere else None, warn=lambda line: print(line, file=sys.stderr)
    )


def note(assignment: assignments.Assignment, report) -> None:
    """Record the report of a check of the learner's own file, if that is Python at all."""
    from grader.learner.fingerprint import fingerprints

    if report.source.trouble:
        return

    names = {outcome.check.exercise for outcome in report.outcomes}
    progress().note(report, fingerprints(report.source.text, names))


def status(lang: Lang = None) -> None:
    """Show progress by exercise and points, and the next one to do."""
    from grader.learner import status, terminal

    status.show(progress(), terminal.console())


def watch(
    assignment: Annotated[
        str | None, typer.Argument(help="The assignment; the next one to do if left out.")
    ] = None,
    submission: Annotated[
        Path | None, typer.Option(help="A file elsewhere, in place of assignments/NAME.py.")
    ] = None,
    lang: Lang = None,
) -> None:
    """Check at every save, and show the first concept that fails; h, l, x and q are keys."""
    from grader.learner import terminal
    from grader.learner.watch import watch

    known = progress()
    found = assignments.find(assignment) if assignment else _unfinished(known)
    path = submission or found.file("assignments")
    if not path.is_file():
        raise GraderError(
            f"{path}: expected the exercise, found nothing there; make it with "
            f"python -m grader release {found.name}"
        )
    console = terminal.console()
    interactive = console.is_terminal and sys.stdin.isatty()
    for one in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.default_int_handler)
    try:
        watch(found, path.absolute(), known, console, interactive)
    except KeyboardInterrupt:
        return
    except BrokenPipeError:  # whoever read the pipe has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def hint(assignment: Name, exercise: Exercise = None, lang: Lang = None) -> None:
    """Show the next hint: the concept, then the place, the API, and nearly the line."""
    from grader.learner import hints, terminal

    known, found = progress(), assignments.find(assignment)
    name = _chosen(found, exercise, known)
    ladder, shown = hints.climb(known, found.name, name)
    terminal.hint(name, ladder, shown, terminal.console())


def reset(assignment: Name, exercise: Exercise = None, lang: Lang = None) -> None:
    """Put the released lines back, of one exercise or of all; a dated copy stays."""
    from grader.learner.reset import reset

    print(reset(assignments.find(assignment), exercise))


def solution(
    assignment: Name,
    exercise: Exercise = None,
    show: Annotated[bool, typer.Option("--show", help="Show it before it is passed too.")] = False,
    lang: Lang = None,
) -> None:
    """Show the worked lines beside yours; before the exercise is passed only with --show."""
    from grader.learner import diff, hints, terminal

    known, found = progress(), assignments.find(assignment)
    name = _chosen(found, exercise, known)
    if not known.of(found.name, name).passed:
        if not show:
            raise GraderError(
                say(
                    "{exercise} is not passed yet: python -m grader hint {name} {exercise} helps, "
                    "and --show shows its solution all the same",
                    exercise=name,
                    name=found.name,
                )
            )
        with known.change(found.name, name) as record:
            record.seen = True
    path, console = found.file("assignments"), terminal.console()
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    terminal.prose(translated(hints.explanation(found.name, name)), console)
    diff.show(diff.of(text, name), diff.worked(found, name), console)


def _chosen(assignment: assignments.Assignment, exercise: str | None, known) -> str:
    """The exercise that was named, else the next one to do, else the first."""
    from grader.learner.reset import region
    from grader.learner.status import following, standings

    found = standings(assignment, known)
    if exercise is None:
        return (following(found) or found[0]).exercise.name
    path = assignment.file("solutions")
    return region(path.read_text(encoding="utf-8"), exercise, assignment.name).name


def _unfinished(known) -> assignments.Assignment:
    from grader.learner.status import following, standings

    found = [assignments.find(name) for name in assignments.names()]
    return next((one for one in found if following(standings(one, known))), found[0])
