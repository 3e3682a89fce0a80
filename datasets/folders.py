"""The two folders of this project: where its own files are, and where its user works.

In a checkout they are one. In an environment where the package is installed, ROOT lies there and is
only read; exercises, runs and data are written to the folder in which the command is typed.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INSTALLED = not (ROOT / "pyproject.toml").is_file()
WORK = Path.cwd() if INSTALLED else ROOT
