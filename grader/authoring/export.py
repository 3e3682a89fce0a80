"""Export an assignment to another platform: Gradescope, GitHub Classroom or nbgrader.

Each platform runs this grader: checks, points and sentences are the same everywhere.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from datasets.folders import INSTALLED
from grader.assignments import ROOT, Assignment
from grader.authoring import regions
from grader.errors import GraderError
from grader.files import write_whole
from grader.judging import checks, digest, key
from grader.judging.notebooks import MAIN, cells

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")
_KINDS = (".py", ".html", ".css", ".js", ".po", ".json", ".toml", ".md", ".txt")
TEMPLATES = ROOT / "grader" / "templates"


def write(platform: str, assignment: Assignment, out: Path, grader: str | None = None) -> str:
    """Write an assignment for a platform.

    Args:
        platform: "gradescope", "classroom" or "nbgrader".
        assignment: The assignment.
        out: The file, or an existing folder for it.
        grader: For GitHub Classroom: see `classroom`.

    Returns:
        A line that says what was written.

    Raises:
        GraderError: The assignment does not fit the platform, or the file cannot be written.
    """
    if grader is not None and platform != "classroom":
        raise GraderError(f"--grader is for classroom, received it with {platform}")
    formats: dict[str, tuple[str, Callable[[], bytes | str]]] = {
        "gradescope": (f"{assignment.name}-gradescope.zip", lambda: gradescope(assignment)),
        "classroom": ("classroom.yml", lambda: classroom(assignment, grader or _origin())),
        "nbgrader": (f"{assignment.name}.ipynb", lambda: notebook(assignment)),
    }
    name, content = formats[platform]
    path = out / name if out.is_dir() else out
    write_whole(path, content())
    return f"{path}: written for {platform}"


def gradescope(assignment: Assignment) -> bytes:
    """The autograder's zip: setup.sh, run_autograder, the grader, and this assignment's checks."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for script in ("setup.sh", "run_autograder"):
            _put(archive, script, _filled(f"gradescope_{script}", assignment), 0o755)
        # The class's own key: batch at home draws the same cases, and nobody else knows them.
        _put(archive, "grader.key", key.text(), 0o600)
        _put(archive, "project/requirements.txt", _requirements(), 0o644)
        for path in _project(assignment):
            _put(archive, f"project/{path.relative_to(ROOT).as_posix()}", path.read_bytes(), 0o644)
    return buffer.getvalue()


def _requirements() -> str:
    """What the grader needs, as for pip; an installed package has it as its metadata alone."""
    if not INSTALLED:
        return (ROOT / "requirements.txt").read_text(encoding="utf-8")
    needed = metadata.requires("classic-convnets") or []
    return "".join(f"{line}\n" for line in needed if "extra ==" not in line)


def _put(archive: zipfile.ZipFile, name: str, content: bytes | str, mode: int) -> None:
    # One date for all files: the same project gives the same zip.
    info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
    info.external_attr = (0o100000 | mode) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)


def _project(assignment: Assignment) -> list[Path]:
    paths = digest.checked_by(assignment)
    for package in digest.PACKAGES:  # without the solutions
        paths += [
            path
            for path in sorted((ROOT / package).rglob("*"))
            if path.suffix in _KINDS
            and path.is_file()
            and "data" not in path.relative_to(ROOT).parts
        ]
    return paths


def classroom(assignment: Assignment, grader: str) -> str:
    """The workflow .github/workflows/classroom.yml of the repository that learners copy.

    It takes the exercise alone from a learner's repository, and all that grades from another one.

    Args:
        assignment: The assignment.
        grader: The GitHub repository with the teacher's copy of this project, OWNER/NAME or
            OWNER/NAME@REF. Without REF its default branch counts.

    Raises:
        GraderError: That is no name of a repository, or a check has no whole points.
    """
    if not _REPOSITORY.fullmatch(grader):
        raise GraderError(f"expected --grader OWNER/NAME or OWNER/NAME@REF, received {grader!r}")
    repository, _, ref = grader.partition("@")
    chosen = checks.collect(assignment.checks)
    if any(check.points != int(check.points) for check in chosen):
        raise GraderError(f"{assignment.name}: expected whole points for GitHub Classroom")
    steps = [
        {
            "name": check.name,
            "id": check.name,
            "points": int(check.points),
            "title": f"{check.exercise}: {check.concept}",
        }
        for check in chosen
    ]
    return _filled("classroom.yml", assignment, steps=steps, repository=repository, ref=ref)


