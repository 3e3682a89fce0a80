"""Several runs on one page: curves, accuracies and settings side by side, and the verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from datasets.files import whole
from grader.i18n.language import say
from grader.i18n.pages import environment
from signs.run_report import charts
from signs.run_report.charts import Chart, Line
from signs.run_report.page import TEMPLATES, classes, data_words, machine, percent, settings, spoken
from training.results.compare import Comparison, Paired
from training.results.find import KeptRun

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def write(
    kept: Sequence[KeptRun],
    comparisons: Sequence[Comparison],
    path: Path,
    lang: str | None = None,
) -> None:
    """Write a page that compares finished runs, whole or not at all; raises DataError.

    Args:
        kept: The runs; each is compared with the first.
        comparisons: What `training.results.compare.compare` says of them.
        path: Of the page.
        lang: As --lang takes it; by default that of the locale.
    """
    with spoken(lang):
        names = [_letter(number) for number in range(len(kept))]
        html = (
            environment(TEMPLATES)
            .get_template("compared.html")
            .render(
                runs=list(zip(names, kept, strict=True)),
                run=kept[0],
                data_words=data_words(kept[0].data),
                verdicts=_verdicts(names, comparisons),
                together=len(comparisons),
                charts=[(one, charts.svg(one)) for one in _curves(names, kept)],
                classes=[(name, classes(run)) for name, run in zip(names, kept, strict=True)],
                settings=_differing(settings, kept),
                machine=_differing(machine, kept),
                percent=percent,
            )
        )
        with whole(path) as temporary:
            temporary.write_text(html, encoding="utf-8")


def _letter(number: int) -> str:
    return LETTERS[number] if number < len(LETTERS) else str(number + 1)


def _verdicts(names: Sequence[str], comparisons: Sequence[Comparison]) -> list[dict]:
    """A row per comparison and kind of test images."""
    return [
        {
            "name": name,
            "images": images,
            "verdict": _verdict(name, paired),
            "points": f"{paired.points:+.1f}",
            "interval": "{:.1f} – {:.1f}".format(*paired.interval),
            "p": f"{paired.p:.2g}",
            "apart": f"{paired.second_only} : {paired.first_only}",
            "tested": paired.tested,
        }
        for name, one in zip(names[1:], comparisons, strict=True)
        for images, paired in ((say("all"), one.everything), (say("unseen"), one.unseen))
        if paired is not None
    ]


def _verdict(name: str, paired: Paired) -> str:
    if paired.verdict == "better":
        return say("{run} is better than A", run=name)
    if paired.verdict == "worse":
        return say("{run} is worse than A", run=name)
    return say("too close to tell")


def _curves(names: Sequence[str], kept: Sequence[KeptRun]) -> list[Chart]:
    known = (
        ("loss", say("Training loss by epoch"), say("cross-entropy"), 1, None),
        ("accuracy", say("Training accuracy by epoch"), say("accuracy, %"), 100, 100),
        ("val_accuracy", say("Held-out accuracy by epoch"), say("accuracy, %"), 100, 100),
    )
    found = []
    for key, title, up, scale, highest in known:
        lines = [
            Line(name, [(row["epoch"] + 1, scale * row[key]) for row in run.history
                        if math.isfinite(row.get(key, math.nan))])
            for name, run in zip(names, kept, strict=True)
        ]  # fmt: skip
        if any(line.points for line in lines):
            found.append(Chart(title, say("epoch"), up, lines, highest=highest))
    return found


def _differing(what, kept: Sequence[KeptRun]) -> list[tuple[str, list[str], bool]]:
    """(word, a value per run, whether they differ), for every word that a run has."""
    columns = [dict(what(run)) for run in kept]
    words = list(dict.fromkeys(word for column in columns for word in column))
    rows = [(word, [column.get(word, "–") for column in columns]) for word in words]
    return [(word, values, len(set(values)) > 1) for word, values in rows]
