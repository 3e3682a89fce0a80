"""What the lessons share: the command line, one line for what goes wrong, and smaller data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training import lessons

NAMES = [
    path.stem
    for path in sorted(Path(lessons.__file__).parent.glob("*.py"))
    if path.stem not in ("__init__", "verdicts")
]


@pytest.mark.parametrize("name", NAMES)
def test_every_lesson_takes_the_same_options(name, tmp_path):
    usual = lessons.options(name, [])
    assert (usual.quick, usual.data, usual.seed, usual.images) == (False, "auto", 0, None)
    assert usual.runs.parts[0] == "runs"
    chosen = lessons.options(name, ["--quick", "--runs", str(tmp_path), "--seed", "3"])
    assert chosen.runs == tmp_path and chosen.seed == 3 and chosen.images > 0


def test_an_exercise_without_a_lesson_takes_them_too():
    chosen = lessons.options("my_exercise", ["--quick"])
    assert (str(chosen.runs), chosen.images, chosen.data) == ("runs/my_exercise", 360, "auto")


def test_help_names_the_options(capsys):
    with pytest.raises(SystemExit) as caught:
        lessons.main("vgg", print, ["--help"])
    said = capsys.readouterr().out
    assert caught.value.code == 0 and "VGG: count by layer" in said
    assert all(option in said for option in ("--quick", "--data", "--runs", "--seed"))


def learners(body):
    """The walk of a file whose function `lenet5` has this body."""
    text = f"""
def lenet5():
    def helper():
        {body}
    helper()


def walk(options):
    lenet5()
"""
    names = {}
    exec(compile(text, "/somewhere/lenet.py", "exec"), names)
    return names["walk"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "raise NotImplementedError('exercise 1, lenet5, is not filled in yet')",
            "exercise 1, lenet5, is not filled in yet",
        ),
        ("1 / 0", "lenet.py, line 4, in lenet5: ZeroDivisionError: division by zero"),
        ("raise ValueError('first\\nsecond')", "lenet.py, line 4, in lenet5: ValueError: first"),
        (
            "import numpy; numpy.zeros(-1)",
            "lenet.py, line 4, in lenet5: ValueError: negative dimensions are not allowed",
        ),
        ("raise KeyboardInterrupt", "interrupted"),
    ],
)
def test_what_fails_is_one_line_with_the_exercise(capsys, body, said):
    assert lessons.main("lenet", learners(body), []) == 1
    assert capsys.readouterr().err == f"{said}\n"
    assert lessons.main("lenet", learners("pass"), []) == 0


def test_halved_is_the_mean_of_four():
    images = np.zeros((1, 4, 4, 3), "uint8")
    images[0, :2, :2, 1] = [[10, 20], [30, 42]]
    found = lessons.halved(images)
    assert found.shape == (1, 2, 2, 3) and found.dtype == np.uint8
    assert found[0, 0, 0].tolist() == [0, 26, 0] and found[0, 1:].max() == 0
