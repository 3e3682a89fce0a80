"""The LeNet-5 homework as a script: the whole walk on a few drawn hands."""

from __future__ import annotations

import re

from PIL import Image

from tests.sampling import STORY

pytestmark = STORY
SCRIPT = "solutions/lenet.py"


def test_the_walk_counts_trains_four_networks_and_judges(walked):
    said = walked[0]
    assert "Counted: 61,706 for 32x32x1 and 10 classes, 96% of them in dense layers" in said
    arms = r"(?:grey|colour), (?:ReLU|sigmoid|tanh), seed 0: training loss \d"
    assert len(re.findall(arms, said)) == 4
    assert said.count("Said by ") == 2 and said.count("Asked: ") == 1
    # Counts make a verdict; one run of each says nothing about speed or accuracy.
    assert len(re.findall(r"(?:Not s|S)upported", said)) == 1
    assert said.count("Not tested here: ") == 3
    assert "--quick: 360 training photographs, 6 epochs and one seed, too few for a" in said


def test_the_walk_compares_the_convolution_with_keras_and_spares_the_test_set(walked):
    said = walked[0]
    [difference] = re.findall(r"Keras' Conv2D differ by at most (\S+) on a photograph", said)
    assert float(difference) < 1e-5
    assert re.search(
        r"after two epochs, on the validation set: loss=\d\.\d{3}, accuracy=\d\.\d", said
    )
    assert "test accuracy" not in said


def test_the_walk_checks_the_network_before_it_trains(walked):
    said = walked[0]
    [loss] = re.findall(
        r"before training: loss (\d\.\d+), where guessing costs ln 6 = 1\.792", said
    )
    assert 1.6 < float(loss) < 2.0
    assert "after 100 steps on the same 20 photographs: 100% of them right" in said


def test_the_walk_leaves_its_plots_and_the_model(walked):
    names = {path.name for path in walked[1].iterdir()}
    assert names == {"losses.png", "confusion.png", "model.keras", "kept"}
    with Image.open(walked[1] / "losses.png") as image:
        assert image.size == (800, 450)
