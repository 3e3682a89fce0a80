"""A homework run as a script, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def run_script(root):
    """run_script(script, *arguments, **environment) -> the finished process."""
    def run(script, *arguments, **environment):
        return subprocess.run([sys.executable, str(script), *map(str, arguments)], cwd=root,
                              capture_output=True, text=True, env={**os.environ, **environment})

    return run
