"""Saved models: the network that answers, without its optimizer, wherever one is saved."""

import ast
import dataclasses
import io
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest

from datasets.errors import DataError
from training.lessons.inception import with_heads
from training.loop import fit
from training.recipes import RECIPES
from training.saving import load_model, save_model

# These write arrays and pictures. All others that are called `save` would write a model.
NOT_OF_KERAS = {"Image", "figure", "np", "picture", "plots", "square"}
PACKAGES = ("nets", "datasets", "training", "grader", "solutions", "benchmarks")


def weights(path) -> list[str]:
    """The names of all arrays in a .keras file; no optimizer is compiled into it."""
    with zipfile.ZipFile(path) as archive:
        assert not json.loads(archive.read("config.json")).get("compile_config")
        names: list[str] = []
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
            file.visititems(
                lambda name, part: names.append(name) if hasattr(part, "shape") else None
            )
    return names


@pytest.fixture(scope="module")
def fitted(tiny_net, colours, tmp_path_factory):
    """A trained network, and the folder with the best.keras of its training."""
    folder = tmp_path_factory.mktemp("fitted")
    recipe = dataclasses.replace(RECIPES["lenet"], epochs=1)
    validation = colours.test_x, colours.test_y
    return fit(tiny_net, colours, recipe, folder, validation=validation).model, folder


def test_a_saved_model_has_no_optimizer_and_answers_as_before(fitted, colours, tmp_path):
    model, _ = fitted
    path = tmp_path / "model.keras"
    save_model(model, path)
    names = weights(path)
    assert len(names) == len(model.weights) and not any("optimizer" in name for name in names)
    images = colours.test_x / np.float32(255)
    saved = keras.saving.load_model(path)
    assert saved.name == model.name and not saved.compiled
    np.testing.assert_array_equal(saved(images), model(images))
    assert model.optimizer is not None  # it can go on


def test_the_best_epoch_is_saved_without_its_optimizer(fitted):
    model, folder = fitted
    assert len(weights(folder / "best.keras")) == len(model.weights)


def test_heads_that_only_train_are_not_saved(tmp_path):
    images = keras.Input((4, 4, 3))
    flat = keras.layers.Flatten()(images)
    answers = [keras.layers.Dense(6, activation="softmax", name=f"out{i}")(flat) for i in range(3)]
    model = with_heads(keras.Model(images, answers))
    save_model(model, tmp_path / "model.keras")
    saved = keras.saving.load_model(tmp_path / "model.keras")
    pixels = np.random.default_rng(0).random((2, 4, 4, 3), "float32")
    np.testing.assert_array_equal(saved(pixels), model(pixels))


def test_a_pointer_of_git_lfs_is_called_by_its_name(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n")
    with pytest.raises(DataError, match="received a pointer of Git LFS in its place: fetch"):
        load_model(path)


def savers(tree: ast.Module) -> list[str]:
    """The calls in a file that write a model of Keras."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = [ast.unparse(call) for call in calls]
    return [
        name
        for name in names
        if name.endswith((".save", ".ModelCheckpoint", ".save_weights", "saving.save_model"))
        and name.split(".")[0] not in NOT_OF_KERAS
    ]


def test_models_are_saved_in_one_place(root):
    files = [path for package in PACKAGES for path in (root / package).rglob("*.py")]
    texts = {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in files}
    found = {name: savers(ast.parse(text)) for name, text in texts.items()}
    assert {name: calls for name, calls in found.items() if calls} == {
        "training/saving.py": ["bare(model).save"]
    }
    assert savers(ast.parse("model.save(path)\nkeras.callbacks.ModelCheckpoint(path)"))
