"""The feature cache: the network's own features, never a stale one, whole after any kill."""

import subprocess
import sys
import time

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from tuned import three_stages

from datasets.augmentation.fused import applied
from datasets.pipeline import scaled
from training.errors import TrainingError
from training.transfer import feature_cache

# Without Keras, so that a process of its own costs little: the features are the sums of rows.
STAND_IN = """
import os, resource, signal, sys, time
from pathlib import Path
import numpy as np
from datasets.errors import DataError
from training.transfer import feature_cache

# In place of Keras, whose import takes seconds.
feature_cache.import_keras = lambda: Keras

class Keras:
    class ops:
        convert_to_numpy = np.asarray

class Model:
    name, layers, output_shape = "sums", [], (None, 3)
    calls = 0
    def to_json(self):
        return '{"name": "sums"}'
    def get_weights(self):
        return [np.arange(3)]
    def __call__(self, images, training):
        if self.calls == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        while self.calls == int(sys.argv[4]) and not any(Path(sys.argv[1]).glob("*.h5")):
            time.sleep(0.01)
        Model.calls += 1
        return images.sum((1, 2))

feature_cache.CHUNK = 4
limit = int(sys.argv[3])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
images = np.arange(18 * 64 * 64 * 3).astype("uint8").reshape(18, 64, 64, 3)
try:
    features = feature_cache.cached(Model(), images, sys.argv[1])
except DataError as error:
    sys.exit(str(error))
assert np.allclose(features, (images / np.float32(255)).sum((1, 2))), features
print(Model.calls)
"""
NEVER = 99


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return three_stages().features


@pytest.fixture
def images(colours):
    return colours.train_x[:10]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(feature_cache, "CHUNK", 4)


def twice(images):
    """Another preparation."""
    return scaled(images) * 2


def refuse(*arguments):
    raise AssertionError("computed again")


