"""Ready networks can be imported by a submission and build nothing; their code is not to be had."""

from __future__ import annotations

import importlib
import json
import textwrap
from pathlib import Path

import numpy as np
import pytest

from grader.assignments import ROOT
from grader.judging import sandbox
from grader.judging.worker import Worker
from grader.runner import ready_networks
from grader.runner.limits import Limits
from nets import catalogue

WAYS = {
    "from keras.applications": "from keras.applications import VGG16 as N",
    "its module": "from keras.applications.resnet_v2 import ResNet50V2 as N",
    "as an attribute": "import keras\nN = keras.applications.MobileNetV2",
    "tf.keras": "import tensorflow as tf\nN = tf.keras.applications.ResNet50",
    "imported from tensorflow.keras": "from tensorflow.keras.applications import VGG16 as N",
    "the source behind it": "from keras.src.applications.vgg16 import VGG16 as N",
    "the shared builder": "from keras.src.applications.resnet import ResNet as N",
}
CASE = {"call": "build", "kwargs": {"input_shape": [64, 64, 3]}, "seed": 0}
# Ways to the code of a network, each of which gives a list `found` of what it has found.
THEFTS = {
    "another name for the file": """
        from importlib.machinery import SourceFileLoader
        found = [vars(SourceFileLoader("mine", f"{FOLDER}/vgg16.py").load_module())["VGG16"]]
    """,
    "compiled files": """
        found = os.listdir(f"{FOLDER}/__pycache__")
    """,
    "its text": """
        found = [line for line in open(f"{FOLDER}/resnet.py") if "def ResNet50" in line]
    """,
    "the finder taken away": """
        sys.meta_path[:] = [one for one in sys.meta_path if "Finder" not in type(one).__name__]
        for name in [name for name in sys.modules if "applications" in name]:
            del sys.modules[name]
        importlib.invalidate_caches()
        from keras.src.applications.vgg16 import VGG16
        found = [VGG16]
    """,
    "the finder's loader": """
        module = sys.modules["keras.src.applications.vgg16"]
        found = [module.__spec__.loader.get_source(module.__name__)]
    """,
    "code of functions in memory": """
        import types
        gc.unfreeze()
        codes = [one.__code__ for one in gc.get_objects() if isinstance(one, types.FunctionType)]
        found = [code for code in codes if code.co_filename.startswith(FOLDER)
                 and not code.co_filename.endswith("imagenet_utils.py")]
    """,
    "a walk through all files": """
        found, network = [], re.compile(f"def (?:{'|'.join(NAMES)})[(]".encode())
        for folder, folders, files in os.walk("/"):
            folders[:] = [one for one in folders if os.path.join(folder, one) != "/proc"]
            for file in (os.path.join(folder, name) for name in files if name[-3:] == ".py"):
                try:
                    found += [(file, name) for name in network.findall(open(file, "rb").read())]
                except OSError:
                    pass
    """,
    "a walk up from the runner": """
        import grader.runner.job as job
        place = os.path.dirname(job.__file__)
        for _ in range(3):
            place = os.path.dirname(place)
            sys.path.insert(0, place)
        import nets
        found = [nets]
    """,
    "our folders under other roots": """
        found = [path for number in ("self", *filter(str.isdigit, os.listdir("/proc")))
                 for link in ("root", "cwd") for path in [f"/proc/{number}/{link}{PROJECT}/nets"]
                 if os.path.exists(path)]
    """,
}
needs_walls = pytest.mark.skipif(
    not sandbox.walls().walled, reason=f"needs walls: {sandbox.walls().sentence}"
)


@pytest.fixture(scope="module")
def worker():
    with Worker() as warm:
        yield warm


def run(worker, source: str) -> dict:
    request = {"cases": [CASE], "source": source, "filename": "mine.py"}
    [answer] = worker.result(worker.start(request, Limits(seconds=60)))
    return answer.trouble


@pytest.mark.parametrize("way", WAYS)
def test_a_ready_network_is_refused_by_name(worker, way):
    trouble = run(worker, f"{WAYS[way]}\ndef build(input_shape):\n    return N(weights=None)\n")
    assert trouble["error"] == "ReadyNetworkError", trouble
    assert "build yours from layers" in trouble["text"]


def thief(way: str) -> str:
    """A submission that says in its error what it has found in this way."""
    builders = sorted({net.builder.rpartition(".")[2] for net in catalogue.CATALOGUE.values()})
    return f"""
import gc, importlib, json, os, re, sys
import keras
FOLDER = os.path.join(os.path.dirname(keras.__file__), "src", "applications")
PROJECT = {str(ROOT)!r}
NAMES = {builders!r}
def build(input_shape):
    try:
{textwrap.indent(textwrap.dedent(THEFTS[way]), " " * 8)}
    except (OSError, ImportError, KeyError, AttributeError) as error:
        found = []
    raise RuntimeError(json.dumps([str(one)[:200] for one in found][:3]))
"""


@needs_walls
@pytest.mark.parametrize("way", THEFTS)
def test_the_code_of_a_ready_network_is_not_to_be_had(worker, way):
    trouble = run(worker, thief(way))
    assert trouble["error"] == "RuntimeError", trouble
    assert json.loads(trouble["text"]) == []


@needs_walls
def test_other_packages_of_networks_and_an_installed_copy_of_ours_are_empty(tmp_path, monkeypatch):
    """In the packages of a Python that the walls show."""
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for name in ("torchvision", "signs", "other"):
        (packages / name).mkdir(parents=True)
        (packages / name / "resnet.py").touch()
    tmp_path.chmod(0o755)
    pythons = sandbox._pythons()
    monkeypatch.setattr(sandbox, "_pythons", lambda: [*pythons, tmp_path])
    source = f"""
import os
def build(input_shape):
    found = [len(os.listdir(os.path.join({str(packages)!r}, name)))
             for name in ("torchvision", "signs", "other")]
    raise RuntimeError(str(found))
"""
    with Worker() as own:
        assert run(own, source)["text"] == "[0, 0, 1]"


def test_an_installation_does_not_hide_itself(monkeypatch):
    monkeypatch.setattr(sandbox, "ROOT", Path("/opt/lib/python3.11/site-packages/signs"))
    monkeypatch.setattr(Path, "is_dir", lambda path: True)
    monkeypatch.setattr(Path, "glob", lambda path, pattern: [path / "lib/python3.11/site-packages"])
    hidden = sandbox._ready_networks([Path("/opt")])
    assert sandbox.ROOT not in hidden and sandbox.ROOT.parent / "timm" in hidden


@pytest.mark.parametrize("network", ["vgg16", "resnet_v2", "densenet", "mobilenet_v3"])
def test_pixels_are_prepared_as_keras_does_it(network):
    """In this process Keras is whole."""
    pixels = np.arange(24, dtype="float32").reshape(1, 2, 4, 3)
    real = importlib.import_module(f"keras.applications.{network}").preprocess_input
    ours = ready_networks._preparing(network)
    np.testing.assert_array_equal(ours(pixels.copy()), real(pixels.copy()))


def test_what_prepares_pixels_still_works(worker):
    source = """
import numpy as np
from keras.applications.imagenet_utils import preprocess_input
from keras.applications.resnet_v2 import ResNet50V2, decode_predictions
def build(input_shape):
    raise RuntimeError(str(preprocess_input(np.zeros((1, 2, 2, 3)), mode="tf").mean()))
"""
    assert run(worker, source)["text"] == "-1.0"
