"""Points inside a notebook, for nbgrader's test cells: `points("residual_networks", ..., In)`.

nbgrader takes the number at the end of a test cell as the partial credit, and shows what the cell
printed: a learner gets both points and reasons. They are a hint: a learner's own cell can replace
this module in her kernel. The points that count come from `signs batch`, outside any kernel.
"""

from __future__ import annotations

from collections.abc import Sequence

from grader import assignments
from grader.judging import source
from grader.judging.grade import Grader
from grader.judging.notebooks import as_python


def points(assignment: str, exercise: str, cells: Sequence[str]) -> float:
    """The points that an exercise earns; prints why some are missing.

    The learner's functions do not run in the kernel, but in a process of their own.

    Args:
        assignment: Its name.
        exercise: The graded function.
        cells: The code that the notebook has run, IPython's `In`.
    """
    # Without the test cells, which would grade again: this one and those before it.
    code = as_python(
        (number, cell)
        for number, cell in enumerate(cells)
        if cell and "grader.authoring.nbgrader" not in cell
    )
    with Grader() as grader:
        report = grader.grade(
            assignments.find(assignment), source.of_cells(code, "notebook.ipynb"), [exercise]
        )
    for outcome in report.outcomes:
        if not outcome.passed:
            print(f"{outcome.earned:g} of {outcome.check.points:g} points: {outcome.failure}\n")
    return report.score
