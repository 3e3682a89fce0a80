"""LeNet-5: the modern one, and each strange part of that of 1998 against a loop."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
from loops import convolved

import nets
from nets import NetError
from nets.layers.lenet import RadialBasis, SparseConv2D, Subsampling, codes, scaled_tanh
from nets.lenet import CONNECTIONS, LeNet5, LeNet5_1998
from nets.outlines import outline
from nets.profile import graph


def numbers(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def trainable(model) -> int:
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)


def drawn(layer, seed: int = 0) -> list[np.ndarray]:
    """The layer's trainable weights, set to random numbers."""
    random = np.random.default_rng(seed)
    values = [random.normal(size=v.shape).astype(np.float32) for v in layer.trainable_variables]
    for variable, value in zip(layer.trainable_variables, values, strict=True):
        variable.assign(value)
    return values


def pictures(*shape) -> np.ndarray:
    return np.random.default_rng(5).normal(size=shape).astype(np.float32)


def test_the_modern_one_has_the_published_parameters_and_multiply_adds():
    model = outline("lenet5")
    assert model.count_params() == trainable(model) == 61_706
    assert graph.multiply_adds(model) == 416_520
    maps = [model.get_layer(name).output.shape[1:] for name in ("c1", "s2", "c3", "s4")]
    assert maps == [(28, 28, 6), (14, 14, 6), (10, 10, 16), (5, 5, 16)]


def test_that_of_1998_has_60000_trainable_parameters():
    model = outline("lenet5_1998")
    assert trainable(model) == 60_000
    assert model.count_params() == 60_000 + 840  # the fixed codes of ten classes
    # C1, the 60 connections of C3, C5 and F6 by hand, and ten distances of 84 units.
    by_hand = 28 * 28 * 25 * 6 + 10 * 10 * 25 * 60 + 25 * 16 * 120 + 120 * 84 + 840
    assert graph.multiply_adds(model) == by_hand == 326_520


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_the_activation_is_a_choice(activation):
    model = LeNet5((32, 32, 1), 10, activation)
    squashed = [model.get_layer(name).activation.__name__ for name in ("c1", "c3", "c5", "f6")]
    assert squashed == [activation] * 4


def test_what_does_not_fit_is_refused():
    with pytest.raises(NetError, match="expected activation to be one of tanh, sigmoid, relu, rec"):
        LeNet5(activation="elu")
    assert outline("lenet5", (16, 16, 3)).get_layer("s4").output.shape == (None, 1, 1, 16)
    with pytest.raises(NetError, match="expected at least 16x16, received 15x20"):
        LeNet5((15, 20, 3))
    with pytest.raises(NetError, match="expected at least 32x32, received 31x32"):
        LeNet5_1998((31, 32, 1))


def test_only_the_size_of_the_paper_goes_without_a_resizing_layer():
    def resizing(shape):
        layers = outline("lenet5_1998", shape, 6).layers
        return [x for x in layers if isinstance(x, keras.layers.Resizing)]

    assert not resizing((32, 32, 3))
    for shape in ((64, 64, 3), (32, 40, 1)):
        (layer,) = resizing(shape)
        assert layer.output.shape == (None, 32, 32, shape[-1])


def test_a_large_image_is_averaged_and_no_pixel_is_skipped():
    """128 pixels become 32: stripes of two turn grey, whichever pixels are in the middle."""
    resize = nets.build("lenet5_1998", (128, 128, 1)).get_layer("resize")
    for shift in range(4):
        stripes = np.zeros((1, 128, 128, 1), np.float32)
        stripes[:, (np.arange(128) + shift) % 4 < 2] = 1
        assert abs(numbers(resize(stripes))[:, 2:-2] - 0.5).max() < 0.2


def test_scaled_tanh_keeps_plus_and_minus_one():
    values = numbers(scaled_tanh(keras.ops.convert_to_tensor([-1.0, 0.0, 1.0, 100.0])))
    np.testing.assert_allclose(values, [-1, 0, 1, 1.7159], atol=1e-5)
    result = numbers(scaled_tanh(np.float32(0.3)))
    np.testing.assert_allclose(result, 1.7159 * math.tanh(0.2), rtol=1e-6)


def test_the_connections_are_those_of_table_i():
    # The paper in words: six maps see three neighbours, six see four, three see four with a gap.
    three = [{i, (i + 1) % 6, (i + 2) % 6} for i in range(6)]
    four = [seen | {(i + 3) % 6} for i, seen in enumerate(three)]
    gap = [{0, 1, 3, 4}, {1, 2, 4, 5}, {0, 2, 3, 5}]
    assert [set(seen) for seen in CONNECTIONS] == [*three, *four, *gap, set(range(6))]
    assert sum(len(seen) for seen in CONNECTIONS) == 60


