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


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """One worker runs the tests of a file, which share fixtures; a long file may name parts."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


@pytest.fixture
def tabulate(record_property):
    """tabulate(text): a table for whoever reads the run; it stands at the end of it."""
    return lambda text: record_property("table", text)


def pytest_terminal_summary(terminalreporter):
    """The tables of all tests, whichever worker ran them."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.getreports(kind)]
    for report in reports:
        for name, text in report.user_properties if report.when == "call" else ():
            if name == "table":
                terminalreporter.write_line(text)


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
