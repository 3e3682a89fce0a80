"""CONTRIBUTING.md is true: its steps, followed in a copy of the project, add what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest

from grader.authoring.mutants import mutated
from grader.judging import checks
from tests.sampling import STORY

pytestmark = STORY
ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTIONS = ("A network", "An exercise", "A check", "A misconception", "A language")
COPIED = ("signs", "nets", "datasets", "training", "grader", "solutions", "assignments", "tests")
FENCE = "   ```"
_ACTION = re.compile(
    r"[Rr]un `(?P<command>[^`]+)`"
    r"|Add to `(?P<file>[^`]+)`(?:, before `(?P<before>[^`]+)`)?"
    r"|change `(?P<old>[^`]+)` to `(?P<new>[^`]+)`"
)


class Step(NamedTuple):
    """A numbered step: its sentences on one line, and the lines that it shows."""

    text: str
    block: str


def section(title: str) -> str:
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)[1]


def steps(title: str) -> list[Step]:
    found = []
    for text in re.split(r"^\d+\. ", section(title), flags=re.MULTILINE)[1:]:
        before, *rest = re.split(rf"^{FENCE}\w*\n", text, flags=re.MULTILINE)
        block = "".join(line[3:] for line in rest[0].splitlines(True)) if rest else ""
        found.append(Step(" ".join(" ".join([before, *rest[1:]]).split()), block))
    return found


class Project:
    """A copy of the project, in which the steps of a section are followed."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.environment = os.environ | {
            "PYTHONPATH": str(folder),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "GRADER_PROGRESS": str(folder / "progress.json"),
            "COLUMNS": "300",
        }
        ignored = shutil.ignore_patterns("__pycache__", "data", "runs")
        for name in COPIED:
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", folder)

    def run(self, command: str) -> str:
        """What a command prints; it must end well."""
        words = shlex.split(command)
        programs = {"python": [sys.executable], "signs": [sys.executable, "-m", "signs"]}
        words[:1] = programs.get(words[0].removeprefix(".venv/bin/"), words[:1])
        done = subprocess.run(
            words, cwd=self.folder, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def follow(self, title: str) -> str:
        """Take every step of a section; returns what its commands print."""
        said, file = "", None
        for step in steps(title):
            for action in _ACTION.finditer(step.text):
                if action["command"]:
                    said += self.run(action["command"])
                elif action["file"]:
                    file = self.folder / action["file"]
                    self.add(file, step.block, action["before"])
                else:
                    text = file.read_text(encoding="utf-8")
                    assert text.count(action["old"]) == 1
                    file.write_text(text.replace(action["old"], action["new"]), encoding="utf-8")
        return said

    @staticmethod
    def add(file: Path, block: str, before: str | None) -> None:
        """Put lines before the first one with that text, or at the end; the file may be new."""
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = file.read_text(encoding="utf-8").splitlines(True) if file.is_file() else []
        places = [i for i, line in enumerate(lines) if before and before in line]
        place = places[0] if before else len(lines)
        gap = "" if before or not lines else "\n\n"
        lines.insert(place, gap + (block if before else textwrap.dedent(block)))
        file.write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("contributing"))


@pytest.fixture(scope="module")
def exercise(project):
    """The project with the exercise, its further check, and its further misconception."""
    said = [project.follow(title) for title in ("An exercise", "A check", "A misconception")]
    return project, said[0]


@pytest.fixture(scope="module")
def reports(exercise):
    """The JSON of three submissions: the released stub, the solution, and the tanh mutant."""
    project, _ = exercise
    folder = project.folder / "handed_in"
    folder.mkdir()
    solution = (project.folder / "solutions/my_exercise.py").read_text(encoding="utf-8")
    path = project.folder / "tests/judgement/my_exercise/mutants.py"
    [mutant] = [one for one in checks.module(path).MUTANTS if one.title == "tanh"]
    (folder / "wrong.py").write_text(mutated(solution, mutant), encoding="utf-8")
    (folder / "right.py").write_text(solution, encoding="utf-8")
    shutil.copy(project.folder / "assignments/my_exercise.py", folder / "stub.py")
    project.run(".venv/bin/signs batch my_exercise handed_in --out graded --workers 1")
    return {
        name: json.loads((project.folder / f"graded/json/{name}.json").read_text())
        for name in ("stub", "right", "wrong")
    }


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_has_less_than_ten_lines(title):
    lines = [line for line in section(title).splitlines() if line.strip(" `")]
    lines = [line for line in lines if not line.startswith(FENCE)]
    assert 1 < len(lines) < 10 and max(map(len, TEXT.splitlines())) <= 100
    assert steps(title)


def test_what_is_named_is_there():
    targets = re.findall(r"`make (\w+)`", TEXT)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {"setup", "test", "lint"} <= set(targets)
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
    for path in re.findall(r"`((?:tests|docs|nets|grader|solutions|assignments)/[\w/.]*)`", TEXT):
        assert "my_" in path or "/de/" in path or (ROOT / path).exists(), path


def test_a_network_is_listed_and_passes_the_tests_of_all(project):
    said = project.follow("A network")
    assert re.search(r"my_net +2026", said) and "You 2026, A paper" in said
    assert int(re.search(r"(\d+) passed", said)[1]) > 5 and "failed" not in said


def test_an_exercise_is_graded_and_stands_in_the_table(exercise, reports):
    project, said = exercise
    assert "solutions/my_exercise.py: written" in said and "my_exercise.py: released" in said
    assert [reports[name]["score"] for name in ("stub", "right")] == [0, 100]
    project.run("python -m pytest -q tests/test_assignments_readme.py -k order")


def test_a_check_runs_with_its_points(reports):
    rows = [(row["name"], row["score"], row["max_score"]) for row in reports["right"]["tests"]]
    assert len(rows) == 4
    assert [row[1:] for row in rows if "grey images" in row[0]] == [(10, 10)], rows


def test_a_misconception_is_named(reports):
    assert reports["wrong"]["score"] < 100
    assert "Yours is tanh." in json.dumps(reports["wrong"])


def test_a_language_is_spoken(project):
    said = project.follow("A language")
    assert "0 von 100 Punkten" in said and "de (Deutsch)" in project.run("python -m grader --help")
    assert 'msgstr ""' in said and "LeNet-5" in said
