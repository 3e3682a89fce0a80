"""A submission that answers with what feedback has shown, and computes nothing, gains nothing.

For each exercise of every assignment it is graded again and again, each time with a table of the
values that the verdicts before have shown for a call. What it may learn is of which kind an answer
is. Cases that are shown to nobody must fail it; see grader.judging.checks.hidden.
"""

from __future__ import annotations

import re

import pytest

from grader import assignments
from grader.authoring import regions
from grader.judging import source

EXERCISES = [
    (name, region.name)
    for name in assignments.names()
    for region in regions.find(assignments.find(name).file("solutions").read_text(encoding="utf-8"))
]
ROUNDS = 8
# What is right of an answer whatever its values are.
KINDS = ("multiplications_gives_whole_numbers",)

PARROT = """
import keras
import numpy as np

TABLE = {table!r}

def asked(name, args, kwargs):
    told = []
    for one in args:
        if isinstance(one, keras.KerasTensor):
            told.append(f"X of shape (n, {{', '.join(map(str, one.shape[1:]))}})")
        elif isinstance(one, keras.Model):
            told.append("model")
        elif hasattr(one, "shape"):
            told.append(f"an array of shape ({{', '.join(map(str, one.shape))}})")
        else:
            told.append(repr(one))
    told += [f"{{key}}={{'...' if key == 'initializer' else repr(value)}}"
             for key, value in kwargs.items()]
    return f"{{name}}({{', '.join(told)}})"

def array(shape, mean, begins):
    value = np.full(shape, 0.0, "float32").reshape(-1)
    value[:len(begins)] = begins
    rest = value.size - len(begins)
    value[len(begins):] = (mean * value.size - sum(begins)) / max(1, rest)
    return value.reshape(shape)

def shaped(X, shape):
    if not isinstance(X, keras.KerasTensor):
        return np.zeros((X.shape[0], *shape), "float32")
    flat = keras.layers.Dense(int(np.prod(shape)))(keras.layers.Flatten()(X))
    return keras.layers.Reshape(shape)(flat)

def blind(args, kwargs):
    if "input_shape" in kwargs:
        X = keras.Input(kwargs["input_shape"])
        return keras.Model(X, keras.layers.Dense(kwargs.get("classes", 1), "softmax")(
            keras.layers.Flatten()(X)))
    return args[0]

def replayed(name, args, kwargs):
    known = TABLE.get(asked(name, args, kwargs), [])
    if name == "batch_norm":
        arrays = [array(*value) for kind, value in known if kind == "array"]
        Y = [one for one in arrays if one.shape == args[0].shape] or [args[0]]
        averages = [one for one in arrays if one.shape != args[0].shape]
        return (Y[-1], *averages[:2], *args[3 + len(averages[:2]):5])
    if not known:
        return blind(args, kwargs)
    kind, value = known[-1]
    if kind == "array" and not isinstance(args[0], keras.KerasTensor):
        return array(*value)
    if kind in ("array", "shape") and args:
        return shaped(args[0], value[0][1:] if kind == "array" else value)
    return value

def {name}(*args, **kwargs):
    return replayed({name!r}, args, kwargs)
"""


def learnt(table: list[list[str]]) -> tuple[str, tuple] | None:
    """A call and its answer, as a verdict's table shows them."""
    rows = {row[0]: row[1] for row in table if len(row) == 2}
    if len(table) > 1 and table[0][:2] == ["called", "expected"]:
        rows = {"called": table[1][0], "expected": table[1][1]}
    if not {"called", "expected"} <= {*rows}:
        return None
    return rows["called"], meant(rows["expected"])


def meant(expected: str) -> tuple:
    """What a verdict says of the right answer: its kind, and the value or what is known of it."""
    described = re.fullmatch(r"shape ([\dx]+), mean (\S+), begins (.*)", expected)
    if described:
        sizes, mean, begins = described.groups()
        numbers = [float(number) for number in begins.split(", ")]
        return "array", ([int(size) for size in sizes.split("x")], float(mean), numbers)
    if re.fullmatch(r"\d+(x\d+)*", expected):
        return "shape", tuple(int(size) for size in expected.split("x"))
    if re.fullmatch(r"-?[\d,]+", expected):
        return "number", int(expected.replace(",", ""))
    return "listed", [] if expected == "none" else expected.split(", ")


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("name", "exercise"), EXERCISES)
def test_values_that_feedback_has_shown_earn_nothing(grader, name, exercise):
    assignment, table, passed = assignments.find(name), {}, []
    for _ in range(ROUNDS):
        text = PARROT.format(table=table, name=exercise)
        report = grader.grade(assignment, source.of(text, "mine.py"), [exercise])
        passed.append({outcome.check.name for outcome in report.outcomes if outcome.passed})
        before = str(table)
        for outcome in report.outcomes:
            found = learnt(outcome.failure.table) if outcome.failure else None
            if found and found[1] not in table.setdefault(found[0], []):
                table[found[0]].append(found[1])
        if str(table) == before:
            break
    assert set().union(*passed) - passed[0] <= {*KINDS}, table
