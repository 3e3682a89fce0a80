"""The lectures' table and picture, from records made up here."""

import json
from dataclasses import asdict

import pytest
from PIL import Image

import nets
from benchmarks import lectures


def row(net, seed, accuracy, benchmark="lectures", **more):
    """A line as the benchmark records it, by today's recipe."""
    recipe = json.loads(json.dumps(asdict(lectures.recipe_for(net))))
    return {"benchmark": benchmark, "net": net, "seed": seed, "recipe": recipe, "parameters": 61706,
            "multiply_adds": 416520, "accuracy": accuracy, "accuracy_unseen": accuracy,
            "train_accuracy": 1.0, **more}  # fmt: skip


def test_every_network_is_in_the_order():
    assert sorted(lectures.ORDER) == sorted(nets.names())


def test_a_run_by_another_recipe_or_an_older_one_does_not_count():
    old, new = row("lenet5", 0, 0.1), row("lenet5", 0, 0.5)
    other = row("lenet5", 1, 0.9)
    other["recipe"]["epochs"] += 1
    elsewhere = row("lenet5", 2, 0.9, benchmark="lectures_held-out")
    found = lectures.recorded(rows=[old, new, other, elsewhere])
    assert found == {("lenet5", 0): new}


def test_the_table_has_a_line_a_network_with_mean_and_range():
    runs = lectures.recorded(rows=[row("lenet5", 0, 0.5), row("lenet5", 1, 0.75),
                                   row("alexnet", 0, 0.25)])  # fmt: skip
    steps = {("lenet5", 0): {"median": 0.5}}
    epochs = lectures.recipe_for("lenet5").epochs
    head, rule, *lines = lectures.table(runs, steps).splitlines()
    assert [line.split(" | ")[0] for line in lines] == ["| lenet5", "| alexnet"]
    assert lines[0] == (f"| lenet5 | 1998 | 61,706 | 0.4 M | {0.5 * 34 * epochs:.0f} | 2 "
                        "| 0.6250 (0.5000-0.7500) | 0.6250 (0.5000-0.7500) "
                        "| 1.0000 (1.0000-1.0000) |")  # fmt: skip
    assert lines[1].count("|") == lines[0].count("|") == head.count("|") == rule.count("|")


def test_the_picture_shows_both_families(tmp_path):
    runs = lectures.recorded(rows=[row(net, seed, 0.5 + seed / 10) for seed in range(2)
                                   for net in ("resnet18", "resnet34", "plain18", "plain34")])
    lectures.plot(runs, tmp_path / "depth.png")
    with Image.open(tmp_path / "depth.png") as picture:
        assert picture.width >= 800
    assert [path.name for path in tmp_path.iterdir()] == ["depth.png"]


def test_something_has_to_be_asked_for(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["lectures.py"])
    with pytest.raises(SystemExit):
        lectures.main()
    assert "--record" in capsys.readouterr().err
