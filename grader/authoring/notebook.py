"""An exercise as a notebook: its script in cells, with a start and an end that fit a kernel.

`signs release --notebooks` writes it beside the script. It is graded as the script is,
with `--submission`: its code cells give the script back.
"""

from __future__ import annotations

import hashlib
import json

from datasets.invocation import installs
from grader.authoring import regions
from grader.errors import GraderError
from grader.i18n.language import say, spoken
from grader.judging.notebooks import MAIN

# A kernel starts in the notebook's folder; what the exercise imports and writes lies in the
# project's. Where there is none, as in the grader, nothing moves.
_BEGIN = """import os

# {folder}
folders = [Path.cwd(), *Path.cwd().parents]
project = next((folder for folder in folders if (folder / "training").is_dir()), Path.cwd())
if project != Path.cwd():
    os.chdir(project)
    print(f"{moved}")
sys.path.insert(0, str(project))
if __name__ == "__main__":
    import signs  # noqa: F401 - {finds}
    from grader.notebook import check, hint, solution_diff, start

    start("{name}"{language})"""
_CHECK = 'check("{exercise}")  # {then}'
_END = """# {whole}
if __name__ == "__main__":
    import signs  # noqa: F401 - {finds}
    from training import lessons

    status = lessons.main("{name}", walk, {arguments})
    print("{done}" if status == 0 else "{stopped}")"""
_SEAL = "sealed"


def of(text: str, name: str, arguments: tuple[str, ...] = ("--quick",)) -> str:
    """The notebook of a script, as text; the same script always gives the same notebook.

    Args:
        text: The script of an exercise or a solution.
        name: The assignment's name.
        arguments: The command line that the last cell stands for.

    Returns:
        The notebook as JSON.

    Raises:
        GraderError: jupytext is not installed.
    """
    try:
        import jupytext
    except ImportError:
        raise GraderError(
            f"expected jupytext, which writes notebooks, found none: {installs('jupytext')}"
        ) from None
    before, *main = MAIN.split(text)
    parts = [
        {"cell_type": cell.cell_type, "source": cell.source}
        for cell in jupytext.reads(before, "py:percent").cells
        if cell.source.strip()
    ]
    parts = [own for cell in parts for own in (cell, *_checks(cell))]
    first = next(i for i, cell in enumerate(parts) if cell["cell_type"] == "code")
    language = "" if spoken() == "en" else f', lang="{spoken()}"'
    begin = _BEGIN.format(
        name=name,
        language=language,
        folder=say(
            "The project's folder, from which training and datasets are imported and runs/ is "
            "written."
        ),
        moved=say("the working folder is now {project}", project="{project}"),
        finds=say("finds the grader where the project is installed as a package"),
    )
    parts.insert(first + 1, {"cell_type": "code", "source": begin})
    if main:
        end = _END.format(
            name=name,
            arguments=json.dumps(arguments),
            whole=say(
                'Everything at once, as the script does it. Without "--quick" it is the whole run.'
            ),
            finds=say("finds training where the project is installed as a package"),
            done=say("done"),
            stopped=say("stopped: the last line above says why"),
        )
        parts.append({"cell_type": "code", "source": end})
    return _written(parts)


def _checks(cell: dict) -> list[dict]:
    """A cell for each exercise in this cell, to check it."""
    exercises = regions.find(cell["source"]) if cell["cell_type"] == "code" else []
    then = say("then hint(), or once it is right solution_diff()")
    return [
        {"cell_type": "code", "source": _CHECK.format(exercise=e.name, then=then)}
        for e in exercises
    ]


def _written(parts: list[dict]) -> str:
    cells = []
    for number, cell in enumerate(parts):
        is_code = cell["cell_type"] == "code"
        more: dict = {"execution_count": None, "outputs": []} if is_code else {}
        source = cell["source"].splitlines(keepends=True)
        cells.append({**cell, "id": f"cell-{number}", "metadata": {}, "source": source, **more})
    return (
        json.dumps(
            {
                "cells": cells,
                "metadata": {
                    "kernelspec": {
                        "display_name": "Python 3",
                        "language": "python",
                        "name": "python3",
                    },
                    "language_info": {"name": "python"},
                    _SEAL: _digest(cells),
                },
                "nbformat": 4,
                "nbformat_minor": 5,
            },
            indent=1,
            ensure_ascii=False,
        )
        + "\n"
    )


def unchanged(text: str) -> bool:
    """Whether a notebook's cells are still as released; outputs may have come."""
    try:
        notebook = json.loads(text)
        return notebook["metadata"][_SEAL] == _digest(notebook["cells"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False


def _digest(cells: list[dict]) -> str:
    text = "\0".join(f"{cell['cell_type']} {''.join(cell['source'])}" for cell in cells)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
