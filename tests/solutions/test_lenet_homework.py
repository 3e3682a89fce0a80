"""The LeNet-5 homework as a script: the whole walk on a few drawn hands."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

from training.errors import TrainingError

SCRIPT = "solutions/lenet.py"


def test_the_walk_counts_trains_four_networks_and_judges_three_sentences(walked):
    said = walked[0]
    assert "Counted: 61,706 for 32x32x1 and 10 classes, 96% of them in dense layers" in said
    assert len(re.findall(r"(?:grey|colour), (?:relu|sigmoid): training loss \d", said)) == 4
    assert said.count("Said: ") == 3 and len(re.findall(r"(?:Not b|B)orne out", said)) == 3
    assert "--quick: 360 training photographs and 6 epochs, too few to judge by" in said


def test_the_walk_leaves_its_plots_and_the_model(walked):
    names = {path.name for path in walked[1].iterdir()}
    assert names == {"losses.png", "confusion.png", "model.keras"}
    with Image.open(walked[1] / "losses.png") as image:
        assert image.size == (800, 450)


def test_grey_is_brightness(homework):
    images = np.zeros((2, 4, 4, 3), "uint8")
    images[0], images[1, ..., 1] = 255, 255
    found = homework.grey(images)
    assert found.shape == (2, 4, 4, 1) and found.dtype == np.uint8
    assert (found[0] == 255).all() and (found[1] == 150).all()


def test_only_the_activation_differs(homework):
    model = homework.lenet5((32, 32, 1), 4)
    other = homework.with_activation(model, "sigmoid")
    kinds = [getattr(layer.activation, "__name__", "") for layer in other.layers
             if hasattr(layer, "activation")]
    assert kinds == ["sigmoid"] * 4 + ["softmax"]
    assert [w.shape for w in other.weights] == [w.shape for w in model.weights]
    with pytest.raises(TrainingError, match="expected ReLU"):
        homework.with_activation(other, "tanh")


@pytest.mark.parametrize(("losses", "verdict"), [
    (((2.0, 1.0, 0.9, 0.8), (1.0, 0.7, 0.5, 0.4)), "Borne out: with ReLU half"),
    (((2.0, 1.0, 0.9, 0.8), (1.9, 1.5, 1.2, 0.9)), "Not borne out here"),
    (((2.0, 1.0, 0.9, 0.8), (1.9, 1.5, 0.7, 0.6)), "Not borne out here"),
])
def test_the_verdict_on_relu_follows_from_the_losses(homework, capsys, losses, verdict):
    class Fitted:
        def __init__(self, values):
            self.history = [{"epoch": i, "loss": loss} for i, loss in enumerate(values)]

    found = {(name, activation): (Fitted(values), None) for name in homework.INPUTS
             for activation, values in zip(homework.ACTIVATIONS, losses, strict=True)}
    homework.about_relu(found)
    assert verdict in capsys.readouterr().out


@pytest.mark.parametrize(("grey", "colour", "verdict"), [
    (0.90, 0.92, "Borne out as far as this can tell"),
    (0.60, 0.90, "Not borne out: colour helped"),
    (0.90, 0.60, "Borne out: grey did better"),
])
def test_the_verdict_on_colour_knows_chance(homework, capsys, grey, colour, verdict):
    class Score:
        def __init__(self, accuracy):
            self.accuracy, self.tested = accuracy, 120

    found = {("grey", "relu"): (None, Score(grey)), ("colour", "relu"): (None, Score(colour))}
    homework.about_colour(found)
    assert verdict in capsys.readouterr().out
