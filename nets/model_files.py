"""A network in a .keras file. What the file asks for is checked before Keras reads it.

A .keras file may hold Python code (a Lambda layer) or name code that lies elsewhere (a custom
layer). None of it runs here: only Keras' own layers, and those of this package, are built.
"""

from __future__ import annotations

import difflib
import json
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path

from nets.errors import NetError

__all__ = ["load_file", "outline_file", "read_config"]

SUFFIX = ".keras"
_POINTER = b"version https://git-lfs.github.com/spec/"
_HDF5 = b"\x89HDF"
_LARGEST_CONFIG = 2**26  # bytes; the largest network of keras.applications has 2**21
_OURS = "nets>"
# Where Keras keeps what a graph is made of. Its other modules can write files and fetch addresses.
_MODULES = (
    "activations", "constraints", "dtype_policies", "initializers", "layers", "models", "ops",
    "quantizers", "random", "regularizers",
)  # fmt: skip
_AT_THE_TOP = ("Functional", "Model", "Sequential", "DTypePolicy", "KerasTensor", "Variable")
# Layers of Keras that hold or load code.
_CODE = ("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")


def read_config(path: Path) -> dict:
    """The description of the network in a .keras file; Keras is not imported.

    Args:
        path: The file.

    Returns:
        What Keras serialised, without what it was compiled with.

    Raises:
        NetError: The file is none, or damaged, or needs code that is not Keras' own.
    """
    config = _config(path)
    config.pop("compile_config", None)
    for row in _objects(config):
        _check(path, row, config)
    return config


def outline_file(path: Path):
    """The network in a .keras file without values for its weights, as `nets.outline` gives ours.

    Args:
        path: The file.

    Returns:
        A keras.Model to count and walk.

    Raises:
        NetError: As `read_config`, or Keras cannot build what the file describes.
    """
    config = read_config(path)
    import keras

    import nets.layers  # noqa: F401  Keras builds a layer of ours only if it knows it
    from nets.outlines import without_values

    try:
        with without_values():
            model = keras.saving.deserialize_keras_object(config, safe_mode=True)
    except Exception as error:  # what Keras raises depends on what is wrong with the description
        raise NetError(f"{path}: Keras cannot build this network: {_first_line(error)}") from None
    if not (getattr(model, "built", False) and getattr(model, "inputs", None)):
        raise NetError(
            f"{path}: expected a network that knows the shape of its images, received one that has "
            "seen none; begin it with keras.Input((height, width, channels))"
        )
    return model


def load_file(path: Path):
    """The network in a .keras file, with its weights, not compiled.

    Args:
        path: The file.

    Returns:
        A keras.Model.

    Raises:
        NetError: As `outline_file`, or the weights are damaged or fewer than the network has.
    """
    outline = outline_file(path)
    needed = sum(
        math.prod(map(int, weight.shape)) * (2 if "16" in weight.dtype else 1)
        for weight in outline.weights
    )
    with zipfile.ZipFile(path) as archive:
        held = sum(row.file_size for row in archive.infolist())
    if needed > held:  # bytes: no weight takes less than one
        raise NetError(
            f"{path}: expected weights for {needed:,} bytes at least, found {held:,} in the file: "
            "it is damaged; save the model again"
        )
    import keras

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # zipfile, h5py and Keras each raise their own
        raise NetError(
            f"{path}: its weights cannot be read ({_first_line(error)}): the file is damaged; save "
            "the model again"
        ) from None


