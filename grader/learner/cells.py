"""Verdicts in a notebook: the cells that its kernel has run are checked, and never run here.

IPython keeps every cell that was run, in order, in the list `In`. So a cell that was run twice, or
mended, counts as it does in the kernel. One grader serves all checks of a kernel, in a thread of
its own, and ends with it.
"""

from __future__ import annotations

import atexit
import io
import linecache
import os
import queue
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from traceback import walk_stack

from rich.console import Console

from datasets.invocation import typed
from grader import assignments
from grader.assignments import Assignment
from grader.errors import GraderError
from grader.i18n import language
from grader.i18n.language import say, translated
from grader.judging import source
from grader.judging.grade import Grader, Report
from grader.judging.notebooks import as_python, without_asking
from grader.judging.source import Source
from grader.judging.stop import Stop
from grader.learner import diff, hints, status, terminal
from grader.learner.background import Background, Graded
from grader.learner.commands import note, progress

WIDTH = 110  # columns of what is shown in a page
_PAGE = '<pre style="white-space: pre-wrap; line-height: 1.4">{code}</pre>'


@dataclass(frozen=True)
class Verdict:
    """What `check` returns: the points, and the whole report. The verdict is on the screen."""

    exercise: str
    report: Report

    @property
    def score(self) -> float:
        """The points earned."""
        return self.report.score

    @property
    def max_score(self) -> float:
        """The maximum score."""
        return self.report.max_score

    def __repr__(self) -> str:
        return f"<{self.exercise}: {self.score:g} of {self.max_score:g} points>"

    def _ipython_display_(self) -> None:
        """Nothing: `check` has shown it, and a cell would show its last value once more."""


class InNotebook(GraderError):
    """A refusal; IPython shows its line alone."""

    def _render_traceback_(self) -> list[str]:
        return [translated(str(self))]


class Desk:
    """The grader of one kernel, and what it graded last; `close` ends its processes."""

    def __init__(self) -> None:
        self._results: queue.SimpleQueue[Graded] = queue.SimpleQueue()
        self._stop = Stop()
        # With one slot the expected answers are computed once, not again for every text. Points do
        # not depend on the slot.
        self._grader = Grader(slots=1, stop=self._stop)
        self._background = Background(self._grader, self._stop, self._results.put)
        self.last: Verdict | None = None

    def warm(self, assignment: Assignment) -> None:
        """Begin to check the worked solution: its processes start, expected answers get known."""
        worked = source.read(assignment.file("solutions"))
        self._background.start(assignment, worked, exercises(assignment)[0])

    def grade(self, assignment: Assignment, mine: Source, exercise: str) -> Report:
        """The report on one exercise; an interrupt of the kernel stops it."""
        number = self._background.start(assignment, mine, exercise)
        try:
            while (graded := self._results.get()).number != number:
                pass  # of the warm-up
        except KeyboardInterrupt:
            self._background.stop()
            raise
        if isinstance(graded.report, Exception):
            raise graded.report
        return graded.report

    def close(self) -> None:
        """End the processes."""
        self._background.stop()
        self._grader.close()


@lru_cache
def desk() -> Desk:
    """The kernel's one desk, which speaks the language of the locale until it is told another."""
    language.use(language.of_locale())
    made = Desk()
    atexit.register(made.close)
    return made


def start(assignment: str | None = None, lang: str | None = None) -> None:
    """Start the grader in the background, so that the first check is quick, too.

    Args:
        assignment: Its expected answers are computed now.
        lang: The language of all that is said, such as "zh".
    """
    own = desk()
    language.use(lang)
    if assignment is not None:
        own.warm(assignments.find(assignment))


def check(exercise: str) -> Verdict:
    """Show the verdict on a function, as the cells that have been run so far define it.

    Args:
        exercise: The function's name, such as "identity_block".

    Returns:
        The points: `score` and `max_score`.

    Raises:
        GraderError: No exercise has this name, or there is no code to check.
    """
    own, assignment = desk(), _assignment(exercise)
    report = own.grade(assignment, _source(assignment, exercise), exercise)
    own.last = Verdict(exercise, report)
    note(report)
    _show(lambda console: terminal.show(report, console))
    return own.last


def hint(exercise: str | None = None) -> None:
    """Show the next hint for what the last check missed, or for the exercise of this name."""
    exercise, assignment = _meant(exercise)
    ladder, shown = hints.climb(progress(), assignment.name, exercise)
    _show(lambda console: terminal.hint(exercise, ladder, shown, console))


