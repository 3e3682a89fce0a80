"""How this project's command is typed where the user stands, for messages that name a command."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path

from datasets.folders import INSTALLED, ROOT


def typed(words: str = "") -> str:
    """The command `signs WORDS` as it works when it is typed or pasted in the working directory.

    The first of these that runs this very environment: `signs`, if its folder is on PATH;
    `.venv/bin/signs`, by the way from the working directory; the whole path of the script; and
    Python's own, `python -m signs`, where no script is installed.

    >>> typed("hint lenet lenet5")
    '.venv/bin/signs hint lenet lenet5'
    """
    script = shutil.which("signs", path=sysconfig.get_path("scripts"))
    command = f"{python()} -m signs" if script is None else _shown(script)
    return f"{command} {words}".rstrip()


def python(script: str | os.PathLike = "") -> str:
    """This environment's Python as it is typed here, with the file that it is to run."""
    return f"{_shown(sys.executable)} {_shown(script) if script else ''}".rstrip()


def installs(library: str) -> str:
    """The command that installs a library of requirements-grader.txt, in a checkout all of them."""
    what = shlex.quote(library)
    if not INSTALLED:
        what = f"-r {_shown(ROOT / 'requirements-grader.txt')}"
    return f"{python()} -m pip install {what}"


def without_library(missing: ModuleNotFoundError) -> str:
    """The line for a Python that has none of the libraries: whose it is, and what to type."""
    script = ROOT / ".venv" / "bin" / "signs"
    ours = f"run {_shown(script)}" if script.exists() else f"run make in {ROOT}, which makes .venv"
    if INSTALLED:
        ours = "install the package again, with what it needs"
    return f"expected a Python with {missing.name}, received {sys.executable}; {ours}"


def _shown(program: str | os.PathLike) -> str:
    """The program's name if PATH finds it; else its path, from here if that is the short way."""
    program = Path(program)
    found = shutil.which(program.name)
    # Their folders: many environments have one and the same Python behind a link.
    if found is not None and os.path.samefile(Path(found).parent, program.parent):
        return program.name
    here = Path.cwd()
    if here in program.parents[:3]:  # such as .venv/bin/signs
        program = program.relative_to(here)
    return shlex.quote(str(program))
