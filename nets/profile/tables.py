"""The tables of `python -m nets`, each within 80 columns, and numbers in few characters."""

from __future__ import annotations

import json
import os
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

import nets
from nets.errors import NetError

if TYPE_CHECKING:
    from nets.profile.graph import Stage

# {name: [parameters, multiply-adds]} at the input of the paper: what `list` shows without importing
# keras. tests/nets/test_nets_cli.py compares it with the graphs.
COUNTS = Path(__file__).with_name("counts.json")

__all__ = [
    "format_bytes",
    "format_count",
    "format_field",
    "format_shape",
    "print_comparison",
    "print_cost",
    "print_list",
    "print_network",
]


def format_count(count: int) -> str:
    """A count in three or four digits: 25636712 -> "25.64 M"."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if abs(count) >= size:
            value = count / size
            return f"{value:.{2 if abs(value) < 100 else 1}f} {unit}"
    return str(count)


def format_bytes(count: int) -> str:
    """Bytes in three or four digits: 102546848 -> "102.5 MB"."""
    text = format_count(count)
    return f"{text}B" if " " in text else f"{text} B"


def format_shape(shape: tuple, tensors: int = 1) -> str:
    """A shape without its batch, and how many tensors have it: (56, 56, 256) -> "56x56x256"."""
    sides = "x".join(str(side) for side in shape)
    return sides if tensors == 1 else f"{tensors} of {sides}"


def format_field(field: tuple[float, float], shape: tuple) -> str:
    """A receptive field: its side, or height x width, in pixels; a vector has seen all."""
    if len(shape) < 3:
        return "all"
    height, width = (f"{side:.0f}" for side in field)
    return height if height == width else f"{height}x{width}"


def print_list(console: Console | None = None) -> None:
    """Print every network under its paper, with its counts: kept ones, or else its outline's.

    Args:
        console: Where to print; the terminal by default.
    """
    console = console or Console(highlight=False)
    console.print(
        f"{'name':<21}{'year':<6}{'input':<13}{'parameters':>13}{'multiply-adds':>16}", style="bold"
    )
    kept = kept_counts()
    paper = None
    for name in nets.names():
        row = nets.describe(name)
        if row.paper != paper:
            paper = row.paper
            console.print(f"\n{paper}", style="dim")
        parameters, multiply_adds = kept.get(name) or counted(name)
        console.print(
            f"{name:<21}{row.year:<6}{format_shape(row.native):<13}"
            f"{parameters:>13,}{format_count(multiply_adds):>16}"
        )


def kept_counts() -> dict[str, list[int]]:
    """The counts that are kept, by name; a network that was just added has none."""
    return json.loads(COUNTS.read_text(encoding="utf-8"))


def counted(name: str) -> list[int]:
    """The parameters and multiply-adds of a network at the input of its paper, from its graph."""
    from nets.profile import graph

    model = nets.outline(name)
    return [graph.parameters(model), graph.multiply_adds(model)]


def keep_counts() -> None:
    """Count every network again and keep the counts; raises NetError where that is not allowed."""
    rows = [f" {json.dumps(name)}: {json.dumps(counted(name))}" for name in nets.names()]
    beside = COUNTS.with_suffix(".new")
    try:
        beside.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
        os.replace(beside, COUNTS)
    except OSError as error:
        raise NetError(f"cannot write {COUNTS}: {error.strerror}") from error


def print_network(model, console: Console | None = None) -> None:
    """Print one network by stage, with its totals.

    Args:
        model: A network of the catalogue, or its outline.
        console: Where to print; the terminal by default.

    Raises:
        NetError: The catalogue does not know the model's name.
    """
    from nets.profile import graph

    console = console or Console(highlight=False)
    stages = graph.table(model)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    parameters, multiply_adds = graph.total(stages)
    table.add_column("stage", "total", no_wrap=True)
    table.add_column("shape", no_wrap=True)
    table.add_column("parameters", f"{parameters:,}", justify="right", no_wrap=True)
    table.add_column("multiply-adds", f"{multiply_adds:,}", justify="right", no_wrap=True)
    table.add_column("sees", justify="right", no_wrap=True)
    for stage in stages:
        table.add_row(
            stage.name,
            format_shape(stage.shape, stage.tensors),
            f"{stage.parameters:,}",
            f"{stage.multiply_adds:,}",
            format_field(stage.field, stage.shape),
        )
    console.print(model.name, style="bold")
    console.print(nets.describe(model.name).paper)
    console.print(
        f"input {format_shape(model.input_shape[1:])}, {model.output_shape[-1]} classes; "
        "sees: the receptive field, in pixels"
    )
    console.print(table)


def print_cost(
    model, shape: tuple | None = None, layers: bool = False, console: Console | None = None
) -> None:
    """Print what a network costs, by the stages of its graph, or by layer.

    Args:
        model: Any functional or sequential keras.Model; its weights need no values.
        shape: The shape of one image, in place of the model's own.
        layers: A row for each layer.
        console: Where to print; the terminal by default.

    Raises:
        NetError: The model is not functional, or its images have no fixed size.
    """
    from nets.profile import graph
    from nets.profile.structure import structure

    console = console or Console(highlight=False)
    operations = graph.operations(model, shape)
    parts = structure(operations)
    # An image has three sides; of anything else nobody speaks of what it sees.
    sees = len(operations[0].shape) == 3
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_footer=True)
    totals = _sums(operations)
    table.add_column("layer" if layers else "stage", "total", no_wrap=True, max_width=25)
    table.add_column("shape", no_wrap=True)
    for name, total in zip(("parameters", "multiply-adds", "memory"), totals, strict=True):
        table.add_column(name, total, justify="right", no_wrap=True)
    if sees:
        table.add_column("sees", justify="right", no_wrap=True)
    for number, part in enumerate(parts, 1):
        rows = [[operations[i]] for i in part.operations] if layers else [_of(operations, part)]
        if layers and number > 1:
            table.add_section()
        for row in rows:
            last = row[-1] if layers else operations[part.last]
            name = last.name if layers else "side" if part.kind == "side" else str(number)
            cells = [name, format_shape(last.shape), *_sums(row)]
            table.add_row(*cells, *([format_field(last.field, last.shape)] if sees else []))
    console.print(model.name, style="bold", markup=False)
    results = format_bytes(graph.weight_bytes(model))
    console.print(f"input {format_shape(operations[0].shape)}; weights {results}")
    console.print("memory: of the results for one image" + "; sees: in pixels" * sees)
    console.print(table)
    unknown = sorted({one.class_name for one in operations if not one.counted})
    if unknown:
        console.print(f"multiply-adds of {', '.join(unknown)} are not counted")


def _of(operations, part) -> list:
    return [operations[i] for i in part.operations]


def _sums(operations) -> tuple[str, str, str]:
    """Parameters, multiply-adds and memory of some operations."""
    return (
        f"{sum(one.parameters for one in operations):,}",
        f"{sum(one.multiply_adds for one in operations):,}",
        format_bytes(sum(one.memory for one in operations)),
    )


def print_comparison(models, console: Console | None = None) -> None:
    """Print networks side by side: two of the catalogue by stage, any others by their totals.

    Args:
        models: Two or more models, or their outlines.
        console: Where to print; the terminal by default.

    Raises:
        NetError: A model is not functional, or its images have no fixed size.
    """
    console = console or Console(highlight=False)
    if len(models) == 2 and all(model.name in nets.names() for model in models):
        _print_two(models[0], models[1], console)
    else:
        _print_totals(models, console)


def _print_totals(models, console: Console) -> None:
    """A row for each network, and how many times the first one's costs it has."""
    from nets.profile import graph

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("name", no_wrap=True, max_width=19)
    table.add_column("input", no_wrap=True)
    for name in ("param.", "times", "m.-adds", "times", "weights", "results"):
        table.add_column(name, justify="right", no_wrap=True)
    first: list[int] = []
    for model in models:
        operations = graph.operations(model)
        counts = [graph.parameters(model), sum(one.multiply_adds for one in operations)]
        first = first or counts
        times = [_times(new, old) for new, old in zip(counts, first, strict=True)]
        table.add_row(
            model.name,
            format_shape(operations[0].shape),
            format_count(counts[0]),
            times[0],
            format_count(counts[1]),
            times[1],
            format_bytes(graph.weight_bytes(model)),
            format_bytes(sum(one.memory for one in operations)),
        )
    console.print(table)
    console.print("times: of the first; results: the memory of all results for one image")


