"""The LeNet-5 lesson: grey photographs, other activations, and its verdicts."""

from __future__ import annotations

import numpy as np
import pytest

from nets.lenet import LeNet5
from training.errors import TrainingError
from training.lessons import lenet


def test_grey_is_brightness():
    images = np.zeros((2, 4, 4, 3), "uint8")
    images[0], images[1, ..., 1] = 255, 255
    found = lenet.grey(images)
    assert found.shape == (2, 4, 4, 1) and found.dtype == np.uint8
    assert (found[0] == 255).all() and (found[1] == 150).all()


def test_only_the_activation_differs():
    model = LeNet5((32, 32, 1), 4, activation="relu")
    other = lenet.with_activation(model, "sigmoid")
    kinds = [
        getattr(layer.activation, "__name__", "")
        for layer in other.layers
        if hasattr(layer, "activation")
    ]
    assert kinds == ["sigmoid"] * 4 + ["softmax"]
    assert [w.shape for w in other.weights] == [w.shape for w in model.weights]
    with pytest.raises(TrainingError, match="expected ReLU"):
        lenet.with_activation(other, "tanh")


@pytest.mark.parametrize(
    ("losses", "verdict"),
    [
        (((2.0, 1.0, 0.9, 0.8), (1.0, 0.7, 0.5, 0.4)), "Supported: with ReLU half"),
        (((2.0, 1.0, 0.9, 0.8), (1.9, 1.5, 1.2, 0.9)), "Not supported here"),
        (((2.0, 1.0, 0.9, 0.8), (1.9, 1.5, 0.7, 0.6)), "Not supported here"),
    ],
)
def test_the_verdict_on_relu_follows_from_the_losses(capsys, losses, verdict):
    class Fitted:
        def __init__(self, values):
            self.history = [{"epoch": i, "loss": loss} for i, loss in enumerate(values)]

    found = {
        (name, activation): (Fitted(values), None)
        for name in lenet.INPUTS
        for activation, values in zip(lenet.ACTIVATIONS, losses, strict=True)
    }
    lenet.about_relu(found)
    assert verdict in capsys.readouterr().out


@pytest.mark.parametrize(
    ("grey", "colour", "verdict"),
    [
        (0.90, 0.92, "Supported as far as this can tell"),
        (0.60, 0.90, "Not supported: colour helped"),
        (0.90, 0.60, "Supported: grey did better"),
    ],
)
def test_the_verdict_on_colour_knows_chance(capsys, grey, colour, verdict):
    class Score:
        def __init__(self, accuracy):
            self.accuracy, self.tested = accuracy, 120

    found = {("grey", "relu"): (None, Score(grey)), ("colour", "relu"): (None, Score(colour))}
    lenet.about_colour(found)
    assert verdict in capsys.readouterr().out
