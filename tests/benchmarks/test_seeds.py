"""The runs of one network under many seeds: kept one by one, and only missing ones are made."""

import numpy as np
import pytest

from benchmarks import seeds


def test_only_missing_runs_are_made_and_each_is_kept_at_once(tmp_path, monkeypatch):
    made, path = [], tmp_path / "seeds.json"

    def right(name, seed):
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append((name, seed))
        return np.arange(4) <= seed

    monkeypatch.setattr(seeds, "SEEDS", {"one": 2, "two": 3})
    monkeypatch.setattr(seeds, "right", right)
    with pytest.raises(KeyboardInterrupt):
        seeds.record(path)
    assert made == [("one", 0), ("one", 1), ("two", 0)]
    made.clear()
    seeds.record(path)
    assert made == [("two", 1), ("two", 2)]
    found = seeds.read(path)
    assert found["two"].astype(int).tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0]]
    assert "| two | 3 | 0.5000 (0.2500-0.7500) |" in seeds.table(found)


def test_what_is_recorded_is_enough_to_compare_a_network_with_itself():
    found = seeds.read()
    assert {name: len(right) for name, right in found.items()} == seeds.SEEDS
    assert {right.shape[1] for right in found.values()} == {107}
