"""The augmentation homework as a script: the whole walk on a few drawn hands, and its verdicts."""

from __future__ import annotations

import re

from PIL import Image

from tests.sampling import STORY

pytestmark = STORY
SCRIPT = "solutions/data_augmentation.py"


def test_the_walk_trains_both_arms_and_judges_two_sentences(walked):
    said = walked[0]
    assert "--quick: 100 training photographs and 30 steps, too few to judge by" in said
    assert re.search(
        r"48 photographs, seed 0: test accuracy 0\.\d+ without augmentation, "
        r"0\.\d+ with it, on 12 photographs",
        said,
    )
    assert said.count("Said: ") == 2 and len(re.findall(r"(?:Not s|S)upported", said)) == 2
    assert re.search(r"a step takes [\d.]+ ms without .* [\d.]+ ms; together, on 2 threads", said)


def test_the_walk_leaves_its_plots(walked):
    assert {path.name for path in walked[1].iterdir()} == {"distortions.png", "accuracy.png"}
    for path in walked[1].iterdir():
        with Image.open(path) as image:
            assert image.size[0] == 800
