"""Read a submission's file: text that can be run, or a trouble that says why not."""

from __future__ import annotations

import ast
import hashlib
import io
import re
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.errors import GraderError
from grader.files import holds_lfs_pointer
from grader.judging.notebooks import (
    LARGEST_CELL,
    MOST_CODE,
    Cell,
    NotANotebook,
    has_conflict,
    joined,
    read_notebook,
    script_of,
)

LARGEST = MOST_CODE
# A notebook's file holds outputs and pictures too.
LARGEST_NOTEBOOK = 16 * 2**20
# Statements that Python 2 alone can read.
_PYTHON_2 = re.compile(
    r"""^[ \t]*(?:print[ \t]+(?![=(.\[])\S|exec[ \t]+["'\w]"""
    r"""|except[ \t]+[\w.]+[ \t]*,[ \t]*\w+[ \t]*:|raise[ \t]+\w+[ \t]*,)""",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Source:
    """A submission's file.

    filename: its name. text: all of it as one script. trouble: what is wrong with it, if anything.
    cells: of a notebook, each a number and its text; none of a script. shipped: the names and texts
    of modules that came with it. strict: whether it is run as a whole, as Python runs a script.
    remarks: what the reader noticed, each a kind and its details, see grader.judging.notes.
    """

    filename: str
    text: str
    trouble: dict | None = None
    cells: Sequence[Cell] = ()
    shipped: Sequence[tuple[str, str]] = ()
    strict: bool = False
    remarks: Sequence[dict] = ()

    @property
    def digest(self) -> str:
        """The sha256 of the text."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def parts(self) -> list[dict]:
        """The cells as grader.runner.cells takes them; a script is one, without a number."""
        if self.cells:
            return [{"number": number, "code": code} for number, code in self.cells]
        return [{"number": None, "code": self.text}]


def read(path: Path | str, strict: bool = False) -> Source:
    """The submission at `path`: a script, or the code cells of a notebook.

    A file that cannot be Python has a trouble, which grader.judging.messages words, and gets a
    report too. Raises GraderError only if there is no file to read.
    """
    path = Path(path)
    notebook = path.suffix.lower() == ".ipynb"
    if path.is_dir():
        raise GraderError(f"{path}: expected a submission's .py file, received a folder")
    try:
        with path.open("rb") as file:
            raw = file.read((LARGEST_NOTEBOOK if notebook else LARGEST) + 1)
    except FileNotFoundError:
        raise GraderError(f"{path}: expected a submission's .py file, found none") from None
    except OSError as error:
        raise GraderError(f"{path}: cannot read the submission: {error.strerror}") from None
    if notebook and len(raw) <= LARGEST_NOTEBOOK:
        return of_notebook(raw, path.name, strict)
    return decode(raw, path.name, strict)


def of_notebook(raw: bytes, filename: str, strict: bool = False) -> Source:
    """The submission that consists of a notebook's bytes, with a trouble if they are none."""
    if holds_lfs_pointer(raw):
        return Source(filename, "", {"kind": "lfs"})
    try:
        cells, written = read_notebook(raw)
    except NotANotebook as error:
        return Source(filename, "", {"kind": "notebook", "text": str(error)})
    return with_modules(of_cells(cells, filename, strict), written.items())


def of_cells(cells: Sequence[Cell], filename: str, strict: bool = False) -> Source:
    """The submission that consists of the cells of a notebook."""
    # Half of a pair of characters is no text that can be passed on.
    cells = [(number, code.encode("utf-8", "replace").decode()) for number, code in cells]
    large = [number for number, code in cells if len(code) > LARGEST_CELL]
    cells = [cell for cell in cells if cell[0] not in large]
    if sum(len(code) for _, code in cells) > LARGEST:
        return Source(filename, "", {"kind": "too_large", "limit": LARGEST})
    if strict:
        return of(script_of(code for _, code in cells), filename, strict)
    text = joined(cells)
    if len(text) > LARGEST:
        return Source(filename, "", {"kind": "too_large", "limit": LARGEST})
    remarks = [{"kind": "large_cell", "cell": number, "limit": LARGEST_CELL} for number in large]
    trouble = None if cells else {"kind": "empty"}
    return Source(filename, text, trouble, tuple(cells), remarks=tuple(remarks))


def decode(raw: bytes, filename: str, strict: bool = False) -> Source:
    """The submission that consists of the bytes `raw`, with a trouble if they are no script."""
    if len(raw) > LARGEST:
        return Source(filename, "", {"kind": "too_large", "limit": LARGEST})
    if holds_lfs_pointer(raw):
        return Source(filename, "", {"kind": "lfs"})
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(raw).readline)[0]
        text = raw.decode(encoding)
        text.encode()  # some encodings give halves of characters, which cannot be passed on
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        return Source(filename, "", {"kind": "not_text", "byte": error.start})
    except (SyntaxError, LookupError, UnicodeError):  # an encoding that is none of text
        return Source(filename, "", {"kind": "not_text", "byte": 0})
    return of(text, filename, strict)


def of(text: str, filename: str = "submission.py", strict: bool = False) -> Source:
    """The submission that consists of `text`."""
    return Source(filename, text, _trouble(text, filename), strict=strict)


def with_modules(source: Source, shipped: Iterable[tuple[str, str]]) -> Source:
    """The submission with the modules, names and texts, that came with it.

    One that the submission writes itself counts before one of the same name beside it.
    """
    return replace(source, shipped=tuple((dict(shipped) | dict(source.shipped)).items()))


def _trouble(text: str, filename: str) -> dict | None:
    if not text.strip():
        return {"kind": "empty"}
    try:
        tree = ast.parse(text, filename)
    except SyntaxError as error:
        line = (error.text or "").strip()[:200]
        kind = "conflict" if has_conflict(text) else "python2" if _is_python_2(text) else "syntax"
        return {"kind": kind, "line": error.lineno, "text": error.msg, "code": line}
    except (ValueError, RecursionError, MemoryError) as error:
        return {"kind": "not_text", "byte": 0, "text": str(error)}
    return None if tree.body else {"kind": "empty"}


def _is_python_2(text: str) -> bool:
    """Whether a text that Python 3 cannot read has a statement that only Python 2 has."""
    return bool(_PYTHON_2.search(text))
