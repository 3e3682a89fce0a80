"""Which edition of the course a homework is of, read from its text; nothing of it is run.

Editions differ in the arguments of their functions. A check of an argument that an edition does not
have is not counted, and its points go to the exercise's other checks.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from datasets.invocation import typed
from grader import assignments
from grader.assignments import Assignment
from grader.errors import GraderError
from grader.judging import checks
from grader.judging.checks import Check
from grader.judging.source import Source
from grader.runner.signatures import ALSO_CALLED

# Arguments that editions differ in, by function.
VARYING = {
    "identity_block": ("stage", "block", "training", "initializer"),
    "convolutional_block": ("stage", "block", "training", "initializer"),
    "happy_model": ("input_shape",),
}
# What only a file of this project has. Whoever deletes an argument in it stays with all checks.
OURS = re.compile(
    r"### EXERCISE \d+ |is not filled in yet|\blessons\.main\b|\bbranch_names\b"
    r"|The bottleneck block with|The network of the table: images"
)
# What a file of the course has, and none of this project, whatever is deleted in it.
COURSE = re.compile(
    r"\b(?:resnets|test|kt|nst)_utils\b|\bpublic_tests\b|CODE HERE|GRADED FUNCTION|\bUNQ_C\d"
    r"|\btensorflow\.keras\b|\btf\.keras\b|\bkeras\.backend\b|\b(?:glorot|random)_uniform\b"
)
# Functions of other homework of the course, and what that homework is called.
OTHERS = {
    "alpaca_model": "Transfer Learning with MobileNetV2 (2021)",
    "data_augmenter": "Transfer Learning with MobileNetV2 (2021)",
    "convolutional_model": "Convolution Model Application (2021)",
    "conv_forward": "Convolutional Model, Step by Step",
    "pool_forward": "Convolutional Model, Step by Step",
    "yolo_filter_boxes": "Car Detection with YOLO",
    "triplet_loss": "Face Recognition",
    "compute_content_cost": "Neural Style Transfer",
    "unet_model": "Image Segmentation with U-Net",
}


@dataclass(frozen=True)
class Edition:
    """What a homework's own text says about it.

    defined: the functions that it defines, in their order. years: graded function -> the edition,
    of those that are recognised. lacks: graded function -> arguments that its edition has not.
    """

    defined: tuple[str, ...] = ()
    years: dict[str, str] = field(default_factory=dict)
    lacks: dict[str, frozenset[str]] = field(default_factory=dict)

    def takes(self, function: str, argument: str) -> bool:
        """Whether the function's edition has the argument."""
        return argument not in self.lacks.get(function, ())

    def has(self, function: str) -> bool:
        """Whether the homework defines the function, by whatever name an edition has for it."""
        return bool({function, *ALSO_CALLED.get(function, ())} & {*self.defined})

    def counted(self, chosen: list[Check]) -> list[Check]:
        """The checks that apply, with the points of those that do not."""
        applies = [check for check in chosen if not {*check.needs} & self._lacking(check)]
        points: dict[Check, float] = {}
        for exercise in {check.exercise for check in applies}:
            every, left = (
                [check for check in of if check.exercise == exercise] for of in (chosen, applies)
            )
            total = sum(check.points for check in every)
            points |= zip(left, _shared(total, [check.points for check in left]), strict=True)
        return [replace(check, points=points[check]) for check in applies]

    def _lacking(self, check: Check) -> frozenset[str]:
        return self.lacks.get(check.exercise, frozenset())


def recognise(source: Source, exercises: Collection[str]) -> Edition:
    """The edition of a homework with these graded functions."""
    functions = _functions(source.text)
    edition = Edition(tuple(functions))
    if OURS.search(source.text):
        return edition
    years: dict[str, str] = {}
    lacks: dict[str, frozenset[str]] = {}
    for exercise in exercises:
        also = ALSO_CALLED.get(exercise, ())
        name = next((n for n in (exercise, *also) if n in functions), None)
        if name is None or exercise not in VARYING:
            continue
        arguments = functions[name]
        required = [arguments.get(argument) == "required" for argument in ("stage", "block")]
        if name in also:
            years[exercise] = "2017" if arguments else "2021"
            lacks[exercise] = frozenset() if arguments else frozenset(VARYING[exercise])
            continue
        lacking = frozenset(VARYING[exercise]) - arguments.keys()
        if all(required) or (lacking and COURSE.search(source.text)):
            years[exercise] = "2017" if "stage" in arguments else "2021"
            lacks[exercise] = lacking
    return replace(edition, years=years, lacks=lacks)


def _shared(total: float, points: list[float]) -> list[float]:
    """`total` points in the proportion of `points`, by the method of largest remainders.

    Whole points stay whole: 28 points as 2, 12 and 6 were give 3, 17 and 8.
    """
    if total == sum(points) or any(number != int(number) for number in (total, *points)):
        return [number * total / sum(points) for number in points]
    exact = [number * total / sum(points) for number in points]
    whole = [int(number) for number in exact]
    order = sorted(range(len(exact)), key=lambda i: (whole[i] - exact[i], i))
    for i in order[: round(total) - sum(whole)]:
        whole[i] += 1
    return [float(number) for number in whole]


def _functions(text: str) -> dict[str, dict[str, str]]:
    """The functions at the top level -> their arguments, each "required" or "optional"."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    functions: dict[str, dict[str, str]] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            functions.pop(node.name, None)
            functions[node.name] = _arguments(node.args)
    return functions


def _arguments(given: ast.arguments) -> dict[str, str]:
    names = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    free = len(names) - len(given.defaults)
    rows = {name: "required" if i < free else "optional" for i, name in enumerate(names)}
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        rows[argument.arg] = "required" if default is None else "optional"
    return rows


def elsewhere(defined: Collection[str], assignment: str) -> dict[str, str]:
    """Functions of other homework -> its name, among those that a file defines."""
    return {name: known for name in defined if (known := _homework(assignment).get(name))}


def assignment_of(source: Source, path: Path) -> Assignment:
    """The one assignment whose graded functions the file at `path` defines.

    Raises:
        GraderError: It defines functions of none, or of several.
    """
    known = _homework("")
    found = {known[name] for name in _functions(source.text) if name in known}
    ours = [name for name in assignments.names() if name in found]
    if len(ours) == 1:
        return assignments.find(ours[0])
    name, command = path.name, typed(f"check NAME {shlex.quote(str(path))}")
    raise GraderError(
        f"{name}: expected the functions of one assignment, found those of {len(ours)}; say which "
        f"with {command}"
    )


@lru_cache
def _homework(without: str) -> dict[str, str]:
    """Every graded function that is known, but not those of one assignment -> its homework."""
    known = dict(OTHERS)
    own: set[str] = set()
    for name in assignments.names():
        exercises = {check.exercise for check in checks.collect(assignments.find(name).checks)}
        every = exercises.union(*(ALSO_CALLED.get(exercise, ()) for exercise in exercises))
        if name == without:
            own = every
        known |= dict.fromkeys(every, name)
    return {name: homework for name, homework in known.items() if name not in own}
