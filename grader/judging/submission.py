"""A submission as the checks see it: ask it a request, and ask the oracle the same."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from grader.errors import CheckFailed
from grader.judging import checks, key
from grader.judging.editions import Edition
from grader.judging.messages import explain
from grader.judging.oracle import Oracle
from grader.judging.source import Source
from grader.judging.worker import Worker
from grader.runner.limits import Limits
from grader.runner.result_files import Evidence
from grader.runner.signatures import ALSO_CALLED


class Submission:
    """The answers of one submission, and of the oracle, to the requests of an assignment's checks.

    Each request runs in a process of its own; checks that share a request share its answer. Its
    slot, and with it all cases and weights, follows from the key and the text: a submission gets
    the same score wherever it is graded with this key.

    exercises: the names of the graded functions; without them the file is run as a whole. edition:
    what its text says about its edition.
    """

    def __init__(
        self,
        source: Source,
        worker: Worker,
        oracle: Oracle,
        limits: Limits | None = None,
        exercises: Collection[str] = (),
        edition: Edition | None = None,
    ):
        self.source, self.exercises = source, sorted(exercises)
        self.edition = edition or Edition()
        self.limits = limits or Limits()
        self.slot = key.slot(source.digest)
        self._worker, self._oracle = worker, oracle
        self._numbers: dict[str, int] = {}
        # The trouble that every request has which was not answered before it.
        self._trouble = source.trouble
        self._answers: dict[str, list[Evidence]] = {}
        # For each function the last request that a check looked at, and which of its cases; and
        # notes of grader.judging.misconceptions.
        self.looked: dict[str, tuple[dict, list[int]]] = {}
        self.notes: dict = {}

    def start(self, requests: list[dict]) -> None:
        """Send all of `requests` at once, so that several cores have work."""
        if self._trouble:
            return
        for request in requests:
            self._begin(request)
            if "module" in request:
                self._oracle.start(for_oracle(request, self.slot))

    def ask(self, request: dict, cases: str | tuple[str, ...] = ()) -> list[tuple]:
        """Ask the submission and the oracle a request.

        Args:
            request: As grader.judging.checks.request makes it.
            cases: The names of the cases that count; all if left out.

        Returns:
            (case, received, expected) per case. Received and expected are Evidence; expected is
            None if the request has no module, and the properties of what is received are checked.

        Raises:
            CheckFailed: The submission has no answer to one of these cases; with a sentence for the
                learner.
        """
        self.looked[request["cases"][0]["call"]] = (request, checks.places(request, cases))
        return self.compare(request, cases)

    def compare(self, request: dict, cases: str | tuple[str, ...] = ()) -> list[tuple]:
        """As `ask`, where it is not these cases that a check judges."""
        places, answers = checks.places(request, cases), self.received(request)
        for place in places:
            trouble = answers[place].trouble
            if trouble:
                raise self.failure(trouble, request["cases"][place])
        return [*self._beside(request, answers, places)]

    def _beside(
        self, request: dict, answers: list[Evidence], places: Iterable[int]
    ) -> Iterator[tuple]:
        """(case, received, expected) of these cases; the oracle is lent what she used."""
        expected: list = [None] * len(answers)
        if "module" in request:
            asked = for_oracle(request, self.slot)
            ways = {place: _used(request["cases"][place], answers[place]) for place in places}
            for used in {*ways.values()}:
                right = self._oracle.answer(_lending(asked, used))
                for place in places:
                    expected[place] = right[place] if ways[place] == used else expected[place]
        for place in places:
            yield request["cases"][place], answers[place], expected[place]

    def seen(self, function: str) -> list[tuple[dict, Evidence]]:
        """The cases of a function that a check looked at last, and what was received."""
        if function not in self.looked:
            return []
        request, places = self.looked[function]
        cases, answers = seeded(request["cases"], self.slot), self.received(request)
        rows = [(cases[place], answers[place]) for place in places]
        return [(_lent(case, _used(case, answer)), answer) for case, answer in rows]

    def foretold(
        self, function: str, module: str, wrong: list[dict]
    ) -> Iterator[tuple[Evidence, list[Evidence]]]:
        """For each case that was looked at last: what was received, and what wrong functions give.

        module: the file of these functions, variants.py. Each case is asked for only when the
        iterator reaches it.
        """
        request, places = self.looked[function]
        answers = self.received(request)
        for place in places:
            case = request["cases"][place]
            asked = for_variants(case, self.slot, module, wrong)
            asked = _lending(asked, _used(case, answers[place]))
            yield answers[place], self._oracle.answer(asked, may_fail=True)

    def compared(self, function: str) -> Iterator[tuple[dict, Evidence, Evidence]]:
        """The cases that a check looked at last, with what was received and what is expected."""
        request, places = self.looked[function]
        if "module" in request:
            yield from self._beside(request, self.received(request), places)

    def graphs(self, function: str) -> Iterator[tuple[dict, Evidence, Evidence]]:
        """The networks of a function that a check looked at last: (case, received, expected).

        Both come with their graphs. A network is run again only when the iterator reaches it.
        """
        request, places = self.looked[function]
        for place in places if "module" in request else ():
            case = request["cases"][place]
            if case.get("modes"):
                again = {"module": request["module"], "cases": [{**case, "graph": True}]}
                asked, number = (request, place) if case.get("graph") else (again, 0)
                received = self.received(asked)[number]
                used = _used(case, received)
                expected = self._oracle.answer(_lending(for_oracle(asked, self.slot), used))
                yield _lent(case, used), received, expected[number]

    def cut(
        self, request: dict, case: dict, own: list[list], right: list
    ) -> tuple[Evidence, Evidence]:
        """What follows cuts of the submission's network in a case, and one cut of the oracle's.

        own, right: the cuts, as grader.runner.cut takes them.
        """

        def asked(cuts):
            return {"module": request["module"], "cases": [{**case, "graph": False, "cuts": cuts}]}

        [received] = self.received(asked(own))
        lent = _lending(for_oracle(asked([right]), self.slot), _used(case, received))
        [expected] = self._oracle.answer(lent)
        return received, expected

    def received(self, request: dict) -> list[Evidence]:
        """The submission's evidence, one per case; each may be a trouble instead of numbers."""
        name = json.dumps(request, sort_keys=True)
        self._begin(request)
        if name in self._numbers:
            self._answers[name] = self._finish(request, self._numbers.pop(name))
        return self._answers[name]

    def kept(self, function: str) -> list[str]:
        """The layers that a second call of a function gives again, as far as checks have looked."""
        if function not in self.looked:
            return []
        said = [answer.record.get("kept") for answer in self.received(self.looked[function][0])]
        return [str(name) for names in said if isinstance(names, list) for name in names]

    def seed(self, exercise: str) -> int:
        """The seed of the reference values in the cases that call this function."""
        return key.seed(exercise, self.slot)

    def takes(self, function: str, argument: str) -> bool:
        """Whether the function has the argument in the edition that the submission is of."""
        return self.edition.takes(function, argument)

    def loaded(self) -> list:
        """What the submission's processes tell about how it was loaded, in any shape."""
        answers = [answer for every in self._answers.values() for answer in every]
        return [told for answer in answers if (told := answer.record.get("loaded"))]

    def _finish(self, request: dict, number: int) -> list[Evidence]:
        """Wait for the evidence of every case.

        A case that ends its process costs no other case: those after it run in a new process, until
        two processes have ended without an answer.
        """
        answers, first, idle = self._worker.result(number), 0, 0
        while True:
            trouble = answers[-1].trouble
            if self.limits.one_ends_all and trouble and trouble.get("kind") == "deadline":
                self._trouble = trouble
                return answers
            stop = next((i for i in range(first, len(answers)) if answers[i].stopped), len(answers))
            idle += stop == first
            first = stop + 1
            if first >= len(answers) or idle > 1:
                return answers
            rest = {**request, "cases": request["cases"][first:]}
            answers[first:] = self._worker.result(self._send(rest))

    def failure(self, trouble: dict, case: dict | None = None) -> CheckFailed:
        """The trouble in words."""
        if trouble.get("kind") == "deadline":
            trouble = {**trouble, "lines": _lines(str(trouble.get("stack")), self.source)}
        return explain(trouble, case, self.source.filename, self.limits)

    def _begin(self, request: dict) -> None:
        name = json.dumps(request, sort_keys=True)
        if name in self._numbers or name in self._answers:
            return
        if self._trouble:
            self._answers[name] = [Evidence(trouble=self._trouble)] * len(request["cases"])
            return
        self._numbers[name] = self._send(request)

    def _send(self, request: dict) -> int:
        own_cases = seeded(request["cases"], self.slot)
        shipped = dict(self.source.shipped)
        own_request = {"cases": own_cases, "filename": self.source.filename, "shipped": shipped}
        if self.source.strict or not self.exercises:
            code: dict = {"source": self.source.text}
        else:
            roots = [name for exercise in self.exercises for name in self._names(exercise)]
            code = {"cells": self.source.parts, "roots": roots}
        return self._worker.start({**own_request, **code}, self.limits)

    def _names(self, exercise: str) -> list[str]:
        """The names that the graded function has in this file."""
        names = (exercise, *ALSO_CALLED.get(exercise, ()))
        return [name for name in names if name in self.edition.defined] or [exercise]


