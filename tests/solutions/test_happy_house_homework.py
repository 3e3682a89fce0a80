"""The Happy House homework as a script: the whole walk on a few files and on drawn hands."""

from __future__ import annotations

import re

import h5py
import numpy as np
import pytest
from PIL import Image

from tests.sampling import STORY
from training import lessons

pytestmark = STORY
SCRIPT = "solutions/happy_house.py"


def test_the_walk_counts_trains_twice_and_judges_two_sentences(walked):
    said = walked[0]
    assert "Counted: 37,633 for 64x64x3, of them 4,736 in the convolution and 32,769, 87%" in said
    assert "convolution has 4,736 and dense layers 131,073" in said
    trained = r"batch norm, rate 0\.\d+, seed 0: training loss \d.*validation accuracy \d"
    assert len(re.findall(trained, said)) == 4
    assert said.count("Said by ") == 2 and len(re.findall(r"(?:Not s|S)upported", said)) == 1
    assert said.count("Not tested here: ") == 2
    assert "--quick: 160 training photographs, 3 epochs and one seed, too few for a" in said


def test_the_walk_says_that_hands_are_no_happy_house(walked):
    line = next(line for line in walked[0].splitlines() if line.startswith("data: "))
    assert "no Happy House" in line and "16 and 4 of synthetic" in line and "HAPPY_DIR" in line


def test_the_walk_leaves_its_plots_and_the_model(walked):
    names = {path.name for path in walked[1].iterdir()}
    assert names == {"losses.png", "photographs.png", "model.keras", "kept"}
    with Image.open(walked[1] / "losses.png") as image:
        assert image.size == (800, 450)
    with Image.open(walked[1] / "photographs.png") as image:
        # Four photographs fill a good part of it.
        assert image.size == (800, 500)
        assert (np.asarray(image.convert("L")) < 250).mean() > 0.3


@pytest.fixture
def main(homework, hands, monkeypatch, capsys):
    """main(*arguments) -> the status, and what was printed as output and as errors."""
    monkeypatch.setenv("SIGNS_DIR", str(hands))
    monkeypatch.delenv("HAPPY_DIR", raising=False)

    def run(*arguments):
        status = lessons.main("happy_house", homework.walk, [*map(str, arguments)])
        return status, *capsys.readouterr()

    return run


def test_photographs_are_used_where_they_are_named(main, tmp_path):
    rng = np.random.default_rng(0)
    for split, n in (("train", 32), ("test", 8)):
        with h5py.File(tmp_path / f"{split}_happy.h5", "w") as file:
            file[f"{split}_set_x"] = rng.integers(0, 256, (n, 64, 64, 3), np.uint8)
            file[f"{split}_set_y"] = np.arange(n) % 2
            file["list_classes"] = np.arange(2)
    status, said, _ = main("--quick", "--folder", tmp_path, "--runs", tmp_path / "runs")
    assert status == 0 and "data: Happy House, 32 and 8 photographs" in said
    assert "hand" not in said


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(["--folder", "/nowhere"], "HAPPY_DIR"), (["--data", "signs"], "drawn hands")],
)
def test_what_is_named_and_wrong_is_one_line(main, tmp_path, arguments, word):
    status, _, errors = main("--quick", *arguments, "--runs", tmp_path)
    assert status == 1 and errors.count("\n") == 1
    assert errors.startswith("expected") and word in errors
    assert not list(tmp_path.iterdir())
