"""What all tests share: a quiet TensorFlow, the project's folder, the photographs."""

import os
import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")


def pytest_configure():
    """Ctrl-C works in the processes that tests start, though a background job ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


# Its tests of one assignment (the first word of their parameters) take as long as another file.
PARTED = "tests/judgement/test_mutants.py"


def group(nodeid: str) -> str:
    """The tests that one worker runs because they share fixtures: a file, or a part of a long one.

    xdist's own loadgroup groups nothing under pytest 9.2, and does not say so
    (github.com/pytest-dev/pytest-xdist/issues/1386).
    """
    file, _, test = nodeid.partition("::")
    part = test.partition("[")[2].rstrip("]").partition("-")[0]
    return f"{file} {part}" if file == PARTED and part else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """For --dist loadfile: the same by `group`."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByGroup(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return group(nodeid)

    return ByGroup(config, log)


@pytest.fixture
def tabulate(record_property):
    """tabulate(text): a table that is printed at the end of the run."""
    return lambda text: record_property("table", text)


def pytest_terminal_summary(terminalreporter):
    """The tables of all tests, from all workers."""
    reports = [
        report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)
    ]
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
    """The folder of the photographs; the test is skipped if SIGNS_DIR names none."""
    folder = os.environ.get("SIGNS_DIR")
    if not folder or not (Path(folder) / "train_signs.h5").is_file():
        pytest.skip("SIGNS_DIR does not name a folder with train_signs.h5")
    return Path(folder)
