"""What `python -m training reproduce` takes from the exercise files and their lessons is there."""

from __future__ import annotations

import importlib

import pytest

from training.reproduce import assignments


@pytest.mark.parametrize("name", assignments.ASSIGNMENTS)
def test_the_solution_and_its_lesson_have_what_is_trained(name):
    row = assignments.get(name)
    module = assignments._loaded(assignments.source(name), "solutions", name)
    assert all(callable(getattr(module, function)) for function in row.functions)
    lesson = importlib.import_module(f"training.lessons.{name}")
    assert callable(getattr(lesson, row.trained_by or "run"))
    assert not row.compared or callable(lesson.arms)
    uses_lesson = bool(row.compared or row.trained_by)
    assert bool(assignments.lesson_file(name)) == uses_lesson


def test_inception_is_trained_with_its_heads_and_answers_with_one():
    model = assignments.builder("inception")()
    assert len(model.outputs) == 3 and model.output_shape == (None, 6)
