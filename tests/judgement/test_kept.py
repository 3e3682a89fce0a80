"""A network that is kept between calls is caught and named, whichever way it is kept."""

from __future__ import annotations

import pytest

from grader import assignments
from grader.judging import source
from grader.judging.checks import KEPT

CACHED = "import functools\n\n@functools.lru_cache"
HIDDEN = 'layers.Dense(84, activation="relu")'
CONV = 'layers.Conv2D(channels, kernel, padding="same", kernel_initializer=first, name=conv)'
NORM = "layers.BatchNormalization(axis=3, name=norm)"
SOFTMAX = 'layers.Dense(classes, activation="softmax")'
MADE = 'model = MADE[input_shape, classes] = keras.Model(images, X, name="{}")'
# Assignment, function, what stands before it, and edits of it; the layers that are kept.
WRONG = {
    "lenet5, cached": ("lenet", "lenet5", CACHED, {}, "conv2d"),
    "lenet5, a layer of the module": (
        "lenet",
        "lenet5",
        f"SHARED = {HIDDEN}\n",
        {HIDDEN: "SHARED"},
        "dense",
    ),
    "identity_block, layers in a dictionary": (
        "residual_networks",
        "identity_block",
        "CONVS = {}\n",
        {CONV: f"CONVS.setdefault((branch, channels, kernel), {CONV})"},
        "conv2d",
    ),
    # Another size does not fit the layers of the first call, which is an error of Keras.
    "convolutional_block, batch norms of the first call": (
        "residual_networks",
        "convolutional_block",
        "NORMS = {}\n",
        {NORM: f"NORMS.setdefault(branch, {NORM})"},
        "batch_normalization",
    ),
    "ResNet50, the model of the first call": (
        "residual_networks",
        "ResNet50",
        "MADE = {}\n",
        {
            "    images = keras.Input(input_shape)\n": "    if (input_shape, classes) in MADE:\n"
            "        return MADE[input_shape, classes]\n"
            "    images = keras.Input(input_shape)\n",
            'model = keras.Model(images, X, name="ResNet50")': MADE.format("ResNet50"),
        },
        "conv1",
    ),
    "replace_head, a softmax for each number of classes": (
        "transfer_learning",
        "replace_head",
        "HEADS = {}\n",
        {SOFTMAX: f"HEADS.setdefault((classes, features.shape[-1]), {SOFTMAX})"},
        "dense",
    ),
    "VGG16, cached": ("vgg", "VGG16", CACHED, {}, "conv2d"),
}
RIGHT = {
    "lenet5, layers without weights": (
        "lenet",
        "lenet5",
        "POOL, FLATTEN = layers.AveragePooling2D(2), layers.Flatten()\n",
        {"layers.AveragePooling2D(2)": "POOL", "layers.Flatten()": "FLATTEN"},
    ),
    "vgg_block, what makes layers": (
        "vgg",
        "vgg_block",
        "import functools\n\nconvolution = functools.partial(layers.Conv2D, kernel_size=3)\n",
        {"layers.Conv2D(\n            filters, 3,": "convolution(\n            filters,"},
    ),
}


def graded(grader, name, function, before, edits):
    one = assignments.find(name)
    text = one.file("solutions").read_text(encoding="utf-8")
    above, define, rest = text.partition(f"\ndef {function}(")
    for old, new in edits.items():
        assert old in rest
        rest = rest.replace(old, new)
    changed = f"{above}\n{before}{define}{rest}"
    return grader.grade(one, source.of(changed, "mine.py"), [function])


@pytest.mark.sampled(2)
@pytest.mark.parametrize("which", WRONG)
def test_layers_of_the_first_call_are_named(grader, which):
    *answer, layer = WRONG[which]
    report = graded(grader, *answer)
    [first, *others] = [o for o in report.outcomes if o.failure and o.failure.kind != "follows"]
    assert first.misconception == KEPT
    assert first.failure.message.startswith(f"Call {answer[1]} twice, and the second network has")
    assert first.failure.table[1][0].startswith(layer)
    if not answer[1].endswith("_block"):  # whose arrays another initialiser fills
        assert not others and report.score == report.max_score - first.check.points


@pytest.mark.sampled(1)
@pytest.mark.parametrize("which", RIGHT)
def test_what_has_no_weights_may_be_kept(grader, which):
    report = graded(grader, *RIGHT[which])
    assert [str(o.failure) for o in report.outcomes if o.failure] == []
