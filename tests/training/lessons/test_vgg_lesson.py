"""The VGG lesson: what it counts, its other depths, and its verdicts."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest

import nets.vgg as nets_vgg
from nets.vgg import VGG16
from tests.training.lessons.finished import finished
from training.errors import TrainingError
from training.lessons import vgg


def test_parameters_are_counted_by_layer_from_the_input_on():
    found = vgg.parameters_by_layer(VGG16((32, 32, 3), 6))
    assert [name for name, _ in found] == [
        *(f"conv {i}" for i in range(1, 14)),
        "dense 1",
        "dense 2",
        "dense 3",
    ]
    assert dict(found)["conv 1"] == 3 * 3 * 3 * 64 + 64
    assert dict(found)["dense 1"] == 512 * 4096 + 4096
    assert sum(number for _, number in found) == 33_621_830


@pytest.mark.parametrize("name", vgg.DEPTHS)
def test_the_other_depths_are_those_of_the_paper(name):
    """Layer by layer, against the networks of nets."""
    right = getattr(nets_vgg, name.replace("-", ""))((32, 32, 3), 6)
    made = vgg.with_convolutions(VGG16((32, 32, 3), 6), vgg.DEPTHS[name], "made")
    kinds = [[type(layer).__name__ for layer in model.layers] for model in (made, right)]
    assert kinds[0] == kinds[1]
    assert [w.shape for w in made.weights] == [w.shape for w in right.weights]


def test_added_convolutions_are_drawn_anew_and_an_activation_of_its_own_follows_each():
    chain = [keras.Input((32, 32, 3))]
    for filters in (4, 5):
        for _ in range(2):
            chain += [keras.layers.Conv2D(filters, 3, padding="same"), keras.layers.ReLU()]
        chain.append(keras.layers.MaxPooling2D(2))
    model = keras.Sequential([*chain, keras.layers.Flatten(), keras.layers.Dense(3)])
    made = vgg.with_convolutions(model, (1, 3), "made")
    kinds = [type(layer).__name__ for layer in made.layers[1:]]
    pair, pool = ["Conv2D", "ReLU"], ["MaxPooling2D"]
    assert kinds == [*pair, *pool, *pair * 3, *pool, "Flatten", "Dense"]
    second, third = (made.layers[i].get_weights()[0] for i in (6, 8))
    assert second.shape == third.shape and np.abs(second - third).max() > 0


def test_what_is_no_chain_of_blocks_is_named():
    with pytest.raises(TrainingError, match="expected VGG16 as a chain"):
        vgg.with_convolutions(
            keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Flatten()]), (1, 1), "made"
        )


@pytest.mark.parametrize(
    ("wrong", "loss", "verdicts"),
    [
        ((40, 10, 10), 0.1, ["Supported: the whole interval is above", "Supported: the whole"]),
        ((10, 10, 40), 0.1, ["Contradicted: the whole interval", "Contradicted: the whole"]),
        ((10, 10, 10), 0.1, ["Too close to tell", "Supported: the whole interval is within"]),
        ((80, 80, 80), 1.8, ["Not tested here: nothing was learnt"] * 2),
    ],
)
def test_the_verdicts_on_depth_know_chance(capsys, wrong, loss, verdicts):
    names = ("VGG-11", "VGG-16", "VGG-19")
    found = {name: finished(name, w, loss=loss) for name, w in zip(names, wrong, strict=True)}
    vgg.about_depth(found)
    lines = capsys.readouterr().out.splitlines()
    judged = [after for line, after in itertools.pairwise(lines) if line.startswith("Measured")]
    assert [line.startswith(words) for line, words in zip(judged, verdicts, strict=True)] == [
        True,
        True,
    ]
