"""Counts, multiply-adds, receptive fields and stages: against FACTS, by hand and by impulses."""

from __future__ import annotations

import gc
import weakref

import keras
import numpy as np
import pytest
from keras import layers
from outlined import outlined

import nets
from nets import NetError
from nets.outlines import without_values
from nets.profile import graph

# Published, or counted by others: torchvision counts trainable weights of convolutions without
# bias, keras.applications all weights of convolutions with.
TRAINABLE = {
    "lenet5": 61_706,
    "lenet5_1998": 60_000,
    "alexnet": 62_378_344,
    "alexnet_two_towers": 60_965_224,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "resnet20": 269_722,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50_course": 23_546_886,
    "googlenet": 6_998_552,
}
ALL = {
    "resnet50": 25_636_712,
    "resnet101": 44_707_176,
    "resnet152": 60_419_944,
    "resnet50_course": 23_600_006,
    "inception_v3": 23_851_784,
}
# In units of 10^9, to the digits given there.
MULTIPLY_ADDS = {
    "lenet5": 0.000416520,
    "alexnet": 1.135,
    "alexnet_two_towers": 0.724,
    "vgg16": 15.470,
    "vgg19": 19.632,
    "resnet20": 0.040551,
    "resnet18": 1.814,
    "resnet34": 3.664,
    "resnet50": 3.858,
    "resnet101": 7.570,
    "resnet152": 11.282,
    "googlenet": 1.583,
    "inception_v3": 5.713,
}
# Araujo, Norris and Sim 2019, Computing receptive fields of convolutional neural networks: of the
# last map before the head, in pixels.
FIELDS = {
    "vgg16": 212,
    "resnet50": 483,
    "resnet101": 1027,
    "resnet152": 1507,
    "inception_v3": 1311,
    "inception_resnet_v2": 3039,
}


def trainable(model) -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@pytest.fixture
def valueless():
    """Layers that a test counts and never calls need no values."""
    with without_values():
        yield


@pytest.mark.parametrize("name", TRAINABLE)
def test_trainable_parameters_as_published(name):
    assert trainable(outlined(name)) == TRAINABLE[name]


@pytest.mark.parametrize("name", ALL)
def test_all_parameters_as_published(name):
    assert graph.parameters(outlined(name)) == ALL[name]


@pytest.mark.parametrize("name", MULTIPLY_ADDS)
def test_multiply_adds_as_published(name):
    counted = graph.multiply_adds(outlined(name))
    digits = len(f"{MULTIPLY_ADDS[name]:g}".split(".")[1])
    expected = MULTIPLY_ADDS[name]
    assert round(counted / 1e9, max(3, digits)) == expected


@pytest.mark.parametrize("name", FIELDS)
def test_receptive_field_as_published(name):
    maps = [row for row in graph.walk(outlined(name)) if len(row.shape) == 3]
    before_head = [row for row in maps if row.stage not in ("head", "dense")]
    assert before_head[-1].field == (FIELDS[name],) * 2


def test_auxiliary_heads_cost_what_the_paper_gives_them():
    plain, heads = outlined("googlenet"), outlined("googlenet", auxiliary=True)
    assert graph.parameters(heads) - graph.parameters(plain) == 6_379_728
    rows = {row.name: row for row in graph.table(heads)}
    assert rows["auxiliary"].parameters == 6_379_728
    assert rows["head"].parameters == 1024 * 1000 + 1000


@pytest.mark.parametrize("name", nets.names())
def test_the_stages_add_up_to_the_whole(name):
    model = outlined(name)
    rows = graph.table(model)
    stages = [stage for stage, _ in nets.describe(name).stages]
    between = [row.name for row in rows if row.name not in ("input", "head")]
    assert between == stages
    assert graph.total(rows) == (graph.parameters(model), graph.multiply_adds(model))
    assert rows[-1].name == "head" and rows[-1].shape == (model.output_shape[-1],)


def test_what_keras_named_belongs_to_the_stage_before_it(valueless):
    image = keras.Input((8, 8, 3))
    X = layers.Conv2D(2, 3, name="c1")(layers.Rescaling(2.0, name="scale")(image))
    X = layers.Conv2D(2, 3, name="c3")(keras.ops.square(X))
    X = layers.Dense(4, name="f6")(keras.ops.reshape(X, (-1, 32)))
    model = keras.Model(image, layers.Dense(2, name="last")(keras.ops.abs(X)), name="lenet5")
    stages = [row.stage for row in graph.walk(model)]
    expected = "input input conv1 conv1 conv2 dense dense head head"
    assert stages == expected.split()


def test_two_towers_hand_on_two_maps():
    rows = {row.name: row for row in graph.table(outlined("alexnet_two_towers"))}
    assert [rows[f"conv{i}"].tensors for i in range(1, 6)] == [2] * 5
    assert rows["conv1"].shape == (27, 27, 48) and rows["dense"].tensors == 1
    assert {row.tensors for row in graph.table(outlined("googlenet", auxiliary=True))} == {1}


