"""The AlexNet homework as a script: the whole walk on a few drawn hands."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest
from PIL import Image

from training.errors import TrainingError

SCRIPT = "solutions/alexnet.py"


@pytest.fixture
def small(homework, monkeypatch):
    """A network of the same making, and small."""
    from keras import Input, Model, layers

    def build(input_shape=(64, 64, 3), classes=6):
        images = Input(input_shape)
        X = layers.Conv2D(4, 3, **homework.RELU)(images)
        X = homework.local_response_normalization(X, **homework.PAPER)
        X = layers.Dense(5, **homework.RELU)(layers.Flatten()(X))
        return Model(images, layers.Dense(classes, activation="softmax")(X))

    monkeypatch.setattr(homework, "alexnet", build)
    return homework


def test_the_walk_counts_trains_three_networks_and_judges_four_sentences(walked):
    said = walked[0]
    assert "Counted: 62,378,344 for 227x227x3 and 1000 classes, 94% of them in dense" in said
    # 62,378,344 less the two-tower network's 60,965,224.
    assert "have 1,413,120 parameters less than that, 2.3%" in said
    runs = re.findall(r"^(ReLU|tanh|ReLU, not normalised): training loss \d", said, re.MULTILINE)
    assert runs == ["ReLU", "tanh", "ReLU, not normalised"]
    assert said.count("Said: ") == 4
    assert len(re.findall(r"^(?:Not b|B)orne out|^Not to be told", said, re.MULTILINE)) == 5
    assert "--quick: 96 training photographs and 2 epochs, too few to judge by" in said


def test_the_walk_leaves_its_plots_and_the_model(walked):
    names = {path.name for path in walked[1].iterdir()}
    assert names == {"losses.png", "maps.png", "confusion.png", "model.keras"}
    for name in ("losses.png", "maps.png"):
        with Image.open(walked[1] / name) as image:
            assert image.size[0] == 800


def activations(model):
    return [one.activation.__name__ for one in model.layers if hasattr(one, "activation")]


def hidden(model, images):
    return np.asarray(keras.Model(model.input, model.layers[-1].input)(images))


def test_the_three_runs_differ_in_one_thing_each(small):
    shape = (8, 8, 3)
    keras.utils.set_random_seed(0)
    relu, tanh, bare = (small.build(run, shape, 3) for run in small.RUNS)
    assert activations(relu) == activations(bare) == ["relu", "relu", "softmax"]
    assert activations(tanh) == ["tanh", "tanh", "softmax"]
    weights = [[weight.shape for weight in model.weights] for model in (relu, tanh, bare)]
    assert weights[0] == weights[1] == weights[2]
    tanh.set_weights(relu.get_weights())
    bare.set_weights(relu.get_weights())
    images = np.random.default_rng(0).normal(0, 99, (2, *shape))
    # Before the softmax, which so large numbers may drive to 0 and 1 in all three.
    answers = [hidden(model, images) for model in (relu, tanh, bare)]
    assert abs(answers[0] - answers[1]).max() > 1e-3 < abs(answers[0] - answers[2]).max()
    again = small.build("ReLU", shape, 3)
    again.set_weights(relu.get_weights())
    np.testing.assert_allclose(hidden(again, images), answers[0], rtol=1e-5)


@pytest.mark.parametrize(("run", "said"), [("tanh", r"found another ReLU"),
                                           ("ReLU, not normalised", "found no call")])
def test_a_network_in_which_nothing_can_be_replaced_is_named(small, monkeypatch, run, said):
    from keras import Input, Model, layers

    def other(input_shape, classes):
        images = Input(input_shape)
        X = layers.Flatten()(layers.Conv2D(4, 3, activation="relu")(images))
        return Model(images, layers.Dense(classes, activation="softmax")(X))

    monkeypatch.setattr(small, "alexnet", other)
    with pytest.raises(TrainingError, match=said):
        small.build(run, (8, 8, 3), 3)


def test_the_divisor_is_that_of_the_formula(homework):
    before = np.array([0, 100, 200, 0, 300], "float32").reshape(1, 1, 1, 5)
    after, divided = homework.normalised(before)
    sums = [5e4, 5e4, 14e4, 14e4, 13e4]
    powers = np.array([(2 + 1e-4 * total) ** 0.75 for total in sums])
    np.testing.assert_allclose(after.ravel(), before.ravel() / powers, rtol=1e-5)
    assert np.isnan(divided.ravel()[[0, 3]]).all()
    np.testing.assert_allclose(divided.ravel()[[1, 2, 4]], powers[[1, 2, 4]], rtol=1e-5)


def falling(first):
    """Losses that fall to 0.5 after `first` steps."""
    return [1.8] * (first - 1) + [0.5] * (40 - first)


@pytest.mark.parametrize(("relu", "tanh", "verdict"), [
    (10, 20, "Borne out: tanh took at least twice"),
    (10, 40, "Borne out: tanh took at least twice"),
    (10, 15, "Not borne out here: ReLU was faster, but only 1.5 times"),
    (15, 10, "Not borne out here: tanh was no slower"),
    (40, 10, "Not borne out here: with ReLU the loss did not"),
    (40, 40, "Not to be told here"),
])
def test_the_verdict_on_relu_follows_from_the_steps(homework, capsys, relu, tanh, verdict):
    found = {"ReLU": (None, None, falling(relu)), "tanh": (None, None, falling(tanh))}
    homework.about_relu(found)
    assert verdict in capsys.readouterr().out


@pytest.mark.parametrize(("with_it", "without", "verdict"), [
    (0.90, 0.92, "Borne out as far as this can tell"),
    (0.90, 0.60, "Not borne out: it helped"),
    (0.60, 0.90, "Borne out: without it"),
])
def test_the_verdict_on_normalisation_knows_chance(homework, capsys, with_it, without, verdict):
    class Score:
        def __init__(self, accuracy):
            self.accuracy, self.tested = accuracy, 120

    homework.about_accuracy({"ReLU": (None, Score(with_it), []),
                            "ReLU, not normalised": (None, Score(without), [])})
    assert verdict in capsys.readouterr().out


def test_the_verdict_on_competition_follows_from_the_divisors(homework, capsys):
    least = 2**0.75
    weak, strong = (np.array([least, np.nan, most * least]) for most in (1.05, 1.2))
    homework.about_competition({"weak": (None, None, weak), "strong": (None, None, strong)})
    said = capsys.readouterr().out
    assert re.findall(r"^(Not borne|Borne) out", said, re.MULTILINE) == ["Not borne", "Borne"]
    assert "a factor of 1.050 at most" in said and "a factor of 1.200 at most" in said
