"""The stand-in beside SIGNS: which runs count, and the table, from records made up here."""

import pytest

from benchmarks import stand_in as benchmark
from datasets import signs
from datasets.synthetic import stand_in


@pytest.fixture
def records(monkeypatch, tmp_path):
    """A list in place of records.jsonl, and files of drawn hands in a folder of their own."""
    rows = []
    monkeypatch.setattr(benchmark, "read", lambda: rows)
    monkeypatch.setattr(benchmark, "append", rows.append)
    monkeypatch.setattr(signs, "STAND_IN", stand_in.synthesize(tmp_path))
    return rows


def row(net, data, seed, accuracy, sums):
    recipe = benchmark.RECIPES[net]
    files = dict(zip(("train", "test"), sums, strict=True))
    return {"benchmark": "stand_in", "net": net, "recipe": recipe, "data": data,
            "data_sha256": files, "seed": seed, "accuracy": accuracy,
            "accuracy_unseen": accuracy - 0.01}  # fmt: skip


def test_runs_count_from_both_benchmarks_but_not_those_on_earlier_pictures(records):
    source = signs.read(signs.STAND_IN)[1]
    now, photographs = (source.train_sha256, source.test_sha256), ("a", "b")
    records += [
        row("lenet5", "SIGNS", 0, 0.92, photographs),
        row("lenet5", "synthetic", 0, 0.90, now),
        row("lenet5", "synthetic", 1, 0.10, ("c", "d")),
        {
            **row("lenet5", "synthetic", None, 0, now),
            "benchmark": "reproduced",
            "accuracy": [0.94, 0.95],
            "accuracy_unseen": [0.93, 0.91],
        },
        {**row("lenet5", "SIGNS", 3, 0.10, photographs), "recipe": "ours"},
    ]
    assert benchmark.table().splitlines()[2:] == [
        "| lenet5, lenet | SIGNS | 1 | 0.9200 (0.9200-0.9200) | 0.9100 (0.9100-0.9100) |",
        "| lenet5, lenet | synthetic | 3 | 0.9300 (0.9000-0.9500) | 0.9100 (0.8900-0.9300) |",
    ]


def test_what_is_recorded_is_not_trained_again(records, monkeypatch):
    source = signs.read(signs.STAND_IN)[1]
    now = source.train_sha256, source.test_sha256
    records += [row("resnet18", "synthetic", 1, 0.9, now)]
    trained = []
    monkeypatch.setattr(benchmark, "train", lambda *run: trained.append(run) or {})
    benchmark.record(["resnet18"], ["SIGNS", "synthetic"], 3)
    assert trained == [
        *(("resnet18", "SIGNS", seed) for seed in range(3)),
        *(("resnet18", "synthetic", seed) for seed in (0, 2)),
    ]
    assert len(records) == 6 and records[-1]["benchmark"] == "stand_in"
