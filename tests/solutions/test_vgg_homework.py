"""The VGG homework as a script: the whole walk on a few drawn hands."""

from __future__ import annotations

import re

from PIL import Image

from tests.sampling import STORY

pytestmark = STORY
SCRIPT = "solutions/vgg.py"


def test_the_walk_counts_trains_four_networks_and_judges(walked):
    said = walked[0]
    assert (
        "Counted, 224x224x3, 1000 classes: 138,357,544, of them 102,764,544 or 74% in the "
        "first dense layer"
    ) in said
    assert "39,913,286, of them 8,392,704 or 21%" in said and "largest is dense 2" in said
    assert [word for word in re.findall(r"(Not supported|Supported) for these", said)] == [
        "Supported",
        "Not supported",
    ]
    assert len(re.findall(r"VGG-1[1369], seed 0: training loss \d", said)) == 4
    assert said.count("Said by ") == 3 and said.count("Not tested here: ") == 2
    assert "--quick: 64 training photographs, 2 epochs and one seed, too few for a verdict" in said


def test_the_walk_compares_batch_norm_with_keras_and_spares_the_test_set(walked):
    said = walked[0]
    differences = re.findall(r"your batch_norm, training=(True|False): at most (\S+) from", said)
    assert [mode for mode, _ in differences] == ["True", "False"]
    assert max(float(difference) for _, difference in differences) < 1e-9
    assert re.search(
        r"after two epochs, on the validation set: loss=\d\.\d{3}, accuracy=\d\.\d", said
    )
    assert "test accuracy" not in said


def test_the_walk_leaves_its_plots_and_the_model(walked):
    names = {path.name for path in walked[1].iterdir()}
    assert names == {"parameters.png", "losses.png", "confusion.png", "model.keras", "kept"}
    for name in ("parameters.png", "losses.png"):
        with Image.open(walked[1] / name) as image:
            assert image.size == (800, 450)