def _origin() -> str:
    """OWNER/NAME of the GitHub repository that this copy of the project came from."""
    command = ["git", "-C", str(ROOT), "remote", "get-url", "origin"]
    try:
        url = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        url = ""
    found = re.search(r"github\.com[:/]([^/]+/[^/]+?)(\.git)?/?$", url)
    if found is None:
        raise GraderError(
            "expected --grader OWNER/NAME, the repository on GitHub that holds your copy of this "
            "project, received none: classroom.yml runs that copy, not the learner's"
        )
    return found[1]


def _filled(template: str, assignment: Assignment, **values) -> str:
    import jinja2

    # Actions write their own expressions as ${{ ... }}.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        variable_start_string="<<",
        variable_end_string=">>",
    )
    return environment.get_template(template).render(name=assignment.name, **values)


def notebook(assignment: Assignment) -> str:
    """The teacher's notebook, for nbgrader's source/NAME/NAME.ipynb: solutions and test cells.

    `nbgrader generate_assignment` removes the lines between its markers. The test cell after each
    exercise grades it, prints the reasons, and gives its points as the partial credit.
    """
    path = assignment.file("solutions")
    if not path.is_file():
        raise GraderError(f"{path}: expected the worked solution, found nothing there")
    script = regions.without_answers(path.read_text(encoding="utf-8"))
    points = {region.name: region.points for region in regions.find(script)}
    notebook_cells: list[dict] = []
    for kind, text in cells(script):
        if kind == "markdown":
            notebook_cells.append(_cell("markdown", text, {}))
            continue
        # A notebook has no command line, and no file next to the project.
        text = MAIN.split(text)[0].strip("\n")
        inside = regions.find(text)
        if text:
            notebook_cells.append(
                _cell("code", _marked(text), _solution(inside[0].name) if inside else {})
            )
        for region in inside:
            notebook_cells.append(_test(assignment.name, region.name, points[region.name]))
    for number, cell in enumerate(notebook_cells):
        cell["id"] = f"cell-{number}"
    return (
        json.dumps(
            {
                "cells": notebook_cells,
                "metadata": {
                    "kernelspec": {
                        "display_name": "Python 3",
                        "language": "python",
                        "name": "python3",
                    },
                    "language_info": {"name": "python"},
                },
                "nbformat": 4,
                "nbformat_minor": 5,
            },
            indent=1,
            ensure_ascii=False,
        )
        + "\n"
    )


def _marked(text: str) -> str:
    """The text with nbgrader's markers inside ours, which stay in the learner's copy."""
    text = re.sub(
        r"^( *)(### EXERCISE \d+ STARTS.*)$",
        r"\1\2\n\1### BEGIN SOLUTION",
        text,
        flags=re.MULTILINE,
    )
    return re.sub(
        r"^( *)(### EXERCISE \d+ ENDS.*)$", r"\1### END SOLUTION\n\1\2", text, flags=re.MULTILINE
    )


def _test(assignment: str, exercise: str, points: float) -> dict:
    code = (
        "# A hint for the learner: `signs batch`, outside a kernel, gives the points that count.\n"
        "import signs  # finds the grader where the project is installed as a package\n"
        f'from grader.authoring.nbgrader import points\n\npoints("{assignment}", "{exercise}", In)'
    )
    metadata = _nbgrader(f"{exercise}_test", grade=True, locked=True, points=points)
    return _cell("code", code, metadata)


def _solution(exercise: str) -> dict:
    return _nbgrader(exercise, solution=True)


def _nbgrader(
    grade_id: str, grade: bool = False, locked: bool = False, solution: bool = False, **more
) -> dict:
    return {
        "nbgrader": {
            "grade": grade,
            "grade_id": grade_id,
            "locked": locked,
            "schema_version": 3,
            "solution": solution,
            "task": False,
            **more,
        }
    }


def _cell(kind: str, text: str, metadata: dict) -> dict:
    cell: dict = {"cell_type": kind, "metadata": metadata, "source": text.splitlines(keepends=True)}
    if kind == "code":
        cell.update(execution_count=None, outputs=[])
    return cell
