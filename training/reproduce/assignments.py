"""What can be trained: the assignments, whose builders are loaded from a file, and the race."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datasets import schema
from datasets.errors import DataError
from datasets.folders import ROOT, WORK
from datasets.invocation import python, typed
from datasets.quiet import import_keras
from training import lessons
from training.errors import TrainingError, unknown
from training.transfer import backbone

if TYPE_CHECKING:
    from datasets.signs import Signs
    from training.loop import Fitted

LESSONS = ROOT / "training" / "lessons"
TARGETS = ("solutions", "assignments")


@dataclass(frozen=True)
class Assignment:
    """What is trained of an assignment: the learner's functions, the network's name, the recipes.

    functions: the one that builds the network; for a comparison, all that its lesson takes; none
    where the network is one of nets/ that no exercise builds. trained_by: the function of the
    lesson that turns the network into what is trained, if any. default: what `reproduce` runs by
    default; drawn: the same on drawn hands, where it differs; every: what `--recipe all` runs.
    compared: for a lesson whose function `arms` compares runs of its own, the words for one of
    them, such as "{} photographs, {}".
    """

    functions: tuple[str, ...]
    net: str
    default: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()
    every: tuple[str, ...] = ()
    compared: str = ""
    trained_by: str = ""


ASSIGNMENTS: dict[str, Assignment] = {
    "race": Assignment(functions=(), net="resnet20", default=("resnet20",), every=("resnet20",)),
    "residual_networks": Assignment(
        functions=("ResNet50",),
        net="resnet50_course",
        default=("ours", "course_2017_check"),
        drawn=("ours_short",),
        every=(
            "ours",
            "ours_short",
            "course_2017_check",
            "course_2017",
            "course_2021",
            "course_2021_later",
        ),
    ),  # fmt: skip
    "lenet": Assignment(functions=("lenet5",), net="lenet5", default=("lenet",), every=("lenet",)),
    "alexnet": Assignment(
        functions=("alexnet",), net="alexnet", default=("alexnet",), every=("alexnet",)
    ),
    "vgg": Assignment(functions=("VGG16",), net="vgg16", default=("vgg",), every=("vgg",)),
    "inception": Assignment(
        functions=("GoogLeNet",),
        net="googlenet",
        default=("inception",),
        every=("inception",),
        trained_by="with_heads",
    ),
    "transfer_learning": Assignment(
        functions=("replace_head", "layers_to_freeze", "fine_tune", "cache_features"),
        net="four_convolutions",
        compared="{} per class, {} frozen",
    ),
    "data_augmentation": Assignment(
        functions=(
            "mirror",
            "random_crop",
            "rotate_shear_warp",
            "colour_shift_pca",
            "augment_in_threads",
        ),
        net="four_convolutions",
        compared="{} photographs, {}",
    ),
}

# What is trained if no assignment is named; `--recipe all` trains all of them.
DEFAULT = ("race", "residual_networks")
# The network that reads hands soonest: `race` times it, and `reproduce` trains it first.
RECOMMENDED = ("race", "resnet20")


def get(name: str) -> Assignment:
    """The assignment called `name`; raises TrainingError, with close names, if there is none.

    An exercise without a reference run has no row here: its script trains it.
    """
    if name not in ASSIGNMENTS:
        script = ROOT / "solutions" / f"{name}.py"
        if name.isidentifier() and script.is_file():
            raise TrainingError(
                f"reproduce does not train {name}: {python(script)} makes all of its runs"
            )
        raise unknown("an assignment", name, ASSIGNMENTS)
    return ASSIGNMENTS[name]


def source(name: str, target: str = "solutions", root: Path | None = None) -> Path:
    """The file of assignment `name`; raises TrainingError where `target` does not hold it.

    root: the folder of both targets; by default solutions are ours, assignments the learner's.
    """
    if target not in TARGETS:
        raise unknown("a target", target, TARGETS)
    if not get(name).functions:
        raise TrainingError(
            f"expected an assignment, received {name}: its network {get(name).net} is one of nets/"
        )
    root = root or (WORK if target == "assignments" else ROOT)
    path = root / target / f"{name}.py"
    if not path.is_file():
        advice = f": `{typed(f'release {name}')}` makes it" if target == "assignments" else ""
        raise TrainingError(f"expected the file {path}, found none{advice}")
    return path


def builder(name: str, target: str = "solutions", root: Path | None = None) -> Callable:
    """A function without arguments that builds the network of assignment `name` from its file.

    It runs the file at its first call, not as a script. It raises TrainingError, one line, where
    the file or its builder fails, and names the exercise that is not filled in yet.
    """
    row = get(name)
    if not row.functions and target == "solutions":
        return lambda: backbone.build(row.net, (schema.SIDE, schema.SIDE, 3), schema.CLASSES).model
    path = source(name, target, root)
    (wanted,) = row.functions

    def build():
        module = _loaded(path, target, name)
        model = _guarded(getattr(module, wanted), path, name)
        if model is None:
            raise TrainingError(f"{path}: {wanted} returned None, expected a keras.Model")
        return getattr(_lesson(name), row.trained_by)(model) if row.trained_by else model

    return build


def arms(
    name: str, data: Signs, folder: Path, target: str = "solutions", root: Path | None = None
) -> dict[tuple, tuple[int, Callable[[int], Fitted]]]:
    """What the lesson of assignment `name` compares: key -> (passes over the data, seed -> Fitted).

    folder: where the lesson keeps what its runs share. The file is run now, its trainings when
    they are called. Raises TrainingError, one line, as `builder` does.
    """
    path = source(name, target, root)
    module = _loaded(path, target, name)
    functions = [getattr(module, function) for function in get(name).functions]
    options = lessons.options(name, ["--runs", str(folder)])

    def compared():
        return _lesson(name).arms(functions, data, options)

    def guarded(train: Callable[[int], Fitted]) -> Callable[[int], Fitted]:
        return lambda seed: _guarded(lambda: train(seed), path, name)

    return {key: (passes, guarded(train))
            for key, (passes, train) in _guarded(compared, path, name).items()}  # fmt: skip


def lesson_file(name: str) -> list[Path]:
    """The file of the lesson through which assignment `name` is trained, if there is one."""
    row = get(name)
    return [LESSONS / f"{name}.py"] if row.compared or row.trained_by else []


def _lesson(name: str):
    return importlib.import_module(f"training.lessons.{name}")


def _loaded(path: Path, target: str, name: str):
    """The module of a file, which is run now and must have the learner's functions."""
    import_keras()
    module = _guarded(lambda: _run_file(path, f"{target}.{name}"), path, name)
    for function in get(name).functions:
        if not callable(getattr(module, function, None)):
            raise TrainingError(f"{path}: expected a function {function}, found none")
    return module


def _run_file(path: Path, module_name: str):
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None and spec.loader is not None  # the file ends in .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses and pickling look a module up by its name
    spec.loader.exec_module(module)
    return module


def _guarded(call: Callable, path: Path, name: str):
    """Run someone's code; what it raises becomes one line that names the place in their file."""
    try:
        return call()
    except (TrainingError, DataError):
        raise
    except NotImplementedError as error:
        hint = typed(f"hint {name}")
        what = str(error) or f"an exercise is not filled in yet; hint: {hint}"
        raise TrainingError(f"{path}: {what}") from error
    except SyntaxError as error:
        raise TrainingError(f"{path}, line {error.lineno}: {error.msg}") from error
    except (Exception, SystemExit) as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
        place = f", line {frames[-1].lineno}" if frames else ""
        text = (str(error).strip() or "no message").splitlines()[0]
        raise TrainingError(f"{path}{place}: {type(error).__name__}: {text}") from error