def _used(case: dict, answer: Evidence) -> tuple[str, ...]:
    """The functions lent in a case that a submission says it has called; all if it does not say.

    Whatever it says, the oracle's network is a right one that is made of these.
    """
    said = answer.record.get("used")
    lent = case.get("lent", {})
    return tuple(name for name in sorted(lent) if not isinstance(said, list) or name in said)


def _lending(request: dict, used: tuple[str, ...]) -> dict:
    """The oracle's request with no more of what is lent than is used."""
    return {**request, "cases": [_lent(case, used) for case in request["cases"]]}


def _lent(case: dict, used: tuple[str, ...]) -> dict:
    if "lent" not in case:
        return case
    lent = {name: text for name, text in case["lent"].items() if name in used}
    rest = {name: value for name, value in case.items() if name != "lent"}
    return {**rest, "lent": lent} if lent else rest


def for_oracle(request: dict, slot: int) -> dict:
    """The oracle's request for a submission with this slot."""
    return {"cases": seeded(request["cases"], slot), "module": request["module"]}


def for_variants(case: dict, slot: int, module: str, wrong: list[dict]) -> dict:
    """The oracle's request for what wrong functions, in the file `module`, give in a case.

    wrong: each as grader.judging.misconceptions.wrong makes it. The graph is left out, which
    takes most of the time: outputs and counts tell the functions apart.
    """
    # Seeded as it was asked: what is drawn for a hidden case follows from the whole case.
    [case] = seeded([case], slot)
    return {"module": module, "cases": [{**case, "graph": False, **answer} for answer in wrong]}


