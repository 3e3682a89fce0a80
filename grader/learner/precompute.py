"""Compute what nets answers for every slot that a save may get, before it is needed.

`python -m grader.learner.precompute residual_networks` runs at the lowest priority. The answers
stay in the oracle's folder: after the first minutes of the first `watch` no save waits for them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import product

from grader import assignments
from grader.judging import checks, key, misconceptions
from grader.judging.oracle import Oracle
from grader.judging.submission import for_oracle, for_variants


def start(assignment: assignments.Assignment) -> subprocess.Popen:
    """Start a process that does the work; it ends by itself or by `terminate()`."""
    return subprocess.Popen(
        [sys.executable, "-m", "grader.learner.precompute", assignment.name],
        cwd=assignments.ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def work(name: str) -> None:
    """Answer every request of the assignment's checks for every slot, small requests first.

    The answers of known wrong functions come last: only a failed check asks for them.
    """
    parent = os.getppid()
    path = assignments.find(name).checks
    requests = [request for request in checks.requests(path) if "module" in request]
    with Oracle() as oracle:
        for request in sorted(requests, key=lambda request: "input_shape" in str(request)):
            for slot in range(key.SLOTS):
                if os.getppid() != parent:
                    return
                oracle.answer(for_oracle(request, slot))
        cases = [case for request in requests for case in request["cases"]]
        for case, slot in product(cases, range(key.SLOTS)):
            for module, names in misconceptions.wrong_answers(str(path), case["call"]):
                if os.getppid() != parent:
                    return
                oracle.answer(for_variants(case, slot, module, names), may_fail=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.nice(19)
    work(sys.argv[1])
