"""An assignment for other platforms: each file has the form that its platform reads."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile

import pytest

from grader import assignments
from grader.authoring import export, nbgrader, regions
from grader.batch import submissions
from grader.errors import GraderError
from grader.judging import checks, key, notebooks
from grader.judging.notebooks import NotANotebook, script
from grader.judging.sandbox import walls
from tests.sampling import LONG

NAME = "residual_networks"
ONE = assignments.find(NAME)
CHECKED = checks.collect(ONE.checks)


def run(root, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "grader", "export", *map(str, arguments)],
        cwd=root,
        capture_output=True,
        text=True,
    )


def test_the_command_writes_where_it_is_told(root, tmp_path):
    for platform, name, *more in (
        ("gradescope", f"{NAME}-gradescope.zip"),
        ("classroom", "classroom.yml", "--grader", "teacher/course@v1"),
        ("nbgrader", f"{NAME}.ipynb"),
    ):
        done = run(root, platform, NAME, "--out", tmp_path, *more)
        assert done.returncode == 0 and str(tmp_path / name) in done.stdout, done.stderr
        assert (tmp_path / name).stat().st_size > 1000
    done = run(root, "gradescope", "residual", "--out", tmp_path)
    assert done.returncode == 2 and "did you mean" in done.stderr


@pytest.fixture(scope="module")
def autograder(tmp_path_factory):
    """A folder as Gradescope's container has it, with the zip unpacked into source/."""
    root = tmp_path_factory.mktemp("autograder")
    with zipfile.ZipFile(io.BytesIO(export.gradescope(ONE))) as archive:
        for info in archive.infolist():
            path = archive.extract(info, root / "source")
            os.chmod(path, info.external_attr >> 16 & 0o777)
    return root


@pytest.fixture
def container(autograder):
    """The same with nothing handed in, and no results."""
    for name in ("submission", "results"):
        shutil.rmtree(autograder / name, ignore_errors=True)
        (autograder / name).mkdir()
    (autograder / "setup_failed").unlink(missing_ok=True)
    return autograder


def script_of(container, name, python=sys.executable, **environment):
    """Run setup.sh or run_autograder, and give what came of it."""
    environment = {
        **os.environ,
        "AUTOGRADER_ROOT": str(container),
        "AUTOGRADER_PYTHON": str(python),
        **environment,
    }
    command = ["bash", container / "source" / name]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def results(container):
    return json.loads((container / "results" / "results.json").read_text())


def test_gradescopes_zip_grades_by_itself(container):
    source = container / "source"
    names = [path.relative_to(source).as_posix() for path in source.rglob("*")]
    assert not [name for name in names if "solutions/" in name or "__pycache__" in name]
    for name, mode in (("setup.sh", 0o755), ("run_autograder", 0o755), ("grader.key", 0o600)):
        assert stat.S_IMODE((source / name).stat().st_mode) == mode
    (container / "submission" / "mine.py").write_text("def f(:\n")
    done = script_of(container, "run_autograder")
    assert done.returncode == 0 and "Traceback" not in done.stdout + done.stderr, done.stderr
    assert "index.html" in done.stdout  # the page of this class of one is written too
    found = results(container)
    assert (found["score"], found["max_score"]) == (0, 100)
    assert found["extra_data"]["key"] == key.fingerprint()
    assert found["extra_data"]["isolation"] in done.stdout
    assert "cannot read line 1" in found["tests"][0]["output"]


def test_without_walls_a_submission_can_read_the_runner_alone_and_write_nothing(container):
    """Nobody, as whom it then runs, has the rights of others."""
    script_of(container, "run_autograder")
    project = container / "source" / "project"
    shown = {path for path in (project / "grader" / "runner").rglob("*.py")}
    shown.add(project / "grader" / "__init__.py")
    listed = {container / "source", project, project / "grader", project / "grader" / "runner"}
    for path in [container / "source", *(container / "source").rglob("*")]:
        if path.name != "__pycache__" and path.parent.name != "__pycache__":
            others = path.stat().st_mode & 0o7
            assert others == (0o4 if path in shown else 0o5 if path in listed else 0), path
    assert (container / "results").stat().st_mode & 0o77 == 0


def test_an_empty_submission_is_told_what_to_hand_in(container):
    assert script_of(container, "run_autograder").returncode == 0
    found = results(container)
    assert found["score"] == 0 and "holds no .py or .ipynb file" in found["tests"][0]["output"]


