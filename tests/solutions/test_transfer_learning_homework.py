"""The transfer learning homework as a script: the whole walk on a few drawn hands."""

from __future__ import annotations

import re

from PIL import Image

from tests.sampling import STORY

pytestmark = STORY
SCRIPT = "solutions/transfer_learning.py"
HANDS = 150


def test_the_walk_hands_on_times_and_judges(walked):
    said = walked[0]
    assert "--quick: 600 drawn hands, 20 steps and one seed, too few for a verdict" in said
    ways = r"(?:all|some|none) frozen|from scratch|head first|other classes"
    assert len(re.findall(rf"per class, (?:{ways}), seed 0: training loss", said)) == 12
    assert said.count("Said by ") == 3 and said.count("Asked: ") == 2
    assert said.count("both are drawn hands, so nothing is transferred") == 8
    assert re.search(r"without a file \d.*; first head \d.*; second head \d", said)


def test_the_walk_leaves_its_plot_the_network_and_its_features(walked):
    names = {path.name for path in walked[1].iterdir()}
    assert names == {"accuracy.png", "pretrained.keras", "features.npz", "model.keras", "kept"}
    with Image.open(walked[1] / "accuracy.png") as image:
        assert image.width == 800
