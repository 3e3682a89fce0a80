"""In a notebook: the verdict on the cells that were run, with the sentences of the command line."""

import json
import subprocess
import sys

import pytest

from grader import assignments
from grader.__main__ import run
from grader.authoring import notebook as workbook
from grader.errors import GraderError
from grader.i18n import language
from grader.judging import source
from grader.judging.notebooks import MAIN
from grader.judging.notebooks import cells as cells_of
from grader.learner import cells
from tests.sampling import LONGEST

NAME, EXERCISE, POINTS = "lenet", "convolution", 30
IMPORT = "from grader.notebook import check, hint, solution_diff"
CHECK = f'check("{EXERCISE}")'
WRONG = f"def {EXERCISE}(images, kernel, bias, stride=1):\n    return 1\n"


def worked() -> list[str]:
    """The code cells of the worked solution."""
    text = assignments.find(NAME).file("solutions").read_text(encoding="utf-8")
    return [code for kind, code in cells_of(text[: MAIN.search(text).start()]) if kind == "code"]


def split() -> tuple[list[str], str, list[str]]:
    """The cells before the exercise's, its own, and those after."""
    codes = worked()
    place = next(i for i, code in enumerate(codes) if f"def {EXERCISE}(" in code)
    return codes[:place], codes[place], codes[place + 1 :]


BEFORE, RIGHT, AFTER = split()
# What a kernel has run -> the points.
HISTORIES = {
    "right": ([*BEFORE, RIGHT, *AFTER], POINTS),
    "checked before": ([IMPORT, *BEFORE, CHECK, "hint()", RIGHT, CHECK], POINTS),
    "run twice": ([*BEFORE, RIGHT, *BEFORE, RIGHT], POINTS),
    "wrong": ([*BEFORE, WRONG], None),
    "mended": ([*BEFORE, WRONG, RIGHT], POINTS),
    "broken again": ([*BEFORE, RIGHT, WRONG], None),
    "not begun": (BEFORE, None),
    "failed cells": (["1/0", "import no_such_module", *BEFORE, "raise SystemExit", RIGHT], POINTS),
    "no Python": (["def f(:", "%matplotlib inline", *BEFORE, f"{RIGHT}(", RIGHT, "x ="], POINTS),
    "failed after it": ([*BEFORE, RIGHT, f"{EXERCISE}(3)", "del nothing"], POINTS),
    "failed, then mended": ([*BEFORE, f"1/0\n{RIGHT}", WRONG, f"import keras\n{RIGHT}"], POINTS),
    "a shell line": (["get_ipython().system('ls')", *BEFORE, RIGHT], POINTS),
}


@pytest.fixture(scope="module")
def desk(grader):
    """A desk whose grader uses the oracle's answers of these tests; other tests may use it too."""
    made = cells.Desk()
    made._grader.oracle.folder = grader.oracle.folder
    yield made
    made.close()


