"""The LeNet-5 lesson: grey photographs, other activations, and its verdicts."""

from __future__ import annotations

import numpy as np
import pytest

from nets.lenet import LeNet5
from tests.training.lessons.finished import falling, finished
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


def test_the_papers_tanh_maps_one_to_one_and_sees_centred_pixels():
    assert float(lenet.scaled_tanh(1.0)) == pytest.approx(1.0, abs=1e-4)
    assert float(lenet.scaled_tanh(-1.0)) == pytest.approx(-1.0, abs=1e-4)
    model = LeNet5((32, 32, 1), 4, activation="relu")
    made = lenet.of_its_time(model)
    _, centring, inner = made.layers
    assert np.asarray(centring(np.array([[[[0.0, 0.5, 1.0]]]]))).ravel().tolist() == [-1, 0, 1]
    kinds = [one.activation.__name__ for one in inner.layers if hasattr(one, "activation")]
    assert kinds == ["scaled_tanh"] * 4 + ["softmax"]
    assert [w.shape for w in made.weights] == [w.shape for w in model.weights]


@pytest.mark.parametrize(
    ("relu", "other", "verdict"),
    [
        (5, [20, 21, 20, 22, 20], "Supported: the whole interval is above 2"),
        (5, [41] * 5, "Supported: the whole interval is above 2"),  # never: 40 at the earliest
        (10, [12, 13, 12, 11, 12], "Contradicted: the whole interval is below 2"),
        (10, [11, 39, 12, 40, 13], "Too close to tell"),
        (41, [41] * 5, "Not tested here: neither came so far"),
    ],
)
def test_the_verdict_on_relu_follows_from_the_epochs(capsys, relu, other, verdict):
    histories = {"ReLU": [falling(relu)] * 5, "sigmoid": [*map(falling, other)]}
    histories["tanh"] = histories["sigmoid"]
    found = {f"colour, {name}": finished(name, histories=each) for name, each in histories.items()}
    lenet.about_relu(found, 40)
    assert capsys.readouterr().out.count(verdict) == 2


@pytest.mark.parametrize(
    ("grey", "colour", "answer"),
    [
        (10, 11, "Too close to tell: if this is the difference, about"),
        (40, 10, "colour, ReLU is better, by "),
        (10, 40, "grey, ReLU is better, by "),
    ],
)
def test_the_answer_on_colour_knows_chance(capsys, grey, colour, answer):
    found = {name: finished(name, wrong) for name, wrong in
             ((lenet.GREY, grey), (lenet.COLOUR, colour))}  # fmt: skip
    lenet.about_colour(found)
    said = capsys.readouterr().out
    assert "Asked: what does colour add?" in said and answer in said
