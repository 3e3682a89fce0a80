"""The Happy House homework as a script: the whole walk on a few files and on drawn hands."""

from __future__ import annotations

import math
import re

import h5py
import numpy as np
import pytest
from PIL import Image

from datasets.signs import Signs
from training.errors import TrainingError

SCRIPT = "solutions/happy_house.py"


@pytest.fixture
def data():
    """Bright images are of class 1, dark ones of class 0."""
    rng = np.random.default_rng(1)

    def drawn(n):
        labels = np.arange(n) % 2
        images = rng.integers(0, 100, (n, 12, 12, 3)) + 150 * labels[:, None, None, None]
        return images.astype(np.uint8), labels.astype(np.int64)

    return Signs(*drawn(48), *drawn(12), np.arange(2))


def test_the_walk_counts_trains_twice_and_judges_two_sentences(walked):
    said = walked[0]
    assert "Counted: 37,633 for 64x64x3, of them 4,736 in the convolution and 32,769, 87%" in said
    assert "convolution has 4,736 and dense layers 131,073" in said
    trained = r"batch norm: training loss \d.*test accuracy \d\.\d{4} on 4 photographs"
    assert len(re.findall(trained, said)) == 2
    assert said.count("Said: ") == 2 and len(re.findall(r"(?:Not b|B)orne out", said)) == 2
    assert "--quick: 160 training photographs and 3 epochs, too few to judge by" in said


def test_the_walk_says_that_hands_are_no_happy_house(walked):
    line = next(line for line in walked[0].splitlines() if line.startswith("data: "))
    assert "no Happy House" in line and "16 and 4 of synthetic" in line and "HAPPY_DIR" in line


def test_the_walk_leaves_its_plots_and_the_model(walked):
    names = {path.name for path in walked[1].iterdir()}
    assert names == {"losses.png", "photographs.png", "model.keras"}
    with Image.open(walked[1] / "losses.png") as image:
        assert image.size == (800, 450)
    with Image.open(walked[1] / "photographs.png") as image:
        # Four photographs fill a good part of it.
        assert image.size == (800, 500)
        assert (np.asarray(image.convert("L")) < 250).mean() > 0.3


@pytest.fixture
def main(homework, hands, monkeypatch, capsys):
    """main(*arguments) -> the status, and what was printed as output and as errors."""
    monkeypatch.setenv("SIGNS_DIR", str(hands))
    monkeypatch.delenv("HAPPY_DIR", raising=False)

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["happy_house.py", *map(str, arguments)])
        return homework.main(), *capsys.readouterr()

    return run


def test_photographs_are_used_where_they_are_named(main, tmp_path):
    rng = np.random.default_rng(0)
    for split, n in (("train", 32), ("test", 8)):
        with h5py.File(tmp_path / f"{split}_happy.h5", "w") as file:
            file[f"{split}_set_x"] = rng.integers(0, 256, (n, 64, 64, 3), np.uint8)
            file[f"{split}_set_y"] = np.arange(n) % 2
            file["list_classes"] = np.arange(2)
    status, said, _ = main("--quick", "--folder", tmp_path, "--runs", tmp_path / "runs")
    assert status == 0 and "data: Happy House, 32 and 8 photographs" in said
    assert "hand" not in said


@pytest.mark.parametrize(("arguments", "word"), [
    (["--folder", "/nowhere"], "HAPPY_DIR"), (["--data", "signs"], "drawn hands")])
def test_what_is_named_and_wrong_is_one_line(main, tmp_path, arguments, word):
    status, _, errors = main("--quick", *arguments, "--runs", tmp_path)
    assert status == 1 and errors.count("\n") == 1
    assert errors.startswith("expected") and word in errors
    assert not list(tmp_path.iterdir())


