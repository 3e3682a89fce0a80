"""The command that a message names: it must run where the user stands."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from datasets import invocation
from datasets.invocation import typed


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """A project's folder with .venv/bin/signs, in which this Python seems to live."""
    scripts = tmp_path / "my project" / ".venv" / "bin"
    scripts.mkdir(parents=True)
    for name in ("python", "signs"):
        (scripts / name).write_text("#!/bin/sh\nexit 0\n")
        (scripts / name).chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(scripts / "python"))
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(scripts))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.chdir(scripts.parent.parent)
    return scripts


def test_in_an_activated_environment_it_is_the_name_alone(environment, monkeypatch):
    monkeypatch.setenv("PATH", f"{environment}:/usr/bin")
    assert typed("hint lenet lenet5") == "signs hint lenet lenet5"
    assert typed() == "signs"


def test_a_path_through_a_link_is_the_same_folder(environment, monkeypatch, tmp_path):
    (tmp_path / "link").symlink_to(environment)
    monkeypatch.setenv("PATH", f"{tmp_path}/link:/usr/bin")
    assert typed("status") == "signs status"


def test_in_the_checkout_it_is_the_way_to_the_script(environment):
    assert typed("status") == ".venv/bin/signs status"


def test_another_signs_on_the_path_is_not_ours(environment, monkeypatch, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy2(environment / "signs", other)
    monkeypatch.setenv("PATH", f"{other}:{environment}")
    assert typed("status") == ".venv/bin/signs status"


def test_elsewhere_it_is_the_whole_path_in_quotes_if_need_be(environment, monkeypatch, tmp_path):
    monkeypatch.chdir("/")
    assert typed("status") == f"'{environment}/signs' status"
    done = subprocess.run(typed("status"), shell=True)
    assert done.returncode == 0


def test_without_a_script_it_is_pythons_own_form(environment, monkeypatch):
    (environment / "signs").unlink()
    assert typed("status") == ".venv/bin/python -m signs status"
    monkeypatch.setenv("PATH", str(environment))
    assert typed("status") == "python -m signs status"


def test_what_is_printed_runs(tmp_path):
    """The true one of this environment, typed into a shell elsewhere."""
    code = "from datasets.invocation import typed; print(typed('--help'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    shown = subprocess.run(
        done.stdout, shell=True, cwd=tmp_path, capture_output=True, text=True, env=os.environ
    )
    assert shown.returncode == 0 and "You learn:" in shown.stdout, shown.stderr


def test_a_library_is_installed_for_this_python(environment, monkeypatch):
    monkeypatch.setattr(invocation, "INSTALLED", True)
    wanted = ".venv/bin/python -m pip install 'dask[distributed]'"
    assert invocation.installs("dask[distributed]") == wanted
    monkeypatch.setattr(invocation, "INSTALLED", False)
    said = invocation.installs("jupytext")
    assert said.startswith(".venv/bin/python -m pip install -r ")
    assert said.endswith("requirements-grader.txt")


def test_a_python_without_a_library_is_told_where_the_right_one_is(
    environment, monkeypatch, tmp_path
):
    monkeypatch.setattr(invocation, "ROOT", Path.cwd())
    missing = ModuleNotFoundError("No module named 'typer'", name="typer")
    assert invocation.without_library(missing).endswith("; run .venv/bin/signs")
    (environment / "signs").unlink()
    assert f"run make in {Path.cwd()}" in invocation.without_library(missing)
    monkeypatch.setattr(invocation, "INSTALLED", True)
    assert "install the package again" in invocation.without_library(missing)
