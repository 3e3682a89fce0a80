"""Where weights come from: pre-training on drawn hands, files of ImageNet, presets of KerasHub."""

import dataclasses
import importlib
import json
import sys
import types

import keras
import numpy as np
import pytest
from keras import layers
from tuned import three_stages

import nets
from training.errors import TrainingError
from training.progress import Silent
from training.recipes import Recipe
from training.transfer import backbone as networks
from training.transfer import pretrained

RECIPE = Recipe("test", epochs=1, batch=12)


@pytest.fixture
def tiny(monkeypatch):
    """The tiny network in place of those of nets/, and few drawn hands to test it on."""

    def build(name, input_shape, classes, weights=None):
        network = three_stages(classes)
        if weights is not None:
            kept = keras.saving.load_model(weights)
            for mine, theirs in zip(network.features.weights, kept.weights, strict=False):
                mine.assign(theirs)
        return network

    monkeypatch.setattr(networks, "build", build)
    monkeypatch.setattr(pretrained, "TESTED", 6)


def test_pre_training_is_done_once_and_kept_by_what_made_it(tiny, tmp_path, monkeypatch):
    wanted = pretrained.Pretraining("lenet5", 24, 1, RECIPE)
    said = []
    path = pretrained.pretrained(wanted, tmp_path, say=said.append, reporter=Silent)
    assert path == wanted.path(tmp_path) and len(said) == 2
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".json", ".keras"]
    record = json.loads(path.with_suffix(".json").read_text())
    assert record["settings"]["hands"] == 24 and 0 <= record["accuracy_on_drawn_hands"] <= 1
    monkeypatch.setattr(pretrained, "fit", lambda *a, **k: pytest.fail("trained again"))
    assert pretrained.pretrained(wanted, tmp_path) == path
    others = [
        dataclasses.replace(wanted, hands=30),
        dataclasses.replace(wanted, seed=2),
        dataclasses.replace(wanted, net="alexnet"),
        dataclasses.replace(wanted, recipe=dataclasses.replace(RECIPE, epochs=2)),
    ]
    assert len({one.path(tmp_path) for one in (wanted, *others)}) == 5
    kept = pretrained.network(str(path), "lenet5", 3)
    loaded = keras.saving.load_model(path)
    assert kept.model.output_shape == (None, 3)
    np.testing.assert_array_equal(kept.stages["stage1"][0].kernel, loaded.layers[1].kernel)


def test_weights_of_earlier_code_are_kept_and_trained_again_in_words(tiny, tmp_path, monkeypatch):
    wanted, said = pretrained.Pretraining("lenet5", 24, 1, RECIPE), []
    monkeypatch.setattr(pretrained.runs, "decisive_code", lambda *files: "earlier")
    old = pretrained.pretrained(wanted, tmp_path, reporter=Silent)
    monkeypatch.undo()
    monkeypatch.setattr(pretrained, "fit", stopped)
    with pytest.raises(KeyboardInterrupt):
        pretrained.pretrained(wanted, tmp_path, say=said.append)
    assert said[0] == f"{old}: made by an earlier version of the code, kept; trained again"
    assert len(said) == 2 and old.is_file()
    said.clear()
    other = dataclasses.replace(wanted, recipe=dataclasses.replace(RECIPE, epochs=2))
    with pytest.raises(KeyboardInterrupt):  # other settings are no earlier version
        pretrained.pretrained(other, tmp_path, say=said.append)
    assert len(said) == 1


def stopped(*arguments, **options):
    raise KeyboardInterrupt


def test_drawn_hands_are_those_of_the_twin():
    images, labels = pretrained.hands("train", 70, 1)
    again, _ = pretrained.hands("train", 6, 1)
    assert images.shape == (70, 64, 64, 3) and images.dtype == np.uint8
    assert np.bincount(labels[:60]).tolist() == [10] * 6
    np.testing.assert_array_equal(images[:6], again)
    assert not np.array_equal(again, pretrained.hands("test", 6, 1)[0])
    assert not np.array_equal(again, pretrained.hands("train", 6, 0)[0])


