"""`python -m training race`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from datasets.files import write_whole
from datasets.folders import WORK
from training.command_line import resolved, say, stoppable


@stoppable
def race_command(
    seeds: Annotated[int, typer.Option(min=1, help="How many runs.")] = 1,
    data: Annotated[
        str, typer.Option(help="auto, signs (the photographs) or synthetic (drawn hands).")
    ] = "auto",
    folder: Annotated[Path | None, typer.Option(help="Folder of both data files.")] = None,
    runs: Annotated[Path, typer.Option(help="Folder of all runs.", show_default="runs")] = WORK
    / "runs",
    epochs: Annotated[int | None, typer.Option(min=1, help="In place of the recipe's.")] = None,
    device: Annotated[str | None, typer.Option(help="Such as cpu:0 or gpu:0.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all figures as JSON, too.")
    ] = None,
) -> None:
    """Train the small, fast network: accuracy, and seconds. Finished runs are read."""
    import json

    from training.race import run
    from training.reproduce.run import Options
    from training.reproduce.table import plain
    from training.runs import check_root

    photographs, provenance = resolved(data, folder)
    options = Options(check_root(runs), device=device, epochs=epochs)
    results = [run.result(photographs, provenance, options, seed, say) for seed in range(seeds)]
    raced = run.record(results, provenance.name)
    for line in run.sentences(raced):
        say(line)
    if json_file is not None:
        write_whole(json_file, json.dumps(plain(raced), indent=1) + "\n")
