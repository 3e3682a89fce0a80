"""Comparisons that the checks share: numbers and shapes, with what was expected and received."""

from __future__ import annotations

import math
import re

import numpy as np

from grader.errors import CheckFailed
from grader.judging.messages import asked
from grader.runner.result_files import Evidence

# Float32 through 50 layers, in whatever order a backend adds: far below what any other
# architecture differs by at the rule's weights.
TOLERANCE = 5e-3
# The name of a request's case, or several; none means all.
Cases = str | tuple[str, ...]
# What must be one in two answers that are the same, beside their numbers.
COUNTS = ("number", "listed", "shape", "shapes", "parameters", "trainable", "computed", "kept")
# A shape in the text of an error; what Keras calls a layer there depends on how many it has made.
_SIZES = re.compile(r"[(\[](?:\s*(?:\d+|None)\s*,?)+[)\]]")


def alike(received: np.ndarray, expected: np.ndarray) -> bool:
    """Whether two arrays are the same numbers up to float32's rounding."""
    same = received.shape == expected.shape and received.dtype == np.float32
    return same and error(received, expected) < TOLERANCE


def error(received: np.ndarray, expected: np.ndarray) -> float:
    """The root mean square of the difference, as a part of that of `expected` about its mean.

    The mean is that over the examples: what all of them share says nothing about how a network sees
    them. NaN is infinite.
    """
    expected = expected.astype(np.float64)
    varying = expected - expected.mean(axis=0) if len(expected) > 1 else expected
    scale = math.sqrt(float(np.mean(varying**2))) or 1.0
    found = math.sqrt(float(np.mean((received.astype(np.float64) - expected) ** 2))) / scale
    return found if math.isfinite(found) else math.inf


def require_shape(received: Evidence, expected: Evidence, case: dict, message: str) -> None:
    """Raise CheckFailed with `message` unless both outputs have one shape."""
    if _shapes(received.record) != _shapes(expected.record):
        raise CheckFailed(
            message,
            [
                ["called", "expected", "received"],
                [
                    asked(case),
                    *(
                        " and ".join(map(shown, _shapes(one.record)))
                        for one in (expected, received)
                    ),
                ],
            ],
        )


def require_alike(
    received: Evidence, expected: Evidence, case: dict, mode: str, message: str
) -> None:
    """Raise CheckFailed with `message` unless all outputs of one mode are the same numbers."""
    for name in (mode, *(key for key in expected.arrays if key.startswith(f"{mode} "))):
        right, value = expected.arrays[name], received.arrays.get(name)
        if value is None or value.dtype != np.float32:
            raise CheckFailed(message, [["expected", "received"], ["float32 values", "others"]])
        if not alike(value, right):
            raise CheckFailed(
                message,
                [
                    ["called", asked(case)],
                    ["expected", described(right)],
                    ["received", described(value)],
                ],
            )


def require_probabilities(
    received: Evidence, expected: Evidence, case: dict, message: str, outputs: tuple = ("eval",)
) -> None:
    """Raise CheckFailed with `message` unless each row of each output sums to 1."""
    require_shape(received, expected, case, message)
    for name in outputs:
        sums = received.arrays.get(name, np.zeros((1, 1))).sum(axis=-1)
        if not (abs(sums - 1) < 1e-3).all():
            raise CheckFailed(message, [["expected", "received"], ["1", f"{sums.flat[0]:.4g}"]])


def require_counts(
    received: Evidence, expected: Evidence, message: str, names: tuple = ("trainable",), **more
) -> None:
    """Raise CheckFailed with `message` unless both have the same counts of parameters.

    names: "parameters", "trainable" or both. more: what else CheckFailed takes.
    """
    right, found = ([one.record.get(name) for name in names] for one in (expected, received))
    if right != found:
        rows = [
            [f"{count:,}" if isinstance(count, int) else "none" for count in counts]
            for counts in (right, found)
        ]
        raise CheckFailed(
            message, [["", *names], ["expected", *rows[0]], ["received", *rows[1]]], **more
        )


def require_number(received: Evidence, expected: Evidence, case: dict, message: str) -> None:
    """Raise CheckFailed with `message` unless both are one number."""
    right, found = expected.record["number"], received.record.get("number")
    if isinstance(found, bool) or not isinstance(found, int | float) or found != right:
        model = [["the model", case["model"]["title"]]] if "model" in case else []
        raise CheckFailed(
            message,
            [
                ["called", asked(case)],
                *model,
                ["expected", f"{right:,}"],
                ["received", f"{found:,}" if isinstance(found, int | float) else "no number"],
            ],
        )


