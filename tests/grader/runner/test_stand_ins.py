"""Imports of a submission: old names are where the table says, the rest is a stand-in."""

from __future__ import annotations

from types import ModuleType

import keras
import pytest

from grader.runner import stand_ins
from grader.runner.stand_ins import MOVED, Imports, NotHere

BROUGHT = {"helper": "import nowhere\nTHING = 5\n"}


@pytest.fixture
def imports():
    def run(module, text, file):
        module.__dict__["__builtins__"] = made.builtins()
        exec(text, module.__dict__)

    made = Imports(BROUGHT, run)
    return made


def names(imports, text):
    """The namespace after the imports in `text`."""
    module = ModuleType("mine")
    imports.run(module, text, "mine.py")
    return vars(module)


@pytest.mark.parametrize("old", MOVED)
def test_every_row_of_the_table_leads_to_a_module_that_exists(imports, old):
    space = names(imports, f"import {old} as module\nfrom {old} import *")
    assert stand_ins._places(MOVED[old]), old
    assert not isinstance(space["module"], stand_ins.StandIn)
    assert imports.missing.get(old, MOVED[old][0]) != ""


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("from keras.layers.merge import add as it", "layers.add"),
        (
            "from keras.layers.normalization import BatchNormalization as it",
            "layers.BatchNormalization",
        ),
        ("from keras.engine.topology import Layer as it", "layers.Layer"),
        ("from keras.utils.np_utils import to_categorical as it", "utils.to_categorical"),
        ("from keras.utils import np_utils\nit = np_utils.to_categorical", "utils.to_categorical"),
        ("import keras.utils.vis_utils as v\nit = v.plot_model", "utils.plot_model"),
        ("import keras.engine.topology\nit = keras.engine.topology.Layer", "layers.Layer"),
        ("import tensorflow.keras as k\nit = k.layers.Conv2D", "layers.Conv2D"),
        ("from tensorflow.python.keras.layers import Conv2D as it", "layers.Conv2D"),
        ("from tensorflow.python.keras import layers\nit = layers.Conv2D", "layers.Conv2D"),
        ("from tensorflow.contrib.keras import layers\nit = layers.Conv2D", "layers.Conv2D"),
        (
            "from tensorflow.keras.layers.experimental.preprocessing import RandomFlip as it",
            "layers.RandomFlip",
        ),
        (
            "from tensorflow.keras.layers.experimental import preprocessing\n"
            "it = preprocessing.RandomFlip",
            "layers.RandomFlip",
        ),
    ],
)
def test_an_old_name_is_the_same_thing_as_the_new_one(imports, text, right):
    package, _, name = right.partition(".")
    assert names(imports, text)["it"] is getattr(getattr(keras, package), name)


def test_the_backend_has_its_old_functions_too(imports):
    space = names(imports, "import keras.backend as K\nfrom keras.backend import int_shape")
    assert callable(space["K"].int_shape) and callable(space["K"].set_image_data_format)
    assert imports.missing == {}


def test_a_module_that_is_not_here_can_be_imported_and_not_be_used(imports):
    space = names(imports, "import a.b.c\nimport a.b as d\nfrom e import f, g\nfrom h import *")
    assert imports.missing == {"a.b.c": "", "e": "", "h": ""} and imports.starred == ["h"]
    for use in ("a.b.c.d(1)", "d.x()", "f(1)", "g + 1", "iter(g)", "bool(f)", "g[0]"):
        with pytest.raises(NotHere):
            eval(use, space)


def test_an_import_with_an_answer_for_its_absence_gets_that_answer(imports):
    imports.guarded = {("<string>", 2)}
    text = "try:\n    import nowhere\n    it = 1\nexcept ImportError:\n    it = 2\n"
    assert names(imports, text)["it"] == 2 and imports.missing == {}


def test_what_came_with_the_submission_is_used(imports):
    assert names(imports, "from helper import *\nfrom .helper import THING as it")["it"] == 5
    assert names(imports, "from . import helper\nit = helper.THING")["it"] == 5
    assert imports.missing == {"nowhere": ""}


def test_imports_of_libraries_stay_as_they_are(imports):
    names(imports, "import nowhere")
    with pytest.raises(ModuleNotFoundError):
        __import__("nowhere")
