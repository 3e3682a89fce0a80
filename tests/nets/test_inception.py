"""The Inception networks: costs, modules, auxiliary heads, counts. Parity: test_parity."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
from keras import layers

import nets
from nets import NetError, bn_inception
from nets.auxiliary import AuxiliaryModel, auxiliary_head, inference
from nets.common import softmax
from nets.inception import (
    MODULES,
    GoogLeNet,
    conv1x1,
    inception_module,
    inception_module_naive,
    multiplications,
)
from nets.inception_blocks import Conv
from nets.inception_resnet import InceptionResNetV2, ScaledAdd, residual_block
from nets.inception_v3 import InceptionV3, enlarged_input
from nets.outlines import outline, without_values
from nets.profile import graph

LABELS = np.array([1, 4, 0])


def numbers(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def pictures(*shape) -> np.ndarray:
    return np.random.default_rng(9).uniform(size=shape).astype(np.float32)


def convolutions(model) -> list:
    return [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]


# --- what a convolution costs


def test_the_bottleneck_of_the_lecture_costs_a_tenth():
    assert multiplications((28, 28, 192), 32, 5) == 120_422_400
    through = multiplications((28, 28, 192), 16) + multiplications((28, 28, 16), 32, 5)
    assert through == 2_408_448 + 10_035_200 == 12_443_648


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("kernel", [1, 3, (1, 7)])
def test_the_cost_is_that_of_the_layer_in_the_graph(kernel, strides, padding):
    inputs = keras.Input((15, 12, 4))
    layer = layers.Conv2D(5, kernel, strides, padding)
    model = keras.Model(inputs, layer(inputs))
    cost = multiplications((15, 12, 4), 5, kernel, strides, padding)
    assert cost == graph.multiply_adds(model) > 0


def test_a_1x1_convolution_is_a_dense_layer_at_every_pixel():
    X = pictures(2, 3, 4, 5) - 0.5
    inputs = keras.Input((3, 4, 5))
    model = keras.Model(inputs, conv1x1(inputs, 6, "mix"))
    kernel, _ = (numbers(weight) for weight in model.get_layer("mix").weights)
    model.get_layer("mix").bias.assign(np.linspace(-0.5, 0.5, 6))
    expected = np.zeros((2, 3, 4, 6))
    for n, i, j in np.ndindex(2, 3, 4):
        expected[n, i, j] = np.maximum(X[n, i, j] @ kernel[0, 0] + np.linspace(-0.5, 0.5, 6), 0)
    np.testing.assert_allclose(numbers(model(X)), expected, atol=1e-6)


# --- modules


def labelled(module, filters, channels: int):
    """The module on a map of `channels`; every convolution gives its own number at each pixel."""
    inputs = keras.Input((4, 4, channels))
    model = keras.Model(inputs, module(inputs, filters, "m"))
    marks = {"m_1x1": 1, "m_3x3": 3, "m_5x5": 5, "m_pool_proj": 7}
    for layer in convolutions(model):
        layer.kernel.assign(np.zeros(layer.kernel.shape))
        layer.bias.assign(np.full(layer.bias.shape, marks.get(layer.name, 0)))
    return model


def test_a_module_concatenates_1x1_3x3_5x5_and_pooling():
    result = numbers(labelled(inception_module, (2, 9, 3, 9, 1, 4), 5)(pictures(1, 4, 4, 5)))
    assert result.shape == (1, 4, 4, 10)
    assert list(result[0, 1, 1]) == [1] * 2 + [3] * 3 + [5] + [7] * 4


def test_the_naive_module_passes_the_pooled_input_on():
    X = pictures(1, 4, 4, 5)
    result = numbers(labelled(inception_module_naive, (2, 3, 1), 5)(X))
    assert list(result[0, 1, 1, :6]) == [1] * 2 + [3] * 3 + [5]
    for i, j in np.ndindex(4, 4):
        window = X[0, max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2]
        np.testing.assert_array_equal(result[0, i, j, 6:], window.max(axis=(0, 1)))


def test_the_branches_of_a_module_are_bottlenecks():
    inputs = keras.Input((28, 28, 192))
    row = MODULES["3a"]
    with without_values():
        model = keras.Model(inputs, inception_module(inputs, row, "m"))
        naive = keras.Model(inputs, inception_module_naive(inputs, (64, 128, 32), "m"))
    kernels = {layer.name: tuple(layer.kernel.shape) for layer in convolutions(model)}
    assert kernels == {
        "m_1x1": (1, 1, 192, 64),
        "m_3x3_reduce": (1, 1, 192, 96),
        "m_3x3": (3, 3, 96, 128),
        "m_5x5_reduce": (1, 1, 192, 16),
        "m_5x5": (5, 5, 16, 32),
        "m_pool_proj": (1, 1, 192, 32),
    }
    assert naive.output.shape[-1] == 64 + 128 + 32 + 192
    assert graph.multiply_adds(naive) > 2 * graph.multiply_adds(model)


# --- GoogLeNet and its auxiliary heads


def test_googlenet_has_the_published_parameters_and_multiply_adds():
    model = outline("googlenet")
    assert model.count_params() == 6_998_552
    assert round(graph.multiply_adds(model) / 1e9, 3) == 1.583
    ends = [model.get_layer(f"inception_{name}_output").output.shape[1:] for name in MODULES]
    assert [shape[0] for shape in ends] == [28] * 2 + [14] * 5 + [7] * 2
    assert [shape[2] for shape in ends] == [256, 480, 512, 512, 512, 528, 832, 832, 1024]
    assert not [layer for layer in model.layers if "auxiliary" in layer.name]
    assert model.get_layer("dropout").rate == 0.4


def test_both_heads_add_what_the_paper_says():
    model = outline("googlenet", auxiliary=True)
    assert model.count_params() == 13_378_280
    for place in ("4a", "4d"):
        pool = model.get_layer(f"auxiliary_{place}_pool")
        assert (pool.pool_size, pool.strides) == ((5, 5), (3, 3))
        assert pool.input is model.get_layer(f"inception_{place}_output").output
        assert pool.output.shape[1:3] == (4, 4)
        assert model.get_layer(f"auxiliary_{place}_dropout").rate == 0.7


@pytest.mark.parametrize("side", [2, 4, 9, 14])
def test_a_head_has_the_same_weights_on_every_map_up_to_the_papers(side):
    inputs = keras.Input((side, side, 8))
    with without_values():
        model = keras.Model(inputs, auxiliary_head(inputs, 6, "head"))
    assert model.get_layer("head_dense").kernel.shape == (4 * 4 * 128, 1024)
    adaptive = isinstance(model.get_layer("head_pool"), layers.AdaptiveAveragePooling2D)
    assert adaptive == (side < 14)


def test_the_head_leaves_4x4_as_it_is_and_repeats_smaller_maps():
    pool = layers.AdaptiveAveragePooling2D(4)
    X = pictures(1, 4, 4, 2)
    np.testing.assert_allclose(numbers(pool(X)), X, atol=1e-7)
    X = pictures(1, 2, 2, 2)
    np.testing.assert_allclose(numbers(pool(X)), X.repeat(2, 1).repeat(2, 2), atol=1e-7)


@pytest.fixture
def heads():
    """Two auxiliary heads on a small network, without dropout, so outputs can be repeated."""
    keras.utils.set_random_seed(2)
    inputs = keras.Input((8, 8, 3))
    X = layers.Conv2D(4, 3, activation="relu", name="conv")(inputs)
    outputs = [softmax(layers.GlobalAveragePooling2D(name="avg_pool")(X), 6)]
    outputs += [auxiliary_head(X, 6, name) for name in ("auxiliary_a", "auxiliary_b")]
    model = AuxiliaryModel(inputs, outputs, name="small")
    # Far enough from a probability of 1/6 everywhere for a wrong weight to show.
    random = np.random.default_rng(4)
    for layer in model.layers:
        if isinstance(layer, layers.Dropout):
            layer.rate = 0.0
        if layer.weights and layer.weights[-1].shape == (6,):
            layer.bias.assign(random.normal(size=6))
    optimizer, loss = keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy"
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def cross_entropy(probabilities, weights=(1, 1, 1)) -> float:
    picked = [float(row[label]) for row, label in zip(probabilities, LABELS, strict=True)]
    return sum(-math.log(p) * w for p, w in zip(picked, weights, strict=True)) / len(picked)


def test_the_heads_take_part_in_the_loss_at_three_tenths(heads):
    images = pictures(3, 8, 8, 3)
    main, first, second = (numbers(X) for X in heads(images, training=True))
    losses = [cross_entropy(X) for X in (main, first, second)]
    assert min(abs(a - b) for a, b in zip(losses, losses[1:], strict=False)) > 0.05
    expected = losses[0] + 0.3 * losses[1] + 0.3 * losses[2]
    result = heads.compute_loss(images, LABELS, heads(images, training=True))
    assert abs(float(numbers(result)) - expected) < 1e-5

    weights = np.array([2.0, 0.0, 1.0], np.float32)
    expected = cross_entropy(main, weights) + 0.3 * (
        cross_entropy(first, weights) + cross_entropy(second, weights)
    )
    result = heads.compute_loss(images, LABELS, heads(images, training=True), weights)
    assert abs(float(numbers(result)) - expected) < 1e-5


def test_training_uses_the_heads_and_everything_else_the_network_alone(heads):
    images = pictures(3, 8, 8, 3)
    main, first, second = (numbers(X) for X in heads(images, training=True))
    report = heads.evaluate(images, LABELS, verbose=0, return_dict=True)
    assert abs(report["loss"] - cross_entropy(main)) < 1e-5
    assert abs(report["accuracy"] - np.mean(main.argmax(axis=1) == LABELS)) < 1e-6
    assert np.abs(heads.predict(images, verbose=0) - main).max() < 1e-6
    assert numbers(heads(images)).shape == (3, 6)
    before = [numbers(variable) for variable in heads.trainable_variables]
    report = heads.train_on_batch(images, LABELS, return_dict=True)
    expected = cross_entropy(main) + 0.3 * (cross_entropy(first) + cross_entropy(second))
    assert abs(report["loss"] - expected) < 1e-5
    assert set(report) == {"loss", "accuracy"}
    after = [numbers(variable) for variable in heads.trainable_variables]
    still = [np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
    assert not any(still)


def test_regularisation_counts_once():
    inputs = keras.Input((4,))
    penalty = keras.regularizers.L2(0.5)
    X = layers.Dense(3, kernel_regularizer=penalty, name="shared")(inputs)
    outputs = [layers.Softmax(name=name)(X) for name in ("main", "head")]
    model = AuxiliaryModel(inputs, outputs)
    model.compile("sgd", "sparse_categorical_crossentropy")
    X, y = pictures(2, 4), np.array([0, 2])
    probabilities = numbers(model(X, training=True)[0])
    data = 1.3 * np.mean([-math.log(probabilities[0, 0]), -math.log(probabilities[1, 2])])
    kernel = numbers(model.get_layer("shared").kernel)
    result = model.train_on_batch(X, y)
    assert abs(float(result) - data - 0.5 * (kernel**2).sum()) < 1e-5


def test_the_heads_are_dropped_at_inference(heads):
    images = pictures(3, 8, 8, 3)
    plain = inference(heads)
    assert type(plain) is not AuxiliaryModel
    assert [layer.name for layer in plain.layers[1:]] == ["conv", "avg_pool", "predictions"]
    np.testing.assert_allclose(numbers(plain(images)), numbers(heads(images)), atol=1e-6)
    model = outline("googlenet", (64, 64, 3), 6, auxiliary=True)
    assert model.output_names == ["predictions", "auxiliary_4a", "auxiliary_4d"]
    names = [layer.name for layer in outline("googlenet", (64, 64, 3), 6).layers]
    with without_values():
        plain = inference(model)
    assert [layer.name for layer in plain.layers] == names and plain.name == "googlenet"
    assert plain.count_params() == 5_979_702 < model.count_params()


def test_googlenet_trains_with_its_heads():
    model = GoogLeNet((32, 32, 3), 6, auxiliary=True)
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = [numbers(variable) for variable in model.trainable_variables]
    # With its dropout a head could by chance leave a bias of 1024 without a gradient.
    for layer in model.layers:
        if isinstance(layer, layers.Dropout):
            layer.rate = 0.0
    loss = model.train_on_batch(pictures(3, 32, 32, 3), LABELS)
    assert 1.6 * math.log(6) * 0.5 < loss < 1.6 * math.log(6) * 2
    after = [numbers(variable) for variable in model.trainable_variables]
    assert len(after) == 2 * (57 + 1 + 2 * 3)
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_network_with_heads_is_saved_and_loaded_whole(heads, tmp_path):
    images = pictures(3, 8, 8, 3)
    path = tmp_path / "heads.keras"
    heads.save(path)
    again = keras.models.load_model(path)
    path.unlink()
    assert isinstance(again, AuxiliaryModel)
    np.testing.assert_allclose(numbers(again(images)), numbers(heads(images)), atol=1e-6)
    assert len(again(images, training=True)) == 3
    first, second = (model.train_on_batch(images, LABELS)[0] for model in (heads, again))
    assert abs(first - second) < 1e-4


def test_a_network_with_heads_is_one_layer_of_another(heads):
    inputs = keras.Input((8, 8, 3))
    assert heads(inputs).shape == (None, 6)
    assert [X.shape for X in heads(inputs, training=True)] == [(None, 6)] * 3


# --- BN-Inception


def by_hand(rows) -> int:
    """Weights of convolutions without bias, each with four numbers per filter for its norm."""
    return sum(side * side * before * filters + 4 * filters for side, before, filters in rows)


def test_bn_inception_has_the_parameters_of_its_table():
    expected = 7 * 7 * 3 * 8 + 24 * 64 + 4 * 64 + by_hand([(1, 64, 64), (3, 64, 192)])
    channels = 192
    for F1, R3, F3, RD, FD, _, FP in bn_inception.MODULES.values():
        expected += by_hand([(1, channels, R3), (3, R3, F3)])
        expected += by_hand([(1, channels, RD), (3, RD, FD), (3, FD, FD)])
        expected += by_hand([(1, channels, F1), (1, channels, FP)]) if F1 else 0
        channels = F1 + F3 + FD + FP if F1 else F3 + FD + channels
    assert outline("bn_inception").count_params() == expected + 1024 * 1000 + 1000 == 11_208_192


def test_bn_inception_halves_in_3c_and_4e_and_has_the_channels_of_the_paper():
    model = outline("bn_inception")
    ends = [model.get_layer(f"inception_{n}").output.shape[1:] for n in bn_inception.MODULES]
    assert [shape[0] for shape in ends] == [28, 28, 14, 14, 14, 14, 14, 7, 7, 7]
    assert [s[2] for s in ends] == [256, 320, 576, 576, 576, 576, 576, 1024, 1024, 1024]
    assert not [layer.name for layer in convolutions(model) if layer.use_bias]
    assert {layer.kernel_size for layer in convolutions(model)} == {(1, 1), (3, 3)}
    assert model.get_layer("conv1_7x7").kernel_size == (7, 7)
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    assert len(norms) == len(convolutions(model)) + 1 == 69
    assert all(norm.scale for norm in norms)


# --- Inception-V3 and Inception-ResNet-V2

THIRD = [("inception_v3", InceptionV3, 23_851_784, 5.713),
         ("inception_resnet_v2", InceptionResNetV2, 55_873_736, 13.156)]  # fmt: skip


@pytest.mark.parametrize(("name", "build", "parameters", "multiply_adds"), THIRD)
def test_the_later_networks_are_those_of_keras_applications(name, build, parameters, multiply_adds):
    model = outline(name)
    assert model.count_params() == parameters
    assert round(graph.multiply_adds(model) / 1e9, 3) == multiply_adds
    with without_values():
        original = getattr(keras.applications, build.__name__)(weights=None)
    ours, theirs = ([x for x in m.layers if x.weights] for m in (model, original))
    assert [type(x) for x in ours] == [type(x) for x in theirs]
    assert [x.output.shape for x in ours] == [x.output.shape for x in theirs]
    shapes = [[[w.shape for w in x.weights] for x in each] for each in (ours, theirs)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(("name", "build"), [row[:2] for row in THIRD])
def test_images_under_75_are_refused_or_enlarged(name, build):
    message = f"{name}: expected at least 75x75, received 64x64"
    with pytest.raises(NetError, match=message):
        build((64, 64, 3))
    with pytest.raises(NetError, match=message):
        nets.build(name, (64, 64, 3), resize=None)
    with pytest.raises(NetError, match="expected resize to be None or at least 75 pixels, rec"):
        build((64, 64, 3), resize=74)
    resized = outline(name, (64, 80, 3), 6, resize=96).get_layer("resize")
    assert resized.output.shape == (None, 96, 96, 3)
    assert not [x for x in outline(name, (75, 80, 3), 6).layers if x.name == "resize"]


def test_enlarging_leaves_the_network_in_the_mode_in_which_it_is_called():
    def network(resize, side):
        inputs, X = enlarged_input("net", (side, side, 3), 6, resize)
        X = layers.BatchNormalization()(layers.GlobalAveragePooling2D()(X))
        return keras.Model(inputs, X)

    model, plain = network(75, 64), network(None, 75)
    images = pictures(2, 64, 64, 3)
    larger = keras.ops.image.resize(images, (75, 75))
    expected = numbers(plain(larger, training=False))
    np.testing.assert_allclose(numbers(model(images, training=False)), expected, atol=1e-6)
    # As Keras leaves it, a Resizing layer would put all that follows it into training mode here.
    np.testing.assert_allclose(numbers(model(images)), expected, atol=1e-6)
    trained = numbers(plain(larger, training=True))
    np.testing.assert_allclose(numbers(model(images, training=True)), trained, atol=1e-6)
    assert np.abs(trained - expected).max() > 0.1


def test_a_residual_block_adds_its_scaled_branches_by_hand():
    X = pictures(1, 2, 2, 3)
    inputs = keras.Input((2, 2, 3))
    block = residual_block(inputs, ((Conv(2),), (Conv(2),)), 0.5, "b")
    model = keras.Model(inputs, block)
    for layer in convolutions(model):
        layer.kernel.assign(np.ones(layer.kernel.shape))
    model.get_layer("b_conv").bias.assign([0, 0, -100])
    # Four channels, each the sum of the pixel; epsilon 1e-3 in their norms; the third is cut off.
    total = 4 * X.sum(axis=-1, keepdims=True) / math.sqrt(1 + 1e-3)
    expected = np.maximum(X + 0.5 * (total + np.array([0, 0, -100])), 0)
    np.testing.assert_allclose(numbers(model(X)), expected, rtol=1e-5)
    linear = keras.Model(inputs, residual_block(inputs, ((Conv(2),),), 1.0, "c", activate=False))
    assert isinstance(linear.layers[-1], ScaledAdd) and linear.layers[-1].scale == 1.0
