"""What is known about runs, for the terminal: all of them in lines, or one in full."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

from training.progress import count
from training.recipes import RECIPES
from training.reproduce.assignments import ASSIGNMENTS
from training.reproduce.table import plain
from training.results.earlier import is_earlier
from training.results.find import KeptRun

WORDS = {"SIGNS": "the photographs of SIGNS", "synthetic": "drawn hands (synthetic)"}
WIDTH = 40  # of a run's name: with the figures beside it, the table has 80 columns
PICTURES = ("report.html", "curves.png", "confusion.png")


def data_words(data: str) -> str:
    """The data of a run, for people."""
    return WORDS.get(data, "data of your own" if data == "other" else "unknown data")


def described(run: KeptRun) -> dict:
    """One run as JSON: accuracies from 0 to 1, null if there is none."""
    result = run.result or {}
    return {
        "name": run.name,
        "folder": str(run.folder),
        "data": run.data,
        "state": "finished" if run.result else "unfinished",
        "earlier_code": is_earlier(run.settings),
        "epochs": run.epochs,
        "epochs_done": run.epochs_done,
        "accuracy": result.get("accuracy"),
        "accuracy_unseen": result.get("accuracy_unseen"),
        "tested": result.get("tested"),
        "unseen": result.get("unseen"),
        "seconds": result.get("seconds"),
        "date": run.date,
    }


def lists(runs: Sequence[KeptRun]) -> list[Table]:
    """A table of runs for each kind of data: accuracies on different images do not compare."""
    kinds = sorted({run.data for run in runs}, key=[*WORDS, "other", "unknown"].index)
    return [_list([run for run in runs if run.data == kind], data_words(kind)) for kind in kinds]


def _list(runs: Sequence[KeptRun], words: str) -> Table:
    shown = _table(f"Trained on {words}", padding=0)
    shown.caption = "accuracy in %, on all test images and on those that train does not hold"
    shown.add_column("run", overflow="fold")
    for heading in ("epochs", "all", "unseen", "seconds", "date"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for run in runs:
        result = run.result or {}
        mark = "\n  by earlier code" if is_earlier(run.settings) else ""
        shown.add_row(
            folded(run.name, WIDTH) + mark,
            str(run.epochs) if run.result else f"{run.epochs_done} of {run.epochs}",
            percent(result.get("accuracy")),
            percent(result.get("accuracy_unseen")),
            f"{result['seconds']:.0f}" if result else "-",
            run.date[:10],
        )
    return shown


def folded(name: str, width: int) -> str:
    """A long name in lines that end after a hyphen, the later ones indented."""
    lines = [""]
    for part in name.replace("-", "-\n").split("\n"):
        if len(lines[-1]) + len(part) > width and lines[-1].strip():
            lines.append("  ")
        lines[-1] += part
    return "\n".join(lines)


def percent(accuracy: float | None) -> str:
    """An accuracy of 1 in percent, or a dash."""
    return "-" if accuracy is None or math.isnan(accuracy) else f"{100 * accuracy:.1f}"


def as_json(records: Iterable[Mapping] | Mapping) -> str:
    """Records as JSON; what could not be measured is null."""
    records = records if isinstance(records, Mapping) else list(records)
    return json.dumps(plain(records), indent=1) + "\n"


def facts(run: KeptRun) -> list[tuple[str, str]]:
    """What a run is, as pairs of a word and a sentence."""
    settings, result = run.settings, run.result
    lines = [("network", _network(settings)), ("data", data_words(run.data))]
    if run.recipe:
        lines.append(("recipe", recipe_words(run.recipe)))
    elif "compared" in settings:
        lines.append(("compared", f"{settings['compared']}, {count(run.epochs or 0, 'epoch')}"))
    precision = settings.get("precision", "float32")
    machine = f"{run.record.get('device')} ({run.record.get('machine')})"
    lines.append(("made", f"seed {settings.get('seed')}, {precision}, on {machine}"))
    versions = run.record.get("versions")
    if isinstance(versions, Mapping):
        lines.append(("with", ", ".join(f"{name} {number}" for name, number in versions.items())))
    if result is None:
        lines.append(("state", f"unfinished: {run.epochs_done} of {run.epochs} epochs"))
    else:
        lines.append(("finished", f"{run.date[:16]}, after {result['seconds']:.0f} s of training"))
        lines.append(("accuracy", accuracy_words(result)))
    if is_earlier(settings):
        lines.append(("code", "by an earlier version of the code"))
    return lines


def _network(settings: Mapping) -> str:
    whose = {"solutions": "the solution's", "assignments": "yours"}.get(settings.get("target", ""))
    name = str(settings.get("assignment", "unknown"))
    row = ASSIGNMENTS.get(name)
    if row and not row.functions:
        return f"{row.net} of nets/"
    name = name.replace("_", " ")
    return f"{name}, {whose}" if whose else name


def accuracy_words(result: Mapping) -> str:
    """The accuracy of a result, on all test images and on those that train does not hold."""
    words = f"{percent(result['accuracy'])}% of {result['tested']} test images"
    if 0 < result["unseen"] < result["tested"]:
        unseen = f"{percent(result['accuracy_unseen'])}% of the {result['unseen']}"
        words += f", {unseen} that train does not hold"
    return words


def recipe_words(recipe: Mapping) -> str:
    """A recipe in one sentence."""
    name = str(recipe.get("name"))
    words = [
        f"{name}: {count(recipe['epochs'], 'epoch')} in batches of {recipe['batch']}",
        f"{recipe['optimizer']} at a {recipe['schedule'].replace('_', ' ')} learning rate of "
        f"{recipe['learning_rate']:g}",
    ]
    for key, text in (
        ("weight_decay", "weight decay {:g}"),
        ("label_smoothing", "label smoothing {:g}"),
        ("batch_norm_momentum", "batch norm's momentum {:g}"),
    ):
        if recipe.get(key):
            words.append(text.format(recipe[key]))
    words.append("images shifted, turned and zoomed" if recipe["augmentation"] else "images as is")
    if recipe["batch_norm_at_test"] == "training":
        words.append("tested with the averages of each test batch")
    usual = RECIPES.get(name)
    if usual is not None and usual.epochs != recipe["epochs"]:
        words.append(f"in place of {count(usual.epochs, 'epoch')}")
    return ", ".join(words)


def epochs(rows: Sequence[Mapping], shown: int = 6) -> Table:
    """The history of a run: the first epoch, the last, and some between them."""
    last = len(rows) - 1
    chosen = sorted({round(i * last / max(1, shown - 1)) for i in range(shown)} if rows else set())
    table = _table(f"History, {len(chosen)} of {count(len(rows), 'epoch')}")
    keys = [key for key in rows[0] if key != "epoch"] if rows else []
    for heading in ("epoch", *(key.replace("_", " ") for key in keys)):
        table.add_column(heading, justify="right")
    for row in (rows[i] for i in chosen):
        figures = (f"{row[key]:.1f}" if key == "seconds" else f"{row[key]:.4f}" for key in keys)
        table.add_row(str(int(row["epoch"]) + 1), *figures)
    return table


def confusion(counts: Sequence[Sequence[int]], classes: Sequence[str]) -> Table:
    """Per class: how many were tested, which part was right, and what they were taken for."""
    table = _table("Answers by true class")
    table.caption = "a row is a true class, a column an answer"
    table.add_column("class", justify="right")
    for heading in (*classes, "tested", "right %"):
        table.add_column(heading, justify="right")
    for number, (name, row) in enumerate(zip(classes, counts, strict=True)):
        cells = [str(value) if value else "." for value in row]
        cells[number] = f"[bold]{row[number]}[/bold]"
        tested = sum(row)
        table.add_row(name, *cells, str(tested), percent(row[number] / tested if tested else None))
    return table


def files(run: KeptRun) -> list[Path]:
    """The pictures of a run and its model, those that are there."""
    paths = [*(run.folder / name for name in PICTURES), run.model]
    return [path for path in paths if path.is_file()]


def _table(title: str, padding: int = 1) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, padding, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
