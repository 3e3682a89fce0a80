"""Batches from workers: the same for a seed however many there are, and nothing lost."""

import time
from itertools import count

import numpy as np
import pytest

from datasets import pipeline, throughput
from datasets.augmentation.fused import Fused, augment
from datasets.augmentation.maps import Map
from datasets.errors import DataError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (23, 8, 8, 3), "uint8")
LABELS = np.arange(23)
HOW = Fused(Map(mirror=True, rotate=20), shift=0.1)


def epoch(epoch=0, **options):
    return list(
        pipeline.batches(IMAGES, LABELS, **{"batch": 5, "how": HOW, "epochs": [epoch]} | options)
    )


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
    first_half, second_half = (x for x, _ in flat)
    assert not np.array_equal(first_half, second_half)


def test_an_epoch_is_the_same_after_others_and_alone():
    batches = pipeline.batches(IMAGES, LABELS, batch=5, how=HOW, epochs=range(4))
    assert same(list(batches)[15:], epoch(epoch=3))


def test_a_slow_worker_does_not_change_the_order(monkeypatch):
    def slow(images, drawn):
        time.sleep(0.3 if np.array_equal(images, first_images) else 0)
        return finished(images, drawn)

    finished, expected = pipeline._finished, epoch(workers=3)
    first_images = IMAGES[expected[0][1]]
    monkeypatch.setattr(pipeline, "_finished", slow)
    assert same(expected, epoch(workers=3))


def test_one_generator_draws_the_order_and_then_batch_by_batch():
    rng = np.random.default_rng([4, 2])
    order = rng.permutation(23)
    for images, labels in epoch(seed=4, epoch=2):
        np.testing.assert_array_equal(labels, order[: len(labels)])
        expected = augment(IMAGES[labels], HOW, rng)
        np.testing.assert_allclose(images * 255, expected, atol=1e-3)
        order = order[len(labels) :]


def test_few_batches_wait_for_the_device():
    """Without that bound the memory of an endless stream would grow."""
    taken = []

    def source():
        for number in count():
            taken.append(number)
            yield IMAGES, LABELS, RNG

    batches = pipeline.prepared(source(), None, workers=2)
    for _ in range(5):
        next(batches)
    assert len(taken) <= 5 + 2 + pipeline.AHEAD


def test_a_model_trains_on_it():
    import keras

    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(),
                              keras.layers.Dense(23)])  # fmt: skip
    model.compile("sgd", "mse")
    targets = np.eye(23, dtype="float32")
    data = pipeline.batches(IMAGES, targets, batch=8, how=HOW, epochs=range(2))
    history = model.fit(data, epochs=2, steps_per_epoch=3, shuffle=False, verbose=0).history
    assert len(history["loss"]) == 2


def test_images_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="expected images of 3 channels, received 1"):
        grey = pipeline.batches(IMAGES[..., :1], LABELS, how=Fused(axes=np.eye(3)))
        list(grey)


@pytest.mark.parametrize("options, words", [
    ({"batch": 0}, "a batch of at least 1, received 0"),
    ({"workers": 0}, "at least 1 worker, received 0"),
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
    assert found == throughput.Waited(steps=4, share=0.25, alone=3, busy=3, wait=1)


def test_rates_time_whole_epochs():
    found = throughput.rates(IMAGES, LABELS, HOW, workers=2, batch=5, rounds=2)
    assert len(found) == 2 and min(found) > 0
    endless = throughput.endless(IMAGES, LABELS, HOW, workers=1, batch=10)
    sizes = [len(next(endless)[1]) for _ in range(5)]  # two an epoch, the rest of 3 left out
    assert sizes == [10] * 5


@pytest.mark.parametrize("images, received", [
    ((IMAGES / 255).astype("float32"), "float32 from 0 to 1;"),
    (IMAGES / 255, "float64 from 0 to 1;"),
    (IMAGES.astype("float32"), "float32 from 0 to 255;"),
    (IMAGES.astype("int64"), "int64 from 0 to 255;"),
], ids=["0 to 1", "doubles", "floats", "whole numbers"])  # fmt: skip
def test_pixels_are_not_divided_twice(images, received):
    with pytest.raises(DataError, match=f"expected uint8 0 to 255, received {received}.*to_rgb8"):
        pipeline.scaled(images)
    for how in (None, HOW):
        with pytest.raises(DataError, match="expected"):
            pipeline.batches(images, LABELS, how=how)  # before the first batch is drawn
