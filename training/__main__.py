"""`python -m training`: reference runs, the study of transfer learning, and what was trained."""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path
from typing import Annotated

from datasets.invocation import without_library

try:
    import typer
except ModuleNotFoundError as missing:
    sys.exit(f"error: {without_library(missing)}")

from datasets.errors import DataError
from datasets.files import make_folder, why, write_whole
from datasets.folders import WORK
from training import huge_pages
from training.command_line import Stopped, resolved, say, short, stoppable
from training.doctor.commands import doctor_command
from training.errors import TrainingError, unknown
from training.race.commands import race_command
from training.reproduce.assignments import ASSIGNMENTS, DEFAULT, TARGETS
from training.results.commands import predict_command, runs_app
from training.transfer.commands import pretrain_command, study_app

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Train networks on SIGNS: the reference runs, and the study of transfer learning.",
)

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME", help=f"{', '.join(ASSIGNMENTS)}; by default {' and '.join(DEFAULT)}."
    ),
]
Target = Annotated[str, typer.Option(help="Whose code: solutions, or your own in assignments.")]
Data = Annotated[
    str, typer.Option(help="auto, signs (the photographs) or synthetic (drawn hands).")
]
Folder = Annotated[Path | None, typer.Option(help="Folder of both data files; else SIGNS_DIR.")]
Seeds = Annotated[int, typer.Option(min=1, help="Runs of each recipe.")]
Choice = Annotated[str, typer.Option(help="default, all, or the name of one.")]
Runs = Annotated[Path, typer.Option(help="Folder of all runs.", show_default="runs")]
Json = Annotated[Path | None, typer.Option("--json", help="Write the table as JSON, too.")]
Precision = Annotated[
    str | None,
    typer.Option(
        help="float32, mixed_bfloat16, mixed_float16, or auto, the fastest; else the recipe's."
    ),
]
Device = Annotated[str | None, typer.Option(help="Such as cpu:0 or gpu:0.")]
Devices = Annotated[
    int, typer.Option(min=1, help="How many devices of this machine share each batch.")
]
Epochs = Annotated[
    int | None, typer.Option(min=1, help="In place of the recipe's; the table says so.")
]
Exact = Annotated[
    bool, typer.Option("--exact", help="The same seed gives the same bits; a GPU then is slower.")
]
HoldOut = Annotated[
    bool,
    typer.Option(
        "--hold-out", help="Learn from four fifths of train; answer the other after each epoch."
    ),
]
TensorBoard = Annotated[bool, typer.Option(help="Logs for TensorBoard in runs/.")]


@app.command("reproduce")
@stoppable
def reproduce_command(
    names: Names = None,
    target: Target = "solutions",
    data: Data = "auto",
    folder: Folder = None,
    seeds: Seeds = 1,
    recipe: Choice = "default",
    runs: Runs = WORK / "runs",
    json_file: Json = None,
    precision: Precision = None,
    device: Device = None,
    devices: Devices = 1,
    epochs: Epochs = None,
    tensorboard: TensorBoard = False,
    exact: Exact = False,
    hold_out: HoldOut = False,
) -> None:
    """Train each recipe, or read the run if it is finished; an interrupted one goes on."""
    from training.compile import make_exact
    from training.reproduce import run, table
    from training.runs import check_root

    if target not in TARGETS:
        raise unknown("a target", target, TARGETS)
    names = list(dict.fromkeys(names or _default(recipe, target)))
    if json_file is not None:
        _check_writable(json_file)
    several = None if devices == 1 else devices
    options = run.Options(
        runs,
        target,
        seeds,
        precision,
        device,
        epochs,
        tensorboard,
        exact=exact,
        hold_out=hold_out,
        devices=several,
    )
    run.check(names, recipe, options)
    check_root(runs)
    if exact:
        say(make_exact())
    photographs, provenance = resolved(data, folder)
    rows = list(run.reproduce(names, recipe, photographs, provenance, options, say))
    _show(rows)
    if json_file is not None:
        write_whole(json_file, table.as_json(rows))


app.add_typer(study_app, name="study")
app.command("pretrain")(pretrain_command)
app.add_typer(runs_app, name="runs")
app.command("predict")(predict_command)
app.command("race")(race_command)
app.command("doctor")(doctor_command)


def _default(recipe: str, target: str) -> list[str]:
    """What is trained if nothing is named: what has the recipe, and is of the target."""
    every = ASSIGNMENTS if recipe == "all" else DEFAULT
    return [
        name
        for name in every
        if (target == "solutions" or ASSIGNMENTS[name].functions)
        and (recipe in ("default", "all") or recipe in ASSIGNMENTS[name].every)
    ] or [DEFAULT[-1]]


def _show(rows) -> None:
    from rich.console import Console

    from training.reproduce import announce, table

    console = Console(highlight=False)
    console.print(table.table(rows))
    for line in table.notes(rows):
        console.print(f"- {line}")
    for row in rows:
        console.print(*map(short, row.folders), sep="\n", soft_wrap=True)
    best = next((row for row in rows if row.recommended), rows[-1])
    console.print(*announce.after(best.folders[0]), sep="\n", soft_wrap=True)


def _check_writable(path: Path) -> None:
    """Refuse a path before hours of training, not after them."""
    if path.is_dir():
        raise DataError(f"cannot write {path}: a folder has that name; expected a file")
    try:
        with tempfile.TemporaryFile(dir=make_folder(path.parent)):
            pass
    except OSError as error:
        raise DataError(f"cannot write {path}: {why(error)}") from error


def main(words: list[str] | None = None, prog: str = "python -m training") -> int:
    """Run the command line; a fault is one line on stderr and a status other than 0."""
    warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
    try:
        return app(words, prog, standalone_mode=False) or 0
    except (DataError, TrainingError) as error:
        return _failed(str(error), 1)
    except Stopped as error:
        return _failed(str(error), 130, "")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _failed(f"{where}{why(error)}; what was saved before is whole", 1)
    except Exception as error:
        if not hasattr(error, "format_message"):  # of typer: what is wrong with the arguments
            raise
        return _failed(f"{error.format_message()} (see --help)", 2)


def _failed(message: str, status: int, prefix: str = "error: ") -> int:
    print(f"{prefix}{message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    huge_pages.restart(sys.argv[1:])
    sys.exit(main())
