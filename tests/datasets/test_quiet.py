"""Importing Keras: silent, wherever it is imported, and with oneDNN on every processor."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.sampling import LONG

PROGRAM = """
from datasets.quiet import import_keras
import_keras()
from tensorflow.python.util import _pywrap_util_port
print(_pywrap_util_port.IsMklEnabled())
"""


@LONG
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


# An exercise as a script, in an environment that `make` has made.
SCRIPT = """
import runpy, site, sys
site.addsitedir({folder!r})
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


@pytest.fixture
def made(root, tmp_path):
    """A folder with what make puts into its environment, by the lines of the Makefile."""
    folder = tmp_path / "site"
    folder.mkdir()
    copies = re.findall(r"cp (\S+) \"\$\(SITE\)(\S*)\"", (root / "Makefile").read_text())
    for file, name in copies:
        shutil.copy(root / file, f"{folder}/{name}")
    assert sorted(path.name for path in folder.iterdir()) == ["quiet.pth", "signs_quiet.py"]
    return folder


@LONG
def test_an_exercise_imports_keras_silently(root, tmp_path, made):
    # All of them begin so; one process is enough.
    exercises = sorted((root / "solutions").glob("[!_]*.py"))
    assert all("import keras\n" in path.read_text() for path in exercises)
    script = SCRIPT.format(folder=str(made), exercise=str(exercises[0]))
    assert run(script, tmp_path, PYTHONPATH=str(root)) == ("0\n", "")


def test_a_package_of_the_same_name_is_not_hidden(root, tmp_path, made):
    (tmp_path / "datasets.py").write_text("print('hers')")
    script = f"import site; site.addsitedir({str(made)!r}); import datasets"
    assert run(script, tmp_path, PYTHONPATH=str(root)) == ("hers\n", "")


def test_an_import_that_fails_says_why_and_what_it_wrote(tmp_path):
    (tmp_path / "keras.py").write_text("import os\nos.write(2, b'from C')\nraise ImportError('no')")
    script = "from datasets import quiet; quiet.when_imported(); import keras"
    out, errors = run(script, tmp_path, PYTHONPATH=os.pathsep.join([str(tmp_path), os.getcwd()]))
    assert errors.startswith("from C") and errors.endswith("ImportError: no\n")
