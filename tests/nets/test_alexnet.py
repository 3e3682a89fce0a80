"""AlexNet: local response normalisation and the two towers against loops, and what fits where."""

from __future__ import annotations

import subprocess
import sys

import keras
import numpy as np
import pytest
from gradients import gradients, loss_of
from keras import layers
from loops import convolved, normalised, pooled

from nets import NetError
from nets.alexnet import CONVOLUTIONS, AlexNet, Conv, Tower, convolution
from nets.layers.lrn import LocalResponseNormalization
from nets.layers.placed import check_devices
from nets.outlines import outline
from nets.profile import graph
from tests.sampling import LONG

# The paper's 4,096 are most of AlexNet's weights and none of its structure.
NARROW = 256
TOWERS = (Tower("_a"), Tower("_b"))


def numbers(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def pictures(*shape, scale: float = 1.0) -> np.ndarray:
    return (scale * np.random.default_rng(3).normal(size=shape)).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "parameters", "multiply_adds"),
    [("alexnet", 62_378_344, 1.135), ("alexnet_two_towers", 60_965_224, 0.724)],
)
def test_it_has_the_published_parameters_and_multiply_adds(name, parameters, multiply_adds):
    model = outline(name)
    assert model.count_params() == parameters
    assert round(graph.multiply_adds(model) / 1e9, 3) == multiply_adds
    sides = [
        row.shape[0] for row in graph.walk(model) if row.class_name in ("Conv2D", "MaxPooling2D")
    ]
    assert list(dict.fromkeys(sides)) == [55, 27, 13, 6]
    assert not [layer for layer in model.layers if "adaptive" in layer.name]


@pytest.mark.parametrize("convention", ["paper", "caffe"])
@pytest.mark.parametrize("channels", [1, 3, 8])
def test_local_response_normalisation_agrees_with_a_loop(convention, channels):
    # Activations of a hundred, so the sum matters next to k.
    X = pictures(2, 3, 2, channels, scale=100)
    alpha = 1e-4 / 5 if convention == "caffe" else 1e-4
    expected = normalised(X, size=5, k=2, alpha=alpha, beta=0.75)
    layer = LocalResponseNormalization(convention=convention)
    np.testing.assert_allclose(numbers(layer(X)), expected, rtol=1e-5)
    if channels > 1:
        assert np.abs(expected - normalised(X, 5, 2, 6e-5, 0.75)).max() > 1


def test_all_its_constants_are_arguments():
    X = pictures(1, 2, 2, 6)
    layer = LocalResponseNormalization(size=3, k=1, alpha=0.5, beta=1)
    np.testing.assert_allclose(numbers(layer(X)), normalised(X, 3, 1, 0.5, 1), rtol=1e-5)
    again = LocalResponseNormalization.from_config(layer.get_config())
    assert np.array_equal(numbers(again(X)), numbers(layer(X)))


def test_large_activations_survive_16_bits():
    X = np.full((1, 1, 1, 5), 1000, np.float16)
    result = numbers(LocalResponseNormalization(dtype="float16")(X))
    # A square of 1000 does not exist in float16; 1000 / 302^0.75, 402, 502 for 3, 4, 5 neighbours.
    expected = [1000 / (2 + 100 * near) ** 0.75 for near in (3, 4, 5, 4, 3)]
    assert result.dtype == np.float16
    np.testing.assert_allclose(result.ravel(), expected, rtol=2e-3)


def test_normalisation_refuses_what_has_no_meaning():
    with pytest.raises(NetError, match="expected convention to be one of paper, caffe, received"):
        LocalResponseNormalization(convention="torch")
    with pytest.raises(NetError, match="expected an odd size, received 4"):
        LocalResponseNormalization(size=4)


# Two small towers with all that a row can have.
ROWS = (
    Conv(8, 3, 2, "valid", normalise=True, pool=True),
    Conv(8, 5, normalise=True),
    Conv(4, 3, exchange=True),
    Conv(4, 3, pool=True),
)


@pytest.fixture(scope="module")
def towers():
    """A small network of two towers with random weights, 17x17x2 to four channels."""
    inputs = keras.Input((17, 17, 2))
    maps = [inputs, inputs]
    for number, row in enumerate(ROWS, 1):
        maps = convolution(maps, row, number, TOWERS)
    model = keras.Model(inputs, layers.Concatenate()(maps))
    random = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(random.normal(size=variable.shape) * 0.5)
    return model


