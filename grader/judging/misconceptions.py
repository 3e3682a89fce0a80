"""Misconceptions: known wrong answers, recognised by what a submission computes, and named.

An assignment may have a bank beside its checks, misconceptions.py, which is asked only about a
check that failed. It holds one of the first two of these, or both:

    BANK = {exercise: [(Misconception, variant, ...), ...]}: each variant is the name of a wrong
    function in variants.py beside it. The oracle calls it as the checks call the
    submission's; the first that gives what the submission gave is named. The order tells: where
    two rows give the same, it is the earlier one.

    recognise(exercise, seen) -> Misconception | None: what no wrong function can show, or a bank
    that works out its wrong answers itself. It is asked second.

    DRAWN = {check, ...}: the checks of what is drawn at random, which no wrong function foretells.

Only the oracle's process loads the variants. What they give is kept as the oracle's answers are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from grader.errors import CheckFailed
from grader.judging import checks
from grader.judging.compare import same
from grader.judging.numpy_layers import Misfit
from grader.runner.result_files import Evidence

_SHAPE = re.compile(r"[(\[]((?:\s*(?:\d+|None)\s*,?)+)[)\]]")
# Kinds of trouble that come before the exercise's own subject.
_BEFORE = ("follows", "unfilled")
# Of trouble in place of numbers, what a wrong function can have too.
_SHARED = (
    "raised",
    "run",
    "not_number",
    "not_names",
    "not_tensor",
    "not_model",
    "ends",
    "disconnected",
    "detached",
    "none",
)
# How many variants one process works out: starting it costs as much as some ten of them.
GROUP = 16


@dataclass(frozen=True)
class Misconception:
    """A known mistake: its name, of a few words, and the sentence that a learner reads first."""

    name: str
    sentence: str

    def of(self, **values) -> Misconception:
        """The same with values in the sentence's fields, such as {stage}."""
        return replace(self, sentence=self.sentence.format(**values))


@dataclass(frozen=True)
class Seen:
    """What a failed check looked at last: its cases, each with its seed, and what came back.

    check: the check's name. notes: what the bank has worked out about this submission already.
    """

    check: str
    cases: list[tuple[dict, Evidence]]
    notes: dict

    @property
    def trouble(self) -> dict | None:
        """The first trouble there was in place of numbers."""
        return next((evidence.trouble for _, evidence in self.cases if evidence.trouble), None)

    def modes(self) -> list[str]:
        """The modes that were run, inference first; one without a name where all is trouble."""
        found = {mode for _, evidence in self.cases for mode in evidence.arrays}
        return [mode for mode in ("eval", "train", "as built") if mode in found] or [""]


def named(failure: CheckFailed, check, submission) -> CheckFailed:
    """The failure, its sentence that of the misconception where the bank recognises one.

    Whatever else the failure says stays, and all of it where the check has named the mistake by
    itself; a bank that errs costs the name, never the verdict.
    """
    if failure.misconception or failure.kind in _BEFORE:
        return failure
    bank = _bank(check.file)
    if bank is None:
        return failure
    try:
        seen = Seen(check.name, submission.seen(check.exercise), submission.notes)
        found = _recognised(bank, check, submission, seen) if seen.cases else None
    except Exception:  # what a submission sends back may have any shape
        return failure
    if found is None:
        return failure
    table = failure.table or [["received", failure.message]]
    return CheckFailed(
        found.sentence,
        table,
        trace=failure.trace,
        earned=failure.earned,
        kind=failure.kind,
        misconception=found.name,
    )


def _recognised(bank: ModuleType, check, submission, seen: Seen) -> Misconception | None:
    rows = getattr(bank, "BANK", {}).get(check.exercise, [])
    found = None
    if seen.check in getattr(bank, "DRAWN", ()):
        rows = []
    if rows and (seen.trouble is None or seen.trouble.get("kind") in _SHARED):
        found = _foretold(rows, check, submission)
    if found is None and hasattr(bank, "recognise"):
        found = bank.recognise(check.exercise, seen)
    return found


def _foretold(rows, check, submission) -> Misconception | None:
    """The first misconception of which a variant gives what the submission gave."""
    for group in _grouped(rows):
        variants, left = [variant for _, variant in group], [True] * len(group)
        for received, found in submission.foretold(
            check.exercise, checks.variants(check.file), variants
        ):
            left = [one and same(received, other) for one, other in zip(left, found, strict=True)]
            if not any(left):
                break
        else:
            return group[left.index(True)][0]
    return None


def variants(checks_file: str, exercise: str) -> Iterator[tuple[str, list[str]]]:
    """The groups of an exercise's variants, as they are asked: (their file, their names)."""
    for group in _grouped(getattr(_bank(checks_file), "BANK", {}).get(exercise, [])):
        yield checks.variants(checks_file), [variant for _, variant in group]


def _grouped(rows) -> Iterator[list[tuple[Misconception, str]]]:
    each = [(known, variant) for known, *variants in rows for variant in variants]
    for start in range(0, len(each), GROUP):
        yield each[start : start + GROUP]


@lru_cache
def _bank(checks_file: str) -> ModuleType | None:
    path = Path(checks_file).with_name("misconceptions.py")
    return checks.module(path) if path.is_file() else None


def shapes_in(trouble: dict | None) -> frozenset[tuple[int, ...]]:
    """The shapes of maps, (h, w, c), that the text of an error speaks of."""
    found = set()
    for text in _SHAPE.findall(str((trouble or {}).get("text", ""))):
        sizes = [size.strip() for size in text.split(",") if size.strip()]
        sizes = sizes[1:] if len(sizes) == 4 else sizes
        if len(sizes) == 3 and "None" not in sizes:
            found.add(tuple(map(int, sizes)))
    return frozenset(found)


def is_misfit(misfit: Misfit, trouble: dict | None) -> bool:
    """Whether the trouble is an error about just these shapes."""
    if not misfit.shapes:
        return "output size would be" in str((trouble or {}).get("text"))
    return shapes_in(trouble) == misfit.shapes


def first(found: Iterable):
    """The first of what was found, or None."""
    return next(iter(found), None)
