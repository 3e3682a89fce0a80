"""Damaged and odd HDF5 files: every reader loads them, or refuses them in one line."""

import subprocess
import sys
import warnings

import h5py
import numpy as np
import pytest

from datasets import __main__ as command
from datasets import happy, schema, signs, stream
from datasets.errors import DataError
from datasets.synthetic import dataset

COPIES, METADATA = 50, 4096
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0a1b2c\nsize 13281872\n"


def audit(folder):
    command.audit(folder)


def streamed(folder):
    for _ in stream.Stream(folder / "train_signs.h5").batches(4):
        pass


READERS = {
    "load": (schema.SIGNS, signs.load),
    "audit": (schema.SIGNS, audit),
    "stream": (schema.SIGNS, streamed),
    "Happy House": (happy.SCHEMA, happy.load),
}


def folder_of(tmp_path, form, **options):
    """A folder with the smallest right files of a data set."""
    rng = np.random.default_rng(0)
    for split, name in form.files.items():
        with h5py.File(tmp_path / name, "w", **options) as file:
            file[f"{split}_set_x"] = rng.integers(0, 256, (12, 64, 64, 3), "uint8")
            file[f"{split}_set_y"] = np.arange(12) % form.classes
            file["list_classes"] = np.arange(form.classes)
            file.attrs["synthetic"] = True
    return tmp_path


def outcome(read, folder):
    """The error's name, or nothing; an error of data is one line that says what was expected."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read(folder)
    except DataError as error:
        assert "\n" not in str(error) and "expected" in str(error) and ": " in str(error)
        return "DataError"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "read"


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("reader", READERS)
def test_a_few_damaged_bytes_are_read_or_refused_in_one_line(tmp_path, capsys, reader, libver):
    form, read = READERS[reader]
    folder = folder_of(tmp_path, form, libver=libver)
    path = folder / form.files["train"]
    right, rng, seen = path.read_bytes(), np.random.default_rng(1), set()
    for _ in range(COPIES):
        size = int(rng.choice([1, 8, 64, 300]))
        # Half of what describes the arrays stands at the file's end.
        start = int(rng.choice([0, len(right) - METADATA])) + int(rng.integers(0, METADATA - size))
        damaged = bytearray(right)
        damaged[start : start + size] = rng.integers(0, 256, size, "uint8").tobytes()
        path.write_bytes(damaged)
        seen.add(outcome(read, folder))
    assert seen == {"read", "DataError"}
    path.write_bytes(right)
    assert outcome(read, folder) == "read"


def test_whether_a_damaged_file_is_drawn_is_answered(tmp_path):
    folder = folder_of(tmp_path, schema.SIGNS)
    path = folder / "train_signs.h5"
    right = path.read_bytes()
    for start in range(0, METADATA, 40):
        path.write_bytes(right[:start] + b"\xff" * 64 + right[start + 64 :])
        assert schema.is_synthetic(path) in (True, False)
        assert not dataset.holds(path, "train", 12, 0, dataset.TWIN)


@pytest.mark.parametrize("reader", ["load", "stream", "Happy House"])
@pytest.mark.parametrize("shape", [(1, 12), (12, 1), (1, 12, 1)])
def test_labels_in_a_row_or_a_column_are_to_be_flattened(tmp_path, change, reader, shape):
    form, read = READERS[reader]
    folder = folder_of(tmp_path, form)
    labels = (np.arange(12) % form.classes).reshape(shape)
    change(folder / form.files["train"], "train_set_y", labels)
    with pytest.raises(DataError, match=r"shape \(n,\), found .*: flatten it, with labels.reshape"):
        read(folder)


def test_labels_too_large_for_any_class_are_one_line(small, change):
    change(small / "train_signs.h5", "train_set_y", np.array(["9" * 30] * 30, object))
    with pytest.raises(DataError, match="expected digits in train_set_y"):
        signs.load(small)


@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_another_program_writes_to(tmp_path, reader):
    form, read = READERS[reader]
    folder = folder_of(tmp_path, form)
    path = folder / form.files["train"]
    code = f"import h5py; file = h5py.File({str(path)!r}, 'a'); print(1, flush=True); input()"
    other = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout.readline().strip() == b"1"
        with pytest.raises(DataError, match="no program writes to.* close it there"):
            read(folder)
    finally:
        other.communicate(b"\n")
    read(folder)


def test_a_file_that_others_read_is_read_too(small):
    with h5py.File(small / "train_signs.h5", "r"), pytest.warns(UserWarning, match="published"):
        assert len(signs.load(small).train_y) == 30


@pytest.mark.parametrize("reader", READERS)
def test_a_pointer_of_git_lfs_is_called_so(tmp_path, reader):
    form, read = READERS[reader]
    folder = folder_of(tmp_path, form)
    (folder / form.files["train"]).write_text(POINTER)
    with pytest.raises(DataError, match="found a pointer of Git LFS.*`git lfs pull`"):
        read(folder)


@pytest.mark.parametrize("module, name", [(signs, "SIGNS_DIR"), (happy, "HAPPY_DIR")])
def test_the_home_folder_may_be_a_tilde(tmp_path, monkeypatch, module, name):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv(name, "~/photographs")
    assert module.default_folder() == tmp_path / "photographs"
    assert module.default_folder("~/other") == tmp_path / "other"


def test_a_stream_of_files_in_the_home_folder(tmp_path, monkeypatch):
    folder_of(tmp_path, schema.SIGNS)
    monkeypatch.setenv("HOME", str(tmp_path))
    for paths in ("~/train_*.h5", "~/train_signs.h5", ["~/train_signs.h5"]):
        assert len(stream.Stream(paths)) == 12


def test_a_small_file_that_says_it_is_huge_is_refused_before_it_fills_the_memory(tmp_path):
    folder = folder_of(tmp_path, schema.SIGNS)
    with h5py.File(folder / "train_signs.h5", "r+") as file:
        for key, shape in (("train_set_x", (2**16, 64, 64, 3)), ("train_set_y", (2**16,))):
            kind = file[key].dtype
            del file[key]
            file.create_dataset(key, shape, kind, chunks=(1, *shape[1:]))
    with pytest.raises(DataError, match="found 0 bytes for 805,306,368: replace the file"):
        signs.load(folder)
