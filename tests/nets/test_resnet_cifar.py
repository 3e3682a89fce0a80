"""The networks of section 4.2 for 32x32: their table, their shortcut, and images of other sizes."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from outlined import outlined

import nets
from nets import NetError
from nets.layers.shortcut import ZeroPaddedShortcut
from nets.profile import graph
from nets.resnet_cifar import ResNet20


def test_the_layers_are_those_of_the_papers_table():
    """6n + 2 of them, n = 3: 1 + 2n with 16 filters, 2n with 32, 2n with 64; one dense layer."""
    rows = [row for row in graph.walk(outlined("resnet20")) if row.multiply_adds]
    assert [row.shape for row in rows] == (
        7 * [(32, 32, 16)] + 6 * [(16, 16, 32)] + 6 * [(8, 8, 64)] + [(10,)]
    )


def test_the_shortcut_has_no_weights_and_takes_every_second_pixel():
    x = np.random.default_rng(0).normal(size=(2, 5, 6, 3)).astype("float32")
    layer = ZeroPaddedShortcut(8, 2)
    wanted = np.zeros((2, 3, 3, 8), "float32")
    for row in range(3):
        for column in range(3):
            wanted[:, row, column, 2:5] = x[:, 2 * row, 2 * column]
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer(x)), wanted)
    assert layer.compute_output_shape(x.shape) == wanted.shape and not layer.weights
    assert layer.compute_output_shape((None, None, 6, 3)) == (None, None, 3, 8)


def test_a_block_with_zero_filters_is_its_shortcut():
    """With gamma 0 at the end of each path only shortcuts and the first layer are left."""
    model = ResNet20((8, 8, 3), 4)
    for layer in model.layers:
        if layer.name.endswith("_2_bn"):
            layer.gamma.assign(np.zeros(layer.gamma.shape))
    x = np.random.default_rng(1).normal(size=(2, 8, 8, 3)).astype("float32")
    first = keras.Model(model.input, model.get_layer("conv1_relu").output)
    stem = keras.ops.convert_to_numpy(first(x))
    last = keras.Model(model.input, model.get_layer("conv4_block3_out").output)
    result = keras.ops.convert_to_numpy(last(x))
    assert result.shape == (2, 2, 2, 64)
    np.testing.assert_allclose(result[..., 24:40], stem[:, ::4, ::4], atol=1e-6)
    assert not result[..., :24].any() and not result[..., 40:].any()


def test_other_sizes_are_brought_to_32_by_the_catalogue_alone():
    def first(side, **options):
        model = nets.outline("resnet20", (side, side, 3), 6, **options)
        names = [layer.name for layer in model.layers]
        return "resize" in names, model.get_layer("conv1_conv").output.shape[1:]

    assert first(64) == first(2) == (True, (32, 32, 16))
    assert first(32) == (False, (32, 32, 16))
    assert first(64, resize_to=None) == (False, (64, 64, 16))


@pytest.mark.parametrize("side", [3, 0, 32.0, "32"])
def test_a_wrong_side_is_one_line(side):
    with pytest.raises(NetError, match="expected resize_to to be None or at least 4 pixels"):
        ResNet20((64, 64, 3), 6, resize_to=side)


def test_a_saved_one_loads_where_nets_is_not_imported(tmp_path, root):
    model = nets.build("resnet20", (64, 64, 3), 6)
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(2).random((3, 64, 64, 3), "float32")
    np.save(tmp_path / "x.npy", x)
    code = (
        "import pathlib, sys, numpy as np; from training.saving import load_model; "
        "model = load_model(pathlib.Path(sys.argv[1], 'model.keras')); "
        "np.save(sys.argv[1] + '/y.npy', model(np.load(sys.argv[1] + '/x.npy'), training=False))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    wanted = keras.ops.convert_to_numpy(model(x, training=False))
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), wanted, atol=1e-5)
