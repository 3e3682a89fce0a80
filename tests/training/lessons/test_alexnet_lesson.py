"""The AlexNet lesson: networks that differ in one thing each, and its verdicts."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest

from tests.training.lessons.finished import finished
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


def two_towers(X, filters, kernel_size):
    return keras.layers.Conv2D(filters, kernel_size, padding="same", groups=2)(X)


def built(arm, shape=(8, 8, 3), network=small, mean=None):
    functions = local_response_normalization, two_towers, network
    return alexnet.build(functions, arm, shape, 3, mean)


def test_the_runs_differ_in_one_thing_each():
    keras.utils.set_random_seed(0)
    compared = [arm for arm in alexnet.ARMS if arm != alexnet.TOWERS]
    relu, tanh, at_scale, constant = models = [built(arm) for arm in compared]
    assert activations(tanh) == ["tanh", "tanh", "softmax"]
    for model in (relu, at_scale, constant):
        assert activations(model) == ["relu", "relu", "softmax"]
    for model in models:
        model.set_weights(relu.get_weights())
    images = np.random.default_rng(0).random((2, 8, 8, 3), dtype="float32")
    # Before the softmax: it may drive large numbers to 0 and 1.
    answers = [hidden(model, images) for model in models]
    for other in answers[1:3]:
        assert abs(answers[0] - other).max() > 1e-3
    # On pixels up to 1 the paper's constants do next to nothing but divide by 2^0.75.
    np.testing.assert_allclose(answers[3], answers[0], rtol=1e-2, atol=1e-3)
    np.testing.assert_allclose(hidden(built("ReLU"), images).shape, answers[0].shape)


def test_at_scale_the_normalisation_is_that_of_pixels_up_to_255():
    """A map of 255 times the size, normalised by the paper's constants, is 255 times the map."""
    model = built(alexnet.NORMALISED)
    model.layers[1].bias.assign([0.0] * 4)
    images = np.random.default_rng(0).random((2, 8, 8, 3), dtype="float32")
    first = keras.Model(model.input, model.layers[1].output)
    right = local_response_normalization(255 * first(images), **alexnet.PAPER) / 255
    inner = next(layer for layer in model.layers if isinstance(layer, keras.layers.Flatten))
    found = keras.Model(model.input, inner.input)(images)
    np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("run", "said"), [("tanh", r"found another ReLU"), (alexnet.CONSTANT, "found no call")]
)
def test_a_network_in_which_nothing_can_be_replaced_is_named(run, said):
    from keras import Input, Model, layers

    def other(input_shape, classes):
        images = Input(input_shape)
        X = layers.Flatten()(layers.Conv2D(4, 3, activation="relu")(images))
        return Model(images, layers.Dense(classes, activation="softmax")(X))

    with pytest.raises(TrainingError, match=said):
        built(run, network=other)


def five(input_shape=(64, 64, 3), classes=6):
    """Five convolutions, as alexnet has."""
    from keras import Input, Model, layers

    X = images = Input(input_shape)
    for filters in (4, 6, 8, 10, 6):
        X = layers.Conv2D(filters, 3, padding="same", **RELU)(X)
        X = local_response_normalization(X, **alexnet.PAPER)
    return Model(images, layers.Dense(classes, activation="softmax")(layers.Flatten()(X)))


def test_the_learners_towers_take_the_place_of_three_convolutions():
    whole, towers = built("ReLU", network=five), built(alexnet.TOWERS, network=five)
    kinds = [layer for layer in towers.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.groups for layer in kinds] == [1, 2, 1, 2, 2]
    halves = 9 * (4 * 6 + 8 * 10 + 10 * 6) // 2
    assert whole.count_params() - towers.count_params() == halves
    assert [kernel.std() > 0.05 for kernel in (layer.get_weights()[0] for layer in kinds)]
    images = np.random.default_rng(0).random((2, 8, 8, 3), dtype="float32")
    first = keras.Model(towers.input, kinds[2].input)
    assert np.asarray(first(images)).min() == 0  # with ReLU
    with pytest.raises(TrainingError, match="expected 5 Conv2D"):
        built(alexnet.TOWERS)


