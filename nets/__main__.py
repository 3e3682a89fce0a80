"""`python -m nets`: list the networks, show one by stage, draw it, count any, compare them."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
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
NameOrFile = Annotated[
    str, typer.Argument(metavar="NAME|FILE.keras", help="A network of `list`, or a saved model.")
]
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
def cost(
    network: NameOrFile,
    size: Size = None,
    layers: Annotated[bool, typer.Option("--layers", help="A row for each layer.")] = False,
) -> None:
    """What any network costs, by stage of its graph or by layer; no code in a file is run."""
    with _errors():
        model, shape = outline_of(network, size)
        from nets.profile.tables import print_cost

        print_cost(model, shape, layers)


@app.command()
def compare(
    networks: Annotated[
        list[str], typer.Argument(metavar="NAME|FILE.keras...", help="Two networks or more.")
    ],
    size: Size = None,
    classes: Classes = None,
) -> None:
    """Networks side by side: two of ours by stage, more, or saved models, by their totals."""
    with _errors():
        if len(networks) < 2:
            raise nets.NetError(f"expected two networks or more, received {networks[0]} alone")
        for name in networks:
            check_source(name)
        models = [
            _outline(name, size, classes) if name in nets.names() else outline_of(name, None)[0]
            for name in networks
        ]
        from nets.profile.tables import print_comparison

        print_comparison(models)


def _outline(name: str, size: int | None, classes: int | None):
    """The network's outline; a wrong name is refused before keras is imported."""
    row = nets.describe(name)
    _import_keras()
    shape = row.native if size is None else (size, size, row.native[2])
    return nets.outline(name, shape, classes)


def check_source(text: str) -> Path | None:
    """The file that a user means, checked, or None for a network of ours; keras is not imported.

    Args:
        text: The name of a network, or the path of a .keras file.

    Raises:
        NetError: It is neither, or the file needs code that is not Keras' own.
    """
    path = Path(text)
    if text in nets.names() or not (path.suffix or os.sep in text or path.exists()):
        nets.describe(text)
        return None
    from nets.model_files import read_config

    read_config(path)
    return path


def outline_of(text: str, size: int | None):
    """The outline of a network that a user names, and the shape of its images if `size` says one.

    Args:
        text: The name of a network, or the path of a .keras file.
        size: Height and width in pixels, or None.

    Raises:
        NetError: As `check_source`, or the network cannot be built.
    """
    path = check_source(text)
    if path is None:
        return _outline(text, size, None), None
    _import_keras()
    from nets.model_files import outline_file

    model = outline_file(path)
    return model, shape_of(model, size)


def shape_of(model, size: int | None) -> tuple | None:
    """The shape of images of this size, None for the model's own; raises NetError if it has none.

    Args:
        model: A keras.Model with inputs.
        size: Height and width in pixels, or None.
    """
    if size is None:
        return None
    own = tuple(model.inputs[0].shape)
    if len(model.inputs) != 1 or len(own) != 4:
        raise nets.NetError(f"--size: expected a network from one image, received one from {own}")
    return (size, size, own[3])


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