def solution_diff(exercise: str | None = None, show: bool = False) -> None:
    """Show the worked solution and what differs from your own.

    Args:
        exercise: The function's name; that of the last check if left out.
        show: Show it even before you have passed.

    Raises:
        GraderError: The exercise is not passed yet, and `show` is False.
    """
    exercise, assignment = _meant(exercise)
    record = progress()
    if not record.of(assignment.name, exercise).passed:
        if not show:
            raise InNotebook(
                say(
                    "{exercise} is not passed yet: {command} helps, and {other} shows its solution "
                    "anyway",
                    exercise=exercise,
                    command="hint()",
                    other="solution_diff(show=True)",
                )
            )
        with record.change(assignment.name, exercise) as entry:
            entry.seen = True
    mine = diff.of(_source(assignment, exercise).text, exercise)
    worked = diff.worked(assignment, exercise)
    explanation = translated(hints.explanation(assignment.name, exercise))

    def both(console: Console) -> None:
        terminal.prose(explanation, console)
        diff.show(mine, worked, console)

    _show(both)


def exercises(assignment: Assignment) -> list[str]:
    """The names of an assignment's exercises, in their order."""
    return [region.name for region in status.exercises(assignment)]


def _assignment(exercise: str) -> Assignment:
    owners = {
        name: assignment
        for assignment in map(assignments.find, assignments.names())
        for name in exercises(assignment)
    }
    if exercise in owners:
        return owners[exercise]
    close = get_close_matches(str(exercise), owners, n=3, cutoff=0.5)
    advice = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(owners)}"
    raise InNotebook(f"expected the name of an exercise, received {exercise!r}; {advice}")


def _meant(exercise: str | None) -> tuple[str, Assignment]:
    last = desk().last
    if exercise is None and last is None:
        raise InNotebook('expected a check before, found none; run check("NAME") first')
    name = exercise or (last.exercise if last else "")
    return name, _assignment(name)


def _shell():
    """The running IPython, if there is one. Its import alone starts none."""
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


def _source(assignment: Assignment, exercise: str) -> Source:
    """The cells that the kernel has run before this one, or without a kernel the file."""
    shell = _shell()
    if shell is None:
        return source.read(_file(assignment))
    cells, running = list(shell.user_ns["In"]), _running(shell.user_global_ns)
    if cells[-1].strip() == running:
        del cells[-1]
    if f"def {exercise}(" in running:
        raise InNotebook(
            f"expected {exercise} in a cell above, found it in the cell of the check: put the "
            "check into a cell of its own"
        )
    return of_cells(cells, _name(shell.user_ns))


def of_cells(cells: Sequence[str], name: str) -> Source:
    """The submission that consists of these cells, which keep their numbers in `In`."""
    numbered = enumerate(map(without_asking, cells))
    return source.of_cells(as_python(numbered), name)


def _name(namespace: dict) -> str:
    """The notebook's name where VS Code or Jupyter tell it to their kernels."""
    told = namespace.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    return Path(str(told or "notebook.ipynb")).name


def _running(namespace: dict) -> str:
    """The text of the cell that runs now. Whether it is in `In` already depends on who runs it."""
    frames = [f for f, _ in walk_stack(sys._getframe()) if f.f_globals is namespace]
    # The outermost: check may be called by a function of another cell.
    return "".join(linecache.getlines(frames[-1].f_code.co_filename)).strip() if frames else ""


def _file(assignment: Assignment) -> Path:
    """The learner's file: a notebook where she stands or beside the script, or the script."""
    path = assignment.file("assignments")
    notebook = f"{assignment.name}.ipynb"
    for file in (Path.cwd() / notebook, path.with_name(notebook), path):
        if file.is_file():
            return file
    command = typed(f"release {assignment.name}")
    raise InNotebook(f"{path}: expected the exercise, found nothing there; make it with {command}")


def _show(draw) -> None:
    """Show what `draw(console)` prints: as a page in a notebook, else as text."""
    if _shell() is None:
        draw(terminal.console())
        return
    from IPython.display import display

    console = Console(
        file=io.StringIO(), record=True, width=WIDTH, highlight=False, force_jupyter=False
    )
    draw(console)
    text = console.export_text(clear=False)
    page = console.export_html(inline_styles=True, code_format=_PAGE)
    display({"text/plain": text, "text/html": page}, raw=True)