def _lines(stack: str, source: Source) -> list[list]:
    """The submission's lines in a stack that faulthandler has written, the innermost last."""
    name = source.filename.encode("ascii", "backslashreplace").decode()
    place = rf'File "{re.escape(name)}(?:, cell (\d+))?", line (\d+) in (\S+)'
    texts = {str(part["number"] or ""): part["code"].splitlines() for part in source.parts}
    lines = []
    for cell, line, where in reversed(re.findall(place, stack)):
        code = texts.get(cell, [])[int(line) - 1 : int(line)]
        lines.append([line, where, "".join(code).strip(), *([cell] if cell else [])])
    return lines


def seeded(cases: list[dict], slot: int) -> list[dict]:
    """The cases as they are asked of a submission with this slot, see checks.hidden."""
    return [
        {**_filled(case, case, slot), "seed": key.seed(case["call"], slot)}
        if "hidden" in case
        else {**case, "seed": key.seed(case["call"], slot)}
        for case in cases
    ]


def _filled(value: Any, case: dict, slot: int, path: str = "") -> Any:
    """The value with a number in place of each {"drawn": [least, most]} in it.

    case: the whole case. path: where the value stands in it.
    """
    if isinstance(value, list):
        return [_filled(each, case, slot, f"{path}/{i}") for i, each in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"drawn"}:
        least, most = value["drawn"]
        told = json.dumps(case, sort_keys=True)
        return least + key.number(case["call"], slot, told, path) % (most - least + 1)
    return {
        name: _filled(each, case, slot, f"{path}/{name}")
        for name, each in value.items()
        if name != "hidden"
    }
