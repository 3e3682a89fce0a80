"""A case that ends its process takes no other with it."""

from __future__ import annotations

import pytest

from grader.judging import source
from grader.judging.submission import Submission
from grader.judging.worker import Worker
from grader.runner.limits import Limits
from grader.runner.result_files import Evidence

TEXT = """
import os

def block(X, number):
    if number in {bad}:
        os._exit(3)
    return X
"""


def request(count):
    """Cases that each carry their number."""
    return {"cases": [{"call": "block", "array": [1, 2, 2, 1], "args": [i]} for i in range(count)]}


class Scripted:
    """A worker whose process ends at the cases in `bad`; everything after it has no answer."""

    def __init__(self, bad):
        self.bad, self.asked = bad, []

    def start(self, job, limits):
        self.asked.append([case["args"][0] for case in job["cases"]])
        return len(self.asked) - 1

    def result(self, number):
        found, ended = [], False
        for case in self.asked[number]:
            ended = ended or case in self.bad
            found.append(
                Evidence(trouble={"kind": "deadline"}) if ended else Evidence({"case": case})
            )
        return found


@pytest.mark.parametrize("bad, asked, lost", [
    ([], [[0, 1, 2, 3, 4]], []),
    ([2], [[0, 1, 2, 3, 4], [3, 4]], [2]),
    ([1, 3], [[0, 1, 2, 3, 4], [2, 3, 4], [4]], [1, 3]),
    ([4], [[0, 1, 2, 3, 4]], [4]),
    ([0], [[0, 1, 2, 3, 4], [1, 2, 3, 4]], [0]),
    # What never answers, as where the file itself does not end, is asked twice and no more.
    ([0, 1, 2, 3, 4], [[0, 1, 2, 3, 4], [1, 2, 3, 4]], [0, 1, 2, 3, 4]),
])  # fmt: skip
def test_the_cases_after_one_that_ends_its_process_run_in_another(bad, asked, lost):
    worker = Scripted(bad)
    found = Submission(source.of("x = 1", "mine.py"), worker, None).received(request(5))
    assert worker.asked == asked
    assert [i for i in range(5) if found[i].stopped] == lost
    assert all(found[i].record == {"case": i} for i in range(5) if i not in lost)


def test_a_real_process_that_ends(tmp_path):
    with Worker() as worker:
        mine = Submission(
            source.of(TEXT.format(bad=[1]), "mine.py"), worker, None, Limits(seconds=20)
        )
        found = mine.received(request(4))
    assert [one.stopped for one in found] == [False, True, False, False]
    assert found[1].trouble == {"kind": "died", "status": 3}
    assert found[3].arrays["as built"].shape == (1, 2, 2, 1)
