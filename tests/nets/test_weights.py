"""Weights from every kind of file: all fit, or the message says what differs and nothing moved."""

from __future__ import annotations

import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import nets
from nets import NetError
from nets.weights import load

FORMATS = ("weights.h5", "keras", "h5")


def small(name="small", classes=3, prefix="", channels=4, more=0, side=6):
    """A network with every kind of weight: kernels, statistics, the state of a dropout."""
    image = keras.Input((side, side, 2))
    X = layers.Conv2D(channels, 3, name=f"{prefix}conv")(image)
    X = layers.BatchNormalization(name=f"{prefix}norm")(X)
    for i in range(more):
        X = layers.Conv2D(channels, 1, name=f"{prefix}more{i}")(X)
    X = layers.Dropout(0.5, name=f"{prefix}drop")(layers.Flatten(name=f"{prefix}flat")(X))
    X = layers.Dense(classes, activation="softmax", name=f"{prefix}predictions")(X)
    return shuffled(keras.Model(image, X, name=name))


def shuffled(model):
    random = np.random.default_rng(len(model.weights))
    model.set_weights([random.uniform(0.5, 1, weight.shape) for weight in model.weights])
    return model


def saved(model, folder, suffix: str):
    path = folder / f"saved.{suffix}"
    (model.save_weights if suffix == "weights.h5" else model.save)(path)
    return path


def equal(first, second) -> bool:
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def refused(model, weights) -> str:
    """The message with which loading fails; the model has to be as before."""
    before = model.get_weights()
    with pytest.raises(NetError) as caught:
        load(model, weights)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    message = str(caught.value)
    assert "\n" not in message
    return message


def zeroed(model):
    model.set_weights([np.zeros(weight.shape) for weight in model.weights])
    return model


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("prefix", ["", "other_"])
def test_every_format_comes_back_by_name_or_by_order(suffix, prefix, tmp_path):
    model = small(prefix=prefix)
    loaded = zeroed(small())
    load(loaded, str(saved(model, tmp_path, suffix)))
    assert equal(loaded, model)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_trained_model_that_was_partly_frozen_comes_back(suffix, tmp_path):
    model = small()
    model.get_layer("norm").trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(np.ones((2, 6, 6, 2)), np.zeros(2), verbose=0)
    loaded = zeroed(small())
    load(loaded, saved(model, tmp_path, suffix))
    assert equal(loaded, model)


def test_the_state_that_older_keras_saved_with_a_dropout_is_no_weight(tmp_path):
    model = small()
    path = saved(model, tmp_path, "weights.h5")
    with h5py.File(path, "a") as file:
        file["layers/dropout/seed_generator/vars/0"] = np.zeros(2, "uint32")
    loaded = zeroed(small())
    load(loaded, path)
    assert equal(loaded, model)


def test_names_decide_where_the_order_is_another(tmp_path):
    def ordered(*names):
        image = keras.Input((4, 4, 2))
        X = image
        for name in names:
            X = layers.Conv2D(2, 1, name=name)(X)
        return shuffled(keras.Model(image, X, name="ordered"))

    model, loaded = ordered("a", "b"), zeroed(ordered("b", "a"))
    load(loaded, saved(model, tmp_path, "weights.h5"))
    for name in "ab":
        assert np.array_equal(
            loaded.get_layer(name).get_weights()[0], model.get_layer(name).get_weights()[0]
        )
    # By order everything would fit, and a would get what belongs to b.
    message = refused(ordered("a", "c"), saved(ordered("b", "a"), tmp_path, "keras"))
    assert "1 layer only in the network: c; 1 layer only in the weights: b" in message


@pytest.mark.parametrize("suffix", FORMATS)
def test_another_number_of_classes_is_named_with_both_shapes(suffix, tmp_path):
    path = saved(small(classes=3), tmp_path, suffix)
    message = refused(small(classes=5), path)
    assert message == (
        f"small: the file {path} does not fit: 1 layer of other shapes: predictions expected "
        "(64, 5) and (5,), received (64, 3) and (3,)"
    )


@pytest.mark.parametrize("suffix", FORMATS)
def test_layers_that_only_one_side_has_are_named(suffix, tmp_path):
    few, many = small(), small(more=2)
    assert "2 layers only in the network: more0, more1" in refused(
        many, saved(few, tmp_path, suffix)
    )
    # Keras passes over these without a word.
    assert "2 layers only in the weights: more0, more1" in refused(
        few, saved(many, tmp_path, suffix)
    )


def test_the_whole_difference_is_counted_and_the_long_list_cut(tmp_path):
    path = saved(small(more=30, channels=4), tmp_path, "weights.h5")
    message = refused(small(more=32, channels=5), path)
    assert "33 layers of other shapes: conv expected (3, 3, 2, 5) and (5,), received" in message
    assert "norm expected 4 x (5,), received 4 x (4,)" in message
    assert "and 27 more; 2 layers only in the network: more30, more31" in message


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_that_breaks_off_is_unreadable(suffix, tmp_path):
    path = saved(small(), tmp_path, suffix)
    path.write_bytes(path.read_bytes()[:3000])
    assert f"small: cannot read weights from {path}: " in refused(small(), path)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_pointer_of_git_lfs_is_called_so(suffix, tmp_path):
    path = saved(small(), tmp_path, suffix)
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0a1b\nsize 132\n")
    assert refused(small(), path).endswith("fetch the file with `git lfs pull`")