def test_multiply_adds_by_hand(valueless):
    image = keras.Input((8, 10, 4))
    X = layers.Conv2D(6, (3, 5), strides=2, groups=2, name="grouped")(image)  # 3x3 of them
    X = layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", name="depthwise")(X)
    X = layers.SeparableConv2D(5, 3, padding="same", name="separable")(X)
    X = layers.BatchNormalization(name="norm")(X)
    X = layers.Flatten(name="flatten")(layers.MaxPooling2D(3, name="pool")(X))
    model = keras.Model(image, layers.Dense(7, name="dense")(X))
    counted = {row.name: row.multiply_adds for row in graph.walk(model) if row.multiply_adds}
    assert counted == {
        "grouped": 3 * 3 * (3 * 5) * (4 // 2) * 6,
        "depthwise": 3 * 3 * (3 * 3) * 6 * 2,
        "separable": 3 * 3 * (3 * 3 * 12 + 12 * 5),
        "dense": 5 * 7,
    }
    assert graph.multiply_adds(model) == sum(counted.values())


def test_a_layer_called_twice_has_its_weights_once_and_its_cost_twice(valueless):
    image = keras.Input((8, 8, 3))
    shared = layers.Conv2D(3, 3, padding="same", use_bias=False)
    model = keras.Model(image, shared(shared(image)))
    assert [row.parameters for row in graph.walk(model)] == [0, 81, 0]
    assert graph.multiply_adds(model) == 2 * 64 * 81 and graph.parameters(model) == 81


class Doubling(layers.Layer):
    """A layer of our own that says what it costs."""

    def call(self, inputs):
        return 2 * inputs

    def multiply_adds(self, input_shape):
        return int(np.prod(input_shape[1:]))


def test_a_layer_of_ones_own_says_what_it_costs():
    image = keras.Input((5, 6, 2))
    assert graph.multiply_adds(keras.Model(image, Doubling()(image))) == 60


def lit(model, size: int, axis: int) -> int:
    """How many positions along `axis` change the centre of the result: one impulse at a time."""
    for layer in model.layers:
        layer.set_weights([np.ones_like(weight) for weight in layer.get_weights()])
    impulses = np.zeros((size, size, size, 1), np.float32)
    for position in range(size):
        impulses[position].swapaxes(0, axis)[position] = 1
    result = keras.ops.convert_to_numpy(model(impulses))
    dark = keras.ops.convert_to_numpy(model(np.zeros((1, size, size, 1), np.float32)))
    middle = result.shape[1] // 2, result.shape[2] // 2
    return int((result[:, *middle] != dark[:, *middle]).any(-1).sum())


def branches(image):
    wide = layers.Conv2D(2, (1, 7), padding="same", use_bias=False)(image)
    deep = layers.Conv2D(2, 3, padding="same", use_bias=False)(image)
    deep = layers.Conv2D(2, 3, padding="same", use_bias=False, dilation_rate=2)(deep)
    return layers.Concatenate()([image, wide, deep])


def pooled(image):
    X = layers.Conv2D(2, 5, strides=2, use_bias=False)(image)
    X = layers.MaxPooling2D(3, strides=2)(X)
    X = layers.ZeroPadding2D(1)(X)
    X = layers.Conv2D(2, 3, use_bias=False)(X)
    return layers.AveragePooling2D(2)(X)


def residual(image):
    X = layers.Conv2D(2, 3, strides=2, padding="same", use_bias=False)(image)
    Y = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(X)
    return layers.Conv2D(2, (5, 3), use_bias=False)(layers.Add()([X, Y]))


def adaptive(image):
    return layers.AdaptiveAveragePooling2D(3)(layers.Conv2D(2, 3, use_bias=False)(image))


@pytest.mark.parametrize("net, stride", [(branches, 1), (pooled, 8), (residual, 2), (adaptive, 13)])
def test_receptive_field_is_what_impulses_reach(net, stride):
    size = 41
    image = keras.Input((size, size, 1))
    model = keras.Model(image, net(image))
    last = graph.walk(model)[-1]
    assert last.field == (lit(model, size, 0), lit(model, size, 1))
    assert last.stride == (stride, stride)


def test_after_a_first_resizing_pixels_are_those_of_the_resized_image(valueless):
    image = keras.Input((64, 64, 3))
    X = layers.Resizing(75, 75)(image)
    model = keras.Model(image, layers.Conv2D(2, 3)(X))
    assert graph.walk(model)[-1].field == (3, 3)


def test_a_model_that_is_no_graph_is_refused():
    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(NetError, match="expected a built functional keras.Model, received Own"):
        graph.walk(Own())
    assert graph.multiply_adds(keras.Sequential([keras.Input((4,)), layers.Dense(3)])) == 12


def test_an_outline_has_the_networks_shapes_and_no_values():
    outline = nets.outline("lenet5", (40, 36, 3), 5)
    built = nets.build("lenet5", (40, 36, 3), 5)
    assert outline.count_params() == built.count_params()
    assert [layer.name for layer in outline.layers] == [layer.name for layer in built.layers]
    assert [tuple(weight.shape) for weight in outline.weights] == [
        tuple(weight.shape) for weight in built.weights
    ]
    assert all(weight._value is None for weight in outline.weights)


def test_an_outline_leaves_nothing_to_initialise_and_nothing_in_memory():
    outline = nets.outline("resnet18", (64, 64, 3), 6)
    weight, layer = outline.weights[0], weakref.ref(outline.layers[1])
    with keras.StatelessScope():
        pass  # Its end fills all variables that Keras still remembers.
    assert weight._value is None
    del outline, weight
    gc.collect()
    assert layer() is None


def test_an_outline_that_fails_leaves_nothing_either_and_others_stay():
    with keras.StatelessScope(initialize_variables=False):
        theirs = layers.Dense(2)
        theirs.build((None, 3))
    with pytest.raises(NetError, match="expected at least"):
        nets.outline("resnet18", (2, 2, 3), 6)
    with pytest.raises(ZeroDivisionError), without_values():
        layers.Dense(2).build((None, 3))
        raise ZeroDivisionError
    layers.Dense(2).build((None, 3))
    with keras.StatelessScope():
        pass
    assert theirs.kernel._value is not None


def test_an_outline_takes_no_weights():
    with pytest.raises(NetError, match="lenet5: expected no weights for an outline"):
        nets.outline("lenet5", weights="imagenet")
