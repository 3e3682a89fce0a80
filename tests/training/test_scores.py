"""Both modes of batch norm at test time, against NumPy; accuracy and confusion by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from datasets.signs import Signs
from training import evaluate
from training.errors import TrainingError

EPSILON = 1e-3


@pytest.fixture(scope="module")
def model():
    """Batch norm, mean over the image, softmax, with weights that matter; mode baked in."""
    inputs = keras.Input((4, 4, 3))
    X = layers.BatchNormalization(axis=3)(inputs, training=True)
    X = layers.GlobalAveragePooling2D()(X)
    made = keras.Model(inputs, layers.Dense(5, activation="softmax")(X))
    rng = np.random.default_rng(0)
    made.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in made.get_weights()])
    return made


@pytest.fixture(scope="module")
def images():
    # Every image is darker than the one before, so that the batch an image is in matters.
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 40, (70, 4, 4, 3))
    return (noise + np.linspace(200, 0, 70)[:, None, None, None]).astype("uint8")


def oracle(model, images, statistics):
    gamma, beta, kernel, bias, mean, variance = map(
        np.float64,
        (*(w for w in model.trainable_variables), *model.non_trainable_variables),
    )
    answers = []
    for first in range(0, len(images), 32):
        batch = images[first : first + 32] / 255
        if statistics == "batch":
            mean, variance = batch.mean((0, 1, 2)), batch.var((0, 1, 2))
        normal = gamma * (batch - mean) / np.sqrt(variance + EPSILON) + beta
        logits = normal.mean((1, 2)) @ kernel + bias
        powers = np.exp(logits - logits.max(1, keepdims=True))
        answers.append(powers / powers.sum(1, keepdims=True))
    return np.concatenate(answers)


@pytest.mark.parametrize("mode, statistics", [("training", "batch"), ("inference", "moving")])
def test_modes_of_batch_norm(mode, statistics, model, images):
    before = [weight.copy() for weight in model.get_weights()]
    answers = evaluate.probabilities(model, images, batch_norm=mode)
    np.testing.assert_allclose(answers, oracle(model, images, statistics), atol=1e-5)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_two_modes_differ_here(model, images):
    gap = abs(oracle(model, images, "batch") - oracle(model, images, "moving")).max()
    assert gap > 0.05


def test_a_wrong_mode_is_refused(model, images):
    with pytest.raises(TrainingError, match="did you mean training"):
        evaluate.probabilities(model, images, batch_norm="trainin")


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((64, 64, 3), r"received \(64, 64, 3\); one image is a batch of one, images\[None\]"),
        ((64, 64), r"received \(64, 64\)$"),
        ((0, 64, 64, 3), r"received \(0, 64, 64, 3\)$"),
    ],
)
def test_images_of_another_shape_are_one_line(model, shape, said):
    with pytest.raises(TrainingError, match=r"expected images of shape \(n, height.*" + said):
        evaluate.probabilities(model, np.zeros(shape, "uint8"))


def test_score_counts_all_and_unseen(colours):
    # Three of twelve test images are also in train; a model that always answers 0.
    tiles = np.random.default_rng(0).integers(0, 256, (24, 8, 8, 3)).astype("uint8")
    train_x, test_x = np.split(tiles.repeat(8, 1).repeat(8, 2), 2)
    test_x[[0, 1, 6]] = train_x[[3, 4, 5]]
    data = Signs(train_x, colours.test_y, test_x, colours.test_y, colours.classes)
    inputs = keras.Input((64, 64, 3))
    X = layers.GlobalAveragePooling2D()(inputs)
    model = keras.Model(inputs, layers.Dense(6, activation="softmax")(X))
    model.set_weights([np.zeros((3, 6)), np.eye(6)[0]])
    result = evaluate.score(model, data)
    assert (result.tested, result.unseen) == (12, 9)
    assert result.accuracy == pytest.approx(2 / 12)  # labels 0..5 twice
    assert result.accuracy_unseen == 0  # both images of class 0 are in train
    np.testing.assert_array_equal(result.confusion[:, 0], [2] * 6)
    assert result.confusion.sum() == 12 and not result.predictions.any()
