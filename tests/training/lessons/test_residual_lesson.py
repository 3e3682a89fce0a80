"""The residual networks lesson: networks that differ in their shortcuts alone, and its verdicts."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from datasets.signs import Signs
from tests.training.lessons.finished import finished
from training.lessons import residual_networks as lesson

RNG = np.random.default_rng(0)
DATA = Signs(
    RNG.integers(0, 256, (6, 32, 32, 3), "uint8"),
    np.arange(6),
    RNG.integers(0, 256, (6, 32, 32, 3), "uint8"),
    np.arange(6),
    np.arange(6),
)


def convolutions(model):
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]


@pytest.mark.parametrize("depth", lesson.DEPTHS)
def test_depth_counts_the_layers_of_the_longest_path(depth):
    plain, residual = (lesson.network(depth, shortcuts) for shortcuts in (False, True))
    assert len(convolutions(plain)) == depth - 1  # and the dense layer
    sums = [layer for layer in residual.layers if isinstance(layer, keras.layers.Add)]
    assert len(sums) == (depth - 2) // 3
    assert len(convolutions(residual)) == depth - 1 + 4  # a projection per stage


def test_all_else_is_the_same():
    plain, residual = (lesson.network(20, shortcuts) for shortcuts in (False, True))
    assert plain.output_shape == residual.output_shape == (None, 6)
    for model in (plain, residual):
        kinds = {type(layer.kernel_initializer).__name__ for layer in convolutions(model)}
        assert kinds == {"HeNormal"}
    shapes = [[layer.kernel.shape for layer in convolutions(model)] for model in (plain, residual)]
    rest = shapes[1]
    for shape in shapes[0]:
        rest.remove(shape)
    assert all(tuple(shape[:2]) == (1, 1) for shape in rest) and len(rest) == 4


def test_with_kernels_of_zero_a_residual_block_hands_on_what_it_got():
    """And a plain one hands on nothing."""
    for shortcuts in (True, False):
        model = lesson.network(20, shortcuts)
        # Two of 128 channels per block: the first kernel of the second block.
        block = [layer for layer in convolutions(model) if layer.filters == 128][2]
        at = model.layers.index(block)
        after = next(
            layer
            for layer in model.layers[at:]
            if isinstance(layer, keras.layers.ReLU) and layer.output.shape[-1] == 512
        )
        for layer in model.layers[at : model.layers.index(after)]:
            layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])
        maps = keras.Model(model.input, [block.input, after.output])
        before, result = maps(DATA.train_x / np.float32(255))
        np.testing.assert_allclose(result, before if shortcuts else np.zeros_like(before))


def test_probes_have_the_gradient_by_the_activations():
    """By hand for the last block, after which come a mean over 1x1, a dense layer and softmax."""
    keras.utils.set_random_seed(0)
    model = lesson.network(20, True)
    norms = dict(lesson.block_gradients(model, 20, True, DATA, 6))
    assert list(norms) == [f"probe_{number}" for number in range(1, 7)]
    chances = keras.ops.convert_to_numpy(model(DATA.train_x / np.float32(255), training=True))
    kernel, _ = model.layers[-1].get_weights()
    by_hand = (chances - np.eye(6)[DATA.train_y]) @ kernel.T / 6
    assert norms["probe_6"] == pytest.approx(np.linalg.norm(by_hand), rel=1e-3)
    assert all(norm > 0 for norm in norms.values())


def compared(plain20, plain50, residual20, residual50):
    wrong = {"plain 20": plain20, "plain 50": plain50}
    wrong |= {"residual 20": residual20, "residual 50": residual50}
    gradients = [["probe_1", 3.0], ["probe_2", 2.0], ["probe_3", 1.5]]
    notes = [{"before": gradients, "after": gradients}] + [{}] * 4
    return {name: finished(name, w, notes=notes) for name, w in wrong.items()}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ((5, 60, 20, 2), ["Supported"] * 4),
        ((5, 5, 5, 5), ["Too close"] * 4),
        ((60, 5, 5, 40), ["Contradicted"] * 4),
    ],
)
def test_the_verdicts_on_depth(capsys, wrong, words):
    lesson.about_depth(compared(*wrong))
    said = capsys.readouterr().out
    judged = [line.partition(": ")[2] for line in said.splitlines() if line.startswith("That ")]
    assert [line[: len(word)] for line, word in zip(judged, words, strict=True)] == words
    assert "after the first block is 2 times that after the last" in said