def _times(count: int, first: int) -> str:
    """How many times as many, in six characters at most."""
    if not first:
        return ""
    times = count / first
    return f"{times:.3g}" if times < 1000 else f"{times:,.0f}"


def _print_two(first, second, console: Console) -> None:
    """Two networks with their stages side by side, and the second minus the first."""
    from nets.profile import graph

    both = [graph.table(model) for model in (first, second)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0, show_footer=True)
    for stages in both:
        if table.columns:
            table.add_column("")
        parameters, multiply_adds = graph.total(stages)
        table.add_column("stage", "total", no_wrap=True)
        table.add_column("shape", no_wrap=True)
        table.add_column("param.", format_count(parameters), justify="right", no_wrap=True)
        table.add_column("m.-adds", format_count(multiply_adds), justify="right", no_wrap=True)
    for left, right in zip_longest(*both):
        table.add_row(*_cells(left), "", *_cells(right))
    for model in (first, second):
        shape = format_shape(model.input_shape[1:])
        console.print(f"{model.name}: input {shape}, {model.output_shape[-1]} classes")
    console.print(table)
    console.print(f"{second.name} against {first.name}")
    totals = [graph.total(stages) for stages in both]
    for label, before, after in zip(("parameters", "multiply-adds"), *totals, strict=True):
        console.print(f"{label:<14}{after - before:>+18,}  {after / before:.3g} times as many")


def _cells(stage: Stage | None) -> tuple[str, ...]:
    if stage is None:
        return ("",) * 4
    return (
        stage.name,
        format_shape(stage.shape, stage.tensors),
        format_count(stage.parameters),
        format_count(stage.multiply_adds),
    )
