"""VGG: the published counts, the table, the names of keras.applications. Parity: test_parity."""

from __future__ import annotations

import keras
import pytest
from keras import layers

from nets import NetError
from nets.outlines import outline, without_values
from nets.profile import graph
from nets.vgg import VGG16

# Parameters of 11 and 13 by hand; the four multiply-adds in units of 1e9.
PUBLISHED = {
    11: (132_863_336, 7.609),
    13: (133_047_848, 11.308),
    16: (138_357_544, 15.470),
    19: (143_667_240, 19.632),
}


@pytest.mark.parametrize("depth", PUBLISHED)
def test_it_has_the_published_parameters_and_multiply_adds(depth):
    model = outline(f"vgg{depth}")
    parameters, multiply_adds = PUBLISHED[depth]
    assert model.count_params() == parameters
    assert round(graph.multiply_adds(model) / 1e9, 3) == multiply_adds


@pytest.mark.parametrize("depth", PUBLISHED)
def test_it_is_as_deep_as_its_name_says_and_all_3x3(depth):
    model = outline(f"vgg{depth}", (64, 64, 3), 6)
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    dense = [layer for layer in model.layers if isinstance(layer, layers.Dense)]
    assert len(convolutions) + len(dense) == depth
    assert {layer.kernel_size for layer in convolutions} == {(3, 3)}


@pytest.mark.parametrize("depth", [16, 19])
def test_it_has_the_layers_of_keras_applications_and_dropout(depth):
    with without_values():
        original = getattr(keras.applications, f"VGG{depth}")(weights=None)
    ours = outline(f"vgg{depth}").layers
    dropout = [layer for layer in ours if isinstance(layer, layers.Dropout)]
    assert [layer.rate for layer in dropout] == [0.5, 0.5]
    names = [layer.name for layer in ours if layer not in dropout]
    assert names[1:] == [layer.name for layer in original.layers[1:]]


@pytest.mark.parametrize(("side", "last"), [(32, 1), (64, 2), (100, 3), (224, 7)])
def test_the_last_map_is_flattened_as_it_is(side, last):
    model = outline("vgg11", (side, side, 3), 6)
    assert model.get_layer("block5_pool").output.shape == (None, last, last, 512)
    assert model.get_layer("fc1").kernel.shape == (last * last * 512, 4096)


def test_an_image_without_a_last_map_is_refused():
    with pytest.raises(NetError, match="vgg16: expected at least 32x32, received 31x64"):
        VGG16((31, 64, 3))
