"""`--devices N`: N devices give the losses of one; what cannot be shared is refused."""

import json
import os
import subprocess
import sys

import keras
import pytest

from training import devices
from training.__main__ import main
from training.errors import TrainingError
from training.loop import fit
from training.recipes import Recipe

RECIPE = Recipe("test", epochs=1, batch=16)
backend = keras.backend.backend()


@pytest.fixture(scope="module")
def played(project, root, colours_folder, tmp_path_factory):
    """What tests/training/two_devices.py makes, and its folder; the project's network is tiny."""
    if backend == "torch":
        pytest.skip("with PyTorch we train on one device")
    folder = tmp_path_factory.mktemp("devices")
    # Its training, datasets and solutions are the project's, its tests are ours.
    tests = folder / "tests"
    tests.symlink_to(root / "tests")
    command = [sys.executable, "-m", "tests.training.two_devices", colours_folder, folder]
    path = os.pathsep.join([str(project), str(folder)])
    process = subprocess.run(
        list(map(str, command)), cwd=project, env={**os.environ, "PYTHONPATH": path},
        capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert (folder / "made.json").is_file(), process.stdout + process.stderr
    return json.loads((folder / "made.json").read_text()), folder


def test_two_devices_have_the_losses_of_one(played):
    made, _ = played
    assert len(made["one"]) == 12 and made["one"][-1] < made["one"][0] / 2
    assert made["two"] == pytest.approx(made["one"], rel=1e-4)


def test_an_interrupted_run_on_two_devices_goes_on(played):
    made, _ = played
    assert "; 1 saved in" in made["message"]
    assert made["rest"] == pytest.approx(made["one"][4:], rel=1e-4)


def test_reproduce_says_on_how_many_devices_a_run_was_made(played):
    made, folder = played
    assert made["status"] == 0
    (run,) = (folder / "runs").glob("residual_networks-*")
    assert "-2devices" in run.name and (run / "result.json").is_file()
    assert json.loads((run / "environment.json").read_text())["settings"]["devices"] == 2
    # Another backend refuses to train a saved layer that is to synchronise.
    for layer in keras.saving.load_model(run / "model.keras", compile=False).layers:
        assert not getattr(layer, "synchronized", False)


@pytest.mark.parametrize(
    "words, message",
    [
        (["--devices", "0"], "'--devices'"),  # the rest of the line is typer's
        (["--devices", "two"], "'--devices'"),
        (["--devices", "2", "--device", "cpu:0"], "expected --device or --devices, received both"),
        (["data_augmentation", "--devices", "2"], "takes no --devices"),
    ],
)
def test_bad_devices_are_one_line(words, message, tmp_path, capsys):
    assert main(["reproduce", *words, "--runs", str(tmp_path)]) != 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ") and message in line


def test_more_devices_than_there_are_or_can_share_are_refused(tiny_net, colours):
    with pytest.raises(TrainingError, match="received 3 for batches of 16 and 12 .* 2 or 4 can"):
        fit(tiny_net, colours, RECIPE, devices=3)
    if backend != "torch":
        with pytest.raises(TrainingError, match="expected at most .*; received 4096"):
            devices.shared(4096)


def test_pytorch_refuses_and_says_what_to_do(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(TrainingError, match="expected TensorFlow or JAX for --devices 2, received"):
        devices.shared(2)


def test_every_part_of_the_data_can_be_shared():
    devices.check_shares(None, 7, [5])
    devices.check_shares(2, 32, [1080, 120])
    with pytest.raises(TrainingError, match="leave --devices out"):
        devices.check_shares(2, 32, [33])
