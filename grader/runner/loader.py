"""A submission's source as a module whose functions can be called; errors become plain data."""

from __future__ import annotations

import importlib.machinery
import inspect
import linecache
import os
import re
import sys
import traceback
from types import ModuleType
from typing import Any

# The packages of the project that an exercise may import; nets is not among them.
SHARED = ("datasets", "training")
LONGEST = 600
# What the exception of a released, unfilled exercise says.
UNFILLED = "is not filled in yet"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Trouble(Exception):
    """What a submission did wrong: a kind, which grader.judging.messages words, and its details."""

    def __init__(self, kind: str, **details):
        super().__init__(kind)
        self.record = {"kind": kind, **details}


class SharedPackages:
    """A finder on sys.meta_path for the project's packages in SHARED, in the folder `root`."""

    def __init__(self, root: str):
        self.root = root

    def find_spec(self, name, path=None, target=None):
        """The spec of a package in SHARED; None for every other name."""
        if name in SHARED:
            return importlib.machinery.PathFinder.find_spec(name, [self.root])
        return None


def hide_project(root: str) -> None:
    """Take the project's folder from sys.path: a submission imports SHARED from it and no more.

    The folder can be there more than once: an installation for development (`pip install -e .`)
    adds it through a .pth file. The package `signs` would put it back.
    """
    root = os.path.realpath(root)
    sys.path[:] = [place for place in sys.path if os.path.realpath(place) != root]
    sys.modules["signs"] = None  # type: ignore[assignment]  # to Python: it is not there
    sys.meta_path.append(SharedPackages(root))


class Code:
    """The code that answers a job: a submission, or a module of the oracle.

    module: its functions. filename: the name of its file in tracebacks.
    """

    def __init__(self, module: ModuleType, filename: str = ""):
        self.module, self.filename = module, filename

    def call(self, name: str, args: list, kwargs: dict, needs_answer: bool = True) -> Any:
        """Call the function `name`; raises Trouble for one that fails.

        needs_answer: None is no answer, and a Trouble too.
        """
        function = getattr(self.module, name, None)
        if not callable(function):
            kind = "missing" if function is None else "not_callable"
            raise Trouble(kind, function=name, found=self._functions())
        _require_signature(function, name, args, kwargs)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:  # noqa: B036
            details = describe(error, self.filename)
            stub = isinstance(error, NotImplementedError) and UNFILLED in details["text"]
            raise Trouble("unfilled" if stub else "raised", function=name, **details) from None
        if result is None and needs_answer:
            raise Trouble("none", function=name)
        return result

    def lend(self, name: str, source: str) -> None:
        """Let the right function `name`, of `source`, answer in place of the module's own.

        A call that does not fit it, such as one with an argument that the submission has added, is
        still answered by the submission's own.
        """
        own = getattr(self.module, name, None)
        space: dict[str, Any] = {}
        exec(source, space)
        right = space[name]
        signature = inspect.signature(right)

        def lent(*args, **kwargs):
            try:
                signature.bind(*args, **kwargs)
            except TypeError:
                if callable(own):
                    return own(*args, **kwargs)
            return right(*args, **kwargs)

        setattr(self.module, name, lent)

    def _functions(self) -> list[str]:
        members = vars(self.module).items()
        return sorted(str(name) for name, value in members if inspect.isfunction(value))[:50]


def load(source: str, filename: str) -> Code:
    """Run `source` as the module `submission`; its tracebacks name `filename`.

    Raises Trouble of the kind "import" for whatever the module raises, SystemExit included.
    """
    code = Code(ModuleType("submission"), filename)
    code.module.__file__ = os.path.abspath(filename)
    sys.modules["submission"] = code.module
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    try:
        exec(compile(source, filename, "exec", dont_inherit=True), code.module.__dict__)
    except BaseException as error:  # noqa: B036 - sys.exit() in a submission is its author's error
        raise Trouble("import", **describe(error, filename)) from None
    return code


def describe(error: BaseException, filename: str = "") -> dict:
    """The error as plain data: type, text, the lines of `filename`, and whether memory ran out.

    The text is cut and loses its colours; the lines are the innermost five.
    """
    frames = traceback.extract_tb(error.__traceback__)
    lines = [
        [frame.lineno, frame.name, (frame.line or "").strip()[:200]]
        for frame in frames
        if frame.filename == filename
    ]
    try:
        text = _COLOURS.sub("", str(error))
    except BaseException:  # noqa: B036 - an exception's own __str__ may raise
        text = ""
    kind = type(error).__name__
    return {
        "error": kind,
        "text": text[:LONGEST],
        "lines": lines[-5:],
        "memory": isinstance(error, MemoryError) or kind == "ResourceExhaustedError",
    }


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
