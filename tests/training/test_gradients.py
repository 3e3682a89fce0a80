"""Gradient norms against a case worked out by hand, and the model left as it was."""

import keras
import numpy as np
from keras import layers

from training.gradients import gradient_norms

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 3)).astype("uint8")
LABELS = np.array([0, 1, 2, 0, 1, 2])


def test_softmax_regression_by_hand():
    inputs = keras.Input((4, 4, 3))
    X = layers.Dense(3, activation="softmax", name="only")(layers.Flatten()(inputs))
    model = keras.Model(inputs, X)
    pixels = IMAGES.reshape(6, -1) / 255
    kernel, bias = model.get_weights()
    powers = np.exp(pixels @ kernel + bias)
    gradient = pixels.T @ (powers / powers.sum(1, keepdims=True) - np.eye(3)[LABELS]) / 6
    ((name, norm),) = gradient_norms(model, IMAGES, LABELS)
    assert name == "only"
    np.testing.assert_allclose(norm, np.linalg.norm(gradient), rtol=1e-4)


def test_norms_of_a_deeper_net_agree_with_finite_differences(tiny_net):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4, 4, 3))
    X = layers.Conv2D(2, 3, activation="tanh", name="first")(inputs)
    X = keras.Model(X, layers.Conv2D(2, 2, activation="tanh", name="inner")(X), name="part")(X)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax", name="last")(
        layers.Flatten()(X)))  # fmt: skip
    norms = dict(gradient_norms(model, IMAGES, LABELS))
    assert list(norms) == ["first", "inner", "last"]

    def loss():
        answers = keras.ops.convert_to_numpy(model(IMAGES / np.float32(255), training=True))
        return -np.log(answers[np.arange(6), LABELS].astype(float)).mean()

    kernel = model.get_layer("first").kernel
    values = keras.ops.convert_to_numpy(kernel).copy()
    slopes = []
    for i in np.ndindex(values.shape):
        ends = []
        for step in (0.01, -0.01):
            moved = values.copy()
            moved[i] += step
            kernel.assign(moved)
            ends.append(loss())
        slopes.append((ends[0] - ends[1]) / 0.02)
    np.testing.assert_allclose(norms["first"], np.linalg.norm(slopes), rtol=2e-3)


def test_the_model_is_left_as_it_was(tiny_net, colours):
    model = tiny_net()
    model.compile("adam", "categorical_crossentropy")
    optimizer, before = model.optimizer, [weight.copy() for weight in model.get_weights()]
    first = gradient_norms(model, colours.train_x, colours.train_y)
    assert gradient_norms(model, colours.train_x, colours.train_y) == first
    assert model.optimizer is optimizer
    assert int(keras.ops.convert_to_numpy(optimizer.iterations)) == 0
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_frozen_layer_has_no_gradient(tiny_net, colours):
    model = tiny_net()
    model.layers[1].trainable = False
    assert [name for name, _ in gradient_norms(model, colours.train_x, colours.train_y)] == [
        model.layers[-1].name
    ]
