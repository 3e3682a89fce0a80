"""Our recipes' augmentation against maps of whole pixels, and against Pillow's affine transform."""

import numpy as np
import pytest
from PIL import Image

from datasets import signs
from datasets.augmentation import fused
from datasets.augmentation.maps import RandomAffine

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (8, 12, 12, 3)).astype("uint8")
OURS = RandomAffine(shift=0.06, rotate=11.0, zoom=0.1)  # as in our recipes
ALL = RandomAffine(flip=True, shift=0.06, rotate=11.0, zoom=0.1)


def augment(images, how, rng):
    return fused.augment(images, fused.Fused(how), rng)


def by_pillow(images, how, rng):
    """The same random maps, drawn one after another and applied image by image by Pillow."""
    n, height, width, channels = images.shape
    angle = np.deg2rad(rng.uniform(-how.rotate, how.rotate, n))
    scale = 1 + rng.uniform(-how.zoom, how.zoom, n)
    mirror = np.where(rng.random(n) < 0.5, -1, 1) if how.flip else np.ones(n)
    across = rng.uniform(-how.shift, how.shift, n) * width
    down = rng.uniform(-how.shift, how.shift, n) * height
    top, left = height // 2, width // 2
    centre = np.array([width / 2, height / 2])
    moved = []
    for i, image in enumerate(images):
        cos, sin = scale[i] * np.cos(angle[i]), scale[i] * np.sin(angle[i])
        linear = np.array([[mirror[i] * cos, -mirror[i] * sin], [sin, cos]])
        # Pillow counts from the corner, the map from the centre; outside Pillow shows black.
        offset = [across[i], down[i]] + centre - linear @ centre + (left, top)
        numbers = np.column_stack([linear, offset]).ravel().tolist()
        padded = np.pad(image, ((top, top), (left, left), (0, 0)), "edge")
        source = Image.fromarray(padded if channels == 3 else padded[..., 0])
        done = source.transform((width, height), Image.Transform.AFFINE, numbers,
                                Image.Resampling.BILINEAR)  # fmt: skip
        moved.append(np.asarray(done).reshape(image.shape))
    return np.stack(moved)


@pytest.mark.parametrize("shape", [(40, 64, 64, 3), (40, 40, 64, 3), (40, 64, 64, 1)])
@pytest.mark.parametrize("how", [OURS, ALL])
def test_random_images_are_those_of_pillow_up_to_rounding(shape, how):
    # Neighbouring pixels of noise differ by up to 255, and places are rounded to 1/256 of a pixel.
    images = np.random.default_rng(2).integers(0, 256, shape, "uint8")
    expected = by_pillow(images, how, np.random.default_rng(7)).astype(int)
    difference = augment(images, how, np.random.default_rng(7)) - expected
    assert np.abs(difference).max() <= 3 and np.abs(difference).mean() < 0.7


@pytest.mark.signs
def test_photographs_are_those_of_pillow_up_to_rounding(signs_dir):
    images = signs.load(signs_dir).train_x[:300]
    expected = by_pillow(images, OURS, np.random.default_rng([0, 3])).astype(int)
    difference = augment(images, OURS, np.random.default_rng([0, 3])) - expected
    # Pillow cuts the fraction off, we round.
    assert np.abs(difference).max() == 1 and (difference < 0).mean() < 1e-4


def test_nothing_asked_for_changes_nothing():
    np.testing.assert_array_equal(augment(IMAGES, RandomAffine(), RNG), IMAGES)


class Fixed:
    """In place of a random generator: every uniform draw is its upper end."""

    def uniform(self, low, high, n):
        return np.full(n, high)

    def random(self, shape, dtype="float64"):
        return np.zeros(shape, dtype)


@pytest.mark.parametrize(
    "how, expected",
    [
        (RandomAffine(flip=True), lambda image: image[:, ::-1]),
        (RandomAffine(rotate=90), lambda image: np.rot90(image)),
        (
            RandomAffine(shift=2 / 12),
            lambda image: image[[*range(2, 12), 11, 11]][:, [*range(2, 12), 11, 11]],
        ),
    ],
    ids=["mirror", "quarter turn", "shift by 2"],
)
def test_maps_of_whole_pixels_are_exact(how, expected):
    for image, changed in zip(IMAGES, augment(IMAGES, how, Fixed()), strict=True):
        np.testing.assert_array_equal(changed, expected(image))


def test_it_stays_within_its_limits():
    dot = np.zeros((200, 65, 65, 3), "uint8")
    dot[:, 30:35, 30:35] = 255
    moved = augment(dot, RandomAffine(shift=0.1), np.random.default_rng(1))
    centres = [np.argwhere(image[..., 0] > 127).mean(0) for image in moved]
    offsets = np.abs(np.array(centres) - 32)
    assert 5.5 < offsets.max() <= 0.1 * 65 + 0.5  # reached, never passed
    turned = augment(dot, RandomAffine(rotate=18, zoom=0.15), np.random.default_rng(1))
    assert abs(np.array([np.argwhere(i[..., 0] > 127).mean(0) for i in turned]) - 32).max() < 0.5
    sizes = turned[..., 0].sum((1, 2)) / dot[0, ..., 0].sum()
    assert 0.7 < sizes.min() < 0.85 and 1.2 < sizes.max() < 1.45


def test_flips_half_of_the_images():
    flipped = augment(np.repeat(IMAGES[:1], 400, 0), RandomAffine(flip=True), RNG)
    mirrored = (flipped == IMAGES[0][:, ::-1]).all((1, 2, 3))
    kept = (flipped == IMAGES[0]).all((1, 2, 3))
    assert (mirrored ^ kept).all() and 140 < mirrored.sum() < 260


def test_grey_images_keep_their_channel():
    grey = IMAGES[..., :1]
    assert augment(grey, RandomAffine(rotate=5), RNG).shape == grey.shape