HOSTILE = """
import os, signal
ROOT = {root!r}

def identity_block(X, f, filters, stage=None, block=None, *, training=None, initializer=None):
    for place in ("results", "source", "source/project", "source/project/nets"):
        with open(ROOT + "/" + place + "/results.json", "w") as file:
            file.write('{{"score": 100}}')

def convolutional_block(X, f, filters, stage=None, block=None, s=2, **more):
    text = ""
    for name in ("grader.key", "project/nets/resnet.py", "project/grader/judging/oracle.py"):
        try:
            text += open(ROOT + "/source/" + name).read()
        except OSError:
            pass
    raise ValueError("it read " + str(len(text)) + " letters")

def ResNet50(input_shape=(64, 64, 3), classes=6):
    os.kill(os.getppid(), signal.SIGKILL)
"""


@LONG
def test_a_hostile_submission_writes_no_result_reads_no_network_and_kills_nobody(container):
    if not walls().walled:
        pytest.skip("bubblewrap does not work here")
    text = HOSTILE.format(root=str(container))
    (container / "submission" / "residual_networks.py").write_text(text)
    before = {*container.rglob("*.json")}
    done = script_of(container, "run_autograder")
    assert done.returncode == 0, done.stderr
    found = results(container)
    assert (found["score"], found["max_score"], len(found["tests"])) == (0, 100, len(CHECKED))
    told = " ".join(test["output"] for test in found["tests"])
    assert "it read 0 letters" in told and "identity_block raised" in told
    assert {*container.rglob("*.json")} - before == {container / "results" / "results.json"}


DIES = """#!/bin/sh
case "$*" in *"grader batch"*) echo last words; kill -9 $$;; esac
exec "{python}" "$@"
"""
KILLS_ALL = """#!/bin/sh
case "$*" in *"grader batch"*) kill -9 $PPID;; esac
"""


@pytest.mark.parametrize(
    ("python", "setup", "reason"),
    [
        (DIES, None, "The grader ended with status 137 and without a result."),
        (KILLS_ALL, None, "The run was stopped from outside: out of time or memory."),
        (None, None, "There is no Python environment: setup.sh has not run to its end."),
        (DIES, 'while "installing"\n\\', "setup.sh failed: while installing. Read the log"),
    ],
)
def test_there_is_a_result_whatever_dies(container, tmp_path, python, setup, reason):
    if setup is not None:
        (container / "setup_failed").write_text(setup)
    program = tmp_path / "python"
    if python is not None:
        program.write_text(python.format(python=sys.executable))
        program.chmod(0o755)
    script_of(container, "run_autograder", program)
    found = results(container)
    assert found["score"] == 0 and found["stdout_visibility"] == "hidden"
    assert "This says nothing about your submission" in found["output"]
    [for_staff] = found["tests"]
    assert for_staff["visibility"] == "hidden" and reason in for_staff["output"]
    assert [path.name for path in (container / "results").iterdir()] == ["results.json"]


