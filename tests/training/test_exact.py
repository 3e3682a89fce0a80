"""`reproduce --exact`: the same seed gives the same bits."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from datasets.signs import Provenance
from training import recipes
from training.compile import make_exact
from training.errors import TrainingError
from training.loop import fit
from training.progress import Silent
from training.reproduce import run


@pytest.mark.parametrize("recipe", ["ours", "lenet", "transfer_learning"])
def test_a_seed_decides_every_bit_on_a_processor(tiny_net, colours, recipe):
    if keras.distribution.list_devices("gpu"):
        pytest.skip("this machine has a GPU")
    assert "as it is" in make_exact()
    short = dataclasses.replace(recipes.get(recipe), epochs=2)

    def trained(seed):
        return fit(tiny_net, colours, short, seed=seed, reporter=Silent).model.get_weights()

    first, again, other = trained(3), trained(3), trained(4)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("backend", ["tensorflow", "torch", "jax"])
def test_a_gpu_is_told_to_keep_the_order(monkeypatch, backend):
    asked = []
    stand_ins = {
        "tensorflow": SimpleNamespace(
            config=SimpleNamespace(
                experimental=SimpleNamespace(enable_op_determinism=lambda: asked.append(backend))
            )
        ),
        "torch": SimpleNamespace(use_deterministic_algorithms=lambda on: asked.append(backend)),
    }
    monkeypatch.setattr(keras.distribution, "list_devices", lambda kind: ["gpu:0"])
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    monkeypatch.setattr("training.compile.importlib.import_module", stand_ins.__getitem__)
    if backend == "jax":
        with pytest.raises(TrainingError, match="expected TensorFlow or PyTorch for --exact"):
            make_exact()
    else:
        assert "fixed order" in make_exact() and asked == [backend]


def test_an_exact_run_is_another_run_and_others_are_as_before(colours):
    where = Provenance("synthetic", "a", "b", Path("data"))
    plain, exact = (
        run.Run(
            "lenet", recipes.get("lenet"), 0, colours, where, run.Options(Path("runs"), exact=e)
        )
        for e in (False, True)
    )
    assert exact.folder.name == f"{plain.folder.name}-exact"
    assert "exact" not in plain.settings and exact.settings == {**plain.settings, "exact": True}
