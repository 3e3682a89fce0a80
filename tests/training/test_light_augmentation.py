"""Our recipe's augmentation against maps that NumPy makes without interpolation."""

import numpy as np
import pytest

from training.augment import _warp, augment
from training.batches import stream
from training.recipes import Augmentation

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (8, 12, 12, 3)).astype("uint8")


def matrix(*rows):
    return np.array(rows, dtype=float)


def test_nothing_asked_for_changes_nothing():
    np.testing.assert_array_equal(augment(IMAGES, Augmentation(), RNG), IMAGES)


@pytest.mark.parametrize(
    "rows, expected",
    [
        (((-1, 0, 0), (0, 1, 0)), lambda image: image[:, ::-1]),
        (((0, -1, 0), (1, 0, 0)), lambda image: np.rot90(image)),
        (((1, 0, 2), (0, 1, 0)), lambda image: image[:, [*range(2, 12), 11, 11]]),
        (((1, 0, 0), (0, 1, -3)), lambda image: image[[0, 0, 0, *range(9)]]),
    ],
    ids=["mirror", "quarter turn", "shift left 2", "shift down 3"],
)
def test_maps_of_whole_pixels_are_exact(rows, expected):
    for image in IMAGES[:3]:
        np.testing.assert_array_equal(_warp(image, matrix(*rows)), expected(image))


def test_a_shift_of_half_a_pixel_is_the_mean_of_neighbours():
    image = IMAGES[0].astype(float)
    moved = _warp(IMAGES[0], matrix((1, 0, 0.5), (0, 1, 0))).astype(float)
    right = image[:, [*range(1, 12), 11]]
    assert abs(moved - (image + right) / 2).max() <= 1


def test_it_stays_within_its_limits():
    dot = np.zeros((200, 65, 65, 3), "uint8")
    dot[:, 30:35, 30:35] = 255
    moved = augment(dot, Augmentation(shift=0.1), np.random.default_rng(1))
    centres = [np.argwhere(image[..., 0] > 127).mean(0) for image in moved]
    offsets = np.abs(np.array(centres) - 32)
    assert 5.5 < offsets.max() <= 0.1 * 65 + 0.5  # reached, never passed
    turned = augment(dot, Augmentation(rotate=18, zoom=0.15), np.random.default_rng(1))
    assert abs(np.array([np.argwhere(i[..., 0] > 127).mean(0) for i in turned]) - 32).max() < 0.5
    sizes = turned[..., 0].sum((1, 2)) / dot[0, ..., 0].sum()
    assert 0.7 < sizes.min() < 0.85 and 1.2 < sizes.max() < 1.45


def test_flips_half_of_the_images():
    flipped = augment(np.repeat(IMAGES[:1], 400, 0), Augmentation(flip=True), RNG)
    mirrored = (flipped == IMAGES[0][:, ::-1]).all((1, 2, 3))
    kept = (flipped == IMAGES[0]).all((1, 2, 3))
    assert (mirrored ^ kept).all() and 140 < mirrored.sum() < 260


def test_grey_images_keep_their_channel():
    grey = IMAGES[..., :1]
    assert augment(grey, Augmentation(rotate=5), RNG).shape == grey.shape


def test_the_same_seed_and_epoch_give_the_same_batches():
    labels = np.arange(8) % 4
    how = Augmentation(shift=0.2, rotate=10)

    def epochs(start, count, seed=0):
        batches = stream(IMAGES, labels, 4, batch=3, seed=seed, start=start, augmentation=how)
        return [next(batches) for _ in range(3 * count)]

    first, later, other = epochs(0, 3), epochs(2, 1), epochs(0, 1, seed=1)
    for (x, y), (again_x, again_y) in zip(first[6:], later, strict=True):
        np.testing.assert_array_equal(x, again_x)
        np.testing.assert_array_equal(y, again_y)
    assert any((x != z).any() for (x, _), (z, _) in zip(first[:3], other, strict=True))
    assert [len(x) for x, _ in first[:3]] == [3, 3, 2]


def test_without_augmentation_an_epoch_is_every_image_once_divided_by_255():
    batches = stream(IMAGES, np.arange(8), 8, batch=3, seed=5)
    images, answers = (np.concatenate(a) for a in zip(*[next(batches) for _ in range(3)]))
    order = answers.argmax(1)
    assert sorted(order) == list(range(8)) and list(order) != list(range(8))
    assert images.dtype == np.float32
    np.testing.assert_allclose(images, IMAGES[order] / 255, rtol=1e-6)
