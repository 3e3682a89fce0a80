"""The fit function on a network and data of a second."""

import csv
import dataclasses
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers

from datasets.augmentation.maps import RandomAffine
from training.errors import Interrupted, TrainingError
from training.loop import fit
from training.recipes import Recipe

RECIPE = Recipe("test", epochs=3, batch=16, learning_rate=0.01)


class Stop(keras.callbacks.Callback):
    """Ctrl-C in the middle of an epoch."""

    def __init__(self, epoch: int):
        super().__init__()
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.params and self.model and self._epoch == self.epoch and batch == 1:
            raise KeyboardInterrupt

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch


def losses(fitted) -> list[float]:
    return [row["loss"] for row in fitted.history]


@pytest.fixture(scope="module")
def whole(tiny_net, colours, tmp_path_factory):
    """An uninterrupted run with a folder, and that folder."""
    folder = tmp_path_factory.mktemp("whole")
    return fit(tiny_net, colours, RECIPE, folder, seed=3), folder


def test_it_learns_and_records(whole):
    fitted, folder = whole
    assert len(fitted.history) == 3 and losses(fitted)[-1] < losses(fitted)[0] / 2
    assert fitted.seconds == pytest.approx(sum(row["seconds"] for row in fitted.history))
    with open(folder / "history.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["epoch", "accuracy", "loss", "seconds"]
    assert [float(row[2]) for row in rows[1:]] == pytest.approx(losses(fitted))


def test_same_seed_same_run_other_seed_another(whole, tiny_net, colours):
    again = fit(tiny_net, colours, RECIPE, seed=3)
    other = fit(tiny_net, colours, RECIPE, seed=4)
    assert losses(again) == pytest.approx(losses(whole[0]), rel=1e-5)
    assert losses(other) != pytest.approx(losses(whole[0]), rel=1e-3)


def test_a_resumed_run_is_the_uninterrupted_run(whole, tiny_net, colours, tmp_path):
    with pytest.raises(Interrupted, match="interrupted in epoch 3 of 3; 2 saved in"):
        fit(tiny_net, colours, RECIPE, tmp_path, seed=3, callbacks=[Stop(2)])
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 3
    resumed = fit(tiny_net, colours, RECIPE, tmp_path, seed=3)
    assert [row["epoch"] for row in resumed.history] == [0, 1, 2]
    assert losses(resumed) == pytest.approx(losses(whole[0]), rel=1e-5)
    for mine, theirs in zip(resumed.model.get_weights(), whole[0].model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)


def test_a_kill_while_the_backup_is_written_loses_no_whole_epoch(
    whole, tiny_net, colours, tmp_path
):
    with pytest.raises(Interrupted):
        fit(tiny_net, colours, RECIPE, tmp_path, seed=3, callbacks=[Stop(2)])
    # The state of a kill between the two renames, with the next backup half written.
    shutil.rmtree(tmp_path / ".backup.old")
    (tmp_path / "backup").rename(tmp_path / ".backup.old")
    (tmp_path / ".backup").mkdir()
    (tmp_path / ".backup" / "latest.weights.h5").write_bytes(b"half")
    with open(tmp_path / "history.csv", "a") as file:
        file.write("2,0.5,0.25,1.0\n3,0.5")  # of an epoch whose weights are lost, and half a row
    begun = []
    watch = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: begun.append(epoch))
    resumed = fit(tiny_net, colours, RECIPE, tmp_path, seed=3, callbacks=[watch])
    assert begun == [2] and [row["epoch"] for row in resumed.history] == [0, 1, 2]
    assert losses(resumed) == pytest.approx(losses(whole[0]), rel=1e-5)