def files(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def command(folder, kill_at=NEVER, limit=0, wait_at=NEVER) -> list[str]:
    """A process that makes the file; `wait_at` a chunk it waits until another one has made it."""
    return [sys.executable, "-c", STAND_IN, str(folder), str(kill_at), str(limit), str(wait_at)]


def other_process(root, folder, **how):
    return subprocess.run(command(folder, **how), cwd=root, capture_output=True, text=True)


def test_it_holds_the_networks_own_features_and_is_read_again(model, images, tmp_path, monkeypatch):
    found = feature_cache.cached(model, images, tmp_path)
    np.testing.assert_allclose(found, model(scaled(images), training=False), atol=1e-5)
    assert found.dtype == np.float32 and len(files(tmp_path)) == 1
    monkeypatch.setattr(feature_cache, "_make", refuse)
    np.testing.assert_array_equal(feature_cache.cached(model, images, tmp_path), found)
    path = feature_cache.store(model, images, tmp_path)
    np.testing.assert_array_equal(feature_cache.read(path, [1, 7]), found[[1, 7]])


def test_images_may_be_an_open_file(model, images, tmp_path):
    with h5py.File(tmp_path / "images.h5", "w") as file:
        file["x"] = images
        found = feature_cache.cached(model, file["x"], tmp_path / "cache")
    np.testing.assert_array_equal(feature_cache.cached(model, images, tmp_path / "cache"), found)


def test_what_changes_a_feature_changes_the_key(model, images):
    base = feature_cache.key(model, images)
    keras.utils.set_random_seed(0)
    changed = three_stages().features
    assert feature_cache.key(changed, images) == base  # the same model, built again
    kernel = changed.layers[-3].kernel
    kernel.assign(kernel + 1e-6)
    pixel = images.copy()
    pixel[7, 5, 5, 1] ^= 1  # not in the first chunk
    others = [
        feature_cache.key(changed, images),
        feature_cache.key(model, pixel),
        feature_cache.key(model, images[:9]),
        feature_cache.key(model, images, twice),
        feature_cache.key(model, images, applied),
    ]
    digests = {found.digest for found in (base, *others)}
    assert len(digests) == 6
    named = {name for found in others for name in ("model", "images", "preparation")
             if getattr(found, name) != getattr(base, name)}  # fmt: skip
    assert named == {"model", "images", "preparation"}


def test_names_do_not_make_another_model_but_an_activation_does():
    def build(activations, names=(None, None)):
        keras.utils.set_random_seed(0)
        X = images = keras.Input((4,))
        for activation, name in zip(activations, names, strict=True):
            X = layers.Dense(4, activation=activation, name=name)(X)
        return feature_cache.model_hash(keras.Model(images, X))

    plain = build(("relu", "tanh"))
    assert build(("relu", "tanh")) == build(("relu", "tanh"), ("tanh", "relu")) == plain
    assert len({plain, build(("tanh", "relu")), build(("tanh", "relu"), ("tanh", "relu"))}) == 2


def test_freezing_and_compiling_keep_the_key(images):
    network = three_stages()
    before = feature_cache.model_hash(network.features)
    for layer in network.features.layers:
        layer.trainable = False
    network.features.compile("sgd", "mse")
    assert feature_cache.model_hash(network.features) == before


def test_another_network_never_reads_the_file_of_the_first(model, images, tmp_path):
    first = feature_cache.cached(model, images, tmp_path)
    keras.utils.set_random_seed(1)
    other = three_stages().features
    found = feature_cache.cached(other, images, tmp_path)
    np.testing.assert_allclose(found, other(scaled(images), training=False), atol=1e-5)
    assert not np.allclose(found, first) and len(files(tmp_path)) == 2


def test_a_file_under_a_wrong_name_is_refused_and_computed_anew(model, images, tmp_path):
    path = feature_cache.store(model, images, tmp_path)
    keras.utils.set_random_seed(1)
    other = three_stages().features
    key = feature_cache.key(other, images)
    renamed = path.rename(feature_cache.path_of(tmp_path, other, key))
    with pytest.raises(TrainingError, match="those of other model: remove it"):
        feature_cache.check(renamed, key, 10)
    said = []
    found = feature_cache.cached(other, images, tmp_path, say=said.append)
    np.testing.assert_allclose(found, other(scaled(images), training=False), atol=1e-5)
    assert len(said) == 1 and said[0].endswith("computed again") and "\n" not in said[0]


@pytest.mark.parametrize("damage", ["flipped", "cut", "text", "empty"])
def test_a_damaged_file_is_one_line_and_computed_anew(damage, model, images, tmp_path):
    good = feature_cache.cached(model, images, tmp_path)
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    place = data.find(good[5].tobytes()[:16])
    assert place > 0
    data[place] ^= 255
    path.write_bytes({"flipped": data, "cut": data[: len(data) // 2], "text": b"no HDF5",
                      "empty": b""}[damage])  # fmt: skip
    said = []
    found = feature_cache.cached(model, images, tmp_path, say=said.append)
    np.testing.assert_array_equal(found, good)
    (line,) = said
    assert "damaged or foreign" in line and str(path) in line and "\n" not in line
    feature_cache.cached(model, images, tmp_path, say=refuse)


def test_a_killed_run_goes_on_after_its_last_whole_chunk(root, tmp_path):
    killed = other_process(root, tmp_path, kill_at=3)
    assert killed.returncode == -9, killed.stderr
    (parts,) = tmp_path.iterdir()
    assert files(parts) == ["0.npy", "4.npy", "8.npy"]
    (parts / "4.npy").write_bytes((parts / "4.npy").read_bytes()[:100])  # half of one
    resumed = other_process(root, tmp_path)
    assert (resumed.returncode, resumed.stdout) == (0, "3\n"), resumed.stderr
    (path,) = tmp_path.iterdir()
    assert path.suffix == ".h5"
    assert other_process(root, tmp_path).stdout == "0\n"


@pytest.mark.parametrize("wait_at", [1, 4])
def test_two_processes_that_make_the_same_file_both_have_it(root, tmp_path, wait_at):
    slow = subprocess.Popen(
        command(tmp_path, wait_at=wait_at),
        cwd=root,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while len([*tmp_path.glob(".*/[0-9]*.npy")]) < wait_at and time.monotonic() < deadline:
        time.sleep(0.01)
    fast = other_process(root, tmp_path)
    assert (fast.returncode, fast.stdout) == (0, f"{5 - wait_at}\n"), fast.stderr
    # How many chunks it computes depends on how many of the parts it still finds.
    _, errors = slow.communicate(timeout=60)
    assert slow.returncode == 0, errors
    assert [path.suffix for path in tmp_path.iterdir()] == [".h5"]


@pytest.mark.parametrize("limit, kept", [(100, 0), (400, 5)])
def test_a_full_disk_is_one_line_and_what_was_done_is_kept(root, tmp_path, limit, kept):
    full = other_process(root, tmp_path, limit=limit)
    assert full.returncode == 1, full.stderr
    assert full.stderr.startswith("cannot write") and full.stderr.count("\n") == 1
    assert "write elsewhere" in full.stderr
    (parts,) = tmp_path.iterdir()
    assert len(files(parts)) == kept
    assert other_process(root, tmp_path).stdout == f"{5 - kept}\n"


def test_a_preparation_without_code_is_refused(model, images):
    with pytest.raises(TrainingError, match="a function in a file"):
        feature_cache.key(model, images, np.sin)
