"""Policies freeze what they say, frozen batch norm stays, and the phases go at their rates."""

import keras
import numpy as np
import pytest
from tuned import HEAD_WEIGHTS, STAGE_WEIGHTS, three_stages

from training.errors import TrainingError
from training.loop import fit
from training.progress import Silent
from training.recipes import Recipe
from training.transfer import fine_tune

RECIPE = Recipe("test", epochs=2, batch=16, learning_rate=0.02)


@pytest.fixture
def network():
    keras.utils.set_random_seed(0)
    return three_stages()


def trainable(network) -> int:
    return sum(int(np.prod(variable.shape)) for variable in network.model.trainable_variables)


def values(layers) -> list:
    return [weights for layer in layers for weights in layer.get_weights()]


def same(before, after) -> bool:
    return all(map(np.array_equal, before, after))


@pytest.mark.parametrize(
    "moving, weights, frozen",
    [
        (0, HEAD_WEIGHTS, ["stage1", "stage2", "stage3"]),
        (1, HEAD_WEIGHTS + STAGE_WEIGHTS[2], ["stage1", "stage2"]),
        (2, HEAD_WEIGHTS + sum(STAGE_WEIGHTS[1:]), ["stage1"]),
        (3, HEAD_WEIGHTS + sum(STAGE_WEIGHTS), []),
        (None, HEAD_WEIGHTS + sum(STAGE_WEIGHTS), []),
    ],
)
def test_what_is_frozen_counts_as_by_hand(network, moving, weights, frozen):
    fine_tune.freeze(network.stages, 0)
    assert fine_tune.freeze(network.stages, moving) == frozen
    assert trainable(network) == weights


@pytest.mark.parametrize("moving", [-1, 4])
def test_more_stages_than_there_are_are_refused(network, moving):
    with pytest.raises(TrainingError, match=r"expected 0 to 3 stages .*stage1, .* received"):
        fine_tune.freeze(network.stages, moving)


def test_frozen_batch_norm_works_in_inference_mode_and_its_averages_stay(network, colours):
    images = colours.train_x[:8] / np.float32(255)
    fine_tune.freeze(network.stages, 0)
    as_trained, as_tested = (network.model(images, training=mode) for mode in (True, False))
    np.testing.assert_allclose(as_trained, as_tested, atol=1e-6)
    fine_tune.freeze(network.stages, 1)
    before = {name: values(layers) for name, layers in network.stages.items()}
    fit(network.model, colours, RECIPE, reporter=Silent)
    after = {name: values(layers) for name, layers in network.stages.items()}
    assert same(before["stage1"], after["stage1"]) and same(before["stage2"], after["stage2"])
    averages = [i for i, weights in enumerate(before["stage3"]) if i in (4, 5)]
    assert not any(np.array_equal(before["stage3"][i], after["stage3"][i]) for i in averages)


def test_the_lectures_policies_by_data_size():
    names = [fine_tune.advised(size).name for size in (1, 19, 20, 99, 100, 5000)]
    assert names == ["softmax", "softmax", "later", "later", "all", "all"]
    with pytest.raises(TrainingError, match="did you mean softmax"):
        fine_tune.get("soft_max")


def test_two_phases_the_head_first_then_the_rest_at_a_tenth(network, colours, monkeypatch):
    seen = []

    def watched_fit(model, data, recipe, **options):
        seen.append((trainable(network), recipe.learning_rate, options["seed"]))
        return fit(model, data, recipe, **options)

    def watched_head(head, features, labels, recipe, seed):
        seen.append((trainable(network), recipe.learning_rate, seed))
        return head_before(head, features, labels, recipe, seed, least=8)

    head_before = fine_tune.fit_head
    monkeypatch.setattr(fine_tune, "fit", watched_fit)
    monkeypatch.setattr(fine_tune, "fit_head", watched_head)
    first = values(network.stages["stage1"])
    tuned = fine_tune.fine_tune(
        network, colours, RECIPE, fine_tune.get("later"), seed=7, reporter=Silent
    )
    later = HEAD_WEIGHTS + sum(STAGE_WEIGHTS[1:])
    assert seen == [(HEAD_WEIGHTS, 0.02, 7), (later, pytest.approx(0.002), 1007)]
    assert same(first, values(network.stages["stage1"]))
    assert [len(history) for _, history, _ in tuned.phases] == [2, 2]
    assert tuned.seconds == sum(seconds for _, _, seconds in tuned.phases) > 0


def test_a_head_learns_on_features_and_leaves_the_rest(network, colours):
    body = values([layer for layers in network.stages.values() for layer in layers])
    tuned = fine_tune.fine_tune(network, colours, RECIPE, fine_tune.get("softmax"), reporter=Silent)
    ((what, history, _),) = tuned.phases
    assert what == "softmax, 0 stages and the head"
    assert len(history) == 2  # of 150 steps each
    assert history[-1]["loss"] < history[0]["loss"] and history[-1]["accuracy"] > 0.5
    assert same(body, values([layer for layers in network.stages.values() for layer in layers]))
    # The head of the model is the head that was trained.
    through = network.head(fine_tune.computed(network.features, colours.test_x))
    whole = network.model(colours.test_x / np.float32(255), training=False)
    np.testing.assert_allclose(through, whole, atol=1e-5)


def test_a_head_refuses_what_does_not_fit(network):
    features, labels = np.zeros((12, 4, 4, 8), "float32"), np.arange(12) % 6
    with pytest.raises(TrainingError, match=r"shape \(4, 4, 8\) for this head, received \(4, 8\)"):
        fine_tune.fit_head(network.head, features[:, 0], labels, RECIPE)
    with pytest.raises(TrainingError, match="a label for each of 12 features, received 11"):
        fine_tune.fit_head(network.head, features, labels[1:], RECIPE)
    with pytest.raises(TrainingError, match="labels below 6, .* received 6"):
        fine_tune.fit_head(network.head, features, labels + 1, RECIPE)
