"""Networks cut for transfer: features, head and stages; those of nets/ by name.

Training works without nets/, as it does for a learner's submission, so nothing here imports it. A
study that gets the name of a network loads the package then.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets import code_hash as hashing
from datasets.quiet import import_keras
from training.errors import TrainingError

LIBRARY = "nets"  # names(), build(), describe(), features(), head(), replace_head(), stages()


@dataclass(frozen=True)
class Network:
    """One network and its parts, which share its layers; images are float32 from 0 to 1.

    model: images -> class probabilities. features: images -> what the head is given. head:
    features -> probabilities. stages: name -> layers, from the image on, without the head.
    """

    model: object
    features: object
    head: object
    stages: Mapping[str, Sequence]


def build(name: str, input_shape, classes: int, weights: str | None = None) -> Network:
    """The network `name` of nets/ with a new softmax for `classes` classes.

    weights: None for fresh ones, "imagenet", or a path; see `nets.weights.load`. Those of ImageNet
    were learnt on images prepared in another way, which then happens inside the model. Raises
    TrainingError for an unknown name, and for weights that are not there or do not fit.
    """
    library = _library()
    try:
        options = {} if weights is None else {"weights": weights}
        model = library.build(name, tuple(input_shape), classes, **options)
        if weights is not None:
            model = library.replace_head(model, classes)
        return _cut(library, model, _preparation(library, name) if weights == "imagenet" else None)
    except library.NetError as error:
        raise TrainingError(str(error)) from error


def stages_of(name: str) -> list[str]:
    """The names of the stages of network `name`; keras is not imported. Raises TrainingError."""
    library = _library()
    try:
        return [stage for stage, _ in library.describe(name).stages]
    except library.NetError as error:
        raise TrainingError(str(error)) from error


def code_hash(name: str) -> str:
    """SHA-256 of what makes network `name`: its row of the catalogue, its file, and its imports.

    The other rows are left out, so a new network changes no hash. Keras is not imported.
    Raises TrainingError for an unknown name.
    """
    library = _library()
    try:
        row = library.describe(name)
    except library.NetError as error:
        raise TrainingError(str(error)) from error
    folder = Path(library.__file__).parent
    module = folder / f"{row.builder.split('.')[0]}.py"
    # nets/__init__.py only looks a name up, in nets/catalogue.py.
    lookup = (folder / "__init__.py", folder / "catalogue.py")
    code = hashing.code_hash(module, root=folder.parent, without=lookup)
    return hashlib.sha256(f"{row} {code}".encode()).hexdigest()


def _library():
    try:
        return importlib.import_module(LIBRARY)
    except ModuleNotFoundError as error:
        if error.name != LIBRARY:
            raise
        raise TrainingError(
            f"expected the package {LIBRARY}/ next to training/, found none; "
            "run the command in the project's folder"
        ) from error


def _cut(library, model, prepare) -> Network:
    features, head, stages = library.features(model), library.head(model), library.stages(model)
    if prepare is None:
        return Network(model, features, head, stages)
    keras = import_keras()
    images = keras.Input(model.input_shape[1:], name="pixels")
    prepared = prepare(keras.layers.Rescaling(255.0, name="to_255")(images))
    features = keras.Model(images, features(prepared), name=model.name)
    whole = keras.Model(images, head(features.output), name=model.name)
    return Network(whole, features, head, stages)


def _preparation(library, name: str):
    """What keras.applications does to pixels from 0 to 255 for the weights of `name`."""
    builder = getattr(import_keras().applications, library.describe(name).applications)
    return importlib.import_module(builder.__module__).preprocess_input