def test_networks_that_compare_normalisations_are_centred():
    mean = np.random.default_rng(1).random((8, 8, 3))
    images = np.random.default_rng(0).random((2, 8, 8, 3), dtype="float32")
    for arm in (alexnet.NORMALISED, alexnet.CONSTANT):
        model, plain = built(arm, mean=mean), built(arm)
        plain.set_weights(model.get_weights())
        np.testing.assert_allclose(model(images), plain(images - mean), rtol=1e-4, atol=1e-6)
    assert built("ReLU", mean=mean).count_params() == built("ReLU").count_params()
    assert isinstance(built("ReLU", mean=mean).layers[1], keras.layers.Conv2D)


def test_the_divisor_is_that_of_the_formula():
    before = np.array([0, 100, 200, 0, 300], "float32").reshape(1, 1, 1, 5)
    after, divided = alexnet.normalised(local_response_normalization, before)
    sums = [5e4, 5e4, 14e4, 14e4, 13e4]
    powers = np.array([(2 + 1e-4 * total) ** 0.75 for total in sums])
    np.testing.assert_allclose(after.ravel(), before.ravel() / powers, rtol=1e-5)
    assert np.isnan(divided.ravel()[[0, 3]]).all()
    np.testing.assert_allclose(divided.ravel()[[1, 2, 4]], powers[[1, 2, 4]], rtol=1e-5)


def losses(first):
    """Losses that fall to 0.5 after `first` steps, of 40."""
    return {"steps": [1.8] * (first - 1) + [0.5] * (41 - first)}


@pytest.mark.parametrize(
    ("relu", "tanh", "verdict"),
    [
        (8, [24, 26, 24, 25, 24], "Supported: the whole interval is above 2"),
        (8, [41] * 5, "Supported: the whole interval is above 2"),
        (15, [17, 16, 18, 17, 16], "Contradicted: the whole interval is below 2"),
        (41, [41] * 5, "Not tested here: neither"),
    ],
)
def test_the_verdict_on_relu_follows_from_the_steps(capsys, relu, tanh, verdict):
    found = {
        "ReLU": finished("ReLU", notes=[losses(relu)] * 5),
        "tanh": finished("tanh", notes=[losses(step) for step in tanh]),
    }
    alexnet.about_relu(found)
    assert verdict in capsys.readouterr().out


@pytest.mark.parametrize(
    ("whole", "towers", "verdict"), [(10, 11, "Too close"), (40, 10, "ReLU, two towers")]
)
def test_the_answer_on_towers_knows_chance(capsys, whole, towers, verdict):
    alexnet.about_towers(
        {
            alexnet.RELU: finished("ReLU", whole),
            alexnet.TOWERS: finished("ReLU, two towers", towers),
        }
    )
    assert verdict in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(
    ("constant", "normalised", "verdict"),
    [(10, 11, "Too close"), (40, 10, "Supported"), (10, 40, "Contradicted")],
)
def test_the_verdict_on_normalisation_knows_chance(capsys, constant, normalised, verdict):
    alexnet.about_normalisation(
        {
            alexnet.CONSTANT: finished("constant", constant),
            alexnet.NORMALISED: finished("normalised", normalised),
        }
    )
    assert f"That it helps: {verdict}" in capsys.readouterr().out


def test_the_verdict_on_competition_follows_from_the_divisors(capsys):
    least = 2**0.75
    weak, strong = alexnet.SHOWN
    alexnet.about_competition({weak: 1.05 * least, strong: 1.2 * least})
    said = capsys.readouterr().out
    assert re.findall(r"^(Not supported|Supported)", said, re.MULTILINE) == [
        "Not supported",
        "Supported",
    ]
    assert "a factor of 1.050 at most" in said and "a factor of 1.200 at most" in said
