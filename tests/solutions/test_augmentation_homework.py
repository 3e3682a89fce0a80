"""The augmentation homework as a script: the whole walk on a few drawn hands, and its verdicts."""

from __future__ import annotations

import re

from PIL import Image

from tests.sampling import STORY

pytestmark = STORY
SCRIPT = "solutions/data_augmentation.py"


def test_the_walk_trains_both_arms_and_judges_two_sentences(walked):
    said = walked[0]
    assert "--quick: 100 training photographs, 30 steps and one seed, too few for a verdict" in said
    for arm in ("without", "with"):
        assert re.search(rf"36 photographs, {arm} augmentation, seed 0: training loss \d", said)
    assert len(re.findall(r"all but .*, seed 0: training loss \d", said)) == 4
    assert said.count("Said by ") == 2 and said.count("Asked: ") == 1
    # One run of each says nothing about accuracy.
    assert len(re.findall(r"^Not tested here: ", said, re.MULTILINE)) == 5
    assert len(re.findall(r"^(?:Not s|S)upported", said, re.MULTILINE)) == 1
    assert re.search(r"a step takes [\d.]+ ms without .* on 2 threads alone [\d.]+ ms", said)


def test_the_walk_leaves_its_plots(walked):
    names = {path.name for path in walked[1].iterdir()}
    assert names == {"distortions.png", "accuracy.png", "model.keras", "kept"}
    for path in walked[1].glob("*.png"):
        with Image.open(path) as image:
            assert image.size[0] == 800
