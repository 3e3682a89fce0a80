"""The commands for authors: `new` begins an exercise, `prove` says what it still lacks."""

from __future__ import annotations

from typing import Annotated

import typer

from datasets.folders import INSTALLED, ROOT
from datasets.invocation import typed
from grader import assignments
from grader.errors import GraderError

Name = Annotated[str, typer.Argument(metavar="NAME", help="The exercise, such as lenet.")]


def new(name: Name) -> None:
    """Begin an exercise: a small one that works, in solutions/ and tests/, to be rewritten."""
    _require_checkout()
    from grader.authoring.new import create

    for path in create(name):
        print(f"{path}: written")
    print(f"Next: rewrite these files; {typed(f'prove {name}')} says what is missing.")


def prove(
    name: Name,
    po: Annotated[
        str | None,
        typer.Option(
            metavar="LANGUAGE",
            help="Print the sentences that have no translation, such as into zh_CN, as entries "
            "of a .po file, and nothing else.",
        ),
    ] = None,
) -> None:
    """Say point by point what an exercise still lacks; the exit status is 0 if it lacks nothing."""
    _require_checkout()
    from grader.authoring import prove, sentences
    from grader.judging.grade import Grader

    assignment = assignments.find(name)
    if po is not None:
        print(sentences.as_po(prove.untranslated(assignment, po)), end="")
        return
    missing = 0
    with Grader(slots=1) as grader:
        for point in prove.points(assignment, grader):
            print(point, flush=True)
            missing += not point.ok
    print(f"{name}: {missing or 'nothing'} missing")
    raise typer.Exit(1 if missing else 0)


def _require_checkout() -> None:
    """Exercises are written into the project, never into an environment's packages."""
    if INSTALLED:
        raise GraderError(
            f"expected a checkout of the project, found the package in {ROOT}: exercises are "
            "written in a checkout; clone the project and run make there"
        )


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (new, prove):
        app.command()(command)
