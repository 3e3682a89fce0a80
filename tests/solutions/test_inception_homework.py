"""The Inception homework as a script: the whole walk on a few drawn hands."""

from __future__ import annotations

import re

import keras
from PIL import Image

from tests.sampling import STORY

pytestmark = STORY
SCRIPT = "solutions/inception.py"


def test_the_walk_counts_times_trains_two_networks_and_judges_three_sentences(walked):
    said = walked[0]
    assert "10,321,730 parameters, of which 4,342,028 are in the heads" in said
    assert "Counted: 120,422,400 and 12,443,648, 9.68 times fewer" in said
    assert len(re.findall(r"with(?:out)? heads, seed 0: training loss \d", said)) == 2
    assert said.count("Said by ") == 5
    assert len(re.findall(r"^(?:Not s|S)upported", said, re.M)) == 2
    assert len(re.findall(r"Not tested here: ", said)) == 2
    assert "--quick: 64 training photographs, 2 epochs and one seed, too few for a verdict" in said


def test_the_walk_leaves_its_plots_and_the_network_without_heads(walked):
    names = {path.name for path in walked[1].iterdir()}
    assert names == {"accuracy.png", "gradients.png", "confusion.png", "model.keras", "kept"}
    with Image.open(walked[1] / "accuracy.png") as image:
        assert image.size == (800, 450)
    model = keras.saving.load_model(walked[1] / "model.keras")
    assert model.output_shape == (None, 6) and model.count_params() == 5_979_702
