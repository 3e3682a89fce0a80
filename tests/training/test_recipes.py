"""The table of recipes says what the course did, and each row can be compiled."""

import dataclasses

import pytest

from training import recipes
from training.errors import TrainingError
from training.evaluate import MODES
from training.recipes import RECIPES
from training.reproduce.assignments import ASSIGNMENTS

# epochs, learning rate, batch norm at test, published low and high, as in the course's copies.
COURSE = {
    "course_2017_check": (2, 1e-3, "inference", 0.16, 0.25),
    "course_2017": (20, 1e-3, "inference", 0.8667, 0.8667),
    "course_2021": (10, 1e-3, "training", 0.9167, 0.9750),
    "course_2021_later": (10, 1.5e-4, "inference", 0.7583, 0.8250),
}


@pytest.mark.parametrize("name", COURSE)
def test_the_courses_recipes_are_the_courses(name):
    recipe = recipes.get(name)
    published = recipe.published
    assert (
        recipe.epochs, recipe.learning_rate, recipe.batch_norm_at_test,
        published.low, published.high,
    ) == COURSE[name]  # fmt: skip
    plain = recipes.Recipe("plain", epochs=1)
    kept = {"batch", "optimizer", "schedule", "weight_decay", "label_smoothing",
            "batch_norm_momentum", "augmentation", "precision"}  # fmt: skip
    assert {field: getattr(recipe, field) for field in kept} == {
        field: getattr(plain, field) for field in kept
    }
    assert plain.batch == 32 and plain.optimizer == "adam" and plain.augmentation is None


def test_ours_is_right_in_inference_mode_after_few_epochs():
    ours = recipes.get("ours")
    assert ours.batch_norm_at_test == "inference" and ours.batch_norm_momentum <= 0.9
    assert ours.published is None and ours.augmentation is not None


def test_every_assignment_names_recipes_that_exist():
    for row in ASSIGNMENTS.values():
        assert {*row.default, *row.drawn} <= set(row.every) <= set(RECIPES)


def test_on_drawn_hands_resnet_50_is_trained_for_fewer_epochs():
    from training.reproduce.run import chosen

    def names(data):
        return [recipe.name for recipe in chosen("residual_networks", "default", data)]

    assert names("synthetic") == ["ours_short"]
    assert names("SIGNS") == names("other") == ["ours", "course_2017_check"]
    ours, short = recipes.get("ours").settings, recipes.get("ours_short").settings
    assert {name for name in ours if ours[name] != short[name]} == {"name", "epochs"}
    assert short["epochs"] < ours["epochs"]


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_every_recipe_compiles(recipe, tiny_net):
    from training.compile import compiled

    assert recipe.batch_norm_at_test in MODES
    model = compiled(tiny_net(), recipe, steps=34 * recipe.epochs)
    assert model.optimizer.built
    assert model.loss.label_smoothing == recipe.label_smoothing
    momentum = recipe.batch_norm_momentum or 0.99
    assert [layer.momentum for layer in model.layers if hasattr(layer, "momentum")] == [momentum]


def test_one_cycle_rises_to_the_rate_and_falls_to_a_thousandth():
    import numpy as np

    from training.compile import optimizer

    recipe = recipes.Recipe("x", epochs=1, schedule="one_cycle", learning_rate=0.5, warm_up=0.25)
    rate = optimizer(recipe, steps=100)._learning_rate
    rates = [float(rate(step)) for step in (0, 10, 25, 50, 100)]
    third = 0.5 * (1 + np.cos(np.pi / 3))  # step 50 is a third of the way down
    expected = [0.02, 0.02 + 0.4 * 0.48, 0.5, 0.5 * (0.999 * third + 0.001), 0.0005]
    np.testing.assert_allclose(rates, expected, rtol=1e-5)


def test_weight_decay_leaves_biases_and_batch_norm_alone(tiny_net):
    import keras

    from training.compile import compiled

    recipe = dataclasses.replace(recipes.get("ours"), learning_rate=1.0, schedule="constant",
                                 weight_decay=0.25)  # fmt: skip
    model = compiled(tiny_net(), recipe, steps=1)
    before = [keras.ops.convert_to_numpy(w) + 0 for w in model.trainable_variables]
    model.optimizer.apply([0 * w for w in before])
    for variable, old in zip(model.trainable_variables, before, strict=True):
        expected = old * 0.75 if variable.name == "kernel" else old
        assert abs(keras.ops.convert_to_numpy(variable) - expected).max() < 1e-6, variable.path


def test_a_wrong_name_lists_close_ones():
    with pytest.raises(TrainingError, match="received 'course_2020'; did you mean course_2021"):
        recipes.get("course_2020")
