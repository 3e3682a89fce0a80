"""Ready networks, which an exercise asks to build, are not there in a submission's process.

Walls hide the files of `FOLDERS`. Keras needs modules of its own networks to be imported at all, so
`refuse` gives it others: by the same names, with functions that say no. Without walls that is all,
and the files can be read.
"""

from __future__ import annotations

import importlib.abc
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NoReturn

PACKAGE = "keras.src.applications"
# In a folder of packages: ready networks of Keras, of others, and of an installed copy of ours.
FOLDERS = (
    "keras/src/applications",
    "classification_models",
    "keras_applications",
    "keras_cv",
    "keras_hub",
    "keras_nlp",
    "segmentation_models",
    "signs",
    "tf_keras",
    "tf_slim",
    "timm",
    "torchvision",
    "transformers",
)
# In the first of them: what holds no network.
KEPT = ("__init__.py", "imagenet_utils.py")
# How the pixels for each of Keras' networks are prepared; those for the others stay as they are.
PIXELS = {
    "densenet": "torch",
    "inception_resnet_v2": "tf",
    "inception_v3": "tf",
    "mobilenet": "tf",
    "mobilenet_v2": "tf",
    "nasnet": "tf",
    "resnet": "caffe",
    "resnet_v2": "tf",
    "vgg16": "caffe",
    "vgg19": "caffe",
    "xception": "tf",
}


class ReadyNetworkError(RuntimeError):
    """A submission has asked Keras for a whole network."""


def refuse() -> None:
    """Before keras is imported: let it find no networks, but functions that refuse to build them.

    So a file that imports them, as the course's notebooks do, still runs. No network's code comes
    into this process.
    """
    sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a module of keras.applications, without reading its file."""

    def find_spec(self, name, path=None, target=None) -> ModuleSpec | None:
        package, _, module = name.rpartition(".")
        if package != PACKAGE or f"{module}.py" in KEPT:
            return None
        return ModuleSpec(name, self)

    def exec_module(self, module: ModuleType) -> None:
        network = module.__name__.rpartition(".")[2]

        def attribute(name: str):
            if name[0].isupper():
                return _refusing(name)
            if name == "preprocess_input":
                return _preparing(network)
            if name == "decode_predictions":
                return _pixels().decode_predictions
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

        module.__getattr__ = attribute  # type: ignore[method-assign]


def _refusing(name: str) -> Callable:
    def refusing(*_, **__) -> NoReturn:
        raise ReadyNetworkError(
            f"keras.applications.{name} is a ready network: build yours from layers"
        )

    refusing.__name__ = refusing.__qualname__ = name
    return refusing


def _preparing(network: str) -> Callable:
    def preprocess_input(x, data_format=None):
        mode = PIXELS.get(network)
        return _pixels().preprocess_input(x, data_format, mode) if mode else x

    return preprocess_input


def _pixels() -> ModuleType:
    from keras.src.applications import imagenet_utils

    return imagenet_utils