def test_files_that_hold_no_weights_are_refused(tmp_path):
    model = small()
    assert "found none at" in refused(model, tmp_path / "missing.weights.h5")
    assert "found none at" in refused(model, tmp_path / "missing.keras")
    (tmp_path / "folder.h5").mkdir()
    assert "found none at" in refused(model, tmp_path / "folder.h5")
    assert "ends in .weights.h5, .h5, .keras, received" in refused(model, tmp_path / "a.npz")
    assert "received 'imagnet'" in refused(model, "imagnet")
    with h5py.File(tmp_path / "empty.h5", "w"):
        pass
    assert "3 layers only in the network: conv, norm, predictions" in refused(
        model, tmp_path / "empty.h5"
    )
    with zipfile.ZipFile(tmp_path / "empty.keras", "w"):
        pass
    assert "cannot read weights" in refused(model, tmp_path / "empty.keras")


def test_a_value_that_is_no_number_is_found_before_the_first_is_set(tmp_path):
    path = saved(small(), tmp_path, "weights.h5")
    with h5py.File(path, "a") as file:
        del file["layers/dense/vars/1"]
        file["layers/dense/vars/1"] = np.array([b"one", b"two", b"six"])
    assert "expected numbers for predictions" in refused(zeroed(small()), path)


def test_a_keras_archive_is_read_in_one_go(tmp_path, monkeypatch):
    path = saved(small(), tmp_path, "keras")
    sought = []
    seek = zipfile.ZipExtFile.seek
    monkeypatch.setattr(
        zipfile.ZipExtFile, "seek", lambda *arguments: sought.append(arguments) or seek(*arguments)
    )
    load(small(), path)
    assert not sought


def test_build_loads_a_path(tmp_path):
    model = shuffled(nets.build("lenet5", (32, 32, 1), 10))
    path = saved(model, tmp_path, "weights.h5")
    assert equal(nets.build("lenet5", (32, 32, 1), 10, weights=path), model)
    with pytest.raises(NetError, match=r"predictions expected \(84, 9\) and \(9,\), received"):
        nets.build("lenet5", (32, 32, 1), 9, weights=path)


@pytest.fixture
def published(monkeypatch):
    """keras.applications.VGG16 as a small network, so no test needs the download."""
    asked = []

    def application(weights, include_top):
        asked.append((weights, include_top))
        model = small(name="theirs", classes=1000)
        return model if include_top else keras.Model(model.input, model.get_layer("norm").output)

    monkeypatch.setattr(keras.applications, "VGG16", application)
    return asked


def test_imagenet_loads_all_for_its_own_classes(published):
    model = zeroed(small(name="vgg16", classes=1000))
    load(model, "imagenet")
    assert published == [("imagenet", True)] and equal(model, small(classes=1000))


def test_imagenet_loads_all_but_dense_layers_for_other_classes(published):
    # An image of another size: a dense layer would not fit.
    model = zeroed(small(name="vgg16", classes=6, side=8))
    load(model, "imagenet")
    assert published == [("imagenet", False)]
    theirs = small(classes=1000)
    for layer in ("conv", "norm"):
        pairs = zip(
            model.get_layer(layer).get_weights(), theirs.get_layer(layer).get_weights(), strict=True
        )
        assert all(np.array_equal(a, b) for a, b in pairs)
    assert not any(weight.any() for weight in model.get_layer("predictions").get_weights())


def test_imagenet_weights_that_do_not_fit_are_refused(published):
    message = refused(small(name="vgg16", classes=6, channels=3), "imagenet")
    assert "keras.applications.VGG16 does not fit: 2 layers of other shapes: conv" in message


def test_imagenet_needs_a_network_that_has_them():
    message = refused(small(name="lenet5"), "imagenet")
    assert message.startswith("lenet5: there are no ImageNet weights for it; there are for vgg16,")
    assert "small: there are no ImageNet weights" in refused(small(), "imagenet")


def test_a_failed_download_is_one_line(monkeypatch):
    def offline(weights, include_top):
        raise Exception("URL fetch failure on https://storage: None -- Name not known\nmore")

    monkeypatch.setattr(keras.applications, "VGG16", offline)
    message = refused(small(name="vgg16"), "imagenet")
    assert message == (
        "vgg16: cannot download the ImageNet weights: URL fetch failure on https://storage: None "
        "-- Name not known; connect to the network once, or give the path of a file"
    )


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_few_damaged_bytes_load_or_are_refused_in_one_line(suffix, tmp_path):
    path = saved(small(), tmp_path, suffix)
    right, rng = path.read_bytes(), np.random.default_rng(2)
    for _ in range(60):
        model, damaged, size = small(), bytearray(right), int(rng.choice([1, 8, 64, 300]))
        start = int(rng.integers(0, len(right) - size))
        damaged[start : start + size] = rng.integers(0, 256, size, "uint8").tobytes()
        path.write_bytes(damaged)
        before = model.get_weights()
        try:
            load(model, path)
        except NetError as error:
            assert "\n" not in str(error)
            assert all(map(np.array_equal, before, model.get_weights()))


def test_a_small_archive_that_unpacks_to_much_is_refused_unread(tmp_path):
    path = tmp_path / "packed.keras"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("model.weights.h5", "w", force_zip64=True) as member,
    ):
        for _ in range(257):
            member.write(bytes(2**20))
    assert "269,484,032 bytes are packed in" in refused(small(), path)
