"""A notebook's code cells as Python: each cell for itself, or all as one script.

Cells that nbgrader marks as tests belong to the teacher and are left out. Magics, shell lines and
`?` are read by IPython's own transformer, which turns text into text and runs nothing. Where
IPython is not installed they become comments. A cell that begins with `%%writefile name.py` is a
module, which the others may import.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

CELL = "# %%"
MARKDOWN = "# %% [markdown]"
# From here on a file runs only as a script; a notebook has no command line.
MAIN = re.compile(r'^if __name__ == "__main__":', re.MULTILINE)
# What no person writes into one cell.
LARGEST_CELL = 200_000
# Characters of all cells together; lists and tables in the file, also of its outputs.
MOST_CODE = 1_000_000
MOST_PARTS = 500_000
# IPython reads a cell once more for every magic in it: characters times magics, of all cells.
MOST_WORK = 2_000_000
_CONFLICT = re.compile(r"^(?:<<<<<<<|>>>>>>>) ", re.MULTILINE)
_MAGIC = re.compile(r"^(\s*)([%!?].*)$")
# Blanks alone: \s would read on over empty lines, from each of them again.
_MAGICS = re.compile(r"^[ \t]*[%!?]|=[ \t]*[%!]|\?[ \t]*$", re.MULTILINE)
# What writes the rest of the cell into a file in the notebook's folder, or adds it with -a.
_WRITES = re.compile(
    r"%%(?:writefile|file)[ \t]+(?P<add>(?:-a|--append)[ \t]+)?(?P<name>\w+)\.py[ \t]*\n"
)
# The text that a notebook may write into modules.
MOST_WRITTEN = 1_000_000
# Magics that run Python and keep its names: `%time x = f(3)`, or a whole cell below them.
_PYTHON = ("time", "timeit", "capture", "prun", "python3")
# What asks for a verdict in a notebook: grader.notebook, which a submission's process has not.
_ASKS = re.compile(
    r"^(?:from grader\.notebook import (?:\([^)]{0,500}\)|.*)|import grader\.notebook.*"
    r"|(?:\w+ = )?(?:(?:check|hint|start)\((?:lang=)?[)\"']|solution_diff\().*)$",
    re.MULTILINE,
)

# A cell's number among the code cells, from 1, and its text.
Cell = tuple[int, str]


class NotANotebook(ValueError):
    """The file cannot be read as a notebook; the text says why, in a few words."""


def read_cells(raw: bytes) -> list[Cell]:
    """The learner's code cells in the notebook `raw`, as Python; raises NotANotebook."""
    return read_notebook(raw)[0]


def read_notebook(raw: bytes) -> tuple[list[Cell], dict[str, str]]:
    """The learner's code cells as Python, and the modules that they write: name -> text.

    Nothing is written: a module is run only where a graded function imports it. Raises
    NotANotebook.
    """
    if raw.count(b"[") + raw.count(b"{") > MOST_PARTS:
        raise NotANotebook(f"more than {MOST_PARTS:,} parts")
    try:
        notebook = json.loads(raw.decode("utf-8-sig"))
        listed = notebook["cells"]
        if not isinstance(listed, list):
            raise NotANotebook("its cells are not a list")
        _require_python(notebook.get("metadata", {}))
        codes = [cell for cell in listed if cell["cell_type"] == "code"]
        texts = [
            (number, _text(cell)) for number, cell in enumerate(codes, 1) if _is_the_learners(cell)
        ]
    except KeyError as error:
        raise NotANotebook(f"no {error.args[0]!r}: expected notebook format 4") from None
    except UnicodeDecodeError:
        raise NotANotebook("not text in UTF-8") from None
    except (TypeError, AttributeError, RecursionError):
        raise NotANotebook("not of a notebook's structure") from None
    except NotANotebook:
        raise
    except ValueError:
        if has_conflict(raw.decode("utf-8", "replace")):
            raise NotANotebook("it holds the marks of a merge conflict") from None
        raise NotANotebook("not JSON") from None
    modules, cells = _written(texts)
    # What is used as a module is not told to be left out: in its own place it is a comment.
    rest = [(i, _commented(text) if i in cells else text) for i, text in texts]
    return as_python(rest), modules


def _written(texts: Iterable[Cell]) -> tuple[dict[str, str], set[int]]:
    """The modules that cells write, as they are at the end, and the numbers of these cells.

    What is no Python is no module.
    """
    modules: dict[str, str] = {}
    cells: dict[int, str] = {}
    for number, text in texts:
        start = _WRITES.match(text.lstrip("\n"))
        if start and start["name"].isidentifier():
            before = modules.get(start["name"], "") if start["add"] else ""
            modules[start["name"]] = before + text.lstrip("\n")[start.end() :] + "\n"
            cells[number] = start["name"]
    if sum(map(len, modules.values())) > MOST_WRITTEN:
        return {}, set()
    modules = {name: text for name, text in modules.items() if _is_python(text)}
    return modules, {number for number, name in cells.items() if name in modules}