@pytest.mark.parametrize(
    "source, message",
    [
        ("synthetc", "did you mean synthetic"),
        ("nowhere.keras", "expected a file of weights, found none at nowhere.keras"),
        ("hub:resnet_18_imagenet", "KerasHub, which is not installed: pip install keras-hub"),
    ],
)
def test_what_is_no_source_is_one_line(source, message, monkeypatch):
    monkeypatch.setattr(pretrained.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(TrainingError, match=message):
        pretrained.check(source)
    for good in pretrained.SOURCES:
        pretrained.check(good)


def test_a_network_of_nets_is_cut_at_its_head():
    network = networks.build("lenet5", (64, 64, 3), 6)
    assert list(network.stages) == networks.stages_of("lenet5") == ["conv1", "conv2", "dense"]
    images = np.random.default_rng(0).random((2, 64, 64, 3), "float32")
    np.testing.assert_allclose(
        network.head(network.features(images)), network.model(images), atol=1e-6
    )
    with pytest.raises(TrainingError, match="did you mean lenet5"):
        networks.build("lenet", (64, 64, 3), 6)
    with pytest.raises(TrainingError, match="did you mean lenet5"):
        networks.stages_of("lenet")
    with pytest.raises(TrainingError, match="no ImageNet weights for it"):
        networks.build("lenet5", (64, 64, 3), 6, "imagenet")


def test_weights_of_a_file_come_with_a_new_softmax(tmp_path):
    keras.utils.set_random_seed(0)
    kept = networks.build("lenet5", (64, 64, 3), 6)
    kept.model.save(tmp_path / "kept.keras")
    keras.utils.set_random_seed(1)
    network = networks.build("lenet5", (64, 64, 3), 6, str(tmp_path / "kept.keras"))
    *body, head = [layer for layer in network.model.layers if layer.weights]
    *old_body, old_head = [layer for layer in kept.model.layers if layer.weights]
    for mine, theirs in zip(body, old_body, strict=True):
        np.testing.assert_array_equal(mine.kernel, theirs.kernel)
    assert not np.allclose(head.kernel, old_head.kernel)


def test_weights_of_imagenet_get_the_pixels_they_were_learnt_on():
    caffe = networks._preparation(nets, "resnet50")
    assert caffe is keras.applications.resnet.preprocess_input
    assert networks._preparation(nets, "resnet50v2") is not caffe
    inner = nets.build("lenet5", (64, 64, 3), 6)
    network = networks._cut(nets, inner, caffe)
    images = np.random.default_rng(0).random((2, 64, 64, 3), "float32")
    expected = inner(caffe(255 * images))
    np.testing.assert_allclose(network.model(images), expected, rtol=1e-4, atol=1e-5)
    through = network.head(network.features(images))
    np.testing.assert_allclose(through, expected, rtol=1e-4, atol=1e-5)
    assert network.stages == nets.stages(inner)


def test_without_nets_a_study_says_so(monkeypatch):
    monkeypatch.setattr(networks, "LIBRARY", "nets_of_nobody")
    with pytest.raises(TrainingError, match="expected the package nets_of_nobody/ next to"):
        networks.stages_of("lenet5")


def test_a_preset_of_kerashub_is_cut_at_the_levels_of_its_pyramid(monkeypatch):
    """A stand-in for KerasHub: its presets need a network."""

    def backbone(preset):
        if preset != "tiny":
            raise ValueError(f"no preset {preset}\nand a long explanation")
        images = keras.Input((64, 64, 3))
        first = layers.Conv2D(4, 8, strides=8, name="stack0")(images)
        second = layers.Conv2D(5, 3, name="stack1")(first)
        model = keras.Model(images, second, name="stand_in")
        model.pyramid_outputs = {"P3": first, "P4": second}
        return model

    hub = types.SimpleNamespace(
        models=types.SimpleNamespace(Backbone=types.SimpleNamespace(from_preset=backbone)),
        layers=types.SimpleNamespace(
            ImageConverter=types.SimpleNamespace(
                from_preset=lambda preset: layers.Rescaling(1 / 127.5, -1.0)
            )
        ),
    )
    monkeypatch.setitem(sys.modules, "keras_hub", hub)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    network = pretrained.network("hub:tiny", "ignored", 6)
    names = {level: [layer.name for layer in found] for level, found in network.stages.items()}
    assert list(names) == ["P3", "P4"]
    assert "stack0" in names["P3"] and names["P4"] == ["stack1"]
    images = np.random.default_rng(0).random((2, 64, 64, 3), "float32")
    by_hand = network.stages["P4"][0](network.stages["P3"][-1](2 * images - 1))
    np.testing.assert_allclose(network.features(images), by_hand, atol=1e-4)
    np.testing.assert_allclose(
        network.head(network.features(images)), network.model(images), atol=1e-5
    )
    with pytest.raises(TrainingError, match="cannot give the preset 'large': no preset large$"):
        pretrained.network("hub:large", "ignored", 6)
