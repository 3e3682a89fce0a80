"""What all tests share: a quiet TensorFlow, the project on the path, the photographs."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def signs_dir() -> Path:
    """The folder of the photographs; the test is skipped where SIGNS_DIR names none."""
    folder = os.environ.get("SIGNS_DIR")
    if not folder or not (Path(folder) / "train_signs.h5").is_file():
        pytest.skip("SIGNS_DIR does not name a folder with train_signs.h5")
    return Path(folder)
