"""Where the weights of transfer learning come from.

random: none, for comparison. synthetic: our own pre-training on drawn hands, made once and kept in
a file that is named after what made it; the default, since it needs no internet. imagenet: the
files of keras.applications, if Keras has them cached or can download them. Or the path of any file
that Keras saved, or a preset of KerasHub, if that is installed.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.files import alone, make_folder, write_whole
from datasets.quiet import import_keras
from datasets.schema import CLASSES, SIDE
from datasets.signs import Signs
from datasets.synthetic import dataset
from training import environment, runs
from training.errors import TrainingError, unknown
from training.evaluate import probabilities
from training.loop import fit
from training.recipes import RECIPES, Recipe
from training.saving import save_model
from training.transfer import backbone as networks
from training.transfer.backbone import Network

SOURCES = ("random", "synthetic", "imagenet")
HUB = "hub:"  # before the name of a preset
SUFFIXES = (".keras", ".h5")
HANDS = 12_000
TESTED = 600  # drawn hands on which a pre-trained network is tested
# Not 0, which draws the hands that take the place of missing photographs.
SEED = 1

# The network sees each drawn hand a few times only and learns none by heart: no augmentation.
RECIPE = dataclasses.replace(RECIPES["ours"], name="drawn_hands", epochs=4, augmentation=None)


@dataclass(frozen=True)
class Pretraining:
    """What is pre-trained: a network of nets/ on `hands` drawn hands, by `recipe`."""

    net: str
    hands: int = HANDS
    seed: int = SEED
    recipe: Recipe = RECIPE

    def settings(self) -> dict:
        """Everything that decides the weights, as JSON: recipe, code, and what draws the hands."""
        return {
            "net": self.net,
            "hands": self.hands,
            "seed": self.seed,
            "drawn": dataset.VERSION,
            "code_sha256": runs.decisive_code(Path(__file__)),
            "net_sha256": networks.code_hash(self.net),
            "recipe": self.recipe.settings,
            "backend": environment.backend(),
        }

    def path(self, folder: Path) -> Path:
        """Where the weights are kept in `folder`."""
        digest = runs.fingerprint(self.settings())[:12]
        return Path(folder) / f"{self.net}-drawn{self.hands}-seed{self.seed}-{digest}.keras"

    def earlier(self, folder: Path) -> list[Path]:
        """The weights in `folder` that an earlier version of the code made of the same settings."""
        path = self.path(folder)
        similar = path.stem.rpartition("-")[0]
        return [
            other
            for other in sorted(path.parent.glob(f"{similar}-*.keras"))
            if other != path and _made(other, self.settings()) == runs.EARLIER_CODE
        ]


def _made(path: Path, settings: dict) -> str:
    record = runs.read(path.with_suffix(".json")) or {}
    return runs.difference(record.get("settings"), settings)


def check(source: str) -> None:
    """Raise TrainingError, with close names, unless `source` is one, a preset, or a file."""
    if source in SOURCES:
        return
    if source.startswith(HUB):
        _check_hub(source)
        return
    if not source.endswith(SUFFIXES):
        raise unknown("a source of weights, or the path of a file", source, SOURCES)
    if not Path(source).is_file():
        raise TrainingError(f"expected a file of weights, found none at {source}")


def _check_hub(source: str) -> None:
    if importlib.util.find_spec("keras_hub") is None:
        raise TrainingError(
            f"{source} is a preset of KerasHub, which is not installed: pip install keras-hub, or "
            f"choose another source: {', '.join(SOURCES)}"
        )


def network(source: str, net: str, classes: int = CLASSES) -> Network:
    """The network `net` with the weights of `source`, and a fresh softmax; images 64x64x3.

    source: random, imagenet, hub: and a preset, or the path of a file, as `pretrained` gives it.
    Call it under the seed and the precision that the softmax shall have. Raises TrainingError.
    """
    check(source)
    if source.startswith(HUB):
        return hub(source.removeprefix(HUB), classes)
    return networks.build(net, (SIDE, SIDE, 3), classes, None if source == "random" else source)


def pretrained(
    wanted: Pretraining, folder: Path, *, say: Callable[[str], None] = lambda line: None, **options
) -> Path:
    """The file with the weights of `wanted` in `folder`, trained now if it is not there.

    A training that was interrupted goes on. A .json of the same name says what made the weights,
    and their accuracy on other drawn hands.

    Args:
        wanted: What is pre-trained.
        folder: Where all weights are kept.
        say: Gets a line for the user.
        options: Those of `training.loop.fit`.
    """
    path = wanted.path(folder)
    if path.is_file():
        return path
    dataset.check_counts(wanted.hands, TESTED, wanted.seed)
    make_folder(folder)
    with alone(path, lambda: say(f"{path}: another process makes it; waiting for it")):
        if not path.is_file():
            _make(wanted, folder, path, say, options)
    return path


def _make(
    wanted: Pretraining, folder: Path, path: Path, say: Callable[[str], None], options: dict
) -> None:
    for old in wanted.earlier(folder):
        say(f"{old}: made {runs.EARLIER_CODE}, kept; trained again")
    say(f"pre-training {wanted.net} on {wanted.hands:,} drawn hands, once, into {path}")
    unfinished = path.with_suffix(".unfinished")
    fitted = fit(
        lambda: networks.build(wanted.net, (SIDE, SIDE, 3), CLASSES).model,
        drawn(wanted.hands, wanted.seed),
        wanted.recipe,
        unfinished,
        seed=wanted.seed,
        title=f"{wanted.net}, {wanted.hands:,} drawn hands",
        **options,
    )
    images, labels = hands("test", TESTED, wanted.seed)
    accuracy = float(np.mean(probabilities(fitted.model, images).argmax(1) == labels))
    record = {
        "settings": wanted.settings(),
        "accuracy_on_drawn_hands": accuracy,
        "tested": TESTED,
        "seconds": fitted.seconds,
        "versions": environment.versions(),
        "machine": environment.machine(),
    }
    write_whole(path.with_suffix(".json"), json.dumps(record, indent=1) + "\n")
    save_model(fitted.model, path)
    shutil.rmtree(unfinished, ignore_errors=True)
    say(f"{path}: {100 * accuracy:.1f}% of {TESTED} other drawn hands")


def drawn(count: int, seed: int) -> Signs:
    """`count` drawn hands as train; there is no test."""
    images, labels = hands("train", count, seed)
    return Signs(images, labels, images[:0], labels[:0], np.arange(CLASSES))


def hands(split: str, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The first `count` drawn hands of a split, uint8 (n, 64, 64, 3), and their labels (n,)."""
    images = np.empty((count, SIDE, SIDE, 3), np.uint8)
    labels = np.empty(count, np.int64)
    for start in range(0, count, dataset.CHUNK):
        end = min(start + dataset.CHUNK, count)
        shown, answers = dataset.batch(split, start // dataset.CHUNK, seed)
        images[start:end], labels[start:end] = shown[: end - start], answers[: end - start]
    return images, labels


def hub(preset: str, classes: int) -> Network:
    """A backbone of KerasHub with a fresh softmax; it enlarges the images as it needs them.

    Its stages are the levels of its pyramid, if it has one, else one stage. Raises TrainingError
    if KerasHub is not installed or cannot give the preset.
    """
    _check_hub(HUB + preset)
    keras = import_keras()
    keras_hub = importlib.import_module("keras_hub")
    try:
        backbone = keras_hub.models.Backbone.from_preset(preset)
        convert = keras_hub.layers.ImageConverter.from_preset(preset)
    except Exception as error:  # each store of presets has its own kinds of error
        raise TrainingError(
            f"KerasHub cannot give the preset {preset!r}: {str(error).splitlines()[0]}"
        ) from error
    images = keras.Input((SIDE, SIDE, 3), name="pixels")
    maps = backbone(convert(keras.layers.Rescaling(255.0, name="to_255")(images)))
    features = keras.Model(images, maps, name=f"hub_{backbone.name}")
    inputs = keras.Input(maps.shape[1:])
    pooled = keras.layers.GlobalAveragePooling2D()(inputs) if len(maps.shape) == 4 else inputs
    softmax = keras.layers.Dense(classes, activation="softmax", dtype="float32")(pooled)
    head = keras.Model(inputs, softmax)
    whole_model = keras.Model(images, head(maps), name=features.name)
    return Network(whole_model, features, head, levels(backbone))


def levels(backbone) -> dict[str, list]:
    """The layers of a backbone, cut after the last layer of every level of its pyramid."""
    stages: dict[str, list] = {}
    ends = {tensor._keras_history.operation.name: name
            for name, tensor in getattr(backbone, "pyramid_outputs", {}).items()}  # fmt: skip
    current: list = []
    for layer in backbone.layers:
        current.append(layer)
        if layer.name in ends:
            stages[ends[layer.name]], current = current, []
    if current:
        stages["rest"] = current
    return stages
