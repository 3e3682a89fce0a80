"""What all tests share: a quiet TensorFlow, samples, the project's folder, the photographs."""

import os
import random
import signal
import sys
from pathlib import Path

import pytest

from tests import sampling

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as datasets.quiet does, with its reason
os.environ.setdefault("MPLBACKEND", "Agg")
# One key for all tests: the same cases everywhere. Another one may be given, to try others.
os.environ.setdefault("GRADER_KEY", str(Path(__file__).resolve().with_name("grader.key")))


def pytest_configure():
    """Ctrl-C works in the processes that tests start, though a background job ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    options = parser.getgroup("sampling", "tests that are many times the same")
    options.addoption(
        "--sample", metavar="SEED", type=int, help="run a sample of them, drawn by this seed"
    )
    options.addoption(
        "--rest", metavar="SEED", type=int, help="run what --sample=SEED leaves out, and that alone"
    )


# These take longest, so they come first: at the end short ones keep both workers at work.
FIRST = (
    "tests/judgement/",
    "tests/solutions/",
    "tests/test_contributing.py",
    "tests/nets/test_registry.py",
    "tests/nets/test_parity.py",
    "tests/grader/",
    "tests/training/test_reproduce.py",
)


def pytest_collection_modifyitems(config, items):
    """Leave out what the seed leaves out, or what it keeps."""
    items.sort(key=lambda item: [not item.nodeid.startswith(place) for place in FIRST])
    sample, rest = config.getoption("sample"), config.getoption("rest")
    if sample is None and rest is None:
        return
    kept, left = sampling.divide(items, rest if sample is None else sample)
    out, items[:] = set(items), left if sample is None else kept
    config.hook.pytest_deselected(items=list(out.difference(items)))


@pytest.fixture
def some(request):
    """some(things, n): with --sample n of a list, drawn by its seed, in their order; else all."""
    seed = request.config.getoption("sample")
    draws = random.Random(f"{seed} {request.node.nodeid}")

    def draw(things, n):
        things = list(things)
        if seed is None or n >= len(things):
            return things
        return [things[place] for place in sorted(draws.sample(range(len(things)), n))]

    return draw


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

    config.option.loadscopereorder = False  # it would put files with most tests first, not FIRST

    class ByGroup(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return group(nodeid)

    return ByGroup(config, log)


@pytest.fixture(autouse=True)
def english():
    """After each test the grader speaks English again, whatever the test has chosen."""
    yield
    if language := sys.modules.get("grader.i18n.language"):
        language.use("en")


@pytest.fixture
def tabulate(record_property):
    """tabulate(text): a table that is printed at the end of the run."""
    return lambda text: record_property("table", text)


def pytest_terminal_summary(terminalreporter, config):
    """The tables of all tests, from all workers, and the seed of a sample."""
    reports = [
        report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)
    ]
    for report in reports:
        for name, text in report.user_properties if report.when == "call" else ():
            if name == "table":
                terminalreporter.write_line(text)
    for line in sample_lines(config):
        terminalreporter.write_line(line)


def sample_lines(config) -> list[str]:
    """How to repeat the sample, and how to run all tests; nothing where nothing is sampled."""
    seed = config.getoption("sample")
    if seed is None:
        return []
    again = f"make test SEED={seed} repeats it, make test-all runs all tests"
    return [f"a sample, seed {seed}: {again}"]


def pytest_report_header(config):
    return sample_lines(config)


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
