"""Every network that keras.applications has computes the same from the same weights."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import nets

PUBLISHED = [name for name in nets.names() if nets.describe(name).applications]
# A network's own size, 224 or 299, would cost four to twelve times as much and prove no more: these
# halve as often, and leave a flattened map of more than one pixel.
SIDE = 64
SIDES = {"inception_v3": 139, "inception_resnet_v2": 139}
TOLERANCE = 1e-5


@pytest.fixture
def original(request):
    """The network of keras.applications, with its 1000 classes and fresh weights."""
    name = request.param
    row = nets.describe(name)
    shape = (SIDES.get(name, SIDE),) * 2 + (3,)
    return (
        name,
        shape,
        getattr(keras.applications, row.applications)(
            weights=None, input_shape=shape, classes=row.classes
        ),
    )


def pictures(shape) -> np.ndarray:
    return np.random.default_rng(7).uniform(-1, 1, (2, *shape)).astype(np.float32)


def outputs(model, images) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(images, training=False))


@pytest.mark.sampled(1)
@pytest.mark.parametrize("original", PUBLISHED, indirect=True)
def test_a_weights_file_of_keras_applications_gives_the_same_output(original, lively, tmp_path):
    name, shape, theirs = original
    images = pictures(shape)
    expected = outputs(lively(theirs, images), images)
    # Agreement means something only if the output depends on the picture.
    assert np.abs(expected[0] - expected[1]).max() > 1000 * TOLERANCE

    path = tmp_path / "theirs.weights.h5"
    theirs.save_weights(path)
    ours = nets.build(name, shape, 1000, weights=path)
    path.unlink()
    assert ours.count_params() == theirs.count_params()
    result = outputs(ours, images)
    assert np.abs(result - expected).max() <= TOLERANCE


@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", ["resnet50", "resnet50v2"])
def test_keras_applications_loads_our_weights_file(name, lively, tmp_path):
    images = pictures((64, 64, 3))
    ours = lively(nets.build(name, (64, 64, 3), 10), images)
    path = tmp_path / "ours.weights.h5"
    ours.save_weights(path)
    build = getattr(keras.applications, nets.describe(name).applications)
    theirs = build(weights=str(path), input_shape=(64, 64, 3), classes=10)
    path.unlink()
    assert np.abs(outputs(theirs, images) - outputs(ours, images)).max() <= TOLERANCE


def test_the_older_format_of_the_published_files_loads_too(lively, tmp_path):
    images = pictures((64, 64, 3))
    theirs = keras.applications.ResNet50(weights=None, input_shape=(64, 64, 3), classes=10)
    path = tmp_path / "theirs.h5"
    lively(theirs, images).save(path)
    ours = nets.build("resnet50", (64, 64, 3), 10, weights=path)
    path.unlink()
    assert np.abs(outputs(theirs, images) - outputs(ours, images)).max() <= TOLERANCE
