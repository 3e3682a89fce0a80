"""Turn a notebook's code cells into a script in percent format, as jupytext does, and back.

Cells that nbgrader marks as tests belong to the teacher and are left out. Shell lines and magics
become comments, because a script has neither.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable

CELL = "# %%"
MARKDOWN = "# %% [markdown]"
# From here on a file runs only as a script; a notebook has no command line.
MAIN = re.compile(r'^if __name__ == "__main__":', re.MULTILINE)
_MAGIC = re.compile(r"^(\s*)([%!?].*)$")
# A magic as it stands in IPython's history.
_SHELL = re.compile(r"^(\s*)((?:\w+ = )?get_ipython\(\).*)$")
# Cell magics after which the rest of the cell is still Python.
_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun", "%%python3")
# What asks for a verdict in a notebook: grader.notebook, which a submission's process has not.
_ASKS = re.compile(
    r"^(?:from grader\.notebook import (?:\([^)]*\)|.*)|import grader\.notebook.*"
    r"|(?:\w+ = )?(?:(?:check|hint|start)\((?:lang=)?[)\"']|solution_diff\().*)$",
    re.MULTILINE,
)


class NotANotebook(ValueError):
    """The file cannot be read as a notebook; the text says why, in a few words."""


def script(raw: bytes) -> str:
    """The code cells of the notebook `raw` as one script; raises NotANotebook."""
    try:
        cells = json.loads(raw.decode("utf-8-sig"))["cells"]
        if not isinstance(cells, list):
            raise NotANotebook("its cells are not a list")
        joined = [_text(cell) for cell in cells if _is_the_learners(cell)]
    except KeyError as error:
        raise NotANotebook(f"no {error.args[0]!r}: expected notebook format 4") from None
    except UnicodeDecodeError:
        raise NotANotebook("not text in UTF-8") from None
    except (TypeError, AttributeError, RecursionError):
        raise NotANotebook("not of a notebook's structure") from None
    except NotANotebook:
        raise
    except ValueError:
        raise NotANotebook("not JSON") from None
    return script_of(joined)


def script_of(joined: Iterable[str]) -> str:
    """One script from the texts of code cells."""
    codes = [_code(text) for text in joined]
    return "\n\n".join(f"{CELL}\n{code}" for code in codes if code.strip()) + "\n"


def _is_the_learners(cell: dict) -> bool:
    if cell["cell_type"] != "code":
        return False
    marked = cell.get("metadata", {}).get("nbgrader", {})
    return not (marked.get("grade") and not marked.get("solution"))


def _text(cell: dict) -> str:
    source = cell["source"]
    return without_asking(source if isinstance(source, str) else "".join(source))


def without_asking(text: str) -> str:
    """A cell's text in which lines that ask for a verdict or a hint do nothing."""
    return _ASKS.sub(lambda lines: "pass  # " + lines[0].replace("\n", "\n# "), text)


def _code(text: str) -> str:
    lines = [_SHELL.sub(r"\1pass  # \2", line) for line in text.rstrip().splitlines()]
    first = lines[0].split()[0] if lines and lines[0].strip() else ""
    if first.startswith("%%") and first not in _PYTHON:
        return "\n".join(f"# {line}" for line in lines)
    if _is_python(text):  # a line that continues an expression may begin with %
        return "\n".join(lines)
    return "\n".join(_MAGIC.sub(r"\1pass  # \2", line) for line in lines)


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True


def cells(text: str) -> list[tuple[str, str]]:
    """The cells of a script in percent format, as ("code" or "markdown", text).

    The header that jupytext writes at the top is not a cell.
    """
    rows: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith(CELL):
            rows.append(("markdown" if line.startswith(MARKDOWN) else "code", []))
        elif rows:
            rows[-1][1].append(line)
    return [(kind, _trimmed(kind, lines)) for kind, lines in rows]


def _trimmed(kind: str, lines: list[str]) -> str:
    if kind == "markdown":
        lines = [re.sub(r"^# ?", "", line) for line in lines]
    return "\n".join(lines).strip("\n")
