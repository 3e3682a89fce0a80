"""The transfer study's records, table and picture, from runs made up here."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

from benchmarks import records, transfer_study
from datasets.signs import Provenance, Signs


def run(per_class, seed, accuracy, source="synthetic", policy="all", data="SIGNS", held_out=False):
    """A run as `training study transfer --json` writes it."""
    return {
        "data": data,
        "net": "resnet18",
        "source": source,
        "policy": policy,
        "per_class": per_class,
        "seed": seed,
        "accuracy": accuracy,
        "tested": 120,
        "unseen": 107,
        "accuracy_unseen": accuracy / 2,
        "epochs": [9],
        "seconds": 3.0,
        "settings": {"held_out": held_out, "seed": seed, "recipe": {}},
    }


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """records.jsonl in a folder of the test's own."""
    path = tmp_path / "records.jsonl"
    monkeypatch.setattr(records.append, "__defaults__", (path,))
    monkeypatch.setattr(records.read, "__defaults__", (path,))
    return path


def written(tmp_path, *runs):
    """A study.json of these runs."""
    (tmp_path / "study.json").write_text(json.dumps(runs))
    return ["--record", str(tmp_path / "study.json")]


def test_a_line_has_the_mean_and_range_of_its_seeds_by_size(kept, tmp_path, capsys):
    arguments = written(
        tmp_path,
        run(5, 0, 0.5),
        run(5, 1, 0.7),
        run(180, 0, 0.9),
        run(5, 0, 0.25, "random", "initial"),
    )
    assert transfer_study.main([*arguments, "--table"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "| weights, policy | 5 | 180 |",
        "|---|---|---|",
        "| random, initial | 0.250 (0.250-0.250) |  |",
        "| drawn hands, all | 0.600 (0.500-0.700) | 0.900 (0.900-0.900) |",
    ]
    lines = transfer_study.lines(transfer_study.recorded("resnet18"), "accuracy_unseen")
    assert lines["drawn hands", "all"][5] == [0.25, 0.35]


def test_lines_stand_in_the_order_of_the_policies(kept, tmp_path, capsys):
    runs = [run(5, 0, 0.5, policy=policy) for policy in ("initial", "later", "all", "softmax")]
    assert transfer_study.main([*written(tmp_path, *runs), "--table"]) == 0
    assert [line.split(" | ")[0] for line in capsys.readouterr().out.splitlines()[2:]] == [
        f"| drawn hands, {policy}" for policy in ("softmax", "later", "all", "initial")
    ]


def test_a_later_record_takes_the_place_of_an_earlier_one(kept, tmp_path, capsys):
    for accuracy in (0.5, 0.75):
        transfer_study.main(written(tmp_path, run(5, 0, accuracy)))
    assert len(kept.read_text().splitlines()) == 2
    (row,) = transfer_study.recorded("resnet18")
    assert row["accuracy"] == [0.75] and transfer_study.recorded("lenet5") == []


def test_weights_from_elsewhere_stand_under_their_own_name(kept, tmp_path, capsys):
    arguments = written(tmp_path, run(5, 0, 0.5, "imagenet"), run(5, 0, 0.25, "random", "initial"))
    assert transfer_study.main([*arguments, "--table"]) == 0
    assert [line.split(" | ")[0] for line in capsys.readouterr().out.splitlines()[2:]] == [
        "| random, initial",
        "| imagenet, all",
    ]


@pytest.mark.parametrize("other", [{"data": "synthetic"}, {"held_out": True}])
def test_what_was_not_tested_on_the_photographs_is_refused(kept, tmp_path, capsys, other):
    assert transfer_study.main(written(tmp_path, run(5, 0, 0.5, **other))) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "expected runs that were tested on the photographs' test set" in line
    assert not kept.exists()


def test_the_picture(kept, tmp_path, capsys):
    picture = tmp_path / "study.png"
    assert transfer_study.main(["--plot", str(picture)]) == 1
    assert "expected recorded runs of resnet18, found none" in capsys.readouterr().err
    arguments = written(tmp_path, run(5, 0, 0.5), run(50, 0, 0.7), run(5, 0, 0.4, "random"))
    assert transfer_study.main([*arguments, "--plot", str(picture)]) == 0
    with Image.open(picture) as image:
        assert image.width == 800


def test_a_network_that_saw_drawn_hands_alone(kept, tmp_path, capsys, monkeypatch):
    weights = tmp_path / "net.keras"
    assert transfer_study.main(["--drawn-only", str(weights)]) == 1
    assert "signs pretrain` leaves them" in " ".join(capsys.readouterr().err.split())
    images = keras.Input((8, 8, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(images)
    softmax = keras.layers.Dense(
        3,
        "softmax",
        kernel_initializer="zeros",
        bias_initializer=keras.initializers.Constant([0, 5, 0]),
    )
    keras.Model(images, softmax(pooled)).save(weights)
    weights.with_suffix(".json").write_text(
        json.dumps({"settings": {"net": "tiny", "hands": 60}, "accuracy_on_drawn_hands": 0.5})
    )
    pictures = np.random.default_rng(0).integers(0, 256, (9, 8, 8, 3), "uint8")
    # The last one of test is in train too.
    data = Signs(
        pictures[[0, 1, 2, 8]],
        np.zeros(4, int),
        pictures[4:],
        np.array([1, 1, 1, 0, 2]),
        np.arange(3),
    )
    monkeypatch.setattr(
        "datasets.find.resolve", lambda *_, **__: (data, Provenance("SIGNS", "a", "b", tmp_path))
    )
    assert transfer_study.main(["--drawn-only", str(weights)]) == 0
    assert "tiny, drawn hands alone: 0.6000 of 5 photographs" in capsys.readouterr().out
    (row,) = records.read(kept)
    assert row["benchmark"] == "drawn_only" and row["accuracy"] == pytest.approx(0.6)
    assert (row["accuracy_unseen"], row["unseen"]) == (0.75, 4)


def test_something_has_to_be_asked_for(capsys):
    with pytest.raises(SystemExit):
        transfer_study.main([])
    with pytest.raises(SystemExit):
        transfer_study.main(["--record"])