def same(received: Evidence, other: Evidence) -> bool:
    """Whether two answers to one case have the same numbers, or end in the same error."""
    if received.trouble or other.trouble:
        return _error(received) == _error(other)
    if any(received.record.get(key) != other.record.get(key) for key in COUNTS):
        return False
    if weights(received.record) != weights(other.record):
        return False
    return received.arrays.keys() == other.arrays.keys() and all(
        alike(value, other.arrays[name]) for name, value in received.arrays.items()
    )


def weights(record: dict) -> list[tuple]:
    """Of a record's weights, in no order: role, shape, whether trained, and whether given."""
    rows = record.get("weights")
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return sorted(
        tuple(str(row.get(key)) for key in ("role", "shape", "trained", "given")) for row in rows
    )


def _error(evidence: Evidence) -> tuple | None:
    """What tells one error from another: its kind and type, and the sizes that its text names."""
    if not evidence.trouble:
        return None
    found = [str(evidence.trouble.get(key, "")) for key in ("kind", "error", "received")]
    return *found, tuple(_SIZES.findall(str(evidence.trouble.get("text", ""))))


def described(value: np.ndarray) -> str:
    """An array in one line: its shape, mean, and first numbers."""
    with np.errstate(all="ignore"):
        mean = float(value.astype(np.float64).mean()) if value.size else math.nan
    first = ", ".join(f"{number:.4g}" for number in value.reshape(-1)[:4])
    return f"shape {shown(value.shape)}, mean {mean:.4g}, begins {first}"


def shape(record: dict) -> tuple:
    """The shape in a record, its batch size left out; () where the record has none."""
    sizes = record.get("shape")
    sound = isinstance(sizes, list) and all(isinstance(size, int | None) for size in sizes)
    return tuple(sizes[1:]) if sound else ()


def _shapes(record: dict) -> list[tuple]:
    """The shapes of all outputs in a record."""
    found = record.get("shapes")
    rest = found[1:] if isinstance(found, list) else []
    return [shape(record), *(shape({"shape": sizes}) for sizes in rest)]


def shown(sizes) -> str:
    """A shape in the field's notation, such as 15x15x256."""
    return "x".join("n" if size is None else str(size) for size in sizes) or "none"


def compare_shapes(submission, request: dict, cases: Cases, message: str) -> None:
    """Raise CheckFailed with `message` unless the outputs of the cases have the right shapes."""
    for case, received, expected in submission.ask(request, cases):
        require_shape(received, expected, case, message)


def compare_outputs(submission, request: dict, cases: Cases, mode: str, message: str) -> None:
    """Raise CheckFailed with `message` unless the cases' outputs in `mode` are the right ones."""
    for case, received, expected in submission.ask(request, cases):
        require_shape(received, expected, case, message)
        require_alike(received, expected, case, mode, message)


def compare_numbers(submission, request: dict, cases: Cases, message: str) -> None:
    """Raise CheckFailed with `message` unless the function gives the right number in each case."""
    for case, received, expected in submission.ask(request, cases):
        require_number(received, expected, case, message)


def compare_lists(submission, request: dict, cases: Cases, message: str) -> None:
    """Raise CheckFailed with `message` unless each case lists the right names."""
    for case, received, expected in submission.ask(request, cases):
        right, found = expected.record["listed"], received.record.get("listed")
        if found != right:
            found = [str(name) for name in found] if isinstance(found, list) else []
            raise CheckFailed(
                message,
                [
                    ["called", asked(case)],
                    ["the model", case["model"]["title"]],
                    ["expected", ", ".join(right) or "none"],
                    ["received", ", ".join(found[:40]) or "none"],
                ],
            )


def compare_names(
    submission, request: dict, cases: Cases, roles: dict[str, str], message: str
) -> None:
    """Raise CheckFailed with `message` unless there are layers named as the oracle's.

    roles: which kinds of layer are looked at, and a weight by which each is known, such as
    {"Conv2D": "kernel"}. Each name that is there earns its part.
    """
    for case, received, expected in submission.ask(request, cases):
        wanted = {row["name"]: roles[row["kind"]] for row in expected.graph if row["kind"] in roles}
        found = received.record.get("names")
        found = found if isinstance(found, list) else []
        missing = [name for name, role in wanted.items() if f"{name}/{role}" not in found]
        if missing:
            raise CheckFailed(
                message,
                [
                    ["called", asked(case)],
                    ["expected", ", ".join(wanted)],
                    ["missing", ", ".join(missing)],
                ],
                earned=1 - len(missing) / len(wanted),
            )
