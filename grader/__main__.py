"""The command line: `python -m grader check residual_networks`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader import assignments
from grader.errors import GraderError

BAD_USE = 2
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Checks exercises, explains what is missing, and releases exercises from solutions.",
)
Name = Annotated[str, typer.Argument(help="The assignment, for example residual_networks.")]
Target = Annotated[str, typer.Option(help="Which copy: solutions or assignments.")]


@app.callback()
def main() -> None:
    """Checks exercises and releases them."""


@app.command()
def check(
    assignment: Name,
    target: Target = "assignments",
    submission: Annotated[
        Path | None, typer.Option(help="A file elsewhere, in place of the target's.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write Gradescope's results.json here.")] = None,
) -> None:
    """Check one submission; the exit status is 0 only at full marks."""
    from grader import results, terminal
    from grader.check import grading

    found = assignments.find(assignment)
    path = submission or found.file(target)
    if submission is None and not path.is_file():
        raise GraderError(f"{path}: expected the exercise, found nothing there; make it with "
                          f"python -m grader release {assignment}")
    with grading(path) as (grader, source):
        report = grader.grade(found, source)
    if json is not None:
        results.write(report, json)
    terminal.show(report, _console())
    raise typer.Exit(0 if report.score == report.max_score else 1)


@app.command()
def release(
    assignment: Annotated[
        str | None, typer.Argument(help="One assignment; all if left out.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write to this file or folder, not to assignments/.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a changed file; a dated copy of it stays.")
    ] = False,
) -> None:
    """Make assignments/NAME.py from solutions/NAME.py."""
    from grader.release import release

    names = [assignment] if assignment else assignments.names()
    if out is not None and len(names) > 1 and not out.is_dir():
        raise GraderError(f"{out}: expected an existing folder for {len(names)} exercises")
    for name in names:
        print(release(assignments.find(name), out, force))


def _console() -> Console:
    return Console(highlight=False)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0, 1 for missing points, 2 for bad use."""
    try:
        app(arguments, standalone_mode=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else BAD_USE
    except GraderError as error:
        print(error, file=sys.stderr)
        return BAD_USE
    return 0


if __name__ == "__main__":
    sys.exit(run())
