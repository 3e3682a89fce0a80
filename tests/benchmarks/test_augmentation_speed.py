"""The augmentation benchmark: all sides prepare as many images, ratios are the right way up."""

import json

import numpy as np
import pytest

from benchmarks import augmentation
from benchmarks.augmentation import CASES, SIDES, Task

IMAGES = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), "uint8")


@pytest.mark.parametrize("side", SIDES)
def test_each_side_prepares_every_image_of_every_case_that_it_has(side):
    if side == "albumentations":
        pytest.importorskip("albumentations")
    epochs = [SIDES[side](Task(IMAGES, batch=4), names) for names in CASES.values()]
    assert [epoch and epoch() for epoch in epochs] == [8, 8, None if "keras" in side else 8]


def test_a_side_that_takes_longer_shows_a_ratio_above_one(monkeypatch):
    clock = {"ours": [1.0, 2.0, 1.0], "keras.layers": [4.0, 6.0, 5.0]}
    monkeypatch.setattr(augmentation, "measure", lambda epochs, setting: clock)
    monkeypatch.setattr(augmentation, "SIDES", {"ours": lambda task, names: len})
    row = augmentation.run("the whole lecture", Task(IMAGES, batch=4), rounds=3)
    fast = {"n": 3, "median": 4.0, "min": 3.0, "max": 5.0}
    assert row["ours_times_as_fast"] == {"keras.layers": fast}
    assert row["images_a_second"]["ours"] == {"n": 3, "median": 8.0, "min": 4.0, "max": 8.0}
    json.dumps(row)
    assert augmentation.lines(row)[2] == (
        "  keras.layers    2 (n=3, 1 to 2) images per second; "
        "ours is 4.0 (n=3, 3.0 to 5.0) times as fast"
    )


@pytest.mark.parametrize(
    "arguments, words", [(["--workers", "0"], "at least 1"), (["--images", "33"], "whole batches")]
)
def test_settings_that_cannot_be_are_refused(arguments, words, capsys):
    with pytest.raises(SystemExit) as stopped:
        augmentation.main(arguments)
    assert stopped.value.code != 0
    assert words in capsys.readouterr().err
