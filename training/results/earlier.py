"""Which runs were made by an earlier version of the code."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from training import runs
from training.errors import TrainingError
from training.reproduce.run import code_hash


def is_earlier(settings: Mapping) -> bool:
    """Whether the code that decides a run has changed since; unknown code has."""
    made = {name: settings[name] for name in runs.CODE & set(settings)}
    return made != _today(str(settings.get("assignment")), str(settings.get("target")))


@cache
def _today(assignment: str, target: str) -> dict[str, str]:
    try:
        return {"code_sha256": code_hash(assignment, target)}
    except TrainingError:  # an exercise that is gone
        return {}