@pytest.fixture
def shell(desk, tmp_path, monkeypatch):
    """IPython without a kernel: a function that has run cells and runs the last, and the pages."""
    pytest.importorskip("IPython", reason="IPython is not installed")
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("GRADER_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setattr(cells, "desk", lambda: desk)
    desk.last = None
    language.use("en")
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    shown: list[dict] = []
    monkeypatch.setattr(
        shell.display_pub, "publish", lambda data, *_, **__: shown.append(data), raising=False
    )

    def run_cells(*codes):
        *stored, last = codes
        for code in stored:
            shell.history_manager.store_inputs(shell.execution_count, code)
            shell.execution_count += 1
        shell.run_cell(f"{IMPORT}\nreturned = {last}", store_history=True)
        return shell.user_ns.get("returned")

    yield run_cells, shown
    InteractiveShell.clear_instance()
    language.use("en")


def on_the_command_line(codes, tmp_path, grader) -> tuple[float, list]:
    """The points and the sentences of `signs check` on a notebook of these cells."""
    rows = [{"cell_type": "code", "metadata": {}, "source": code} for code in codes]
    path = tmp_path / "notebook.ipynb"
    path.write_text(json.dumps({"cells": rows, "metadata": {}, "nbformat": 4}))
    report = grader.grade(assignments.find(NAME), source.read(path), [EXERCISE])
    return report.score, [str(one.failure).splitlines()[:1] for one in report.outcomes]


@pytest.mark.parametrize("name", HISTORIES)
def test_the_verdict_is_that_of_the_command_line(shell, grader, tmp_path, name):
    codes, points = HISTORIES[name]
    run_cells, shown = shell
    verdict = run_cells(*codes, CHECK)
    score, sentences = on_the_command_line(codes, tmp_path, grader)
    assert verdict.score == score and verdict.max_score == POINTS
    assert score == points if points is not None else score < POINTS
    outcomes = verdict.report.outcomes
    assert [str(one.failure).splitlines()[:1] for one in outcomes] == sentences
    [page] = shown
    assert f"{score:g} of {POINTS} points" in page["text/plain"]
    assert f"{score:g} of {POINTS} points" in page["text/html"] and "<pre" in page["text/html"]
    for sentence in sentences:
        words = " ".join(page["text/plain"].split())
        assert sentence == ["None"] or " ".join(sentence[0].split())[:60] in words


def test_the_cell_of_the_check_is_no_part_of_it(shell, capsys):
    run_cells, shown = shell
    run_cells(*BEFORE, f"{CHECK}\n{RIGHT}")
    assert "put the check into a cell of its own" in capsys.readouterr().out
    assert not shown


def test_hints_go_on_and_the_solution_waits(shell, capsys):
    run_cells, shown = shell
    run_cells(*BEFORE, "hint()")
    assert "expected a check before" in capsys.readouterr().out
    run_cells(WRONG, CHECK)
    run_cells("hint()")
    run_cells("hint()")
    first, second = (page["text/plain"] for page in shown[-2:])
    assert "1/4" in first and "2/4" not in first and "1/4" in second and "2/4" in second
    run_cells("solution_diff()")
    said = capsys.readouterr().out
    assert f"{EXERCISE} is not passed yet: hint() helps" in said and "Traceback" not in said
    run_cells(RIGHT, CHECK)
    run_cells("solution_diff()")
    assert "Line for line the worked solution." in shown[-1]["text/plain"]


def test_the_solution_is_shown_beside_other_lines(shell):
    run_cells, shown = shell
    other = RIGHT.replace("return ", "return 0 + ")
    run_cells(*BEFORE, other, f'solution_diff("{EXERCISE}", show=True)')
    text = shown[-1]["text/plain"]
    assert "> return maps" in text and "worked solution" in text


def test_a_name_that_is_no_exercise_is_one_line(shell, capsys):
    run_cells, _ = shell
    run_cells('check("convolutions")')
    said = capsys.readouterr().out
    assert "did you mean convolution" in said and "Traceback" not in said


def test_chinese_is_spoken(shell):
    run_cells, shown = shell
    language.use("zh")
    run_cells(*BEFORE, WRONG, CHECK)
    assert "分" in shown[0]["text/plain"] and "points" not in shown[0]["text/plain"]


def test_without_ipython_the_file_counts(desk, project, monkeypatch, capsys):
    monkeypatch.setattr(cells, "desk", lambda: desk)
    monkeypatch.setattr(cells, "_shell", lambda: None)
    monkeypatch.chdir(project)
    with pytest.raises(GraderError, match="expected the exercise, found nothing there; make it"):
        cells._file(assignments.Assignment("vgg"))
    exercise = assignments.find("residual_networks").file("assignments")
    assert cells._file(assignments.find("residual_networks")) == exercise
    assert cells.check("identity_block").score == 0
    assert "0 of 28 points" in capsys.readouterr().out
    beside = exercise.with_suffix(".ipynb")
    beside.write_text("{}")
    assert cells._file(assignments.find("residual_networks")) == beside
    (project / beside.name).write_text("{}")
    assert cells._file(assignments.find("residual_networks")) == project / beside.name


def test_an_import_starts_nothing(root):
    code = (
        "import subprocess, sys, threading; before = threading.active_count(); "
        "subprocess.Popen = None; from grader.notebook import check; "
        "assert threading.active_count() == before and 'IPython' not in sys.modules; "
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)


def test_released_notebooks_check_each_exercise(tmp_path):
    pytest.importorskip("jupytext", reason="jupytext is not installed")
    for name in assignments.names():
        assert run(["release", name, "--notebooks", "--out", str(tmp_path)]) == 0
        text = (tmp_path / f"{name}.ipynb").read_text(encoding="utf-8")
        codes = ["".join(cell["source"]) for cell in json.loads(text)["cells"]]
        names = cells.exercises(assignments.find(name))
        for exercise in names:
            place = next(i for i, code in enumerate(codes) if f" STARTS: {exercise}, " in code)
            assert f'check("{exercise}")' in "".join(codes[place + 1 : place + 1 + len(names)])
        assert any(f'start("{name}")' in code for code in codes)
    assert run(["release", "lenet", "--notebooks", "--lang", "zh", "--out", str(tmp_path)]) == 0
    assert 'start(\\"lenet\\", lang=\\"zh\\")' in (tmp_path / "lenet.ipynb").read_text()


@LONGEST
def test_in_a_real_kernel(root, cache, tmp_path, monkeypatch):
    """The released notebook, its first function wrong, failed and mended, as a learner runs it."""
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    import nbformat

    for variable in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setenv("GRADER_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setenv("LANGUAGE", "en")
    text = assignments.find(NAME).file("solutions").read_text(encoding="utf-8")
    notebook = nbformat.reads(workbook.of(text, NAME), as_version=4)
    codes = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    last = next(i for i, code in enumerate(codes) if code.startswith(CHECK))
    own = codes[: last + 1]
    points = f"verdict = {CHECK}; print(int(verdict.score), int(verdict.max_score))"
    own += [
        "1 / 0",
        "def f(:",
        WRONG,
        points,
        "hint()",
        "solution_diff()",
        RIGHT,
        RIGHT,
        "import time",
        points,
    ]
    notebook.cells = [nbformat.v4.new_code_cell(code) for code in own]
    for cell in notebook.cells:
        cell.metadata["tags"] = ["raises-exception"]
    resources = {"metadata": {"path": str(root / "assignments")}}
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources=resources
    ).execute()
    shown = [_said(cell) for cell in notebook.cells]
    assert f"the working folder is now {root}" in "".join(shown[:last])
    assert f"{POINTS} of {POINTS} points" in shown[last] and "text/html" in shown[last]
    wrong, hint, diff, *_, mended = shown[last + 4 :]
    assert f" {POINTS}\n" in wrong and f"{POINTS} {POINTS}\n" not in wrong
    assert "1/4" in hint and "solution" in diff
    assert f"{POINTS} {POINTS}\n" in mended


def _said(cell) -> str:
    """All that a cell shows, its errors too, with the kinds of its pages."""
    parts = []
    for output in cell.outputs:
        parts.append(output.get("text", "") + "\n".join(output.get("traceback", [])))
        parts += [f"{kind} {value}" for kind, value in output.get("data", {}).items()]
    return "\n".join(parts)