def test_two_towers_agree_with_a_loop(towers):
    images = pictures(2, 17, 17, 2)
    maps = {"_a": images, "_b": images}
    for number, row in enumerate(ROWS, 1):
        if row.exchange:
            both = np.concatenate([maps["_a"], maps["_b"]], axis=-1)
            maps = {"_a": both, "_b": both}
        for tower, X in maps.items():
            layer = towers.get_layer(f"conv{number}{tower}")
            kernel, bias = (numbers(weight) for weight in layer.weights)
            assert kernel.shape == (row.kernel_size, row.kernel_size, X.shape[-1], row.filters // 2)
            X = np.maximum(convolved(X, kernel, bias, row.strides, row.padding), 0)
            X = normalised(X, 5, 2, 1e-4, 0.75) if row.normalise else X
            maps[tower] = pooled(X, 3, 2) if row.pool else X
    expected = np.concatenate([maps["_a"], maps["_b"]], axis=-1)
    result = numbers(towers(images))
    assert result.shape == (2, 1, 1, 4) and np.abs(expected).max() > 1
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)


def test_before_the_exchange_a_tower_does_not_see_the_other(towers):
    images = pictures(1, 17, 17, 2)
    upto = [towers.get_layer(name).output for name in ("norm2_a", "norm2_b", "conv3_a")]
    part = keras.Model(towers.inputs[0], upto)
    first, other, after = (numbers(X) for X in part(images))
    kernel = towers.get_layer("conv1_b").kernel
    before = numbers(kernel)
    kernel.assign(before + 1)
    changed_first, changed_other, changed_after = (numbers(X) for X in part(images))
    kernel.assign(before)
    assert np.array_equal(first, changed_first)
    assert not np.allclose(other, changed_other) and not np.allclose(after, changed_after)


def test_two_towers_are_one_of_grouped_convolutions():
    """conv2, conv4 and conv5 in two groups, conv1 and conv3 whole (section 3.5)."""
    model = AlexNet((67, 67, 3), 6, towers=2)
    images, maps = pictures(2, 67, 67, 3), pictures(2, 67, 67, 3)
    for number, row in enumerate(CONVOLUTIONS, 1):
        groups = 2 if number in (2, 4, 5) else 1
        grouped = layers.Conv2D(
            row.filters, row.kernel_size, row.strides, row.padding, groups=groups, activation="relu"
        )
        grouped.build(maps.shape)
        pairs = [model.get_layer(f"conv{number}{end}").weights for end in ("_a", "_b")]
        weights = zip(*pairs, strict=True)
        grouped.set_weights([np.concatenate([numbers(w) for w in pair], -1) for pair in weights])
        maps = grouped(maps)
        if row.normalise:
            halves = keras.ops.split(maps, 2, axis=-1)
            norm = LocalResponseNormalization()
            maps = keras.ops.concatenate([norm(half) for half in halves], axis=-1)
        if row.pool:
            maps = layers.MaxPooling2D(3, 2)(maps)
    result = keras.Model(model.inputs[0], model.get_layer("fc6_maps").output)(images)
    np.testing.assert_allclose(numbers(result), numbers(maps), rtol=1e-4, atol=1e-4)


@pytest.fixture(scope="module")
def classifier(towers):
    """The small towers with a softmax over their four channels."""
    X = layers.Softmax()(layers.Flatten()(towers.output))
    return keras.Model(towers.inputs[0], X)


def test_gradients_of_both_towers_agree_with_differences(classifier):
    images, labels = pictures(2, 17, 17, 2), np.array([0, 3])
    _, grads = gradients(classifier, images, labels)
    named = dict(zip([v.path for v in classifier.trainable_variables], grads, strict=True))
    assert len(named) == 16 and all(g is not None for g in grads)
    random = np.random.default_rng(2)
    for variable in classifier.trainable_variables:
        value, slope = numbers(variable), named[variable.path]
        direction = random.normal(size=value.shape).astype(np.float32)
        direction *= np.float32(3e-3 / np.linalg.norm(direction))
        variable.assign(value + direction)
        above = loss_of(classifier, images, labels)
        variable.assign(value - direction)
        below = loss_of(classifier, images, labels)
        variable.assign(value)
        expected = 2 * float((slope * direction).sum())
        assert abs(above - below - expected) < 0.1 * abs(expected) + 3e-5, variable.path


@LONG
def test_two_towers_learn_six_pictures_by_heart():
    keras.utils.set_random_seed(1)
    model = AlexNet((35, 35, 3), 3, towers=2)
    images, labels = pictures(6, 35, 35, 3), np.arange(6) % 3
    model.compile(keras.optimizers.Adam(3e-4), "sparse_categorical_crossentropy")
    before = model.evaluate(images, labels, verbose=0)
    model.fit(images, labels, epochs=10, batch_size=6, verbose=0)
    assert model.evaluate(images, labels, verbose=0) < 0.9 * before


