"""HDF5 written whole or not at all, in processes whose files may not grow: a real full disk."""

import subprocess
import sys

import h5py
import pytest

from datasets.hdf5 import whole_hdf5

WRITE = """
import resource, sys
import numpy as np
from datasets.errors import DataError
from datasets.hdf5 import whole_hdf5
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    with whole_hdf5(sys.argv[1]) as (file, sink):
        file["x"] = np.ones(100_000, np.uint8)
        file["y"] = np.ones(10, np.uint8)
except DataError as error:
    sys.exit(str(error))
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("limit", [0, 2_000, 50_000, 101_000])
def test_a_fault_that_shows_only_when_the_file_is_closed(root, tmp_path, limit):
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", WRITE, tmp_path / "x.h5", str(limit)],
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr  # HDF5 alone ends in a segmentation fault
    assert done.stderr.strip().startswith("cannot write") and done.stderr.count("\n") == 1
    assert names(tmp_path) == []


def test_what_was_written_is_read_back(tmp_path):
    with whole_hdf5(tmp_path / "x.h5") as (file, sink):
        file["x"] = range(1000)
        sink.check()
        assert file["x"][999] == 999 and not (tmp_path / "x.h5").exists()
    with h5py.File(tmp_path / "x.h5") as file:
        assert file["x"][:].tolist() == list(range(1000))
    assert names(tmp_path) == ["x.h5"]


def test_a_failed_block_leaves_the_old_file(tmp_path):
    with whole_hdf5(tmp_path / "x.h5") as (file, _):
        file["x"] = 1
    with pytest.raises(ZeroDivisionError), whole_hdf5(tmp_path / "x.h5") as (file, _):
        file["x"] = 1 / 0
    with h5py.File(tmp_path / "x.h5") as file:
        assert file["x"][()] == 1
    assert names(tmp_path) == ["x.h5"]
