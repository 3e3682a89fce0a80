"""What a submission's imports get where a module is not here: old names mapped, or a stand-in.

Only the submission's own imports come here: its namespace has an `__import__` of its own, and the
imports of libraries stay as they are.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Callable, Collection, Mapping
from types import ModuleType
from typing import Any

_LAYERS = ("keras.layers",)
_UTILS = ("keras.utils",)
# Old modules, and where their names are now: the names are looked for in these modules in turn. A
# row holds for the modules inside it too; the longest row counts. A module that still exists is
# asked first, then its row.
MOVED: dict[str, tuple[str, ...]] = {
    "keras.layers.merge": _LAYERS,
    "keras.layers.normalization": _LAYERS,
    "keras.layers.convolutional": _LAYERS,
    "keras.layers.core": _LAYERS,
    "keras.layers.pooling": _LAYERS,
    "keras.layers.advanced_activations": _LAYERS,
    "keras.layers.noise": _LAYERS,
    "keras.layers.embeddings": _LAYERS,
    "keras.layers.recurrent": _LAYERS,
    "keras.layers.wrappers": _LAYERS,
    "keras.layers.experimental": _LAYERS,
    "keras.layers.preprocessing": _LAYERS,
    "keras.utils.layer_utils": (*_UTILS, "keras.layers"),
    "keras.utils.data_utils": _UTILS,
    "keras.utils.vis_utils": _UTILS,
    "keras.utils.np_utils": _UTILS,
    "keras.utils.io_utils": _UTILS,
    "keras.utils.training_utils": _UTILS,
    "keras.utils.generic_utils": (*_UTILS, "keras.saving"),
    "keras.engine": ("keras.layers", "keras.models", "keras.utils", "keras"),
    "keras.objectives": ("keras.losses",),
    "keras.legacy": ("keras.layers", "keras"),
    "keras.initializers.initializers_v2": ("keras.initializers",),
    "keras.initializers.initializers_v1": ("keras.initializers",),
    "keras.applications.resnet50": ("keras.applications.resnet",),
    "keras.preprocessing.image": (
        "keras._tf_keras.keras.preprocessing.image",
        "keras.utils",
        "keras.layers",
    ),
    "keras.preprocessing": ("keras.utils",),
    "keras.backend": ("keras._tf_keras.keras.backend", "keras.ops"),
}
# Other names of Keras. Not all of these exist; the layers of those that do are not of this Keras.
ALSO_KERAS = ("tensorflow.python.keras", "tensorflow.contrib.keras", "tf_keras", "keras_core")


class NotHere(ImportError):
    """A submission uses something of a module that is not here. `module`: its name."""

    def __init__(self, module: str, what: str):
        super().__init__(f"{what} is of the module {module}, which is not here")
        self.module = module


class StandIn(ModuleType):
    """A module, or something in one, that is not here: it can be imported, and not be used."""

    def __init__(self, name: str, module: str):
        super().__init__(name)
        self.__dict__.update(__path__=[], __all__=[], _module=module)

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self.__name__}.{name}", self._module)

    def __call__(self, *args, **kwargs):
        """Raise NotHere: what is not here cannot be called."""
        raise NotHere(self._module, self.__name__)

    __iter__ = __len__ = __bool__ = __getitem__ = __enter__ = __call__
    __add__ = __radd__ = __mul__ = __rmul__ = __truediv__ = __array__ = __float__ = __call__


class Moved(ModuleType):
    """A module whose names are looked for in other modules, one after another."""

    def __init__(self, name: str, places: tuple, extra: Mapping[str, Any] | None = None):
        super().__init__(name)
        listed = {key for place in places for key in vars(place) if not key.startswith("_")}
        self.__dict__.update(__path__=[], __all__=sorted(listed), _places=places, **(extra or {}))

    def __getattr__(self, name: str):
        for place in () if name.startswith("__") else self._places:
            if hasattr(place, name):
                return getattr(place, name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


class Imports:
    """The imports of one submission.

    Args:
        shipped: The texts of the modules that the submission brings with it, by their names.
        run: run(module, text, file): runs a shipped module's text in its namespace.

    missing: the modules that are not here -> where their names come from now, "" for nowhere.
    starred: those of them, without any names, from which all names were to be taken. guarded: the
    places, (file, line), of imports for which the submission says itself what to do without.
    """

    def __init__(self, shipped: Mapping[str, str], run: Callable[[ModuleType, str, str], None]):
        self.shipped, self.run = shipped, run
        self.missing: dict[str, str] = {}
        self.starred: list[str] = []
        self.guarded: Collection[tuple[str, int]] = ()
        self._used: dict[str, ModuleType] = {}

    def builtins(self) -> dict[str, Any]:
        """The builtins of the submission's namespace."""
        return {**vars(builtins), "__import__": self._import}

    def _import(self, name, globals=None, locals=None, fromlist=(), level=0):
        """As builtins.__import__; a submission's relative imports are of what it brings with it."""
        if not fromlist:
            return self._through_top(name)
        module = self._module(name) if name else Moved("", ())
        if "*" in fromlist:
            if isinstance(module, StandIn):
                self.starred.append(name)
            return module
        lacking = [item for item in fromlist if not _has(module, item)]
        if isinstance(module, StandIn) or not lacking:
            return module
        inside = {item: self._module(f"{name}.{item}".strip(".")) for item in lacking}
        return Moved(name, (module,), inside)

    def _through_top(self, name: str):
        """What `import a.b.c` binds: a, through which a.b.c is reached."""
        outer, _, part = name.rpartition(".")
        module = self._module(name)
        while outer:
            around = self._module(outer)
            if getattr(around, part, None) is not module and not isinstance(around, StandIn):
                around = Moved(outer, (around,), {part: module})
            module, (outer, _, part) = around, outer.rpartition(".")
        return module

    def _module(self, name: str):
        """The module of this name, or what takes its place."""
        usual = _usual(name)
        row = max((old for old in MOVED if f"{usual}.".startswith(f"{old}.")), key=len, default="")
        module = None if name.startswith(ALSO_KERAS) else _existing(name)
        if module is not None:
            places = _places(MOVED.get(usual, ()))
            return Moved(name, (module, *places)) if places else module
        if name in self.shipped:
            return self._brought(name)
        places = _places(MOVED[row] if row else (usual,) if usual != name else ())
        if places:
            self.missing[name] = places[0].__name__.replace("keras._tf_keras.keras", "keras")
            return Moved(name, places)
        self._refuse_if_guarded(name)
        if not any(f"{other}.".startswith(f"{name}.") for other in self.missing):
            self.missing[name] = ""
        return StandIn(name, name)

    def _brought(self, name: str) -> ModuleType:
        if name not in self._used:
            self._used[name] = module = ModuleType(name)
            self.run(module, self.shipped[name], f"{name}.py")
        return self._used[name]

    def _refuse_if_guarded(self, name: str) -> None:
        frame = sys._getframe(1)
        while frame.f_back and frame.f_code.co_filename == __file__:
            frame = frame.f_back
        if (frame.f_code.co_filename, frame.f_lineno) in self.guarded:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _usual(name: str) -> str:
    """The name as this Keras has it: tensorflow.keras.layers is keras.layers."""
    for prefix in (*ALSO_KERAS, "tensorflow.keras"):
        if f"{name}.".startswith(f"{prefix}."):
            return "keras" + name.removeprefix(prefix)
    return name


def _existing(name: str) -> ModuleType | None:
    """The module, None if there is none; raises what its own code raises."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            return None
        raise


def _has(module: ModuleType, item: str) -> bool:
    """Whether `from module import item` works; this may load a module inside it."""
    if hasattr(module, item) or not module.__name__:
        return hasattr(module, item)
    try:
        importlib.import_module(f"{module.__name__}.{item}")
    except ImportError:
        return False
    return hasattr(module, item)


def _places(names: tuple[str, ...]) -> tuple[ModuleType, ...]:
    return tuple(module for name in names if (module := _existing(name)) is not None)
