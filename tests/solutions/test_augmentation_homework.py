"""The augmentation homework as a script: the whole walk on a few drawn hands, and its verdicts."""

from __future__ import annotations

import argparse
import re

import numpy as np
import pytest
from PIL import Image

from datasets.signs import Signs

SCRIPT = "solutions/data_augmentation.py"


@pytest.fixture
def photographs():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (46, 64, 64, 3), dtype=np.uint8)
    images[40:42] = images[:2]  # test shows two training photographs as well
    labels = np.arange(46) % 6
    return Signs(images[:40], labels[:40], images[40:], labels[40:], np.arange(6))


def test_the_walk_trains_both_arms_and_judges_two_sentences(walked):
    said = walked[0]
    assert "--quick: 100 training photographs and 30 steps, too few to judge by" in said
    assert re.search(r"48 photographs, seed 0: test accuracy 0\.\d+ without augmentation, "
                     r"0\.\d+ with it, on 12 photographs", said)
    assert said.count("Said: ") == 2 and len(re.findall(r"(?:Not b|B)orne out", said)) == 2
    assert re.search(r"a step takes [\d.]+ ms without .* [\d.]+ ms; together, on 2 threads", said)


def test_the_walk_leaves_its_plots(walked):
    assert {path.name for path in walked[1].iterdir()} == {"distortions.png", "accuracy.png"}
    for path in walked[1].iterdir():
        with Image.open(path) as image:
            assert image.size[0] == 800


def test_augmented_batches_keep_labels_and_are_made_anew(homework, photographs):
    images = photographs.train_x
    one = photographs._replace(train_y=np.arange(len(images)))
    pairs = [*homework.batches(one, "without", 0, 1).take(3)]
    for found, numbers in pairs:
        expected = images[numbers.numpy()].astype("float32") / 255
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)
    changed = [*homework.batches(photographs, "with", 0, 2).take(3)]
    assert all(found.shape == (32, 64, 64, 3) for found, _ in changed)
    assert all(0 <= found.numpy().min() and found.numpy().max() <= 1 for found, _ in changed)
    plain = [*homework.batches(photographs, "without", 0, 2).take(3)]
    for (found, ours), (before, theirs) in zip(changed, plain, strict=True):
        assert (ours.numpy() == theirs.numpy()).all()
        assert (found.numpy() != before.numpy()).any()


def test_photographs_of_the_test_set_are_the_last_to_be_chosen(homework, photographs):
    for seed in range(3):
        few = homework.chosen(photographs, 38, seed)
        assert len(few.train_x) == len(few.train_y) == 38
        shown = {image.tobytes() for image in photographs.test_x}
        assert not [image for image in few.train_x if image.tobytes() in shown]
    assert len(homework.chosen(photographs, 40, 0).train_x) == 40


@pytest.mark.parametrize(("without", "with_it", "verdict"), [
    ((0.5, 0.6, 0.7), (0.8, 0.9, 0.95), "Borne out: it helped"),
    ((0.5, 0.9, 0.95), (0.8, 0.91, 0.96), "Borne out in part: it helped by more than chance makes "
     "on 100 photographs"),
    ((0.9, 0.9, 0.9), (0.92, 0.9, 0.91), "Not borne out here"),
    ((0.9, 0.9, 0.9), (0.5, 0.9, 0.91), "It did harm on 100 photographs"),
])
def test_the_verdict_on_accuracy_knows_chance(homework, capsys, without, with_it, verdict):
    sizes = (100, 300, 1080)
    found = {(size, arm): [value] for arm, values in zip(homework.ARMS, (without, with_it),
                                                         strict=True)
             for size, value in zip(sizes, values, strict=True)}
    homework.about_accuracy(found, 120)
    assert verdict in capsys.readouterr().out


@pytest.mark.parametrize(("both", "verdict"), [
    (0.101, "Borne out: nine tenths"), (0.13, "Borne out in part"), (0.2, "Not borne out here")])
def test_the_verdict_on_threads_follows_from_the_seconds(
        homework, photographs, capsys, monkeypatch, both, verdict):
    times = iter([0.1, 0.1, both])
    monkeypatch.setattr(homework, "seconds", lambda *_: next(times))
    homework.about_threads(photographs, argparse.Namespace(timed=5, workers=2))
    said = capsys.readouterr().out
    assert verdict in said and f"{1 - (both - 0.1) / 0.1:.0%} of the cost is hidden" in said


def test_reproduce_is_offered_the_whole_comparison(homework, photographs, tmp_path, monkeypatch):
    monkeypatch.setattr(homework, "trained", lambda *given: given)
    arms = homework.arms(photographs, homework.arguments(["--runs", str(tmp_path)]))
    assert list(arms) == [(size, arm) for size in (100, 300, 1080) for arm in ("without", "with")]
    assert [arms[size, "with"][0] for size in (100, 300, 1080)] == [192, 64, 17]  # 600 steps of 32
    part, *rest = arms[100, "without"][1](5)
    assert rest == ["without", 5, 600, 2] and len(part.train_x) == 40
