"""Checks: pytest functions with points, an exercise and a concept, and how to find them."""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
import sys
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.assignments import ROOT
from grader.errors import CheckFailed, GraderError

# The name of a misconception that any function which makes a network may show.
KEPT = "kept between calls"
# How many of the layers that are kept a verdict shows.
SHOWN = 8


@dataclass(frozen=True)
class Check:
    """One check of an assignment: `function(submission)` raises CheckFailed or returns.

    points: what it is worth. exercise: the graded function. concept: what a learner who fails it
    has not understood yet, in a few words. after: what must be right first. needs: the arguments
    of that function without which the check does not apply.
    """

    name: str
    points: float
    exercise: str
    concept: str
    function: Callable[[Any], None]
    after: tuple[Callable[[Any], None], ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The function's docstring: what the check asks, in one line."""
        return title(self.function)

    @property
    def file(self) -> str:
        """The file of checks that it stands in."""
        return inspect.unwrap(self.function).__code__.co_filename


def check(
    *,
    points: float,
    exercise: str,
    concept: str,
    after: Callable | tuple[Callable, ...] = (),
    needs: tuple[str, ...] = (),
) -> Callable:
    """Mark a pytest function as a check.

    Args:
        points: What the check is worth.
        exercise: The graded function.
        concept: What a learner who fails the check has not understood yet, in a few words.
        after: The check, or checks, that must pass first. Until then this check is not run: it
            earns nothing, and its sentence says which check comes first. Any function of a
            submission will do, as long as its docstring says what must hold. They run even where
            only this check is selected.
        needs: Arguments of the graded function. A homework of another edition whose function does
            not have them is graded without this check; see grader.judging.editions.

    Returns:
        A decorator for a function that receives the fixture `submission`. Its first docstring line
        is the title that learners see.
    """
    first = after if isinstance(after, tuple) else (after,)

    def mark(function: Callable) -> Callable:
        @functools.wraps(function)
        def run(submission) -> None:
            for needed in first:
                _require(needed, submission)
            function(submission)
            _require_new(exercise, name, submission)

        name = function.__name__.removeprefix("test_")
        vars(run)["check"] = Check(name, points, exercise, concept, run, first, needs)
        return run

    return mark


def title(function: Callable) -> str:
    """The first line of a function's docstring; its name if it has none."""
    return (function.__doc__ or function.__name__).strip().splitlines()[0]


def _require(needed: Callable, submission) -> None:
    """Raise CheckFailed, of the kind "follows", if `needed` finds something wrong.

    Trouble other than a wrong answer, such as an error or a function that is not filled in, is
    raised as it is, and so is a sentence that names an even earlier check.
    """
    try:
        needed(submission)
    except CheckFailed as failure:
        if failure.misconception == KEPT:
            return
        if failure.kind != "wrong":
            raise
        message = f"This is checked once the following is right: {title(needed)}"
        raise CheckFailed(message, kind="follows") from None


def _require_new(exercise: str, name: str, submission) -> None:
    """Raise CheckFailed if two calls of a function give networks with layers in common.

    It costs one check, the first that would pass.
    """
    layers = submission.kept(exercise)
    if layers and submission.notes.setdefault(("kept", exercise), name) == name:
        raise kept_between_calls(exercise, layers)


def kept_between_calls(exercise: str, layers: list[str], **more) -> CheckFailed:
    """The failure of a function that gives layers again; more: further arguments of it."""
    return CheckFailed(
        f"Call {exercise} twice, and the second network has layers of the first one: whoever "
        "trains one of them changes the other. Make new layers, and a new model, in each call; "
        "keep none of them between calls.",
        [["in both networks"], [", ".join(layers[:SHOWN])]],
        misconception=KEPT,
        **more,
    )


def request(module: str | None, **cases: dict | list[dict]) -> dict:
    """What a submission is asked, and the oracle with it: cases by name.

    Args:
        module: The module whose functions have the right answers, such as "nets.vgg" or the file
            of `variants_file`. None if the answers are checked without an oracle.
        cases: Name -> a case, or a list of cases that are always looked at together. The keys of a
            case are described in grader.runner.cases.

    Returns:
        {"module", "cases", "names"}: all cases in one list, and for each name their places in it.
    """
    every: list[dict] = []
    names: dict[str, list[int]] = {}
    for name, group in cases.items():
        group = [group] if isinstance(group, dict) else group
        names[name] = list(range(len(every), len(every) + len(group)))
        every += group
    return {**({"module": module} if module else {}), "cases": every, "names": names}


def drawn(least: int, most: int) -> dict:
    """In a hidden case: a whole number from `least` to `most`."""
    return {"drawn": [least, most]}


def hidden(case: dict, count: int = 1) -> list[dict]:
    """`count` cases whose values no verdict shows, so that no answer can be read from it.

    What stands in the case as `drawn` follows from the key, the submission's slot, and its place.
    """
    return [{**case, "hidden": number} for number in range(1, count + 1)]


def places(request: dict, names: str | Iterable[str]) -> list[int]:
    """The places in `request["cases"]` of the cases with these names; of all if there are none."""
    names = [names] if isinstance(names, str) else list(names)
    if not names:
        return list(range(len(request["cases"])))
    return [place for name in names for place in request["names"][name]]


def module(path: Path) -> ModuleType:
    """The module of checks at `path`, imported once under the name that pytest gives it."""
    # A file of checks has a name of its own; the others are told apart by their folder.
    name = path.stem if path.stem.startswith("test_") else f"{path.parent.name}.{path.stem}"
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == str(path):
        return loaded
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise GraderError(f"{path}: expected a file of checks, found none")
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


def sibling(file: str, name: str) -> ModuleType:
    """The module `name` in the folder of `file`, a part of what the checks there need."""
    return module(Path(file).resolve().with_name(f"{name}.py"))


def variants_file(file: str) -> str:
    """The variants.py in the folder of `file`, as the oracle is asked for it.

    It has the right and the wrong answers of an exercise for which nets has no module.
    """
    path = Path(file).resolve().with_name("variants.py")
    return (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).as_posix()


def lent(file: str) -> dict[str, str]:
    """The functions in the lent.py in the folder of `file`: name -> the text of lent.py.

    A case has them as its "lent" if an exercise builds on another one: they replace the
    submission's own functions, so a mistake in one exercise costs no points in the next. A
    submission can read them. So they are no right answers but stand-ins, with the same weights and
    shapes and with other numbers, and the oracle builds its network from them too.
    """
    text = Path(file).resolve().with_name("lent.py").read_text(encoding="utf-8")
    functions = (node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    return {name: text for name in functions if not name.startswith("_")}


def collect(path: Path, exercises: Collection[str] | None = None) -> list[Check]:
    """The checks of the file at `path`, in the order of the file.

    exercises: only the checks of these.
    """
    checks = [getattr(value, "check", None) for value in vars(module(path)).values()]
    return [
        item for item in checks if isinstance(item, Check) and _wanted(item.exercise, exercises)
    ]


def requests(path: Path, exercises: Collection[str] | None = None) -> list[dict]:
    """The requests that the file's checks will make, its REQUESTS, so they can run ahead.

    exercises: only the requests that call these functions.
    """
    every = getattr(module(path), "REQUESTS", {}).values()
    return [
        request
        for request in every
        if all(_wanted(case["call"], exercises) for case in request["cases"])
    ]


def _wanted(exercise: str, exercises: Collection[str] | None) -> bool:
    return exercises is None or exercise in exercises
