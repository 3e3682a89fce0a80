"""`predict` and `runs evaluate`: the saved network on pictures and on its test images."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from datasets.pipeline import scaled
from tests.training.kept_result import kept_result
from training import runs
from training.errors import TrainingError
from training.recipes import RECIPES
from training.results import find, predict, shown


@pytest.fixture
def hand(tmp_path, colours):
    """A test image of class 1, enlarged, as a file."""
    path = tmp_path / "hand.png"
    Image.fromarray(colours.test_x[1]).resize((320, 320), Image.Resampling.NEAREST).save(path)
    return path


def test_a_picture_gets_the_networks_own_probabilities(kept, hand, run_command):
    status, out, err = run_command("predict", "tiny-good", hand, "--runs", kept, "--json", "-")
    assert status == 0, err
    (record,) = json.loads(out)
    with Image.open(record["crop"]) as crop:
        pixels = np.asarray(crop)
    assert pixels.shape == (64, 64, 3)
    model = keras.saving.load_model(kept / "tiny-good-seed0" / "model.keras")
    expected = np.asarray(model(scaled(pixels[None])))[0]
    np.testing.assert_allclose(list(record["probabilities"].values()), expected, atol=1e-5)
    assert record["run"] == "tiny-good-seed0" and record["answer"] == str(expected.argmax())
    assert record["crop"] == f"{hand}.seen.png"


def test_a_newcomer_names_only_a_picture(kept, hand, run_command):
    status, out, _ = run_command("predict", hand, "--runs", kept)
    assert status == 0 and out.startswith("by tiny-good-seed0: ")
    assert "hardly trained" not in out
    bars = [line.split() for line in out.splitlines() if line.endswith("%")]
    assert [bar[0] for bar in bars] == list("012345")
    assert sum(float(bar[-1].rstrip("%")) for bar in bars) == pytest.approx(100, abs=0.5)
    assert f"what the network saw: {hand}.seen.png" in out.replace("\n", "")


def test_a_folder_of_pictures_without_our_own_crops(kept, hand, run_command):
    folder = hand.parent
    shutil.copy(hand, folder / "other.png")
    (folder / "notes.txt").touch()
    for _ in range(2):
        _, out, _ = run_command("predict", "tiny-good", folder, "--runs", kept, "--json", "-")
        assert [os.path.basename(r["image"]) for r in json.loads(out)] == ["hand.png", "other.png"]


def test_a_model_file_alone_says_that_nothing_is_known_of_it(kept, hand, run_command, tmp_path):
    shutil.copy(kept / "tiny-good-seed0" / "model.keras", tmp_path / "mine.keras")
    status, out, _ = run_command("predict", tmp_path / "mine.keras", hand, "--runs", tmp_path)
    assert status == 0 and "warning: nothing is recorded" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tiny-god-seed0", "{hand}"), "did you mean tiny-good-seed0"),
        (("tiny-good",), "expected a picture after the run"),
        (("gone.jpg",), "gone.jpg: expected an image"),
        (("tiny-good", "gone.jpg"), "gone.jpg: expected an image"),
        (("tiny-stopped", "{hand}"), "model.keras: expected a model saved by an earlier run"),
        (("gone.keras", "{hand}"), "found none at gone.keras"),
    ],
)
def test_what_cannot_be_read_is_one_line(kept, hand, run_command, words, said):
    words = [word.format(hand=hand) for word in words]
    status, out, err = run_command("predict", *words, "--runs", kept)
    assert status == 1 and out == "" and said in err and len(err.splitlines()) == 1, err


def test_a_wrong_picture_ends_the_process_with_status_1(kept, root, tmp_path):
    (tmp_path / "hand.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0")
    command = [sys.executable, "-m", "training", "predict", "hand.heic", "--runs", str(kept)]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and "HEIC" in line


def kept_run(
    folder, right, data="SIGNS", epochs=9, name="ours", mode="inference", of="residual_networks"
):
    """A run of 120 test images, `right` of them answered right."""
    settings = {
        "assignment": of,
        "data": data,
        "recipe": RECIPES["ours"].settings
        | {"name": name, "epochs": epochs, "batch_norm_at_test": mode},
    }
    folder.mkdir(parents=True)
    (folder / "model.keras").touch()
    (folder / runs.ENVIRONMENT).write_text(json.dumps({"settings": settings}))
    (folder / runs.RESULT).write_text(json.dumps(kept_result(right)))
    return find.at(folder)


# Of 120 images at one chance in six, 27 or more are right in 5.6% of all cases, 28 in 3.5%.
@pytest.mark.parametrize(
    ("right", "options", "said"),
    [
        (20, {}, "hardly trained: it got 20 of 120"),
        (27, {}, "hardly trained: it got 27 of 120"),
        (28, {}, None),
        (90, {"epochs": 2}, "hardly trained: 2 epochs"),
        (110, {"data": "synthetic"}, "drawn hands only"),
        (110, {"mode": "training"}, "averages of each test batch"),
        (110, {}, None),
    ],
)
def test_warnings_follow_what_was_recorded(tmp_path, right, options, said):
    notes = predict.cautions(kept_run(tmp_path / "run", right, **options))
    assert notes == [] if said is None else (len(notes) == 1 and said in notes[0])


def test_the_run_that_is_used_learnt_on_photographs_and_is_recommended(tmp_path):
    kept_run(tmp_path / "check", 21, name="course_2017_check", epochs=2)
    assert predict.best(tmp_path).name == "check"
    kept_run(tmp_path / "drawn", 118, data="synthetic")
    kept_run(tmp_path / "exact", 119, name="lenet")
    assert predict.best(tmp_path).name == "exact"
    kept_run(tmp_path / "fast", 116, of="race", name="resnet20")
    assert predict.best(tmp_path).name == "fast"
    runs.begin(tmp_path / "empty" / "half", {"recipe": {"epochs": 9}})
    with pytest.raises(TrainingError, match="expected a finished run"):
        predict.best(tmp_path / "empty")


def test_a_dark_picture_is_told_and_one_like_signs_is_not():
    dark = predict._about(np.full((64, 64, 3), 12, "uint8"))
    assert len(dark) == 1 and "mean brightness is 12 of 255" in dark[0]
    assert predict._about(np.full((64, 64, 3), 180, "uint8")) == []


def test_the_limits_of_brightness_are_those_of_signs(signs_dir):
    from datasets.signs import load

    means = load(signs_dir).train_x.mean((1, 2, 3))
    assert f"{means.min():.0f} to {means.max():.0f}" == "153 to 199"
    assert predict.BRIGHTNESS[0] < means.min() and means.max() < predict.BRIGHTNESS[1]


def test_a_terminal_with_colours_shows_the_crop_and_another_does_not(tmp_path):
    pixels = np.zeros((64, 64, 3), "uint8")
    pixels[:32] = (250, 10, 20)
    answer = predict.Answer(Path("a.png"), pixels, {"0": 0.75, "1": 0.25}, None, ["dark"])
    for colours in (True, False):
        console = Console(
            force_terminal=colours, color_system="truecolor" if colours else None, width=80,
            record=True, file=io.TextIOWrapper(io.BytesIO(), "utf-8"),
        )  # fmt: skip
        shown.answer(answer, console)
        text = console.export_text(styles=True, clear=False)
        assert ("▀" in text) == colours and ("38;2;250;10;20" in text) == colours
        plain = console.export_text()
        assert max(map(len, plain.splitlines())) <= 80
        assert "█" * 18 + " " in plain and "75.0%" in plain and "not written" in plain


def test_evaluate_gives_the_recorded_accuracy(kept, run_command, colours_folder):
    for name in ("tiny-good", "tiny-weak"):  # the second is tested by the averages of a batch
        words = ("runs", "evaluate", name, "--runs", kept, "--folder", colours_folder)
        status, out, _ = run_command(*words)
        assert status == 0 and "as recorded: every answer is the same" in out
    _, out, _ = run_command(*words, "--json", "-")
    result = json.loads((kept / "tiny-weak-seed0" / "result.json").read_text())
    record = json.loads(out)
    assert record["accuracy"] == result["accuracy"] and record["confusion"] == result["confusion"]


def test_evaluate_says_where_it_differs(kept, run_command, colours_folder, tmp_path):
    shutil.copytree(kept / "tiny-good-seed0", tmp_path / "run")
    path = tmp_path / "run" / "result.json"
    result = json.loads(path.read_text())
    result["predictions"][0] = (result["predictions"][0] + 1) % 6
    path.write_text(json.dumps(result))
    words = ("runs", "evaluate", "run", "--runs", tmp_path)
    _, out, _ = run_command(*words, "--folder", colours_folder)
    assert "not as recorded: 1 of 12 answers differ" in " ".join(out.split())
    status, _, err = run_command(*words)
    assert status == 1 and "name its folder by --folder" in err


def test_evaluate_wants_a_finished_run(kept, run_command):
    status, _, err = run_command("runs", "evaluate", "tiny-stopped", "--runs", kept)
    assert status == 1 and "2 of 30 epochs" in err
