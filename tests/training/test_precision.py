"""`--precision auto`: what it times, what it takes, and that it says and keeps both."""

import json
import math
from pathlib import Path

import keras
import pytest

from datasets.signs import Provenance
from training import recipes
from training.__main__ import main
from training.loop import Fitted
from training.precision import Timed, fastest, measured, sentence
from training.reproduce import run
from training.reproduce.assignments import ASSIGNMENTS

BF16 = "mixed_bfloat16"


@pytest.mark.parametrize(
    "low, chosen",
    [
        (Timed(0.1, 1.8, 1.7), BF16),
        (Timed(0.1, 1.8, 1.8), BF16),
        (Timed(0.3, 1.8, 1.7), "float32"),
        (Timed(0.1, 1.8, math.nan), "float32"),
        (Timed(0.1, 1.8, 2.4), "float32"),
    ],
)
def test_the_fastest_that_trains_is_taken(low, chosen):
    timed = {"float32": Timed(0.2, 1.8, 1.7), BF16: low}
    assert fastest(timed) == chosen
    words = sentence(timed, chosen)
    assert "float32 0.200 s per step" in words and f"{BF16} {low.seconds:.3f} s per step" in words
    assert ("does not train" in words) == (not low.trains)
    assert words.endswith(f"; chosen: {chosen}")


def test_where_nothing_trains_it_is_float32():
    assert fastest({BF16: Timed(0.1, 1.0, math.inf)}) == "float32"


def test_each_precision_trains_for_a_few_steps(tiny_net, colours):
    built = []

    def build():
        built.append(keras.config.dtype_policy().name)
        return tiny_net()

    timed = measured(build, colours, recipes.get("ours"), device="cpu:0")
    assert list(timed) == built == ["float32", BF16]
    assert all(one.trains and 0 < one.seconds < math.inf for one in timed.values())


@pytest.mark.parametrize("device, asked", [("cpu:0", 2), ("gpu:0", 3)])
def test_float16_is_for_a_gpu(device, asked, tiny_net, colours, monkeypatch):
    history = [{"loss": 1.0, "seconds": 9.0}, {"loss": 1.0, "seconds": 0.3}]
    monkeypatch.setattr("training.precision.fit", lambda *_, **__: Fitted(None, history, 9.3))
    timed = measured(tiny_net, colours, recipes.get("ours"), device=device)
    assert list(timed) == ["float32", BF16, "mixed_float16"][:asked]
    # 60 images are two batches of 32: the first epoch, which compiles, is not timed.
    assert timed[BF16].seconds == pytest.approx(0.15)


@pytest.fixture
def reproduced(tiny_net, colours, tmp_path, monkeypatch):
    """reproduced(): what `reproduce --precision auto` says, with a tiny network; and its rows."""
    monkeypatch.setattr(run.assignments, "builder", lambda *arguments: tiny_net)

    def reproduce():
        said = []
        options = run.Options(tmp_path, precision="auto", epochs=1)
        where = Provenance("other", "a", "b", Path("data"))
        rows = list(run.reproduce(["lenet"], "default", colours, where, options, said.append))
        return said, rows

    return reproduce


def test_a_run_records_what_was_chosen_and_is_found_again(reproduced, tmp_path, monkeypatch):
    slow = {"float32": Timed(0.2, 1.8, 1.7), BF16: Timed(0.1, 1.8, 1.7)}
    monkeypatch.setattr("training.reproduce.run.measured", lambda *_, **__: slow)
    said, (row,) = reproduced()
    assert f"--precision auto, lenet, lenet: {sentence(slow, BF16)}" in said
    (folder,) = row.folders
    assert BF16 in folder.name
    record = json.loads((folder / "environment.json").read_text())
    assert record["settings"]["precision"] == BF16
    # The next call would measure otherwise; it goes on with what was chosen.
    monkeypatch.setattr("training.reproduce.run.measured", lambda *_, **__: pytest.fail("again"))
    said, (again,) = reproduced()
    assert f"--precision auto, lenet, lenet: {sentence(slow, BF16)}" in said
    assert again.folders == [folder] and f"{folder}: finished" in said[-1]


@pytest.mark.parametrize(
    "words, message",
    [
        (["--precision", "automatic"], "expected the name of a precision, received 'automatic'"),
        (["--precision", "bfloat16"], "did you mean mixed_bfloat16"),
        (["data_augmentation", "--precision", "auto"], "takes no --precision"),
    ],
)
def test_bad_precisions_are_one_line(words, message, tmp_path, capsys):
    assert ASSIGNMENTS["data_augmentation"].compared
    assert main(["reproduce", *words, "--runs", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ") and message in line
