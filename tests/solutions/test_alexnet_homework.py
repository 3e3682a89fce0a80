"""The AlexNet homework as a script: the whole walk on a few drawn hands."""

from __future__ import annotations

import re

from PIL import Image

from tests.sampling import STORY
from training.lessons import alexnet

pytestmark = STORY
SCRIPT = "solutions/alexnet.py"


def test_the_walk_counts_trains_five_networks_and_judges_four_sentences(walked):
    said = walked[0]
    assert "Counted: 62,378,344 for 227x227x3 and 1000 classes, 94% of them in dense" in said
    # 62,378,344 less the two-tower network's 60,965,224.
    assert "have 1,413,120 parameters less than that, 2.3%" in said
    runs = re.findall(r"^\d of 5: (.*), seed 0: training loss \d", said, re.MULTILINE)
    assert runs == [*alexnet.ARMS]
    assert said.count("Said by ") == 4 and said.count("Asked: ") == 1
    assert len(re.findall(r"^(?:Not s|S)upported", said, re.MULTILINE)) == 3
    # One run of each says nothing about accuracy, nor about which is faster.
    assert len(re.findall(r"Not tested here: ", said)) == 3
    assert "--quick: 96 training photographs, 2 epochs and one seed, too few for a verdict" in said


def test_the_walk_leaves_its_plots_and_the_model(walked):
    names = {path.name for path in walked[1].iterdir()}
    plots = {"losses.png", "maps.png", "filters.png"}
    assert names == plots | {"confusion.png", "model.keras", "kept"}
    for name in plots:
        with Image.open(walked[1] / name) as image:
            assert image.size[0] == 800