def test_a_setup_that_fails_says_at_what(container, tmp_path):
    """Of all programs there is only a Python without the module venv, and no apt-get."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "rm", "echo", "cat"):
        (programs / name).symlink_to(shutil.which(name))
    (programs / "python3.12").write_text('#!/bin/bash\n[ "$1" = -c ]\n')
    (programs / "python3.12").chmod(0o755)
    done = script_of(container, "setup.sh", PATH=str(programs))
    assert done.returncode != 0 and "setup.sh failed while making a Python" in done.stderr
    script_of(container, "run_autograder")
    assert "while making a Python environment" in results(container)["tests"][0]["output"]


def test_the_same_project_gives_the_same_zip():
    assert export.gradescope(ONE) == export.gradescope(ONE)


def test_classrooms_workflow_has_a_step_a_check():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    text = export.classroom(ONE, "teacher/course@v1")
    found = yaml.safe_load(text)
    steps = {step.get("id"): step for step in found["jobs"]["grade"]["steps"]}
    known = checks.collect(ONE.checks)
    points = {name: step["with"]["max-score"] for name, step in steps.items() if name is not None}
    assert points == {one.name: one.points for one in known}
    report = found["jobs"]["grade"]["steps"][-1]
    assert report["with"]["runners"].split(",") == [one.name for one in known]
    assert report["env"] == {
        f"{one.name.upper()}_RESULTS": f"${{{{steps.{one.name}.outputs.result}}}}" for one in known
    }


def test_classrooms_workflow_runs_the_teachers_copy(tmp_path):
    """A learner's repository with modules, links and a grader of its own changes nothing."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    found = yaml.safe_load(export.classroom(ONE, "teacher/course@v1"))
    steps = found["jobs"]["grade"]["steps"]
    taking, grading = steps[:3], next(step for step in steps if step.get("name") == "grade")
    assert [step.get("uses", "")[:16] for step in taking] == [
        "actions/checkout",
        "",
        "actions/checkout",
    ]
    assert taking[2]["with"]["repository"] == "teacher/course" and taking[2]["with"]["ref"] == "v1"
    work = tmp_path / "work"
    (work / "assignments").mkdir(parents=True)
    (work / "assignments" / f"{NAME}.py").write_text("def f(:\n")
    (work / "typer.py").write_text("import os\nos._exit(7)\n")
    (work / ".git").mkdir()
    environment = {**os.environ, "RUNNER_TEMP": str(tmp_path)}
    shell = ["bash", "-e", "-c"]
    subprocess.run([*shell, taking[1]["run"]], cwd=work, env=environment, check=True)
    assert os.listdir(work) == []
    (work / "typer.py").write_text("import os\nos._exit(7)\n")  # even if it were still there
    python = f'"{sys.executable}"'
    command = grading["run"].replace("python ", f"{python} ", 1)
    environment["PYTHONPATH"] = str(assignments.ROOT)
    done = subprocess.run([*shell, command], cwd=work, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr
    said = json.loads((work / "results.json").read_text())
    assert said["score"] == 0 and "cannot read line 1" in said["tests"][0]["output"]


class Runner:
    """Runs a job of the workflow as GitHub's machine does, for the actions that it uses.

    What it installs is installed already. checks: id -> whether the step of a check passed.
    """

    def __init__(self, folder, learners):
        self.folder, self.work = folder, folder / "work"
        (folder / "bin").mkdir()
        python = folder / "bin" / "python"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        self.repositories = {None: learners, "teacher/course": assignments.ROOT}
        self.checks, self.said = {}, ""

    def run(self, steps):
        """Run all steps up to the first that fails; returns its name, or None."""
        for step in steps:
            uses = step.get("uses", "").partition("@")[0]
            if uses == "actions/checkout":
                self.checkout(step.get("with", {}).get("repository"))
            elif uses == "classroom-resources/autograding-command-grader":
                self.checks[step["id"]] = self.shell(step["with"]["command"], {})
            elif not uses and step["name"] == "install":
                assert subprocess.run(["bash", "-n", "-c", step["run"]]).returncode == 0
            elif not uses and not self.shell(step["run"], step.get("env", {})):
                return step["name"]
        return None

    def checkout(self, repository):
        source = self.repositories[repository]
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=source, capture_output=True, text=True, check=True)
        for name in filter(None, listed.stdout.split("\0")):
            if (source / name).is_file():
                (self.work / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source / name, self.work / name, follow_symlinks=False)

    def shell(self, command, environment):
        own = {
            name: value.replace("${{ github.workspace }}", str(self.work))
            for name, value in environment.items()
        }
        own |= {
            "RUNNER_TEMP": str(self.folder),
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
        }
        done = subprocess.run(
            ["bash", "-e", "-c", command],
            cwd=self.work,
            env=os.environ | own,
            capture_output=True,
            text=True,
        )
        self.said += done.stdout + done.stderr
        return done.returncode == 0


@pytest.mark.parametrize("answer", ["none", "not Python", pytest.param("right", marks=LONG)])
def test_classrooms_workflow_from_its_first_step_to_the_last_check(answer, tmp_path):
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    lenet = assignments.find("lenet")
    learners = tmp_path / "learners"
    (learners / "assignments").mkdir(parents=True)
    (learners / "grader").mkdir()
    (learners / "grader" / "__main__.py").write_text("raise SystemExit(0)\n")
    (learners / "results.json").write_text('{"tests": []}')
    texts = {"not Python": "def f(:\n", "right": lenet.file("solutions").read_text()}
    if answer in texts:
        (learners / "assignments" / "lenet.py").write_text(texts[answer])
    subprocess.run(["git", "init", "-q", learners], check=True)
    runner = Runner(tmp_path, learners)
    runner.work.mkdir()
    steps = yaml.safe_load(export.classroom(lenet, "teacher/course"))["jobs"]["grade"]["steps"]
    failed = runner.run(steps)
    if answer == "none":
        assert failed == "take the exercise" and runner.checks == {}
        assert "::error::expected assignments/lenet.py in this repository" in runner.said
        return
    names = [check.name for check in checks.collect(lenet.checks)]
    assert failed is None, runner.said
    assert runner.checks == dict.fromkeys(names, answer == "right")


@pytest.mark.parametrize("name", ["course", "a/b/c", "a/b@", "a b/c", "$(x)/y"])
def test_a_repository_that_is_none_is_refused(name):
    with pytest.raises(GraderError, match="expected --grader OWNER/NAME"):
        export.classroom(ONE, name)


def test_without_a_repository_the_option_is_asked_for(monkeypatch, tmp_path):
    monkeypatch.setattr(export, "ROOT", tmp_path)
    with pytest.raises(GraderError, match="the repository on GitHub that holds your copy"):
        export.write("classroom", ONE, tmp_path)


