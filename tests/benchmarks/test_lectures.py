"""The lectures' table and picture, from records made up here."""

import json
import threading

import pytest
from PIL import Image

import nets
from benchmarks import lectures


def row(net, seed, accuracy, benchmark="lectures", **more):
    """A line as the benchmark records it, by today's recipe."""
    recipe = json.loads(json.dumps(lectures.recipe_for(net).settings))
    return {
        "benchmark": benchmark,
        "net": net,
        "seed": seed,
        "recipe": recipe,
        "parameters": 61706,
        "multiply_adds": 416520,
        "accuracy": accuracy,
        "accuracy_unseen": accuracy,
        "train_accuracy": 1.0,
        **more,
    }


def test_every_network_is_in_the_order():
    assert sorted(lectures.ORDER) == sorted(nets.names())


def test_a_run_by_another_recipe_or_an_older_one_does_not_count():
    old, new = row("lenet5", 0, 0.1), row("lenet5", 0, 0.5)
    other = row("lenet5", 1, 0.9)
    other["recipe"]["epochs"] += 1
    elsewhere = row("lenet5", 2, 0.9, benchmark="lectures_held-out")
    latest = lectures.recorded(rows=[old, new, other, elsewhere])
    assert latest == {("lenet5", 0): new}


def test_the_table_has_one_line_per_network_with_mean_and_range():
    runs = lectures.recorded(
        rows=[row("lenet5", 0, 0.5), row("lenet5", 1, 0.75), row("alexnet", 0, 0.25)]
    )
    steps = {("lenet5", 0): {"median": 0.5}}
    epochs = lectures.recipe_for("lenet5").epochs
    head, rule, *lines = lectures.table(runs, steps).splitlines()
    assert [line.split(" | ")[0] for line in lines] == ["| lenet5", "| alexnet"]
    assert lines[0] == (
        f"| lenet5 | 1998 | 61,706 | 0.4 M | {0.5 * 34 * epochs:.0f} | 2 "
        "| 0.6250 (0.5000-0.7500) | 0.6250 (0.5000-0.7500) "
        "| 1.0000 (1.0000-1.0000) |"
    )
    assert lines[1].count("|") == lines[0].count("|") == head.count("|") == rule.count("|")


def test_the_picture_shows_both_families(tmp_path):
    runs = lectures.recorded(
        rows=[
            row(net, seed, 0.5 + seed / 10)
            for seed in range(2)
            for net in ("resnet18", "resnet34", "plain18", "plain34")
        ]
    )
    lectures.plot(runs, tmp_path / "depth.png")
    with Image.open(tmp_path / "depth.png") as picture:
        assert picture.width >= 800
    assert [path.name for path in tmp_path.iterdir()] == ["depth.png"]


def test_something_has_to_be_asked_for(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["lectures.py"])
    with pytest.raises(SystemExit):
        lectures.main()
    assert "--record" in capsys.readouterr().err


def test_what_is_missing_is_run_once_and_each_run_has_its_own_cores(monkeypatch):
    """Two at a time, each on cores of its own; a run that fails is counted, the others go on."""
    monkeypatch.setattr(lectures, "recorded", lambda _: {("lenet5", 0): {}})
    monkeypatch.setattr(lectures, "_cores", lambda: [0, 1, 2, 3])
    busy, shares, asked = set(), set(), []
    both = threading.Barrier(2, timeout=30)

    def run_one(net, seed, mode, benchmark, cores):
        assert not busy & set(cores)
        busy.update(cores)
        shares.add(tuple(cores))
        asked.append((net, seed))
        if len(asked) <= 2:  # the first two wait for each other: they are under way at once
            both.wait()
        busy.difference_update(cores)
        return (net, seed) != ("alexnet", 1)

    monkeypatch.setattr(lectures, "run_one", run_one)
    assert lectures.run_missing(["lenet5", "alexnet"], 2, "record", workers=2) == 1
    assert sorted(asked) == [("alexnet", 0), ("alexnet", 1), ("lenet5", 1)]
    assert shares == {(0, 2), (1, 3)}


@pytest.mark.parametrize("workers", ["0", "1000"])
def test_more_workers_than_cores_are_refused(capsys, monkeypatch, workers):
    monkeypatch.setattr("sys.argv", ["lectures.py", "--record", "--workers", workers])
    with pytest.raises(SystemExit):
        lectures.main()
    assert f"received {workers}" in capsys.readouterr().err
