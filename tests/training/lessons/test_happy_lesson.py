"""The Happy House lesson: two networks that differ in batch norm alone, and its verdicts."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest

from datasets.signs import Signs
from tests.sampling import LONG
from training.errors import TrainingError
from training.lessons import happy_house as lesson


def happy_model(input_shape=(64, 64, 3)):
    """What the learner builds."""
    images = keras.Input(input_shape)
    X = keras.layers.Conv2D(32, 7, name="conv0")(keras.layers.ZeroPadding2D(3)(images))
    X = keras.layers.Activation("relu")(keras.layers.BatchNormalization(name="bn0")(X))
    X = keras.layers.Flatten()(keras.layers.MaxPooling2D(2)(X))
    return keras.Model(images, keras.layers.Dense(1, activation="sigmoid", name="fc")(X))


@pytest.fixture
def data():
    """Bright images are of class 1, dark ones of class 0."""
    rng = np.random.default_rng(1)

    def drawn(n):
        labels = np.arange(n) % 2
        images = rng.integers(0, 100, (n, 12, 12, 3)) + 150 * labels[:, None, None, None]
        return images.astype(np.uint8), labels.astype(np.int64)

    return Signs(*drawn(48), *drawn(12), np.arange(2))


def test_the_clone_has_the_same_kernels_and_no_batch_norm():
    model = happy_model((12, 10, 3))
    bare = lesson.without_batch_norm(model)
    right = [w.numpy() for w in model.weights if w.path.split("/")[0] != "bn0"]
    assert len(bare.weights) == 4
    assert all((w.numpy() == kept).all() for w, kept in zip(bare.weights, right, strict=True))
    # By hand: what the network without it computes.
    images = np.random.default_rng(0).random((2, 12, 10, 3), dtype=np.float32)
    kernel, bias, dense, offset = right
    X = keras.ops.convert_to_numpy(keras.ops.conv(images, kernel, padding="same")) + bias
    X = np.maximum(X, 0).reshape(2, 6, 2, 5, 2, 32).max((2, 4)).reshape(2, -1) @ dense + offset
    np.testing.assert_allclose(bare(images), 1 / (1 + np.exp(-X)), rtol=1e-4)


def test_what_cannot_be_compared_is_one_line():
    class Own(keras.layers.Layer):
        pass

    for layer, words in (
        (keras.layers.ReLU(), "expected a layer BatchNormalization"),
        (Own(), "Keras' own in happy_model, received Own"),
    ):
        with pytest.raises(TrainingError, match=words):
            lesson.without_batch_norm(keras.Sequential([keras.Input((8, 8, 3)), layer]))


def test_a_network_of_networks_is_cloned_too():
    inner = keras.Sequential([keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization()])
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), inner, keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    assert lesson.without_batch_norm(model).count_params() == model.count_params() - 16


def test_both_networks_meet_the_photographs_in_the_same_order(data):
    """At a rate of 0 the loss of each batch tells which photographs are in it.

    Keras repeats the order in every epoch, so that two epochs have three losses.
    """

    def losses(*others):
        keras.utils.set_random_seed(len(others))  # what happened before does not matter
        model = keras.Sequential(
            [
                keras.Input((12, 12, 3)),
                *others,
                keras.layers.Flatten(),
                keras.layers.Dense(1, "sigmoid", kernel_initializer="ones"),
            ]
        )
        seen = []

        class Noted(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs):
                seen.append(logs["loss"])

        fit = model.fit
        model.fit = lambda *args, **kwargs: fit(*args, **kwargs, callbacks=[Noted()])
        rate = keras.optimizers.Adam
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keras.optimizers, "Adam", lambda: rate(0.0))
            lesson.trained(model, data, 2, seed=5)
        return seen

    found = losses()
    assert len(found) == 6 and len(set(found)) == 3
    assert losses(keras.layers.Rescaling(1.0), keras.layers.Dropout(0.0)) == pytest.approx(found)


@LONG
def test_it_learns_and_reports_what_keras_measures(data):
    one = lesson.train_both(happy_model, data, 8, seed=0)[lesson.WITHOUT]
    assert one.losses[-1] < one.losses[0] and len(one.losses) == 8
    answers = one.model.predict(data.test_x / np.float32(255), verbose=0)[:, 0].astype(float)
    right = np.where(data.test_y == 1, answers, 1 - answers)
    assert one.test_loss == pytest.approx(-np.log(right).mean(), rel=1e-3)
    assert one.test_accuracy == pytest.approx((right > 0.5).mean())
    assert one.test_accuracy == 1.0 and one.test_loss < math.log(2)


def test_the_picture_shows_both_labels_and_marks_what_is_wrong(data):
    class Fixed:
        def predict(self, images, verbose):
            return np.full((len(images), 1), 0.8, np.float32)

    figure = lesson.picture(Fixed(), data, "a title")
    assert len(figure.axes) == 8
    for axes in figure.axes:
        bright = axes.images[0].get_array().mean() > 125
        assert axes.get_xlabel() == f"0.800, label {int(bright)}"
        assert axes.xaxis.label.get_color() == ("black" if bright else "tab:red")


@pytest.mark.parametrize(
    ("fast", "said"),
    [
        ([2.0, 0.4, 0.9, 0.1], True),
        ([2.0, 0.4, 0.3, 0.1], False),
        ([2.0, 0.9, 0.9, 0.4], False),
        ([2.0, 0.9, 0.8, 0.7], False),
    ],
)
def test_a_loss_that_rises_again_is_not_passed_over(capsys, fast, said):
    runs = (lesson.Trained(None, losses, 1.0, 0.0, 1.0) for losses in (fast, [0.9, 0.8, 0.6, 0.5]))
    lesson.about_batch_norm(dict(zip((lesson.WITH, lesson.WITHOUT), runs, strict=True)))
    printed = capsys.readouterr().out
    assert ("did not stay there" in printed) == ("later its loss was 0.900." in printed) == said


@pytest.mark.parametrize(
    ("fast", "verdict", "when", "clock"),
    [
        ([2.0, 0.4, 0.2, 0.1], "Supported: half", "in epoch 2", "after 4.0 s"),
        ([2.0, 0.9, 0.4, 0.1], "Not supported here", "in epoch 3", "after 6.0 s"),
        ([2.0, 0.9, 0.8, 0.7], "Not supported here", "never", ""),
    ],
)
def test_the_verdict_on_batch_norm_follows_from_the_losses(capsys, fast, verdict, when, clock):
    def run(losses, seconds):
        return lesson.Trained(None, losses, seconds, 0.0, 1.0)

    lesson.about_batch_norm(
        {lesson.WITH: run(fast, 8.0), lesson.WITHOUT: run([0.9, 0.8, 0.6, 0.5], 5.0)}
    )
    said = capsys.readouterr().out
    assert verdict in said and f"came to 0.5000 {when}" in said
    assert "2.00 s with it and 1.25 s without" in said
    assert (f"{clock}, and the network without it after 5.0 s" in said) == bool(clock)


def test_the_verdict_on_parameters_follows_from_the_counts(capsys):
    def pooled(shape):
        return keras.Sequential(
            [
                keras.Input(shape),
                keras.layers.Conv2D(32, 7),
                keras.layers.GlobalMaxPooling2D(),
                keras.layers.Dense(1),
            ]
        )

    lesson.about_parameters(pooled)
    said = capsys.readouterr().out
    assert "Counted: 4,769 for 64x64x3" in said and "33, 1%, in dense layers" in said
    assert "Not supported here" in said
