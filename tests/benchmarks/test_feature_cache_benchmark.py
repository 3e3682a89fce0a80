"""The benchmark of the feature cache: both ways train, and the ratio is the right way up."""

import json

import pytest

from benchmarks import feature_cache


def test_both_ways_train_a_head_and_share_one_cache():
    row = feature_cache.run("lenet5", images=12, epochs=1, rounds=1)
    assert row["cache_bytes"] > 12 * 84 * 4  # the 84 units before the softmax
    assert row["fill_seconds"] > 0 and row["n"] == 1
    assert row["median"] == row["network_seconds"]["median"] / row["cache_seconds"]["median"]
    json.dumps(row)
    assert "a second head by cache" in feature_cache.words(row)


def test_a_fast_cache_shows_a_ratio_above_one(monkeypatch):
    clock = {"cache": iter([1.0, 2.0]), "network": iter([30.0, 50.0])}
    monkeypatch.setattr(feature_cache, "by_cache", lambda *a: next(clock["cache"]))
    monkeypatch.setattr(feature_cache, "by_network", lambda *a: next(clock["network"]))
    row = feature_cache.run("lenet5", images=6, epochs=1, rounds=2)
    assert (row["n"], row["median"], row["min"], row["max"]) == (2, 27.5, 25.0, 30.0)


def test_faults_are_one_line(capsys):
    assert feature_cache.main(["--net", "lenet", "--images", "6"]) == 1
    assert "did you mean lenet5" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        feature_cache.main(["--rounds", "0"])
    assert "at least 1" in capsys.readouterr().err
