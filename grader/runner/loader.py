"""In the child: a submission's source becomes a module, and what goes wrong becomes plain data."""

from __future__ import annotations

import importlib.machinery
import inspect
import linecache
import os
import re
import sys
import traceback
import types

# The packages of the project that an exercise may import; the oracle is not among them.
SHARED = ("datasets", "training")
LONGEST = 600
# What the exception of a released, unfilled exercise says.
UNFILLED = "is not filled in yet"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Trouble(Exception):
    """What a submission did wrong: a kind that grader.judging.messages words, and its details."""

    def __init__(self, kind: str, **details):
        super().__init__(kind)
        self.record = {"kind": kind, **details}


class SharedPackages:
    """A finder on sys.meta_path for the project's packages in SHARED, found in `root`."""

    def __init__(self, root: str):
        self.root = root

    def find_spec(self, name, path=None, target=None):
        """The spec of a package in SHARED; None for every other name."""
        if name in SHARED:
            return importlib.machinery.PathFinder.find_spec(name, [self.root])
        return None


def load(source: str, filename: str) -> types.ModuleType:
    """Run `source` as the module `submission`; its tracebacks name `filename`.

    Raises Trouble of the kind "import" for whatever the module raises, SystemExit included.
    """
    module = types.ModuleType("submission")
    module.__file__ = os.path.abspath(filename)
    sys.modules["submission"] = module
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    try:
        exec(compile(source, filename, "exec", dont_inherit=True), module.__dict__)
    except BaseException as error:  # noqa: B036 - sys.exit() in a submission is its author's error
        raise Trouble("import", **described(error, filename)) from None
    return module


def call(module, name: str, args: list, kwargs: dict, filename: str, answers: bool = True):
    """Call the submission's function `name`; raises Trouble for one that fails.

    answers: None is no answer, and Trouble too.
    """
    function = getattr(module, name, None)
    if not callable(function):
        kind = "missing" if function is None else "not_callable"
        raise Trouble(kind, function=name, found=_functions(module))
    _bind(function, name, args, kwargs)
    try:
        result = function(*args, **kwargs)
    except BaseException as error:  # noqa: B036
        found = described(error, filename)
        stub = isinstance(error, NotImplementedError) and UNFILLED in found["text"]
        raise Trouble("unfilled" if stub else "raised", function=name, **found) from None
    if result is None and answers:
        raise Trouble("none", function=name)
    return result


def lend(module, name: str, source: str) -> None:
    """Let the right function `name`, of `source`, answer in place of the module's own.

    A call that does not fit it, such as one with an argument that the submission has added, is
    still answered by the submission's own.
    """
    own, apart = getattr(module, name, None), {}
    exec(source, apart)
    right = apart[name]
    signature = inspect.signature(right)

    def lent(*args, **kwargs):
        try:
            signature.bind(*args, **kwargs)
        except TypeError:
            if callable(own):
                return own(*args, **kwargs)
        return right(*args, **kwargs)

    setattr(module, name, lent)


def _functions(module) -> list[str]:
    names = vars(module).items()
    return sorted(str(name) for name, value in names if inspect.isfunction(value))[:50]


def _bind(function, name: str, args: list, kwargs: dict) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise Trouble(
            "signature", function=name, received=f"{name}{signature}"[:LONGEST], detail=str(error)
        ) from None


def described(error: BaseException, filename: str) -> dict:
    """The error as plain data: type, text, the submission's own lines, and whether memory ran out.

    The text is cut and loses its colours; the lines are the innermost five.
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        [f.lineno, f.name, (f.line or "").strip()[:200]] for f in frames if f.filename == filename
    ]
    try:
        text = _COLOURS.sub("", str(error))
    except BaseException:  # noqa: B036 - an exception's own __str__ may raise
        text = ""
    kind = type(error).__name__
    return {
        "error": kind,
        "text": text[:LONGEST],
        "lines": own[-5:],
        "memory": isinstance(error, MemoryError) or kind == "ResourceExhaustedError",
    }
