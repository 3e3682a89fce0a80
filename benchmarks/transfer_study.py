"""The study of transfer learning for the README: a table and a picture from recorded runs.

python -m training study transfer --json study.json
python benchmarks/transfer_study.py --record study.json   a line of the table and size a record
python benchmarks/transfer_study.py --drawn-only WEIGHTS.keras
                                                          one more: photographs, read by a
                                                          network that saw drawn hands alone
python benchmarks/transfer_study.py --table               the README's table
python benchmarks/transfer_study.py --plot FILE           accuracy by photographs a class
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

from benchmarks import records
from datasets.errors import DataError
from training.transfer import fine_tune, report

BENCHMARK, DRAWN_ONLY = "transfer_study", "drawn_only"
KEY = ("net", "source", "policy", "per_class")
WORDS = {"synthetic": "drawn hands"}


def rows(results: list[dict]) -> list[dict]:
    """Runs of the study, as `--json` writes them, as records: one a line of the table and size.

    Raises DataError where a run was no run on the photographs.
    """
    found: dict[tuple, list[dict]] = {}
    for result in results:
        if result["data"] != "SIGNS" or result["settings"]["held_out"]:
            raise DataError(
                "expected runs that were tested on the photographs' test set, received "
                f"{result['data']}, held out: {result['settings']['held_out']}"
            )
        found.setdefault(tuple(result[name] for name in KEY), []).append(result)
    return [
        {
            "benchmark": BENCHMARK,
            **dict(zip(KEY, key, strict=True)),
            **{
                name: [one[name] for one in runs]
                for name in ("seed", "accuracy", "accuracy_unseen", "seconds")
            },
            "tested": runs[0]["tested"],
            "unseen": runs[0]["unseen"],
            "epochs": runs[0]["epochs"],
            "settings": {**runs[0]["settings"], "seed": None},
        }
        for key, runs in found.items()
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


def lines(found: list[dict], figure: str = "accuracy") -> dict:
    """(source, policy) -> photographs a class -> accuracies of 1, one a seed."""
    made: dict[tuple[str, str], dict[int, list[float]]] = {}
    for row in found:
        source = WORDS.get(row["source"], row["source"])
        line = made.setdefault((source, row["policy"]), {})
        line[row["per_class"]] = row[figure]
    return made


def table(found: list[dict]) -> str:
    """The README's table: mean and range over seeds on all of test, a column a size."""
    sizes = sorted({row["per_class"] for row in found})
    head = "| weights, policy | " + " | ".join(map(str, sizes)) + " |\n"
    made = [head + "|---" * (len(sizes) + 1) + "|"]
    for (source, policy), line in lines(found).items():
        cells = [_spread(line[size]) if size in line else "" for size in sizes]
        made.append(f"| {source}, {policy} | " + " | ".join(cells) + " |")
    return "\n".join(made)


def _spread(values: list[float]) -> str:
    return f"{statistics.mean(values):.3f} ({min(values):.3f}-{max(values):.3f})"


def plot(found: list[dict], path: Path) -> None:
    """Draw the same, from records, into `path`."""
    from training import plots

    seeds = max(len(row["seed"]) for row in found)
    title = f"{report.heading(found[0]['net'], 'SIGNS')}, {seeds} seeds"
    plots.save(plots.by_size(lines(found), title), path)


def drawn_only(weights: Path) -> dict:
    """How a network that `training pretrain` kept does on photographs; it has seen none of them."""
    from datasets import find
    from datasets.quiet import import_keras
    from training.evaluate import score

    beside = weights.with_suffix(".json")
    if not (weights.is_file() and beside.is_file()):
        raise DataError(
            f"expected {weights} and {beside.name} beside it, as `python -m training "
            "pretrain` leaves them"
        )
    data, provenance = find.resolve("signs", None, say=lambda line: None)
    made = json.loads(beside.read_text(encoding="utf-8"))
    measured = score(import_keras().models.load_model(weights, compile=False), data)
    return {
        "benchmark": DRAWN_ONLY,
        "net": made["settings"]["net"],
        "settings": made["settings"],
        "accuracy_on_drawn_hands": made["accuracy_on_drawn_hands"],
        "data": provenance.name,
        "accuracy": measured.accuracy,
        "accuracy_unseen": measured.accuracy_unseen,
        "tested": measured.tested,
        "unseen": measured.unseen,
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; a fault is one line and status 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", type=Path, metavar="STUDY.json")
    parser.add_argument("--drawn-only", type=Path, metavar="WEIGHTS.keras")
    parser.add_argument("--net", default="resnet18", help="of the table and the picture (resnet18)")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--plot", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    if not (given.record or given.drawn_only or given.table or given.plot):
        parser.error("expected --record, --drawn-only, --table or --plot")
    try:
        if given.drawn_only:
            row = drawn_only(given.drawn_only)
            print(
                f"{row['net']}, drawn hands alone: {row['accuracy']:.4f} of {row['tested']} "
                f"photographs, {row['accuracy_unseen']:.4f} of {row['unseen']}; "
                f"{row['accuracy_on_drawn_hands']:.4f} of other drawn hands"
            )
            records.append(row)
        if given.record:
            for row in rows(json.loads(given.record.read_text(encoding="utf-8"))):
                records.append(row)
        found = recorded(given.net)
        if given.table:
            print(table(found))
        if given.plot:
            if not found:
                raise DataError(f"expected recorded runs of {given.net}, found none: --record")
            plot(found, given.plot)
    except (DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
