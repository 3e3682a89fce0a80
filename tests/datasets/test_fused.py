"""The fused chain against maps made without it, and against the Keras layer of the same formula."""

import numpy as np
import pytest

from datasets.augmentation import fused, maps
from datasets.augmentation.fused import Fused, augment
from datasets.augmentation.maps import Map
from datasets.errors import DataError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (10, 12, 12, 3), "uint8")
WIDE = RNG.integers(0, 256, (10, 10, 14, 3), "uint8")
ALL = Fused(
    Map(mirror=True, crop=0.3, rotate=25, shear=0.2, warp=0.1),
    shift=0.1,
    axes=np.diag([0.5, 0.3, 0.1]),
)


def draws(n, **parts):
    """The draws that give just these parts of the largest change, -1 to 1."""
    names = ("mirror", "cut", "down", "across", "angle", "shear")
    found = np.full((n, len(names)), 0.5, "float32")
    found[:, 0] = 1  # not mirrored
    found[:, 1] = 0  # nothing cut
    for name, part in parts.items():
        found[:, names.index(name)] = (part + 1) / 2
    return found


def moved(images, how, numbers, steps=None):
    n, height, width, channels = images.shape
    steps = np.full((n, 2, 1, 1), 0.5, "float32") if steps is None else steps
    points = maps.controls(how, numbers, steps, height, width).astype("float32")
    result = np.empty_like(images)
    fused._apply(images, points, np.zeros((n, channels), "int64"), result)
    return result


@pytest.mark.parametrize("images", [IMAGES, WIDE, IMAGES[..., :1], IMAGES[:1, :2, :2]])
def test_nothing_asked_for_changes_nothing(images):
    np.testing.assert_array_equal(augment(images, Fused(), RNG), images)


@pytest.mark.parametrize(
    "how, parts, expected",
    [
        (Map(mirror=True), {"mirror": -1}, lambda image: image[:, ::-1]),
        (Map(rotate=90), {"angle": -1}, lambda image: np.rot90(image, -1)),
        (Map(rotate=180), {"angle": 1}, lambda image: image[::-1, ::-1]),
        (Map(rotate=90, mirror=True), {"angle": -1, "mirror": -1},
         lambda image: np.rot90(image[:, ::-1], -1)),
    ],
    ids=["mirror", "quarter turn", "half turn", "mirrored quarter turn"],
)  # fmt: skip
def test_maps_of_whole_pixels_are_exact(how, parts, expected):
    found = moved(IMAGES, how, draws(len(IMAGES), **parts))
    for image, made in zip(IMAGES, found, strict=True):
        np.testing.assert_array_equal(made, expected(image))


def test_mirrors_half_of_the_images():
    many = augment(np.repeat(IMAGES[:1], 400, 0), Fused(Map(mirror=True)), RNG)
    mirrored = (many == IMAGES[0][:, ::-1]).all((1, 2, 3))
    assert (mirrored ^ (many == IMAGES[0]).all((1, 2, 3))).all() and 140 < mirrored.sum() < 260


