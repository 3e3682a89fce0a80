"""Runs on one and on two devices that a processor plays, with the losses as JSON.

A process of its own: a backend must hear of the devices before it begins.
"""

import json
import os
import sys
from pathlib import Path

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"  # for JAX
import keras  # noqa: E402

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    cpu, half = tf.config.list_physical_devices("CPU")[0], tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(cpu, [half, half])

from datasets.augmentation.maps import RandomAffine  # noqa: E402
from datasets.signs import load  # noqa: E402
from tests.training.conftest import TINY  # noqa: E402
from training.__main__ import main  # noqa: E402
from training.errors import Interrupted  # noqa: E402
from training.loop import fit  # noqa: E402
from training.progress import Silent  # noqa: E402
from training.recipes import Recipe  # noqa: E402
from training.step_losses import StepLosses  # noqa: E402

# 60 images: three batches of 16, which the devices share by 8, and one of 12.
RECIPE = Recipe("test", 3, batch=16, learning_rate=0.01, augmentation=RandomAffine(shift=0.1))


class Stop(keras.callbacks.Callback):
    """Ctrl-C after the second epoch, before it is saved."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def play(data_folder: Path, folder: Path) -> dict:
    """The losses of each step: on one device, on two, and on two with an interruption."""
    data, scope = load(data_folder), {}
    exec(TINY, scope)

    def losses(devices, run_folder=None, more=()):
        steps = StepLosses(len(data.train_x), RECIPE.batch)
        fit(
            scope["ResNet50"],
            data,
            RECIPE,
            run_folder,
            seed=1,
            devices=devices,
            callbacks=[steps.callback(), *more],
            reporter=Silent,
        )
        return steps.losses

    made = {"one": losses(None), "two": losses(2)}
    try:
        losses(2, folder / "stopped", [Stop()])
    except Interrupted as error:
        made["message"] = str(error)
    made["rest"] = losses(2, folder / "stopped")
    made["status"] = main(
        ["reproduce", "residual_networks", "--recipe", "ours", "--epochs", "1", "--devices", "2",
         "--folder", str(data_folder), "--runs", str(folder / "runs")]
    )  # fmt: skip
    return made


if __name__ == "__main__":
    where = Path(sys.argv[2])
    (where / "made.json").write_text(json.dumps(play(Path(sys.argv[1]), where)))
