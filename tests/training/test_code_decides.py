"""Code that decides a result changes the hash that is kept with it; words and pictures do not."""

import json
import shutil
import subprocess
import sys

import pytest

# In a copy of the project: makes each change, prints the hashes that are kept then, undoes it.
PRINT = """
import json, pathlib, sys
import numpy as np
from datasets.signs import Provenance, Signs
from training.recipes import RECIPES
from training.reproduce import run
from training.transfer import backbone, pretrained, study

data = Signs(*[np.zeros(1)] * 4, np.arange(6))
source, root = Provenance("SIGNS", "a", "b", pathlib.Path()), pathlib.Path.cwd()
options = run.Options(root / "runs")
cell = study.Cell(5, "softmax", "synthetic", 0)


def reproduced(name, compared=False):
    common = (name, RECIPES["ours"], 0, data, source, options)
    made = run.ComparedRun(*common, (), None) if compared else run.Run(*common)
    return made.settings["code_sha256"]


def kept():
    return {
        "reproduce": reproduced("residual_networks"),
        "data_augmentation": reproduced("data_augmentation", True),
        "transfer_learning": reproduced("transfer_learning", True),
        "study": study.where(study.Plan(root), cell, data, source)[1]["code_sha256"],
        "pretraining": pretrained.Pretraining("resnet18").settings()["code_sha256"],
        **{net: backbone.code_hash(net) for net in ("lenet5", "resnet18", "resnet50v2")},
    }


before, changed = kept(), []
for file, old, new in json.load(sys.stdin):
    path = root / file
    text = path.read_text()
    assert old in text, (file, old)
    path.write_text(text.replace(old, new, 1))
    changed.append([name for name, value in kept().items() if value != before[name]])
    path.write_text(text)
assert kept() == before
print(json.dumps(changed))
"""
RUNS = ["reproduce", "data_augmentation", "transfer_learning", "study", "pretraining"]
# file, text, what takes its place, and whose hash changes.
CHANGES = {
    "the choice of photographs": (
        "datasets/splits.py", "rows = rng.permutation(rows)", "rows = rng.permutation(rows)[::-1]",
        ["reproduce", "data_augmentation", "transfer_learning", "study"]),
    "a comment on the choice of photographs": (
        "datasets/splits.py", "rows = rng.permutation(rows)",
        "rows = rng.permutation(rows)  # at random", []),
    "its docstring": ("datasets/splits.py", "at random.", "at random, by seed.", []),
    "which photographs are unseen": (
        "datasets/duplicates.py", "SAME = 3.0", "SAME = 4.0", RUNS),
    "a comment on the unseen": ("datasets/duplicates.py", "SAME = 3.0", "SAME = 3.0  #", []),
    "the random maps": (
        "datasets/augmentation/maps.py", "scale = 1 + rng", "scale = 1.01 + rng", RUNS),
    "the loss": ("training/compile.py", "CategoricalCrossentropy(", "CategoricalFocal(", RUNS),
    "the phases of fine-tuning": (
        "training/transfer/fine_tune.py", "_SLOW = Phase(0, 1.0), 0.1",
        "_SLOW = Phase(0, 1.0), 0.2", ["transfer_learning", "study"]),
    "a colour of a picture": ("training/plots.py", "DPI = 100", "DPI = 101", []),
    "a network": ("nets/lenet.py", "def ", "more = 1\n\n\ndef ", ["lenet5"]),
    "another exercise": ("solutions/vgg.py", "def ", "more = 1\n\n\ndef ", []),
    "the exercise": (
        "solutions/residual_networks.py", "def ", "more = 1\n\n\ndef ", ["reproduce"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def changed(root, tmp_path_factory):
    """The name of a change -> the names of the hashes that it changes."""
    copy = tmp_path_factory.mktemp("copy")
    for package in ("nets", "datasets", "training", "solutions"):
        skipped = shutil.ignore_patterns("data", "__pycache__")
        shutil.copytree(root / package, copy / package, ignore=skipped)
    done = subprocess.run(
        [sys.executable, "-c", PRINT], cwd=copy, capture_output=True, text=True,
        input=json.dumps([change[:3] for change in CHANGES.values()]),
        env={"PYTHONPATH": str(copy), "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(zip(CHANGES, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_code_changes_the_hashes_of_what_it_decides(changed, name):
    assert changed[name] == CHANGES[name][3]