def reference(images, places):
    """Bilinear in float64, a pixel at a time."""
    found = np.empty(images.shape)
    n, height, width, _ = images.shape
    for i, y, x in np.ndindex(n, height, width):
        row = min(max(float(places[i, 0, y, x]), 0), height - 1)
        column = min(max(float(places[i, 1, y, x]), 0), width - 1)
        top, left = int(row), int(column)
        bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
        a, b = row - top, column - left
        four = images[i, [top, top, bottom, bottom], [left, right, left, right]].astype(float)
        found[i, y, x] = np.dot([(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b], four)
    return found


@pytest.mark.parametrize("images", [IMAGES, WIDE], ids=["square", "wide"])
def test_all_at_once_is_bilinear_within_a_256th_of_a_pixel(images):
    n, height, width, _ = images.shape
    numbers = RNG.random((n, maps.DRAWS), "float32")
    steps = RNG.random((n, 2, maps.NODES, maps.NODES), "float32")
    points = maps.controls(ALL.map, numbers, steps, height, width)
    expected = reference(images, maps.places(points, height, width))
    found = moved(images, ALL.map, numbers, steps)
    assert np.abs(found - expected).max() <= 255 / 128 + 1 and np.abs(found - expected).mean() < 0.5


def test_the_keras_layer_is_the_same_map():
    keras = pytest.importorskip("keras")
    from datasets.augmentation.layers import _sampled

    n, height, width, _ = WIDE.shape
    numbers = RNG.random((n, maps.DRAWS), "float32")
    steps = RNG.random((n, 2, maps.NODES, maps.NODES), "float32")
    points = maps.controls(ALL.map, keras.ops.array(numbers), keras.ops.array(steps), height,
                           width, keras.ops)  # fmt: skip
    images = keras.ops.array(WIDE.astype("float32"))
    layer = _sampled(images, maps.places(points, height, width, keras.ops))
    found = moved(WIDE, ALL.map, numbers, steps)
    assert np.abs(keras.ops.convert_to_numpy(layer) - found).max() < 3


def test_the_control_points_reproduce_a_straight_line():
    for side in (2, 3, 64):
        np.testing.assert_allclose(maps.spline(side).sum(1), 1, atol=1e-6)
        line = maps.spline(side) @ maps.nodes(side)
        np.testing.assert_allclose(line, np.arange(side) - (side - 1) / 2, atol=1e-4)


def limits(how, side=65, n=300):
    rng = np.random.default_rng(1)
    numbers = rng.random((n, maps.DRAWS), "float32")
    steps = rng.random((n, 2, maps.NODES, maps.NODES), "float32")
    places = maps.places(maps.controls(how, numbers, steps, side, side), side, side)
    return places - np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"))


def test_local_warping_is_local_smooth_and_within_its_limit():
    offsets = limits(Map(warp=0.05))
    assert 0.4 * 0.05 * 65 < np.abs(offsets).max() <= 0.05 * 65 + 1e-3
    down, across = offsets[:, 0].ravel(), offsets[:, 1].ravel()
    assert abs(np.corrcoef(down, across)[0, 1]) < 0.1  # not along a diagonal only
    assert abs(np.corrcoef(offsets[:, 0, 8, 8], offsets[:, 0, 56, 56])[0, 1]) < 0.2
    assert np.abs(np.diff(offsets, axis=3)).max() < 0.3  # pixels: nothing is torn or folded


def test_a_crop_stays_within_the_image_and_reaches_its_edges():
    places = limits(Map(crop=0.4)) + np.stack(
        np.meshgrid(np.arange(65), np.arange(65), indexing="ij")
    )
    assert -1e-3 < places.min() < 1 and 63 < places.max() < 64.001
    sizes = (places[:, 0, -1, 0] - places[:, 0, 0, 0]) / 64
    assert 0.6 <= sizes.min() < 0.63 and 0.97 < sizes.max() <= 1.0001


def test_rotation_and_shear_reach_their_limits_and_no_further():
    turned = limits(Map(rotate=20))
    angles = np.rad2deg(np.arctan2(turned[:, 0, 32, 64], 32 + turned[:, 1, 32, 64]))
    assert 19 < np.abs(angles).max() <= 20.001 and np.abs(turned[..., 32, 32]).max() < 1e-3
    sheared = limits(Map(shear=0.2))
    assert 6 < np.abs(sheared[:, 1, 64]).max() <= 0.2 * 32 + 1e-3
    assert np.abs(sheared[:, 0]).max() < 1e-3


def test_one_colour_is_added_to_an_image_and_kept_in_range():
    grey = np.full((300, 4, 4, 3), 128, "uint8")
    added = augment(grey, Fused(shift=0.1), RNG).astype(int) - 128
    assert np.ptp(added, axis=(1, 2)).max() == 0
    assert 24 <= np.abs(added).max() <= 26 and len({tuple(a) for a in added[:, 0, 0]}) > 200
    assert abs(np.corrcoef(added[:, 0, 0].T)[0, 1]) < 0.2  # each channel by itself
    for edge in (0, 255):
        found = augment(np.full((100, 4, 4, 3), edge, "uint8"), Fused(shift=0.5), RNG)
        assert edge in found and np.abs(found.astype(int) - edge).max() <= 128
    axes = np.zeros((3, 3))
    axes[:, 0] = [0.6, 0.3, -0.3]
    pca = augment(grey, Fused(axes=axes), RNG).astype(int)[:, 0, 0] - 128
    assert 10 < pca[:, 0].std() < 20  # 255 * 0.1 * 0.6
    assert np.abs(pca - pca[:, :1] * [1, 0.5, -0.5]).max() <= 1


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_channels_do_not_touch_each_other(channels):
    images = np.zeros((9, 8, 8, channels), "uint8")
    images[..., 0] = RNG.integers(0, 256, (9, 8, 8))
    found = augment(images, Fused(ALL.map), RNG)
    assert found.shape == images.shape and found.dtype == np.uint8
    assert found[..., 0].any() and not found[..., 1:].any()


def test_a_seed_means_the_same_in_pieces_of_any_size(monkeypatch):
    first = augment(IMAGES, ALL, np.random.default_rng(4))
    np.testing.assert_array_equal(first, augment(IMAGES, ALL, np.random.default_rng(4)))
    assert (first != augment(IMAGES, ALL, np.random.default_rng(5))).any()
    monkeypatch.setattr(fused, "PIECE", 3)
    np.testing.assert_array_equal(first, augment(IMAGES, ALL, np.random.default_rng(4)))


@pytest.mark.parametrize("images, words", [
    (IMAGES.astype("float32"), "uint8 .* received float32"),
    (IMAGES[0], r"received uint8 \(12, 12, 3\); see datasets.convert"),
    (np.zeros((2, 8, 8, 5), "uint8"), "1 to 4 channels"),
    (np.zeros((2, 1, 8, 3), "uint8"), "at least 2x2"),
    ([[1]], "received <class 'list'>"),
])  # fmt: skip
def test_other_images_are_refused_in_one_line(images, words):
    with pytest.raises(DataError, match=words):
        augment(images, Fused(), RNG)


def test_pca_colour_needs_three_channels():
    with pytest.raises(DataError, match="expected images of 3 channels, received 1"):
        augment(IMAGES[..., :1], ALL, RNG)
