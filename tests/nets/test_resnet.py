"""Residual networks: both blocks by hand, the course's network, the published counts and depths."""

from __future__ import annotations

import math
from collections import Counter

import keras
import numpy as np
import pytest
from keras import initializers, layers

import nets
from nets import NetError
from nets.outlines import outline, without_values
from nets.resnet import (
    ResNet50,
    ResNet50Applications,
    applications,
    convolutional_block,
    identity_block,
)

# What batch normalisation multiplies by at a variance of 1: one over the root of 1 + epsilon.
R = 1 / math.sqrt(1 + 1e-3)


def ones(seed=0):
    """Constant weights, from a factory as the course of 2021 passes it."""
    return initializers.Constant(1.0)


def array(values, shape) -> np.ndarray:
    return np.array(values, np.float32).reshape(shape)


def numbers(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def trainable(model) -> int:
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)


def test_identity_block_by_hand_in_inference_mode():
    X = array([1, -2, 3, -100], (1, 2, 2, 1))
    # First ReLU: 1, 0, 3, 0 in two channels, times R. A 3x3 window sees all four pixels of the map:
    # 2 * 4 * R, times R, in three channels. Their sum is 24 * R**2, times R in the third norm.
    path = 24 * R**3
    expected = [1 + path, -2 + path, 3 + path, 0]
    result = identity_block(X, 3, (2, 3, 1), training=False, initializer=ones)
    np.testing.assert_allclose(numbers(result).ravel(), expected, rtol=1e-6)


def test_identity_block_without_the_ring_where_f_is_1():
    X = array([1, 2, 3, 4], (1, 2, 2, 1))
    result = identity_block(X, 1, (2, 3, 1), training=False, initializer=ones)
    np.testing.assert_allclose(numbers(result).ravel(), X.ravel() * (1 + 6 * R**3), rtol=1e-6)


def small(seed=0):
    """Constant weights so small that the epsilon of every normalisation shows in the result."""
    return initializers.Constant(0.02)


def by_batch(distance: float) -> float:
    """Two values `distance` from their mean on either side, normalised by their own variance."""
    return distance / math.sqrt(distance**2 + 1e-3)


def path_by_batch() -> float:
    """The main path of a block with `small` weights and filters (2, 3, ...), by a batch of 1 and 3.

    The first convolution gives 0.02 and 0.06, 0.02 from their mean; ReLU leaves 0 and q of -q and
    q, in two channels; their sum times 0.02 is q * 0.02 from its mean; then three channels.
    """
    q = by_batch(0.02)
    q = by_batch(2 * 0.02 * q / 2)
    return by_batch(3 * 0.02 * q / 2)


def test_identity_block_by_hand_in_training_mode():
    X = array([1, 3], (2, 1, 1, 1))
    u = path_by_batch()
    assert 0.29 < u < 0.3
    result = identity_block(X, 3, (2, 3, 1), training=True, initializer=small)
    np.testing.assert_allclose(numbers(result).ravel(), [1 - u, 3 + u], rtol=1e-5)


def test_convolutional_block_by_hand_in_inference_mode():
    X = array(range(16), (1, 4, 4, 1))
    # The first 1x1 convolution takes every second pixel: 0, 2, 8, 10. Two channels of R times their
    # sum, three of that times R, make 120 * R**3; the shortcut adds R times the pixel itself.
    channel = [120 * R**3 + R * pixel for pixel in (0, 2, 8, 10)]
    result = convolutional_block(X, 3, (2, 3, 2), training=False, initializer=ones)
    assert result.shape == (1, 2, 2, 2)
    np.testing.assert_allclose(
        numbers(result), array(np.repeat(channel, 2), (1, 2, 2, 2)), rtol=1e-6
    )


def test_convolutional_block_by_hand_in_training_mode():
    # The stride leaves one pixel of four, 1 and 3; the others must not count.
    X = array([[1, 50, 60, 70], [3, 80, 90, 10]], (2, 2, 2, 1))
    result = convolutional_block(X, 3, (2, 3, 1), training=True, initializer=small)
    expected = [0, by_batch(0.02) + path_by_batch()]
    np.testing.assert_allclose(numbers(result).ravel(), expected, rtol=1e-5)


def test_convolutional_block_keeps_the_map_at_stride_1():
    X = array([1, 2, 3, 4], (1, 2, 2, 1))
    result = convolutional_block(X, 1, (2, 3, 5), s=1, training=False, initializer=ones)
    expected = np.repeat(X * (R + 6 * R**3), 5, axis=-1)
    np.testing.assert_allclose(numbers(result), expected, rtol=1e-6)


