"""`python -m training study transfer` and `python -m training pretrain`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from datasets.files import write_whole
from datasets.folders import WORK
from training.command_line import resolved, say, stoppable
from training.errors import TrainingError

study_app = typer.Typer(
    rich_markup_mode=None, help="Many runs that answer one question, kept as they are done."
)
FOLDER = WORK / "runs" / "transfer"

Net = Annotated[str, typer.Option(help="A network of `signs nets list`.")]
Sizes = Annotated[str, typer.Option(help="Photographs per class, with commas between.")]
Seeds = Annotated[int, typer.Option(min=1, help="Runs of each; another choice of photographs.")]
Policies = Annotated[str, typer.Option(help="What trains: softmax, later, all, initial.")]
Weights = Annotated[
    str,
    typer.Option(help="Sources: random, synthetic, imagenet, hub:PRESET, or the path of a file."),
]
Epochs = Annotated[
    int | None, typer.Option(min=1, help="Of every run; else 9, and at least 120 steps.")
]
Hands = Annotated[int, typer.Option(min=6, help="Drawn hands to pre-train on.")]
PretrainEpochs = Annotated[int | None, typer.Option(min=1, help="Of the pre-training; else 4.")]
Data = Annotated[
    str, typer.Option(help="auto, signs (the photographs) or synthetic (drawn hands).")
]
Folder = Annotated[Path | None, typer.Option(help="Folder of both data files; else SIGNS_DIR.")]
Runs = Annotated[Path, typer.Option(help="Folder of all runs.", show_default="runs/transfer")]
HeldOut = Annotated[
    bool, typer.Option("--held-out", help="Test on 216 of train instead: to choose settings.")
]
Show = Annotated[bool, typer.Option("--show", help="Train nothing: what is recorded so far.")]
Json = Annotated[Path | None, typer.Option("--json", help="Write all runs as JSON, too.")]


@study_app.callback()
def _group() -> None:
    """Without a callback typer would drop the name of a single command."""


@study_app.command("transfer")
@stoppable
def study_transfer(
    net: Net = "resnet18",
    sizes: Sizes = "5,10,20,50,180",
    seeds: Seeds = 5,
    policies: Policies = "softmax,later,all,initial",
    weights: Weights = "random,synthetic",
    epochs: Epochs = None,
    hands: Hands = 12_000,
    pretrain_epochs: PretrainEpochs = None,
    data: Data = "auto",
    folder: Folder = None,
    runs: Runs = FOLDER,
    held_out: HeldOut = False,
    show: Show = False,
    json_file: Json = None,
) -> None:
    """Accuracy by photographs per class, policy and source of weights; finished runs are read."""
    from training.progress import count
    from training.runs import EARLIER_CODE, check_root
    from training.transfer import report, study

    plan = study.Plan(
        folder=check_root(runs),
        net=net,
        sizes=_numbers(sizes),
        policies=_words(policies),
        weights=_words(weights),
        seeds=seeds,
        epochs=epochs,
        held_out=held_out,
        hands=hands,
        pretraining_recipe=_recipe(pretrain_epochs),
    )
    photographs, provenance = resolved(data, folder)
    if show:
        study.check(plan, photographs)
        results = study.recorded(plan, photographs, provenance)
        old = study.earlier(plan, photographs, provenance)
        others = f"{count(old, 'run')} made {EARLIER_CODE}" if old else ""
        if not results:
            extra = f" ({others}, kept)" if others else ""
            raise TrainingError(
                f"no run of this study is recorded in {runs} yet{extra}: leave out --show"
            )
        if others:
            say(f"{runs}: {others}, kept but not shown")
    else:
        results = study.study(plan, photographs, provenance, say)
    _show(results, provenance.name, plan)
    if json_file is not None:
        write_whole(json_file, report.as_json(results, provenance.name))


@stoppable
def pretrain_command(
    net: Annotated[str, typer.Argument(help="A network of `signs nets list`.")] = "resnet18",
    hands: Hands = 12_000,
    pretrain_epochs: Annotated[
        int | None, typer.Option("--epochs", min=1, help="In place of the recipe's.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other hands.")] = 1,
    runs: Runs = FOLDER,
) -> None:
    """Train a network on drawn hands and keep it, once; an interrupted training goes on."""
    from training.runs import check_root
    from training.transfer import pretrained

    wanted = pretrained.Pretraining(net, hands, seed, _recipe(pretrain_epochs))
    path = pretrained.pretrained(wanted, check_root(runs) / "weights", say=say)
    print(path)


def _recipe(epochs: int | None):
    import dataclasses

    from training.transfer import pretrained

    return (
        pretrained.RECIPE
        if epochs is None
        else dataclasses.replace(pretrained.RECIPE, epochs=epochs)
    )


def _show(results: list[dict], data: str, plan) -> None:
    from rich.console import Console

    from training import plots
    from training.transfer import report

    console = Console(highlight=False)
    for table in report.tables(results, data, plan.held_out):
        console.print(table)
    for line in report.gains(results):
        console.print(f"- {line}")
    title = report.heading(plan.net, data) + (", held-out" if plan.held_out else "")
    picture = plan.folder / f"{plan.net}-{data.lower()}{'-heldout' if plan.held_out else ''}.png"
    plots.save(plots.by_size(report.series(results), title), picture)
    console.print(str(picture), soft_wrap=True)


def _numbers(text: str) -> tuple[int, ...]:
    try:
        numbers = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        numbers = ()
    if not numbers or min(numbers) < 1:
        raise TrainingError(f"expected --sizes such as 5,10,20, received {text!r}")
    return numbers


def _words(text: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not words:
        raise TrainingError(f"expected names with commas between, received {text!r}")
    return words
