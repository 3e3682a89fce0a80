"""The study of transfer learning for docs/results.md: a table and a picture from recorded runs.

Train the study, then record it:

    .venv/bin/signs study transfer --json study.json
    python benchmarks/transfer_study.py --record study.json   one record per cell of the table
    python benchmarks/transfer_study.py --drawn-only WEIGHTS.keras
                                                              one record: photographs, read by a
                                                              network that saw only drawn hands
    python benchmarks/transfer_study.py --table               the table of docs/results.md
    python benchmarks/transfer_study.py --plot FILE           accuracy by photographs per class
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

from benchmarks import records
from datasets.errors import DataError
from datasets.invocation import typed
from training.transfer import fine_tune, report

BENCHMARK, DRAWN_ONLY = "transfer_study", "drawn_only"
KEY = ("net", "source", "policy", "per_class")
WORDS = {"synthetic": "drawn hands"}


def rows(results: list[dict]) -> list[dict]:
    """Runs of the study, as `--json` writes them, as records: one per cell of the table.

    Raises DataError if a run was not tested on the photographs.
    """
    cells: dict[tuple, list[dict]] = {}
    for result in results:
        if result["data"] != "SIGNS" or result["settings"]["held_out"]:
            raise DataError(
                "expected runs that were tested on the photographs' test set, received "
                f"{result['data']}, held out: {result['settings']['held_out']}"
            )
        cells.setdefault(tuple(result[name] for name in KEY), []).append(result)
    return [
        {
            "benchmark": BENCHMARK,
            **dict(zip(KEY, key, strict=True)),
            **{
                name: [run[name] for run in runs]
                for name in ("seed", "accuracy", "accuracy_unseen", "seconds")
            },
            "tested": runs[0]["tested"],
            "unseen": runs[0]["unseen"],
            "epochs": runs[0]["epochs"],
            "settings": {**runs[0]["settings"], "seed": None},
        }
        for key, runs in cells.items()
    ]


def recorded(net: str) -> list[dict]:
    """The latest row of each line and size of `net`: random weights first, policies in the order
    of training.transfer.fine_tune."""
    latest = {
        tuple(row[name] for name in KEY): row
        for row in records.read()
        if row.get("benchmark") == BENCHMARK and row["net"] == net
    }
    policies = list(fine_tune.POLICIES)
    return sorted(
        latest.values(),
        key=lambda row: (
            row["source"] != "random",
            row["source"],
            policies.index(row["policy"]),
            row["per_class"],
        ),
    )


def lines(cells: list[dict], figure: str = "accuracy") -> dict:
    """(source, policy) -> photographs per class -> accuracies (0 to 1), one per seed."""
    accuracies: dict[tuple[str, str], dict[int, list[float]]] = {}
    for row in cells:
        source = WORDS.get(row["source"], row["source"])
        line = accuracies.setdefault((source, row["policy"]), {})
        line[row["per_class"]] = row[figure]
    return accuracies


def table(cells: list[dict]) -> str:
    """The table: mean and range over seeds on all of test, one column per size."""
    sizes = sorted({row["per_class"] for row in cells})
    head = "| weights, policy | " + " | ".join(map(str, sizes)) + " |\n"
    text = [head + "|---" * (len(sizes) + 1) + "|"]
    for (source, policy), line in lines(cells).items():
        columns = [_spread(line[size]) if size in line else "" for size in sizes]
        text.append(f"| {source}, {policy} | " + " | ".join(columns) + " |")
    return "\n".join(text)


def _spread(values: list[float]) -> str:
    return f"{statistics.mean(values):.3f} ({min(values):.3f}-{max(values):.3f})"


def plot(cells: list[dict], path: Path) -> None:
    """Draw the same figures into `path`."""
    from training import plots

    seeds = max(len(row["seed"]) for row in cells)
    title = f"{report.heading(cells[0]['net'], 'SIGNS')}, {seeds} seeds"
    plots.save(plots.by_size(lines(cells), title), path)


def drawn_only(weights: Path) -> dict:
    """The accuracy on photographs of a network from `training pretrain`, which has seen none."""
    from datasets import find
    from datasets.quiet import import_keras
    from training.evaluate import score

    beside = weights.with_suffix(".json")
    if not (weights.is_file() and beside.is_file()):
        raise DataError(
            f"expected {weights} and {beside.name} beside it, as `{typed('pretrain')}` leaves them"
        )
    data, provenance = find.resolve("signs", None, say=lambda line: None)
    pretrained = json.loads(beside.read_text(encoding="utf-8"))
    measured = score(import_keras().models.load_model(weights, compile=False), data)
    return {
        "benchmark": DRAWN_ONLY,
        "net": pretrained["settings"]["net"],
        "settings": pretrained["settings"],
        "accuracy_on_drawn_hands": pretrained["accuracy_on_drawn_hands"],
        "data": provenance.name,
        "accuracy": measured.accuracy,
        "accuracy_unseen": measured.accuracy_unseen,
        "tested": measured.tested,
        "unseen": measured.unseen,
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; an error is one line and status 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", type=Path, metavar="STUDY.json")
    parser.add_argument("--drawn-only", type=Path, metavar="WEIGHTS.keras")
    parser.add_argument("--net", default="resnet18", help="of the table and the picture (resnet18)")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--plot", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    if not (options.record or options.drawn_only or options.table or options.plot):
        parser.error("expected --record, --drawn-only, --table or --plot")
    try:
        if options.drawn_only:
            row = drawn_only(options.drawn_only)
            print(
                f"{row['net']}, drawn hands alone: {row['accuracy']:.4f} of {row['tested']} "
                f"photographs, {row['accuracy_unseen']:.4f} of {row['unseen']}; "
                f"{row['accuracy_on_drawn_hands']:.4f} of other drawn hands"
            )
            records.append(row)
        if options.record:
            for row in rows(json.loads(options.record.read_text(encoding="utf-8"))):
                records.append(row)
        cells = recorded(options.net)
        if options.table:
            print(table(cells))
        if options.plot:
            if not cells:
                raise DataError(f"expected recorded runs of {options.net}, found none: --record")
            plot(cells, options.plot)
    except (DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