def test_a_block_follows_the_mode_of_the_model_unless_told():
    X = array([1, 3], (2, 1, 1, 1))
    inputs = keras.Input((1, 1, 1))
    model = keras.Model(inputs, identity_block(inputs, 3, (2, 3, 1), 2, "b", initializer=small))
    u = path_by_batch()
    # By moving statistics of 0 and 1, which stay as they are: 0.02 * 2 * 0.02 * 3 * 0.02 * X.
    resting = X.ravel() * (1 + 48e-6 * R**3)
    np.testing.assert_allclose(numbers(model(X, training=False)).ravel(), resting, rtol=1e-6)
    np.testing.assert_allclose(numbers(model(X, training=True)).ravel(), [1 - u, 3 + u], rtol=1e-5)
    norm = model.get_layer("bn2b_branch2a")
    # Keras' momentum of 0.99 took a hundredth of the batch's mean, 0.04, and variance, 0.0004.
    np.testing.assert_allclose(numbers(norm.moving_mean), [4e-4, 4e-4], rtol=1e-4)
    np.testing.assert_allclose(numbers(norm.moving_variance), [0.990004] * 2, rtol=1e-6)


def test_both_years_call_the_blocks_unchanged():
    X = np.random.default_rng(0).normal(size=(2, 4, 4, 8)).astype(np.float32)
    of_2017 = identity_block(X, 2, [4, 4, 8], 1, "a")
    of_2021 = identity_block(
        X, f=2, filters=[4, 4, 8], training=True, initializer=initializers.random_uniform
    )
    assert of_2017.shape == of_2021.shape == (2, 4, 4, 8)
    of_2017 = convolutional_block(X, 2, [2, 4, 6], 1, "a", 2)
    of_2021 = convolutional_block(
        X, f=2, filters=[2, 4, 6], s=4, training=False, initializer=initializers.glorot_uniform
    )
    assert of_2017.shape == (2, 2, 2, 6)
    assert of_2021.shape == (2, 1, 1, 6)


@pytest.mark.parametrize(("build", "kernels"), [(identity_block, 3), (convolutional_block, 4)])
def test_the_initializer_is_called_with_seed_0_for_every_kernel(build, kernels):
    calls = []

    def factory(**arguments):
        calls.append(arguments)
        return initializers.GlorotUniform(**arguments)

    build(np.zeros((1, 2, 2, 3), np.float32), 2, (2, 2, 3), initializer=factory)
    assert calls == [{"seed": 0}] * kernels


def test_the_layers_have_the_names_of_2017_only_where_stage_and_block_are_given():
    inputs = keras.Input((4, 4, 3))
    X = convolutional_block(inputs, 3, [2, 2, 3], 4, "a")
    model = keras.Model(inputs, identity_block(X, 3, [2, 2, 3], 4, "b"))
    named = {layer.name for layer in model.layers[1:]}
    parts = {"a": ("2a", "2b", "2c", "1"), "b": ("2a", "2b", "2c")}
    for block, branches in parts.items():
        for branch in branches:
            assert {f"res4{block}_branch{branch}", f"bn4{block}_branch{branch}"} <= named
        assert {f"relu4{block}_branch2a", f"add4{block}", f"relu4{block}"} <= named
    free = keras.Model(inputs, identity_block(inputs, 3, [2, 2, 3]))
    assert not [layer.name for layer in free.layers if "branch" in layer.name]


def test_an_identity_block_refuses_to_change_the_channels():
    with pytest.raises(NetError, match="expected filters to end with the input's 3 channels"):
        identity_block(np.zeros((1, 2, 2, 3), np.float32), 3, (2, 2, 1))


def test_the_course_network_has_the_published_layers_and_parameters():
    model = outline("resnet50_course", (64, 64, 3), 6)
    assert model.count_params() == 23_600_006
    assert trainable(model) == 23_546_886
    kinds = Counter(type(layer).__name__ for layer in model.layers)
    assert [kinds[k] for k in ("Conv2D", "BatchNormalization", "Activation", "Add")] == [
        53,
        53,
        49,
        16,
    ]
    named = [layer.name for layer in model.layers]
    assert named[2:4] == ["conv1", "bn_conv1"]
    assert [name for name in named if name.startswith("avg") or name == "fc6"] == [
        "avg_pool",
        "fc6",
    ]
    assert all(n.epsilon == 1e-3 for n in model.layers if isinstance(n, layers.BatchNormalization))


