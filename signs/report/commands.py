"""`signs report`: a page about a learner's progress, which joins the grader and the runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from datasets.files import user_path
from datasets.folders import WORK
from signs.errors import in_one_line, status_of

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def report(
    out: Annotated[
        Path, typer.Option(help="The page, one HTML file.", show_default="report.html here")
    ] = Path("report.html"),
    runs: Annotated[Path, typer.Option(help="Folder of all runs.", show_default="runs")] = WORK
    / "runs",
    lang: Annotated[
        str | None, typer.Option(help="en or zh; without it, the language of the locale.")
    ] = None,
) -> None:
    """Write a page about your progress: points over time, hints, what is next, your runs.

    Nothing leaves this machine: the page is one file, and it asks nothing of the internet.
    """
    with in_one_line():
        from grader.i18n import language
        from grader.learner.commands import progress
        from signs.report import page

        language.use(language.of_locale() if lang is None else lang)
        size = page.write(progress(), user_path(runs), user_path(out))
        typer.echo(
            language.say("wrote {file}: {size:.2f} MB, for you alone", file=out, size=size / 1e6)
        )


def main(words: list[str] | None = None, prog: str = "signs report") -> int:
    """Run the command line; returns the exit status."""
    return status_of(app, words, prog)
