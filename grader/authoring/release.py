"""From a worked solution to the exercise: the signature, the text and the steps stay.

A released file ends with a seal, the sha256 of the rest, by which a later release knows whether a
learner has changed it.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from pathlib import Path

from datasets.folders import INSTALLED, ROOT
from datasets.invocation import python, typed
from grader.assignments import Assignment
from grader.authoring import notebook as workbook
from grader.authoring import regions, translate
from grader.errors import GraderError
from grader.files import write_whole
from grader.i18n import po
from grader.i18n.language import say
from grader.runner.loader import UNFILLED

SEAL = "# sealed "
# As the texts of the exercises name the command and Python, for who works in a checkout.
COMMAND, PYTHON = ".venv/bin/signs", ".venv/bin/python"
# And as they link figures. Installed, the figures are copied into a folder beside the exercise.
FIGURES, BESIDE = "../docs/figures/", "figures/"
_FIGURE = re.compile(rf"\({re.escape(BESIDE)}([\w.-]+)\)")


def stub(solution: str, name: str) -> str:
    """The exercise made from the text of a solution; the same text gives the same exercise."""
    if not regions.find(solution, f"solutions/{name}.py"):
        raise GraderError(f"solutions/{name}.py: expected exercises between markers, found none")
    text = regions.without_answers(solution)
    return sealed(regions.replaced(text, lambda region: _unfilled(text, region, name)))


def _unfilled(solution: str, region: regions.Region, name: str) -> list[str]:
    indent = region.indent
    return [
        *regions.steps(solution, region),
        f"{indent}raise NotImplementedError(",
        f'{indent}    "exercise {region.number}, {region.name}, {UNFILLED}; hint: "',
        f'{indent}    "{COMMAND} hint {name} {region.name}"',
        f"{indent})",
    ]


def released(assignment: Assignment) -> str:
    """The exercise as it is released in the spoken language, its code the same in each.

    Raises GraderError if the worked solution is missing.
    """
    solution = assignment.file("solutions")
    if not solution.is_file():
        raise GraderError(f"{solution}: expected the worked solution, found nothing there")
    text = _translated(stub(solution.read_text(encoding="utf-8"), assignment.name), say)
    if INSTALLED:
        text = text.replace(f"{COMMAND} ", f"{typed()} ").replace(PYTHON, python())
        text = text.replace(FIGURES, BESIDE)
        text = text.replace(f"solutions/{assignment.name}.py", str(solution))
    return sealed(text.rpartition(SEAL)[0])


def _translated(text: str, translate_paragraph) -> str:
    return sealed(translate.exercise(text.rpartition(SEAL)[0], translate_paragraph))


def sealed(text: str) -> str:
    """The text with its seal as the last line."""
    return f"{text}{SEAL}{hashlib.sha256(text.encode()).hexdigest()}\n"


def unchanged(text: str) -> bool:
    """Whether a released file is still as it was released."""
    rest, mark, _ = text.rpartition(SEAL)
    return bool(mark) and sealed(rest) == text


def filled(text: str) -> list[str]:
    """The names of the exercises whose released lines a learner has replaced."""
    return [
        region.name for region in regions.find(text) if UNFILLED not in regions.inside(text, region)
    ]


def up_to_date(text: str, released: str) -> bool:
    """Whether a file of assignments/ needs no new release.

    An unfilled one must be the release itself, in any of its languages. One that a learner works on
    is hers: it is old only if it has lost an exercise.
    """
    if not filled(text):
        catalogues = [po.load(folder) for folder in po.folders()]
        return text == released or any(
            text == _translated(released, lambda key, known=known: known.get(key, key))
            for known in catalogues
        )
    return _exercises(text) == _exercises(released)


def _exercises(text: str) -> list[tuple[int, str]]:
    return [(region.number, region.name) for region in regions.find(text)]


def release(
    assignment: Assignment, out: Path | None = None, force: bool = False, notebook: bool = False
) -> str:
    """Write the exercise of an assignment.

    Args:
        assignment: The assignment.
        out: The file or its folder; by default assignments/NAME.py, or NAME.ipynb for a notebook.
        force: Overwrite a file that a learner has changed, and keep a dated copy of it.
        notebook: Write a notebook in place of a script.

    Returns:
        A line that says what was done.

    Raises:
        GraderError: A learner has changed the file, and `force` is False.
    """
    text = released(assignment)
    path = out or assignment.file("assignments").parent
    if path.is_dir() or out is None:
        path = path / f"{assignment.name}{'.ipynb' if notebook else '.py'}"
    if notebook:
        text = workbook.of(text.rpartition(SEAL)[0], assignment.name)
    if INSTALLED:
        _bring_figures(text, path.parent / BESIDE)
    if not path.exists():
        write_whole(path, text)
        return f"{path}: released"
    before = path.read_text(encoding="utf-8", errors="surrogateescape")
    if before == text:
        return f"{path}: up to date"
    copied = ""
    if not (workbook.unchanged if notebook else unchanged)(before):
        if not force:
            raise GraderError(
                f"{path}: expected a file as it was released, found work in it; --force releases "
                "it anew and keeps a dated copy"
            )
        copied = f"; the file before it is now {keep(path)}"
    write_whole(path, text)
    return f"{path}: released anew{copied}"


def _bring_figures(text: str, folder: Path) -> None:
    """Copy the figures that the text shows into the folder, where its links point."""
    for name in _FIGURE.findall(text):
        write_whole(folder / name, (ROOT / "docs" / "figures" / name).read_bytes())


def keep(path: Path) -> Path:
    """Copy `path` beside itself under today's date and time; returns the copy's path."""
    stamp = datetime.now().strftime("%Y-%m-%d-%H%M%S")
    copy, number = path.with_name(f"{path.stem}.{stamp}{path.suffix}.kept"), 1
    while copy.exists():
        number += 1
        copy = path.with_name(f"{path.stem}.{stamp}-{number}{path.suffix}.kept")
    write_whole(copy, path.read_bytes())
    return copy
