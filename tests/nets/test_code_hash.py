"""A network's code hash: its file, what that file imports, and its row of the catalogue.

Kept pre-training and runs carry this hash. It has to change with everything that computes the
network, and must not change with anything else.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NAMES = ("lenet5", "resnet18", "resnet50", "resnet50v2", "googlenet", "bn_inception",
         "inception_v3")  # fmt: skip
HASHES = (
    "import json, sys; from training.transfer.backbone import code_hash;"
    "print(json.dumps({name: code_hash(name) for name in sys.argv[1:]}))"
)


@pytest.fixture
def copy(root, tmp_path) -> Path:
    """The packages that the hash needs, to be changed."""
    for package in ("nets", "datasets", "training"):
        ignored = shutil.ignore_patterns("data", "__pycache__")
        shutil.copytree(root / package, tmp_path / package, ignore=ignored)
    return tmp_path


def hashes(folder: Path) -> dict[str, str]:
    """The hash of each of NAMES, by the code in `folder`, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", HASHES, *NAMES],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def changed_by(folder: Path, file: str, old: str, new: str) -> set[str]:
    """The networks whose hash is another after `old` became `new` in a file of nets/."""
    before = hashes(folder)
    path = folder / "nets" / file
    text = path.read_text()
    assert text.count(old) == 1, f"{file} has {text.count(old)} x {old!r}"
    path.write_text(text.replace(old, new))
    after = hashes(folder)
    return {name for name in NAMES if before[name] != after[name]}


RESNETS = {"resnet18", "resnet50", "resnet50v2"}


@pytest.mark.parametrize(
    ("file", "old", "new", "networks"),
    [
        ("resnet.py", "epsilon=1.001e-5", "epsilon=1e-3", RESNETS),
        ("inception_blocks.py", "use_bias=False", "use_bias=True",
         {"bn_inception", "inception_v3"}),
        ("auxiliary.py", '"activation": "relu"', '"activation": "tanh"', {"googlenet"}),
        ("common.py", 'activation="softmax"', 'activation="sigmoid"', set(NAMES)),
        ("lenet.py", "layers.Dense(84, activation", "layers.Dense(85, activation", {"lenet5"}),
    ],
)  # fmt: skip
def test_a_change_of_the_code_changes_the_networks_that_it_computes(copy, file, old, new, networks):
    assert changed_by(copy, file, old, new) == networks


def test_a_new_network_in_the_catalogue_changes_no_other(copy):
    row = '    "lenet5": Net('
    added = (
        row.replace("lenet5", "lenet6") + '"lenet.LeNet5", 1998, _LENET, (32, 32, 1), 10, ()),\n'
    )
    assert changed_by(copy, "catalogue.py", row, added + row) == set()


def test_another_row_in_the_catalogue_changes_its_network_alone(copy):
    old = '"lenet.LeNet5", 1998, _LENET, (32, 32, 1), 10'
    assert changed_by(copy, "catalogue.py", old, old.replace("10", "11")) == {"lenet5"}


def test_a_comment_and_a_docstring_change_nothing(copy):
    assert changed_by(copy, "resnet.py", "# Table 1: the", "# Table one: the") == set()
    assert changed_by(copy, "vgg.py", "The VGG networks", "VGG networks") == set()
