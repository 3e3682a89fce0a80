"""The Inception lesson: training with heads, and its verdicts."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from nets.inception import GoogLeNet
from training.lessons import inception as lesson
from training.lessons import verdicts


def googlenet(input_shape, classes):
    """As the learner builds it: with both auxiliary heads."""
    return GoogLeNet(input_shape, classes, auxiliary=True)


@pytest.fixture(scope="module")
def small():
    """The network that trains with heads, for the smallest images."""
    keras.utils.set_random_seed(0)
    return lesson.with_heads(googlenet((32, 32, 1), 4))


def test_heads_take_part_in_the_loss_alone(small):
    images = np.random.default_rng(0).random((5, 32, 32, 1), "float32")
    labels = keras.ops.one_hot(np.arange(5) % 4, 4)
    small.compile("sgd", keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
    outputs = keras.Model(small.inputs[0], small.outputs)(images)
    answer = small(images)
    assert answer.shape == (5, 4) and small.output_shape == (None, 4)
    np.testing.assert_array_equal(answer, outputs[0])
    np.testing.assert_allclose(lesson.network_of(small)(images), outputs[0], rtol=1e-5)
    each = [float(keras.losses.CategoricalCrossentropy()(labels, one)) for one in outputs]
    loss = float(small.compute_loss(y=labels, y_pred=outputs))
    assert loss == pytest.approx(each[0] + 0.3 * (each[1] + each[2]), rel=1e-5)
    assert float(small.compute_loss(y=labels, y_pred=answer)) == pytest.approx(each[0], rel=1e-5)


def test_both_networks_begin_with_the_same_weights(small):
    keras.utils.set_random_seed(0)
    plain = lesson.network_of(googlenet((32, 32, 1), 4))
    own = lesson.network_of(small)
    for mine, theirs in zip(own.weights, plain.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_gradients_are_those_of_the_loss_with_heads(small):
    from training.gradients import gradient_norms

    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 1), "uint8")
    labels = np.arange(4)
    norms = [
        dict(gradient_norms(model, images, labels)) for model in (small, lesson.network_of(small))
    ]
    heads = set(norms[0]) - set(norms[1])
    assert len(heads) == 6 and all(norms[0][name] > 0 for name in heads)
    first = next(iter(norms[1]))
    assert norms[0][first] > 1.2 * norms[1][first]


@pytest.mark.parametrize(
    ("measured", "words"),
    [(9.0, "nearly all"), (3.8, "less of it"), (0.9, "not supported by the clock")],
)
def test_what_the_clock_says(measured, words):
    assert words in verdicts.by_the_clock(measured, 9.68)


@pytest.mark.parametrize(
    ("plain", "helped", "words"), [(1.0, 2.5, "Supported"), (1.0, 1.5, "Not supported here")]
)
def test_the_verdict_on_gradients(capsys, plain, helped, words):
    lesson.about_gradients({"with heads": [("a", helped)], "without heads": [("a", plain)]})
    assert f"\n{words}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("begun", "difference", "words"),
    [
        ([None, None], 0.3, "Not decided"),
        ([3, 5], 0.01, "Supported for learning: with heads it began earlier. Regularising is"),
        ([3, None], 0.4, "a network that did not learn"),
        (
            [5, 3],
            -0.2,
            "Not supported for learning: without heads it began no later. Not supported",
        ),
        ([3, 3], 0.2, "began no later. Supported for regularising"),
    ],
)
def test_the_verdict_on_learning(begun, difference, words):
    measured = verdicts.Difference(0.4, 0.4 + difference, 120)
    assert words in verdicts.on_heads(begun, measured)


def test_learning_begins_at_twice_the_accuracy_of_guessing():
    history = [{"epoch": i, "accuracy": value} for i, value in enumerate((0.17, 0.33, 0.34, 0.2))]
    assert lesson.learnt_in(history, 6) == 3 and lesson.learnt_in(history[:2], 6) is None
