"""What the commands of this package, which join others, tell a user who can mend what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

BAD_USE = 2


@contextmanager
def in_one_line() -> Iterator[None]:
    """A wrong request is one line and exit status 2, without a traceback."""
    import nets
    from datasets.errors import DataError
    from grader.errors import GraderError
    from grader.i18n.language import translated

    try:
        yield
    except (nets.NetError, DataError, GraderError) as error:
        typer.echo(f"error: {translated(str(error))}", err=True)
        raise typer.Exit(BAD_USE) from None


def status_of(app: Callable, words: list[str] | None, prog: str) -> int:
    """Run a command line of typer; returns the exit status."""
    try:
        app(words, prog)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0
