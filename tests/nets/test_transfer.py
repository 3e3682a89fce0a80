"""Features, heads, new heads and stages, over all networks."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from outlined import outlined

import nets
from nets import NetError
from nets.outlines import without_values

IMAGES = np.random.default_rng(0).uniform(0, 1, (4, 32, 32, 3)).astype(np.float32)
# One that pools a map, one with dense stages, one whose last layer is no softmax.
SMALL = ("resnet18", "lenet5", "lenet5_1998")


@pytest.fixture(scope="module")
def small():
    """The small networks with weights, for three classes."""
    return {name: nets.build(name, (32, 32, 3), 3) for name in SMALL}


def numbers(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", nets.names())
def test_every_layer_with_weights_is_in_one_stage_or_in_the_head(name):
    model = outlined(name)
    with without_values():
        parts = [*nets.stages(model).values(), nets.head(model).layers]
    for layer in model.layers:
        if layer.weights:
            assert sum(layer in part for part in parts) == 1, layer.name
    assert list(nets.stages(model)) == [stage for stage, _ in nets.describe(name).stages]
    assert all(nets.stages(model).values())


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", nets.names())
def test_features_and_head_meet_and_a_new_head_fits(name):
    model = outlined(name)
    with without_values():
        features, head = nets.features(model), nets.head(model)
        renewed = nets.replace_head(model, 7)
        again = nets.replace_head(renewed, 5)
    assert features.input_shape == model.input_shape
    assert features.output_shape == head.input_shape
    assert nets.stages(features) == nets.stages(model)
    assert head.output_shape == model.output_shape
    assert renewed.name == model.name and renewed.output_shape == (None, 7)
    assert again.name == model.name and again.output_shape == (None, 5)
    last = renewed.layers[-1]
    assert isinstance(last, keras.layers.Dense) and last.activation is keras.activations.softmax
    old, new, fresh = ({id(w) for w in part.weights} for part in (model, renewed, last))
    assert new - fresh <= old and not fresh & old


@pytest.mark.parametrize("name", SMALL)
def test_head_after_features_is_the_model(name, small):
    model = small[name]
    through = nets.head(model)(nets.features(model)(IMAGES))
    np.testing.assert_allclose(numbers(through), numbers(model(IMAGES)), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", SMALL)
def test_a_new_head_works_on_the_features_of_the_old_model(name, small):
    model = small[name]
    before, weights = numbers(model(IMAGES)), model.get_weights()
    renewed = nets.replace_head(model, 5)
    entering = keras.Model(model.input, renewed.layers[-1].input)(IMAGES)
    kernel, bias = (numbers(weight) for weight in renewed.layers[-1].weights)
    logits = numbers(entering) @ kernel + bias
    by_hand = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    np.testing.assert_allclose(numbers(renewed(IMAGES)), by_hand, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(numbers(model(IMAGES)), before)
    for old, new in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_head_trained_on_cached_features_trains_the_model(small):
    model = small["lenet5"]
    cached = nets.features(model).predict(IMAGES, verbose=0)
    head = nets.head(model)
    head.compile("sgd", "sparse_categorical_crossentropy")
    body, kernel = model.layers[1].get_weights(), model.layers[-1].get_weights()[0]
    head.fit(cached, np.arange(4) % 3, epochs=1, verbose=0)
    assert not np.allclose(model.layers[-1].get_weights()[0], kernel)
    np.testing.assert_array_equal(model.layers[1].get_weights()[0], body[0])


def test_a_frozen_stage_stays_as_it_is(small):
    renewed = nets.replace_head(small["lenet5"], 2)
    for layer in nets.stages(renewed)["conv1"]:
        layer.trainable = False
    before = [layer.get_weights() for layer in renewed.layers]
    renewed.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    renewed.fit(IMAGES, np.arange(4) % 2, epochs=1, verbose=0)
    changed = {
        layer.name: not all(map(np.array_equal, old, layer.get_weights()))
        for layer, old in zip(renewed.layers, before, strict=True)
        if old
    }
    small["lenet5"].trainable = True
    assert changed == {"c1": False, "c3": True, "c5": True, "f6": True, "predictions": True}


def test_a_new_head_is_float32_in_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = nets.build("lenet5", (32, 32, 3), 3)
        renewed = nets.replace_head(model, 4)
        assert keras.backend.standardize_dtype(renewed.output.dtype) == "float32"
        through = nets.head(model)(nets.features(model)(IMAGES))
    finally:
        keras.config.set_dtype_policy("float32")
    np.testing.assert_allclose(numbers(through), numbers(model(IMAGES)), atol=1e-2)


def test_the_courses_last_layer_is_named_for_its_classes():
    with without_values():
        renewed = nets.replace_head(outlined("resnet50_course"), 10)
    assert renewed.layers[-1].name == "fc10"


def test_auxiliary_heads_are_left_out():
    model = outlined("googlenet", auxiliary=True)
    plain = outlined("googlenet")
    for part in (nets.features, nets.head, lambda model: nets.replace_head(model, 7)):
        with without_values():
            ours, theirs = part(model), part(plain)
        assert [layer.name for layer in ours.layers if layer.weights] == [
            layer.name for layer in theirs.layers if layer.weights
        ]
        assert len(ours.outputs) == 1
    inside = [layer for stage in nets.stages(model).values() for layer in stage]
    expected = [layer for stage in nets.stages(plain).values() for layer in stage]
    assert [layer.name for layer in inside] == [layer.name for layer in expected]


@pytest.mark.parametrize("classes", [0, -1, 2.5, True, "six"])
def test_a_number_of_classes_that_is_none_is_refused(classes):
    with pytest.raises(NetError, match="lenet5: expected classes to be a whole number"):
        nets.replace_head(outlined("lenet5"), classes)


def test_what_has_no_head_or_no_row_is_refused():
    features = nets.features(outlined("lenet5"))
    with pytest.raises(NetError, match="lenet5: expected a head after the last stage"):
        nets.head(features)
    with pytest.raises(NetError, match="lenet5: expected a layer with weights in the head"):
        nets.replace_head(features, 3)
    image = keras.Input((8, 8, 3))
    unknown = keras.Model(image, keras.layers.Flatten()(image), name="lenet6")
    for part in (nets.features, nets.head, nets.stages, lambda model: nets.replace_head(model, 3)):
        with pytest.raises(NetError, match="'lenet6'; did you mean lenet5"):
            part(unknown)
    foreign = keras.Model(image, keras.layers.ReLU(name="other")(image), name="lenet5")
    with pytest.raises(NetError, match="expected layers named as its stages, found none"):
        nets.features(foreign)
