"""Verdicts in the right place: the true cause is named, once, and tables show what is there."""

from __future__ import annotations

import pytest

from grader import assignments
from grader.judging import source

HEAD = "layers.AveragePooling2D(2,"
SHORTCUT = 'shortcut = normalised(X, F3, 1, "1", s)'
THIRD = 'X = normalised(X, F3, 1, "2c")'
STEM = 'X = layers.MaxPooling2D(3, strides=2, padding="same")(X)\n    # 2.'
LRN = (
    'X = layers.MaxPooling2D(3, strides=2, padding="same")(X)\n'
    "    squares = keras.ops.pad(X * X, ((0, 0), (0, 0), (0, 0), (2, 2)))\n"
    "    X = X / (1 + 1e-4 * sum(squares[..., i : i + 64] for i in range(5))) ** 0.75\n"
    "    # 2."
)
MODULE_5 = 'X5 = layers.Conv2D(R5, 1, activation="relu")(X)'


@pytest.fixture
def graded(grader):
    """graded(assignment, function, old, new): what each check of the changed solution says."""

    def graded(name, function, old, new):
        one = assignments.find(name)
        text = one.file("solutions").read_text(encoding="utf-8")
        before, define, rest = text.partition(f"\ndef {function}(")
        assert old in rest
        text = before + define + rest.replace(old, new, 1)
        return grader.grade(one, source.of(text, "mine.py"), [function]).outcomes

    return graded


def told(outcomes):
    """check -> (misconception, sentence) of the checks that failed by themselves."""
    return {
        outcome.check.name: (outcome.misconception, outcome.failure.message)
        for outcome in outcomes
        if outcome.failure and outcome.failure.kind != "follows"
    }


@pytest.mark.parametrize(
    ("changed", "misconception", "part"),
    [
        ('padding="same",', "pooling of head", "`padding='same'`"),
        ("strides=1,", "pooling of head", "`strides=1`"),
    ],
)
def test_a_pooling_that_shows_in_other_images_only_is_named(graded, changed, misconception, part):
    [(check, said)] = told(graded("residual_networks", "ResNet50", HEAD, HEAD + changed)).items()
    assert check == "resnet50_for_another_input" and said[0] == misconception
    assert "2x2 window without padding" in said[1] and part in said[1]


@pytest.mark.parametrize(
    ("name", "function", "old", "new"),
    [
        ("residual_networks", "ResNet50", HEAD, "layers.AveragePooling2D("),
        ("lenet", "lenet5", "layers.AveragePooling2D(2)", "layers.AveragePooling2D()"),
        ("vgg", "VGG16", "layers.Flatten()(X)", "layers.Flatten(X)"),
        ("happy_house", "happy_model", "keras.Input(input_shape)", "keras.Input(input_shapes)"),
    ],
)
def test_an_error_for_all_images_is_told_once(graded, name, function, old, new):
    outcomes = graded(name, function, old, new)
    assert len(told(outcomes)) == 1 and len(outcomes) > 4
    rest = {outcome.failure.message for outcome in outcomes[1:]}
    assert f"This is checked once {function} gives an answer." in rest
    assert {outcome.misconception for outcome in outcomes[1:]} == {None}


@pytest.mark.parametrize(
    ("block", "result", "old", "stride", "where"),
    [
        ("convolutional_block", "shortcut", SHORTCUT, "s", "the batch norm on the shortcut"),
        ("convolutional_block", "X", THIRD, "1", "at least one"),
        ("identity_block", "X", THIRD, "1", "at least one"),
    ],
)
def test_a_batch_norm_without_training_fails_the_training_mode(
    graded, block, result, old, stride, where
):
    branch = "1" if result == "shortcut" else "2c"
    lines = (
        f'conv, norm = branch_names(stage, block, "{branch}")',
        "first = initializer(seed=0)",
        f"untold = layers.Conv2D(F3, 1, {stride}, kernel_initializer=first, name=conv)(X)",
        f"{result} = layers.BatchNormalization(axis=3, name=norm)(untold)",
    )
    said = told(graded("residual_networks", block, f"{old}\n", "\n    ".join(lines) + "\n"))
    name, (misconception, sentence) = next(iter(said.items()))
    assert name == f"{block}_in_training_mode" and misconception == "training ignored"
    assert where in sentence


def test_the_normalisation_that_the_exercise_leaves_out_is_named_and_stages_are_its_own(graded):
    outcomes = graded("inception", "GoogLeNet", STEM, LRN)
    said = told(outcomes)
    assert said["googlenet_stage_2"][0] == "local response normalisation"
    assert "over neighbouring channels" in said["googlenet_stage_2"][1]
    [table] = [o.failure.table for o in outcomes if o.check.name == "googlenet_stage_2"]
    assert [row[1] for row in table] == [row[2].replace("received", "expected") for row in table]
    right = ["1 of 1", "0 of 1", "2 of 2", "6 of 6", "3 of 3", "1 of 1"]
    assert [row[3] for row in table[1:]] == right


def test_what_no_bank_foretells_is_described(graded):
    [(_, said)] = told(
        graded("inception", "inception_module", MODULE_5, f"{MODULE_5[:-1]}3)")
    ).items()
    assert said[0] == "another map taken"
    assert "Look at the 1x1 convolution to 6 channels. In the exercise it takes" in said[1]
