"""Keras' settings outside an exercise never decide its score; a precision inside it is named."""

import pytest

from grader import assignments
from grader.judging import source

SETTINGS = (
    'keras.mixed_precision.set_global_policy("mixed_float16")',
    'keras.config.set_dtype_policy("mixed_bfloat16")',
    'keras.config.set_floatx("float64")',
    'keras.config.set_image_data_format("channels_first")',
)


@pytest.fixture(scope="module")
def lenet():
    return assignments.find("lenet").file("solutions").read_text(encoding="utf-8")


def of(text, grader, exercise="lenet5"):
    return grader.grade(assignments.find("lenet"), source.of(text, "hers.py"), [exercise])


def before_the_first_function(text, line):
    assert "\ndef " in text
    return text.replace("\ndef ", f"\n{line}\n\ndef ", 1)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("line", SETTINGS)
def test_a_setting_at_the_top_costs_nothing(lenet, grader, line):
    report = of(before_the_first_function(lenet, line), grader)
    assert report.score == report.max_score


def test_a_precision_set_in_the_function_is_named(lenet, grader):
    line = 'keras.config.set_dtype_policy("mixed_bfloat16")'
    head, body = lenet.split("def lenet5(", 1)
    body = body.replace("images = keras.Input", f"{line}\n    images = keras.Input", 1)
    assert line in body
    report = of(f"{head}def lenet5({body}", grader)
    said = [outcome.failure for outcome in report.outcomes if outcome.failure]
    first, *later = said
    assert first.message.startswith("lenet5 computes in bfloat16") and first.kind == "precision"
    assert all(failure.kind in ("precision", "follows") for failure in later)
