"""The commands for a class: `batch`, and `export` for other graders' platforms."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from grader import assignments
from grader.errors import GraderError
from grader.i18n.language import Lang, spoken
from grader.runner.limits import Limits

INTERRUPTED = 130
Name = Annotated[str, typer.Argument(help="The assignment, for example residual_networks.")]


class Platform(str, Enum):
    """Where an exported assignment is graded."""

    gradescope = "gradescope"
    classroom = "classroom"
    nbgrader = "nbgrader"


def batch(
    assignment: Name,
    folder: Annotated[
        Path, typer.Argument(help="The submissions: .py, .ipynb and .zip files, or a folder each.")
    ],
    out: Annotated[
        Path, typer.Option(help="The folder of results; one of an earlier run is gone on with.")
    ],
    workers: Annotated[
        int | None, typer.Option(min=1, help="Workers on this machine; one a core if left out.")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(help="In place of workers here: a dask scheduler, tcp://HOST:PORT."),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0.5, help="What one request to a submission may compute.")
    ] = Limits.seconds,
    lang: Lang = None,
) -> None:
    """Grade a folder of submissions: a JSON each, scores.csv and index.html.

    It can be stopped and run again at any time: what is graded stays, nothing is graded twice. For
    a million submissions, take folders of 100,000 and --cluster.
    """
    from grader.batch.run import grade
    from grader.batch.server import Settings

    assignments.find(assignment)
    if workers is not None and cluster is not None:
        raise GraderError("expected --workers or --cluster, received both")
    try:
        counts = grade(folder, out, Settings(assignment, spoken(), seconds), workers, cluster)
    except KeyboardInterrupt:
        print(
            f"stopped; what is graded is kept in {out}: the same command goes on from there",
            file=sys.stderr,
        )
        raise typer.Exit(INTERRUPTED) from None
    print(
        f"{counts.total} submissions: {counts.graded} graded, {counts.known} known from an "
        f"earlier run, {counts.identical} identical to another, {counts.failed} not graded"
    )
    print(f"{out / 'scores.csv'}, {out / 'index.html'}")
    if counts.failed:
        print(
            f"{counts.failed} could not be graded, for reasons that scores.csv names; the same "
            "command tries them again",
            file=sys.stderr,
        )
        raise typer.Exit(1)


def export(
    platform: Annotated[Platform, typer.Argument(help="For whom.")],
    assignment: Name,
    out: Annotated[Path, typer.Option(help="The file to write, or a folder for it.")],
) -> None:
    """Write a Gradescope autograder, a GitHub Classroom workflow, or an nbgrader notebook."""
    from grader.authoring.export import write

    print(write(platform.value, assignments.find(assignment), out))


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(batch)
    app.command()(export)
