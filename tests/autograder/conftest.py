"""The checks under pytest: which submission they run on, and the points at the end.

pytest tests/autograder --target=assignments
pytest tests/autograder/residual_networks/test_residual_networks.py --submission mine.py
"""

from __future__ import annotations

from pathlib import Path

import pytest

from grader import assignments
from grader.batch import submissions
from grader.errors import CheckFailed, GraderError
from grader.judging import misconceptions
from grader.judging.checks import Check
from grader.judging.grade import Grader, Outcome

OUTCOMES = pytest.StashKey[list]()


def pytest_addoption(parser):
    """The copy to check, as of `signs check`."""
    parser.addoption(
        "--target",
        default="solutions",
        choices=assignments.TARGETS,
        help="which copy to check (default: solutions)",
    )
    parser.addoption("--submission", default=None, help="a file elsewhere in the target's place")


def pytest_configure(config):
    """A place for what the checks earn."""
    config.stash[OUTCOMES] = []


@pytest.fixture(scope="session")
def grader():
    """One warm worker for all checks."""
    with Grader() as warm:
        yield warm


@pytest.fixture(scope="module")
def submission(request, grader):
    """The submission that the module's checks grade."""
    assignment = assignments.find(request.module.__name__.rpartition(".")[2].removeprefix("test_"))
    chosen = request.config.getoption("submission")
    path = Path(chosen or assignment.file(request.config.getoption("target")))
    try:
        return grader.submission(assignment, submissions.handed_in(path, assignment.name))
    except GraderError as error:
        pytest.exit(str(error), returncode=2)


def pytest_collection_modifyitems(config, items):
    """A file of one assignment is not graded by the checks of another."""
    files = {item.path.name for item in items}
    if config.getoption("submission") and len(files) > 1:
        raise pytest.UsageError(
            "--submission is one file: name its checks too, such as "
            "tests/autograder/lenet/test_lenet.py"
        )


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed check says its sentence; where in the check it failed says nothing to a learner."""
    outcome = yield
    check = getattr(getattr(item, "function", None), "check", None)
    if not isinstance(check, Check) or call.when != "call":
        return
    failure = call.excinfo.value if call.excinfo else None
    earned = check.points if failure is None else 0.0
    if isinstance(failure, CheckFailed):
        failure = misconceptions.named(failure, check, item.funcargs["submission"])
        outcome.get_result().longrepr = str(failure)
        earned = round(check.points * min(max(failure.earned, 0.0), 1.0), 2)
    item.config.stash[OUTCOMES].append(Outcome(check, earned))


def pytest_terminal_summary(terminalreporter, config):
    """The score, the same as that of `signs check`."""
    outcomes = config.stash[OUTCOMES]
    files = dict.fromkeys(outcome.check.file for outcome in outcomes)
    for file in files if len(files) > 1 else ():
        own = [outcome for outcome in outcomes if outcome.check.file == file]
        name = Path(file).stem.removeprefix("test_")
        terminalreporter.write_line(f"{name}: {_score(own)}")
    if outcomes:
        terminalreporter.write_line(f"score: {_score(outcomes)}")


def _score(outcomes):
    earned = round(sum(outcome.earned for outcome in outcomes), 2)
    return f"{earned:g} of {sum(outcome.check.points for outcome in outcomes):g}"
