"""The VGG lesson: what it counts, its deeper network, and its verdicts."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from nets.vgg import VGG16, VGG19
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


def test_deeper_is_vgg_19():
    """Layer by layer, against the network of nets."""
    made, right = vgg.deeper(VGG16((32, 32, 3), 6)), VGG19((32, 32, 3), 6)
    kinds = [[type(layer).__name__ for layer in model.layers] for model in (made, right)]
    assert kinds[0] == kinds[1]
    assert [w.shape for w in made.weights] == [w.shape for w in right.weights]
    first, second = (made.get_layer(index=i).get_weights()[0] for i in (9, 10))
    assert first.shape == second.shape and np.abs(first - second).max() > 0
    with pytest.raises(TrainingError, match="expected VGG16 as a chain"):
        vgg.deeper(keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Flatten()]))


@pytest.mark.parametrize(
    ("sixteen", "nineteen", "verdict"),
    [
        (0.90, 0.92, "Supported as far as this can tell"),
        (0.60, 0.90, "Not supported: the network with 19 layers"),
        (0.90, 0.60, "Not supported: the network with 16 layers"),
        (0.17, 0.17, "Not tested"),
        (0.90, 0.17, "Not tested"),
    ],
)
def test_the_verdict_on_depth_knows_chance(capsys, sixteen, nineteen, verdict):
    class Score:
        def __init__(self, accuracy):
            self.accuracy, self.tested = accuracy, 120

    vgg.about_depth({"VGG-16": ([], Score(sixteen), 1), "VGG-19": ([], Score(nineteen), 2)})
    said = capsys.readouterr().out
    assert verdict in said and said.count("upported") + said.count("Not tested") == 1
