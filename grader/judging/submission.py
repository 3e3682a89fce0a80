"""A submission as the checks see it: ask it a request, ask the oracle the same, compare."""

from __future__ import annotations

import json
from collections.abc import Iterator

from grader.errors import CheckFailed
from grader.judging import checks
from grader.judging.messages import explain
from grader.judging.oracle import Oracle
from grader.judging.source import Source
from grader.judging.worker import Worker
from grader.runner.limits import Limits
from grader.runner.result_files import Evidence

# The rule's seeds that there are: a table of expected numbers inside a submission would have to
# hold all of them, and the oracle's answers are few enough to keep.
SEEDS = 8


class Submission:
    """The requests of an assignment's checks, put to one submission and to the oracle.

    Each request runs in a process of its own; checks that share a request share its answer.
    The seed follows from the text, so that a submission gets the same score wherever it is graded.
    """

    def __init__(
        self, source: Source, worker: Worker, oracle: Oracle, limits: Limits | None = None
    ):
        self.source = source
        self.limits = limits or Limits()
        self.seed = int(source.digest[:8], 16) % SEEDS
        self._worker, self._oracle = worker, oracle
        self._numbers: dict[str, int] = {}
        self._answers: dict[str, list[Evidence]] = {}
        # For each function the last request that a check looked at, and which of its cases; and
        # room for whoever works out more about this submission.
        self.looked: dict[str, tuple[dict, list[int]]] = {}
        self.notes: dict = {}

    def start(self, requests: list[dict]) -> None:
        """Begin with all of `requests` at once, so that several cores have work."""
        if self.source.trouble:
            return
        for request in requests:
            self._begin(request)
            if "module" in request:
                self._oracle.start(for_oracle(request, self.seed))

    def ask(self, request: dict, cases: str | tuple[str, ...] = ()) -> list[tuple]:
        """(case, received, expected) for the cases with these names; for all if there are none.

        request: as grader.judging.checks.request makes it. Received and expected are Evidence; a
        request without a module, which is judged by the properties of what comes back, has None for
        each expected. Raises CheckFailed, with a sentence for the learner, at the first of these
        cases for which the submission has no answer to compare.
        """
        places = checks.places(request, cases)
        self.looked[request["cases"][0]["call"]] = (request, places)
        answers = self.received(request)
        for place in places:
            if answers[place].trouble:
                raise self.failure(answers[place].trouble, request["cases"][place])
        expected: list = [None] * len(answers)
        if "module" in request:
            expected = self._oracle.answer(for_oracle(request, self.seed))
        return [(request["cases"][place], answers[place], expected[place]) for place in places]

    def seen(self, function: str) -> list[tuple[dict, Evidence]]:
        """The cases of a function that a check looked at last, and what came back."""
        if function not in self.looked:
            return []
        request, places = self.looked[function]
        cases, answers = _seeded(request, self.seed), self.received(request)
        return [(cases[place], answers[place]) for place in places]

    def foretold(
        self, function: str, module: str, wrong: list[dict]
    ) -> Iterator[tuple[Evidence, list[Evidence]]]:
        """For each case that was looked at last: what came back, and what wrong functions give.

        module: the file of these functions, variants.py. A case is asked for only when it is come
        to.
        """
        request, places = self.looked[function]
        answers = self.received(request)
        for place in places:
            asked = for_variants(request["cases"][place], self.seed, module, wrong)
            yield answers[place], self._oracle.answer(asked, may_fail=True)

    def received(self, request: dict) -> list[Evidence]:
        """The submission's evidence, one a case; any of them may be trouble instead of numbers."""
        key = json.dumps(request, sort_keys=True)
        self._begin(request)
        if key in self._numbers:
            self._answers[key] = self._finished(request, self._numbers.pop(key))
        return self._answers[key]

    def _finished(self, request: dict, number: int) -> list[Evidence]:
        """The evidence of every case. One that ends its process takes no other with it: those after
        it run in a new process, until a second one has not answered its first.
        """
        found, first, idle = self._worker.result(number), 0, 0
        while True:
            stop = next((i for i in range(first, len(found)) if found[i].stopped), len(found))
            idle += stop == first
            first = stop + 1
            if first >= len(found) or idle > 1:
                return found
            rest = {**request, "cases": request["cases"][first:]}
            found[first:] = self._worker.result(self._job(rest))

    def failure(self, trouble: dict, case: dict | None = None) -> CheckFailed:
        """The trouble as a verdict, in words."""
        return explain(trouble, case, self.source.filename, self.limits)

    def _begin(self, request: dict) -> None:
        key = json.dumps(request, sort_keys=True)
        if key in self._numbers or key in self._answers:
            return
        if self.source.trouble:
            self._answers[key] = [Evidence(trouble=self.source.trouble)] * len(request["cases"])
            return
        self._numbers[key] = self._job(request)

    def _job(self, request: dict) -> int:
        job = {
            "cases": _seeded(request, self.seed),
            "source": self.source.text,
            "filename": self.source.filename,
        }
        return self._worker.start(job, self.limits)


def for_oracle(request: dict, seed: int) -> dict:
    """What the oracle is asked where a submission with this seed is asked `request`."""
    return {"cases": _seeded(request, seed), "module": request["module"]}


def for_variants(case: dict, seed: int, module: str, wrong: list[dict]) -> dict:
    """What the oracle is asked for what wrong functions, in the file `module`, give in a case.

    wrong: each as grader.judging.misconceptions.wrong makes it. The graph is left out, which takes
    most of the time: outputs and counts tell the functions apart.
    """
    case = {**case, "seed": seed, "graph": False}
    return {"module": module, "cases": [{**case, **answer} for answer in wrong]}


def _seeded(request: dict, seed: int) -> list[dict]:
    return [{**case, "seed": seed} for case in request["cases"]]
