"""The study of transfer learning as tables, as a picture and as JSON."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from training.progress import count
from training.transfer.fine_tune import advised

# What each result of the JSON holds, in this order.
FIELDS = (
    "net", "source", "policy", "per_class", "seed", "accuracy", "accuracy_unseen", "tested",
    "unseen", "epochs", "seconds", "settings", "machine", "versions", "finished",
)  # fmt: skip
WORDS = {"SIGNS": "SIGNS", "synthetic": "synthetic hands"}


def series(results: Sequence[dict], figure: str = "accuracy") -> dict:
    """(source, policy) -> photographs per class -> the figures of all seeds, in their order.

    figure: accuracy, or accuracy_unseen. A run that has not the figure is left out.
    """
    lines: dict[tuple[str, str], dict[int, list[float]]] = {}
    for result in sorted(results, key=lambda result: (result["per_class"], result["seed"])):
        if math.isnan(result[figure]):
            continue
        line = lines.setdefault((result["source"], result["policy"]), {})
        line.setdefault(result["per_class"], []).append(result[figure])
    order = list(dict.fromkeys((result["source"], result["policy"]) for result in results))
    return {key: lines[key] for key in order if key in lines}


def tables(results: Sequence[dict], data: str, held_out: bool = False) -> list[Table]:
    """A table of accuracy on all of test, and one on the part that train does not hold.

    data: SIGNS, synthetic or other. With held_out the test is a fifth of train; the second table
    is left out if both are the same.
    """
    first = results[0]
    what = "held-out training" if held_out else "test"
    kind = "photographs" if data == "SIGNS" else "images"
    wanted = [("accuracy", f"all {first['tested']} {what} {kind}")]
    if first["unseen"] < first["tested"]:
        wanted.append(("accuracy_unseen", f"the {first['unseen']} that train does not hold"))
    return [
        _table(series(results, figure), f"{heading(first['net'], data)}, {words}")
        for figure, words in wanted
        if series(results, figure)
    ]


def heading(net: str, data: str) -> str:
    """What is shown, for the title of a table or a picture."""
    return f"Accuracy in %: {net} on {WORDS.get(data, 'data of your own')}"


def _table(lines: dict, title: str) -> Table:
    sizes = sorted({size for line in lines.values() for size in line})
    numbers = sorted({len(values) for line in lines.values() for values in line.values()})
    seeds = count(numbers[-1], "seed")
    fewer = "" if len(numbers) == 1 else f"; some cells of {numbers[0]}, the rest is not yet run"
    shown = Table(
        title=title,
        caption=f"by images per class; mean, then lowest to highest, of {seeds}{fewer}",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        min_width=min(80, len(title)),  # else a small table folds its title
    )
    shown.add_column("weights", overflow="fold")
    shown.add_column("policy")
    for size in sizes:
        shown.add_column(str(size), justify="right")
    for (source, policy), line in lines.items():
        shown.add_row(source, policy, *(_cell(line.get(size)) for size in sizes))
    return shown


def _cell(values: list[float] | None) -> str:
    if not values:
        return "-"
    percents = [100 * value for value in values]
    mean = f"{statistics.mean(percents):.1f}"
    return mean if len(values) == 1 else f"{mean}\n{min(percents):.1f}-{max(percents):.1f}"


def gains(results: Sequence[dict], figure: str = "accuracy") -> list[str]:
    """By how many points each source beats training from scratch, by size, as the lecture uses it.

    From scratch is: random weights, the policy initial. The source has the policy that is advised
    for so many images, `transfer.advised`: the best of all would be chosen on what is tested.
    """
    lines = series(results, figure)
    scratch = lines.get(("random", "initial"), {})
    words = []
    for source in dict.fromkeys(source for source, _ in lines if source != "random"):
        for size, before in scratch.items():
            policy = advised(size).name
            after = lines.get((source, policy), {}).get(size)
            if after:
                points = 100 * (statistics.mean(after) - statistics.mean(before))
                words.append(
                    f"{size} per class: {source}, {policy}: {points:+.1f} points over training "
                    "from scratch"
                )
    return words


def as_json(results: Sequence[dict], data: str) -> str:
    """All results, one record per run; accuracies from 0 to 1, null if none could be measured."""
    records = [
        {"data": data, **{name: _number(result.get(name)) for name in FIELDS}} for result in results
    ]
    return json.dumps(records, indent=1) + "\n"


def _number(value):
    return None if isinstance(value, float) and math.isnan(value) else value
