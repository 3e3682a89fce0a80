"""Runs of a tiny network, kept as every run is, and the command line that looks at them."""

import dataclasses
import sys

import pytest

from datasets import signs
from training import __main__ as command
from training import runs
from training.evaluate import score
from training.loop import fit
from training.recipes import RECIPES
from training.reproduce.run import code_hash

CODE = code_hash("residual_networks", "solutions")


@pytest.fixture(scope="session")
def run_settings():
    """run_settings(recipe, ...): the settings of a run, as `reproduce` writes them."""
    return settings


def settings(recipe, data="other", sums=("train", "test"), seed=0, code=CODE) -> dict:
    """Those of a run, as `reproduce` writes them."""
    return {
        "assignment": "residual_networks",
        "target": "solutions",
        "code_sha256": code,
        "backend": "tensorflow",
        "data": data,
        "data_sha256": dict(zip(("train", "test"), sums, strict=True)),
        "seed": seed,
        "device": None,
        "recipe": {**dataclasses.asdict(recipe), "published": None, "note": ""},
        "precision": "float32",
    }


@pytest.fixture(scope="session")
def kept(tmp_path_factory, tiny_net, colours, colours_folder):
    """A folder of runs: good (24 epochs), weak (1, tested by batch), stopped after 2 of 30."""
    root = tmp_path_factory.mktemp("kept")
    source = signs.read(colours_folder)[1]
    sums = source.train_sha256, source.test_sha256
    good = dataclasses.replace(RECIPES["lenet"], epochs=24)
    weak = dataclasses.replace(RECIPES["course_2021"], epochs=1)
    for name, recipe, code in (("good", good, CODE), ("weak", weak, "of another time")):
        folder = root / f"tiny-{name}-seed0"

        def made(folder=folder, recipe=recipe):
            fitted = fit(tiny_net, colours, recipe, folder)
            mode = recipe.batch_norm_at_test
            return fitted, score(fitted.model, colours, batch=recipe.batch, batch_norm=mode)

        whole = settings(recipe, sums=sums, code=code)
        runs.once(folder, whole, name, made, colours.classes, print)
    stopped = root / "tiny-stopped-seed0"
    runs.begin(stopped, settings(dataclasses.replace(good, epochs=30), "synthetic"))
    (stopped / "history.csv").write_text("epoch,accuracy,loss,seconds\n0,.3,1.7,2\n1,.4,1.5,1\n")
    return root


@pytest.fixture
def run_command(monkeypatch, capsys):
    """run_command(*words): `python -m training` in this process: (status, out, err)."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["training", *map(str, words)])
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setenv("TERM", "dumb")
        status = command.main()
        return status, *capsys.readouterr()

    return run