def _config(path: Path) -> dict:
    """What the file says of itself; raises NetError for a file of another kind."""
    if path.is_dir():
        inside = sorted(path.glob(f"*{SUFFIX}"))
        advice = f"did you mean {inside[0]}?" if inside else f"name a {SUFFIX} file"
        raise NetError(f"{path}: expected a {SUFFIX} file, received a folder; {advice}")
    if not path.exists():
        raise NetError(f"{path}: expected a {SUFFIX} file, found none; {_did_you_mean(path)}")
    try:
        with path.open("rb") as file:
            head = file.read(64)
        if not zipfile.is_zipfile(path):
            raise NetError(f"{path}: expected a {SUFFIX} file, received {_kind(head)}")
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("config.json").file_size > _LARGEST_CONFIG:
                raise NetError(f"{path}: expected a network, received a description too large")
            config = json.loads(archive.read("config.json"))
    except OSError as error:
        raise NetError(f"cannot read {path}: {error.strerror or error}") from None
    except KeyError:
        raise NetError(
            f"{path}: expected a {SUFFIX} file, received another zip file: it has no config.json; "
            f"write one with model.save('NAME{SUFFIX}')"
        ) from None
    # A damaged entry may have a wrong sum, no JSON in it, or a compression nobody knows.
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        if isinstance(error, NetError):
            raise
        raise NetError(f"{path}: the file is damaged; save the model again") from None
    if not isinstance(config, dict) or "class_name" not in config:
        raise NetError(f"{path}: the file is damaged: no network is described in it")
    return config


def _kind(head: bytes) -> str:
    """What a file that is no zip is, and what to do."""
    if not head:
        return "an empty file; save the model again"
    if head.startswith(_POINTER):
        return "a pointer of Git LFS; fetch the file with `git lfs pull`"
    if head.startswith(_HDF5):
        return f"an HDF5 file, the older format; load it with Keras and save it as NAME{SUFFIX}"
    if head.startswith(b"PK"):
        return "the beginning of one: it is cut short; copy or save it again"
    return f"a file of another kind; write one with model.save('NAME{SUFFIX}')"


def _did_you_mean(path: Path) -> str:
    beside = path.parent.glob(f"*{SUFFIX}") if path.parent.is_dir() else ()
    close = difflib.get_close_matches(path.name, [one.name for one in beside], n=1, cutoff=0.5)
    return f"did you mean {path.with_name(close[0])}?" if close else "name one that is there"


def _objects(value) -> Iterator[dict]:
    """Every object that a description asks for; without recursion, since files may nest deep."""
    todo = [value]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            if "class_name" in value:
                yield value
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)


def _check(path: Path, row: dict, top: dict) -> None:
    """Raise NetError for an object that is neither Keras' own nor ours."""
    kind, module, registered = row["class_name"], row.get("module"), row.get("registered_name")
    name = (row["config"] if isinstance(row.get("config"), dict) else {}).get("name", "")
    if kind in _CODE or kind == "__lambda__":
        kind = "Lambda" if kind == "__lambda__" else kind
        raise NetError(
            f"{path}: expected layers of Keras alone, found a {kind} layer{_named(name)}, which "
            "holds code; nothing of it was run. Replace it, for example with layers.Rescaling"
        )
    if kind == "function":  # an activation by its name, or one of somebody's own: "package>name"
        registered = str(row.get("config"))
        known = registered.isidentifier() if module == "builtins" else _of_keras(module, registered)
    else:
        known = str(kind).startswith("__") or _of_keras(module, str(kind))
        known = known or (module is None and "registered_name" not in row)
    if known or str(registered).startswith(_OURS):
        return
    what = str(registered).rpartition(">")[2] if kind == "function" else kind
    if row is top:
        raise NetError(
            f"{path}: expected a Functional or Sequential model, received {what}, a class of its "
            "own: its graph is Python code, which the file does not hold and which is not run"
        )
    raise NetError(
        f"{path}: expected layers of Keras alone, found {what}{_named(name)}, a custom object: its "
        "code is not in the file, and none is run"
    )


def _named(name) -> str:
    return f" ({name})" if name else ""


def _of_keras(module, name: str) -> bool:
    """Whether an object is of a part of Keras that graphs are made of."""
    parts = str(module).split(".")
    if parts[0] != "keras":
        return False
    parts = [part for part in parts[1:] if part != "src"]
    return parts[0] in _MODULES if parts else name in _AT_THE_TOP


def _first_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 160 else f"{text[:157]}..."
