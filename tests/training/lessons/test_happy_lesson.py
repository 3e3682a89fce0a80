"""The Happy House lesson: two networks that differ in batch norm alone, and its verdicts."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from datasets.signs import Signs
from datasets.splits import Parts
from tests.sampling import LONG
from tests.training.lessons.finished import finished
from training import lessons
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
            patch.setattr(keras.optimizers, "Adam", lambda _: rate(0.0))
            lesson.trained(model, data, 2, seed=5)
        return seen

    found = losses()
    assert len(found) == 6 and len(set(found)) == 3
    assert losses(keras.layers.Rescaling(1.0), keras.layers.Dropout(0.0)) == pytest.approx(found)


@LONG
def test_it_learns_and_its_answers_have_two_columns(data):
    keras.utils.set_random_seed(0)
    fitted = lesson.trained(lesson.without_batch_norm(happy_model((12, 12, 3))), data, 8, seed=0)
    losses = [row["loss"] for row in fitted.history]
    assert losses[-1] < losses[0] and [row["epoch"] for row in fitted.history] == [*range(8)]
    chances = lesson.both_chances(fitted.model, data.test_x)
    happy = fitted.model.predict(data.test_x / np.float32(255), verbose=0)[:, 0]
    np.testing.assert_allclose(chances, np.stack([1 - happy, happy], 1), atol=1e-6)
    assert (chances.argmax(1) == data.test_y).all()


def test_both_networks_begin_with_the_same_weights_under_each_seed(data, tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(
        lesson, "trained", lambda model, *given: begun.append((model.get_weights(), *given[2:]))
    )
    monkeypatch.setattr(lesson.arms, "train", lambda arms, *_: arms)
    split = Parts(data, data.test_x, data.test_y)
    options = lessons.options("happy_house", ["--runs", str(tmp_path)])
    arms = lesson.train_all(happy_model, split, 3, options)
    for arm in arms.values():
        arm.train(7)
    assert [given[1:] for given in begun] == [(7, 1e-3), (7, 1e-3), (7, 1e-2), (7, 1e-2)]
    with_it, without = begun[0][0], begun[1][0]
    assert len(with_it) == 8 and len(without) == 4
    np.testing.assert_array_equal(with_it[0], without[0])


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


def compared(with_it, without, wrong=(10, 10)):
    """Four arms that begin to learn in these epochs; the first rate is the better one for both."""
    found = {}
    for way, epochs, w in zip(
        (lesson.WITH, lesson.WITHOUT), (with_it, without), wrong, strict=True
    ):
        for rate, good in zip(lesson.RATES, (0.9, 0.5), strict=True):
            name = f"{way}, rate {rate:g}"
            histories = [*map(falling_to_zero, epochs if good > 0.8 else [21] * 5)]
            found[name] = finished(
                name, w, classes=2, histories=histories, validation=good, seeds=5
            )
    return found


def falling_to_zero(first, epochs=20):
    """A history whose loss is 0.7, and 0.1 from epoch `first` on."""
    return [{"epoch": i, "loss": 0.7 if i + 1 < first else 0.1} for i in range(epochs)]


@pytest.mark.parametrize(
    ("with_it", "without", "verdict"),
    [
        ([2] * 5, [6, 7, 6, 8, 6], "Supported: the whole interval is above 2"),
        ([5] * 5, [6, 5, 6, 7, 6], "Contradicted: the whole interval is below 2"),
        ([21] * 5, [21] * 5, "Not tested here: neither came so far"),
    ],
)
def test_the_verdict_on_batch_norm_follows_from_the_epochs(capsys, with_it, without, verdict):
    lesson.about_batch_norm(compared(with_it, without), 20)
    said = capsys.readouterr().out
    assert verdict in said and "validation accuracy 0.9000 at 0.001, 0.5000 at 0.01" in said
    assert "0.05 s with it and 0.05 s without" in said
    assert "with batch norm, rate 0.001 0.8960" in said  # the better rate, by validation


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
