"""`race`: its seconds, its record, and its runs among the others."""

import json

import pytest

from training.race import run
from training.results import find
from training.results.earlier import is_earlier
from training.transfer import backbone


def test_the_first_epoch_counts_as_the_median_of_the_others():
    seconds = [30.0, 2.0, 9.0, 3.0]
    assert run.steady([{"seconds": value} for value in seconds]) == 14 + 3
    assert run.steady([{"seconds": 5.0}]) == 5


def test_a_race_is_recorded_kept_and_read_again(
    monkeypatch, tmp_path, tiny_net, colours_folder, run_command
):
    built = []

    def tiny(name, shape, classes):
        built.append((name, shape, classes))
        return backbone.Network(tiny_net(shape, classes), None, None, {})

    monkeypatch.setattr(backbone, "build", tiny)
    table = tmp_path / "race.json"
    words = ("race", "--seeds", 2, "--epochs", 3, "--folder", colours_folder, "--json", table)
    status, out, err = run_command(*words, "--runs", tmp_path / "runs")
    assert status == 0, err
    assert built == [("resnet20", (64, 64, 3), 6)] * 2
    raced = json.loads(table.read_text())
    assert raced["network"] == "resnet20" and raced["seeds"] == 2
    for name in ("accuracy", "accuracy_unseen", "seconds", "seconds_total"):
        assert len(raced[name]) == 2
    for steady, total in zip(raced["seconds"], raced["seconds_total"], strict=True):
        assert 0 < steady < total  # compilation is in the second only
    assert raced["device"].startswith("cpu:0 (") and raced["versions"]["keras"]
    kept = find.everything(tmp_path / "runs")
    names = [f"race-resnet20-other-seed{seed}-3epochs" for seed in (0, 1)]
    assert sorted(one.name for one in kept) == names
    assert not any(is_earlier(one.settings) for one in kept)
    status, out, _ = run_command("runs", "show", names[0], "--runs", tmp_path / "runs")
    assert status == 0 and "resnet20 of nets/" in out
    run_command(*words, "--runs", tmp_path / "runs")
    assert len(built) == 2 and json.loads(table.read_text()) == raced


def test_unknown_data_is_one_line(run_command, tmp_path):
    status, _, err = run_command("race", "--data", "sign", "--runs", tmp_path)
    assert status == 1 and "did you mean signs" in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_sentences_have_a_range_only_where_there_is_one(seeds):
    result = {
        "accuracy": 0.9, "accuracy_unseen": 0.8, "seconds": 3.0, "seconds_total": 9.0,
        "tested": 120, "unseen": 107, "device": "cpu:0", "versions": {},
    }  # fmt: skip
    lines = run.sentences(run.record([result] * seeds, "SIGNS"))
    assert ("(3.0 to 3.0)" in lines[2]) == (seeds == 3)
    assert "90.0%" in lines[1] and "107" in lines[1]
