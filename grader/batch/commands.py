"""The teacher's commands: `batch` grades a class, `export` writes for other platforms."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from grader import assignments
from grader.errors import GraderError
from grader.i18n.language import Lang, spoken
from grader.judging.key import Key, fingerprint, place
from grader.judging.key import export as export_key
from grader.runner.limits import Limits

INTERRUPTED = 130
Name = Annotated[str, typer.Argument(help="The assignment, for example residual_networks.")]


class Platform(StrEnum):
    """The platforms for which `export` writes."""

    gradescope = "gradescope"
    classroom = "classroom"
    nbgrader = "nbgrader"


def batch(
    assignment: Name,
    folder: Annotated[
        Path, typer.Argument(help="The submissions: .py, .ipynb and .zip files, or a folder each.")
    ],
    out: Annotated[
        Path, typer.Option(help="The folder of results; an earlier run in it is continued.")
    ],
    workers: Annotated[
        int | None, typer.Option(min=1, help="Workers on this machine; one per core if left out.")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(help="Instead of workers here: a dask scheduler, tcp://HOST:PORT."),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0.5, help="How long one request to a submission may compute.")
    ] = Limits.seconds,
    roster: Annotated[
        Path | None,
        typer.Option(help="A CSV of the class, from Moodle, Canvas, Gradescope or your own."),
    ] = None,
    regrade: Annotated[
        bool,
        typer.Option(
            "--regrade", help="After a change of the checks: say whose score moves, and why."
        ),
    ] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="With --regrade: let the new scores count.")
    ] = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="Run the files of strangers without bubblewrap.")
    ] = False,
    key: Key = None,
    lang: Lang = None,
) -> None:
    """Grade a folder of submissions: a page and a JSON file each, scores.csv and index.html.

    It can be stopped and run again at any time: results stay, and nothing is graded twice. For a
    million submissions, take folders of 100,000 and --cluster.
    """
    from grader.batch.run import grade
    from grader.batch.server import Settings
    from grader.judging.sandbox import walls

    assignments.find(assignment)
    if workers is not None and cluster is not None:
        raise GraderError("expected --workers or --cluster, received both")
    try:
        walls().refuse_strangers(trust)
        if not walls().walled and workers != 1 and cluster is None:
            # Submissions of one user could change each other's answers.
            print("without bubblewrap one submission runs at a time", file=sys.stderr)
            workers = 1
        settings = Settings(assignment, spoken(), seconds)
        more = {"roster_file": roster, "regrade": regrade, "accept": accept}
        done = grade(folder, out, settings, workers, cluster, **more)
    except KeyboardInterrupt:
        print(
            f"stopped; the results so far are in {out}: the same command continues from there",
            file=sys.stderr,
        )
        raise typer.Exit(INTERRUPTED) from None
    counts = done.counts
    for sentence in done.said:
        print(sentence, file=sys.stderr)
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
    if counts.failed or done.unusable:
        raise typer.Exit(1)


def export(
    platform: Annotated[Platform, typer.Argument(help="The platform.")],
    assignment: Name,
    out: Annotated[Path, typer.Option(help="The file to write, or a folder for it.")],
    grader: Annotated[
        str | None,
        typer.Option(
            metavar="OWNER/NAME[@REF]",
            help="For classroom: the repository with your copy of this project, which grades; by "
            "default the one that this copy was cloned from.",
        ),
    ] = None,
) -> None:
    """Write a Gradescope autograder, a GitHub Classroom workflow, or an nbgrader notebook."""
    from grader.authoring.export import write

    print(write(platform, assignments.find(assignment), out, grader))


def key(
    out: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="Write the key to this new file."),
    ] = None,
) -> None:
    """Show the fingerprint of the secret key that every check draws its cases with.

    The same key gives the same cases and scores. Take a class's key to another machine with
    --export, and use it there with --key FILE or $GRADER_KEY.
    """
    if out is not None:
        export_key(out)
    print(f"{fingerprint()}  {out or place()}")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(key)
    app.command()(batch)
    app.command()(export)
