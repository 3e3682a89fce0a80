"""Importing Keras: silent, wherever it is imported, and with oneDNN on every processor."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
from datasets.quiet import import_keras
import_keras()
from tensorflow.python.util import _pywrap_util_port
print(_pywrap_util_port.IsMklEnabled())
"""


@pytest.mark.parametrize(("asked", "used"), [(None, "True"), ("0", "False")])
def test_onednn_is_used_unless_the_user_says_no(asked, used):
    names = {"KERAS_BACKEND", "TF_ENABLE_ONEDNN_OPTS", "TF_CPP_MIN_LOG_LEVEL"}
    environment = {name: value for name, value in os.environ.items() if name not in names}
    if asked is not None:
        environment["TF_ENABLE_ONEDNN_OPTS"] = asked
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [used]
    assert done.stderr == ""


# An exercise as a script, in an environment that `make` has made: a .pth there holds that line.
SCRIPT = """
import runpy, site, sys
site.addsitedir({datasets!r})
runpy.run_path({exercise!r}, run_name="exercise")
print(len([finder for finder in sys.meta_path if type(finder).__name__ == "_Finder"]))
"""


def run(program, tmp_path, *options, **environment):
    """The output and the standard error of a program, in a process that nothing has quietened."""
    names = {"KERAS_BACKEND", "TF_ENABLE_ONEDNN_OPTS", "TF_CPP_MIN_LOG_LEVEL"}
    clean = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        [sys.executable, *options, "-c", program],
        env={**clean, **environment}, cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout, done.stderr


def test_an_exercise_imports_keras_silently(root, tmp_path):
    # All of them begin so; one process is enough.
    exercises = sorted((root / "solutions").glob("[!_]*.py"))
    assert all("import keras\n" in path.read_text() for path in exercises)
    script = SCRIPT.format(datasets=str(root / "datasets"), exercise=str(exercises[0]))
    assert run(script, tmp_path, PYTHONPATH=str(root)) == ("0\n", "")


def test_an_environment_whose_project_has_gone_says_nothing(root, tmp_path):
    script = f"import site; site.addsitedir({str(root / 'datasets')!r})"
    assert run(script, tmp_path, "-S", PYTHONPATH="") == ("", "")


def test_an_import_that_fails_says_why_and_what_it_wrote(tmp_path):
    (tmp_path / "keras.py").write_text("import os\nos.write(2, b'from C')\nraise ImportError('no')")
    script = "from datasets import quiet; quiet.when_imported(); import keras"
    out, errors = run(script, tmp_path, PYTHONPATH=os.pathsep.join([str(tmp_path), os.getcwd()]))
    assert errors.startswith("from C") and errors.endswith("ImportError: no\n")


def test_make_puts_it_into_its_environment(root):
    assert "cp datasets/quiet.pth" in (root / "Makefile").read_text()
