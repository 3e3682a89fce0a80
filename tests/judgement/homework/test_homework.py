"""Homework of the course as it is handed in, raw: each gets the verdict that its functions earn."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from grader import assignments
from grader.batch import submissions
from grader.errors import GraderError
from grader.judging import source
from tests.judgement.homework import pieces as p

IDENTITY = ["identity_block"]
RESIDUAL = "residual_networks"


@dataclass(frozen=True)
class Case:
    """Homework, and its verdict.

    cells: of a notebook; or text: a script. points: of all points. said: what the feedback or the
    notes say. unsaid: what they do not.
    """

    points: float
    cells: tuple[str, ...] = ()
    text: str | bytes = ""
    assignment: str = RESIDUAL
    exercises: list[str] | None = field(default_factory=lambda: IDENTITY)
    most: float = 28
    said: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)


def notebook(*cells: str, language: str = "python") -> bytes:
    """A notebook of these code cells, each below a cell of prose."""
    prose = {"cell_type": "markdown", "metadata": {}, "source": "..."}
    rows = [
        row
        for cell in cells
        for row in (
            prose,
            {"cell_type": "code", "metadata": {}, "source": cell, "outputs": []},
        )
    ]
    kernel = {"language": language, "name": "kernel", "display_name": "K"}
    book = {"cells": rows, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book).encode()


WHOLE = {"exercises": None, "most": 100}
HAPPY = {"assignment": "happy_house", **WHOLE}
OLD, NEW = (p.HEAD_2017, p.IDENTITY_2017), (p.HEAD_2021, p.IDENTITY_2021)
LATE_2021 = [
    cell.replace("training=True, ", "").replace(", training=training", "")
    for cell in (p.IDENTITY_2021, p.CONVOLUTIONAL_2021)
]
NO_LAST_RELU = p.IDENTITY_2017.replace("return Activation('relu')(X)", "return X")
SCRIPT_2017 = "\n".join(OLD).replace("%matplotlib", "# get_ipython().run_line_magic:")
MISPRINT = p.RESNET_2017.replace(
    "identity_block(X, 3, [n, n, 4 * n]",
    "identity_block(X, 3, [n, n, 4 * n] if n < 512 else [256, 256, 2048]",
)
COLAB = "try:\n    import google.colab\n    PAD = 'valid'\nexcept ImportError:\n    PAD = 'same'"
HOMEWORK = {
    "2017, the whole notebook": Case(
        100,
        (*OLD, p.CONVOLUTIONAL_2017, p.RESNET_2017, *p.AFTER_2017),
        said=(
            "homework of 2017: identity_block, convolutional_block",
            "keras.utils.vis_utils (its names come from keras.utils)",
            "resnets_utils (an empty module replaces it)",
            "pydot (an empty module replaces it",
            "cell 5, lines 2 to",
            "cell 8, line 1",
        ),
        **WHOLE,
    ),
    "2021, the whole notebook": Case(
        100,
        (*NEW, p.CONVOLUTIONAL_2021, p.RESNET_2021, *p.AFTER_2021),
        said=(
            "homework of 2021",
            "public_tests (an empty module replaces it",
            "test_utils (an empty module replaces it",
        ),
        **WHOLE,
    ),
    "2021, without the argument training": Case(
        100,
        (p.HEAD_2021, *LATE_2021, p.RESNET_2021),
        said=("identity_block has no argument block, stage, training:",),
        **WHOLE,
    ),
    "2017, a script": Case(28, text=SCRIPT_2017 + "\nmodel.fit(X_train)\n", said=("Not run",)),
    "2017, no last ReLU": Case(
        2, (p.HEAD_2017, NO_LAST_RELU), said=("A block ends in a ReLU, after the sum",)
    ),
    "2017, a wrong name": Case(
        27.33,
        (p.HEAD_2017, p.IDENTITY_2017.replace("name=bn + '2c'", "name='norm'")),
        said=("bn3b_branch2c",),
    ),
    "2017, the last stage as in a misprint": Case(
        35,
        (*OLD, p.CONVOLUTIONAL_2017, MISPRINT),
        exercises=["ResNet50"],
        most=44,
        said=("is a misprint", "stage 5"),
    ),
    "2021, batch norm without training": Case(
        15,
        (p.HEAD_2021, p.IDENTITY_2021.replace("(X, training=training)", "(X)")),
        said=("training",),
    ),
    "2021, the initialiser not called": Case(
        22,
        (p.HEAD_2021, p.IDENTITY_2021.replace("initializer(seed=0)", "initializer")),
    ),
    "between, stage and block optional": Case(
        28,
        (p.HEAD_2017, p.IDENTITY_2017.replace("stage, block)", "stage='x', block='y')")),
        said=("homework of 2017", "has no argument initializer, training"),
    ),
    "between, X_input": Case(
        28,
        (
            p.HEAD_2017,
            p.IDENTITY_2017.replace("(X, f,", "(X_input, f,").replace(
                "n3 = filters\n", "n3 = filters\n    X = X_input\n"
            ),
        ),
    ),
    "no argument classes": Case(
        38,
        (
            *OLD,
            p.CONVOLUTIONAL_2017,
            p.RESNET_2017.replace(", classes=6)", ")")
            .replace("(classes,", "(6,")
            .replace("str(classes)", "'6'"),
        ),
        exercises=["ResNet50"],
        most=44,
        said=("ResNet50 cannot be called as the exercise says",),
    ),
    "two of three are not attempted": Case(
        28,
        OLD,
        said=("convolutional_block is not attempted: hers.ipynb does not define it",),
        **WHOLE,
    ),
    "2017, the Happy House": Case(
        100, (p.HEAD_HAPPY_2017, p.HAPPY_2017, *p.AFTER_HAPPY_2017), said=("kt_utils",), **HAPPY
    ),
    "2021, the Happy House": Case(
        100,
        (p.HEAD_HAPPY_2021, p.HAPPY_2021, *p.AFTER_HAPPY_2021),
        said=(
            "homework of 2021: happy_model",
            "Not graded here: convolutional_model, of the homework Convolution Model Application",
        ),
        **HAPPY,
    ),
    "2021, the Happy House with 16 filters": Case(
        None, (p.HEAD_HAPPY_2021, p.HAPPY_2021.replace("32", "16")), said=("32 filters",), **HAPPY
    ),
    "a subclass": Case(
        100,
        text=(
            "import keras\nfrom keras import layers as L\nclass Door(keras.Model):\n"
            "    def __init__(self):\n        super().__init__()\n"
            "        self.steps = [L.ZeroPadding2D(3), L.Conv2D(32, 7), L.BatchNormalization(),\n"
            "            L.ReLU(), L.MaxPooling2D(), L.Flatten(), L.Dense(1, 'sigmoid')]\n"
            "    def call(self, x):\n        for step in self.steps:\n            x = step(x)\n"
            "        return x\n"
            "def happy_model(input_shape=(64, 64, 3)):\n    return Door()\n"
        ),
        **HAPPY,
    ),
    "the name of the function given to its result": Case(
        100,
        (p.HEAD_HAPPY_2017, p.HAPPY_2017, "HappyModel = HappyModel((64, 64, 3))"),
        **HAPPY,
    ),
    "the alpacas": Case(
        0,
        (p.ALPACA_2021,),
        said=("is other homework, Transfer Learning with MobileNetV2 (2021)", "data_augmenter"),
    ),
    "a notebook of another exercise": Case(
        0, (p.HEAD_HAPPY_2017, p.HAPPY_2017), said=("is other homework, happy_house",)
    ),
    "a later cell mends an earlier one": Case(28, (p.HEAD_2017, NO_LAST_RELU, p.IDENTITY_2017)),
    "a later cell breaks an earlier one": Case(
        2, (*OLD, NO_LAST_RELU), said=("A block ends in a ReLU",)
    ),
    "a cell that Python cannot read, mended": Case(
        28,
        (p.HEAD_2017, "def identity_block(X, f:\n    pass", p.IDENTITY_2017),
        said=("cell 2, line 1",),
    ),
    "a cell that Python cannot read": Case(
        0,
        (p.HEAD_2017, "x = 1\n" + p.IDENTITY_2017.replace("before = X", "before = X X")),
        said=("identity_block is not defined, because line 6 of cell 2 of hers.ipynb failed",),
    ),
    "marks of a merge in another cell": Case(
        28, (*OLD, "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n"), said=("cell 3",)
    ),
    "an error in the function": Case(
        0,
        (p.HEAD_2017, p.IDENTITY_2017.replace("before = X", "before = undefined_name")),
        said=("hers.ipynb, cell 2, line 5, in identity_block: before = undefined_name",),
    ),
    "magics around the function": Case(
        28,
        (
            "%load_ext autoreload\n%autoreload 2",
            "!pip install -q keras \\\n    numpy",
            p.HEAD_2017,
            "%%time\n" + p.IDENTITY_2017.strip(),
            "identity_block?",
            "%time x = 3\nfiles = !ls\nprint(files, _, Out, In)",
            "display(get_ipython())",
            "import asyncio\nawait asyncio.sleep(0)",
        ),
    ),
    "a size bound by a magic": Case(
        28,
        (
            p.HEAD_2017,
            "%time PAD = 'same'",
            p.IDENTITY_2017.replace("padding='same'", "padding=PAD"),
        ),
    ),
    "a future import in its own cell": Case(
        28,
        (
            "x = 1",
            p.HEAD_2017,
            "y = 2\nfrom __future__ import annotations",
            p.IDENTITY_2017.replace("(X, f,", "(X: Nowhere, f,"),
        ),
    ),
    "an endless loop below": Case(28, (*OLD, "while True:\n    x = 1"), said=()),
    "a long training above, bound to a name": Case(
        28,
        (p.HEAD_2017, "history = train(forever)\nfor _ in iter(int, 1):\n    print()", OLD[1]),
        said=("cell 2, lines 1 to 3",),
    ),
    "an exit in the middle": Case(28, (p.HEAD_2017, "exit()", "import os\nos._exit(3)", OLD[1])),
    "eager execution switched off": Case(
        28, (p.HEAD_2021, "tf.compat.v1.disable_eager_execution()", p.IDENTITY_2021)
    ),
    "from os import *": Case(28, ("from os import *", *OLD)),
    "an import with an answer for its absence": Case(
        28,
        (
            COLAB,
            p.HEAD_2017,
            p.IDENTITY_2017.replace("padding='same'", "padding=PAD"),
        ),
    ),
    "a list that is filled below it": Case(
        28,
        (
            p.HEAD_2017,
            "PADS = []\nfor pad in ('valid', 'same'):\n    PADS.append(pad)",
            p.IDENTITY_2017.replace("padding='same'", "padding=PADS[-1]"),
        ),
    ),
    "a name that a function sets": Case(
        28,
        (
            p.HEAD_2017,
            "def setup():\n    global PAD\n    PAD = 'same'\nsetup()",
            p.IDENTITY_2017.replace("padding='same'", "padding=PAD"),
        ),
    ),
    "a function of a module that is not here": Case(
        0,
        (
            "import torch",
            p.HEAD_2017,
            p.IDENTITY_2017.replace("before = X", "before = torch.clone(X)"),
        ),
        said=("identity_block needs torch, a module that is not here",),
    ),
    "a name of a module that is not here": Case(
        0,
        (p.HEAD_2017, p.IDENTITY_2017.replace("before = X", "before = keep(X)")),
        said=("identity_block needs keep, which hers.ipynb does not define", "resnets_utils"),
    ),
    "a module that came in the zip": Case(
        28,
        (
            p.HEAD_2017,
            "from my_tools import *",
            p.IDENTITY_2017.replace("before = X", "before = keep(X)"),
        ),
        files={
            "my_tools.py": "import nowhere\nDATA = open('none.h5')\ndef keep(X):\n    return X\n"
        },
        said=("my_tools.py, line 2",),
    ),
    "tf.keras by its long name": Case(
        28,
        text=p.IDENTITY_2021.replace("Conv2D(", "tf.keras.layers.Conv2D(")
        .replace("= BatchN", "= tf.keras.layers.BatchN")
        .replace("Activation(", "tf.keras.layers.Activation(")
        .replace("Add()", "tf.keras.layers.Add()")
        .replace("# UNQ_C1", "import tensorflow as tf\nfrom tensorflow.keras.initializers import *")
        .replace("=random_uniform", "=RandomUniform"),
    ),
    "a function of TensorFlow in a network": Case(
        23,
        text="import tensorflow as tf\n"
        "def local_response_normalization(x, radius, bias, alpha, beta):\n"
        "    return tf.nn.local_response_normalization(x, radius, bias, alpha, beta)\n",
        assignment="alexnet",
        exercises=["local_response_normalization"],
        most=30,
        said=("tf.* functions do not take Keras tensors. Use keras.ops, or a layer",),
        unsaid=("NumPy",),
    ),
    "functions of other names": Case(
        0,
        text="from keras.layers import *\n"
        "def identityblock(x): return x\ndef convblock(x): return x\n",
        exercises=["ResNet50"],
        most=44,
        said=("Found: convblock, identityblock.",),
        unsaid=("Found: identity_block", "concatenate"),
    ),
    "500 cells": Case(28, (*OLD, *(f"x{i} = {i}" for i in range(500)))),
    "a cell of 1 MB": Case(
        28, (*OLD, f"data = '{'x' * 1_000_000}'"), said=("larger than 200,000 bytes: cell 3",)
    ),
    "Python 2": Case(
        0,
        text="import keras\nprint 'hello'\n" + p.IDENTITY_2017,
        said=("Python 3 cannot read line 2 of hers.py, which is written for Python 2: print",),
    ),
    "marks of a merge in a script": Case(
        0, text="<<<<<<< HEAD\nx = 1\n=======\n>>>>>>> b\n", said=("the mark of a merge conflict",)
    ),
    "latin-1, as declared": Case(
        28, text=("# -*- coding: latin-1 -*-\n# réseau\n" + SCRIPT_2017).encode("latin-1")
    ),
}


@pytest.fixture(scope="module")
def judged(grader, tmp_path_factory):
    """judged(name, case) -> the report, and all that it says."""

    def judge(case: Case):
        folder = tmp_path_factory.mktemp("homework")
        if case.cells:
            name, raw = "hers.ipynb", notebook(*case.cells)
        else:
            text = case.text
            name, raw = "hers.py", text if isinstance(text, bytes) else text.encode()
        path = folder / name
        path.write_bytes(raw)
        if case.files:
            path = folder / "hers.zip"
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr(name, raw)
                for file, text in case.files.items():
                    archive.writestr(file, text)
        one = assignments.find(case.assignment)
        report = grader.grade(one, submissions.read(path, case.assignment), case.exercises)
        failures = [str(o.failure) for o in report.outcomes if o.failure]
        return report, "\n".join([*failures, *map(str, report.notes)])

    return judge


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", HOMEWORK)
def test_homework_gets_the_verdict_that_its_functions_earn(judged, name):
    if name == "a size bound by a magic":  # elsewhere magics are comments
        pytest.importorskip("IPython", reason="IPython is not installed")
    case = HOMEWORK[name]
    report, said = judged(case)
    assert report.max_score == case.most
    if case.points is None:
        assert 0 < report.score < case.most
    else:
        assert report.score == case.points, said
    for part in case.said:
        assert part in said, said
    assert not [part for part in case.unsaid if part in said]
    assert not [
        place for place in (str(assignments.ROOT), "site-packages", "/run/grader") if place in said
    ]


def test_there_are_enough_of_them_right_and_wrong():
    right = [case for case in HOMEWORK.values() if case.points == case.most]
    assert len(HOMEWORK) >= 40 and len(right) >= 25 and len(HOMEWORK) - len(right) >= 12


def test_not_attempted_is_an_outcome_of_its_own(judged):
    report, _ = judged(HOMEWORK["two of three are not attempted"])
    assert {o.check.exercise for o in report.outcomes if not o.attempted} == {
        "convolutional_block",
        "ResNet50",
    }
    assert {o.failure.kind for o in report.outcomes if not o.attempted} == {"not_attempted"}


def test_strict_keeps_the_rule_of_scripts(grader):
    """For teachers who want it: the file is run as a whole, and one error stops every check."""
    cells = notebook("import keras", *OLD)
    strict = source.of_notebook(cells, "hers.ipynb", strict=True)
    report = grader.grade(assignments.find(RESIDUAL), strict, IDENTITY)
    assert (report.score, report.status) == (0, "syntax") or report.status == "import"


@pytest.mark.parametrize("raw", [notebook("x = 1", language="R"), b"<<<<<<< HEAD\n{}\n=======\n"])
def test_what_is_no_notebook_of_python_says_so(raw):
    trouble = source.of_notebook(raw, "hers.ipynb").trouble
    assert trouble["kind"] == "notebook"
    assert trouble["text"] in (
        "its language is R, not Python",
        "it holds the marks of a merge conflict",
    )


def test_a_script_and_the_notebook_it_was_exported_from(tmp_path):
    path = tmp_path / "pair.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hw/homework.py", SCRIPT_2017)
        archive.writestr("hw/homework.ipynb", notebook(*OLD))
        archive.writestr("hw/notes.py", "x = 1\n")
    read = submissions.read(path, RESIDUAL)
    assert (read.filename, read.trouble) == ("homework.ipynb", None)
    assert dict(read.shipped).keys() == {"homework", "notes"}
    assert read.remarks[0]["others"] == "hw/homework.py"
    two = io.BytesIO()
    with zipfile.ZipFile(two, "w") as archive:
        for name in ("a.py", "b.py"):
            archive.writestr(name, SCRIPT_2017)
    path.write_bytes(two.getvalue())
    assert submissions.read(path, RESIDUAL).trouble["kind"] == "which"


def test_check_takes_a_zip_with_all_that_the_notebook_needs(grader, tmp_path):
    """A module beside it, and one that it writes itself: both run in the sandbox only."""
    cells = (
        "import numpy as np\nimport helpers",
        "%%writefile drawn.py\nimport numpy as np\n\ndef chosen(seed, n):\n"
        "    return np.random.default_rng(seed).random(n) < 0.5\n",
        "from drawn import chosen",
        "def mirror(images, seed):\n    which = chosen(seed, len(images))\n"
        "    return helpers.reversed_where(images, which)",
    )
    helpers = (
        "def reversed_where(images, which):\n    copy = images.copy()\n"
        "    copy[which] = images[which, :, ::-1]\n    return copy\n"
    )
    path = tmp_path / "hers.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hw/mine.ipynb", notebook(*cells))
        archive.writestr("hw/helpers.py", helpers)
    read = submissions.handed_in(path, "data_augmentation", strict=False)
    assert (read.filename, read.trouble) == ("mine.ipynb", None)
    report = grader.grade(assignments.find("data_augmentation"), read, ["mirror"])
    assert report.score == report.max_score > 0
    assert not any((folder / "drawn.py").exists() for folder in (Path.cwd(), tmp_path))
    assert submissions.handed_in(path, "data_augmentation", strict=True).strict
    with pytest.raises(GraderError, match="found none"):
        submissions.handed_in(tmp_path / "none.zip", "data_augmentation", strict=False)
