"""`python -m nets`: list the networks, show one by stage, draw it, compare two."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import Annotated

try:
    import typer
except ModuleNotFoundError as missing:
    sys.exit(
        f"error: expected a Python with {missing.name}, received {sys.executable}; run make, then "
        ".venv/bin/signs nets"
    )

import nets

app = typer.Typer(
    help="The classic convolutional networks: what each is made of and what it costs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A network that `list` shows.")]
Size = Annotated[
    int | None,
    typer.Option(help="Height and width of the image in pixels; by default the paper's."),
]
Classes = Annotated[int | None, typer.Option(help="Number of classes; by default the paper's.")]


@app.command("list")
def list_networks(
    again: Annotated[
        bool, typer.Option("--again", help="Count again what is kept: for a changed network.")
    ] = False,
) -> None:
    """Every network with its year, parameters and multiply-adds at the input of its paper."""
    with _errors():
        from nets.profile.tables import keep_counts, kept_counts, print_list

        if again or not {*nets.names()} <= {*kept_counts()}:
            _import_keras()
        if again:
            keep_counts()
        print_list()


@app.command()
def show(name: Name, size: Size = None, classes: Classes = None) -> None:
    """One network by stage: shape, parameters, multiply-adds, receptive field."""
    with _errors():
        model = _outline(name, size, classes)
        from nets.profile.tables import print_network

        print_network(model)


@app.command()
def plot(
    name: Name,
    out: Annotated[
        str | None, typer.Option(help="A .png, .svg or .pdf; by default NAME.png here.")
    ] = None,
    size: Size = None,
    classes: Classes = None,
) -> None:
    """Draw one network into a file, one block per stage."""
    with _errors():
        model = _outline(name, size, classes)
        from nets.profile.plot import save

        typer.echo(f"wrote {save(model, out or f'{name}.png')}")


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="NAME")],
    second: Annotated[str, typer.Argument(metavar="NAME")],
    size: Size = None,
    classes: Classes = None,
) -> None:
    """Two networks side by side by stage, and the difference of their totals."""
    with _errors():
        for name in (first, second):
            nets.describe(name)
        models = _outline(first, size, classes), _outline(second, size, classes)
        from nets.profile.tables import print_comparison

        print_comparison(*models)


def _outline(name: str, size: int | None, classes: int | None):
    """The network's outline; a wrong name is refused before keras is imported."""
    row = nets.describe(name)
    _import_keras()
    shape = row.native if size is None else (size, size, row.native[2])
    return nets.outline(name, shape, classes)


def _import_keras() -> None:
    """Import keras without the messages of TensorFlow's C++, which no log level silences."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    stderr = os.dup(2)
    with open(os.devnull, "w") as devnull:
        os.dup2(devnull.fileno(), 2)
    try:
        import keras  # noqa: F401
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


@contextmanager
def _errors():
    """A wrong request is one line and exit status 2, without a traceback."""
    try:
        yield
    except nets.NetError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None


def main(words: list[str] | None = None, prog: str = "python -m nets") -> int:
    """Run the command line; returns the exit status."""
    try:
        app(words, prog)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
