"""One grader for all tests, and submissions made from the worked solution."""

from __future__ import annotations

import os

import pytest

from grader import assignments
from grader.judging import source
from grader.judging.grade import Grader
from grader.learner.progress import Progress

SOLUTION = assignments.find("residual_networks").file("solutions")


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """The user's cache in these tests, for XDG_CACHE_HOME: processes share the oracle's answers.

    So do the workers of pytest-xdist, whose temporary folders lie in one.
    """
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "cache"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def grader(cache):
    """A grader whose oracle stores its answers in a folder of these tests.

    All submissions get the same slot: the oracle computes each answer once.
    """
    with pytest.MonkeyPatch.context() as patch, Grader() as warm:
        patch.setattr("grader.judging.key.SLOTS", 1)
        warm.oracle.folder = cache / "classic-convnets" / "oracle"
        yield warm


@pytest.fixture(scope="session")
def solution() -> str:
    """The worked solution's text."""
    return SOLUTION.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def grade(grader):
    """grade(text, exercises=None) -> the report on a submission of that text."""
    assignment = assignments.find("residual_networks")

    def run(text, exercises=None):
        return grader.grade(assignment, source.of(text, "mine.py"), exercises)

    return run


@pytest.fixture(scope="session")
def changed(solution):
    """changed(old, new, ...) -> the solution with each old line replaced, which must be there."""

    def edit(*pairs):
        text = solution
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert old in text, f"the solution has no {old!r} any more"
            text = text.replace(old, new)
        return text

    return edit


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A learner's project in a folder of its own: the solution, its checks, a fresh exercise.

    English is spoken, and the progress file lies in it too.
    """
    from grader.authoring.release import released
    from grader.i18n import language

    found = assignments.find("residual_networks")
    for path in (found.file("solutions"), *sorted(found.folder.rglob("*.*"))):
        copy = tmp_path / path.relative_to(assignments.ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    monkeypatch.setattr(assignments, "ROOT", tmp_path)
    monkeypatch.setattr(assignments, "WORK", tmp_path)
    monkeypatch.setenv("GRADER_PROGRESS", str(tmp_path / ".progress.json"))
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.delenv("COLUMNS", raising=False)
    language.use("en")
    exercise = found.file("assignments")
    exercise.parent.mkdir()
    exercise.write_text(released(found), encoding="utf-8")
    yield tmp_path
    language.use("en")


@pytest.fixture
def warned():
    """What a learner's progress has warned of."""
    return []


@pytest.fixture
def progress(tmp_path, warned):
    """A learner's progress, of whom nothing is known yet."""
    return Progress(tmp_path / ".progress.json", warned.append)
