"""The bottleneck benchmark: its counts by hand, its ratios the right way up, its record."""

import json

import pytest

from benchmarks import bottleneck
from benchmarks.step_time import Setting

# Worked out on paper: 28x28 positions, output channels, window, input channels.
LECTURE = (28 * 28 * 32 * 5 * 5 * 192, 28 * 28 * 16 * 192 + 28 * 28 * 32 * 5 * 5 * 16)
MODULE_3A = (
    28 * 28 * 192 * (64 + 128 * 9 + 32 * 25),
    28 * 28 * (192 * (64 + 96 + 16 + 32) + 96 * 128 * 9 + 16 * 32 * 25),
)


@pytest.mark.parametrize("place, counts", [(0, LECTURE), (1, MODULE_3A)])
def test_the_counts_are_those_worked_out_by_hand(place, counts):
    row = bottleneck.run(bottleneck.cases()[place], Setting(batch=1, rounds=1, steps=1, warm_up=1))
    assert tuple(row["multiply_adds"].values()) == counts
    assert row["predicted"] == counts[0] / counts[1]
    assert all(row[way]["n"] == 1 and row[way]["median"] > 0 for way in bottleneck.WAYS)
    json.dumps(row)


def test_a_bottleneck_that_saves_shows_a_ratio_above_one(monkeypatch):
    clock = {"naive": [3.0, 4.0, 6.0], "bottleneck": [1.0, 1.0, 2.0]}
    monkeypatch.setattr(bottleneck, "measure", lambda steps, setting: clock)
    row = bottleneck.run(bottleneck.cases()[0], Setting(batch=1))
    assert row["training"] == {"n": 3, "median": 3.0, "min": 3.0, "max": 4.0}
    assert row["training_ms"] == {"naive": 4000.0, "bottleneck": 1000.0}


def test_the_table_holds_the_latest_record_of_each_case(monkeypatch, tmp_path, capsys):
    figures = {"n": 11, "median": 2.0, "min": 1.5, "max": 2.5}
    row = {
        "benchmark": "bottleneck",
        "case": "module 9z",
        "input": [7, 7, 832],
        "predicted": 2.5,
        "multiply_adds": {"naive": 5e6, "bottleneck": 2e6},
        "inference": figures,
        "training": figures,
    }
    path = tmp_path / "records.jsonl"
    old = {**row, "predicted": 9.0}
    path.write_text("".join(json.dumps(line) + "\n" for line in (old, {"benchmark": "x"}, row)))
    monkeypatch.setattr(bottleneck.records, "read", lambda: records_of(path))
    assert bottleneck.main(["--table"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[2] == (
        "| module 9z, 7x7x832 | 5.0 M | 2.0 M | 2.50 | 2.00 (1.50-2.50, n=11) "
        "| 2.00 (1.50-2.50, n=11) |"
    )


def records_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_settings_below_one_are_refused(capsys):
    with pytest.raises(SystemExit) as stopped:
        bottleneck.main(["--rounds", "0"])
    assert stopped.value.code != 0
    assert "at least 1" in capsys.readouterr().err
