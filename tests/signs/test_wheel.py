"""The project as a wheel, installed where there is no checkout: one package, and it works."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email.parser import Parser

import pytest
from packaging.requirements import Requirement

from tests.sampling import STORY

pytestmark = STORY
PACKED = (
    "signs",
    "nets",
    "datasets",
    "training",
    "grader",
    "solutions",
    "tests/autograder",
    "docs/figures",
)


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    """The wheel of this checkout, built by the environment's own hatchling."""
    pytest.importorskip("hatch_requirements_txt", reason="requirements-test.txt is not installed")
    return built(root, tmp_path_factory.mktemp("wheel"))


def built(root, out):
    """The path of a wheel that is built into the folder `out`."""
    command = [
        "-m",
        "pip",
        "wheel",
        "--no-build-isolation",
        "--no-deps",
        "--no-index",
        "--quiet",
        "-w",
    ]
    subprocess.run([sys.executable, *command, out, root], check=True)
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """An environment with the wheel, and with the libraries of this one, but not its projects.

    A .pth file adds the folder of the libraries; the .pth files in there are not read.
    """
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, with_pip=False)
    python = place / "bin" / "python"
    packages = sysconfig.get_path("purelib", vars={"base": str(place)})
    with open(f"{packages}/libraries.pth", "w") as file:
        file.write(sysconfig.get_path("purelib") + "\n")
    command = f"-m pip --python {python} install --quiet --no-deps --no-index --no-compile".split()
    subprocess.run([sys.executable, *command, wheel], check=True)
    return place


@pytest.fixture
def typed(installed, tmp_path, monkeypatch):
    """typed("signs status"): the process of a program of the environment, in an empty folder."""
    for name in ("PYTHONPATH", "SIGNS_DIR", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{installed}/bin:/usr/bin:/bin")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)

    def run(line: str, status: int = 0) -> subprocess.CompletedProcess:
        program, *words = shlex.split(line)
        done = subprocess.run(
            [f"{installed}/bin/{program}", *words], capture_output=True, text=True, timeout=300
        )
        assert done.returncode == status, done.stderr
        return done

    return run


def test_a_wheel_that_is_built_again_has_the_same_bytes(root, wheel, tmp_path):
    """Also from another folder, whose files are newer."""
    copy = tmp_path / "copy"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (root / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, copy / name)
    assert built(copy, tmp_path / "again").read_bytes() == wheel.read_bytes()


def test_a_wheel_has_one_package_with_every_file_of_the_project(root, wheel):
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *PACKED],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = [name for name in listed.stdout.splitlines() if (root / name).exists()]
    assert names == {f"signs/{name.removeprefix('signs/')}" for name in files}
    assert {"signs/grader/templates/page.html", "signs/datasets/mirrors.toml"} < names


def test_it_needs_what_requirements_txt_says(root, wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        metadata = Parser().parsestr(archive.read(name).decode())
    needed = [Requirement(line) for line in metadata.get_all("Requires-Dist")]
    for extra in (None, "grader", "gpu", "jax-gpu", "torch"):
        file = f"requirements-{extra}.txt" if extra else "requirements.txt"
        lines = (root / file).read_text().splitlines()
        wanted = {Requirement(line) for line in lines if line and not line.startswith("#")}
        assert wanted == {
            Requirement(str(it).partition(";")[0])
            for it in needed
            if (it.marker is None if extra is None else f'extra == "{extra}"' in str(it.marker))
        }


def test_other_peoples_environments_get_no_package_called_datasets(typed):
    for name in ("datasets", "training", "nets", "grader", "solutions", "tests"):
        assert "ModuleNotFoundError" in typed(f"python -c 'import {name}'", status=1).stderr


def test_a_learner_works_in_an_empty_folder(typed, root, tmp_path):
    assert "You learn:" in typed("signs --help").stdout
    assert "signs release lenet" in typed("signs").stdout
    assert "signs release lenet" in typed("signs check lenet", status=2).stderr
    typed("signs release lenet")
    exercise = tmp_path / "assignments" / "lenet.py"
    text = exercise.read_text()
    assert "#     signs check lenet\n" in text and ".venv/bin" not in text
    shown = re.findall(r"\((figures/\S+\.svg)\)", text)
    assert shown and all((exercise.parent / path).is_file() for path in shown)
    assert "assignments/lenet.py" in typed("signs status").stdout
    assert "--quick" in typed("python assignments/lenet.py --help").stdout
    exercise.write_text((root / "solutions" / "lenet.py").read_text())
    typed("signs check lenet --json results.json")
    assert json.loads((tmp_path / "results.json").read_text())["score"] == 100
    assert "100 of 100" in typed("signs status").stdout
    assert "report.html" in typed("signs report").stdout
    assert "2 of 26 exercises are done" in (tmp_path / "report.html").read_text()
    names = [".progress.history.jsonl", ".progress.json", "assignments", "report.html"]
    assert sorted(os.listdir(tmp_path)) == [*names, "results.json"]


def test_a_teacher_grades_and_exports(typed, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ann.py").write_text("def lenet5(:")  # which no network is built for
    assert "1 graded" in typed("signs batch lenet in --out out --workers 1").stdout
    assert "ann" in (tmp_path / "out" / "scores.csv").read_text()
    typed("signs export gradescope lenet --out autograder.zip")
    needs = zipfile.ZipFile("autograder.zip").read("project/requirements.txt").decode()
    assert "tensorflow" in needs and "dask" not in needs


def test_a_researcher_sees_the_networks_and_the_data(typed, tmp_path):
    assert "61,706" in typed("signs nets show lenet5").stdout
    typed("signs data synthesize --diverse --count 12 --workers 1")
    assert sorted(os.listdir(tmp_path / "datasets" / "data")) == ["synthetic-12-0"]


@pytest.mark.parametrize("words", ["new mine", "prove lenet"])
def test_exercises_are_written_in_a_checkout_only(typed, words):
    assert "clone the project" in typed(f"signs {words}", status=2).stderr
