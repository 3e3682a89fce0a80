"""The loss of each step, taken out of the means that Keras reports."""

import keras
import numpy as np
import pytest

from datasets.pipeline import batches, one_hot
from training.loop import fit
from training.recipes import Recipe
from training.step_losses import StepLosses


def test_each_step_has_the_loss_of_its_own_batch(tiny_net, colours):
    recipe = Recipe("still", epochs=2, batch=16, learning_rate=0.0)
    steps = StepLosses(len(colours.train_x), recipe.batch)
    keras.utils.set_random_seed(0)
    model = tiny_net()
    fitted = fit(model, colours, recipe, seed=3, callbacks=[steps.callback()])
    answers = one_hot(colours.train_y, 6)
    data = batches(colours.train_x, answers, batch=16, seed=3, epochs=range(2))
    expected = []
    for images, labels in data:  # 60 images: three batches of 16 and one of 12, twice
        answers = np.asarray(fitted.model(images, training=True))
        expected.append(-np.log((answers * labels).sum(1)).mean())
    assert len(set(np.round(expected, 4))) == 8
    assert steps.losses == pytest.approx(expected, rel=1e-3)
