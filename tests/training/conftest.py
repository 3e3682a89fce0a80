"""A network and a data set that train in a second, and a project around them."""

import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from datasets.signs import Signs

COLOURS = np.array(
    [[220, 30, 30], [30, 220, 30], [30, 30, 220], [220, 220, 30], [220, 30, 220], [30, 220, 220]]
)
# The exercise's contract, on a network small enough to train in a second.
TINY = '''
import keras
from keras import layers


def ResNet50(input_shape=(64, 64, 3), classes=6):
    """Colour is enough to tell the test's images apart."""
    inputs = keras.Input(input_shape)
    X = layers.Conv2D(8, 8, strides=8)(inputs)
    X = layers.Activation("relu")(layers.BatchNormalization(axis=3)(X))
    X = layers.Flatten()(X)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(X))
'''


def coloured(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """n images of one colour per class, with noise: uint8 (n, 64, 64, 3), int64 (n,)."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 6
    noise = rng.integers(-30, 31, (n, 64, 64, 3))
    return (COLOURS[labels][:, None, None] + noise).clip(0, 255).astype("uint8"), labels


@pytest.fixture(scope="session")
def colours() -> Signs:
    """Data in the shapes of SIGNS: 60 train and 12 test images."""
    return Signs(*coloured(60, 0), *coloured(12, 1), np.arange(6))


@pytest.fixture(scope="session")
def colours_folder(colours, tmp_path_factory) -> Path:
    """The same data as two files."""
    folder = tmp_path_factory.mktemp("colours")
    for split, images, labels in (
        ("train", colours.train_x, colours.train_y),
        ("test", colours.test_x, colours.test_y),
    ):
        with h5py.File(folder / f"{split}_signs.h5", "w") as file:
            file[f"{split}_set_x"], file[f"{split}_set_y"] = images, labels
            file["list_classes"] = np.arange(6)
    return folder


@pytest.fixture(scope="session")
def tiny_net():
    """A function that builds the tiny network."""
    scope = {}
    exec(TINY, scope)
    return scope["ResNet50"]


@pytest.fixture(scope="session")
def project(root, tmp_path_factory) -> Path:
    """A copy of what trains and of what writes its page, with the tiny network as its solution."""
    folder = tmp_path_factory.mktemp("project")
    for package in ("training", "datasets", "signs", "grader"):
        shutil.copytree(
            root / package, folder / package, ignore=shutil.ignore_patterns("data", "__pycache__")
        )
    (folder / "solutions").mkdir()
    (folder / "solutions" / "residual_networks.py").write_text(TINY)
    return folder


@pytest.fixture(scope="session")
def start(project, colours_folder):
    """start(*arguments, **options): `python -m training reproduce` of that project, a Popen."""

    def popen(*arguments, **options):
        command = [sys.executable, "-m", "training", "reproduce", "residual_networks"]
        return subprocess.Popen(
            command + [*map(str, arguments), "--folder", str(colours_folder)],
            cwd=project,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    return popen
