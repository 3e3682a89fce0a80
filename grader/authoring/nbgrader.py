"""Points inside a notebook, for nbgrader's test cells: `points("residual_networks", ..., In)`.

nbgrader takes the number that a test cell ends with as its partial credit, and shows what the cell
printed: a learner gets both, points and reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from grader import assignments
from grader.judging import source
from grader.judging.grade import Grader
from grader.judging.notebooks import script_of


def points(assignment: str, exercise: str, cells: Sequence[str]) -> float:
    """The points that an exercise earns; prints why some are missing.

    cells: the code that the notebook has run, IPython's `In`. The learner's functions run in a
    process of their own, from that code, not in the kernel.
    """
    # The last is the cell that asks; others that have asked would ask again.
    code = [cell for cell in cells if cell and "grader.authoring.nbgrader" not in cell]
    with Grader() as grader:
        report = grader.grade(
            assignments.find(assignment), source.of(script_of(code), "notebook.py"), [exercise]
        )
    for outcome in report.outcomes:
        if not outcome.passed:
            print(f"{outcome.earned:g} of {outcome.check.points:g} points: {outcome.failure}\n")
    return report.score
