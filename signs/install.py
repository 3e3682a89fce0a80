"""Install what the project needs with pip, and show in a few lines that something happens.

    python signs/install.py REQUIREMENTS.txt...

`make` runs it before anything is installed, so it needs Python alone. pip's own lines are a page of
names: a terminal shows the latest of them, in place; a log the large packages.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

# In MB, rounded, of requirements.txt; tests/signs/test_install.py compares the second with the
# installed files.
DOWNLOAD, ON_DISK = 700, 2300
LARGE = 10  # MB
PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off")


def main(files: list[str]) -> int:
    """Install the requirements in `files`; returns pip's exit status."""
    known = any(Path(file).name == "requirements.txt" for file in files)
    size = f"about {DOWNLOAD} MB to download, {ON_DISK:,} MB on disk" if known else " ".join(files)
    print(f"to install: {size}", flush=True)
    began = time.monotonic()
    command = [sys.executable, *PIP, *(word for file in files for word in ("-r", file))]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as pip:
        assert pip.stdout is not None  # it is a pipe
        show(pip.stdout, sys.stdout.isatty())
    if pip.returncode == 0:
        print(f"installed in {time.monotonic() - began:.0f} s", flush=True)
    return pip.returncode


def show(lines: Iterable[str], terminal: bool) -> None:
    """Show pip's lines: in place in a terminal, else those that stand for much work."""
    for line in lines:
        text = shortened(line)
        if terminal:
            print(f"\r\x1b[K  {line.strip()[:76]}", end="", flush=True)
        elif text:
            print(f"  {text}", flush=True)
    if terminal:
        print("\r\x1b[K", end="", flush=True)


def shortened(line: str) -> str:
    """A line of pip in few words; nothing for a small package."""
    large = re.search(r"(Downloading|Using cached) (\S+?)-\d\S* \(([\d.]+) MB\)", line)
    if large and float(large[3]) >= LARGE:
        return f"{large[1]} {large[2].rpartition('/')[2]}, {float(large[3]):.0f} MB"
    if line.startswith("Installing collected packages: "):
        return f"Unpacking {line.count(',') + 1} packages"
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
