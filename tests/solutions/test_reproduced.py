"""What `python -m training reproduce` takes from the exercise files and their lessons is there."""

from __future__ import annotations

import importlib

import pytest

from training.errors import TrainingError
from training.reproduce import assignments

EXERCISES = [name for name, row in assignments.ASSIGNMENTS.items() if row.functions]


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_and_its_lesson_have_what_is_trained(name):
    row = assignments.get(name)
    module = assignments._loaded(assignments.source(name), "solutions", name)
    assert all(callable(getattr(module, function)) for function in row.functions)
    lesson = importlib.import_module(f"training.lessons.{name}")
    assert callable(getattr(lesson, row.trained_by or "run"))
    assert not row.compared or callable(lesson.arms)
    uses_lesson = bool(row.compared or row.trained_by)
    assert bool(assignments.lesson_file(name)) == uses_lesson


def test_the_race_is_trained_with_a_network_of_nets_and_nobody_elses(root):
    assert set(assignments.ASSIGNMENTS) - set(EXERCISES) == {"race"}
    model = assignments.builder("race")()
    assert model.name == assignments.get("race").net and model.output_shape == (None, 6)
    with pytest.raises(TrainingError, match="race: its network resnet20 is one of nets/"):
        assignments.builder("race", "assignments", root)


def test_inception_is_trained_with_its_heads_and_answers_with_one():
    model = assignments.builder("inception")()
    assert len(model.outputs) == 3 and model.output_shape == (None, 6)
