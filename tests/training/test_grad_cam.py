"""Grad-CAM against what it must be by hand, for heads whose gradient is known in a formula."""

import keras
import numpy as np
import pytest
from keras import layers

from datasets.pipeline import scaled
from training.errors import TrainingError
from training.grad_cam import grad_cam, hottest, on_image

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 12, 10, 3), dtype=np.uint8)
CLASSES = np.array([0, 1, 2, 3, 1])


def network(*head, pool=False):
    keras.utils.set_random_seed(1)
    image = keras.Input((12, 10, 3))
    X = layers.Conv2D(7, 3, activation="relu", name="last")(image)
    X = layers.AveragePooling2D(2)(X) if pool else X
    for layer in head:
        X = layer(X)
    return keras.Model(image, X)


def maps_of(model):
    return np.asarray(keras.Model(model.input, model.get_layer("last").output)(scaled(IMAGES)))


def by_hand(maps, weights):
    """Equation 2 with the weights (n, channels) of equation 1, each image up to 1."""
    heat = np.maximum(np.einsum("nijk,nk->nij", maps, weights), 0)
    highest = heat.max((1, 2), keepdims=True)
    return heat / np.where(highest, highest, 1)


def test_after_global_average_pooling_it_is_cam():
    """Section 3.1: there it weights the maps as the dense layer does (Zhou et al. 2016)."""
    model = network(layers.GlobalAveragePooling2D(), layers.Dense(4, activation="softmax"))
    kernel = model.layers[-1].get_weights()[0]
    wanted = by_hand(maps_of(model), kernel[:, CLASSES].T)
    np.testing.assert_allclose(grad_cam(model, IMAGES, CLASSES), wanted, atol=1e-5)


@pytest.mark.parametrize("softmax", ["inside", "layer", "activation"])
def test_after_flattening_a_channel_weighs_the_mean_of_its_places(softmax):
    end = {
        "inside": [layers.Dense(4, activation="softmax")],
        "layer": [layers.Dense(4), layers.Softmax()],
        "activation": [layers.Dense(4), layers.Activation("softmax")],
    }[softmax]
    model = network(layers.Flatten(), *end)
    kernel = next(one for one in model.layers if isinstance(one, layers.Dense)).get_weights()[0]
    weights = kernel.reshape(10, 8, 7, 4).mean((0, 1))[:, CLASSES].T
    wanted = by_hand(maps_of(model), weights)
    np.testing.assert_allclose(grad_cam(model, IMAGES, CLASSES), wanted, atol=1e-5)


def test_pooling_and_dropout_after_the_last_convolution_are_passed_by():
    head = (layers.Dropout(0.9), layers.Flatten(), layers.Dense(4, activation="softmax"))
    model = network(*head, pool=True)
    kernel = model.layers[-1].get_weights()[0]
    # Each place of a pooled map is the mean of four.
    weights = kernel.reshape(5, 4, 7, 4).mean((0, 1))[:, CLASSES].T
    heat = grad_cam(model, IMAGES, CLASSES)
    assert heat.shape == (5, 10, 8)
    np.testing.assert_allclose(heat, by_hand(maps_of(model), weights), atol=1e-5)


def test_the_network_is_left_as_it_was():
    head = (layers.BatchNormalization(), layers.GlobalAveragePooling2D())
    model = network(*head, layers.Dense(4, activation="softmax"))
    model.get_layer("last").trainable = False
    before = model.get_weights()
    grad_cam(model, IMAGES, CLASSES)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert [one.trainable for one in model.layers[:2]] == [True, False]


def test_more_images_than_a_batch_are_the_same_one_by_one(monkeypatch):
    model = network(layers.Flatten(), layers.Dense(4, activation="softmax"))
    whole = grad_cam(model, IMAGES, CLASSES)
    monkeypatch.setattr("training.grad_cam.BATCH", 2)
    np.testing.assert_allclose(grad_cam(model, IMAGES, CLASSES), whole, atol=1e-6)


def test_a_network_without_a_last_map_is_refused_in_one_line():
    image = keras.Input((12, 10, 3))
    model = keras.Model(image, layers.Dense(4, activation="softmax")(layers.Flatten()(image)))
    with pytest.raises(TrainingError, match="one last feature map"):
        grad_cam(model, IMAGES, CLASSES)


def places(stem) -> list[np.ndarray]:
    """Of a place of the map: the rows of a 24x24 image by the heat that it gives them."""
    image = keras.Input((24, 24, 3))
    X = image
    for layer in stem:
        X = layer(X)
    X = layers.Conv2D(2, 1, name="last")(X)
    X = layers.Dense(2, activation="softmax")(layers.Flatten()(X))
    model = keras.Model(image, X)
    size = model.get_layer("last").output.shape[1]
    heats = np.zeros((size, size, size), np.float32)
    heats[range(size), range(size), 0] = 1
    return list(on_image(model, heats)[:, :, 0])


@pytest.mark.parametrize(
    ("stem", "first", "stride"),
    [
        ([layers.Conv2D(2, 3, padding="same")], 0, 1),
        ([layers.Conv2D(2, 5)], 2, 1),
        ([layers.ZeroPadding2D(1), layers.Conv2D(2, 3, strides=2)], 0, 2),
        ([layers.Conv2D(2, 3, strides=2, padding="same")], 1, 2),  # pads after the last only
        ([layers.Conv2D(2, 2, strides=2), layers.MaxPooling2D(3, 3)], 2.5, 6),
        ([layers.Conv2D(2, 3, dilation_rate=2)], 2, 1),
        ([layers.Resizing(12, 12), layers.Conv2D(2, 3)], 2.5, 2),
    ],
)
def test_a_place_is_hot_in_the_middle_of_what_it_sees(stem, first, stride):
    found = places(stem)
    for number, heat in enumerate(found):
        middle = first + number * stride
        near = [row for row in (int(np.floor(middle)), int(np.ceil(middle))) if row < 24]
        assert heat.argmax() in near or heat.max() == heat[near[0]]
        if 0 < number < len(found) - 1:  # beyond the outer places all is as they are
            assert heat[near[0]] == pytest.approx(1 - (middle - near[0]) / stride)


def test_where_branches_meet_the_narrowest_says_where_a_place_is():
    image = keras.Input((24, 24, 3))
    wide = layers.Conv2D(2, 3, strides=2, padding="same")(image)  # 1, 3, 5
    short = layers.Conv2D(2, 1, strides=2)(image)  # 0, 2, 4
    X = layers.Add(name="last")([wide, short])
    model = keras.Model(image, layers.Dense(2, activation="softmax")(layers.Flatten()(X)))
    heat = np.zeros((1, 12, 12), np.float32)
    heat[0, 4, 5] = 1
    assert np.unravel_index(on_image(model, heat)[0].argmax(), (24, 24)) == (8, 10)


def test_the_hottest_part_is_as_large_as_asked():
    heat = np.arange(200, dtype=np.float32).reshape(10, 20)
    assert np.flatnonzero(hottest(heat, 0.2)).tolist() == list(range(160, 200))
    assert hottest(np.zeros((10, 20)), 0.2).sum() == 40