def test_an_interrupt_is_one_word(main, homework, monkeypatch):
    def stopped(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(homework, "walk", stopped)
    status, _, errors = main()
    assert status == 1 and errors == "interrupted\n"


def test_the_clone_has_the_same_kernels_and_no_batch_norm(homework):
    import keras

    model = homework.happy_model((12, 10, 3))
    bare = homework.without_batch_norm(model)
    right = [w.numpy() for w in model.weights if w.path.split("/")[0] != "bn0"]
    assert len(bare.weights) == 4
    assert all((w.numpy() == kept).all() for w, kept in zip(bare.weights, right, strict=True))
    # By hand: what the network without it computes.
    images = np.random.default_rng(0).random((2, 12, 10, 3), dtype=np.float32)
    kernel, bias, dense, offset = right
    X = keras.ops.convert_to_numpy(keras.ops.conv(images, kernel, padding="same")) + bias
    X = np.maximum(X, 0).reshape(2, 6, 2, 5, 2, 32).max((2, 4)).reshape(2, -1) @ dense + offset
    np.testing.assert_allclose(bare(images), 1 / (1 + np.exp(-X)), rtol=1e-4)


def test_what_cannot_be_compared_is_one_line(homework):
    import keras

    class Own(keras.layers.Layer):
        pass

    for layer, words in ((keras.layers.ReLU(), "expected a layer BatchNormalization"),
                         (Own(), "Keras' own in happy_model, received Own")):
        with pytest.raises(TrainingError, match=words):
            homework.without_batch_norm(keras.Sequential([keras.Input((8, 8, 3)), layer]))


def test_a_network_of_networks_is_cloned_too(homework):
    import keras

    inner = keras.Sequential([keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization()])
    model = keras.Sequential([keras.Input((8, 8, 3)), inner, keras.layers.Flatten(),
                              keras.layers.Dense(1)])
    assert homework.without_batch_norm(model).count_params() == model.count_params() - 16


def test_both_networks_meet_the_photographs_in_the_same_order(homework, data):
    """At a rate of 0 the loss of each batch tells which photographs are in it.

    Keras repeats the order in every epoch, so that two epochs have three losses.
    """
    import keras

    def losses(*others):
        keras.utils.set_random_seed(len(others))  # what happened before does not matter
        model = keras.Sequential([keras.Input((12, 12, 3)), *others, keras.layers.Flatten(),
                                  keras.layers.Dense(1, "sigmoid", kernel_initializer="ones")])
        seen = []

        class Noted(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs):
                seen.append(logs["loss"])

        fit = model.fit
        model.fit = lambda *args, **kwargs: fit(*args, **kwargs, callbacks=[Noted()])
        rate = keras.optimizers.Adam
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keras.optimizers, "Adam", lambda: rate(0.0))
            homework.trained(model, data, 2, seed=5)
        return seen

    found = losses()
    assert len(found) == 6 and len(set(found)) == 3
    assert losses(keras.layers.Rescaling(1.0), keras.layers.Dropout(0.0)) == pytest.approx(found)


def test_it_learns_and_reports_what_keras_measures(homework, data):
    one = homework.train_both(data, 8, seed=0)[homework.WITHOUT]
    assert one.losses[-1] < one.losses[0] and len(one.losses) == 8
    answers = one.model.predict(data.test_x / np.float32(255), verbose=0)[:, 0].astype(float)
    right = np.where(data.test_y == 1, answers, 1 - answers)
    assert one.test_loss == pytest.approx(-np.log(right).mean(), rel=1e-3)
    assert one.test_accuracy == pytest.approx((right > 0.5).mean())
    assert one.test_accuracy == 1.0 and one.test_loss < math.log(2)


def test_the_picture_shows_both_labels_and_marks_what_is_wrong(homework, data):
    class Fixed:
        def predict(self, images, verbose):
            return np.full((len(images), 1), 0.8, np.float32)

    figure = homework.picture(Fixed(), data, "a title")
    assert len(figure.axes) == 8
    for axes in figure.axes:
        bright = axes.images[0].get_array().mean() > 125
        assert axes.get_xlabel() == f"0.800, label {int(bright)}"
        assert axes.xaxis.label.get_color() == ("black" if bright else "tab:red")


@pytest.mark.parametrize(("fast", "said"), [
    ([2.0, 0.4, 0.9, 0.1], True), ([2.0, 0.4, 0.3, 0.1], False), ([2.0, 0.9, 0.9, 0.4], False),
    ([2.0, 0.9, 0.8, 0.7], False)])
def test_a_loss_that_rises_again_is_not_passed_over(homework, capsys, fast, said):
    runs = (homework.Trained(None, losses, 1.0, 0.0, 1.0)
            for losses in (fast, [0.9, 0.8, 0.6, 0.5]))
    homework.about_batch_norm(dict(zip((homework.WITH, homework.WITHOUT), runs, strict=True)))
    printed = capsys.readouterr().out
    assert ("did not stay there" in printed) == ("later its loss was 0.900." in printed) == said


@pytest.mark.parametrize(("fast", "verdict", "when", "clock"), [
    ([2.0, 0.4, 0.2, 0.1], "Borne out: half", "in epoch 2", "after 4.0 s"),
    ([2.0, 0.9, 0.4, 0.1], "Not borne out here", "in epoch 3", "after 6.0 s"),
    ([2.0, 0.9, 0.8, 0.7], "Not borne out here", "never", ""),
])
def test_the_verdict_on_batch_norm_follows_from_the_losses(homework, capsys, fast, verdict, when,
                                                           clock):
    def run(losses, seconds):
        return homework.Trained(None, losses, seconds, 0.0, 1.0)

    homework.about_batch_norm({homework.WITH: run(fast, 8.0),
                            homework.WITHOUT: run([0.9, 0.8, 0.6, 0.5], 5.0)})
    said = capsys.readouterr().out
    assert verdict in said and f"came to 0.5000 {when}" in said
    assert "2.00 s with it and 1.25 s without" in said
    assert (f"{clock}, and the network without it after 5.0 s" in said) == bool(clock)


def test_the_verdict_on_parameters_follows_from_the_counts(homework, monkeypatch, capsys):
    import keras

    def pooled(shape):
        return keras.Sequential([keras.Input(shape), keras.layers.Conv2D(32, 7),
                                 keras.layers.GlobalMaxPooling2D(), keras.layers.Dense(1)])

    monkeypatch.setattr(homework, "happy_model", pooled)
    homework.about_parameters()
    said = capsys.readouterr().out
    assert "Counted: 4,769 for 64x64x3" in said and "33, 1%, in dense layers" in said
    assert "Not borne out here" in said
