"""`make` on a machine that lacks something says so in a line; containers name what exists."""

import json
import os
import re
import subprocess
import sys

import pytest

# `make test` runs the tests; a make within a make says where it is.
OUTSIDE_MAKE = {name: value for name, value in os.environ.items() if "MAKE" not in name}


@pytest.fixture
def make(root, tmp_path):
    """make(line of Python): `make` with a Python in which that line is true, in an empty place."""

    def run(line: str) -> subprocess.CompletedProcess:
        python = tmp_path / "python"
        python.write_text(f"#!{sys.executable}\nimport sys\n{line}\nexec(sys.argv[2])\n")
        python.chmod(0o755)
        return subprocess.run(
            ["make", f"PYTHON={python}", f"VENV={tmp_path}/venv"],
            cwd=root,
            capture_output=True,
            text=True,
            env=OUTSIDE_MAKE,
        )

    return run


@pytest.mark.parametrize(
    "line, said",
    [
        ("sys.version_info = (3, 10, 4)", "expected Python 3.11 to 3.13, received 3.10;"),
        ("sys.version_info = (3, 14, 0)", "expected Python 3.11 to 3.13, received 3.14;"),
        ("sys.modules['ensurepip'] = None", "apt install python3-venv"),
    ],
)
def test_make_says_in_a_line_what_python_lacks(make, tmp_path, line, said):
    done = make(line)
    first, *others = done.stderr.splitlines()
    assert said in first and all(other.startswith("make:") for other in others)
    assert done.returncode and not (tmp_path / "venv").exists() and "Next:" not in done.stdout


def test_make_ends_with_what_to_type_next(root):
    done = subprocess.run(
        ["make", "-n", "-o", ".venv/.ready"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        env=OUTSIDE_MAKE,
    )
    lines = done.stdout.splitlines()[-2:]
    assert ".venv/bin/signs reproduce " in lines[0] and ".venv/bin/signs " in lines[1]


@pytest.mark.parametrize("words, installs", [((), False), (("GPU=0",), False), (("GPU=1",), True)])
def test_make_installs_what_a_gpu_needs_when_it_is_told(root, words, installs):
    done = subprocess.run(
        ["make", "-n", "-o", ".venv/.ready", "reproduce", "VENV=.venv-none", *words],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        env=OUTSIDE_MAKE,
    )
    assert ("install.py requirements-gpu.txt" in done.stdout) is installs
    assert "-m training reproduce" in done.stdout


def test_the_dockerfile_names_what_exists(root):
    text = (root / "Dockerfile").read_text()
    targets = re.findall(r"\bmake(?:\"?, \"?| )(reproduce|test)\b", text)
    assert {"reproduce", "test"} <= {*targets}
    makefile = (root / "Makefile").read_text()
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
    sources = [name for line in re.findall(r"^COPY (.*) \S+$", text, re.MULTILINE)
               for name in line.split()]  # fmt: skip
    assert sources and all((root / name).exists() for name in sources)
    ignored = (root / ".dockerignore").read_text().split()
    kept = ("assignments", "solutions", "pyproject.toml", "README.md", "LICENSE", ".git")
    assert not {*kept} & {*ignored} and {"runs", "datasets/data"} <= {*ignored}


def test_the_development_container_is_set_up_by_make(root):
    container = json.loads((root / ".devcontainer" / "devcontainer.json").read_text())
    assert container["postCreateCommand"] == "make"
    interpreter = container["customizations"]["vscode"]["settings"]
    assert interpreter["python.defaultInterpreterPath"].endswith("/.venv/bin/python")
