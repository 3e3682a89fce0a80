"""keras.applications can be imported by a submission, and builds nothing for it."""

from __future__ import annotations

import pytest

from grader.judging.worker import Worker

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


@pytest.fixture(scope="module")
def worker():
    with Worker() as warm:
        yield warm


@pytest.mark.parametrize("way", WAYS)
def test_a_ready_network_is_refused_by_name(worker, way):
    source = f"{WAYS[way]}\ndef build(input_shape):\n    return N(weights=None)\n"
    request = {"cases": [CASE], "source": source, "filename": "mine.py"}
    [answer] = worker.result(worker.start(request))
    assert answer.trouble["error"] == "ReadyNetworkError", answer.trouble
    assert "build yours from layers" in answer.trouble["text"]


def test_what_prepares_pixels_still_works(worker):
    source = """
import numpy as np
from keras.applications.imagenet_utils import preprocess_input
from keras.applications.resnet_v2 import ResNet50V2, decode_predictions
def build(input_shape):
    raise RuntimeError(str(preprocess_input(np.zeros((1, 2, 2, 3)), mode="tf").mean()))
"""
    request = {"cases": [CASE], "source": source, "filename": "mine.py"}
    [answer] = worker.result(worker.start(request))
    assert answer.trouble["text"] == "-1.0"
