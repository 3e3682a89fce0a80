"""The AlexNet lesson: three networks that differ in one thing each, and its verdicts."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest

from training.errors import TrainingError
from training.lessons import alexnet

RELU = {"activation": "relu", "kernel_initializer": "he_normal"}


def local_response_normalization(x, radius, bias, alpha, beta):
    """What the learner writes: these names of her file are replaced."""
    channels = x.shape[-1]
    squares = keras.ops.pad(keras.ops.square(x), [(0, 0)] * 3 + [(radius, radius)])
    energy = sum(squares[..., shift : shift + channels] for shift in range(2 * radius + 1))
    return x / (bias + alpha * energy) ** beta


def small(input_shape=(64, 64, 3), classes=6):
    """A network of the same kind as alexnet, and small."""
    from keras import Input, Model, layers

    images = Input(input_shape)
    X = layers.Conv2D(4, 3, **RELU)(images)
    X = local_response_normalization(X, **alexnet.PAPER)
    X = layers.Dense(5, **RELU)(layers.Flatten()(X))
    return Model(images, layers.Dense(classes, activation="softmax")(X))


def activations(model):
    return [one.activation.__name__ for one in model.layers if hasattr(one, "activation")]


def hidden(model, images):
    return np.asarray(keras.Model(model.input, model.layers[-1].input)(images))


def test_the_three_runs_differ_in_one_thing_each():
    shape = (8, 8, 3)
    keras.utils.set_random_seed(0)
    relu, tanh, bare = (alexnet.build(small, arm, shape, 3) for arm in alexnet.ARMS)
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
    again = alexnet.build(small, "ReLU", shape, 3)
    again.set_weights(relu.get_weights())
    np.testing.assert_allclose(hidden(again, images), answers[0], rtol=1e-5)


@pytest.mark.parametrize(
    ("run", "said"), [("tanh", r"found another ReLU"), ("ReLU, not normalised", "found no call")]
)
def test_a_network_in_which_nothing_can_be_replaced_is_named(run, said):
    from keras import Input, Model, layers

    def other(input_shape, classes):
        images = Input(input_shape)
        X = layers.Flatten()(layers.Conv2D(4, 3, activation="relu")(images))
        return Model(images, layers.Dense(classes, activation="softmax")(X))

    with pytest.raises(TrainingError, match=said):
        alexnet.build(other, run, (8, 8, 3), 3)


def test_the_divisor_is_that_of_the_formula():
    before = np.array([0, 100, 200, 0, 300], "float32").reshape(1, 1, 1, 5)
    after, divided = alexnet.normalised(local_response_normalization, before)
    sums = [5e4, 5e4, 14e4, 14e4, 13e4]
    powers = np.array([(2 + 1e-4 * total) ** 0.75 for total in sums])
    np.testing.assert_allclose(after.ravel(), before.ravel() / powers, rtol=1e-5)
    assert np.isnan(divided.ravel()[[0, 3]]).all()
    np.testing.assert_allclose(divided.ravel()[[1, 2, 4]], powers[[1, 2, 4]], rtol=1e-5)


def falling(first):
    """Losses that fall to 0.5 after `first` steps."""
    return [1.8] * (first - 1) + [0.5] * (40 - first)


@pytest.mark.parametrize(
    ("relu", "tanh", "verdict"),
    [
        (10, 20, "Supported: tanh took at least twice"),
        (10, 40, "Supported: tanh took at least twice"),
        (10, 15, "Not supported here: ReLU was faster, but only 1.5 times"),
        (15, 10, "Not supported here: tanh was no slower"),
        (40, 10, "Not supported here: with ReLU the loss did not"),
        (40, 40, "Not tested here"),
    ],
)
def test_the_verdict_on_relu_follows_from_the_steps(capsys, relu, tanh, verdict):
    found = {"ReLU": (None, None, falling(relu)), "tanh": (None, None, falling(tanh))}
    alexnet.about_relu(found)
    assert verdict in capsys.readouterr().out


@pytest.mark.parametrize(
    ("with_it", "without", "verdict"),
    [
        (0.90, 0.92, "Supported as far as this can tell"),
        (0.90, 0.60, "Not supported: it helped"),
        (0.60, 0.90, "Supported: without it"),
    ],
)
def test_the_verdict_on_normalisation_knows_chance(capsys, with_it, without, verdict):
    class Score:
        def __init__(self, accuracy):
            self.accuracy, self.tested = accuracy, 120

    alexnet.about_accuracy(
        {"ReLU": (None, Score(with_it), []), "ReLU, not normalised": (None, Score(without), [])}
    )
    assert verdict in capsys.readouterr().out


def test_the_verdict_on_competition_follows_from_the_divisors(capsys):
    least = 2**0.75
    weak, strong = (np.array([least, np.nan, most * least]) for most in (1.05, 1.2))
    alexnet.about_competition({"weak": (None, None, weak), "strong": (None, None, strong)})
    said = capsys.readouterr().out
    assert re.findall(r"^(Not supported|Supported)", said, re.MULTILINE) == [
        "Not supported",
        "Supported",
    ]
    assert "a factor of 1.050 at most" in said and "a factor of 1.200 at most" in said
