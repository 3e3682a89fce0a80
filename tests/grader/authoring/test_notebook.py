"""Exercises as notebooks: what their cells hold, whose work is kept, and that solutions run."""

from __future__ import annotations

import ast
import json
import re

import pytest

from grader import assignments
from grader.__main__ import run
from grader.authoring import notebook as workbook
from grader.authoring import regions
from grader.authoring.release import SEAL, UNFILLED, release, released
from grader.batch import submissions
from grader.errors import GraderError
from grader.i18n import language
from grader.judging import source
from grader.judging.notebooks import script
from tests.sampling import LONGEST

pytest.importorskip("jupytext", reason="jupytext is not installed: requirements-grader.txt")
NAMES = assignments.names()


def worked(name) -> str:
    return assignments.find(name).file("solutions").read_text(encoding="utf-8")


def codes(text) -> list[str]:
    return [
        "".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_holds_the_exercise_and_comes_back_as_its_script(name):
    exercise = released(assignments.find(name))
    text = workbook.of(exercise.rpartition(SEAL)[0], name)
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbformat.validate(json.loads(text))
    back = script(text.encode())
    compile(back, "mine.py", "exec")
    assert [(one.name, one.points) for one in regions.find(back)] == [
        (one.name, one.points) for one in regions.find(exercise)
    ]
    assert back.count(UNFILLED) == exercise.count(UNFILLED) and SEAL not in text
    titles = [line for line in exercise.splitlines() if line.startswith("# ## ")]
    prose = "".join(
        "".join(cell["source"]) + "\n"
        for cell in json.loads(text)["cells"]
        if cell["cell_type"] == "markdown"
    )
    assert titles and [line.removeprefix("# ") for line in titles] == [
        line for line in prose.splitlines() if line.startswith("## ")
    ]


def test_it_is_graded_as_the_script_is(grader, tmp_path):
    """And grading it neither trains nor looks for the project."""
    one, path = assignments.find("lenet"), tmp_path / "mine.ipynb"
    path.write_text(workbook.of(worked("lenet"), "lenet"))
    mine = source.read(path)
    assert mine == submissions.read(path, "lenet")
    assert mine.trouble is None and 'lessons.main("lenet", walk' in mine.text
    assert grader.grade(one, mine).score == 100


def test_a_file_that_is_no_notebook_says_so_when_it_is_checked(tmp_path):
    path = tmp_path / "mine.ipynb"
    path.write_text("x = 1")
    assert source.read(path).trouble == {"kind": "notebook", "text": "not JSON"}
    path.write_bytes(b" " * (source.LARGEST_NOTEBOOK + 1))
    assert source.read(path).trouble["kind"] == "too_large"


def test_the_same_script_gives_the_same_notebook():
    text = worked("lenet")
    assert workbook.of(text, "lenet") == workbook.of(text, "lenet")


def test_a_chinese_notebook_says_nothing_in_english():
    """In the cells that only a notebook has: what they print, and their comments."""
    language.use("zh")
    try:
        written = codes(workbook.of(worked("lenet"), "lenet"))
    finally:
        language.use("en")
    own = [code for code in written if "import signs" in code or code.startswith("check(")]
    assert len(own) == 4
    for code in own:
        ast.parse(code)
        said = re.findall(r"# (?:noqa: F401 - )?(.*)|print\(f?\"([^\"]*)|else \"([^\"]*)", code)
        texts = [text for row in said for text in row if text]
        assert texts and all(re.search("[\u4e00-\u9fff]", text) for text in texts), texts
    assert "{project}" in own[0]


def test_work_is_never_overwritten_and_outputs_are_no_work(tmp_path):
    one, path = assignments.find("lenet"), tmp_path / "lenet.ipynb"
    assert release(one, tmp_path, notebook=True) == f"{path}: released"
    assert release(one, tmp_path, notebook=True).endswith("up to date")
    fresh = json.loads(path.read_text())
    shown = json.loads(path.read_text())
    shown["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["1"]}]
    path.write_text(json.dumps(shown))
    assert release(one, tmp_path, notebook=True).endswith("released anew")
    assert json.loads(path.read_text()) == fresh
    fresh["cells"][1]["source"].append("# mine\n")
    path.write_text(json.dumps(fresh))
    with pytest.raises(GraderError, match="found work in it"):
        release(one, tmp_path, notebook=True)
    assert json.loads(path.read_text()) == fresh
    [copy] = (release(one, tmp_path, force=True, notebook=True), *tmp_path.glob("*.kept"))[1:]
    assert json.loads(copy.read_text()) == fresh


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"metadata": {"sealed": ""}, "cells": [3]}'])
def test_what_is_no_notebook_is_work(text):
    assert not workbook.unchanged(text)


def test_the_command_writes_notebooks_of_all_assignments(tmp_path, capsys):
    assert run(["release", "--notebooks", "--out", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.ipynb" for name in NAMES}
    assert run(["release", "lenet", "--notebooks", "--lang", "zh", "--out", str(tmp_path)]) == 0
    assert "# # LeNet-5：" not in (tmp_path / "lenet.ipynb").read_text()
    assert "# LeNet-5：会读支票的网络" in (tmp_path / "lenet.ipynb").read_text()


@pytest.fixture
def hands(name, tmp_path):
    """A few drawn hands; transfer learning takes 20 of each class."""
    from datasets.synthetic.dataset import synthesize

    return synthesize(tmp_path / "hands", train=150 if name == "transfer_learning" else 48, test=12)


@LONGEST
@pytest.mark.parametrize("name", NAMES)
def test_the_solution_runs_as_a_notebook(root, hands, tmp_path, monkeypatch, name):
    """From a folder inside the project's, as the learner's own does, by its quick run."""
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    import nbformat

    for variable in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.setenv("SIGNS_DIR", str(hands))
    runs = tmp_path / "runs"
    text = workbook.of(worked(name), name, ("--quick", "--runs", str(runs)))
    notebook = nbformat.reads(text, as_version=4)
    client = nbclient.NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(root / "assignments")}},
    )
    client.execute()
    said = "".join(
        output.text
        for output in notebook.cells[-1].outputs
        if output.output_type == "stream" and output.name == "stdout"
    )
    assert said.rstrip().endswith("\ndone"), said[-500:]
    if (root / "training" / "lessons" / f"{name}.py").is_file():
        assert "--quick: " in said and list(runs.glob("*.png"))
