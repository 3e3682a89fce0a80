"""The experiments of docs/notes.md: their parts, by other means than their own."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from benchmarks import notes
from datasets.signs import Signs
from tests.training.conftest import coloured


@pytest.fixture
def images():
    rng = np.random.default_rng(3)
    grey = rng.integers(90, 160, (64, 8, 8, 1))
    return np.clip(grey + rng.integers(-12, 12, (64, 8, 8, 3)), 0, 255).astype("uint8")


@pytest.fixture(scope="module")
def drawn():
    """Noisy images of one colour per class: what they show decides nothing here."""
    (train_x, train_y), (test_x, test_y) = coloured(300, 1), coloured(60, 2)
    return Signs(train_x, train_y, test_x, test_y, np.arange(6))


def test_pcas_shift_is_that_of_the_exercise(images):
    from solutions.data_augmentation import colour_shift_pca

    ours = notes.shift_colours(images, 5, "PCA", 1)
    assert np.array_equal(ours, colour_shift_pca(images, 5)) and not np.array_equal(ours, images)


def test_independent_shifts_vary_as_much_in_all_and_go_nowhere_together(images):
    many = np.repeat(images[:1], 4000, axis=0)
    shifts = {
        along: (notes.shift_colours(many, 1, along, 60).astype(int) - many)[:, 0, 0]
        for along in ("PCA", "independent")
    }
    variances = {along: np.cov(shift, rowvar=False) for along, shift in shifts.items()}
    assert np.trace(variances["PCA"]) == pytest.approx(np.trace(variances["independent"]), rel=0.1)
    together = {along: np.corrcoef(s, rowvar=False)[0, 2] for along, s in shifts.items()}
    assert together["PCA"] > 0.5 and abs(together["independent"]) < 0.1


def test_a_share_has_as_many_of_each_class(drawn):
    from datasets.splits import parts

    some = notes._share(parts(drawn), 10)
    counts = np.bincount(some.learning.train_y)
    whole = len(parts(drawn).learning.train_y)
    assert len(set(counts)) == 1 and abs(counts.sum() - whole / 10) <= len(counts) / 2


def test_a_block_that_adds_nothing_is_the_identity_and_passes_all_gradient(drawn):
    import nets

    model = nets.build("resnet20", (32, 32, 3), 6)
    data = drawn._replace(train_x=drawn.train_x[:, ::2, ::2])
    weights = model.get_weights()
    assert notes._look(model, data)["branch"] > 0.2
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))
    for layer in model.layers:
        if layer.name.endswith("_2_bn"):
            layer.gamma.assign(np.zeros(layer.gamma.shape))
    look = notes._look(model, data)
    assert look["branch"] == 0 and look["gamma"] == 0


def test_the_pages_have_what_was_recorded():
    recorded = json.loads(notes.SAVED.read_text(encoding="utf-8"))
    for name in ("notes.md", "notes.zh-CN.md"):
        page = (notes.SAVED.parents[1] / "docs" / name).read_text(encoding="utf-8")
        for found in recorded.values():
            for values in found["accuracy"].values():
                assert f"{np.mean(values):.4f} ({min(values):.4f}-{max(values):.4f})" in page
            for said in found["differences"].values():
                points, low, high = re.match(r"(\S+) \((\S+) to (\S+)\)", said).groups()
                assert f"{points} ({low} to {high})" in page.replace("到", "to")
