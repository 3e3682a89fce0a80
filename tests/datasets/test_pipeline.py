"""Batches from workers: the same for a seed however many there are, and nothing lost."""

import time

import numpy as np
import pytest

from datasets import pipeline, throughput
from datasets.augmentation.fused import Fused, augment
from datasets.augmentation.maps import Map
from datasets.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (23, 8, 8, 3), "uint8")
LABELS = np.arange(23)
HOW = Fused(Map(mirror=True, rotate=20), shift=0.1)


def epoch(**options):
    data = pipeline.batches(IMAGES, LABELS, **{"batch": 5, "how": HOW} | options)
    return [(x.numpy(), y.numpy()) for x, y in data]


def same(a, b):
    return all(np.array_equal(x, z) and np.array_equal(y, w)
               for (x, y), (z, w) in zip(a, b, strict=True))  # fmt: skip


def test_every_image_once_scaled_and_shuffled():
    images, labels = (np.concatenate(parts) for parts in zip(*epoch(how=None), strict=True))
    assert sorted(labels) == list(range(23)) and list(labels) != list(range(23))
    assert images.dtype == np.float32 and labels.dtype == np.int64
    np.testing.assert_allclose(images, IMAGES[labels] / 255, rtol=1e-6)


def test_the_same_for_a_seed_and_an_epoch_with_any_number_of_workers():
    first = epoch(workers=1)
    assert [len(x) for x, _ in first] == [5, 5, 5, 5, 3]
    assert same(first, epoch(workers=3))
    assert not same(first, epoch(seed=1)) and not same(first, epoch(epoch=1))
    # No batch is augmented as another is.
    flat = pipeline.batches(IMAGES[:1].repeat(20, 0), LABELS[:20], batch=10, how=HOW)
    one, two = (x.numpy() for x, _ in flat)
    assert not np.array_equal(one, two)


def test_a_slow_worker_does_not_change_the_order(monkeypatch):
    def slow(images, how, seed):
        time.sleep(0.3 if seed[-1] == 0 else 0)
        return prepared(images, how, seed)

    prepared = pipeline.prepared
    first = epoch(workers=3)
    monkeypatch.setattr(pipeline, "prepared", slow)
    assert same(first, epoch(workers=3))


def test_the_worker_does_what_augment_does():
    (images, labels), *_ = epoch()
    expected = augment(IMAGES[labels], HOW, np.random.default_rng([0, 0, 0]))
    np.testing.assert_allclose(images * 255, expected, atol=1e-3)


def test_a_model_trains_on_it():
    import keras

    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(),
                              keras.layers.Dense(23)])  # fmt: skip
    model.compile("sgd", "mse")
    targets = np.eye(23, dtype="float32")
    data = pipeline.batches(IMAGES, targets, batch=8, how=HOW)
    assert data.element_spec[0].shape.as_list() == [None, 8, 8, 3]
    assert data.element_spec[1].shape.as_list() == [None, 23]
    assert model.fit(data, epochs=2, shuffle=False, verbose=0).params["steps"] == 3


def test_a_worker_that_fails_ends_the_epoch_with_its_word():
    with pytest.raises(Exception, match="expected images of 3 channels, received 1"):
        grey = pipeline.batches(IMAGES[..., :1], LABELS, how=Fused(axes=np.eye(3)))
        list(grey)


@pytest.mark.parametrize("options, words", [
    ({"batch": 0}, "at least 1, received 0 and 2"),
    ({"workers": 0}, "at least 1, received 32 and 0"),
])  # fmt: skip
def test_faults_are_one_line(options, words):
    with pytest.raises(DataError, match=words):
        pipeline.batches(IMAGES, LABELS, **options)
    with pytest.raises(DataError, match="received 23 images and 3 labels"):
        pipeline.batches(IMAGES, LABELS[:3])


def test_waiting_is_the_share_of_a_steps_time():
    now = [0.0]

    def passes(seconds):
        now[0] += seconds

    def source():
        while True:
            passes(1)  # preparing
            yield "images", "labels"

    found = throughput.waiting(
        source(), lambda x, y: passes(3), steps=4, warm_up=1, clock=lambda: now[0]
    )
    assert found == throughput.Waited(steps=4, share=0.25, alone=3, beside=3, wait=1)


def test_rates_time_whole_epochs():
    found = throughput.rates(IMAGES, LABELS, HOW, workers=2, batch=5, rounds=2)
    assert len(found) == 2 and min(found) > 0
    endless = throughput.endless(IMAGES, LABELS, HOW, workers=1, batch=10)
    sizes = [len(next(endless)[1]) for _ in range(5)]  # two an epoch, the rest of 3 left out
    assert sizes == [10] * 5
