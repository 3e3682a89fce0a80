"""The tables of `python -m nets`, each within 80 columns."""

from __future__ import annotations

from itertools import zip_longest

from rich import box
from rich.console import Console
from rich.table import Table

import nets
from nets.profile import graph
from nets.profile.graph import Stage
from nets.profile.numbers import large, seen, shaped

__all__ = ["compared", "listing", "shown"]


def listing(console: Console | None = None) -> None:
    """Every network under its paper, counted from its outline; each line as soon as it is known."""
    console = console or Console(highlight=False)
    console.print(
        f"{'name':<21}{'year':<6}{'input':<13}{'parameters':>13}{'multiply-adds':>16}", style="bold"
    )
    paper = None
    for name in nets.names():
        row = nets.describe(name)
        if row.paper != paper:
            paper = row.paper
            console.print(f"\n{paper}", style="dim")
        model = nets.outline(name)
        console.print(
            f"{name:<21}{row.year:<6}{shaped(row.native):<13}"
            f"{graph.parameters(model):>13,}{large(graph.multiply_adds(model)):>16}"
        )


def shown(model, console: Console | None = None) -> None:
    """One network by stage with its totals."""
    console = console or Console(highlight=False)
    row = nets.describe(model.name)
    rows = graph.table(model)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    parameters, cost = graph.total(rows)
    table.add_column("stage", "total", no_wrap=True)
    table.add_column("shape", no_wrap=True)
    table.add_column("parameters", f"{parameters:,}", justify="right", no_wrap=True)
    table.add_column("multiply-adds", f"{cost:,}", justify="right", no_wrap=True)
    table.add_column("sees", justify="right", no_wrap=True)
    for stage in rows:
        table.add_row(
            stage.name,
            shaped(stage.shape, stage.width),
            f"{stage.parameters:,}",
            f"{stage.multiply_adds:,}",
            seen(stage.field, stage.shape),
        )
    console.print(model.name, style="bold")
    console.print(row.paper)
    console.print(
        f"input {shaped(model.input_shape[1:])}, {model.output_shape[-1]} classes; "
        "sees: the receptive field, in pixels"
    )
    console.print(table)


def compared(first, second, console: Console | None = None) -> None:
    """Two networks, their stages in order beside each other, and the second minus the first."""
    console = console or Console(highlight=False)
    sides = [graph.table(model) for model in (first, second)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0, show_footer=True)
    for rows in sides:
        if table.columns:
            table.add_column("")
        parameters, cost = graph.total(rows)
        table.add_column("stage", "total", no_wrap=True)
        table.add_column("shape", no_wrap=True)
        table.add_column("param.", large(parameters), justify="right", no_wrap=True)
        table.add_column("m.-adds", large(cost), justify="right", no_wrap=True)
    for pair in zip_longest(*sides):
        table.add_row(*_cells(pair[0]), "", *_cells(pair[1]))
    for model in (first, second):
        console.print(
            f"{model.name}: input {shaped(model.input_shape[1:])}, {model.output_shape[-1]} classes"
        )
    console.print(table)
    console.print(f"{second.name} against {first.name}")
    totals = [graph.total(rows) for rows in sides]
    for what, before, after in zip(("parameters", "multiply-adds"), *totals, strict=True):
        console.print(f"{what:<14}{after - before:>+18,}  {after / before:.3g} times as many")


def _cells(stage: Stage | None) -> tuple[str, ...]:
    if stage is None:
        return ("",) * 4
    return (
        stage.name,
        shaped(stage.shape, stage.width),
        large(stage.parameters),
        large(stage.multiply_adds),
    )
