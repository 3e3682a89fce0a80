"""`make test` runs a part of what is many times the same; `make test-all` runs everything.

A test says how much of it is enough for a first answer:

    @pytest.mark.sampled(3)                 three of its items
    @pytest.mark.sampled(1, per="name")     one for every value of its parameter `name`
    @pytest.mark.sampled(4, by="name")      all items of four values of `name`, the same in a file
    @pytest.mark.sampled(2, by="file")      all items of two files among those of a folder
    pytestmark = STORY                      one file of those that play a long story
    @LONGEST                                the same for single tests, among those files
    @LONG                                   some of the tests that take seconds, from all files

A seed decides which ones. What has no mark, or lacks that parameter, always runs. The fixture
`some` of conftest.py draws from a list inside a test.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import NamedTuple

import pytest

# Such a file starts many processes, and its room has other tests too.
STORY = pytest.mark.sampled(1, by="file", of="stories")
# The same for a test that is as long as such a file.
LONGEST = pytest.mark.sampled(1, by="test", of="stories")
# Such a test mostly waits for whole commands or trainings; quicker ones look at the same code.
LONG = pytest.mark.sampled(3, by="test", of="long")


class Unit(NamedTuple):
    """What is kept or left out together, and the pool from which `size` units are kept."""

    name: str
    pool: str
    size: int


def unit(item) -> Unit | None:
    """The unit of a test item; None if it always runs."""
    mark = item.get_closest_marker("sampled")
    if mark is None:
        return None
    (size,), by, per = mark.args, mark.kwargs.get("by"), mark.kwargs.get("per")
    file, _, test = item.nodeid.partition("::")
    if by == "file":
        return Unit(file, mark.kwargs.get("of", file.rpartition("/")[0]), size)
    if by == "test":
        return Unit(item.nodeid, mark.kwargs["of"], size)
    parameters = getattr(item, "callspec", None)
    if parameters is None or (by or per or "") not in {"", *parameters.params}:
        return None
    if by:
        return Unit(str(parameters.params[by]), f"{file} {by}", size)
    value = parameters.params[per] if per else ""
    return Unit(item.nodeid, f"{file} {test.partition('[')[0]} {value}", size)


def divide(items: Iterable, seed: int) -> tuple[list, list]:
    """Divide test items into those that a seed keeps and those that it leaves out.

    A pool of items gives the same by the same seed, whatever else is collected. A test that draws
    from a list by `some` is in both parts.
    """
    units = [(item, unit(item)) for item in items]
    pools: dict[tuple[str, int], set[str]] = {}
    for _, one in units:
        if one:
            pools.setdefault((one.pool, one.size), set()).add(one.name)
    chosen = {
        (pool, size): Random(f"{seed} {pool}").sample(sorted(names), min(size, len(names)))
        for (pool, size), names in pools.items()
    }
    kept, left = [], []
    for item, one in units:
        keep = one is None or one.name in chosen[one.pool, one.size]
        if keep:
            kept.append(item)
        if not keep or "some" in item.fixturenames:
            left.append(item)
    return kept, left
