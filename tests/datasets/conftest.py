"""What the tests of the data share: a small valid pair of files, and the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from datasets.signs import Signs

SIZES = {"train": 30, "test": 12}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with a valid train_signs.h5 (30) and test_signs.h5 (12) of random pixels."""
    folder = tmp_path / "small"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for split, n in SIZES.items():
        with h5py.File(folder / f"{split}_signs.h5", "w") as file:
            file[f"{split}_set_x"] = rng.integers(0, 256, (n, 64, 64, 3), np.uint8)
            file[f"{split}_set_y"] = np.arange(n) % 6
            file["list_classes"] = np.arange(6)
    return folder


@pytest.fixture
def random_signs():
    """A function that makes smooth random images, which differ by more than the threshold."""

    def make(train: int = 60, test: int = 12) -> Signs:
        rng = np.random.default_rng(0)
        x = np.repeat(np.repeat(rng.integers(0, 240, (train + test, 8, 8, 3)), 8, 1), 8, 2)
        x = (x + rng.integers(0, 4, x.shape)).astype(np.uint8)
        y = np.arange(train + test) % 6
        return Signs(x[:train], y[:train], x[train:], y[train:], np.arange(6))

    return make


@pytest.fixture
def change():
    """Replace one array of an HDF5 file; None takes it out."""

    def replace(path: Path, key: str, array: np.ndarray | None) -> None:
        with h5py.File(path, "r+") as file:
            del file[key]
            if array is not None:
                file[key] = array

    return replace


@pytest.fixture
def cli(root: Path):
    """Run `python -m datasets ...` as a user would, without the photographs; text comes back."""

    def run(*arguments: object, **options) -> subprocess.CompletedProcess:
        environment = {k: v for k, v in os.environ.items() if k != "SIGNS_DIR"}
        environment |= {"NO_PROXY": "127.0.0.1", "PYTHONPATH": str(root)}
        environment |= options.pop("env", {})
        return subprocess.run(
            [sys.executable, "-m", "datasets", *map(str, arguments)],
            env=environment,
            text=True,
            capture_output=True,
            timeout=60,
            **{"cwd": root} | options,
        )

    return run
