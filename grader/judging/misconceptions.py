"""Misconceptions: known wrong answers, recognised by what a submission computes, and named.

An assignment may have a bank in the folder of its checks, misconceptions.py. It is asked only about
a check that failed, and it holds one of the first two of these, or both:

    BANK = {exercise: [Misconception(name, sentence, wrong(...), ...), ...]}: one row per
    misconception. Each `wrong(...)` is a wrong function: one of variants.py in the same folder,
    with options. The oracle calls it as the checks call the submission's function. The first row
    with a wrong function that gives what the submission gave is named. So the order matters: if
    two rows give the same, the earlier one wins.

    recognise(exercise, seen) -> the name of a row, of this exercise before any other, or a
    Misconception, or None: for what no wrong function can show, or for a bank that computes its
    wrong answers itself. It is asked second.

    revised(mistake, edit) -> the mistake that fits the first edit of the network too, where
    `recognise` has found one that is not foretold.

    DRAWN = {check, ...}: checks of what is drawn at random, which no wrong function can foretell.

The grader loads the bank, so it must not import Keras. Only the oracle's process loads variants.py.
What the wrong functions give is kept as the oracle's answers are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from grader.errors import CheckFailed
from grader.judging import alignment, checks, differences
from grader.judging.compare import same
from grader.judging.messages import SENTENCES
from grader.judging.numpy_layers import Misfit
from grader.runner.result_files import Evidence

_SHAPE = re.compile(r"[(\[]((?:\s*(?:\d+|None)\s*,?)+)[)\]]")
# Kinds of trouble that have nothing to do with the subject of the exercise.
_BEFORE = (
    "follows",
    "unfilled",
    "import",
    "import_exit",
    "syntax",
    "missing",
    "broken",
    "needs",
    "needs_name",
    "tf_function",
    "not_callable",
    "signature",
)
# Kinds of trouble that a wrong function can have too.
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
# How many wrong functions one process runs: to start it costs as much as about ten of them.
GROUP = 16


def wrong(function: str, **options) -> dict:
    """A wrong function, as data.

    Args:
        function: Its name in variants.py.
        options: Its keyword arguments besides those of the exercise, as plain data.
    """
    return {"as": function, "with": options}


class Misconception:
    """A known mistake.

    Args:
        name: A few words. Reports and the class page count by it.
        sentence: What a learner who made the mistake reads first.
        wrong_answers: What shows the mistake, each by `wrong`. A bank with a function `recognise`
            may have rows without any.
    """

    def __init__(self, name: str, sentence: str, *wrong_answers: dict):
        self.name, self.sentence, self.wrong_answers = name, sentence, wrong_answers

    def of(self, **values) -> Misconception:
        """The same with values in the sentence's fields, such as {stage}."""
        return Misconception(self.name, self.sentence.format(**values), *self.wrong_answers)


@dataclass(frozen=True)
class Seen:
    """What a failed check looked at last: its cases, each with its seed, and what came back.

    check: the name of the check. notes: what the bank has found out about this submission so far.
    """

    check: str
    cases: list[tuple[dict, Evidence]]
    notes: dict

    @property
    def trouble(self) -> dict | None:
        """The first trouble that came instead of numbers."""
        return next((evidence.trouble for _, evidence in self.cases if evidence.trouble), None)

    def modes(self) -> list[str]:
        """The modes that were run, inference first; one without a name if there is only trouble."""
        run = {mode for _, evidence in self.cases for mode in evidence.arrays}
        return [mode for mode in ("eval", "train", "as built") if mode in run] or [""]


def named(failure: CheckFailed, check, submission) -> CheckFailed:
    """The failure with the sentence of the misconception, if the bank recognises one.

    The first edit that leads from the right network to this one is named too, unless a wrong
    function gives the same results. The rest of the failure stays, and all of it if the check has
    named the mistake itself. An error that an earlier check has told is not told again, as this
    mistake or another: the check waits for an answer. An error in a bank costs the name, never the
    verdict.
    """
    if failure.misconception or failure.kind in _BEFORE:
        return failure
    if failure.kind in _SHARED and _told(failure, check, submission):
        message = SENTENCES["waits"].format(function=check.exercise)
        return CheckFailed(message, kind="follows")
    if failure.kind in _SHARED and (layers := submission.kept(check.exercise)):
        # A layer that is kept has the sizes of the first call, and fits no other.
        more = {"trace": failure.trace, "kind": failure.kind}
        return checks.kept_between_calls(check.exercise, layers, **more)
    try:
        seen = Seen(check.name, submission.seen(check.exercise), submission.notes)
        for case, evidence in seen.cases:
            if "precision" in evidence.record:
                trouble = {"kind": "precision", "received": evidence.record["precision"]}
                return submission.failure(trouble, case)
        mistake = _mistake(failure, check, submission, seen) if seen.cases else None
    except Exception:  # what a submission sends back may have any shape
        return failure
    if mistake is None:
        return failure
    # What the check says of every wrong answer gives way; the words of an error stay.
    said = [] if failure.kind == "wrong" else [["received", failure.message]]
    table = failure.table or said
    return CheckFailed(
        mistake.sentence,
        table,
        trace=failure.trace,
        earned=failure.earned,
        kind=failure.kind,
        misconception=mistake.name,
    )