def test_a_run_killed_after_its_last_epoch_trains_no_more(whole, tiny_net, colours):
    fitted, folder = whole
    again = fit(tiny_net, colours, RECIPE, folder, seed=3)
    assert again.history == fitted.history
    for mine, theirs in zip(again.model.get_weights(), fitted.model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_interrupted_before_anything_is_saved(tiny_net, colours, tmp_path):
    with pytest.raises(Interrupted, match="in epoch 1 of 3; none is saved yet"):
        fit(tiny_net, colours, RECIPE, tmp_path, callbacks=[Stop(0)])


def test_a_training_step_is_traced_once(colours):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("tracing is TensorFlow's")
    calls = []

    class Counting(layers.Layer):
        def call(self, inputs):
            calls.append(inputs.shape)
            return inputs

    def build():
        inputs = keras.Input((64, 64, 3))
        X = layers.GlobalAveragePooling2D()(Counting()(inputs))
        model = keras.Model(inputs, layers.Dense(6, activation="softmax")(X))
        calls.clear()
        return model

    fit(build, colours, RECIPE)
    assert len(calls) == 1, calls


def test_validation_keeps_the_best_model(tiny_net, colours, tmp_path):
    validation = colours.test_x, colours.test_y
    fitted = fit(tiny_net, colours, RECIPE, tmp_path, validation=validation)
    assert all(0 <= row["val_accuracy"] <= 1 for row in fitted.history)
    best = keras.saving.load_model(tmp_path / "best.keras")
    answers = best.predict(colours.test_x / np.float32(255), verbose=0).argmax(1)
    assert np.mean(answers == colours.test_y) == pytest.approx(
        max(row["val_accuracy"] for row in fitted.history)
    )


def test_precision_and_device_last_for_the_run_only(tiny_net, colours):
    recipe = dataclasses.replace(RECIPE, epochs=1, augmentation=RandomAffine(shift=0.1))
    before = keras.config.dtype_policy().name
    fitted = fit(tiny_net, colours, recipe, precision="mixed_bfloat16", device="cpu")
    assert fitted.model.layers[1].compute_dtype == "bfloat16"
    assert fitted.model.layers[1].kernel.dtype == "float32"
    assert keras.config.dtype_policy().name == before


def test_tensorboard_is_on_request_and_says_if_it_is_missing(
    tiny_net, colours, tmp_path, monkeypatch
):
    monkeypatch.setattr("training.loop.find_spec", lambda name: None)
    with pytest.raises(TrainingError, match="pip install tensorboard"):
        fit(tiny_net, colours, RECIPE, tmp_path, tensorboard=True)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"precision": "bfloat16"}, "did you mean mixed_bfloat16"),
        ({"device": "gpu:7"}, "of this machine .*, received 'gpu:7'"),
        ({"device": "the fast one"}, "such as cpu:0"),
    ],
)
def test_wrong_names_are_refused(options, message, tiny_net, colours):
    with pytest.raises(TrainingError, match=message):
        fit(tiny_net, colours, RECIPE, **options)


def test_what_does_not_fit_together_is_refused(tiny_net, colours):
    with pytest.raises(TrainingError, match="expected a keras.Model to train, received int"):
        fit(lambda: 7, colours, RECIPE)
    with pytest.raises(TrainingError, match=r"shape \(32, 32, 3\) .* received \(64, 64, 3\)"):
        fit(lambda: tiny_net((32, 32, 3)), colours, RECIPE)
    with pytest.raises(TrainingError, match="labels below 4, .* received 5"):
        fit(lambda: tiny_net(classes=4), colours, RECIPE)
    with pytest.raises(TrainingError, match="built in mixed_bfloat16, received one in float32"):
        fit(tiny_net(), colours, RECIPE, precision="mixed_bfloat16")


def test_fit_is_found_in_the_package_and_loads_no_framework(root):
    code = "import sys; from training import fit; from training.loop import fit as same; " \
           "assert fit is same and not {'keras', 'tensorflow'} & set(sys.modules)"  # fmt: skip
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)
    with pytest.raises(ImportError, match="cannot import name 'fitt'"):
        from training import fitt  # noqa: F401
