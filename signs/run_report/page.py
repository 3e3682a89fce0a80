"""The page about one run, report.html in its folder: one file that asks nothing of the internet.

While the run is trained it is written again after each epoch, and reads itself again in the
browser. All that it says comes from the run's own files, so a run of earlier has one, too; what
needs the network or the images is left out, by name, where these are missing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from datasets.errors import DataError
from datasets.files import whole
from datasets.invocation import typed
from datasets.signs import Signs
from grader.errors import GraderError
from grader.i18n import language
from grader.i18n.language import say
from grader.i18n.pages import environment
from signs.run_report import card, charts
from signs.run_report.charts import Chart, Line
from signs.run_report.look import Look, look
from training import runs
from training.errors import TrainingError
from training.recipes import RECIPES
from training.reproduce.assignments import ASSIGNMENTS
from training.reproduce.expected import recorded
from training.results import find
from training.results.find import KeptRun

NAME = "report.html"
TEMPLATES = Path(__file__).with_name("templates")
STATES = ("training", "stopped", "finished")
REFRESH, PATIENCE = 5, 120  # seconds: between two looks, and until a silent run is called dead


@dataclass(frozen=True)
class Report:
    """What the page shows. state: one of STATES. left_out: sentences. written: when, in seconds."""

    run: KeptRun
    state: str
    look: Look
    left_out: list[str]
    written: float = field(default_factory=time.time)

    @property
    def result(self) -> Mapping:
        """The result, empty until there is one."""
        return self.run.result or {}


def write(
    folder: Path,
    state: str | None = None,
    *,
    model=None,
    data: Signs | None = None,
    left_out: Sequence[str] = (),
    lang: str | None = None,
) -> Path:
    """Write the page about the run in `folder`, whole or not at all; returns its path.

    A finished run also gets its model card, README.md.

    Args:
        folder: Of the run.
        state: One of STATES; by default finished where there is a result, else stopped.
        model: The trained network; without it, what it would show is left out.
        data: The images of the run.
        left_out: More sentences about what is left out.
        lang: As --lang takes it; by default that of the locale.

    Raises:
        DataError: The file cannot be written.
    """
    with spoken(lang):
        run = find.at(folder)
        state = state or ("finished" if run.result else "stopped")
        if state != "finished":
            run = KeptRun(run.folder, run.record, None, run.model)
        looked = Look() if model is None or run.result is None else look(run, model, data)
        report = Report(run, state, looked, [*left_out, *looked.left_out])
        path = folder / NAME
        with whole(path) as temporary:
            temporary.write_text(html(report), encoding="utf-8")
        if run.result is not None:
            card.write(run)
        return path


@contextmanager
def spoken(lang: str | None) -> Iterator[None]:
    """Speak a language inside the block: `lang`, or that of the locale."""
    before = language.spoken()
    try:
        language.use(lang or language.of_locale())
    except GraderError as error:
        raise DataError(str(error)) from error
    try:
        yield
    finally:
        language.use(before)


def html(report: Report) -> str:
    """The page as text."""
    run = report.run
    return (
        environment(TEMPLATES)
        .get_template("report.html")
        .render(
            report=report,
            run=run,
            result=report.result,
            look=report.look,
            heading=heading(run),
            data_words=data_words(run.data),
            state=_state(report),
            totals=_totals(report),
            beside=_beside(run),
            charts=[(one, charts.svg(one)) for one in curves(run)],
            gradients=_gradients(report.look),
            classes=classes(run),
            settings=settings(run),
            machine=machine(run),
            refresh=REFRESH,
            patience=max(PATIENCE, 10 * _epoch_seconds(run)),
            typed=typed,
            percent=percent,
        )
    )


def heading(run: KeptRun) -> str:
    """What was trained, in a sentence; on what comes after it."""
    name = str(run.settings.get("assignment", say("unknown")))
    facts = {
        "network": ASSIGNMENTS[name].net if name in ASSIGNMENTS else name,
        "recipe": str(run.recipe.get("name") or run.settings.get("compared") or "-"),
        "seed": run.settings.get("seed", "-"),
    }
    return say("{network}, recipe {recipe}, seed {seed}", **facts)


def data_words(data: str) -> str:
    """The data of a run, for people."""
    return {
        "SIGNS": say("the photographs of SIGNS"),
        "synthetic": say("drawn hands (synthetic)"),
        "other": say("data of your own"),
    }.get(data, say("unknown data"))


def percent(part: float | None) -> str:
    """A part of 1 in percent, or a dash."""
    return "–" if part is None or math.isnan(part) else f"{100 * part:.1f}%"


def _epoch_seconds(run: KeptRun) -> float:
    seconds = [row["seconds"] for row in run.history]
    return sorted(seconds)[len(seconds) // 2] if seconds else 0


def _state(report: Report) -> str:
    run, done, planned = report.run, report.run.epochs_done, report.run.epochs or "?"
    if report.state == "finished":
        date, seconds = run.date[:16], report.result["seconds"]
        return say("Finished on {date} after {seconds:.0f} s of training.", date=date,
                   seconds=seconds)  # fmt: skip
    if report.state == "stopped":
        return say(
            "Stopped at epoch {done} of {planned}. The command that began it goes on.",
            done=done, planned=planned,
        )  # fmt: skip
    words = say("In training: {done} of {planned} epochs are done.", done=done, planned=planned)
    if done and isinstance(planned, int):
        left = _epoch_seconds(run) * (planned - done)
        words += " " + say("About {seconds:.0f} s are left.", seconds=left)
    elif not done:
        words += " " + say("The first step also compiles the network.")
    return words


def _totals(report: Report) -> list[tuple[str, str]]:
    run, result = report.run, report.result
    rows = []
    if result:
        tested = say("right of {tested} test images", tested=result["tested"])
        rows.append((tested, percent(result["accuracy"])))
        if 0 < result["unseen"] < result["tested"]:
            unseen = say("right of the {unseen} that train does not hold", unseen=result["unseen"])
            rows.append((unseen, percent(result["accuracy_unseen"])))
        rows.append((say("seconds of training"), f"{result['seconds']:.0f}"))
    elif run.history:
        last = run.history[-1]
        rows.append((say("training loss"), f"{last['loss']:.3f}"))
        for key, words in (
            ("accuracy", say("right in training")),
            ("val_accuracy", say("right of the held-out images")),
        ):
            if key in last:
                rows.append((words, percent(last[key])))
    rows.append((say("epochs"), f"{run.epochs_done} / {run.epochs or '?'}"))
    if report.look.parameters:
        rows.append((say("parameters"), f"{report.look.parameters:,}"))
    return rows


def _beside(run: KeptRun) -> list[tuple[str, str, str]]:
    """(what, accuracy, a note) of published and recorded figures, and of this run."""
    result, recipe = run.result, RECIPES.get(str(run.recipe.get("name")))
    if result is None:
        return []
    rows = []
    whole_length = recipe is not None and recipe.epochs == run.epochs
    if recipe is not None and recipe.published is not None and whole_length:
        note = "" if run.data == "SIGNS" else say("for the photographs of SIGNS")
        rows.append((say("published"), _band(recipe.published.low, recipe.published.high), note))
    usual = run.settings.get("precision") == getattr(recipe, "precision", None)
    if recipe is not None and usual and not run.settings.get("hold_out"):
        name = str(run.settings.get("assignment"))
        earlier = recorded(name, recipe.name, run.data, run.epochs or 0)
        if earlier is not None:
            count, values = len(earlier.accuracy), earlier.accuracy
            note = say("lowest to highest of {count} runs", count=count)
            rows.append((say("recorded here"), _band(min(values), max(values)), note))
    note = say("on {tested} test images", tested=result["tested"])
    rows.append((say("this run"), percent(result["accuracy"]), note))
    return rows


def _band(low: float, high: float) -> str:
    return percent(low) if low == high else f"{100 * low:.1f}–{percent(high)}"


def curves(run: KeptRun) -> list[Chart]:
    """Loss and accuracy by epoch; nothing of a run without a history."""
    if not run.history:
        return []
    known: list[tuple[str, str, str, float, list[Line], float | None]] = [
        ("loss", say("Loss by epoch"), say("cross-entropy"), 1, [], None),
        ("accuracy", say("Accuracy by epoch"), say("accuracy, %"), 100, [], 100),
    ]
    if run.result is not None:
        tested = say("test, at the end: {accuracy}", accuracy=percent(run.result["accuracy"]))
        known[1][4].append(Line(tested, level=100 * run.result["accuracy"]))
    return [
        Chart(title, say("epoch"), up, [*_trained(run, key, scale), *more], highest=highest)
        for key, title, up, scale, more, highest in known
    ]


def _trained(run: KeptRun, key: str, scale: float) -> list[Line]:
    lines = []
    for prefix, name in (("", say("train")), ("val_", say("held out"))):
        points = [
            (row["epoch"] + 1, scale * row[prefix + key])
            for row in run.history
            if math.isfinite(row.get(prefix + key, math.nan))
        ]
        if points:
            lines.append(Line(name, points))
    return lines


def _gradients(found: Look):
    if not found.gradients:
        return None
    points = [(float(n), norm) for n, (_, norm) in enumerate(found.gradients, 1)]
    chart = Chart(
        say("Gradient by layer"),
        say("layer with a kernel, from the image on"),
        say("norm, log scale"),
        [Line(say("gradient"), [(n, norm) for n, norm in points if norm > 0])],
        log=True,
    )
    return chart, charts.svg(chart)


def classes(run: KeptRun) -> list[dict]:
    """Per class: its row of the confusion matrix, with shares in percent of what was tested."""
    if run.result is None:
        return []
    rows = []
    for number, (name, counts) in enumerate(zip(run.classes, run.result["confusion"], strict=True)):
        tested = sum(counts)
        rows.append({
            "name": name,
            "cells": [(count, 100 * count / tested if tested else 0) for count in counts],
            "tested": tested,
            "right": counts[number] / tested if tested else None,
        })  # fmt: skip
    return rows


def settings(run: KeptRun) -> list[tuple[str, str]]:
    """What decided the result, as pairs of a word and a value."""
    recipe, all_of_it = run.recipe, run.settings
    known: list[tuple[str, object]] = [
        (say("exercise or network"), all_of_it.get("assignment")),
        (say("whose code"), all_of_it.get("target")),
        (say("recipe"), recipe.get("name") or all_of_it.get("compared")),
        (say("epochs"), run.epochs),
        (say("batch"), recipe.get("batch")),
        (say("optimizer"), recipe.get("optimizer")),
        (say("learning rate"), recipe.get("learning_rate")),
        (say("schedule"), recipe.get("schedule")),
        (say("weight decay"), recipe.get("weight_decay")),
        (say("label smoothing"), recipe.get("label_smoothing")),
        (say("momentum of batch norm"), recipe.get("batch_norm_momentum")),
        (say("batch norm at the test"), recipe.get("batch_norm_at_test")),
        (say("augmentation"), _augmentation(recipe.get("augmentation"))),
        (say("precision"), all_of_it.get("precision")),
        (say("seed"), all_of_it.get("seed")),
        (say("held out of train"), say("a fifth") if all_of_it.get("hold_out") else say("nothing")),
        (say("SHA-256 of train"), run.sums.get("train")),
        (say("SHA-256 of test"), run.sums.get("test")),
        (say("SHA-256 of the code"), all_of_it.get("code_sha256")),
    ]
    return [(word, _value(value)) for word, value in known if value not in (None, "")]


def _augmentation(maps: object) -> str | None:
    if not isinstance(maps, Mapping):
        return None
    return ", ".join(f"{name} {_value(value)}" for name, value in maps.items() if value)


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def machine(run: KeptRun) -> list[tuple[str, str]]:
    """Where it was made, and with which versions."""
    record, versions = run.record, run.record.get("versions")
    rows = [
        (say("device"), record.get("device")),
        (say("machine"), record.get("machine")),
        (say("backend"), record.get("backend")),
        (say("started"), record.get("started")),
        (say("finished"), (run.result or {}).get("finished")),
        *(versions.items() if isinstance(versions, Mapping) else ()),
    ]
    return [(word, str(value)) for word, value in rows if value]


def without(run: KeptRun, data: Callable[[], tuple]) -> tuple[object, Signs | None, list[str]]:
    """The network and the images of a kept run, with a sentence for each that is not to be had.

    data: gives the images and their provenance, or raises DataError or TrainingError.
    """
    from training.saving import load_model

    missing = []
    if run.result is None:
        return None, None, []
    model = images = None
    try:
        if not run.model.is_file():
            raise DataError(say("{file} is not there", file=runs.MODEL))
        model = load_model(run.model)
    except DataError as error:
        missing.append(say("all that needs the network: {reason}", reason=str(error)))
    if model is not None:
        try:
            images, source = data()
            if run.sums.get("test") != source.test_sha256:
                images = None
                reason = say("these are not the test images of the run")
                missing.append(say("all that needs the images: {reason}", reason=reason))
        except (DataError, TrainingError) as error:
            missing.append(say("all that needs the images: {reason}", reason=str(error)))
    return model, images, missing
