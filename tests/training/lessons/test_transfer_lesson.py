"""The transfer learning lesson: what is handed on, and its verdicts."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from datasets.signs import Signs
from tests.training.lessons.finished import finished
from training import lessons
from training.lessons import transfer_learning as lesson
from training.loop import Fitted
from training.recipes import Recipe


def replace_head(model, classes):
    softmax = keras.layers.Dense(classes, activation="softmax")
    return keras.Model(model.input, softmax(model.layers[-1].input))


def layers_to_freeze(model, examples_per_class):
    """By their names, as a learner may give them too."""
    last = [i for i, layer in enumerate(model.layers) if isinstance(layer, keras.layers.Conv2D)][-1]
    end = -1 if examples_per_class < 20 else last if examples_per_class < 100 else 0
    return [layer.name for layer in model.layers[:end]]


def fine_tune(model, images, labels, head_epochs, epochs, learning_rate):
    """Trains nothing, and notes what it gets."""
    given = images.shape, images.max() <= 1, labels.tolist(), head_epochs, epochs, learning_rate
    model.given = given
    return model


LEARNER = lesson.Learner(replace_head, layers_to_freeze, fine_tune, lambda *given: None)


def test_a_copy_is_handed_on_frozen_and_the_original_stays():
    model = lesson.network((16, 16, 3), 4)
    for freezing, frozen in (("all", 4), ("some", 3), ("none", 0)):
        made = lesson.handed_on(LEARNER, model, lesson.FREEZING[freezing], 3)
        kinds = [layer for layer in made.layers if type(layer).__name__ == "Conv2D"]
        assert sum(not layer.trainable for layer in kinds) == frozen
        assert made.output_shape == (None, 3) and made.layers[-1].trainable
        for old, new in zip(model.get_weights()[:-2], made.get_weights()[:-2], strict=True):
            np.testing.assert_array_equal(old, new)
        assert all(layer.trainable for layer in model.layers)


def test_body_and_head_are_the_model():
    model = lesson.network((16, 16, 3), 4)
    body, head = lesson.cut(model)
    images = np.random.default_rng(0).random((5, 16, 16, 3), dtype="float32")
    found = head(body(images, training=False), training=False)
    np.testing.assert_allclose(found, model(images, training=False), atol=1e-6)
    assert head.layers[-1] is model.layers[-1]


def compared(all_, some, none, scratch=10):
    """Arms that read so many photographs wrong; only `none` differs, of what is compared."""
    wrong = {"all": all_, "some": some, "none": none, lesson.SCRATCH: scratch}
    wrong[lesson.HEAD_FIRST] = none
    wrong[lesson.OTHER] = scratch
    return {(size, way): finished(way, w) for size in (5, 50, 144) for way, w in wrong.items()}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ((10, 10, 40, 60), ["Supported", "Too close", "Supported"]),
        ((40, 10, 10, 10), ["Contradicted", "Supported", "Too close"]),
        ((10, 40, 40, 10), ["Supported", "Contradicted", "Contradicted"]),
    ],
)
def test_the_verdicts_on_freezing_know_chance(capsys, wrong, words):
    lesson.about_freezing(compared(*wrong), 6, "SIGNS")
    lines = capsys.readouterr().out.splitlines()
    judged = [after for line, after in itertools.pairwise(lines) if line.startswith("Measured")]
    assert [line[: len(word)] for line, word in zip(judged[:3], words, strict=True)] == words
    assert sum(line.startswith("Said by the lecture") for line in lines) == 3
    # Head first is as good as at once; other classes are as good as from scratch here.
    assert [line[:9] for line in judged[3:6]] + [judged[7][:9]] == ["Too close"] * 4
    none, scratch = wrong[2:]
    better = "Too close" if none == scratch else "none is" if none < scratch else lesson.OTHER
    assert judged[6].startswith(better) and judged[8].startswith(better)
    lesson.about_freezing(compared(*wrong), 6, "synthetic")
    assert capsys.readouterr().out.count("Not tested here: both are drawn hands") == 9


@pytest.fixture
def photographs():
    images = np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), "uint8")
    return Signs(images, np.arange(12) % 3, images, np.arange(12) % 3, np.arange(3))


def test_the_learners_fine_tune_is_what_head_first_trains(photographs, tmp_path):
    """Half of the epochs in each phase, on the photographs of the rows alone, at the whole rate."""
    model = lesson.network((16, 16, 3), 4)
    options = SimpleNamespace(steps=5, quick=True, runs=tmp_path)
    rows = np.arange(6)
    found = lesson.train_one(LEARNER, model, lesson.HEAD_FIRST, photographs, rows, 0, options).model
    rate = lesson.recipe_for(6, options).learning_rate
    assert found.given == ((6, 16, 16, 3), True, [0, 1, 2, 0, 1, 2], 2, 3, rate)
    kept = [*zip(model.get_weights()[:-2], found.get_weights()[:-2], strict=True)]
    assert all((old == new).all() for old, new in kept) and found.output_shape == (None, 3)


def test_every_way_takes_as_many_steps(photographs, tmp_path, monkeypatch):
    epochs = {}

    def noted(model, *given, **settings):
        epochs[way] = next(one for one in given if isinstance(one, Recipe)).epochs
        assert settings.get("least", 0) == 0
        return Fitted(model, [], 1.0)

    monkeypatch.setattr(lesson, "fit", noted)
    monkeypatch.setattr(lesson, "fit_head", noted)
    learner = LEARNER._replace(
        cache_features=lambda *given: np.zeros((12, 128)),
        fine_tune=lambda *given: epochs.update({way: sum(given[3:5])}) or given[0],
    )
    options = SimpleNamespace(steps=7, quick=True, runs=tmp_path)
    model = lesson.network((16, 16, 3), 4)
    for way in (*lesson.FREEZING, lesson.SCRATCH, lesson.HEAD_FIRST, lesson.OTHER):
        made = lesson.train_one(learner, model, way, photographs, np.arange(12), 0, options).model
        same = np.array_equal(made.get_weights()[0], model.get_weights()[0])
        assert same == (way != lesson.SCRATCH)
    assert set(epochs.values()) == {7} and len(epochs) == 6


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (
            [1.0, 1.2],
            "Supported: the first head is trained 2.5 times as fast as without a file, the "
            "second 9.1 times",
        ),
        ([4.0, 9.0], "Not supported here"),
    ],
)
def test_the_verdict_on_the_file_follows_from_the_seconds(capsys, second, words):
    lesson.about_cache(
        {"without a file": [10.0, 10.0], "first head": [4.0, 4.0], "second head": second}, 9, 1080
    )
    assert words in capsys.readouterr().out


def test_the_other_classes_are_quarter_turns_of_the_same_hands(photographs):
    turned = lesson.turned(photographs)
    assert turned.classes.tolist() == [0, 1, 2, 3] and set(turned.train_y) == {0, 1, 2, 3}
    for image, label, upright in zip(
        turned.train_x, turned.train_y, photographs.train_x, strict=True
    ):
        for _ in range(label):  # back, clockwise: the axes change places, and columns their order
            image = image.transpose(1, 0, 2)[:, ::-1]
        np.testing.assert_array_equal(image, upright)
    assert len(turned.test_x) == len(turned.test_y) == 0


def test_the_other_network_is_pre_trained_once_and_for_its_arm_alone(tmp_path, monkeypatch):
    photographs = Signs(*[None] * 4, classes=np.arange(6))
    trained = []
    monkeypatch.setattr(lesson, "pretrain_on_turns", lambda options: trained.append(0) or "turns")
    monkeypatch.setattr(lesson, "train_one", lambda *given: given[1:3])
    monkeypatch.setattr(lesson, "few", lambda *given: [])
    options = lessons.options("transfer_learning", ["--runs", str(tmp_path)])
    arms = lesson.arms(LEARNER, photographs, options, "signs", ways=["none", lesson.OTHER])
    assert arms[5, "none"][1](0) == ("signs", "none") and not trained
    assert [arms[size, lesson.OTHER][1](0) for size in (5, 20)] == [("turns", lesson.OTHER)] * 2
    assert len(trained) == 1


def test_few_photographs_get_enough_steps():
    options = SimpleNamespace(steps=600, quick=False)
    epochs = [lesson.recipe_for(count, options).epochs for count in (30, 120, 1080)]
    assert epochs == [600, 150, 18]


def test_reproduce_is_offered_the_whole_comparison(tmp_path, monkeypatch):
    photographs = Signs(*[None] * 4, classes=np.arange(6))
    trained = []
    monkeypatch.setattr(lesson, "pretrain", lambda options: trained.append(options) or "network")
    monkeypatch.setattr(lesson, "train_one", lambda *given: given[1:3] + given[-2:-1])
    monkeypatch.setattr(lesson, "few", lambda data, size, seed: [size, seed])
    options = lessons.options("transfer_learning", ["--runs", str(tmp_path)])
    arms = lesson.arms(LEARNER, photographs, options)
    assert list(arms) == [
        (size, freezing) for size in (5, 20, 50, 180) for freezing in ("all", "some", "none")
    ]
    # 30 photographs are one step of a pass, 1,080 are 34.
    assert [arms[5, how][0] for how in ("all", "some", "none")] == [600] * 3
    assert [arms[180, how][0] for how in ("all", "some", "none")] == [18] * 3
    assert arms[20, "some"][1](7) == ("network", "some", 7)
    assert arms[5, "all"][1](1) == ("network", "all", 1) and len(trained) == 1
    more = lesson.arms(LEARNER, photographs, options, ways=[lesson.SCRATCH, lesson.HEAD_FIRST])
    assert list(more)[:2] == [(5, "from scratch"), (5, "head first")]
