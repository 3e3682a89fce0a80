"""The README says what is so: its commands exist, its tables come from the records."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MODULES = sorted(set(re.findall(r"python -m (nets|datasets|training|grader) ([a-z-]+)", README)))


def test_the_readme_names_commands():
    assert {module for module, _ in MODULES} == {"nets", "datasets", "training", "grader"}


@pytest.mark.parametrize("module, command", MODULES)
def test_every_command_of_the_readme_exists(module, command):
    call = [sys.executable, "-m", module, command, "--help"]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_make_target_of_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make ([a-z-]+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_path_of_the_readme_exists():
    quoted = re.findall(
        r"`((?:nets|datasets|training|solutions|assignments|grader|tests"
        r"|benchmarks)/[\w./]*)`",
        README,
    )
    assert quoted
    learnt = {"datasets/data"}  # the user's own, made by download or synthesize
    assert not [path for path in quoted if path not in learnt and not (ROOT / path).exists()]


def test_the_tables_come_from_the_records():
    from benchmarks import bottleneck, lectures, records, reproduced, transfer_study

    made = {
        "| network |": lectures.table(lectures.recorded(), lectures.recorded("lectures_time")),
        "| recipe |": reproduced.table(),
        "| weights, policy |": transfer_study.table(transfer_study.recorded("resnet18")),
        "| what, on its input |": bottleneck.table(records.read()),
    }
    for head, table in made.items():
        if table.count("\n") > 1:  # more than the head
            assert table in README
        else:
            assert head not in README, f"a table without records: {head}"