def test_the_sparse_convolution_agrees_with_a_loop():
    X = pictures(2, 7, 6, 6)
    layer = SparseConv2D(CONNECTIONS, 5, scaled_tanh)
    layer.build(X.shape)
    kernel, bias = drawn(layer)
    assert kernel.shape == (5, 5, 60)
    expected, position = np.zeros((2, 3, 2, 16)), 0
    for output, sources in enumerate(CONNECTIONS):
        for source in sources:
            connection = kernel[:, :, position, None, None]
            expected[..., output] += convolved(X[..., source, None], connection, [0])[..., 0]
            position += 1
        expected[..., output] += bias[output]
    expected = 1.7159 * np.tanh(2 / 3 * expected)
    result = numbers(layer(X))
    assert layer.compute_output_shape(X.shape) == result.shape
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_a_map_of_c3_does_not_see_what_it_is_not_connected_to():
    X = pictures(1, 5, 5, 6)
    layer = SparseConv2D(CONNECTIONS)
    before = numbers(layer(X))
    for map_before in range(6):
        changed = X.copy()
        changed[..., map_before] += 1
        moved = np.abs(numbers(layer(changed)) - before)[0, 0, 0] > 0
        assert list(moved) == [map_before in seen for seen in CONNECTIONS]


def test_first_weights_of_c3_follow_the_fan_in_of_each_map():
    layer = SparseConv2D(CONNECTIONS)
    layer.build((None, 14, 14, 6))
    kernel, fans = numbers(layer.kernel), [25 * len(s) for s in CONNECTIONS for _ in s]
    largest = np.abs(kernel).max(axis=(0, 1)) / np.sqrt(3 / np.array(fans))
    assert largest.min() > 0.7 and largest.max() <= 1


def test_trainable_subsampling_agrees_with_a_loop():
    X = pictures(2, 5, 4, 3)
    layer = Subsampling(scaled_tanh)
    layer.build(X.shape)
    coefficient, bias = drawn(layer)
    expected = np.zeros((2, 2, 2, 3))
    for n, i, j, c in np.ndindex(expected.shape):
        total = X[n, 2 * i, 2 * j, c] + X[n, 2 * i + 1, 2 * j, c]
        total += X[n, 2 * i, 2 * j + 1, c] + X[n, 2 * i + 1, 2 * j + 1, c]
        expected[n, i, j, c] = 1.7159 * math.tanh(2 / 3 * (total * coefficient[c] + bias[c]))
    result = numbers(layer(X))
    assert layer.compute_output_shape(X.shape) == result.shape
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_subsampling_starts_as_the_average():
    result = numbers(Subsampling()(np.array([1, 2, 3, 6], np.float32).reshape(1, 2, 2, 1)))
    assert result.ravel() == [3]


def test_the_radial_basis_units_agree_with_a_loop():
    X = pictures(3, 84)
    layer = RadialBasis(10)
    result = numbers(layer(X))
    bits = numbers(layer.codes)
    expected = np.zeros((3, 10))
    for n, i in np.ndindex(expected.shape):
        for j in range(84):
            expected[n, i] += (float(X[n, j]) - float(bits[i, j])) ** 2
    np.testing.assert_allclose(result, expected, rtol=1e-5)
    assert not layer.trainable_variables


def test_ten_classes_have_the_drawings_of_the_digits_as_codes():
    bits = codes(10)
    assert bits.shape == (10, 84) and set(np.unique(bits)) == {-1, 1}
    digit_one = bits[1].reshape(12, 7)
    assert (digit_one[2:11, 2:4] == 1).all() and (digit_one[3:11, 4:] == -1).all()
    apart = (bits[:, None] != bits).sum(axis=-1)
    assert apart[~np.eye(10, dtype=bool)].min() > 10


@pytest.mark.parametrize("classes", [1, 6, 1000])
def test_other_numbers_of_classes_have_codes_from_a_fixed_seed(classes):
    bits = codes(classes)
    assert bits.shape == (classes, 84) and set(np.unique(bits)) == {-1, 1}
    assert np.array_equal(bits, codes(classes))
    apart = (bits[:, None] != bits[None, :50]).sum(axis=-1)
    assert (apart[apart > 0] > 15).all() and (apart == 0).sum() == min(classes, 50)


def test_the_probabilities_are_a_softmax_of_minus_the_distances():
    model = LeNet5_1998((32, 32, 1), 10)
    images = pictures(2, 32, 32, 1)
    units = numbers(keras.Model(model.inputs[0], model.get_layer("f6").output)(images))
    distances = ((units[:, None] - codes(10)) ** 2).sum(axis=-1)
    scores = np.exp(-(distances - distances.min()) / math.sqrt(84))
    expected = scores / scores.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(numbers(model(images)), expected, rtol=1e-4)


@pytest.mark.parametrize("name", ["lenet5", "lenet5_1998"])
def test_it_learns_twelve_pictures_by_heart(name):
    keras.utils.set_random_seed(1)
    model = nets.build(name, (32, 32, 1), 4)
    images, labels = pictures(12, 32, 32, 1), np.arange(12) % 4
    fixed = [numbers(v) for v in model.non_trainable_variables]
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(3e-3), loss, metrics=["accuracy"])
    history = model.fit(images, labels, epochs=40, batch_size=12, verbose=0).history
    assert 0.5 < history["loss"][0] < 6
    assert history["accuracy"][-1] == 1 and history["loss"][-1] < 0.3
    for before, variable in zip(fixed, model.non_trainable_variables, strict=True):
        assert np.array_equal(before, numbers(variable))
