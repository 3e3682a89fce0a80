"""Comparisons that the checks share, with a table of what was expected and received.

`require_...` compare two answers, `compare_...` all answers to some cases of a request.
"""

from __future__ import annotations

import math
import re

import numpy as np

from grader.errors import CheckFailed
from grader.judging.messages import asked
from grader.runner.result_files import Evidence

# Rounding of float32 through 50 layers, in whatever order a backend adds. Any other architecture
# differs by far more at the reference weights.
TOLERANCE = 5e-3
# The name of a request's case, or several; none means all.
Cases = str | tuple[str, ...]
# What is equal in two answers that are the same, besides their numbers.
COUNTS = ("number", "listed", "shape", "shapes", "parameters", "trainable", "computed")
# A shape in the text of an error. The names of layers there depend on how many Keras has made.
_SIZES = re.compile(r"[(\[](?:\s*(?:\d+|None)\s*,?)+[)\]]")


def alike(received: np.ndarray, expected: np.ndarray) -> bool:
    """Whether two arrays are the same numbers up to float32's rounding."""
    same = received.shape == expected.shape and received.dtype == np.float32
    return same and error(received, expected) < TOLERANCE


def error(received: np.ndarray, expected: np.ndarray) -> float:
    """The root mean square of the difference, relative to that of `expected` about its mean.

    The mean is over the examples: what all of them share says nothing about how a network sees
    them. NaN counts as infinite.
    """
    expected = expected.astype(np.float64)
    varying = expected - expected.mean(axis=0) if len(expected) > 1 else expected
    scale = math.sqrt(float(np.mean(varying**2))) or 1.0
    size = math.sqrt(float(np.mean((received.astype(np.float64) - expected) ** 2))) / scale
    return size if math.isfinite(size) else math.inf


