"""The augmentation lesson: batches with and without, and its verdicts."""

from __future__ import annotations

import argparse

import numpy as np
import pytest

from datasets.signs import Signs
from datasets.splits import Parts
from tests.training.lessons.finished import finished
from training import lessons
from training.lessons import data_augmentation as lesson


def darker(images, seed):
    return images // 2


def augment(dataset, ops, workers):
    import tensorflow as tf

    def changed(images, labels):
        for op in ops:
            shape, images = images.shape, tf.numpy_function(op, (images, 0), images.dtype)
            images.set_shape(shape)
        return images, labels

    return dataset.map(changed, num_parallel_calls=workers)


LEARNER = [darker, darker, darker, darker, augment]


@pytest.fixture
def photographs():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (46, 64, 64, 3), dtype=np.uint8)
    images[40:42] = images[:2]  # test shows two training photographs as well
    labels = np.arange(46) % 6
    return Signs(images[:40], labels[:40], images[40:], labels[40:], np.arange(6))


def test_augmented_batches_keep_labels_and_are_made_anew(photographs):
    images = photographs.train_x
    one = photographs._replace(train_y=np.arange(len(images)))
    pairs = [*lesson.batches(LEARNER, one, "without", 0, 1).take(3)]
    for found, numbers in pairs:
        expected = images[numbers.numpy()].astype("float32") / 255
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)
    changed = [*lesson.batches(LEARNER, photographs, "with", 0, 2).take(3)]
    assert all(found.shape == (32, 64, 64, 3) for found, _ in changed)
    assert all(found.numpy().min() >= 0 and found.numpy().max() <= 1 for found, _ in changed)
    plain = [*lesson.batches(LEARNER, photographs, "without", 0, 2).take(3)]
    for (found, ours), (before, theirs) in zip(changed, plain, strict=True):
        assert (ours.numpy() == theirs.numpy()).all()
        assert (found.numpy() != before.numpy()).any()


def test_photographs_of_the_test_set_are_the_last_to_be_chosen(photographs):
    for seed in range(3):
        few = lesson.chosen(photographs, 38, seed)
        assert len(few.train_x) == len(few.train_y) == 38
        shown = {image.tobytes() for image in photographs.test_x}
        assert not [image for image in few.train_x if image.tobytes() in shown]
    assert len(lesson.chosen(photographs, 40, 0).train_x) == 40


@pytest.mark.parametrize(
    ("without", "with_it", "verdict"),
    [(40, 10, "Supported"), (10, 12, "Too close to tell"), (10, 40, "Contradicted")],
)
def test_the_verdict_on_accuracy_knows_chance_and_how_many_sizes_there_are(
    capsys, without, with_it, verdict
):
    found = {
        (size, arm): finished(arm, wrong)
        for size in (100, 300, 1080)
        for arm, wrong in zip(lesson.ARMS, (without, with_it), strict=True)
    }
    lesson.about_accuracy(found)
    said = capsys.readouterr().out
    assert said.count(f"\n{verdict}") == 3 and said.count("98.3% interval") == 3


def test_each_part_is_told_by_what_is_lost_without_it(capsys):
    by_part = dict.fromkeys(lesson.NAMES, finished("without it", 10))
    by_part["mirror"] = finished("without mirror", 40)
    lesson.about_parts(finished("all", 10), by_part)
    said = capsys.readouterr().out
    assert said.count("all is better, by ") == 1 and said.count("Too close to tell") == 3


def test_the_parts_are_left_out_one_by_one(photographs, tmp_path, monkeypatch):
    seen = []

    def trained(functions, data, arm, seed, steps, workers):
        seen.append((arm, [*functions]))
        raise KeyboardInterrupt

    monkeypatch.setattr(lesson, "trained", trained)
    named = [lambda images, seed, n=n: images for n in range(4)]
    options = lessons.options("data_augmentation", ["--runs", str(tmp_path)])
    options.sizes, made = (40,), {}
    monkeypatch.setattr(
        lesson.compared_arms,
        "train",
        lambda arms, *_: made.update(arms) or {name: finished(name) for name in arms},
    )
    split = Parts(photographs, photographs.test_x, photographs.test_y)
    results, by_part = lesson.compare([*named, augment], split, options)
    assert list(results) == [(40, "without"), (40, "with")] and [*by_part] == [*lesson.NAMES]
    for number, name in enumerate(lesson.NAMES):
        with pytest.raises(KeyboardInterrupt):
            made[f"all but {name}"].train(0)
        assert seen[-1] == ("with", [*named[:number], *named[number + 1 :], augment])
    assert len(made["all but mirror"].learnt_from(0).train_x) == 40


@pytest.mark.parametrize(
    ("both", "verdict"),
    [(0.101, "Supported: nine tenths"), (0.13, "Supported in part"), (0.2, "Not supported here")],
)
def test_the_verdict_on_threads_follows_from_the_seconds(
    photographs, capsys, monkeypatch, both, verdict
):
    times, asked = iter([0.1, 0.1, both]), []
    monkeypatch.setattr(lesson, "seconds", lambda *_: next(times))
    monkeypatch.setattr(lesson, "batches", lambda *given: asked.append((given[2], given[4])))
    lesson.about_threads(LEARNER, photographs, argparse.Namespace(timed=5, workers=2))
    said = capsys.readouterr().out
    assert verdict in said and f"{1 - (both - 0.1) / 0.1:.0%} of the cost is hidden" in said
    # Alone and together with as many threads: more threads hide nothing, they do more at a time.
    assert [workers for arm, workers in asked if arm == "with"] == [2, 2]


def test_reproduce_is_offered_the_whole_comparison(photographs, tmp_path, monkeypatch):
    monkeypatch.setattr(lesson, "trained", lambda *given: given)
    options = lessons.options("data_augmentation", ["--runs", str(tmp_path)])
    arms = lesson.arms(LEARNER, photographs, options)
    assert list(arms) == [(size, arm) for size in (100, 300, 1080) for arm in ("without", "with")]
    assert [arms[size, "with"][0] for size in (100, 300, 1080)] == [192, 64, 17]  # 600 steps of 32
    functions, part, *rest = arms[100, "without"][1](5)
    assert functions == LEARNER and rest == ["without", 5, 600, 2] and len(part.train_x) == 40