def _told(failure: CheckFailed, check, submission) -> bool:
    """Whether an earlier check of the exercise has told this error, or that nothing has an answer.

    Sizes and numbers of layers in the text of an error do not tell one from another.
    """
    told = submission.notes.setdefault(("told", check.exercise), {})
    texts = [re.sub(r"\d+", "", failure.message)]
    if check.exercise in submission.looked:
        request, _ = submission.looked[check.exercise]
        texts += ["no answer"] if submission.received(request)[0].trouble else []
    return any([told.setdefault(text, check.name) != check.name for text in texts])


def _mistake(failure: CheckFailed, check, submission, seen: Seen) -> Misconception | None:
    """The misconception that a failure shows, with the first edit of a network or, where there is
    neither a name nor a network, how the numbers differ.
    """
    bank = _bank(check.file)
    mistake, exact = _recognised(bank, check, submission, seen) if bank else (None, False)
    edit = None
    if failure.kind == "wrong" and not exact:
        with suppress(Exception):  # the graph is the submission's: the bank's name stays
            edit = _edit(check.exercise, submission)
    if edit is None and mistake is None and failure.kind == "wrong":
        difference = None
        with suppress(Exception):  # the numbers are the submission's
            difference = differences.first(submission.compared(check.exercise))
        if difference:
            sentence = differences.SENTENCES["with"].format(
                sentence=failure.message, difference=difference.sentence
            )
            return Misconception(difference.name, sentence)
    if edit is None or mistake is None:
        return mistake or (Misconception(edit.name, edit.sentence) if edit else None)
    revised = getattr(bank, "revised", None)
    if revised:
        mistake = revised(mistake, edit)
    sentence = alignment.SENTENCES["with"].format(sentence=mistake.sentence, edit=edit.sentence)
    return Misconception(mistake.name, sentence)


def _edit(exercise: str, submission) -> alignment.Edit | None:
    """The first edit that shows in a network that a check looked at last."""
    for case, received, expected in submission.graphs(exercise):
        modes = [mode for mode in ("eval", "as built", "train") if mode in case["modes"]]
        edit = alignment.first_edit(received, expected, modes)
        if edit:
            return edit
    return None


def _recognised(
    bank: ModuleType, check, submission, seen: Seen
) -> tuple[Misconception | None, bool]:
    """The bank's misconception, and whether one of its wrong functions gives the same results."""
    bank_rows = getattr(bank, "BANK", {})
    rows = bank_rows.get(check.exercise, [])
    named = None
    foretold = seen.check not in getattr(bank, "DRAWN", ())
    if foretold and (seen.trouble is None or seen.trouble.get("kind") in _SHARED):
        named = _foretold(rows, check, submission)
    if named is not None or not hasattr(bank, "recognise"):
        return named, named is not None
    named = bank.recognise(check.exercise, seen)
    if isinstance(named, str):
        every = [*rows, *(row for others in bank_rows.values() for row in others)]
        named = next(row for row in every if row.name == named)
    return named, False


def _foretold(rows: list[Misconception], check, submission) -> Misconception | None:
    """The first misconception with a wrong function that gives what the submission gave."""
    for group in _grouped(rows):
        answers, left = [answer for _, answer in group], [True] * len(group)
        for received, foretold in submission.foretold(
            check.exercise, checks.variants_file(check.file), answers
        ):
            left = [
                still and same(received, other) for still, other in zip(left, foretold, strict=True)
            ]
            if not any(left):
                break
        else:
            return group[left.index(True)][0]
    return None


def wrong_answers(checks_file: str, exercise: str) -> Iterator[tuple[str, list[dict]]]:
    """The groups of an exercise's wrong functions, as they are asked: (their file, a group)."""
    for group in _grouped(getattr(_bank(checks_file), "BANK", {}).get(exercise, [])):
        yield checks.variants_file(checks_file), [answer for _, answer in group]


def names(checks_file: str, exercise: str) -> list[str]:
    """The names of the misconceptions that the bank has for an exercise."""
    return [row.name for row in getattr(_bank(checks_file), "BANK", {}).get(exercise, [])]


def _grouped(rows: list[Misconception]) -> Iterator[list[tuple[Misconception, dict]]]:
    each = [(row, answer) for row in rows for answer in row.wrong_answers]
    for start in range(0, len(each), GROUP):
        yield each[start : start + GROUP]


@lru_cache
def _bank(checks_file: str) -> ModuleType | None:
    path = Path(checks_file).with_name("misconceptions.py")
    return checks.module(path) if path.is_file() else None


def shapes_in(trouble: dict | None) -> frozenset[tuple[int, ...]]:
    """The shapes of maps, (h, w, c), in the text of an error."""
    shapes = set()
    for text in _SHAPE.findall(str((trouble or {}).get("text", ""))):
        sizes = [size.strip() for size in text.split(",") if size.strip()]
        sizes = sizes[1:] if len(sizes) == 4 else sizes
        if len(sizes) == 3 and "None" not in sizes:
            shapes.add(tuple(map(int, sizes)))
    return frozenset(shapes)


def is_misfit(misfit: Misfit, trouble: dict | None) -> bool:
    """Whether the trouble is an error about exactly these shapes."""
    if not misfit.shapes:
        return "output size would be" in str((trouble or {}).get("text"))
    return shapes_in(trouble) == misfit.shapes


def first(items: Iterable):
    """The first of the items, or None."""
    return next(iter(items), None)