def require_shape(received: Evidence, expected: Evidence, case: dict, message: str) -> None:
    """Raise CheckFailed with `message` unless both outputs have one shape."""
    if _shapes(received.record) != _shapes(expected.record):
        shapes = (" and ".join(map(shown, _shapes(one.record))) for one in (expected, received))
        table = [["called", "expected", "received"], [asked(case), *shapes]]
        raise CheckFailed(message, told(case, table))


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
                told(
                    case,
                    [
                        ["called", asked(case)],
                        ["expected", described(right)],
                        ["received", described(value)],
                    ],
                ),
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

    names: "parameters", "trainable" or both. more: further arguments of CheckFailed.
    """
    right, own = ([each.record.get(name) for name in names] for each in (expected, received))
    if right != own:
        rows = [
            [f"{count:,}" if isinstance(count, int) else "none" for count in counts]
            for counts in (right, own)
        ]
        raise CheckFailed(
            message, [["", *names], ["expected", *rows[0]], ["received", *rows[1]]], **more
        )


def require_trained(received: Evidence, message: str, **more) -> None:
    """Raise CheckFailed with `message` unless all parameters of a network are trained.

    The moving averages of batch norm, half of its parameters, are no fault of their own. more:
    further arguments of CheckFailed.
    """
    count, trained = (received.record.get(name) for name in ("parameters", "trainable"))
    norms = [row for row in received.graph if row.get("kind") == "BatchNormalization"]
    averages = sum(row["parameters"] // 2 for row in norms)
    if not isinstance(count, int) or count - averages != trained:
        told = [f"{n:,}" if isinstance(n, int) else "none" for n in (count, trained)]
        raise CheckFailed(message, [["parameters", "trainable"], told], **more)


# What is read as an array, but is none.
_NO_ARRAYS = ("list", "tuple", "int", "float", "float64", "float32")
# An array that was read from a file may be one of the second kind.
_NUMPY = ("ndarray", "memmap")


def require_arrays(
    received: Evidence, case: dict, message: str, dtype: str = "", numpy: bool = False
) -> None:
    """Raise CheckFailed with `message` unless every value that came back is an array.

    dtype: how the name of the type of its numbers begins, such as "float"; "" for any. numpy:
    whether it is one of NumPy, and not a tensor.
    """
    record = received.record
    kinds = record.get("types") or [record.get("type")]
    numbers = record.get("dtypes") or [record.get("dtype")]
    for kind, own in zip(kinds, numbers * len(kinds), strict=False):
        right = kind in _NUMPY if numpy else kind not in _NO_ARRAYS
        if not right or not str(own).startswith(dtype):
            expected = f"ndarray, {dtype}" if dtype else "ndarray"
            raise CheckFailed(
                message,
                [
                    ["called", asked(case)],
                    ["expected", expected],
                    ["received", f"{kind}, {own}" if dtype else str(kind)],
                ],
                misconception="another type",
            )


def require_averages(received: Evidence, expected: Evidence, message: str, **more) -> None:
    """Raise CheckFailed with `message` unless a batch moves batch norm's averages as it should.

    more: further arguments of CheckFailed.
    """
    own, right = (evidence.record.get("averages", []) for evidence in (received, expected))
    if len(own) == len(right) and not np.allclose(sorted(own), sorted(right), rtol=1e-2, atol=1e-3):
        raise CheckFailed(message, **more)


def require_unchanged(received: Evidence, expected: Evidence, case: dict, message: str) -> None:
    """Raise CheckFailed with `message` unless the arrays that were passed are as they were.

    The oracle changes none, so its case has them, by "after", as they were passed.
    """
    names = [name for name in expected.arrays if name.startswith("given")]
    for place, name in enumerate(names, 1):
        value = received.arrays.get(name)
        if value is None or not alike(value, expected.arrays[name]):
            raise CheckFailed(
                message,
                [["called", asked(case)], ["changed", f"argument {place}"]],
                misconception="arguments changed",
            )


def require_number(received: Evidence, expected: Evidence, case: dict, message: str) -> None:
    """Raise CheckFailed with `message` unless both are the same number."""
    right, own = expected.record["number"], received.record.get("number")
    if isinstance(own, bool) or not isinstance(own, int | float) or own != right:
        raise CheckFailed(
            message,
            told(
                case,
                [
                    ["called", asked(case)],
                    ["expected", f"{right:,}"],
                    ["received", f"{own:,}" if isinstance(own, int | float) else "no number"],
                ],
            ),
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
    """The weights of a record, sorted: role, shape, whether trained, and whether given."""
    listed = record.get("weights")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    return sorted(
        tuple(str(row.get(key)) for key in ("role", "shape", "trained", "given")) for row in rows
    )


def _error(evidence: Evidence) -> tuple | None:
    """What tells one error from another: its kind and type, and the sizes that its text names."""
    if not evidence.trouble:
        return None
    told = [str(evidence.trouble.get(key, "")) for key in ("kind", "error", "received")]
    return *told, tuple(_SIZES.findall(str(evidence.trouble.get("text", ""))))


def described(value: np.ndarray) -> str:
    """An array in one line: its shape, mean, and first numbers."""
    with np.errstate(all="ignore"):
        mean = float(value.astype(np.float64).mean()) if value.size else math.nan
    first = ", ".join(f"{number:.4g}" for number in value.reshape(-1)[:4])
    return f"shape {shown(value.shape)}, mean {mean:.4g}, begins {first}"


def shape(record: dict) -> tuple:
    """The shape in a record, without its batch size; () if the record has none."""
    sizes = record.get("shape")
    if not isinstance(sizes, list) or not all(isinstance(size, int | None) for size in sizes):
        return ()
    return tuple(sizes[1:])


def _shapes(record: dict) -> list[tuple]:
    """The shapes of all outputs in a record."""
    every = record.get("shapes")
    rest = every[1:] if isinstance(every, list) else []
    return [shape(record), *(shape({"shape": sizes}) for sizes in rest)]


def told(case: dict, table: list[list[str]]) -> list[list[str]]:
    """The table about a case; of a hidden one only that it was called."""
    return [["called", asked(case)]] if "hidden" in case else table


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


def compare_number_types(submission, request: dict, cases: Cases, message: str) -> None:
    """Raise CheckFailed with `message` unless the function gives whole numbers as such."""
    for case, received, expected in submission.ask(request, cases):
        kinds = [evidence.record.get("type") for evidence in (expected, received)]
        if kinds[0] != kinds[1]:
            raise CheckFailed(
                message,
                [["called", asked(case)], ["expected", str(kinds[0])], ["received", str(kinds[1])]],
                misconception="another type",
            )


def compare_lists(submission, request: dict, cases: Cases, message: str) -> None:
    """Raise CheckFailed with `message` unless each case lists the right names."""
    for case, received, expected in submission.ask(request, cases):
        right, own = expected.record["listed"], received.record.get("listed")
        if own != right:
            own = [str(name) for name in own] if isinstance(own, list) else []
            raise CheckFailed(
                message,
                told(
                    case,
                    [
                        ["called", asked(case)],
                        ["the model", case["model"]["title"]],
                        ["expected", ", ".join(right) or "none"],
                        ["received", ", ".join(own[:40]) or "none"],
                    ],
                ),
            )


def compare_names(
    submission, request: dict, cases: Cases, roles: dict[str, str], message: str
) -> None:
    """Raise CheckFailed with `message` unless layers have the names of the oracle's.

    roles: the kinds of layer that are looked at, each with a weight that it has, such as
    {"Conv2D": "kernel"}. Each right name earns its part of the points.
    """
    for case, received, expected in submission.ask(request, cases):
        wanted = {row["name"]: roles[row["kind"]] for row in expected.graph if row["kind"] in roles}
        names = received.record.get("names")
        names = names if isinstance(names, list) else []
        missing = [name for name, role in wanted.items() if f"{name}/{role}" not in names]
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