def has_conflict(text: str) -> bool:
    """Whether a text holds the marks that Git leaves where two versions conflict."""
    return bool(_CONFLICT.search(text))


def as_python(texts: Iterable[Cell]) -> list[Cell]:
    """Cells of a notebook in Python; empty ones are left out.

    A cell that is too large to be read stays as it is, and so do all if they are together.
    """
    work, cells, texts = 0, [], list(texts)
    if sum(len(text) for _, text in texts if len(text) <= LARGEST_CELL) > MOST_CODE:
        return texts
    for number, text in texts:
        if len(text) > LARGEST_CELL:
            cells.append((number, text))
            continue
        work += len(text) * len(_MAGICS.findall(text))
        code = text if _is_python(text) else _translated(text, work <= MOST_WORK)
        code = _unwrapped(code).rstrip()
        if code.strip():
            cells.append((number, code))
    return cells


def joined(cells: Sequence[Cell]) -> str:
    """One script from cells. A cell that is no Python becomes a comment there."""
    parts = [code if _is_python(code) else _commented(code) for _, code in cells]
    return script_of(parts)


def script_of(codes: Iterable[str]) -> str:
    """One script from the codes of cells, as they are."""
    return "\n\n".join(f"{CELL}\n{code}" for code in codes) + "\n"


def script(raw: bytes) -> str:
    """The code cells of the notebook `raw` as one script; raises NotANotebook."""
    read = [cell for cell in read_cells(raw) if len(cell[1]) <= LARGEST_CELL]
    if sum(len(text) for _, text in read) > MOST_CODE:
        raise NotANotebook(f"more than {MOST_CODE:,} letters of code")
    return joined(read)


def _require_python(metadata: Any) -> None:
    kernel = metadata.get("kernelspec", {}).get("language") or "python"
    if str(kernel).lower() not in ("python", "ipython"):
        raise NotANotebook(f"its language is {str(kernel)[:20]}, not Python")


def _is_the_learners(cell: dict) -> bool:
    marked = cell.get("metadata", {}).get("nbgrader", {})
    return not (marked.get("grade") and not marked.get("solution"))


def _text(cell: dict) -> str:
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    return text if len(text) > LARGEST_CELL else without_asking(text)


def without_asking(text: str) -> str:
    """A cell's text in which lines that ask for a verdict or a hint do nothing."""
    return _ASKS.sub(lambda lines: "pass  # " + lines[0].replace("\n", "\n# "), text)


def _translated(text: str, by_ipython: bool) -> str:
    """A cell that is no Python as it stands, as Python, if it can be read as that."""
    transformer = _transformer() if by_ipython else None
    if transformer is not None:
        try:
            return transformer.transform_cell(text)
        except Exception:  # of a cell that IPython cannot read either
            return text
    first, _, rest = text.partition("\n")
    if first.startswith("%%"):
        name = first[2:].split(" ")[0].strip()
        return "\n" + _without_magics(rest) if name in _PYTHON else _commented(text)
    return _without_magics(text)


@lru_cache(maxsize=1)
def _transformer() -> Any:
    try:
        from IPython.core.inputtransformer2 import TransformerManager
    except ImportError:
        return None
    return TransformerManager()


def _without_magics(text: str) -> str:
    return "\n".join(_MAGIC.sub(r"\1pass  # \2", line) for line in text.splitlines())


def _commented(text: str) -> str:
    return "\n".join(f"# {line}" for line in text.splitlines())


def _unwrapped(text: str) -> str:
    """The text with the Python inside magics such as %time in their place."""
    if "run_line_magic" not in text and "run_cell_magic" not in text or not _is_python(text):
        return text
    lines = text.splitlines()
    for statement in reversed(ast.parse(text).body):
        code = _inside_magic(statement)
        if code is not None and _is_python(code):
            start, end = statement.lineno - 1, statement.end_lineno
            lines[start:end] = code.splitlines()
    return "\n".join(lines)


def _inside_magic(statement: ast.stmt) -> str | None:
    """The Python that a call such as get_ipython().run_line_magic("time", "x = 1") runs."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None
    texts = [part.value for part in call.args if isinstance(part, ast.Constant)]
    if len(texts) != len(call.args) or len(texts) < 2 or texts[0] not in _PYTHON:
        return None
    if call.func.attr == "run_line_magic":
        return re.sub(r"^(?:-\S+\s+)*", "", str(texts[1]))
    # The magic's own line stays, empty: the lines of the cell keep their numbers.
    return "\n" + as_python([(0, str(texts[-1]))])[0][1] if str(texts[-1]).strip() else None


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
