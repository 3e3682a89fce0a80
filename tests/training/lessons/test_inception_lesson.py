"""The Inception lesson: training with heads, and its verdicts."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from nets.inception import GoogLeNet
from tests.training.lessons.finished import finished
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


def test_the_gradient_is_the_sum_of_the_networks_part_and_the_heads_part():
    """At the network's softmax there is none of the heads, and at the heads' none of its own."""
    from training.gradients import gradient_norms

    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 1), "uint8")
    norms = {}
    for name, network in lesson.GRADIENTS.items():
        keras.utils.set_random_seed(0)
        model = network(googlenet((32, 32, 1), 4))
        norms[name] = dict(gradient_norms(model, images, np.arange(4)))
    both, own, heads = norms.values()
    first, softmax = next(iter(own)), next(reversed(own))
    assert heads[softmax] == 0 and both[softmax] == pytest.approx(own[softmax], rel=1e-3)
    assert heads[first] > 0 and own[first] > 0
    assert abs(own[first] - heads[first]) <= both[first] <= own[first] + heads[first]


def test_he_normal_changes_the_first_weights_alone():
    model = googlenet((32, 32, 1), 4)
    keras.utils.set_random_seed(0)
    made = lesson.he_normal(model)
    assert [w.shape for w in made.weights] == [w.shape for w in model.weights]
    assert len(made.outputs) == 3
    kernels = [layer for layer in made.layers if getattr(layer, "kernel", None) is not None]
    for layer in kernels:
        relu = layer.activation.__name__ == "relu"
        assert type(layer.kernel_initializer).__name__ == ("HeNormal" if relu else "GlorotUniform")
    large = max(kernels, key=lambda layer: layer.count_params()).kernel
    wanted = (2 / np.prod(large.shape[:-1])) ** 0.5
    assert np.std(large) == pytest.approx(wanted, rel=0.02)


@pytest.mark.parametrize(
    ("network", "heads", "words"), [(1.0, 1.5, "Supported"), (1.0, 0.5, "Not supported here")]
)
def test_the_verdict_on_gradients(capsys, network, heads, words):
    parts = dict(zip(lesson.GRADIENTS, (network + heads, network, heads), strict=True))
    lesson.about_gradients({name: [("a", norm)] for name, norm in parts.items()})
    assert f"\n{words}" in capsys.readouterr().out


def learning(first, epochs=30):
    """A history whose accuracy is twice that of guessing from epoch `first` on."""
    return [{"epoch": i, "accuracy": 0.2 if i + 1 < first else 0.5} for i in range(epochs)]


@pytest.mark.parametrize(
    ("begun", "wrong", "words"),
    [
        (([31] * 5, [31] * 5), (10, 10), ["Not tested here: neither", "Too close"]),
        (([3] * 5, [9, 8, 9, 10, 9]), (40, 10), ["Supported: the", "Supported: the"]),
        (([9] * 5, [4, 5, 4, 5, 4]), (10, 40), ["Contradicted: the", "Contradicted: the"]),
        (([5, 6, 5, 7, 6], [6, 5, 6, 6, 7]), (10, 11), ["Too close", "Too close"]),
    ],
)
def test_the_verdicts_on_learning(capsys, begun, wrong, words):
    helped, plain = (
        finished(name, w, histories=[*map(learning, epochs)])
        for name, w, epochs in zip(lesson.NETWORKS, reversed(wrong), begun, strict=True)
    )
    lesson.about_learning(dict(zip(lesson.NETWORKS, (helped, plain), strict=True)), 30)
    said = capsys.readouterr().out
    assert f"That heads help to learn: {words[0]}" in said
    assert f"That heads help on test photographs: {words[1]}" in said
    assert "Szegedy et al. (2016" in said  # who found another thing


def test_learning_begins_at_twice_the_accuracy_of_guessing():
    history = [{"epoch": i, "accuracy": value} for i, value in enumerate((0.17, 0.33, 0.34, 0.2))]
    assert lesson.learnt_in(history, 6) == 3 and lesson.learnt_in(history[:2], 6) is None
