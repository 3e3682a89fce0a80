"""A project of its own for the authors' commands."""

from __future__ import annotations

import pytest

from grader import assignments
from grader.i18n import po


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A project without exercises, in which two languages are spoken besides English."""
    for language in ("de", "zh_CN"):
        (tmp_path / "grader" / "locale" / language / "LC_MESSAGES").mkdir(parents=True)
    monkeypatch.setattr(assignments, "ROOT", tmp_path)
    monkeypatch.setattr(assignments, "WORK", tmp_path)
    monkeypatch.setattr(po, "FOLDER", tmp_path / "grader" / "locale")
    po.load.cache_clear()
    yield tmp_path
    po.load.cache_clear()
