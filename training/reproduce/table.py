"""Published and measured side by side: a table for the terminal, the same rows for programs."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from training import recipes
from training.progress import count
from training.reproduce.expected import ABOVE, AS_EXPECTED, BELOW, FEWEST, processor
from training.reproduce.run import Row

# What each row of the JSON holds, in this order.
FIELDS = (
    "assignment", "recipe", "net", "data", "data_sha256", "published", "accuracy",
    "accuracy_unseen", "seconds", "epochs", "device", "versions", "expected", "as_expected",
    "recommended",
)  # fmt: skip


def as_json(rows: Sequence[Row]) -> str:
    """The rows as JSON: accuracies from 0 to 1 and seconds are lists, one number per seed.

    published and expected are [lowest, highest] or null; data_sha256 has one sum per file.
    """
    records = [{name: getattr(row, name) for name in FIELDS} for row in rows]
    return json.dumps(plain(records), indent=1) + "\n"


def plain(value):
    """JSON has no NaN: what could not be measured is null."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def table(rows: Sequence[Row]) -> Table:
    """The rows as a table that fits 80 columns; the caption says what its figures are."""
    first = rows[0]
    seeds = len(first.accuracy)
    over = "one seed" if seeds == 1 else f"mean, then lowest to highest, of {seeds} seeds"
    shown = Table(
        title=f"Test accuracy in %, published and measured on {data_words(first)}",
        caption=f"{over}. expected: where 19 of 20 new runs end, by {FEWEST} earlier ones or more. "
        f"unseen: the {first.unseen} of {first.tested} test images that train does not hold. "
        "seconds: of training, compilation included.",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    shown.add_column("run", max_width=18)
    for heading in ("epochs", "published", f"all\n{first.tested}"):
        shown.add_column(heading, justify="right")
    shown.add_column("expected")
    for heading in (f"unseen\n{first.unseen}", "seconds"):
        shown.add_column(heading, justify="right")
    for row in rows:
        shown.add_row(*_cells(row))
    return shown


def _cells(row: Row) -> list[str]:
    whose = "" if row.target == "solutions" else " (yours)"
    name = f"{row.assignment}{whose}\n{row.recipe}".replace("_", " ")
    return [
        f"[bold]{name}[/]" if row.recommended else name,
        f"{row.epochs}{'' if row.epochs == row.recipe_epochs else '*'}",
        "-" if row.published is None else _band(row.published),
        _spread([100 * value for value in row.accuracy], ".1f"),
        _expected(row),
        _spread([100 * value for value in row.accuracy_unseen], ".1f"),
        _spread(row.seconds, ".0f"),
    ]


def _expected(row: Row) -> str:
    mark = row.as_expected
    colour = {AS_EXPECTED: "green", BELOW: "red", ABOVE: "yellow"}.get(mark, "dim")
    band = "" if row.expected is None else f"{_band(row.expected)}\n"
    return f"{band}[{colour}]{mark}[/]"


def notes(rows: Sequence[Row]) -> list[str]:
    """A line for what a row's figures do not say themselves.

    Published ones: within them, or by how much not, and why. Expected ones: why it may be outside.
    """
    lines = []
    for row in rows:
        if row.published or _shortened(row):
            lines.append(f"{row.recipe}: {_note(row)}")
        if why := _outside(row):
            lines.append(f"{row.recipe}: {why}")
    return lines


def _outside(row: Row) -> str:
    """Why the accuracy may be outside the recorded runs' range, or what to do if it is."""
    if row.expected is None:
        return ""
    assert row.recorded is not None  # whence the expected range
    low, high = min(row.recorded.accuracy), max(row.recorded.accuracy)
    if round(low, 4) <= round(statistics.mean(row.accuracy), 4) <= round(high, 4):
        return ""
    here, there = processor(row.device), row.recorded.processor
    if here != there:
        return (
            f"outside the {_band((low, high))} of {len(row.recorded.accuracy)} runs, which were "
            f"made on {there}; this is {here}, and another processor rounds differently"
        )
    if row.as_expected == AS_EXPECTED:
        return ""
    return f"{row.as_expected} what is expected; run more seeds to see if it is chance: --seeds 3"


def _note(row: Row) -> str:
    if _shortened(row):
        planned = count(row.recipe_epochs, "epoch")
        return f"* trained for {row.epochs} in place of {planned}; no published figure applies"
    assert row.published is not None  # `notes` leaves the other rows out
    words, inside = compare(statistics.mean(row.accuracy), row.published)
    if row.data != "SIGNS":
        return f"{words}; but that is for the photographs of SIGNS, this for {data_words(row)}"
    return words if inside else f"{words}: {recipes.get(row.recipe).note}"


def _shortened(row: Row) -> bool:
    return row.epochs != row.recipe_epochs


def compare(accuracy: float, band: tuple[float, float]) -> tuple[str, bool]:
    """How an accuracy compares with the published band, in words, and whether it is within.

    Compared at the four decimals that were published.
    """
    low, high = band
    measured = round(accuracy, 4)
    words = f"measured {100 * measured:.1f}%"
    if measured < low:
        return f"{words}, {100 * (low - measured):.1f} points below published {_band(band)}", False
    if measured > high:
        return f"{words}, {100 * (measured - high):.1f} points above published {_band(band)}", False
    return f"{words}, within published {_band(band)}", True


def data_words(row: Row) -> str:
    """What a row was measured on, for people."""
    return {"SIGNS": "SIGNS", "synthetic": "synthetic hands"}.get(row.data, "data of your own")


def _band(band: tuple[float, float]) -> str:
    low, high = (f"{100 * value:.1f}" for value in band)
    return low if low == high else f"{low}-{high}"


def _spread(values: Sequence[float], form: str) -> str:
    mean = format(statistics.mean(values), form)
    if len(values) == 1:
        return mean
    return f"{mean}\n{min(values):{form}}-{max(values):{form}}"
