"""Importing Keras: silent, and with oneDNN on every processor."""

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
