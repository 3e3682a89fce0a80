"""The Inception homework as a script: the whole walk on a few drawn hands."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest
from PIL import Image

SCRIPT = "solutions/inception.py"


def test_the_walk_counts_times_trains_two_networks_and_judges_three_sentences(walked):
    said = walked[0]
    assert "10,321,730 parameters, of which 4,342,028 are in the heads" in said
    assert "Counted: 120,422,400 and 12,443,648, 9.68 times fewer" in said
    assert len(re.findall(r"with(?:out)? heads: training accuracy \d", said)) == 2
    assert said.count("Said: ") == 3
    assert len(re.findall(r"^(?:Borne out|Not borne out|Not to be judged)", said, re.M)) == 3
    assert "--quick: 64 training photographs and 2 epochs, too few to judge by" in said


def test_the_walk_leaves_its_plots_and_the_network_without_heads(walked):
    names = {path.name for path in walked[1].iterdir()}
    assert names == {"accuracy.png", "gradients.png", "confusion.png", "model.keras"}
    with Image.open(walked[1] / "accuracy.png") as image:
        assert image.size == (800, 450)
    model = keras.saving.load_model(walked[1] / "model.keras")
    assert model.output_shape == (None, 6) and model.count_params() == 5_979_702


@pytest.fixture(scope="module")
def small(homework):
    """The network that trains with heads, for the smallest images."""
    keras.utils.set_random_seed(0)
    return homework.with_heads((32, 32, 1), 4)


def test_heads_take_part_in_the_loss_alone(homework, small):
    images = np.random.default_rng(0).random((5, 32, 32, 1), "float32")
    labels = keras.ops.one_hot(np.arange(5) % 4, 4)
    small.compile("sgd", keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
    outputs = keras.Model(small.inputs[0], small.outputs)(images)
    answer = small(images)
    assert answer.shape == (5, 4) and small.output_shape == (None, 4)
    np.testing.assert_array_equal(answer, outputs[0])
    np.testing.assert_allclose(homework.network_of(small)(images), outputs[0], rtol=1e-5)
    each = [float(keras.losses.CategoricalCrossentropy()(labels, one)) for one in outputs]
    loss = float(small.compute_loss(y=labels, y_pred=outputs))
    assert loss == pytest.approx(each[0] + 0.3 * (each[1] + each[2]), rel=1e-5)
    assert float(small.compute_loss(y=labels, y_pred=answer)) == pytest.approx(each[0], rel=1e-5)


def test_both_networks_begin_with_the_same_weights(homework, small):
    keras.utils.set_random_seed(0)
    plain = homework.without_heads((32, 32, 1), 4)
    own = homework.network_of(small)
    for mine, theirs in zip(own.weights, plain.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_gradients_are_those_of_the_loss_with_heads(homework, small):
    from training.gradients import gradient_norms

    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 1), "uint8")
    labels = np.arange(4)
    norms = [dict(gradient_norms(model, images, labels))
             for model in (small, homework.network_of(small))]
    heads = set(norms[0]) - set(norms[1])
    assert len(heads) == 6 and all(norms[0][name] > 0 for name in heads)
    first = next(iter(norms[1]))
    assert norms[0][first] > 1.2 * norms[1][first]


@pytest.mark.parametrize(("measured", "words"), [
    (9.0, "nearly all"), (3.8, "less of it"), (0.9, "not borne out by the clock")])
def test_what_the_clock_says(homework, measured, words):
    assert words in homework.bought(measured, 9.68)


@pytest.mark.parametrize(("plain", "helped", "words"), [
    (1.0, 2.5, "Borne out"), (1.0, 1.5, "Not borne out here")])
def test_the_verdict_on_gradients(homework, capsys, plain, helped, words):
    homework.about_gradients({"with heads": [("a", helped)], "without heads": [("a", plain)]})
    assert f"\n{words}" in capsys.readouterr().out


@pytest.mark.parametrize(("begun", "difference", "words"), [
    ([None, None], 0.3, "Not to be judged"),
    ([3, 5], 0.01, "Borne out for learning: with heads it began earlier. For regularising not"),
    ([3, None], 0.4, "a network that did not learn"),
    ([5, 3], -0.2, "Not borne out for learning: without heads it began no later. Not borne"),
    ([3, 3], 0.2, "began no later. Borne out for regularising"),
])
def test_the_verdict_on_learning(homework, begun, difference, words):
    assert words in homework.verdict(begun, difference, 0.05)


def test_learning_begins_at_twice_the_accuracy_of_guessing(homework):
    history = [{"epoch": i, "accuracy": value} for i, value in enumerate((0.17, 0.33, 0.34, 0.2))]
    assert homework.learnt_in(history, 6) == 3 and homework.learnt_in(history[:2], 6) is None