@pytest.mark.parametrize(
    ("side", "last", "pools", "adaptive"),
    [(35, 1, 2, False), (64, 2, 2, False), (67, 1, 3, False), (227, 6, 3, False),
     (260, 6, 3, True), (320, 6, 3, True)],
)  # fmt: skip
def test_a_pooling_that_does_not_fit_is_left_out_and_large_maps_are_averaged(
    side, last, pools, adaptive
):
    model = outline("alexnet", (side, side, 3), 6)
    assert model.get_layer("fc6").kernel.shape == (last * last * 256, 4096)
    kinds = [type(layer) for layer in model.layers]
    assert kinds.count(layers.MaxPooling2D) == pools
    assert (layers.AdaptiveAveragePooling2D in kinds) == adaptive


def test_a_large_map_is_averaged_to_6x6_and_6x6_would_stay_as_it_is():
    layer = outline("alexnet", (260, 320, 3), 6).get_layer("adaptive")
    assert layer.input.shape[1:3] == (7, 8) and layer.output.shape[1:3] == (6, 6)
    X = pictures(1, 7, 8, 2)
    expected = np.zeros((1, 6, 6, 2))
    for i, j in np.ndindex(6, 6):
        rows = slice(i * 7 // 6, -(-(i + 1) * 7 // 6))
        columns = slice(j * 8 // 6, -(-(j + 1) * 8 // 6))
        expected[:, i, j] = X[:, rows, columns].mean(axis=(1, 2))
    np.testing.assert_allclose(numbers(layer(X)), expected, atol=1e-6)
    X = pictures(1, 6, 6, 2)
    np.testing.assert_allclose(numbers(layers.AdaptiveAveragePooling2D(6)(X)), X, atol=1e-7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_shape": (34, 64, 3)}, "alexnet: expected at least 35x35, received 34x64"),
        ({"towers": 3}, "expected towers=1 or towers=2, received 3"),
        ({"lrn": "torch"}, "expected lrn to be paper or caffe, received 'torch'"),
        ({"devices": ("cpu:0", "cpu:0")}, r"expected towers=2 for devices=\('cpu:0', 'cpu:0'\)"),
        ({"towers": 2, "devices": "cpu:0"}, "expected devices to be two names .* received 'cpu:0'"),
    ],
)
def test_what_cannot_be_built_is_refused(options, message):
    with pytest.raises(NetError, match=message):
        AlexNet(**options)


def test_the_convention_reaches_the_layers():
    layer = outline("alexnet_two_towers", (64, 64, 3), 6, lrn="caffe").get_layer("norm2_b")
    assert layer.convention == "caffe"


def test_devices_that_this_machine_or_backend_lacks_are_refused():
    expected = {
        "tensorflow": "expected devices of this machine, received 'cpu:7'; .* cpu:0",
        "jax": "expected the TensorFlow or torch backend for devices=, received jax",
    }.get(keras.backend.backend())
    if expected is None:
        pytest.skip("torch itself refuses an unknown device")
    with pytest.raises(NetError, match=expected):
        check_devices("alexnet", ("cpu:0", "cpu:7"))


PLACED = """
import sys
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import keras
from nets import alexnet
from nets.alexnet import AlexNet
alexnet.HIDDEN = int(sys.argv[1])
model = AlexNet((35, 35, 3), 3, 2, devices=("cpu:0", "CPU:1"))
plain = AlexNet((35, 35, 3), 3, 2)
plain.set_weights(model.get_weights())
images = np.random.default_rng(0).normal(size=(2, 35, 35, 3)).astype("float32")
for name in ("conv1", "norm1", "pool1", "conv4", "fc7"):
    for end, number in (("_a", 0), ("_b", 1)):
        layer = model.get_layer(name + end)
        output = keras.Model(model.inputs[0], layer.output)(images)
        assert output.device.endswith(f"CPU:{number}"), (layer.name, output.device)
        assert all(w.value.device.endswith(f"CPU:{number}") for w in layer.weights), layer.name
path = sys.argv[2]
model.save(path)
again = keras.models.load_model(path)
assert again.get_layer("conv4_b").device == "CPU:1"
expected = plain.predict(images, verbose=0)
for placed in (model, again):
    assert np.abs(placed.predict(images, verbose=0) - expected).max() < 1e-6
model.compile("sgd", "sparse_categorical_crossentropy")
assert np.isfinite(model.train_on_batch(images, np.array([0, 1])))
"""


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="logical devices of TensorFlow")
@LONG
def test_each_tower_computes_on_a_device_of_its_own(root, tmp_path):
    command = [sys.executable, "-c", PLACED, str(NARROW), str(tmp_path / "placed.keras")]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
