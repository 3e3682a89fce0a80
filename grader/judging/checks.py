"""Checks: pytest functions with points, an exercise and a concept, and how to find them."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from grader.assignments import ROOT
from grader.errors import GraderError


@dataclass(frozen=True)
class Check:
    """One check of an assignment: `function(submission)` raises CheckFailed or returns.

    points: what it is worth. exercise: the graded function. concept: what a learner who fails it
    has not understood yet, in a few words.
    """

    name: str
    points: float
    exercise: str
    concept: str
    function: Callable

    @property
    def title(self) -> str:
        """The function's docstring: what the check asks, in one line."""
        return (self.function.__doc__ or self.name).strip().splitlines()[0]

    @property
    def file(self) -> str:
        """The file of checks that it stands in."""
        return self.function.__code__.co_filename


def check(*, points: float, exercise: str, concept: str) -> Callable:
    """Mark a pytest function as a check; it receives the fixture `submission`."""

    def mark(function: Callable) -> Callable:
        name = function.__name__.removeprefix("test_")
        function.check = Check(name, points, exercise, concept, function)
        return function

    return mark


def module(path: Path) -> ModuleType:
    """The module of checks at `path`, imported once under the name that pytest gives it."""
    # A file of checks has a name of its own; the others are told apart by their folder.
    name = path.stem if path.stem.startswith("test_") else f"{path.parent.name}.{path.stem}"
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(path):
        return known
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or not path.is_file():
        raise GraderError(f"{path}: expected a file of checks, found none")
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


def beside(file: str, name: str) -> ModuleType:
    """The module `name` in the folder of `file`: a part of what the checks there need."""
    return module(Path(file).resolve().with_name(f"{name}.py"))


def variants(file: str) -> str:
    """Of a file of checks: the right and wrong answers beside it, as the oracle is asked."""
    path = Path(file).resolve().with_name("variants.py")
    return (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).as_posix()


def lent(file: str) -> dict[str, str]:
    """Of a file of checks: the right functions in lent.py beside it, each with that text.

    A case has them as its "lent" where an exercise builds on others and is judged by itself.
    """
    text = Path(file).resolve().with_name("lent.py").read_text(encoding="utf-8")
    functions = (node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    return {name: text for name in functions if not name.startswith("_")}


def collect(path: Path, exercises: Collection[str] | None = None) -> list[Check]:
    """The checks of the file at `path`, in the order in which it holds them.

    exercises: only the checks of these.
    """
    found = [getattr(value, "check", None) for value in vars(module(path)).values()]
    return [one for one in found if isinstance(one, Check) and _wanted(one.exercise, exercises)]


def probes(path: Path, exercises: Collection[str] | None = None) -> list[dict]:
    """The requests that the file's checks will make, so that they can run ahead: its PROBES.

    exercises: only the requests that call these functions.
    """
    requests = getattr(module(path), "PROBES", {}).values()
    return [
        request
        for request in requests
        if all(_wanted(case["call"], exercises) for case in request["cases"])
    ]


def _wanted(exercise: str, exercises: Collection[str] | None) -> bool:
    return exercises is None or exercise in exercises
