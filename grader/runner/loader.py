"""A submission's source as a module whose functions can be called; errors become plain data."""

from __future__ import annotations

import inspect
import linecache
import os
import re
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.runner import signatures, stand_ins

LONGEST = 600
# What the exception of a released, unfilled exercise says.
UNFILLED = "is not filled in yet"
# What Keras says where a tensor of a network that is being built is given to TensorFlow.
_TF_FUNCTION = "KerasTensor cannot be used as input to a TensorFlow function"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_FOLDERS = re.compile(r"/(?:[^/\s'\"()]+/)+(?:site-packages|python3\.\d+)/")


class Trouble(Exception):
    """What a submission did wrong: a kind, which grader.judging.messages words, and its details."""

    def __init__(self, kind: str, **details):
        super().__init__(kind)
        self.record = {"kind": kind, **details}


def hide_project() -> None:
    """Take every copy of the project from sys.path: a submission imports nothing from it.

    No graded function needs our packages, and some of what they hold answers an exercise.

    There can be several: an installation for development (`pip install -e .`) adds one through a
    .pth file. The package `signs` would put it back.
    """
    runner = os.path.join("grader", "runner")
    sys.path[:] = [place for place in sys.path if not os.path.isdir(os.path.join(place, runner))]
    sys.modules["signs"] = None  # type: ignore[assignment]  # to Python: it is not there


class Code:
    """The code that answers a job: a submission, or a module of the oracle.

    module: its functions. filename: the name of its file in tracebacks. own: the functions that it
    defines itself. loaded: how it was loaded, a Loaded of grader.runner.cells. used: the names of
    the functions lent to it that it has called.
    """

    def __init__(
        self,
        module: ModuleType,
        filename: str = "",
        own: list[str] | None = None,
        loaded: Any = None,
    ):
        self.module, self.filename = module, filename
        self.own, self.loaded = own, loaded
        self.used: set[str] = set()
        self._replaced: dict[str, Any] = {}
        self._seen: set[str] = set()

    def first_call(self, name: str) -> bool:
        """Whether a submission's function is asked about for the first time here."""
        first = bool(self.filename) and name not in self._seen
        self._seen.add(name)
        return first

    def call(self, name: str, args: list, kwargs: dict, needs_answer: bool = True) -> Any:
        """Call the function `name`; raises Trouble for one that fails.

        needs_answer: None is no answer, and a Trouble too.
        """
        function = signatures.find(self.module, name)
        if not callable(function):
            raise self._absent(name, function)
        args, kwargs = signatures.fitted(function, args, kwargs)
        _require_signature(function, name, args, kwargs)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:  # noqa: B036
            raise self._raised(name, error) from None
        if result is None and needs_answer:
            raise Trouble("none", function=name)
        return result

    def lend(self, name: str, source: str) -> None:
        """Let the function `name`, of `source`, answer in place of the module's own.

        Arguments by position are taken as the submission's own function has them. A call that does
        not fit, such as one with an argument that the submission has added, is still answered by
        its own.
        """
        own = self._replaced.setdefault(name, getattr(self.module, name, None))
        space: dict[str, Any] = {}
        exec(source, space)
        stand_in = space[name]
        signature = inspect.signature(stand_in)

        def lent(*args, **kwargs):
            try:
                placed = signatures.placed(own, stand_in, args, kwargs)
                signature.bind(*placed[0], **placed[1])
            except TypeError:
                if callable(own):
                    return own(*args, **kwargs)
                placed = args, kwargs
            self.used.add(name)
            return stand_in(*placed[0], **placed[1])

        setattr(self.module, name, lent)

    def _absent(self, name: str, value) -> Trouble:
        found = self._functions()
        if value is not None:
            return Trouble("not_callable", function=name, found=found)
        reason = self.loaded.why_absent(name) if self.loaded else None
        if reason:
            return Trouble("broken", function=name, **reason)
        return Trouble("missing", function=name, found=found)

    def _raised(self, name: str, error: BaseException) -> Trouble:
        details = describe(error, self.filename)
        if isinstance(error, stand_ins.NotHere):
            return Trouble("needs", function=name, received=error.module, **details)
        starred = self.loaded.imports.starred if self.loaded else []
        if isinstance(error, NameError) and error.name and starred:
            where = ", ".join(starred)
            return Trouble(
                "needs_name", function=name, received=where, detail=error.name, **details
            )
        if _TF_FUNCTION in details["text"]:
            return Trouble("tf_function", function=name, **details)
        stub = isinstance(error, NotImplementedError) and UNFILLED in details["text"]
        return Trouble("unfilled" if stub else "raised", function=name, **details)

    def _functions(self) -> list[str]:
        if self.own is not None:
            return sorted(set(self.own))[:50]
        members = vars(self.module).items()
        return sorted(
            str(name)
            for name, value in members
            if inspect.isfunction(value) and value.__module__ == self.module.__name__
        )[:50]


