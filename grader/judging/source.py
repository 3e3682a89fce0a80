"""Read a submission's file: text that can be run, or a trouble that says why not."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from pathlib import Path

from grader.errors import GraderError
from grader.judging.notebooks import NotANotebook, script

LARGEST = 1_000_000
# A notebook's file holds outputs and pictures too.
LARGEST_NOTEBOOK = 16 * 2**20


@dataclass(frozen=True)
class Source:
    """A submission's file: its name, its text, and the trouble with it, if there is any."""

    filename: str
    text: str
    trouble: dict | None = None

    @property
    def digest(self) -> str:
        """The sha256 of the text."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


def read(path: Path | str) -> Source:
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
        try:
            raw = script(raw).encode("utf-8", "replace")
        except NotANotebook as error:
            return Source(path.name, "", {"kind": "notebook", "text": str(error)})
    return decode(raw, path.name)


def decode(raw: bytes, filename: str) -> Source:
    """The submission that consists of the bytes `raw`, with a trouble if they are no script."""
    if len(raw) > LARGEST:
        return Source(filename, "", {"kind": "too_large", "limit": LARGEST})
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Source(filename, "", {"kind": "not_text", "byte": error.start})
    return of(text, filename)


def of(text: str, filename: str = "submission.py") -> Source:
    """The submission that consists of `text`."""
    return Source(filename, text, _trouble(text, filename))


def _trouble(text: str, filename: str) -> dict | None:
    if not text.strip():
        return {"kind": "empty"}
    try:
        tree = ast.parse(text, filename)
    except SyntaxError as error:
        line = (error.text or "").strip()[:200]
        return {"kind": "syntax", "line": error.lineno, "text": error.msg, "code": line}
    except (ValueError, RecursionError, MemoryError) as error:
        return {"kind": "not_text", "byte": 0, "text": str(error)}
    return None if tree.body else {"kind": "empty"}
