"""The loader takes SIGNS and says in one line what is wrong with anything else."""

import os
import subprocess
import sys
import warnings

import h5py
import numpy as np
import pytest

from datasets import signs
from datasets.errors import DataError


def refused(folder, *words):
    """The folder is refused in one line that names the file or folder and holds all `words`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(DataError) as caught:
            signs.load(folder)
    message = str(caught.value)
    assert "\n" not in message and "expected" in message and str(folder) in message
    for word in words:
        assert word in message, message
    return message


def test_valid_files_load_with_a_warning_that_names_the_sha256(small):
    with pytest.warns(UserWarning, match="not a published file") as caught:
        loaded, source = signs.load(small), signs.read(small)[1]
    text = " ".join(str(one.message) for one in caught)
    assert source.train_sha256 in text and source.test_sha256 in text
    assert source.name == "other" and source.folder == small
    assert loaded.train_x.shape == (30, 64, 64, 3) and loaded.train_x.dtype == np.uint8
    assert loaded.test_y.shape == (12,) and loaded.test_y.dtype == np.int64
    assert loaded.classes.tolist() == [0, 1, 2, 3, 4, 5]


def test_missing_folder_file_in_its_place_and_missing_file(small):
    refused(small / "none", "found nothing", "signs data download", "SIGNS_DIR")
    with pytest.raises(DataError, match="found a file at"):
        signs.load(small / "test_signs.h5")
    (small / "test_signs.h5").unlink()
    refused(small, "test_signs.h5", "found none", "synthesize")


def test_folder_and_pipe_in_place_of_a_file(small):
    (small / "test_signs.h5").unlink()
    (small / "test_signs.h5").mkdir()
    refused(small, "expected a file, found a folder")
    (small / "test_signs.h5").rmdir()
    os.mkfifo(small / "test_signs.h5")
    other_end = os.open(small / "test_signs.h5", os.O_RDWR)  # so that a wrong loader cannot hang
    refused(small, "regular file")
    os.close(other_end)


@pytest.mark.parametrize("keep", [0.99, 0.5])
def test_truncated(small, keep):
    path = small / "train_signs.h5"
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    refused(small, "cut short")


def test_empty_foreign_and_damaged(small):
    path = small / "train_signs.h5"
    data = path.read_bytes()
    for other in (b"", b"\x89PNG not HDF5 at all" * 100):
        path.write_bytes(other)
        refused(small, "train_signs.h5", "expected an HDF5 file")
    path.write_bytes(data[:48] + b"\xff" * 600 + data[648:])
    refused(small, "train_signs.h5")


@pytest.mark.parametrize("key", ["train_set_x", "train_set_y", "list_classes"])
def test_wrong_keys(small, change, key):
    change(small / "train_signs.h5", key, None)
    refused(small, f"expected the array {key}", "found")
    with h5py.File(small / "train_signs.h5", "r+") as file:
        file.create_group(key)
    refused(small, f"expected the array {key}")


@pytest.mark.parametrize("shape", [(30, 32, 32, 3), (30, 3, 64, 64), (30, 64, 64), (30, 64, 64, 4)])
def test_wrong_image_shapes(small, change, shape):
    change(small / "train_signs.h5", "train_set_x", np.zeros(shape, np.uint8))
    refused(small, "(n, 64, 64, 3)", str(shape), "resize")


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_images_that_are_not_uint8(small, change, dtype):
    change(small / "train_signs.h5", "train_set_x", np.zeros((30, 64, 64, 3), dtype))
    refused(small, "uint8", f"found {dtype}", "0-255")


def test_no_photographs(small, change):
    change(small / "test_signs.h5", "test_set_x", np.zeros((0, 64, 64, 3), np.uint8))
    refused(small, "no photograph at all")


@pytest.mark.parametrize(
    "labels, words",
    [
        (np.eye(6)[np.arange(30) % 6], ["(n,)", "(30, 6)", "argmax"]),
        (np.zeros((30, 1, 1, 6)), ["(n,)", "(30, 1, 1, 6)"]),
        (np.zeros((1, 30), int), ["(n,)", "(1, 30)"]),
        (np.int64(3), ["(n,)", "()"]),
        (np.r_[np.zeros(28), np.nan, np.nan], ["whole numbers", "2 NaN"]),
        (np.zeros(30, np.float32), ["whole numbers", "float32"]),
        (np.zeros(30, bool), ["whole numbers", "bool"]),
        (np.r_[np.zeros(29, int), 6], ["from 0 to 5", "found 6"]),
        (np.r_[np.zeros(29, int), -1], ["from 0 to 5", "found -1"]),
        (np.array([2**64 - 1] * 30, np.uint64), ["from 0 to 5"]),
        (np.zeros(29, int), ["30 images", "29 labels"]),
        (np.array([b"1"] * 29 + [b"x"]), ["digits", "b'x'"]),
        (np.array([b"1"] * 29 + [b"7"]), ["from 0 to 5", "found 7"]),
    ],
)
def test_wrong_labels(small, change, labels, words):
    change(small / "train_signs.h5", "train_set_y", labels)
    refused(small, "train_signs.h5", *words)


def test_wrong_classes(small, change):
    change(small / "train_signs.h5", "list_classes", np.arange(5))
    refused(small, "list_classes", "[0, 1, 2, 3, 4]")


@pytest.mark.filterwarnings("ignore:.*not a published file")
@pytest.mark.parametrize(
    "labels",
    [
        np.array([b"0", b"1", b"2", b"3", b"4", b"5"] * 5),
        np.array(["0", "1", "2", "3", "4", "5"] * 5, object),
        np.tile(np.arange(6, dtype=np.uint8), 5),
        np.tile(np.arange(6, dtype=">i2"), 5),
    ],
)
def test_labels_as_bytes_text_and_other_integers(small, change, labels):
    change(small / "train_signs.h5", "train_set_y", labels)
    loaded = signs.load(small).train_y
    assert loaded.dtype == np.int64 and loaded.tolist() == [0, 1, 2, 3, 4, 5] * 5


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read anything")
def test_no_permission_to_read(small):
    (small / "train_signs.h5").chmod(0)
    with pytest.raises(DataError, match="no permission"):
        signs.load(small)


def test_the_folder_is_the_argument_then_signs_dir_then_the_own_one(tmp_path, monkeypatch):
    monkeypatch.setattr(signs, "DATA", tmp_path / "data")
    monkeypatch.setattr(signs, "STAND_IN", tmp_path / "data" / "stand-in")
    monkeypatch.setenv("SIGNS_DIR", "/from/environment")
    assert str(signs.default_folder("/given")) == "/given"
    assert str(signs.default_folder()) == "/from/environment"
    monkeypatch.delenv("SIGNS_DIR")
    assert signs.default_folder() == tmp_path / "data"
    (tmp_path / "data" / "stand-in").mkdir(parents=True)
    assert signs.default_folder() == tmp_path / "data" / "stand-in"
    (tmp_path / "data" / "train_signs.h5").touch()
    assert signs.default_folder() == tmp_path / "data"


def test_importing_starts_no_framework(root):
    code = (
        "import sys, datasets.signs, datasets.find, datasets.synthetic.dataset, datasets.download; "
        "assert not {'tensorflow', 'keras', 'torch', 'jax'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)


@pytest.mark.signs
def test_the_photographs_are_known_and_load_in_silence(signs_dir):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = signs.load(signs_dir)
    source = signs.read(signs_dir)[1]
    assert source.name == "SIGNS"
    assert source.test_sha256.startswith("539fb746ed9e947e")
    assert np.bincount(loaded.train_y).tolist() == [180] * 6
    assert np.bincount(loaded.test_y).tolist() == [20] * 6
    assert loaded.test_y[:6].tolist() == [0, 0, 0, 5, 1, 0]
    sizes = {(known.file, known.size) for known in signs.KNOWN.values()}
    for name in ("train_signs.h5", "test_signs.h5"):
        assert (name, (signs_dir / name).stat().st_size) in sizes


@pytest.mark.signs
def test_a_public_copy_with_labels_as_bytes(signs_dir, tmp_path):
    other = signs_dir.parent / "signs_bytes" / "test_signs.h5"
    if not other.is_file():
        pytest.skip("the copy with labels as bytes is not beside SIGNS_DIR")
    (tmp_path / "test_signs.h5").symlink_to(other)
    (tmp_path / "train_signs.h5").symlink_to(signs_dir / "train_signs.h5")
    with pytest.warns(UserWarning, match="cac35fff00e1774351f6f752f6857dc6"):
        loaded, source = signs.read(tmp_path)
    assert loaded.test_y.dtype == np.int64 and loaded.test_y[:6].tolist() == [1, 3, 2, 0, 4, 5]
    assert source.name == "other"
