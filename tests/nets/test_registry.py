"""What holds for every network: the tests run over nets.names(), so a new one is tested too."""

from __future__ import annotations

import json
import re

import keras
import numpy as np
import pytest
from gradients import gradients, loss_of

import nets
from nets import NetError
from nets.outlines import outline, without_values

pytestmark = pytest.mark.sampled(3, by="name")

SHAPE = (64, 64, 3)
CLASSES = 6
LABELS = np.array([1, 4])
# A dense layer this wide is most of a VGG's weights and none of its structure.
WIDE, NARROW = 1000, 64


@pytest.fixture(scope="module", params=nets.names())
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    """Eight, because the statistics of two over a map of one pixel would be no statistics."""
    return np.random.default_rng(11).uniform(0, 1, (8, *SHAPE)).astype(np.float32)


@pytest.fixture(scope="module")
def images(pictures) -> np.ndarray:
    return pictures[: len(LABELS)]


@pytest.fixture(scope="module")
def model(name, pictures, lively):
    """The network at 64x64x3 and 6 classes, with lively weights; see `_cheaper`."""
    with without_values():
        built = nets.build(name, SHAPE, CLASSES)
    return lively(keras.models.clone_model(built, clone_function=_cheaper), pictures)


def _cheaper(layer):
    """The layer with zeros for its first kernel, which is redrawn anyway, and if wide narrowed."""
    config = layer.get_config()
    if "kernel_initializer" in config:
        config["kernel_initializer"] = "zeros"
    if isinstance(layer, keras.layers.Dense) and layer.units > WIDE:
        config["units"] = NARROW
    return type(layer).from_config(config)


def predict(model, images) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(images, training=False))


def refused(name: str, *arguments, **options) -> str:
    """The message with which the network is refused: one line."""
    with pytest.raises(NetError) as error:
        nets.build(name, *arguments, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_it_has_its_name_and_the_shapes_that_were_asked_for(name, model):
    assert model.name == name
    assert model.input_shape == (None, *SHAPE)
    assert model.output_shape == (None, CLASSES)


@pytest.mark.parametrize(
    ("shape", "classes", "policy"),
    [((80, 112, 4), 1, "mixed_float16"), ((128, 96, 1), 11, "mixed_bfloat16")],
)
def test_it_builds_at_other_sizes_channels_and_dtypes(name, shape, classes, policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        built = outline(name, shape, classes)
    finally:
        keras.config.set_dtype_policy(before)
    assert built.output_shape == (None, classes)
    # The head stays in float32 while the body works in 16 bits.
    assert keras.backend.standardize_dtype(built.output.dtype) == "float32"
    halves = [x for x in built.layers if x.weights and x.compute_dtype == policy[6:]]
    assert len(halves) >= len([x for x in built.layers if x.weights]) - 1
    assert all(variable.dtype == "float32" for variable in built.trainable_variables)


@pytest.mark.parametrize("kind", [np.int64, np.uint8])
def test_it_takes_numpys_numbers_and_can_be_saved(name, kind):
    labels = np.array([0, 3, 5], kind)
    shape = np.array([75, 80, 3], kind)
    for input_shape in (shape, tuple(shape), list(shape)):
        built = outline(name, input_shape, labels.max() + kind(1))
    assert built.input_shape == (None, 75, 80, 3) and built.output_shape == (None, CLASSES)
    plain = outline(name, (75, 80, 3), CLASSES)
    # A number of NumPy's would not come back as it is in a model without any.
    assert json.loads(built.to_json())["config"] == json.loads(plain.to_json())["config"]


def test_it_says_which_input_is_too_small_and_builds_at_the_smallest(name):
    with without_values():
        try:
            nets.build(name, (1, 1, 3), CLASSES)
        except NetError as error:
            match = re.search(r"expected at least (\d+)x\1, received 1x1", str(error))
            assert match, str(error)
            side = int(match[1])
        else:
            return
        assert f"{side - 1}x{side + 5}" in refused(name, (side - 1, side + 5, 3), CLASSES)
        nets.build(name, (side, side, 3), CLASSES)


def test_its_rows_are_probabilities_that_depend_on_the_picture(model, images):
    result = predict(model, images)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result.sum(axis=1), 1, atol=1e-5)
    assert (result >= 0).all()
    assert np.abs(result[0] - result[1]).max() > 0.01


def test_every_weight_has_a_gradient_and_a_step_along_it_reduces_the_loss(model, images):
    loss, grads = gradients(model, images, LABELS)
    named = {v.path: g for v, g in zip(model.trainable_variables, grads, strict=True)}
    assert [path for path, g in named.items() if g is None] == []
    assert [path for path, g in named.items() if not np.isfinite(g).all()] == []
    assert [path for path, g in named.items() if not np.any(g)] == []

    # Along a straight line the step would take a tenth off the loss; it has to come near that.
    expected = 0.1 * loss
    step = expected / sum(float(np.vdot(g, g)) for g in grads)
    weights = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables]
    for variable, value, g in zip(model.trainable_variables, weights, grads, strict=True):
        variable.assign(value - step * g)
    reduced = loss - loss_of(model, images, LABELS)
    for variable, value in zip(model.trainable_variables, weights, strict=True):
        variable.assign(value)
    assert 0.5 * expected < reduced < 1.5 * expected


def test_a_saved_model_gives_the_same_output(name, model, images, tmp_path):
    path = tmp_path / f"{name}.keras"
    model.save(path)
    loaded = keras.saving.load_model(path)
    path.unlink()
    assert loaded.name == name
    np.testing.assert_allclose(predict(loaded, images), predict(model, images), atol=1e-6)


def test_its_graph_holds_operations_of_keras_and_of_ours_alone(model):
    """An operation of one backend's own would not run on the others."""
    modules = {type(operation).__module__.split(".")[0] for operation in model.operations}
    assert modules <= {"keras", "nets"}


def test_its_builder_says_what_it_takes_returns_and_raises(name):
    text = nets.builder(name).__doc__
    assert all(section in text for section in ("Args", "Returns", "Raises")), text


def test_it_refuses_what_it_cannot_build(name):
    assert "received 0" in refused(name, SHAPE, 0)
    assert "received 2.5" in refused(name, SHAPE, 2.5)
    assert "received True" in refused(name, SHAPE, True)
    assert "received np.float64(6.0)" in refused(name, SHAPE, np.float64(6))
    assert "received array([64, 64])" in refused(name, np.array([64, 64]), CLASSES)
    assert "received array([64.5" in refused(name, np.array([64.5, 64, 3]), CLASSES)
    assert "received array([[64" in refused(name, np.array([SHAPE]), CLASSES)
    assert "expected input_shape=(height, width, channels)" in refused(name, (64, 64), CLASSES)
    assert "received (64, -1, 3)" in refused(name, (64, -1, 3), CLASSES)
    assert "received (64, 64, None)" in refused(name, (64, 64, None), CLASSES)
    assert f"{name}: unknown option 'wieghts'; did you mean weights?" == refused(name, wieghts="x")


def test_an_unknown_name_is_refused_with_the_close_ones():
    assert "did you mean resnet50" in refused("resnet5O")
    assert "did you mean inception_v3" in refused("inceptionv3")
    assert "known: lenet5, " in refused("zzz")
    assert "received None" in refused(None)