@pytest.mark.parametrize(
    "url", ["https://github.com/teacher/course.git", "git@github.com:teacher/course"]
)
def test_the_repository_is_the_one_that_was_cloned(monkeypatch, tmp_path, url):
    for words in (["init", "-q"], ["remote", "add", "origin", url]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    monkeypatch.setattr(export, "ROOT", tmp_path)
    assert export._origin() == "teacher/course"


@pytest.fixture(scope="module")
def notebook():
    return export.notebook(ONE)


def test_the_notebook_is_one(notebook):
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbformat.validate(json.loads(notebook))


def test_each_exercise_has_a_solution_cell_and_a_test_cell_with_its_points(notebook, solution):
    marked = [cell for cell in json.loads(notebook)["cells"] if "nbgrader" in cell["metadata"]]
    found = [cell["metadata"]["nbgrader"] for cell in marked]
    assert all(one["schema_version"] == 3 and one["task"] is False for one in found)
    exercises = regions.find(solution)
    assert [
        (one["grade_id"], one["solution"], one["grade"], one["locked"], one.get("points"))
        for one in found
    ] == [
        row
        for exercise in exercises
        for row in (
            (exercise.name, True, False, False, None),
            (f"{exercise.name}_test", False, True, True, exercise.points),
        )
    ]
    for cell in marked[::2]:
        lines = [line.strip() for line in cell["source"]]
        order = [lines.index(f"### {mark} SOLUTION") for mark in ("BEGIN", "END")]
        assert order[0] < order[1] and "EXERCISE" in lines[order[0] - 1] + lines[order[1] + 1]


def test_the_notebook_comes_back_as_the_learners_script(notebook, solution):
    text = script(notebook.encode())
    assert "in_notebook" not in text and "__main__" not in text
    for region in regions.find(solution):
        assert f"def {region.name}(" in text
    compile(text, "mine.py", "exec")


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("%matplotlib inline\nx = 1", "pass  # %matplotlib inline"),
        ("if True:\n    !pip install keras", "    pass  # !pip install keras"),
        ("%%bash\nls", "# ls"),
        ("%%time\nx = 1", "x = 1"),
        ("x = (7\n%3)", "%3)"),
    ],
)
def test_magics_become_comments_where_there_is_no_ipython(cell, line, monkeypatch):
    monkeypatch.setattr(notebooks, "_transformer", lambda: None)
    made = {"cells": [{"cell_type": "code", "source": cell.splitlines(True), "metadata": {}}]}
    text = script(json.dumps(made).encode())
    assert line in text
    compile(text, "mine.py", "exec")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"cells": 3}',
        b'{"cells": [3]}',
        b'{"cells": [{"cell_type": "code"}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_notebook_says_so(raw):
    with pytest.raises(NotANotebook):
        script(raw)


def test_zips_are_read_as_from_a_stranger(tmp_path):
    path = tmp_path / "mine.zip"

    def said(**members):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        source = submissions.read(path, NAME)
        return source.text or source.trouble["text"] or source.trouble["kind"]

    assert said(**{"a.py": "x = 1"}) == "x = 1"
    assert said(**{"a.py": "x = 1", f"b/{NAME}.py": "y = 1"}) == "y = 1"
    assert "a.py, b.py" in said(**{"a.py": "", "b.py": ""})
    assert said(**{"a.txt": ""}) == "nothing"
    assert "leads out" in said(**{"/etc/a.py": ""})
    assert "leads out" in said(**{"b/../../a.py": ""})
    assert "leads out" in said(**{"C:\\a.py": ""})
    assert "more than" in said(**{f"{i}.py": "" for i in range(submissions.MOST_FILES + 1)})
    link = zipfile.ZipInfo("a.py")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "a link or device" in submissions.read(path, NAME).trouble["text"]
    bomb = submissions.LARGEST + 1
    assert "larger than" in said(**{"a.ipynb": bytes(bomb)})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.py", b"#" * bomb)
    assert submissions.read(path, NAME).trouble["kind"] == "too_large"


@LONG
def test_a_test_cell_prints_reasons_and_gives_points(grade, monkeypatch, capsys, solution):
    class Warm:
        """The tests' warm grader in place of a new one."""

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def grade(self, assignment, source, exercises):
            return grade(source.text, exercises)

    monkeypatch.setattr(nbgrader, "Grader", Warm)
    text = solution.partition('if __name__ == "__main__":')[0]
    asking = f'from grader.authoring.nbgrader import points\npoints("{NAME}", "identity_block", In)'
    assert nbgrader.points(NAME, "identity_block", ["", text, asking]) == 28
    assert capsys.readouterr().out == ""
    wrong = text.replace("shortcut = X\n", "shortcut = 2 * X\n")
    assert 0 < nbgrader.points(NAME, "identity_block", ["", wrong, asking]) < 28
    assert "remove the product" in capsys.readouterr().out
