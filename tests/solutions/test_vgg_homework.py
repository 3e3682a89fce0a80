"""The VGG homework as a script: the whole walk on a few drawn hands."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest
from PIL import Image

from training.errors import TrainingError

SCRIPT = "solutions/vgg.py"


def test_the_walk_counts_trains_two_networks_and_judges_two_sentences(walked):
    said = walked[0]
    assert ("Counted, 224x224x3, 1000 classes: 138,357,544, of them 102,764,544 or 74% in the "
            "first dense layer") in said
    assert "39,913,286, of them 8,392,704 or 21%" in said and "largest is dense 2" in said
    assert [word for word in re.findall(r"(Not borne|Borne) out for these", said)] == [
        "Borne", "Not borne"]
    assert len(re.findall(r"VGG-1[69]: [\d,]+ parameters, \d+ s, training loss \d", said)) == 2
    assert said.count("Said: ") == 2 and "Measured: test accuracy" in said
    assert "--quick: 64 training photographs and 2 epochs, too few to judge by" in said


def test_the_walk_leaves_its_plots_and_the_model(walked):
    names = {path.name for path in walked[1].iterdir()}
    assert names == {"parameters.png", "losses.png", "confusion.png", "model.keras"}
    for name in ("parameters.png", "losses.png"):
        with Image.open(walked[1] / name) as image:
            assert image.size == (800, 450)


def test_parameters_are_counted_by_layer_from_the_input_on(homework):
    found = homework.parameters_by_layer(homework.VGG16((32, 32, 3), 6))
    assert [name for name, _ in found] == [
        *(f"conv {i}" for i in range(1, 14)), "dense 1", "dense 2", "dense 3"]
    assert dict(found)["conv 1"] == 3 * 3 * 3 * 64 + 64
    assert dict(found)["dense 1"] == 512 * 4096 + 4096
    assert sum(number for _, number in found) == 33_621_830


def test_deeper_is_vgg_19(homework):
    """Layer by layer, against the network of nets."""
    from nets.vgg import VGG19

    made, right = homework.deeper(homework.VGG16((32, 32, 3), 6)), VGG19((32, 32, 3), 6)
    kinds = [[type(layer).__name__ for layer in model.layers] for model in (made, right)]
    assert kinds[0] == kinds[1]
    assert [w.shape for w in made.weights] == [w.shape for w in right.weights]
    first, second = (made.get_layer(index=i).get_weights()[0] for i in (9, 10))
    assert first.shape == second.shape and np.abs(first - second).max() > 0
    with pytest.raises(TrainingError, match="expected VGG16 as a chain"):
        homework.deeper(keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Flatten()]))


def test_halved_is_the_mean_of_four(homework):
    images = np.zeros((1, 4, 4, 3), "uint8")
    images[0, :2, :2, 1] = [[10, 20], [30, 42]]
    found = homework.halved(images)
    assert found.shape == (1, 2, 2, 3) and found.dtype == np.uint8
    assert found[0, 0, 0].tolist() == [0, 26, 0] and found[0, 1:].max() == 0


@pytest.mark.parametrize(("sixteen", "nineteen", "verdict"), [
    (0.90, 0.92, "Borne out as far as this can tell"),
    (0.60, 0.90, "Not borne out: the network with 19 layers"),
    (0.90, 0.60, "Not borne out: the network with 16 layers"),
    (0.17, 0.17, "Not tested"),
    (0.90, 0.17, "Not tested"),
])
def test_the_verdict_on_depth_knows_chance(homework, capsys, sixteen, nineteen, verdict):
    class Score:
        def __init__(self, accuracy):
            self.accuracy, self.tested = accuracy, 120

    homework.about_depth({"VGG-16": ([], Score(sixteen), 1), "VGG-19": ([], Score(nineteen), 2)})
    said = capsys.readouterr().out
    assert verdict in said and said.count("orne out") + said.count("Not tested") == 1
