"""`python -m training runs`: list, show, compare, evaluate, report; and `predict`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from datasets.files import write_whole
from datasets.folders import WORK
from training import pages
from training.command_line import resolved, short, stoppable

runs_app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="The runs that are kept: list them, show one, compare some, test one again.",
)
RUNS = WORK / "runs"

Runs = Annotated[Path, typer.Option("--runs", help="Folder of all runs.", show_default="runs")]
Json = Annotated[
    Path | None, typer.Option("--json", help="Write it as JSON, too; - prints only the JSON.")
]
Lang = Annotated[str | None, typer.Option(help="en or zh; without it, that of the locale.")]
Data = Annotated[str | None, typer.Option(help="auto, signs or synthetic; else that of the run.")]
Folder = Annotated[Path | None, typer.Option(help="Folder of both data files.")]
Name = Annotated[str, typer.Argument(metavar="RUN", help="Its name, the beginning of it, or path.")]


@runs_app.command("list")
def list_command(root: Runs = RUNS, json_file: Json = None) -> None:
    """All runs, the newest last: how far they came, their accuracy, seconds and date."""
    from training.results import find, table

    kept = find.everything(root)
    if _printed(json_file):
        console = _console()
        for shown in table.lists(kept):
            console.print(shown, "")
    _write(json_file, table.as_json(map(table.described, kept)))


@runs_app.command("show")
def show_command(name: Name, root: Runs = RUNS, json_file: Json = None) -> None:
    """One run in full: settings, history, accuracy per class, and where its pictures are."""
    from training.results import find, table

    run = find.find(name, root)
    if _printed(json_file):
        console = _console()
        console.print(f"[bold]{run.name}[/bold]", soft_wrap=True)
        console.print(_grid(table.facts(run)))
        if run.history:
            console.print("", table.epochs(run.history))
        if run.result is not None:
            console.print("", table.confusion(run.result["confusion"], run.classes))
        for path in table.files(run):
            console.print(str(short(path)), soft_wrap=True)
    result = {key: value for key, value in (run.result or {}).items() if key != "fingerprint"}
    record = {**table.described(run), "settings": run.settings, "result": result or None}
    _write(json_file, table.as_json({**record, "history": run.history}))


@runs_app.command("compare")
def compare_command(
    names: Annotated[
        list[str], typer.Argument(metavar="RUN RUN...", help="Each is compared with the first.")
    ],
    root: Runs = RUNS,
    json_file: Json = None,
    page: Annotated[Path | None, typer.Option(help="Write it as an HTML page, too.")] = None,
    lang: Lang = None,
) -> None:
    """Accuracy on the same test images: the difference, its interval, and McNemar's exact test."""
    from training.results import compare, find, table

    kept = [find.finished(name, root) for name in dict.fromkeys(names)]
    comparisons = compare.compare(kept)
    if _printed(json_file):
        console = _console()
        letters = [chr(ord("A") + number) for number in range(len(kept))]
        for letter, run in zip(letters, kept, strict=True):
            console.print(f"{letter}  {run.name}", soft_wrap=True)
            console.print(f"   {table.accuracy_words(run.result or {})}")
        console.print(f"\nOn the same images of {table.data_words(kept[0].data)}")
        sentences = [
            (images, compare.sentence(letter, paired))
            for letter, one in zip(letters[1:], comparisons, strict=True)
            for images, paired in (("all", one.everything), ("unseen", one.unseen))
            if paired is not None
        ]
        console.print(_grid(sentences))
        if len(comparisons) > 1:
            console.print(
                f"Each against A. The {len(comparisons)} intervals hold together with 95%."
            )
    _write(json_file, table.as_json(compare.as_records(comparisons)))
    if page is not None:
        pages.library("compared").write(kept, comparisons, page, lang)
        if _printed(json_file):
            print(short(page))


@runs_app.command("report")
@stoppable
def report_command(
    name: Name,
    data: Data = None,
    folder: Folder = None,
    root: Runs = RUNS,
    lang: Lang = None,
) -> None:
    """Write the page about a run, report.html in its folder, and say what it leaves out."""
    from datasets.files import busy
    from training.errors import TrainingError
    from training.results import evaluate, find

    run = find.find(name, root)
    if not run.record:
        raise TrainingError(f"expected a run, received {run.name}, which has no record")
    if run.result is None and busy(run.folder):
        raise TrainingError(f"{run.name} is in training, which writes its page after each epoch")
    page = pages.library("page")

    def of_run():
        return resolved(data or ("auto" if folder else evaluate.choice(run)), folder)

    with page.spoken(lang):
        model, images, left_out = page.without(run, of_run)
        path = page.write(run.folder, model=model, data=images, left_out=left_out, lang=lang)
    for line in left_out:
        print(f"left out: {line}")
    print(short(path))


@runs_app.command("evaluate")
@stoppable
def evaluate_command(
    name: Name,
    data: Data = None,
    folder: Folder = None,
    root: Runs = RUNS,
    json_file: Json = None,
) -> None:
    """Load the network of a run and test it again; says whether that gives what was recorded."""
    from training.results import evaluate, find, table

    run = find.finished(name, root)
    if data is None:
        data = "auto" if folder is not None else evaluate.choice(run)
    images, provenance = resolved(data, folder)
    tested = evaluate.evaluate(run, images)
    figures = {
        "accuracy": tested.accuracy,
        "accuracy_unseen": tested.accuracy_unseen,
        "tested": tested.tested,
        "unseen": tested.unseen,
        "confusion": tested.confusion.tolist(),
    }
    beside = evaluate.beside_record(run, tested, provenance)
    if _printed(json_file):
        console = _console()
        console.print(f"[bold]{run.name}[/bold] on {table.data_words(provenance.name)}")
        console.print(table.accuracy_words(figures))
        console.print("", table.confusion(figures["confusion"], [str(n) for n in images.classes]))
        console.print(beside)
    record = {"run": run.name, "data": provenance.name, **figures, "beside_record": beside}
    _write(json_file, table.as_json(record))


@stoppable
def predict_command(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[RUN] IMAGE...",
            help="A run or a .keras file, else the best finished run is used; then pictures, or "
            "folders of pictures.",
        ),
    ],
    root: Runs = RUNS,
    json_file: Json = None,
) -> None:
    """What a trained network sees in your own pictures of a hand that shows 0 to 5."""
    from training.results import predict, shown, table

    run, paths = predict.choose(words, root)
    answers = predict.predict(run, predict.expanded(paths))
    if _printed(json_file):
        console = _console()
        tested = f": {table.accuracy_words(run.result)}" if run.result else ""
        console.print(f"by {run.name}{tested}")
        for note in predict.cautions(run):
            console.print(f"[yellow]warning:[/yellow] {note}")
        for answer in answers:
            console.print()
            shown.answer(answer, console)
    _write(json_file, table.as_json(predict.as_records(run, answers)))


def _console():
    from rich.console import Console

    return Console(highlight=False)


def _grid(pairs: Iterable[tuple[str, str]]):
    """A word and a sentence in each row; the later lines of a sentence stand below its first."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2, 0, 0))
    for word, sentence in pairs:
        grid.add_row(word, sentence)
    return grid


def _printed(json_file: Path | None) -> bool:
    """Whether the tables are printed: not where standard output is the JSON."""
    return str(json_file) != "-"


def _write(json_file: Path | None, text: str) -> None:
    if json_file is None:
        return
    if str(json_file) == "-":
        print(text, end="")
    else:
        write_whole(json_file, text)
