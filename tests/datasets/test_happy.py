"""The Happy House loads as SIGNS does; hands stand in where it is absent, and only there."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from datasets import find, happy, schema, signs
from datasets.errors import DataError
from datasets.synthetic.dataset import synthesize

SIZES = {"train": 8, "test": 4}


def write(folder, **changed):
    """Both files, of random pixels and labels 1, 0, 1, 0 ...; changed: arrays of train by key."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(3)
    for split, n in SIZES.items():
        arrays = {
            f"{split}_set_x": rng.integers(0, 256, (n, 64, 64, 3), np.uint8),
            f"{split}_set_y": (np.arange(n) + 1) % 2,
            "list_classes": np.arange(2),
        }
        if split == "train":
            arrays |= changed
        with h5py.File(folder / f"{split}_happy.h5", "w") as file:
            for key, array in arrays.items():
                file[key] = array
    return folder


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A folder of 24 and 12 drawn hands."""
    return synthesize(tmp_path_factory.mktemp("hands"), train=24, test=12)


@pytest.fixture
def house(tmp_path, drawn, monkeypatch):
    """Neither HAPPY_DIR nor a datasets/data, and drawn hands in SIGNS_DIR."""
    monkeypatch.setattr(signs, "DATA", tmp_path / "data")
    monkeypatch.delenv("HAPPY_DIR", raising=False)
    monkeypatch.setenv("SIGNS_DIR", str(drawn))
    return tmp_path


def refused(call, *words):
    """The call ends in one line that has all `words` and no advice that is for SIGNS alone."""
    with pytest.raises(DataError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message and "expected" in message
    assert "signs data" not in message and "SIGNS" not in message
    for word in words:
        assert word in message, message


def test_the_files_load_as_they_are(house):
    folder = write(house / "faces")
    data = happy.load(folder)
    with h5py.File(folder / "train_happy.h5") as train, h5py.File(folder / "test_happy.h5") as test:
        assert (data.train_x == train["train_set_x"][()]).all()
        assert (data.test_x == test["test_set_x"][()]).all()
    assert data.train_x.shape == (8, 64, 64, 3) and data.train_x.dtype == np.uint8
    assert data.train_y.tolist() == [1, 0] * 4 and data.test_y.tolist() == [1, 0] * 2
    assert data.train_y.dtype == np.int64 and data.classes.tolist() == [0, 1]


def test_labels_stored_as_bytes_are_read(house):
    folder = write(house / "faces", train_set_y=np.array([b"0", b"1"] * 4))
    assert happy.load(folder).train_y.tolist() == [0, 1] * 4


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"train_set_y": np.arange(8) % 3}, ["train_set_y from 0 to 1", "found 2"]),
        ({"list_classes": np.arange(6)}, ["list_classes from 0 to 1", "found 2"]),
        ({"list_classes": np.zeros(1, int)}, ["list_classes 0 to 1", "[0]"]),
        ({"train_set_x": np.zeros((8, 32, 32, 3), np.uint8)}, ["(n, 64, 64, 3)", "(8, 32, 32, 3)"]),
        ({"train_set_y": np.zeros((1, 8), int)}, ["(n,)", "(1, 8)"]),
        ({"train_set_y": np.zeros(7, int)}, ["8 images", "7 labels", "replace the file"]),
    ],
)
def test_what_is_no_happy_house_is_refused(house, changed, words):
    folder = write(house / "faces", **changed)
    refused(lambda: happy.load(folder), str(folder), *words)


def test_absent_and_damaged_files_say_what_to_do_here(house, drawn):
    refused(lambda: happy.load(house / "none"), "train_happy.h5 and test_happy.h5", "HAPPY_DIR")
    refused(lambda: happy.load(drawn), "train_happy.h5", "found none", "HAPPY_DIR")
    refused(lambda: schema.read_part(house / "a.h5", "train", happy.SCHEMA), "a.h5", "HAPPY_DIR")
    folder = write(house / "faces")
    path = folder / "test_happy.h5"
    path.write_bytes(path.read_bytes()[:5000])
    refused(lambda: happy.load(folder), "cut short", "replace the file by a whole copy")
    path.write_bytes(b"no HDF5")
    refused(lambda: happy.load(folder), "expected an HDF5 file", "replace the file")
    path.unlink()
    path.mkdir()
    refused(lambda: happy.load(folder), "found a folder")


def test_signs_still_means_six_classes(house):
    assert schema.SIGNS.files["train"] == "train_signs.h5" and schema.SIGNS.classes == 6
    folder = write(house / "faces")
    for split in SIZES:
        (folder / f"{split}_happy.h5").rename(folder / f"{split}_signs.h5")
    with pytest.raises(DataError, match="expected list_classes 0 to 5, found"):
        signs.load(folder)


def test_the_folder_is_the_argument_then_happy_dir_then_the_own_one(house, monkeypatch):
    assert happy.default_folder() == house / "data" / "happy"
    monkeypatch.setenv("HAPPY_DIR", "/from/environment")
    assert str(happy.default_folder()) == "/from/environment"
    assert str(happy.default_folder("/given")) == "/given"


@pytest.mark.parametrize("how", ["argument", "environment", "own folder"])
def test_photographs_are_taken_wherever_they_are_looked_for(house, monkeypatch, how):
    folder = write(house / "data" / "happy" if how == "own folder" else house / "faces")
    if how == "environment":
        monkeypatch.setenv("HAPPY_DIR", str(folder))
    monkeypatch.setattr(find, "resolve", lambda *_, **__: pytest.fail("hands were asked for"))
    said = []
    data, name = happy.resolve(folder if how == "argument" else None, say=said.append)
    assert name == "Happy House" and len(data.train_x) == 8
    [line] = said
    assert "Happy House, 8 and 4 photographs" in line and str(folder) in line


def test_hands_stand_in_where_there_are_none_and_say_so(house, drawn):
    said = []
    data, name = happy.resolve(say=said.append)
    assert name == "open or closed hand, synthetic"
    assert "no Happy House" in said[-1] and "HAPPY_DIR" in said[-1] and "synthetic" in said[-1]
    hands = signs.load(drawn)
    chosen = [i for i, label in enumerate(hands.train_y) if label in (0, 5)]
    assert data.train_x.shape == (8, 64, 64, 3) and len(data.test_x) == 4
    for image, label, i in zip(data.train_x, data.train_y, chosen, strict=True):
        assert (image == hands.train_x[i]).all() and label == {5: 1, 0: 0}[hands.train_y[i]]
    assert data.train_y.dtype == np.int64 and data.classes.tolist() == [0, 1]
    assert sorted(data.test_y.tolist()) == [0, 0, 1, 1]


def test_hands_without_closed_ones_are_no_stand_in(drawn):
    hands = signs.load(drawn)
    rows = hands.test_y != 0
    with pytest.raises(DataError, match="found no 0 in test"):
        happy.door(hands._replace(test_x=hands.test_x[rows], test_y=hands.test_y[rows]))


def test_the_kind_of_stand_in_is_passed_on(house, drawn):
    with pytest.raises(DataError, match="expected photographs, found drawn hands"):
        happy.resolve(stand_in="signs")
    with pytest.raises(DataError, match="auto, signs or synthetic"):
        happy.resolve(stand_in="faces")


@pytest.mark.parametrize("how", ["argument", "environment", "half of it"])
def test_what_is_named_and_wrong_is_an_error_and_no_hands_are_taken(house, monkeypatch, how):
    monkeypatch.setattr(find, "resolve", lambda *_, **__: pytest.fail("hands were asked for"))
    given = None
    if how == "argument":
        given = house / "none"
    elif how == "environment":
        monkeypatch.setenv("HAPPY_DIR", str(house / "none"))
    else:
        (write(house / "data" / "happy") / "test_happy.h5").unlink()
    refused(lambda: happy.resolve(given), "HAPPY_DIR")
