"""Outlines at the published sizes, each made once for all tests."""

from __future__ import annotations

from functools import cache

from nets.outlines import outline


@cache
def outlined(name: str, auxiliary: bool = False):
    """The network `name` at its native input and classes, without values for its weights."""
    return outline(name, **({"auxiliary": True} if auxiliary else {}))