@pytest.mark.parametrize(
    ("side", "maps", "features"),
    [(64, [15, 15, 8, 4, 2], 2048), (32, [7, 7, 4, 2, 1], 2048), (224, [55, 55, 28, 14, 7], 18432)],
)
def test_the_course_network_pools_without_padding_and_flattens(side, maps, features):
    model = outline("resnet50_course", (side, side, 3), 6)
    ends = ("pool1", "relu2c", "relu3d", "relu4f", "relu5c")
    assert [model.get_layer(name).output.shape[1] for name in ends] == maps
    assert model.get_layer("flatten").output.shape == (None, features)


@pytest.mark.parametrize(
    ("name", "parameters"), [("resnet18", 11_689_512), ("resnet34", 21_797_672)]
)
def test_basic_networks_have_the_trainable_parameters_of_torchvision(name, parameters):
    assert trainable(outline(name)) == parameters


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("resnet50", 25_636_712), ("resnet101", 44_707_176), ("resnet152", 60_419_944)],
)
def test_bottleneck_networks_have_the_parameters_of_keras_applications(name, parameters):
    model = outline(name)
    assert model.count_params() == parameters
    original = getattr(keras.applications, name.replace("resnet", "ResNet"))
    with without_values():
        expected = original(weights=None)
    assert [layer.name for layer in model.layers[1:]] == [x.name for x in expected.layers[1:]]


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_a_network_is_as_deep_as_its_name_says(depth):
    weighted = [
        layer.name
        for layer in outline(f"resnet{depth}", (64, 64, 3), 6).layers
        if isinstance(layer, layers.Conv2D | layers.Dense) and "_0_" not in layer.name
    ]
    assert len(weighted) == depth


@pytest.mark.parametrize("depth", [18, 34, 50])
def test_a_plain_twin_is_the_residual_network_without_shortcuts(depth):
    residual = outline(f"resnet{depth}", (64, 64, 3), 6).layers
    plain = outline(f"plain{depth}", (64, 64, 3), 6).layers
    main = [x for x in residual if "_0_" not in x.name and not isinstance(x, layers.Add)]
    assert len(main) < len(residual)
    assert [x.name for x in plain] == [x.name for x in main]
    assert [x.output.shape for x in plain] == [x.output.shape for x in main]


def test_basic_blocks_pad_a_stride_on_all_sides():
    """As torch does; 'same' would leave the first row and column of an even map without an edge."""
    model = outline("resnet18", (64, 64, 3), 6)
    strided = model.get_layer("conv3_block1_1_conv")
    assert strided.padding == "valid"
    assert model.get_layer("conv3_block1_1_pad").padding == ((1, 1), (1, 1))
    assert strided.output.shape[1:3] == (8, 8)


def test_kernels_of_one_shape_start_apart_and_follow_the_seed():
    X = np.ones((1, 1, 1, 4), np.float32)

    def first(prefix):
        return numbers(applications(prefix).conv(X, "1", 4))

    keras.utils.set_random_seed(3)
    first_kernel, other = first("a"), first("b")
    keras.utils.set_random_seed(3)
    assert np.array_equal(first_kernel, first("a"))
    assert not np.array_equal(first_kernel, other)


@pytest.mark.parametrize("name", ["resnet50_course", "resnet18", "plain50", "resnet50v2"])
def test_less_than_32_pixels_are_refused(name):
    with pytest.raises(NetError, match=f"{name}: expected at least 32x32, received 31x64; enlarge"):
        outline(name, (31, 64, 3), 6)


@pytest.mark.parametrize(
    ("builder", "name"), [(ResNet50, "resnet50_course"), (ResNet50Applications, "resnet50")]
)
def test_the_two_networks_of_50_layers_are_told_apart_by_name(builder, name):
    assert nets.builder(name) is builder
    with without_values():
        model = builder()
    assert model.name == name
    assert [layer.name for layer in model.layers] == [
        layer.name for layer in outline(name, (64, 64, 3), 6).layers
    ]
    assert f'nets.build("{name}")' in builder.__doc__


def test_homework_and_keras_applications_compute_different_functions():
    with without_values():
        course, applied = ResNet50(), ResNet50Applications()
    assert course.get_layer("pool1").output.shape[1] == 15
    assert applied.get_layer("pool1_pool").output.shape[1] == 16
