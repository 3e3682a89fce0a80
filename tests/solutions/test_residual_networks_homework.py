"""The homework as a script: the whole walk on a few drawn hands, and what it says to bad input."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from datasets.synthetic.dataset import synthesize
from tests.sampling import STORY

pytestmark = STORY
SCRIPT = "solutions/residual_networks.py"


def run(root, script, *arguments, **environment):
    return subprocess.run(
        [sys.executable, str(script), *map(str, arguments)],
        cwd=root,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="module")
def hand(tmp_path_factory):
    """A photograph from a telephone: large, upright by its EXIF orientation alone."""
    path = tmp_path_factory.mktemp("hand") / "hand.jpg"
    pixels = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    image, exif = Image.fromarray(pixels), Image.Exif()
    exif[0x0112] = 6
    image.save(path, exif=exif)
    return path


@pytest.fixture(scope="module")
def walked(root, hand, tmp_path_factory):
    """The walk's process and its folder."""
    data, runs = tmp_path_factory.mktemp("hands"), tmp_path_factory.mktemp("runs")
    synthesize(data, train=48, test=12)
    done = run(root, SCRIPT, "--quick", "--runs", runs, "--image", hand, SIGNS_DIR=str(data))
    assert done.returncode == 0, done.stdout + done.stderr
    return done, runs


def test_the_walk_builds_trains_evaluates_and_predicts(walked):
    said = walked[0].stdout
    assert "Total params: 23,600,006" in said
    assert "--quick: 160 training photographs, 2 epochs and one seed, too few for a" in said
    arms = re.findall(r"((?:plain|residual) \d+), seed 0: training loss \d", said)
    assert arms == ["plain 14", "residual 14", "plain 20", "residual 20"]
    assert said.count("Said by ") == 1 and said.count("Not tested here: ") == 4
    assert "epoch 2/2" in said and "quick: test accuracy" in said and "on 12 photographs" in said
    assert "your image shows " in said
    assert "Traceback" not in walked[0].stderr


def test_the_walk_leaves_its_plots_and_the_model(walked):
    names = {path.name for path in walked[1].iterdir()}
    assert names == {
        *("depth.png", "gradients.png", "quick-curves.png", "quick-confusion.png"),
        *("model.keras", "depth"),
    }
    with Image.open(walked[1] / "gradients.png") as image:
        assert image.size == (800, 450)


def test_a_saved_model_reads_an_image_without_training(root, walked, hand):
    done = run(root, SCRIPT, "--image", hand, "--model", walked[1] / "model.keras")
    said = [line for line in walked[0].stdout.splitlines() if line.startswith("your image")]
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("your image")] == said


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("text", "expected an image, such as a JPEG or PNG file: it cannot be read as one"),
        ("absent", "expected an image, such as a JPEG or PNG file: No such file or directory"),
    ],
)
def test_an_unreadable_image_is_said_in_one_line_before_training(root, tmp_path, kind, said):
    path = tmp_path / "hand.jpg"
    if kind == "text":
        path.write_text("not an image")
    done = run(root, SCRIPT, "--image", path)
    assert done.returncode == 1 and "epoch" not in done.stdout
    last = done.stderr.strip().splitlines()[-1]
    assert str(path) in last and said in last and "Traceback" not in done.stderr


def test_the_exercise_says_what_is_not_filled_in(root, tmp_path):
    from grader import assignments
    from grader.authoring.release import release

    (tmp_path / "assignments").mkdir()
    for name in ("datasets", "training"):
        (tmp_path / name).symlink_to(root / name)
    script = tmp_path / "assignments" / "residual_networks.py"
    release(assignments.find("residual_networks"), script)
    done = run(tmp_path, script, SIGNS_DIR=str(tmp_path))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "exercise 3, ResNet50, is not filled in yet" in done.stderr.strip().splitlines()[-1]
