"""The race: the network that we recommend where time counts, its seconds, and its accuracy.

ResNet-20 on photographs brought to 32x32. Its runs are those of `reproduce`; they are read here.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

from datasets.signs import Provenance, Signs
from training import history, recipes
from training.reproduce import assignments, run

NAME, RECIPE = assignments.RECOMMENDED


def result(
    data: Signs,
    provenance: Provenance,
    options: run.Options,
    seed: int,
    say: Callable[[str], None],
) -> dict:
    """The result of the run under a seed, as `training.runs.finish` writes it: kept, or made now.

    options: as for `reproduce`. It has `seconds`, of training without the compilation of the first
    steps, and `seconds_total`, which has it.
    """
    one = run.Run(NAME, recipe(options.epochs), seed, data, provenance, options)
    kept = one.result(say)
    rows = history.read(one.folder / history.NAME)
    return {**kept, "seconds": steady(rows), "seconds_total": kept["seconds"]}


def recipe(epochs: int | None = None) -> recipes.Recipe:
    """How it trains; epochs: in place of the recipe's."""
    return run.of_length(recipes.get(RECIPE), epochs)


def steady(rows: Sequence[Mapping[str, float]]) -> float:
    """The seconds of training without compilation.

    The first epoch, which also compiles, counts as the median of the others.
    """
    first, *others = (row["seconds"] for row in rows)
    return sum(others) + (statistics.median(others) if others else first)


def record(results: Sequence[Mapping], data: str) -> dict:
    """All runs of a race as JSON; lists have one value per seed."""
    return {
        "network": assignments.get(NAME).net,
        "recipe": RECIPE,
        "data": data,
        "seeds": len(results),
        **{
            name: [result[name] for result in results]
            for name in ("accuracy", "accuracy_unseen", "seconds", "seconds_total")
        },
        "tested": results[0]["tested"],
        "unseen": results[0]["unseen"],
        "device": results[0]["device"],
        "versions": results[0]["versions"],
    }


def sentences(raced: Mapping) -> list[str]:
    """What a race measured, in words."""
    return [
        f"{raced['network']}, {raced['seeds']} seed{'' if raced['seeds'] == 1 else 's'}, on "
        f"{raced['device']}",
        f"- accuracy: {_spread(raced['accuracy'])} of {raced['tested']} test images, "
        f"{_spread(raced['accuracy_unseen'])} of the {raced['unseen']} that train does not hold",
        f"- training: {_seconds(raced['seconds'])}",
        f"- with compilation: {_seconds(raced['seconds_total'])}",
    ]


def _spread(values: Sequence[float]) -> str:
    percents = [100 * value for value in values]
    mean = f"{statistics.mean(percents):.1f}%"
    return mean if len(values) == 1 else f"{mean} ({min(percents):.1f} to {max(percents):.1f})"


def _seconds(values: Sequence[float]) -> str:
    median = f"{statistics.median(values):.1f} s"
    return median if len(values) == 1 else f"{median} ({min(values):.1f} to {max(values):.1f})"