def load(source: str, filename: str, shipped: Mapping[str, str] | None = None) -> Code:
    """Run `source` as a whole, as the module `submission`; its tracebacks name `filename`.

    shipped: the texts of the modules that come with it, by their names. They are written beside it.

    Raises Trouble of the kind "import" for whatever the module raises, SystemExit included.
    """
    code = Code(new_module(filename), filename)
    for name, text in (shipped or {}).items():
        Path(f"{name}.py").write_text(text, encoding="utf-8")
    if shipped:
        sys.path.insert(0, os.getcwd())
    remember(source, filename)
    try:
        exec(compile(source, filename, "exec", dont_inherit=True), code.module.__dict__)
    except BaseException as error:  # noqa: B036 - sys.exit() in a submission is its author's error
        raise Trouble("import", **describe(error, filename)) from None
    return code


def new_module(filename: str) -> ModuleType:
    """An empty module `submission`."""
    module = ModuleType("submission")
    module.__file__ = os.path.abspath(filename)
    sys.modules["submission"] = module
    return module


def remember(text: str, filename: str) -> None:
    """Let tracebacks show the lines of a file that is not there."""
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)


def cell_file(filename: str, number: int | None) -> str:
    """The name under which a cell of a notebook is compiled; a script has no number."""
    return filename if number is None else f"{filename}, cell {number}"


def describe(error: BaseException, filename: str = "") -> dict:
    """The error as plain data: type, text, the lines of `filename`, and whether memory ran out.

    The text is cut and loses its colours and this machine's folders; the lines are the innermost
    five, each as [line, function, code] or, in a notebook, [line, function, code, cell].
    """
    frames = traceback.extract_tb(error.__traceback__)
    lines = [
        [frame.lineno, frame.name, (frame.line or "").strip()[:200], *cell]
        for frame in frames
        if (cell := _cell(frame.filename, filename)) is not None
    ]
    kind = type(error).__name__
    return {
        "error": kind,
        "text": said(error),
        "lines": lines[-5:],
        "memory": isinstance(error, MemoryError) or kind == "ResourceExhaustedError",
    }


def said(error: BaseException) -> str:
    """An error's own text, cut, without colours and without this machine's folders."""
    try:
        text = _COLOURS.sub("", str(error))
    except BaseException:  # noqa: B036 - an exception's own __str__ may raise
        return ""
    return _FOLDERS.sub("", text.replace(f"{os.getcwd()}/", ""))[:LONGEST]


def _cell(file: str, filename: str) -> list[int] | None:
    """[] for a line of the file itself, [number] for one of its cells, None for any other file."""
    if file == filename:
        return []
    start, _, number = file.rpartition(", cell ")
    return [int(number)] if start == filename and number.isdecimal() else None


def _require_signature(function, name: str, args: list, kwargs: dict) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        received = f"{name}{signature}"[:LONGEST]
        raise Trouble("signature", function=name, received=received, detail=str(error)) from None
