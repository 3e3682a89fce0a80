"""Any Keras model: nested, open, growing again. Counts, fields, stages, places and activations."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from outlined import outlined

import nets
from nets import NetError
from nets.outlines import without_values
from nets.profile import graph
from nets.profile.activations import activations, takes_bytes
from nets.profile.layout import place
from nets.profile.structure import common_prefix, structure


def backbone(size):
    image = keras.Input((size, size, 3))
    X = layers.Conv2D(4, 3, strides=2, padding="same", name="first")(image)
    X = layers.Add(name="sum")([X, layers.Conv2D(4, 1, name="one")(X)])
    return keras.Model(image, X, name="inner")


def nested(size=None):
    image = keras.Input((12, 12, 3))
    top = keras.Sequential([layers.Flatten(name="flat"), layers.Dense(5, name="dense")], name="top")
    return keras.Model(image, top(backbone(size)(layers.Rescaling(1 / 255)(image))))


@pytest.fixture(scope="module")
def inside():
    return nested()


def test_a_model_inside_counts_by_its_own_layers(inside):
    rows = {row.name: row for row in graph.operations(inside)}
    assert list(rows)[2:] == ["inner/first", "inner/one", "inner/sum", "top/flat", "top/dense"]
    # By hand: 6x6 positions of 3x3x3x4 and of 1x1x4x4, and 6x6x4 numbers times 5.
    assert {name: row.multiply_adds for name, row in rows.items() if row.multiply_adds} == {
        "inner/first": 6 * 6 * 3 * 3 * 3 * 4,
        "inner/one": 6 * 6 * 4 * 4,
        "top/dense": 6 * 6 * 4 * 5,
    }
    assert sum(row.parameters for row in rows.values()) == inside.count_params()
    assert rows["inner/sum"].shape == (6, 6, 4) and rows["inner/sum"].field == (3, 3)
    assert rows["inner/sum"].memory == 6 * 6 * 4 * 4


def test_a_transposed_convolution_spreads_each_input():
    with without_values():
        image = keras.Input((5, 7, 3))
        model = keras.Model(image, layers.Conv2DTranspose(4, 3, strides=2)(image))
    assert graph.multiply_adds(model) == 5 * 7 * 3 * 3 * 3 * 4
    assert graph.operations(model)[-1].stride == (0.5, 0.5)


def test_what_nobody_counts_is_known_as_that():
    with without_values():
        words = keras.Input((6, 8))
        model = keras.Model(words, layers.Dense(2)(layers.LSTM(4)(words)))
    rows = graph.operations(model)
    assert [row.counted for row in rows] == [True, False, True]
    assert sum(row.parameters for row in rows) == model.count_params()


def test_open_sizes_need_a_size():
    with without_values():
        image = keras.Input((None, None, 3))
        model = keras.Model(image, layers.Conv2D(2, 3, padding="same")(image), name="open")
    with pytest.raises(NetError, match="expected images of a fixed size.*--size"):
        graph.operations(model)
    assert graph.operations(model, (9, 9, 3))[-1].shape == (9, 9, 2)
    with pytest.raises(NetError, match="does not take images of"):
        graph.operations(nested(), (64, 64, 3))


def strided(image):
    X = layers.Conv2D(2, 3, strides=2, padding="same", use_bias=False)(image)
    return layers.MaxPooling2D(2)(layers.Conv2D(2, 5, padding="same", use_bias=False)(X))


def padded(image):
    X = layers.ZeroPadding2D(((2, 1), (2, 1)))(image)
    X = layers.Conv2D(2, 4, strides=3, use_bias=False)(X)
    return layers.Conv2D(2, 3, padding="same", use_bias=False)(X)


def shifted(image):
    X = layers.Conv2D(2, 3, strides=2, padding="same", use_bias=False)(image)
    Y = layers.Conv2D(2, 1, strides=2, use_bias=False)(image)
    return layers.Add()([layers.Conv2D(2, 3, padding="same", use_bias=False)(X), Y])


def cropped(image):
    X = layers.Cropping2D(3)(layers.Conv2D(2, 3, use_bias=False)(image))
    return layers.AveragePooling2D(3, strides=2)(X)


@pytest.mark.parametrize("net", [strided, padded, shifted, cropped])
@pytest.mark.parametrize("size", [20, 23])
def test_a_row_of_the_image_changes_the_rows_that_see_it(net, size):
    """Each row of pixels by itself: exactly the predicted rows of the result change."""
    image = keras.Input((size, size, 1))
    model = keras.Model(image, net(image))
    for layer in model.layers:
        layer.set_weights([np.ones_like(weight) for weight in layer.get_weights()])
    row = graph.operations(model)[-1]
    dark = keras.ops.convert_to_numpy(model(np.zeros((1, size, size, 1), np.float32)))
    for axis in (0, 1):
        lines = np.zeros((size, size, size, 1), np.float32)
        for pixel in range(size):
            lines[pixel].swapaxes(0, axis)[pixel] = 1
        bright = keras.ops.convert_to_numpy(model(lines)) != dark
        changed = bright.any(axis=(2 - axis, 3))
        starts = row.start[axis] + np.arange(changed.shape[1]) * row.stride[axis]
        pixels = np.arange(size)[:, None]
        assert (changed == ((starts <= pixels) & (pixels < starts + row.field[axis]))).all()


def test_a_map_that_grows_again_sees_what_impulses_reach():
    size = 16
    image = keras.Input((size, size, 1))
    X = layers.Conv2D(2, 3, strides=2, padding="same", use_bias=False)(image)
    X = layers.Conv2DTranspose(2, 3, strides=2, padding="same", use_bias=False)(X)
    model = keras.Model(image, layers.UpSampling2D(2)(X))
    for layer in model.layers:
        layer.set_weights([np.ones_like(weight) for weight in layer.get_weights()])
    row = graph.operations(model)[-1]
    lines = np.eye(size, dtype=np.float32)[:, :, None, None] * np.ones((1, 1, size, 1), np.float32)
    changed = keras.ops.convert_to_numpy(model(lines)).any(axis=(2, 3))
    starts = row.start[0] + np.arange(changed.shape[1]) * row.stride[0]
    pixels = np.arange(size)[:, None]
    assert row.stride == (0.5, 0.5)
    # What it may see at most, wherever the position lies between two positions of the small map.
    assert not (changed & ~((np.floor(starts) <= pixels) & (pixels < starts + row.field[0]))).any()


def unet():
    image = keras.Input((16, 16, 3))
    a = layers.Conv2D(2, 3, padding="same", name="a")(image)
    b = layers.Conv2D(4, 3, padding="same", name="b")(layers.MaxPooling2D(2)(a))
    c = layers.Conv2D(8, 3, padding="same", name="c")(layers.MaxPooling2D(2)(b))
    d = layers.Concatenate()([layers.Conv2DTranspose(4, 2, strides=2, name="up")(c), b])
    e = layers.Concatenate()([layers.UpSampling2D(2)(d), a])
    return keras.Model(image, layers.Conv2D(1, 1, name="mask")(e))


def squeezed():
    image = keras.Input((16, 16, 4))
    X = layers.Conv2D(4, 3, padding="same", strides=2)(image)
    s = layers.GlobalAveragePooling2D(keepdims=True)(X)
    X = layers.Multiply()([X, layers.Conv2D(4, 1, activation="sigmoid")(s)])
    return keras.Model(image, layers.GlobalAveragePooling2D()(X))


def stages(model):
    rows = graph.operations(model)
    return [(rows[part.last].shape, len(part.pieces)) for part in structure(rows)]


def test_stages_lie_between_two_halvings_for_every_network():
    with without_values():
        assert stages(unet()) == [
            ((16, 16, 2), 1), ((8, 8, 4), 1), ((4, 4, 8), 1), ((8, 8, 8), 1), ((16, 16, 1), 2)
        ]  # fmt: skip
        assert [shape for shape, _ in stages(squeezed())] == [(8, 8, 4), (4,)]
    assert [shape for shape, _ in stages(outlined("resnet50"))] == [
        (112, 112, 64), (56, 56, 256), (28, 28, 512), (14, 14, 1024), (7, 7, 2048), (1000,)
    ]  # fmt: skip
    assert stages(outlined("resnet50"))[3] == ((14, 14, 1024), 6)
    assert stages(outlined("vgg16"))[4] == ((14, 14, 512), 1)
    assert [kind.kind for kind in structure(graph.operations(outlined("googlenet", True)))][-1] == (
        "side"
    )


def test_what_scales_whole_maps_changes_no_stride():
    with without_values():
        rows = graph.operations(squeezed())
    (product,) = [row for row in rows if row.class_name == "Multiply"]
    assert product.stride == (2, 2) and product.field == (3, 3)


@pytest.mark.parametrize("name", nets.names())
def test_each_operation_has_one_box_and_no_box_lies_on_another(name):
    rows = graph.operations(outlined(name))
    parts = structure(rows)
    boxes = [box for part in parts for piece in part.pieces for box in piece.boxes]
    assert sorted(i for box in boxes for i in box.operations) == list(range(len(rows)))
    for piece in (piece for part in parts for piece in part.pieces):
        found = place(piece.boxes)
        for row in range(1, max(y for _, y in found.places) + 1):
            columns = sorted(x for x, y in found.places if y == row)
            assert all(b - a > 0.999 for a, b in zip(columns, columns[1:], strict=False))
            assert columns and columns[0] >= 0 and columns[-1] <= found.columns - 1 + 1e-6
        for source, target, columns in found.edges:
            above = found.places[source][1] if source >= 0 else 0
            assert found.places[target][1] - above == len(columns) - 1 >= 1


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["conv2_block1_1_conv", "conv2_block1_out"], "conv2_block1"),
        (["mixed0_1x1", "mixed0"], "mixed0"),
        (["block1_conv1", "block1_conv2"], "block1"),
        (["conv2d", "dense"], ""),
    ],
)
def test_names_have_a_beginning_in_common(names, expected):
    assert common_prefix(names) == expected


def test_activations_are_what_keras_computes():
    """Of each layer of the inner models, by models that end there."""
    model = nested(12)
    image = np.random.default_rng(0).uniform(0, 255, (12, 12, 3)).astype(np.float32)
    rows = graph.operations(model)
    assert takes_bytes(rows)
    found = dict(activations(rows, image, {*range(len(rows))}))
    inner, top = model.get_layer("inner"), model.get_layer("top")
    scaled = image[None] / 255
    maps = inner.predict(scaled, verbose=0)
    expected = {
        "inner/first": inner.get_layer("first")(scaled),
        "inner/sum": maps,
        "top/dense": top.predict(maps, verbose=0),
    }
    for name, values in expected.items():
        i = next(i for i, row in enumerate(rows) if row.name == name)
        np.testing.assert_allclose(found[i], np.asarray(values)[0], atol=1e-5)
    np.testing.assert_allclose(found[len(rows) - 1], np.asarray(model(image[None]))[0], atol=1e-5)
